"""Keeps the order book in sync with the shop, and writes the derived fields of customers who changed.

The book is filled from the lists of customers, orders and invoices and from the lines of orders, which are
read anyway (and, if set, from a product metafield: `product_days.py`). The whole lists are read for it only
when the book is new, and every `summaries_full_interval`; that repairs what no incremental list shows, such
as deleted orders.

Some fields change as time passes. Once a day all customers are calculated twice, as of the day before and as
of today, and those that differ are written. So there is no need to remember what was written.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from contextlib import closing, suppress
from datetime import UTC, date, datetime
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tap_seoshop.api.quota import Use
from tap_seoshop.bookmarks.follower import Follower
from tap_seoshop.bookmarks.forms import Backfill, DetailMark, OrderBookMark, SeenMark
from tap_seoshop.bookmarks.times import due, written_time
from tap_seoshop.errors import NotFoundError, SettingsError, TapError
from tap_seoshop.reading.context import Reader
from tap_seoshop.reading.product_days import ProductDays
from tap_seoshop.records.normalize import integer, moment
from tap_seoshop.scratch import scratch
from tap_seoshop.streams.catalog import Products
from tap_seoshop.streams.orders import Orders
from tap_seoshop.summaries.book_tables import RETURNED
from tap_seoshop.summaries.derived import Draw, derived
from tap_seoshop.summaries.order_book import Frozen, OrderBook, day_of, quarter_of
from tap_seoshop.summaries.order_state import order_state
from tap_seoshop.summaries.segments import Fifths

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tap_seoshop.reading.context import Reading
    from tap_seoshop.reading.followers import End
    from tap_seoshop.reading.worklist import Parent
    from tap_seoshop.scratch import Scratch
    from tap_seoshop.streams.place import ListPlace
    from tap_seoshop.streams.summaries import CustomerMetrics

__all__ = ["MetricsReader"]

SHORTEST_LIFE = 86_400
"""Within these seconds a book is made again only once: its folder may not be persistent."""
UNUSED = 30 * 86_400
"""A book that no run has used for this many seconds is removed: its state is gone."""


class _ListOf:
    """Follows one incremental list for the book."""

    def __init__(self, reader: MetricsReader, name: str, mark: SeenMark) -> None:
        self._reader = reader
        self._name = name
        self._mark = mark
        self._follower = Follower(mark)
        self._whole = False

    @cached_property
    def _met(self) -> Scratch:
        """Ids met in a list that is read whole."""
        return scratch("CREATE TABLE met (id INTEGER PRIMARY KEY)")

    @property
    def first(self) -> bool:
        """Whether the list was never read to its end."""
        return self._follower.first

    @property
    def since(self) -> datetime | None:
        """Changes since then are wanted; None for the whole list."""
        if self._reader.out:
            return datetime.now(UTC)
        return None if self._name in self._reader.mark.unread else self._follower.since

    def begin_again(self) -> None:
        """Forget what was read: the book does not hold it."""
        self._mark.since, self._mark.seen = None, []
        self._follower = Follower(self._mark)

    def take(self, raw: dict[str, Any], *, whole: bool) -> None:
        """Take a record of the list."""
        if self._reader.out:
            return
        number = integer(raw.get("id")) or 0
        changed = self._follower.changed(number, moment(raw.get("updatedAt")))
        if whole:
            self._whole = True
            self._met.execute("INSERT OR IGNORE INTO met VALUES (?)", (number,))
        if whole or changed or self._follower.first:
            self._reader.book.put(self._name, raw)

    def not_after(self, at: datetime) -> None:
        """Forget a bookmark that lies after `at`."""
        self._follower.not_after(at)

    def reached(self, end: End) -> None:
        """Move the bookmark; after a list that was read whole, forget what it does not hold any more."""
        held = self._reader.mark.held
        if self._reader.out or (self._follower.first and end.resumed and self._name not in held):
            return
        if end.whole and end.complete:
            self._reader.book.keep(self._name, (one for (one,) in self._met.execute("SELECT id FROM met")))
        self._follower.reach(end.since, end.read)
        self._follower.commit()
        self._reader.mark.held = [one for one in held if one != self._name]
        if end.whole or end.resumed:
            self._reader.mark.unread = [one for one in self._reader.mark.unread if one != self._name]

    def cut(self) -> None:
        """Note that the book holds the first part of a list that is read whole."""
        if self._whole and self._name not in self._reader.mark.held:
            self._reader.mark.held.append(self._name)


class MetricsReader(Reader):
    """Feeds the order book, and writes what is derived from it.

    Args:
        reading: The run.
        stream: The stream of the derived fields.

    Attributes:
        book: The order book.
        mark: The bookmark.
        out: Whether the stream is left out of this run.
    """

    book: OrderBook

    def __init__(self, reading: Reading, stream: CustomerMetrics) -> None:
        state = reading.state
        self.mark = state.bookmark(stream.name, OrderBookMark)
        self.out = False
        self._repairs = bool(self.mark.unread) or self.mark.read_at is None
        self._lists = {
            one.name: _ListOf(self, one.name, state.bookmark(stream.name, SeenMark, f"{one.name}_"))
            for one in stream.sources
        }
        self._days = ProductDays(reading)
        follows = {one.place: self._lists[one.name] for one in stream.sources}
        super().__init__(reading, follows, {Products.place: self._days})
        self._stream = stream
        reading.watchers.append(self)

    def begin(self) -> None:
        """Write the schema and open the book."""
        self._stream.begin()
        try:
            self.out = not self._open()
        except OSError as error:
            self._log.warning("%s is left out: %s: %s", self._stream.name, error.filename, error.strerror)
            self.out = True
        if not self.out:
            self._days.lasting = self.book.lasting
            self._reading.state.before_write.append(self._commit)

    def lines(self, parent: Parent, lines: Iterable[Mapping[str, Any]]) -> None:
        """Take the lines of an order as they were read."""
        if not self.out:
            self.book.put_lines(parent.id, lines)

    def adds(self, name: str, raw: Mapping[str, Any]) -> dict[str, Any]:
        """The state of an order of which every piece came back."""
        if self.out or name != Orders.name or not self.book.came_back(integer(raw.get("id")) or 0):
            return {}
        return {"orderState": order_state(raw, returned=True)}

    def table(self, name: str, records: Iterable[Mapping[str, Any]]) -> None:
        """Take the categories, and which product is in which."""
        if not self.out:
            put = self.book.put_categories if name == "categories" else self.book.put_category_products
            put(records)

    def read(self) -> None:
        """Write who is due."""
        if self.out or any(one.first for one in self._lists.values()):
            return
        now = self._client.now()
        if self._repairs and not self.mark.unread:
            self.book.lasting.forget()
            self.book.touch_all()
            self.mark.read_at = written_time(now)
        elif not self.mark.unread and due(
            self.mark.read_at, self._reading.settings.summaries_full_interval, now
        ):
            self.mark.unread = list(self._lists)
        if self.mark.settings != (settings := self._settings):
            self.book.touch_all()
            self.mark.settings = settings
        self._days.read()
        self._age()
        self._write_touched()
        self._write_turned(Use.CHANGED)
        self._reading.write_state()

    def read_backfill(self) -> None:
        """Write those whose lines were read."""
        if not self.out and self.mark.aged_on is not None:
            self._days.read()
            self._write_touched()
            self._write_turned(Use.BACKFILL)

    def reread(self, place: ListPlace, raw: Mapping[str, Any]) -> None:
        """Write the customer of a record."""
        if self.out or self.mark.aged_on is None:
            return
        name = next(name for name, one in self._lists.items() if self.follows[place] is one)
        self.book.put(name, raw)
        self._write_touched()
        self._write_turned(Use.CHANGED)

    # The book

    def _open(self) -> bool:
        """Open the book; whether there is one: of two that are lost within a day, the second is not replaced.

        Raises:
            OSError: The folder cannot be made.
        """
        mark, now = self.mark, self._client.now()
        if mark.book is not None and (file := self._file(mark.book)) is not None and file.exists():
            if self._takes(file):
                return True
            file.unlink()
        if mark.book is not None:
            if not due(mark.lost_at, SHORTEST_LIFE, now):
                self._log.warning(
                    "%s is left out: the order book in %s was lost twice within a day; let `state_dir` name "
                    "a folder that stays",
                    self._stream.name,
                    self._reading.settings.state_dir,
                )
                return False
            mark.lost_at = written_time(now)
        self._begin_again()
        return True

    def _takes(self, file: Path) -> bool:
        """Open the book in a file; whether it is the one of the bookmark, and whole."""
        try:
            self.book = self._book(file, "")
            if self.book.name == self.mark.book and self.book.seq >= self.mark.seq:
                self.book.arrived(self.mark.seq)
                return True
            self.book.close()
        except sqlite3.OperationalError:  # another run holds it, or the disk is full
            raise
        except sqlite3.DatabaseError as error:
            self._log.warning("the order book %s cannot be read (%s): it is made anew", file, error)
        return False

    def _book(self, file: Path | None, name: str, back: frozenset[int] = frozenset()) -> OrderBook:
        settings = self._reading.settings
        return OrderBook(file, name, settings.reorder_days, settings.reorder_metafield, back)

    def _file(self, name: str) -> Path | None:
        """Where a book stands; None for that of a test of the connection, of which nothing is kept."""
        if self._reading.limits.sample:
            return None
        return Path(self._reading.settings.state_dir) / f"orders-{self._reading.shop_id}-{name}.sqlite"

    def _begin_again(self) -> None:
        """Begin a book, and have all that it is to hold read once more."""
        mark, state = self.mark, self._reading.state
        mark.book, mark.seq, mark.held, mark.unread = secrets.token_hex(4), 0, [], []
        mark.aged_on = mark.read_at = None
        self._repairs, back = True, frozenset[int]()
        if (file := self._file(mark.book)) is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            # That of a lost state; or that of other runs, where one without state compares both sides.
            books = list(file.parent.glob(f"orders-{self._reading.shop_id}-*.sqlite"))
            back = _came_back(books)
            for old in books:
                if time.time() - old.stat().st_mtime > UNUSED:
                    old.unlink(missing_ok=True)
        self.book = self._book(file, mark.book, back)
        for one in self._lists.values():
            one.begin_again()
        if state.bookmark("order_products", SeenMark).since is not None:
            state.bookmark("order_products", DetailMark).backfill = Backfill(open=True)

    def failed(self, error: sqlite3.DatabaseError) -> None:
        """Say what ended the run; a book that is damaged is removed, so that the next run makes it anew.

        Raises:
            TapError: It was the book.
        """
        if self.out or self.mark.book is None or (file := self._file(self.mark.book)) is None:
            return
        if isinstance(error, sqlite3.OperationalError):
            raise SettingsError(f"the order book {file} or a temporary file: {error}") from None
        self._reading.state.before_write.remove(self._commit)
        self.book.close()
        file.unlink(missing_ok=True)
        raise TapError(
            f"the order book {file} was damaged ({error}) and is removed; the next run makes it anew"
        ) from None

    def _commit(self) -> None:
        try:
            self.mark.seq = self.book.commit()
        except sqlite3.DatabaseError as error:
            self.failed(error)
            raise

    # What is written

    def _age(self) -> None:
        """Write those in whom something differs from the day on which all were last worked out."""
        today = self._client.now().date()
        old = date.fromisoformat(self.mark.aged_on) if self.mark.aged_on else None
        new = self._freeze(today)
        if old is not None and old < today:
            for customer in self.book.customers():
                orders = self.book.orders(customer)
                before = derived(customer, orders, self._frozen(), self._draw, day_of(old))
                record = derived(customer, orders, new, self._draw, day_of(today))
                if record != before:
                    self._emit(record)
        self.mark.aged_on = max(self.mark.aged_on or "", today.isoformat())
        self.mark.quarter, self.mark.usual_gap = new.quarter, new.usual
        self.mark.recency, self.mark.frequency, self.mark.monetary = map(list, new.limits)

    def _write_touched(self) -> None:
        self.book.lasting.want()
        day = day_of(date.fromisoformat(self.mark.aged_on or ""))
        for customer in self.book.touched():
            if self.book.knows(customer):
                orders = self.book.orders(customer)
                self._emit(derived(customer, orders, self._frozen(), self._draw, day))

    def _write_turned(self, use: Use) -> None:
        """Write orders again that came back, for a request each: a return does not change the order."""
        if (writer := self._reading.writers.get(Orders.place)) is None:
            return
        for count, order in enumerate(self.book.turned(), 1):
            if not self._reading.limits.in_time():
                return
            try:
                raw = self._client.get(f"{Orders.place.path}/{order}", use=use).one(Orders.place.one)
            except NotFoundError:  # it may be for a moment only; a deleted order leaves the book in time
                continue
            writer.reread(Orders.place, raw)
            self.book.wrote(order)
            if count % self._reading.state.every == 0:
                self._reading.write_state()

    def _emit(self, record: dict[str, Any]) -> None:
        self._reading.emit(self._stream, self._stream.chosen(record))

    @property
    def _settings(self) -> str:
        """Digest of the settings that all customers are worked out with."""
        chosen = self._reading.settings
        said = [chosen.holdout_percent, chosen.holdout_key, sorted(chosen.reorder_days.items())]
        if chosen.reorder_metafield:  # without it the digest is that of versions that did not know it
            said.append(chosen.reorder_metafield)
        return blake2b(json.dumps(said).encode(), digest_size=8).hexdigest()

    @property
    def _draw(self) -> Draw:
        settings = self._reading.settings
        return Draw(self._reading.shop_id, settings.holdout_key, settings.holdout_percent)

    def _freeze(self, today: date) -> Frozen:
        quarter = quarter_of(today)
        return self._frozen() if self.mark.quarter == quarter else self.book.freeze(quarter)

    def _frozen(self) -> Frozen:
        mark = self.mark
        limits = Fifths(tuple(mark.recency), tuple(mark.frequency), tuple(mark.monetary))
        return Frozen(mark.quarter or "", limits, mark.usual_gap)


def _came_back(books: Iterable[Path]) -> frozenset[int]:
    """The orders that came back, as the newest book tells that has lines."""
    for file in sorted(books, key=lambda file: file.stat().st_mtime_ns, reverse=True):
        with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(file)) as book:
            if book.execute("SELECT 1 FROM line LIMIT 1").fetchone():
                found = book.execute("SELECT id FROM placed WHERE flags & ?", (RETURNED,))
                return frozenset(order for (order,) in found)
    return frozenset()
