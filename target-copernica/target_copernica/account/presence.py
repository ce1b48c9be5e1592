"""Whether a profile or subprofile is still there: the one place that may conclude that it is gone.

A `removed` time is Copernica's own word and is believed. "No entity with supplied ID" may be a passing fault:
it is asked again at once, and once more by a later run. Until then what was to be written waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from target_copernica.errors import RefusedError
from target_copernica.mapping.keys import KEY_FIELD

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterable

    from target_copernica.account.structure import Place
    from target_copernica.api.client import Client
    from target_copernica.memory.ledger import Ledger

__all__ = ["Presence", "Standing", "key_in", "means_gone", "path_of"]

_GONE: Final = ("no entity with supplied id", "no subprofile with supplied id", "already been removed")


class Standing(Enum):
    """What is known of something that seems to be gone."""

    THERE = "there"
    GONE = "gone"
    IN_DOUBT = "in doubt"


@dataclass(frozen=True, slots=True)
class Presence:
    """Asks for single profiles and subprofiles, and notes what the answers say.

    Attributes:
        client: The account.
        ledger: Remembers what is in doubt, what is gone, and which keys were lost.
        log: Where it warns of what seems to be gone.
    """

    client: Client
    ledger: Ledger
    log: logging.Logger

    def standing(self, place: Place, entry_id: int, key: str = "") -> Standing:
        """Ask whether something is there; notes or clears that it may be gone.

        Args:
            place: Its place.
            entry_id: Its id.
            key: Its key; empty for an unmanaged profile.
        """
        return self.look(place, entry_id, key)[0]

    def look(self, place: Place, entry_id: int, key: str = "") -> tuple[Standing, dict[str, Any]]:
        """Ask like `standing`; also return its fields where it is there."""
        shown = self._asked(place, entry_id) or self._asked(place, entry_id)
        if shown is not None:
            self.ledger.findings.clear_gone(place.code, entry_id)
            if shown.get("removed"):
                return Standing.GONE, {}
            if key and key_in(shown["fields"]) != key:
                self.ledger.findings.note_lost_key(place.code, key)
            return Standing.THERE, shown["fields"]
        if self.ledger.findings.of_earlier_run(place.code, entry_id):
            self.ledger.findings.clear_gone(place.code, entry_id)
            return Standing.GONE, {}
        self.note_maybe_gone(place, entry_id, key)
        return Standing.IN_DOUBT, {}

    def conclude(self, place: Place, key: str, entry_id: int) -> Standing:
        """Ask for something that we manage; what is gone is noted as removed, and left alone from then on.

        Args:
            place: Its place.
            key: Its key.
            entry_id: Its id.
        """
        standing = self.standing(place, entry_id, key)
        if standing is Standing.GONE:
            self.ledger.mark_removed(place.code, key, self.client.now().isoformat())
        return standing

    def is_erased(self, place: Place, entry_id: int) -> bool:
        """Whether nothing of it is shown any more; that it was there is all that may be left.

        Args:
            place: Its place.
            entry_id: Its id.
        """
        shown = self._asked(place, entry_id)
        return shown is None or (bool(shown.get("removed")) and not any(shown["fields"].values()))

    def note_maybe_gone(
        self, place: Place, entry_id: int, key: str, below: Iterable[str] | None = None
    ) -> None:
        """Note that Copernica does not know an id; a later run asks again.

        Args:
            place: Its place.
            entry_id: Its id.
            key: Its key; empty for an unmanaged profile.
            below: If it was to be deleted: the collections below it.
        """
        if not self.ledger.findings.is_noted(place.code, entry_id):
            self.log.warning(
                "%s: Copernica says that there is no id %d; the next run asks again before it is believed",
                place.name,
                entry_id,
            )
        self.ledger.findings.note_gone(place.code, entry_id, key, self.client.now().isoformat(), below)

    def _asked(self, place: Place, entry_id: int) -> dict[str, Any] | None:
        try:
            shown: dict[str, Any] = self.client.get(path_of(place, entry_id))
        except RefusedError as error:
            if means_gone(error):
                return None
            raise
        return shown


def path_of(place: Place, entry_id: int) -> str:
    """The path of a profile or subprofile."""
    return f"{'profile' if place.collection_id is None else 'subprofile'}/{entry_id}"


def means_gone(error: RefusedError) -> bool:
    """Whether a refusal says that the profile or subprofile does not exist, or not any more."""
    return any(words in error.message.lower() for words in _GONE)


def key_in(fields: dict[str, Any]) -> str:
    """Our key among the fields of an answer; empty where there is none."""
    for name, value in fields.items():
        if name.lower() == KEY_FIELD:
            return str(value).strip().lower()
    return ""
