"""Live writes: one call for each, so that follow-ups run; no creation is ever sent twice blindly."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from target_copernica.errors import ApiAwayError, LostAnswerError, RefusedError
from target_copernica.mapping import with_key

if TYPE_CHECKING:
    from target_copernica.client import Client
    from target_copernica.interrupt import Interrupt
    from target_copernica.ledger import Ledger
    from target_copernica.readback import Readback
    from target_copernica.structure import Place

__all__ = ["SETTLE_SECONDS", "SingleWrites"]

SETTLE_SECONDS: Final = 60.0
"""How long a call whose answer was lost may still be under way before it is taken as never carried out."""

_TRIES: Final = 3


class SingleWrites:
    """Creates and changes single profiles and subprofiles.

    Args:
        client: The account.
        ledger: Keeps intents.
        readback: Settles lost answers.
        interrupt: Breaks off waits.
    """

    def __init__(self, client: Client, ledger: Ledger, readback: Readback, interrupt: Interrupt) -> None:
        self._client = client
        self._ledger = ledger
        self._readback = readback
        self._interrupt = interrupt

    def update(self, place: Place, entry_id: int, fields: dict[str, str]) -> None:
        """Write fields by id: no condition, so nothing else can be touched.

        Raises:
            RefusedError: Copernica refused it.
        """
        if place.collection_id is None:
            self._client.put(f"profile/{entry_id}", {"fields": fields})
        else:
            self._client.put(f"subprofile/{entry_id}/fields", fields)

    def create(self, place: Place, key: str, fields: dict[str, str], profile_id: int | None) -> int:
        """Make one, exactly once.

        Args:
            place: Where.
            key: Its key.
            fields: Its other fields.
            profile_id: For a subprofile: whose it is.

        Returns:
            Its id.

        Raises:
            RefusedError: Copernica refused it; nothing was made.
            ApiAwayError: Its answer was lost again and again.
        """
        if (sent_at := self._ledger.intent(place.code, key)) and (
            found := self._look_for(place, key, sent_at)
        ):
            return found
        body: dict[str, object] = dict(with_key(fields, key))
        path = f"profile/{profile_id}/subprofiles/{place.collection_id}"
        if place.collection_id is None:
            body, path = {"fields": body}, f"database/{place.database_id}/profiles"
        for _ in range(_TRIES):
            sent_at = self._client.now().isoformat()
            self._ledger.intend(place.code, key, sent_at)
            try:
                made = self._client.post(path, body)
            except LostAnswerError:
                made = None
            except RefusedError:
                self._ledger.drop_intent(place.code, key)
                raise
            found = made or self._look_for(place, key, sent_at)
            if found:
                return found
        raise ApiAwayError("Copernica answers nothing to creations; nothing is lost, run again later")

    def _look_for(self, place: Place, key: str, sent_at: str) -> int | None:
        """Whether a creation was carried out: asked at once, and again when it can no longer be under way."""
        if found := self._readback.find(place, key):
            return found
        due = datetime.fromisoformat(sent_at) + timedelta(seconds=SETTLE_SECONDS)
        if (left := (due - self._client.now()).total_seconds()) > 0:
            self._interrupt.wait(left)
        return self._readback.find(place, key)
