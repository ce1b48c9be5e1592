"""What was removed in Copernica: found by reading, left alone, or made anew if the user says so.

A profile that we made and that is gone was removed on purpose: by an opt-out, an erasure, a colleague.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from target_copernica.account.presence import Standing
from target_copernica.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta

    from target_copernica.account.presence import Presence
    from target_copernica.account.readback import Readback
    from target_copernica.account.structure import Place
    from target_copernica.api.client import Client
    from target_copernica.memory.ledger import Ledger

__all__ = ["RemovalCheck"]


@dataclass(frozen=True, slots=True)
class RemovalCheck:
    """Looks for what is gone, and notes it.

    Attributes:
        client: The account.
        ledger: Knows what was there.
        readback: Reads what is there.
        presence: Asks for what is not.
        most: So many may be gone at once (or one in a hundred, if that is more).
        every: How often to look.
    """

    client: Client
    ledger: Ledger
    readback: Readback
    presence: Presence
    most: int
    every: timedelta

    def look_if_due(self, places: Iterable[Place]) -> None:
        """Scan the places that are due, a thousand a call.

        What is gone is noted, what is there again is written again, lost keys are restored.

        Raises:
            SettingsError: More are gone than `max_tombstones` allows.
        """
        for place in places:
            if not self.ledger.count(place.code) and not self.ledger.tombstones.any_in(place.code):
                self.ledger.scan.done(place.code, self.client.now().isoformat())
                continue
            last = self.ledger.scan.last(place.code)
            if self.every and (
                last is None or self.client.now() - datetime.fromisoformat(last) >= self.every
            ):
                self.ledger.scan.begin()
                read = 0
                for page in self.readback.full_scan(place):
                    read += len(page)
                    self.ledger.scan.saw(thing.id for _, thing in page)
                self.note(place, read)
                self.readback.restore_keys(place)

    def note(self, place: Place, read: int) -> list[str]:
        """Note what is gone, after a full scan of a place.

        Args:
            place: The place.
            read: How many ids were read.

        Returns:
            Keys of what is known to be gone.

        Raises:
            SettingsError: More are gone than opt-outs explain: probably a mistake.
        """
        total = self.readback.total(place)
        if total is not None and read < total:
            self.presence.log.warning(
                "%s: Copernica counts %d and lists %d; nothing is taken for removed", place.name, total, read
            )
            return []
        absent = [
            (entry_id, key)
            for entry_id, key in self.ledger.scan.missed(place.code)
            if not self.ledger.findings.is_to_be_deleted(place.code, entry_id)
        ]
        if len(absent) > (most := max(self.most, self.ledger.count(place.code) // 100)):
            raise SettingsError(
                f"{place.name}: {len(absent)} that were written are not there any more, more than the {most} "
                f"that setting max_tombstones allows; if they were removed on purpose, raise it for one run; "
                f"nothing was written"
            )
        gone = [
            key for entry_id, key in absent if self.presence.conclude(place, key, entry_id) is Standing.GONE
        ]
        self.ledger.scan.done(place.code, self.client.now().isoformat())
        if gone:
            self.presence.log.info(
                "%s: %d were removed in Copernica and are left alone", place.name, len(gone)
            )
        return gone

    def ask_again(self, places: Iterable[Place]) -> None:
        """Ask again for what earlier runs found gone, and believe the answer now. Restore lost keys.

        `Deletions` asks for what was to be deleted, `Adoption` for unmanaged profiles.
        """
        for place in places:
            for one in self.ledger.findings.to_ask_again(place.code):
                if one.key and one.below is None:
                    self.presence.conclude(place, one.key, one.id)
            self.readback.restore_keys(place)

    def let_come_back(self, places: Iterable[Place]) -> int:
        """Forget what was removed, with what stood under it, so that it is made anew.

        Args:
            places: Databases and collections.

        Returns:
            How many.
        """
        places = list(places)
        number = 0
        for place in places:
            below = [one.code for one in places if one.collection_id and one.database_code == place.code]
            for key in self.ledger.scan.removed_keys(place.code):
                number += 1
                self.ledger.forget(place.code, key, below)
        return number + self.ledger.tombstones.lift_all()
