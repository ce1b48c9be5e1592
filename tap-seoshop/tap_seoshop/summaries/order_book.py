"""The order book: what the derived fields need of every order, in a small database beside the bookmarks.

About 40 bytes an order, and as many a line. It can be lost: the lists are then read whole once more. Which
customers are to be written stands in it too, with the number of the commit in which they were: a run whose
state names an older commit cannot know that they arrived, and writes them again; all of them, where the
state is that of a backup or of another pipeline.
"""

from __future__ import annotations

import sqlite3
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_seoshop.records.normalize import integer, link_id, moment, number, parse_moment, text
from tap_seoshop.scratch import Scratch
from tap_seoshop.summaries.book_tables import (
    BACK,
    CANCELLED,
    COUNTS,
    DISCOUNTED,
    FORM,
    LINED,
    RETURNED,
    TABLES,
    UPDATE,
)
from tap_seoshop.summaries.history import DAY, SCALE, WINDOW, Line, Order
from tap_seoshop.summaries.lasting import Lasting
from tap_seoshop.summaries.segments import FEWEST, FIXED, Fifths

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping
    from pathlib import Path

__all__ = ["Frozen", "OrderBook", "day_of", "quarter_of"]

EPOCH = date(1970, 1, 1)
ORDERS = """
SELECT placed.id, made, placed.units, coalesce((SELECT sum(units) FROM credit WHERE placed = placed.id), 0),
    flags
FROM placed WHERE customer = ? ORDER BY made, placed.id
"""
LINES = """
SELECT brand.text, (
    SELECT title FROM pair JOIN category ON category.id = pair.category
    WHERE pair.product = line.product ORDER BY depth DESC, category.id LIMIT 1
), article.text, lasting.days, line.units, ordered, back, discounted FROM line
LEFT JOIN lasting ON lasting.product = line.product
LEFT JOIN word AS brand ON brand.id = line.brand LEFT JOIN word AS article ON article.id = line.article
WHERE line.placed = ? ORDER BY line.id
"""
BUYERS = f"""
CREATE TEMP TABLE buyer AS SELECT :day - max(made) / {DAY} AS recency, count(*) AS frequency, sum(
    placed.units - min(placed.units, coalesce((SELECT sum(units) FROM credit WHERE placed = placed.id), 0))
) AS monetary
FROM placed WHERE made < :day * {DAY} AND made >= (:day - {WINDOW}) * {DAY} AND {COUNTS} GROUP BY customer
"""  # noqa: S608  # made of constants
SECONDS = f"""
CREATE TEMP TABLE gap AS SELECT made / {DAY} - before / {DAY} AS days FROM (
    SELECT made, lag(made) OVER orders AS before, row_number() OVER orders AS nth
    FROM placed WHERE made < :day * {DAY} AND {COUNTS}
    WINDOW orders AS (PARTITION BY customer ORDER BY made, id)
) WHERE nth = 2
"""  # noqa: S608  # made of constants


class Frozen(NamedTuple):
    """What is told from all customers together, as it was on the first day of a quarter.

    Attributes:
        quarter: Such as `2026-Q4`.
        limits: Between the fifths of buyers.
        usual: Median of the days between first and second order; None where there was no second.
    """

    quarter: str
    limits: Fifths
    usual: int | None


class OrderBook:
    """The order book of one shop.

    Args:
        file: Where it stands; None for one that nothing remembers.
        name: What it was called when it was made.
        reorder_days: Days for which one piece of an article lasts, by article code.
        reorder_metafield: Key of the metafield that tells it of the other articles of a product.
        back: Orders that came back as far as is known, until it has their lines.

    Attributes:
        lasting: What that metafield says.

    Raises:
        sqlite3.DatabaseError: The file is no book, or one of another form.
    """

    def __init__(
        self,
        file: Path | None,
        name: str,
        reorder_days: Mapping[str, int],
        reorder_metafield: str = "",
        back: Container[int] = (),
    ) -> None:
        self._db = sqlite3.connect(file or "", timeout=60, check_same_thread=False, factory=Scratch)
        # What a power failure takes is noticed, and the book is made anew.
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._reorder_days, self._back = reorder_days, back
        form = self._value("PRAGMA user_version")
        if form == 0:
            self._db.executescript(TABLES)
            self._db.execute("INSERT INTO self VALUES (?, 0, 0)", (name,))
            self._db.commit()
        elif form == FORM - 1:
            self._db.executescript(UPDATE)
        elif form != FORM:
            raise sqlite3.DatabaseError(f"it has form {form}")
        self.name = self._value("SELECT name FROM self")
        self.lasting = Lasting(self._db, reorder_metafield)

    @property
    def seq(self) -> int:
        """How many times it was committed with changes."""
        return int(self._value("SELECT seq FROM self"))

    def close(self) -> None:
        """Close it; what is not committed is lost."""
        self._db.close()

    def commit(self) -> int:
        """Write what has changed.

        Returns:
            The number of this state of the book.
        """
        if self._db.in_transaction:
            self._db.execute("UPDATE self SET seq = seq + 1")
            self._db.commit()
        return self.seq

    def arrived(self, seq: int) -> None:
        """Forget what was written up to a commit, and take what was written after it as not written.

        Of an older commit than the last one given, this is not known any more: all are to be written.

        Args:
            seq: Number of the commit that the state names.
        """
        if self._value("SELECT 1 FROM turned WHERE written > ? LIMIT 1", seq):
            self._db.execute("UPDATE turned SET written = NULL WHERE written > ?", (seq,))
        if seq < self._value("SELECT told FROM self"):
            self.touch_all()
            self._db.execute("UPDATE self SET told = ?", (seq,))
        elif self._value("SELECT 1 FROM touched WHERE written IS NOT NULL LIMIT 1"):
            self._db.execute("DELETE FROM touched WHERE written <= ?", (seq,))
            self._db.execute("UPDATE touched SET written = NULL WHERE written > ?", (seq,))
            self._db.execute("UPDATE self SET told = ?", (seq,))

    # What the lists say

    def put(self, name: str, raw: Mapping[str, Any]) -> None:
        """Take a record of a list (`customers`, `orders`, `invoices`), in the form of the API."""
        identifier = integer(raw.get("id"))
        if identifier is None:
            return
        if name == "customers":
            if not self.knows(identifier):
                self._db.execute("INSERT INTO person VALUES (?)", (identifier,))
                self.touch(identifier)
        elif name == "orders":
            self._put_order(identifier, raw)
        elif raw.get("isCreditNote") is True:
            self._put_credit(identifier, raw)

    def keep(self, name: str, ids: Iterable[int]) -> None:
        """Forget all records of a list but these: the list was read whole, and the others are gone."""
        table = {"customers": "person", "orders": "placed", "invoices": "credit"}[name]
        self._db.execute("CREATE TEMP TABLE met (id INTEGER PRIMARY KEY)")
        self._db.executemany("INSERT OR IGNORE INTO met VALUES (?)", ((one,) for one in ids))
        gone = f"FROM {table} WHERE id NOT IN (SELECT id FROM met)"  # noqa: S608  # a table of this module
        if table != "person":
            self._db.execute(f"INSERT OR REPLACE INTO touched SELECT customer, NULL {gone} AND customer > 0")
        if table == "placed":
            self._db.execute("DELETE FROM line WHERE placed NOT IN (SELECT id FROM met)")
            self._db.execute("DELETE FROM turned WHERE placed NOT IN (SELECT id FROM met)")
        self._db.execute(f"DELETE {gone}")
        self._db.execute("DROP TABLE met")

    def put_lines(self, order: int, lines: Iterable[Mapping[str, Any]]) -> None:
        """Take all lines of an order, in the form of the API."""
        made = sorted(filter(None, (self._line(order, raw) for raw in lines)))
        row = self._db.execute("SELECT customer, flags FROM placed WHERE id = ?", (order,)).fetchone()
        if row is not None and row[1] & LINED:
            kept = self._db.execute("SELECT * FROM line WHERE placed = ? ORDER BY id", (order,)).fetchall()
            if kept == made:
                return
        self._db.execute("DELETE FROM line WHERE placed = ?", (order,))
        self._db.executemany("INSERT OR REPLACE INTO line VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", made)
        if row is None:
            return
        flags = row[1] & ~RETURNED | LINED | RETURNED * bool(self._value(f"{BACK} ?", order))
        self._db.execute("UPDATE placed SET flags = ? WHERE id = ?", (flags, order))
        self.touch(row[0])
        # What another book said before the lines were read may never have arrived.
        turned = flags ^ row[1] if row[1] & LINED else flags | row[1]
        if turned & RETURNED:
            self._db.execute("INSERT OR REPLACE INTO turned VALUES (?, NULL)", (order,))

    def put_categories(self, raws: Iterable[Mapping[str, Any]]) -> None:
        """Take the list of categories, read to its end, in the form of the API."""
        made = sorted(
            (identifier, integer(raw.get("depth")) or 0, text(raw.get("title")) or "")
            for raw in raws
            if (identifier := integer(raw.get("id")))
        )
        if made != self._db.execute("SELECT * FROM category ORDER BY id").fetchall():
            self._db.execute("DELETE FROM category")
            self._db.executemany("INSERT OR REPLACE INTO category VALUES (?, ?, ?)", made)
            self.touch_all()

    def put_category_products(self, raws: Iterable[Mapping[str, Any]]) -> None:
        """Take the list of what is in which category, read to its end, in the form of the API."""
        pairs = ((link_id(raw.get("product")), link_id(raw.get("category"))) for raw in raws)
        self._db.execute("CREATE TEMP TABLE now (product INTEGER, category INTEGER)")
        self._db.executemany("INSERT INTO now VALUES (?, ?)", (pair for pair in pairs if all(pair)))
        self._db.execute(
            "INSERT OR REPLACE INTO touched SELECT DISTINCT customer, NULL FROM line "
            "JOIN placed ON placed.id = line.placed WHERE customer > 0 AND product IN ("
            "SELECT product FROM (SELECT * FROM now EXCEPT SELECT * FROM pair) UNION "
            "SELECT product FROM (SELECT * FROM pair EXCEPT SELECT * FROM now))"
        )
        self._db.execute("DELETE FROM pair WHERE (product, category) NOT IN (SELECT * FROM now)")
        self._db.execute("INSERT OR IGNORE INTO pair SELECT * FROM now")
        self._db.execute("DROP TABLE now")

    # Who is to be written

    def touch(self, customer: int | None) -> None:
        """Note that a customer is to be written."""
        if customer:
            self._db.execute("INSERT OR REPLACE INTO touched VALUES (?, NULL)", (customer,))

    def touch_all(self) -> None:
        """Note that all are to be written."""
        self._db.execute("INSERT OR REPLACE INTO touched SELECT id, NULL FROM person")

    def touched(self) -> Iterator[int]:
        """Customers to be written, newest first; each counts as written when the next is asked for."""
        for customer in self._due("touched"):
            yield customer
            self._db.execute("UPDATE touched SET written = ? WHERE customer = ?", (self.seq + 1, customer))

    def turned(self) -> Iterator[int]:
        """Orders to be written, as they came back or no longer count as returned; newest first."""
        return self._due("turned")

    def wrote(self, order: int) -> None:
        """Note that an order of `turned` was written."""
        self._db.execute("UPDATE turned SET written = ? WHERE placed = ?", (self.seq + 1, order))

    def _due(self, table: str) -> Iterator[int]:
        last = 1 << 62
        query = f"SELECT max(rowid) FROM {table} WHERE written IS NULL AND rowid < ?"  # noqa: S608  # of two
        while (found := self._value(query, last)) is not None:
            last = int(found)
            yield last

    def customers(self) -> Iterator[int]:
        """All customers, newest first."""
        last = 1 << 62
        while (found := self._value("SELECT max(id) FROM person WHERE id < ?", last)) is not None:
            last = int(found)
            yield last

    # What it says

    def knows(self, customer: int) -> bool:
        """Whether the shop has a record of the customer."""
        return self._value("SELECT 1 FROM person WHERE id = ?", customer) is not None

    def came_back(self, order: int) -> bool:
        """Whether every piece of an order came back, as far as its lines were read."""
        flags = self._value("SELECT flags FROM placed WHERE id = ?", order)
        return order in self._back if flags is None else bool(flags & RETURNED)

    def orders(self, customer: int) -> tuple[Order, ...]:
        """All orders of a customer, oldest first."""
        return tuple(self._order(row) for row in self._db.execute(ORDERS, (customer,)).fetchall())

    def freeze(self, quarter: str) -> Frozen:
        """What all customers together say on the first day of a quarter."""
        day = day_of(date(int(quarter[:4]), 3 * int(quarter[-1]) - 2, 1))
        self._db.execute(BUYERS, {"day": day})
        self._db.execute(SECONDS, {"day": day})
        try:
            limits = FIXED
            if self._value("SELECT count(*) FROM buyer") >= FEWEST:
                limits = Fifths(*(self._fifths(name) for name in Fifths._fields))
            gaps = int(self._value("SELECT count(*) FROM gap"))
            middle = "SELECT avg(days) FROM (SELECT days FROM gap ORDER BY days LIMIT ? OFFSET ?)"
            usual = int(self._value(middle, 2 - gaps % 2, (gaps - 1) // 2) + 0.5) if gaps else None
        finally:
            self._db.execute("DROP TABLE buyer")
            self._db.execute("DROP TABLE gap")
        return Frozen(quarter, limits, usual)

    def _put_order(self, identifier: int, raw: Mapping[str, Any]) -> None:
        stamp = moment(raw.get("createdAt"))
        made = parse_moment(stamp) if stamp else None
        discounted = raw.get("isDiscounted") is True or (number(raw.get("discountAmount")) or 0) > 0
        flags = CANCELLED * (raw.get("status") == "cancelled") | DISCOUNTED * discounted
        row = self._db.execute("SELECT customer, made, units, flags FROM placed WHERE id = ?", (identifier,))
        old = row.fetchone()
        flags |= old[3] & (LINED | RETURNED) if old else RETURNED * (identifier in self._back)
        customer = link_id(raw.get("customer"))
        new = (customer, int(made.timestamp()) if made else 0, _units(raw.get("priceIncl")), flags)
        if new != old:
            self._db.execute("INSERT OR REPLACE INTO placed VALUES (?, ?, ?, ?, ?)", (identifier, *new))
            self.touch(customer)
            self.touch(old[0] if old else None)

    def _put_credit(self, identifier: int, raw: Mapping[str, Any]) -> None:
        row = self._db.execute("SELECT customer, placed, units FROM credit WHERE id = ?", (identifier,))
        old = row.fetchone()
        new = (link_id(raw.get("customer")), link_id(raw.get("order")), _units(raw.get("priceIncl")))
        if new != old:
            self._db.execute("INSERT OR REPLACE INTO credit VALUES (?, ?, ?, ?)", (identifier, *new))
            for order in (new[1], old[1] if old else None):
                self.touch(self._value("SELECT customer FROM placed WHERE id = ?", order))

    def _line(self, order: int, raw: Mapping[str, Any]) -> tuple[Any, ...] | None:
        if (identifier := integer(raw.get("id"))) is None:
            return None
        back = max(float(number(raw.get(name)) or 0) for name in ("quantityReturned", "quantityRefunded"))
        return (
            order,
            identifier,
            self._word(raw.get("brandTitle")),
            self._word(raw.get("articleCode")),
            link_id(raw.get("product")) or 0,
            _units(raw.get("priceIncl")),
            float(number(raw.get("quantityOrdered")) or 0),
            back,
            int((number(raw.get("discountIncl")) or 0) > 0),
        )

    def _word(self, value: object) -> int:
        word = text(value) or ""
        self._db.execute("INSERT OR IGNORE INTO word (text) VALUES (?)", (word,))
        return int(self._value("SELECT id FROM word WHERE text = ?", word))

    def _order(self, row: tuple[int, ...]) -> Order:
        identifier, made, units, credited, flags = row
        lines: list[Line] | None = None
        discounted = bool(flags & DISCOUNTED)
        if flags & LINED:
            lines = []
            for brand, category, article, days, *numbers, reduced in self._db.execute(LINES, (identifier,)):
                lines.append(Line(brand or None, category, self._reorder_days.get(article, days), *numbers))
                discounted = discounted or bool(reduced)
        return Order(
            identifier,
            made,
            units,
            credited,
            bool(flags & CANCELLED),
            discounted,
            None if lines is None else tuple(lines),
        )

    def _fifths(self, name: str) -> tuple[int, ...]:
        count = self._value("SELECT count(*) FROM buyer")
        query = f"SELECT {name} FROM buyer ORDER BY {name} LIMIT 1 OFFSET ?"  # noqa: S608  # a column of this module
        return tuple(int(self._value(query, (count * fifth - 1) // 5)) for fifth in range(1, 5))

    def _value(self, query: str, *given: object) -> Any:  # noqa: ANN401  # of any column
        row = self._db.execute(query, given).fetchone()
        return row[0] if row else None


def day_of(day: date) -> int:
    """A day as a number of days since 1970."""
    return (day - EPOCH).days


def quarter_of(day: date) -> str:
    """The quarter of a day: `2026-Q4`."""
    return f"{day.year}-Q{(day.month + 2) // 3}"


def _units(value: object) -> int:
    return int(Decimal(number(value) or 0).scaleb(SCALE).to_integral_value(ROUND_HALF_UP))
