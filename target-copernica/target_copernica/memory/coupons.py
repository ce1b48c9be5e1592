"""Codes of coupons that the shop has used, and whether Copernica was told."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

__all__ = ["Coupons"]


class Coupons:
    """A part of the ledger.

    Args:
        db: The ledger's file.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.execute(
            "CREATE TABLE IF NOT EXISTS coupon (code TEXT PRIMARY KEY, told INTEGER NOT NULL) WITHOUT ROWID"
        )

    def use(self, codes: Iterable[str]) -> None:
        """Note codes that were used; those that are known stay as they are."""
        self._db.executemany("INSERT OR IGNORE INTO coupon VALUES (?, 0)", [(code,) for code in codes])

    def untold(self) -> list[str]:
        """Codes of which Copernica was not told."""
        return [row[0] for row in self._db.execute("SELECT code FROM coupon WHERE NOT told ORDER BY code")]

    def tell(self, codes: Iterable[str]) -> None:
        """Note that Copernica was told of codes, or has no coupon of that code."""
        self._db.executemany("UPDATE coupon SET told = 1 WHERE code = ?", [(code,) for code in codes])
