"""How long one piece of each product lasts, as a metafield of the product says: a table of the order book.

A product stands in it from the day on which an order that counts has it, so that no other is asked for. What
was read stays until it is read again; people who bought a product of which it changed are to be written.
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
"""Most days that one piece of a product lasts, a century: more is a slip of the keyboard."""

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
    """The products that were bought, and the days for which a piece of each lasts.

    Args:
        db: The order book. One that was made before there was such a table gets it.
        field: The key of the metafield; empty for none, and then the table is empty too.
    """

    def __init__(self, db: sqlite3.Connection, field: str) -> None:
        self._db = db
        self._field = field
        db.execute(TABLE)
        if self._any("field <> ?", field):
            db.execute("DELETE FROM lasting WHERE field <> ?", (field,))

    def want(self) -> None:
        """Take in what those bought who are to be written."""
        if self._field and self._db.execute("SELECT 1 FROM touched WHERE written IS NULL LIMIT 1").fetchone():
            self._db.execute(WANT, (self._field,))

    def forget(self) -> None:
        """Leave out what is in no order that counts any more."""
        if self._any("TRUE"):
            self._db.execute(FORGET)

    def moved(self, product: int, at: int) -> None:
        """Note when a product changed; what was read before may not hold any more.

        Args:
            product: Its id.
            at: When, in seconds since 1970.
        """
        if self._any("product = ? AND read BETWEEN 1 AND ? AND NOT moved", product, at):
            self._db.execute("UPDATE lasting SET moved = 1 WHERE product = ?", (product,))

    def unread(self, moved: int, all_: int) -> list[int]:
        """Products to be read: never read ones first, then the longest unread.

        Args:
            moved: Those that changed since, where they were read before this time (seconds since 1970).
            all_: All that were read before this time.
        """
        query = "SELECT product FROM lasting WHERE read <= ? OR moved AND read <= ? ORDER BY read, product"
        return [one for (one,) in self._db.execute(query, (all_, moved))]

    def put(self, product: int, days: int | None, at: int) -> None:
        """Take what was read of a product.

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
        """Note that those are to be written who bought something of which the days changed."""
        if self._any("changed"):
            self._db.execute(BUYERS)
            self._db.execute("UPDATE lasting SET changed = 0 WHERE changed")

    def _any(self, condition: str, *given: object) -> bool:
        """Whether there is such a product: a statement that changes nothing would open a transaction."""
        query = f"SELECT 1 FROM lasting WHERE {condition} LIMIT 1"  # noqa: S608  # a condition of this module
        return self._db.execute(query, given).fetchone() is not None


def days_told(fields: Iterable[Mapping[str, Any]], key: str) -> int | None:
    """For how many days a piece lasts, as the metafields of a product say.

    Args:
        fields: The metafields, in the form of the API; of two with the key, the newer one counts.
        key: The key.

    Returns:
        The days; None where there is no such field, or nothing in it.

    Raises:
        ValueError: There is something else in it.
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
