"""What the ledger learns from a full scan of a place: what is gone, and duplicate keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

__all__ = ["FullScan"]


class FullScan:
    """A part of the ledger.

    Args:
        db: The ledger's file.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.execute("CREATE TEMP TABLE walked (id INTEGER PRIMARY KEY)")

    def begin(self) -> None:
        """Begin the full scan of a place."""
        self._db.execute("DELETE FROM walked")

    def saw(self, ids: Iterable[int]) -> None:
        """Note ids that the scan has met."""
        self._db.executemany("INSERT OR IGNORE INTO walked VALUES (?)", ((one,) for one in ids))

    def keys_of(self, place: str, number: str) -> list[str]:
        """Keys of a place that are `number`, or end with it behind a colon; of what was removed, too."""
        rows = self._db.execute(
            "SELECT key FROM entry WHERE place = ? AND (key = ? OR substr(key, -?) = ?)",
            (place, number, len(number) + 1, f":{number}"),
        )
        return [str(row[0]) for row in rows]

    def has_written(self, place: str, stream: str) -> bool:
        """Whether a stream wrote to a place."""
        query = "SELECT 1 FROM fragment WHERE place = ? AND stream = ? LIMIT 1"
        return self._db.execute(query, (place, stream)).fetchone() is not None

    def written_by(self, place: str, stream: str) -> list[str]:
        """Keys of what a stream wrote to in a place."""
        query = "SELECT DISTINCT key FROM fragment WHERE place = ? AND stream = ?"
        return [row[0] for row in self._db.execute(query, (place, stream))]

    def missed(self, place: str) -> list[tuple[int, str]]:
        """Ids and keys that are known in the place and were not seen; without those found removed before."""
        rows = self._db.execute(
            "SELECT id, key FROM entry WHERE place = ? AND removed IS NULL "
            "AND id NOT IN (SELECT id FROM walked)",
            (place,),
        )
        return [(row[0], row[1]) for row in rows]

    def last(self, place: str) -> str | None:
        """When the place was last scanned for what is gone (ISO)."""
        row = self._db.execute("SELECT refreshed FROM place WHERE place = ?", (place,)).fetchone()
        return row[0] if row else None

    def done(self, place: str, now: str) -> None:
        """Note that a place was scanned."""
        self._db.execute("UPDATE place SET refreshed = ? WHERE place = ?", (now, place))

    def removed_keys(self, place: str) -> list[str]:
        """Keys that were found removed."""
        rows = self._db.execute("SELECT key FROM entry WHERE place = ? AND removed IS NOT NULL", (place,))
        return [row[0] for row in rows]

    def count_between(self, place: str, first: int, last: int) -> int:
        """How many are known in a place with ids of a range."""
        row = self._db.execute(
            "SELECT count(*) FROM entry WHERE place = ? AND id BETWEEN ? AND ?", (place, first, last)
        ).fetchone()
        return int(row[0])

    def note_duplicate_key(self, place: str, key: str) -> None:
        """Note that more than one profile or subprofile has this key."""
        self._db.execute("INSERT OR IGNORE INTO twin VALUES (?, ?)", (place, key))

    def is_duplicate_key(self, place: str, key: str) -> bool:
        """Whether more than one profile or subprofile had this key when it was last read."""
        row = self._db.execute("SELECT 1 FROM twin WHERE place = ? AND key = ?", (place, key)).fetchone()
        return row is not None

    def duplicate_keys(self, place: str) -> list[str]:
        """Keys that more than one profile or subprofile has."""
        rows = self._db.execute("SELECT key FROM twin WHERE place = ? ORDER BY key", (place,))
        return [row[0] for row in rows]

    def forget_duplicate_keys(self, place: str) -> None:
        """Forget the duplicate keys of a place, ahead of a full scan."""
        self._db.execute("DELETE FROM twin WHERE place = ?", (place,))
