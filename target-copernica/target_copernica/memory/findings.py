"""What reading Copernica found and a later step settles: what seems to be gone, and keys that were lost.

"No entity with supplied ID" is never believed at once, since a single passing answer of that kind would
lose a person for good: it is asked again at once, and once more by a later run (`account.presence`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

__all__ = ["Findings", "MaybeGone"]


@dataclass(frozen=True, slots=True)
class MaybeGone:
    """A profile or subprofile that Copernica did not know when it was asked for its id.

    Attributes:
        place: Its place.
        id: Its id.
        key: Its key; empty for an unmanaged profile.
        below: Of one that was to be deleted: the collections below it. None where nothing was to be deleted.
    """

    place: str
    id: int
    key: str
    below: tuple[str, ...] | None


class Findings:
    """A part of the ledger.

    Args:
        db: The ledger's file.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._noted_now: set[tuple[str, int]] = set()
        self._lost = {(place, key) for place, key in db.execute("SELECT place, key FROM lost_key")}
        rows = db.execute("SELECT place, id, below FROM maybe_gone")
        self._gone = {(place, one): below is not None for place, one, below in rows}  # are to be deleted

    def note_gone(
        self, place: str, entry_id: int, key: str, now: str, below: Iterable[str] | None = None
    ) -> None:
        """Note that Copernica answered that it does not know this id.

        Args:
            place: Its place.
            entry_id: Its id.
            key: Its key; empty for an unmanaged profile.
            now: Server time, ISO.
            below: If it was to be deleted: the collections below it.
        """
        self._noted_now.add((place, entry_id))
        self._gone[place, entry_id] = below is not None or self.is_to_be_deleted(place, entry_id)
        wanted = None if below is None else json.dumps(list(below))
        self._db.execute(
            "INSERT INTO maybe_gone VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET below = coalesce(excluded.below, below)",
            (place, entry_id, key, now, wanted),
        )

    def is_noted(self, place: str, entry_id: int) -> bool:
        """Whether it is in doubt that this is still there."""
        return (place, entry_id) in self._gone

    def of_earlier_run(self, place: str, entry_id: int) -> bool:
        """Whether a run before this one found it gone: the second time it is believed."""
        return (place, entry_id) in self._gone and (place, entry_id) not in self._noted_now

    def to_ask_again(self, place: str) -> list[MaybeGone]:
        """What earlier runs found gone in a place."""
        rows = self._db.execute("SELECT place, id, key, below FROM maybe_gone WHERE place = ?", (place,))
        return [
            MaybeGone(code, entry_id, key, None if below is None else tuple(json.loads(below)))
            for code, entry_id, key, below in rows.fetchall()
            if self.of_earlier_run(code, entry_id)
        ]

    def is_to_be_deleted(self, place: str, entry_id: int) -> bool:
        """Whether it stays noted until it is deleted."""
        return self._gone.get((place, entry_id), False)

    def clear_gone(self, place: str, entry_id: int) -> None:
        """Forget that it may be gone, now that this is known. What is to be deleted stays noted."""
        if not self.is_to_be_deleted(place, entry_id):
            self.drop(place, entry_id)

    def drop(self, place: str, entry_id: int) -> None:
        """Forget that it may be gone: it was deleted or removed."""
        if self._gone.pop((place, entry_id), None) is not None:
            self._db.execute("DELETE FROM maybe_gone WHERE place = ? AND id = ?", (place, entry_id))

    def note_lost_key(self, place: str, key: str) -> None:
        """Note that what we know by this key has another one, or none, in Copernica."""
        self._lost.add((place, key))
        self._db.execute("INSERT OR IGNORE INTO lost_key VALUES (?, ?)", (place, key))

    def is_lost_key(self, place: str, key: str) -> bool:
        """Whether a key is still to be restored."""
        return (place, key) in self._lost

    def lost_keys(self, place: str) -> list[str]:
        """Keys to be restored."""
        return sorted(key for other, key in self._lost if other == place)

    def clear_lost_key(self, place: str, key: str) -> None:
        """Forget that a key was lost: it is there again."""
        if self.is_lost_key(place, key):
            self._lost.discard((place, key))
            self._db.execute("DELETE FROM lost_key WHERE place = ? AND key = ?", (place, key))
