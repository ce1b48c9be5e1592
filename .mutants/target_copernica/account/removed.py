"""What was removed in Copernica: found by reading, left alone, or made anew if the user says so.

A profile that we made and that is gone was removed on purpose: by an opt-out, an erasure, a colleague.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from target_copernica.errors import SettingsError

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterable

    from target_copernica.account.readback import Readback
    from target_copernica.account.structure import Place
    from target_copernica.api.client import Client
    from target_copernica.memory.ledger import Ledger
    from target_copernica.memory.tombstones import Tombstones

__all__ = ["Removed"]


@dataclass(frozen=True, slots=True)
class Removed:
    """Looks for what is gone, and notes it.

    Attributes:
        client: The account.
        ledger: Knows what was there.
        tombstones: Remember who was removed, also without the ledger.
        readback: Reads what is there.
        log: Where it is told.
        most: So many may be gone at once (or one in a hundred, if that is more).
        every: How often to look.
    """

    client: Client
    ledger: Ledger
    tombstones: Tombstones
    readback: Readback
    log: logging.Logger
    most: int
    every: timedelta

    def look_if_due(self, places: Iterable[Place]) -> None:
        """Read the ids of places that were not looked at for long: a call for each thousand."""
        for place in places:
            if not self.ledger.count(place.code):
                self.ledger.walk.done(place.code, self.client.now().isoformat())
                continue
            last = self.ledger.walk.last(place.code)
            if self.every and (
                last is None or self.client.now() - datetime.fromisoformat(last) >= self.every
            ):
                self.ledger.walk.begin()
                read = 0
                for ids in self.readback.ids(place):
                    read += len(ids)
                    self.ledger.walk.saw(ids)
                self.note(place, read)

    def note(self, place: Place, read: int) -> list[str]:
        """Note what is gone, after all ids of a place went into the ledger's walk.

        Args:
            place: The place.
            read: How many ids were read.

        Returns:
            Keys of what is gone: each was asked for once more.

        Raises:
            SettingsError: So many are gone that it is rather a mistake than an opt-out.
        """
        total = self.readback.total(place)
        if total is not None and read < total:
            self.log.warning(
                "%s: Copernica counts %d and lists %d; nothing is taken for removed", place.name, total, read
            )
            return []
        absent = self.ledger.walk.missed(place.code)
        if len(absent) > (most := max(self.most, self.ledger.count(place.code) // 100)):
            raise SettingsError(
                f"{place.name}: {len(absent)} that were written are not there any more, more than the {most} "
                f"that setting max_tombstones allows; if they were removed on purpose, raise it for one run; "
                f"nothing was written"
            )
        now = self.client.now().isoformat()
        gone = [key for entry_id, key in absent if self.readback.is_gone(place, entry_id)]
        for key in gone:
            self.ledger.mark_removed(place.code, key, now)
        self.ledger.walk.done(place.code, now)
        if gone:
            self.log.info("%s: %d were removed in Copernica and are left alone", place.name, len(gone))
        return gone

    def let_come_back(self, places: Iterable[Place]) -> int:
        """What was removed may be made anew, with what stood under it.

        Args:
            places: Databases and collections.

        Returns:
            How many.
        """
        places = list(places)
        number = 0
        for place in places:
            below = [one.code for one in places if one.collection_id and one.database_code == place.code]
            for key in self.ledger.walk.removed_keys(place.code):
                number += 1
                self.ledger.forget(place.code, key, below)
        return number + self.tombstones.lift_all()
