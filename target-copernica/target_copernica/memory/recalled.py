"""Addresses of which a profile says that they were on the shop's list, and the ledger does not know it.

A lost ledger has never seen the subscription of a person who leaves the list before it is read again, so that
its absence would say nothing. It is no act either: what stands here can only lower.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

__all__ = ["Recalled"]


class Recalled:
    """A part of the ledger.

    Args:
        db: The ledger's file.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.execute(
            "CREATE TABLE IF NOT EXISTS recalled (who TEXT NOT NULL, shop TEXT NOT NULL, "
            "source TEXT NOT NULL, missed TEXT, PRIMARY KEY (who, shop)) WITHOUT ROWID"
        )

    def __bool__(self) -> bool:
        """Whether there are any."""
        return self._db.execute("SELECT 1 FROM recalled LIMIT 1").fetchone() is not None

    def note(self, who: str, shop: str, source: str) -> None:
        """Note an address, unless a list that was read has it.

        Args:
            who: Its hash.
            shop: First part of the profile's key: other shops may write to the same database.
            source: What the profile names as the source of its consent.
        """
        self._db.execute(
            "INSERT OR IGNORE INTO recalled (who, shop, source) SELECT ?, ?, ? "
            "WHERE NOT EXISTS (SELECT 1 FROM subscription WHERE who = ?)",
            (who, shop, source, who),
        )

    def confirm(self, whos: Iterable[str]) -> None:
        """Records say that these are addresses of people: they were not edited by hand in Copernica.

        Args:
            whos: Their hashes.
        """
        self._db.executemany("UPDATE recalled SET source = '' WHERE who = ?", [(who,) for who in whos])

    def claim(self, shops: Iterable[str]) -> None:
        """These shops are the one that is read: only of its people a list tells anything.

        Args:
            shops: First parts of keys of its records.
        """
        self._db.executemany(
            "UPDATE OR IGNORE recalled SET shop = '' WHERE shop = ?", [(shop,) for shop in shops]
        )

    def miss(self, stream: str, now: str) -> list[str]:
        """A list was read completely; addresses that it does not have are noted as missed.

        Where the list has the subscription under another address, the one in the profile may have been
        edited by hand: that waits until a record says the address.

        Args:
            stream: The stream of the list.
            now: The server's time, ISO.

        Returns:
            Those that a complete list of an earlier run did not have either.
        """
        absent = "shop = '' AND source NOT IN (SELECT key FROM seen WHERE stream = ?)"
        rows = self._db.execute(
            f"SELECT who FROM recalled WHERE missed < ? AND {absent}",  # noqa: S608 - ours
            (now, stream),
        ).fetchall()
        self._db.execute(
            f"UPDATE recalled SET missed = ? WHERE missed IS NULL AND {absent}",  # noqa: S608 - ours
            (now, stream),
        )
        return [row[0] for row in rows]

    def drop(self, who: str) -> None:
        """The list has this address, or it opted out."""
        self._db.execute("DELETE FROM recalled WHERE who = ?", (who,))
