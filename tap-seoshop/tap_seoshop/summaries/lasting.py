"""How long one piece of each product lasts, according to a metafield: a table of the order book.

A product is in the table once an order that counts contains it, so that no other product is requested. A
value stays until it is read again; when it changes, the people who bought the product are written again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_seoshop.records.normalize import integer, number
from tap_seoshop.summaries.book_tables import COUNTS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

__all__ = ["LONGEST", "Lasting", "days_told"]

LONGEST = 36_500
"""Most days that one piece of a product can last, a century: more is a typing mistake."""

TABLE = """
CREATE TABLE IF NOT EXISTS lasting (
    product INTEGER PRIMARY KEY, field TEXT, days INTEGER, read INTEGER, moved INTEGER, changed INTEGER
)
"""
WANT = f"""
INSERT OR IGNORE INTO lasting SELECT DISTINCT product, ?, NULL, 0, 0, 0
FROM touched CROSS JOIN placed USING (customer) CROSS JOIN line ON line.placed = placed.id
WHERE written IS NULL AND product > 0 AND {COUNTS}
"""  # noqa: S608  # made of constants
FORGET = f"""
DELETE FROM lasting WHERE product NOT IN (
    SELECT product FROM placed JOIN line ON line.placed = placed.id WHERE {COUNTS}
)
"""  # noqa: S608  # made of constants
BUYERS = """
INSERT OR REPLACE INTO touched SELECT DISTINCT customer, NULL FROM line JOIN placed ON placed.id = line.placed
WHERE customer > 0 AND product IN (SELECT product FROM lasting WHERE changed)
"""


class Lasting:
    """The products that were bought, and how many days a piece of each lasts.

    Args:
        db: The order book. The table is added to a book made by an earlier version.
        field: The key of the metafield; if empty, the table is empty too.
    """

    def __init__(self, db: sqlite3.Connection, field: str) -> None:
        self._db = db
        self._field = field
        db.execute(TABLE)
        if self._any("field <> ?", field):
            db.execute("DELETE FROM lasting WHERE field <> ?", (field,))

    def want(self) -> None:
        """Add the products bought by customers who are to be written."""
        if self._field and self._db.execute("SELECT 1 FROM touched WHERE written IS NULL LIMIT 1").fetchone():
            self._db.execute(WANT, (self._field,))

    def forget(self) -> None:
        """Remove products that are no longer in any order that counts."""
        if self._any("TRUE"):
            self._db.execute(FORGET)

    def moved(self, product: int, at: int) -> None:
        """Note when a product changed: the value read before may be out of date.

        Args:
            product: Its id.
            at: When, in seconds since 1970.
        """
        if self._any("product = ? AND read BETWEEN 1 AND ? AND NOT moved", product, at):
            self._db.execute("UPDATE lasting SET moved = 1 WHERE product = ?", (product,))

    def unread(self, moved: int, all_: int) -> list[int]:
        """Products to read: those never read come first, then those read longest ago.

        Args:
            moved: Products that have changed are due if last read before this time (seconds since 1970).
            all_: All products are due if last read before this time (seconds since 1970).
        """
        query = "SELECT product FROM lasting WHERE read <= ? OR moved AND read <= ? ORDER BY read, product"
        return [one for (one,) in self._db.execute(query, (all_, moved))]

    def put(self, product: int, days: int | None, at: int) -> None:
        """Store what was read about a product.

        Args:
            product: Its id.
            days: How long a piece lasts; None for unknown.
            at: When it was read, in seconds since 1970.
        """
        self._db.execute(
            "UPDATE lasting SET changed = changed OR days IS NOT :days, days = :days, read = :at, moved = 0 "
            "WHERE product = :product",
            {"product": product, "days": days, "at": at},
        )

    def touch_buyers(self) -> None:
        """Note that buyers of products with changed days are to be written."""
        if self._any("changed"):
            self._db.execute(BUYERS)
            self._db.execute("UPDATE lasting SET changed = 0 WHERE changed")

    def _any(self, condition: str, *given: object) -> bool:
        """Whether such a product exists. Asked first: even an update of no rows opens a transaction."""
        query = f"SELECT 1 FROM lasting WHERE {condition} LIMIT 1"  # noqa: S608  # a condition of this module
        return self._db.execute(query, given).fetchone() is not None


def days_told(fields: Iterable[Mapping[str, Any]], key: str) -> int | None:
    """How many days a piece lasts, according to the metafields of a product.

    Args:
        fields: The metafields, as the API sends them; if two have the key, the newer one counts.
        key: The key.

    Returns:
        The days; None if there is no such field, or it is empty.

    Raises:
        ValueError: The value is not a valid number of days.
    """
    newest = max(
        (one for one in fields if one.get("key") == key),
        key=lambda one: integer(one.get("id")) or 0,
        default={},
    )
    value = newest.get("value")
    if value is None or value is False or (isinstance(value, str) and not value.strip()):
        return None
    days = number(value)
    if days is None or not 1 <= days <= LONGEST or days != int(days):
        raise ValueError(key)
    return int(days)
