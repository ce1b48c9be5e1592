"""How abandoned carts are found: from the list of carts, then the list of orders, in the same run.

Carts that changed wait in the state until they have been quiet long enough. Orders are read as far back as
the last change of the oldest waiting cart, so that no order since then is missed. Only a run that has read
the orders to the end decides.

A cart that has ended is closed even if this state knows of no release: the state may have been lost, or come
from a backup. So a first run looks `LOOK_BACK` back. Old carts that are given up are held in memory only;
until one run has closed them all, the next run looks back just as far.

If the shop does not filter carts by time, the whole list is read once a day, and the newest carts in every
run. A cart older than those is read once more before it is released.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import replace

from tap_seoshop.api.pages import PAGE
from tap_seoshop.api.quota import Use
from tap_seoshop.bookmarks.forms import CartMark, IncrementalMark
from tap_seoshop.bookmarks.times import read_time, written_time
from tap_seoshop.errors import MissingListError, NotFoundError
from tap_seoshop.reading.context import Reader
from tap_seoshop.records.normalize import link_id
from tap_seoshop.streams.carts import CartProducts, Carts
from tap_seoshop.streams.documents import Quotes
from tap_seoshop.streams.orders import Orders
from tap_seoshop.summaries.carts import (
    GIVEN_UP,
    Cart,
    Closed,
    Fate,
    Purchases,
    cart_of,
    fate,
    folded,
    line_content,
    line_of,
    line_record,
    may_have_stood,
    record_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tap_seoshop.reading.context import Reading
    from tap_seoshop.reading.followers import End
    from tap_seoshop.summaries.carts import Bought

__all__ = ["CartReader"]

LOOK_BACK = timedelta(days=90)
"""How far back a first run looks for carts that an earlier state may have released.

An open cart changed at most `GIVEN_UP` before the last run, so a pause of up to 75 days is covered. With 500
carts a day that is about 180 requests (30 for `GIVEN_UP`), in each run until one reads all orders.
"""
MOST_OPEN = 15_000
"""Most open carts in the state (1.2 MB); if there are more, the oldest are given up early."""
MOST_WITH_LINES = 5_000
"""The same if the state also holds the ids of their lines."""

REASONS = {Fate.EMPTIED: Closed.EMPTIED, Fate.GIVEN_UP: Closed.GIVEN_UP}


class Found(NamedTuple):
    """What the release of a cart needs.

    Attributes:
        cart: As it is now; None if it is gone.
        person: Its customer.
        orders: The customer's orders, if the run did not read all orders.
        lines: Its lines; None if they are not known.
    """

    cart: Cart | None
    person: Mapping[str, Any] = {}
    orders: Sequence[dict[str, Any]] = ()
    lines: Sequence[dict[str, Any]] | None = None


class _Followed:
    """Follows one list.

    Args:
        carts: The reader.
        since: The time from which the last run wanted the list; None if it was never read.
    """

    def __init__(self, carts: CartReader, since: str | None) -> None:
        self._carts = carts
        self._since = read_time(since)

    @property
    def since(self) -> datetime:
        """Records since then are wanted; in a first run, as far back as a cart can be open."""
        return self._since or self._carts.oldest

    def not_after(self, at: datetime) -> None:
        """Forget a bookmark later than `at`."""
        if self._since is not None and self._since > at:
            self._since = None


class _ListOfCarts(_Followed):
    """Follows the list of carts."""

    @property
    def since(self) -> datetime:
        """Carts since then are wanted; in a first run, as far back as one may have been released."""
        return self._since or self._carts.farthest

    def not_after(self, at: datetime) -> None:
        """Forget a bookmark later than `at`: the whole list is read, as in a first run."""
        super().not_after(at)
        if self._since is None:
            self._carts.bookmark.since = None

    def take(self, raw: Mapping[str, Any], *, whole: bool) -> None:
        """Take a cart that changed."""
        del whole
        cart = cart_of(raw)
        if cart is not None and cart.changed >= written_time(self.since):
            self._carts.meets(cart)

    def reached(self, end: End) -> None:
        """Move the bookmark; after a first read it waits until the old carts are closed."""
        if self._carts.bookmark.since is not None:
            self._carts.bookmark.since = written_time(end.since)
        elif not end.resumed:  # if it was, an earlier run read part of the list
            self._carts.first_end = end
        self._carts.note()

    def cut(self) -> None:
        """Keep the carts read so far: they are not read again."""
        self._carts.note()


class _ListOfOrders(_Followed):
    """Follows the list of orders, as far back as the last change of a waiting cart."""

    @property
    def since(self) -> datetime:
        """Orders since then are wanted."""
        carts = [*self._carts.waiting.values(), *self._carts.past.values()]
        return min([super().since, *map(_moved, carts)])

    def take(self, raw: Mapping[str, Any], *, whole: bool) -> None:
        """Take an order."""
        del whole
        self._carts.purchases.add(raw, self._carts.hashed(raw.get("email")))

    def reached(self, end: End) -> None:
        """Move the bookmark: this run may decide, unless an earlier one read part of the list."""
        if not end.resumed:
            self._carts.orders_from = self.since
            self._carts.bookmark.orders_since = written_time(end.since)

    def cut(self) -> None:
        """Keep the bookmark where it is: the orders are read again."""


class CartReader(Reader):
    """Releases carts, and closes them.

    Args:
        reading: The run.
        streams: The stream of carts, the stream of their lines, or both.

    Attributes:
        bookmark: What is kept from run to run.
        waiting: Carts that changed and are not decided yet, by id.
        past: Carts that changed too long ago to be open still, by id; in a first run only.
        first_end: The end of the first complete read of the list of carts; None if that was not in this run.
        purchases: The orders that this run has read.
        orders_from: Orders since then are known; None if they were not read to the end.
    """

    def __init__(self, reading: Reading, *streams: Carts) -> None:
        self._lines = next((one for one in streams if isinstance(one, CartProducts)), None)
        self._carts = next((one for one in streams if one is not self._lines), None)
        self.bookmark = bookmark = reading.state.bookmark(Carts.name, CartMark)
        self.waiting = {cart.id: cart for cart in bookmark.waiting}
        self.past: dict[int, Cart] = {}
        self.first_end: End | None = None
        self.purchases = Purchases()
        self.orders_from: datetime | None = None
        self._open = {cart.id: cart for cart in bookmark.open}
        self._decided = dict(bookmark.decided)
        quotes = reading.state.bookmark(Quotes.name, IncrementalMark)
        self._is_unfiltered = quotes.filter_ignored
        self._fresh_from = 0  # carts of lower ids were not read in this run
        carts, orders = (
            _ListOfCarts(self, bookmark.since),
            _ListOfOrders(self, bookmark.orders_since),
        )
        super().__init__(reading, {Quotes.place: carts, Orders.place: orders})

    def begin(self) -> None:
        """Write schemas; if carts cannot be filtered by time, read the newest ones."""
        for stream in (self._carts, self._lines):
            if stream is not None:
                stream.begin()
        if self._is_unfiltered and not self._reading.settings.reread:
            try:
                self._read_newest()
            except MissingListError as error:
                self._log.warning("%s: %s", Carts.name, error)

    def _read_newest(self) -> None:
        answer = self._client.get(Quotes.place.path, {"limit": str(PAGE)})
        carts = [cart for raw in answer.many(Quotes.place.key) if (cart := cart_of(raw)) is not None]
        since = self.bookmark.newest_since or self.bookmark.since or written_time(self.oldest)
        for cart in carts:
            if cart.changed >= since:
                self.meets(cart)
        self._fresh_from = min((cart.id for cart in carts), default=0) if len(carts) >= PAGE else 0
        reach = answer.asked - timedelta(seconds=self._reading.settings.look_back)
        self.bookmark.newest_since = written_time(reach)
        self.note()

    @property
    def oldest(self) -> datetime:
        """A cart that last changed before this is given up."""
        return self._client.now() - GIVEN_UP

    @property
    def farthest(self) -> datetime:
        """A cart that last changed before this is left as it is."""
        return self._client.now() - LOOK_BACK

    def hashed(self, email: object) -> str | None:
        """An address in the form that the state may hold: a keyed hash."""
        known = folded(email)
        return None if known is None else self._client.keyed_hash(known)

    def meets(self, cart: Cart) -> None:
        """Take a cart that changed: it waits, unless this content was released or it has no customer."""
        standing = self._open.get(cart.id)
        self.waiting.pop(cart.id, None)
        self.past.pop(cart.id, None)
        if self._decided.get(cart.id) == cart.changed:
            return
        if standing is None and cart.customer is not None:
            is_past = self.bookmark.since is None and _moved(cart) <= self.oldest
            (self.past if is_past else self.waiting)[cart.id] = cart
        elif standing is not None and standing.content != cart.content:
            self.waiting[cart.id] = replace(cart, address=standing.address, lines=standing.lines)

    def note(self) -> None:
        """Write the carts into the bookmark."""
        self.bookmark.waiting = sorted(self.waiting.values(), key=lambda cart: cart.id)
        self.bookmark.open = sorted(self._open.values(), key=lambda cart: cart.id)
        again = self.bookmark.since or written_time(self.oldest)
        self.bookmark.decided = sorted(pair for pair in self._decided.items() if pair[1] >= again)

    def read(self) -> None:
        """Release and close what is due; nothing is decided unless this run has read the orders.

        Raises:
            QuotaSpentError: The quota is used up; the rest is kept in the bookmark.
        """
        if self.orders_from is None:
            return
        try:
            standing = [cart for cart in self._open.values() if cart.id not in self.waiting]
            for cart in standing:
                self._decide(cart)
            self._close_past()
            moved = sorted(self.waiting.values(), key=lambda cart: cart.changed)
            self._release([cart for cart in moved if self._decide(cart) is Fate.DUE])
            most = MOST_OPEN if self._lines is None else MOST_WITH_LINES
            for cart in sorted(self._open.values(), key=lambda cart: cart.changed)[:-most]:
                self._close(cart, Closed.GIVEN_UP)
        finally:
            self.note()
        self._reading.write_state()

    def _close_past(self) -> None:
        """Close what had ended before a first run, and record that this is done."""
        for cart in list(self.past.values()):
            self._decide(cart)
        if self.first_end is not None:
            self.bookmark.since = written_time(self.first_end.since)

    def _decide(self, cart: Cart) -> Fate:
        """Decide what happens to a cart, and close it if it has ended."""
        bought = self.purchases.first(cart)
        now = self._client.now()
        decided = fate(cart, bought, now)
        if decided in (Fate.WAITS, Fate.DUE):
            return decided
        if cart.id in self._open or may_have_stood(cart, bought, now):
            self._close(cart, REASONS.get(decided, Closed.ORDERED), bought)
        self._drop(cart)
        return decided

    def _drop(self, cart: Cart) -> None:
        self.waiting.pop(cart.id, None)
        self.past.pop(cart.id, None)
        self._decided[cart.id] = cart.changed

    def _close(self, cart: Cart, why: Closed, bought: Bought | None = None) -> None:
        self._emit(self._carts, record_of(cart, why, bought))
        for line in cart.lines:
            self._emit(self._lines, line_record(cart, line, why, bought))
        self._open.pop(cart.id, None)

    def _release(self, due: Iterable[Cart]) -> None:
        for cart, outcome in self._client.ahead(self._fetch, self._while_in_time(due)):
            if isinstance(outcome, Exception):
                raise outcome
            found: Found = outcome
            if found.cart is None or found.cart.content != cart.content:
                self.waiting.pop(cart.id)
                if found.cart is not None:
                    self.meets(found.cart)
                continue
            for raw in found.orders:
                self.purchases.add(raw, None)
            known = replace(cart, address=self.hashed(found.person.get("email")))
            # If the shop ignores the filter by customer, the customer's orders are unknown.
            others = any(link_id(raw.get("customer")) != cart.customer for raw in found.orders)
            if known.address is None or others:
                self._drop(known)
            elif self._decide(known) is Fate.DUE:
                # The lines go first: the cart's row may start a mail that shows them.
                self._open[cart.id] = self._with_lines(known, found)
                self._emit(self._carts, record_of(known, person=found.person))
                self.waiting.pop(cart.id)

    def _with_lines(self, cart: Cart, found: Found) -> Cart:
        """Write the lines of a cart, and close those that are no longer in it."""
        if self._lines is None or found.lines is None:
            return cart
        email = record_of(cart, person=found.person)["email"]
        now = {line: raw for raw in found.lines if (line := line_of(raw)) is not None}
        for position, (line, raw) in enumerate(now.items(), 1):
            told = {"email": email, "cartUpdatedAt": cart.changed, "position": position}
            record = self._lines.record(raw) | line_content(raw) | told | line_record(cart, line)
            self._emit(self._lines, record)
        for line in cart.lines:
            if line not in now:
                self._emit(self._lines, line_record(cart, line, Closed.REMOVED))
        return replace(cart, lines=tuple(now))

    def _while_in_time(self, due: Iterable[Cart]) -> Iterator[Cart]:
        for cart in due:
            if not self._reading.limits.in_time():
                self._log.info("time is up: other abandoned carts come with the next run")
                return
            yield cart

    def _fetch(self, cart: Cart) -> Found:
        """The cart as it is now, with what its release needs.

        Runs in one of the client's threads.
        """
        now: Cart | None = cart
        try:
            if cart.id < self._fresh_from:
                raw = self._client.get(f"{Quotes.place.path}/{cart.id}", use=Use.CHANGED).one(
                    Quotes.place.one
                )
                now = cart_of(raw)
            if now is None or now.content != cart.content:
                return Found(now)
            person = self._client.get(f"customers/{cart.customer}", use=Use.CHANGED).one("customer")
        except NotFoundError:
            return Found(None)
        orders: list[dict[str, Any]] = []
        if self.orders_from is not None and cart.created < written_time(self.orders_from):
            query = {"limit": str(PAGE), "customer": str(cart.customer)}
            orders = self._client.get(Orders.place.path, query, use=Use.CHANGED).many(Orders.place.key)
        return Found(now, person, orders, self._fetch_lines(cart))

    def _fetch_lines(self, cart: Cart) -> list[dict[str, Any]] | None:
        """The lines of a cart; None if they are not wanted, or the shop does not have them."""
        if self._lines is None:
            return None
        place = self._lines.place
        try:
            return self._client.get(place.path.format(id=cart.id), use=Use.CHANGED).many(place.key)
        except NotFoundError:
            self._log.warning("%s: the shop has no lines of cart %d", self._lines.name, cart.id)
            return None

    def _emit(self, stream: Carts | None, record: dict[str, Any]) -> None:
        if stream is not None:
            self._reading.emit(stream, stream.chosen(record))


def _moved(cart: Cart) -> datetime:
    return datetime.fromisoformat(cart.changed)
