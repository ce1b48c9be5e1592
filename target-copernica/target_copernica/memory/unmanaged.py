"""Unmanaged profiles, without a key of ours, as the ledger remembers them: by keyed hashes of addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

__all__ = ["Unmanaged"]


class Unmanaged:
    """A part of the ledger: unmanaged profiles by keyed hashes of their addresses.

    Read once for a database; those added later are not looked for.

    Args:
        db: The ledger's file.
        digest: Its keyed hash.
    """

    def __init__(self, db: sqlite3.Connection, digest: Callable[[str], bytes]) -> None:
        self._db = db
        self._digest = digest
        db.execute(
            "CREATE TABLE IF NOT EXISTS stranger (place TEXT NOT NULL, email BLOB, id INTEGER NOT NULL, "
            "PRIMARY KEY (place, id)) WITHOUT ROWID"
        )
        db.execute("CREATE INDEX IF NOT EXISTS stranger_email ON stranger (place, email)")

    def known(self, place: str) -> bool:
        """Whether a database was read for them; a row without an address stands for that."""
        row = self._db.execute("SELECT 1 FROM stranger WHERE place = ? AND id = 0", (place,)).fetchone()
        return row is not None

    def note_read(self, place: str) -> None:
        """Note that all of a database was read."""
        self._db.execute("INSERT OR IGNORE INTO stranger VALUES (?, NULL, 0)", (place,))

    def note(self, place: str, profile_id: int, folded: str) -> None:
        """Note the address of an unmanaged profile."""
        self._db.execute(
            "INSERT OR REPLACE INTO stranger VALUES (?, ?, ?)", (place, self._digest(folded), profile_id)
        )

    def ids(self, place: str, folded: str) -> list[int]:
        """Ids of the profiles with an address."""
        rows = self._db.execute(
            "SELECT id FROM stranger WHERE place = ? AND email = ?", (place, self._digest(folded))
        )
        return [row[0] for row in rows]

    def drop(self, place: str, profile_id: int) -> None:
        """Forget a profile that is managed now, or gone."""
        self._db.execute("DELETE FROM stranger WHERE place = ? AND id = ?", (place, profile_id))
