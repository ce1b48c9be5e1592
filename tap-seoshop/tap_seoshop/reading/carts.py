"""How carts that were left standing are found: from the list of carts, then that of orders, in the same run.

Carts that moved wait in the state until they are quiet. Orders are read as far back as the oldest of those
last moved, so that no order since can be missed; only a run that has read them to their end decides.

Where the shop does not filter carts by time, their list is read whole once a day, and in each run the newest
of them. One that is older than those is read once more before it is released.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tap_seoshop.api.pages import PAGE
from tap_seoshop.api.quota import Use
from tap_seoshop.bookmarks.forms import CartMark, IncrementalMark
from tap_seoshop.bookmarks.times import read_time, written_time
from tap_seoshop.errors import MissingListError, NotFoundError
from tap_seoshop.reading.context import Reader
from tap_seoshop.records.normalize import link_id
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
    record_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tap_seoshop.reading.context import Reading
    from tap_seoshop.reading.followers import End
    from tap_seoshop.streams.carts import Carts
    from tap_seoshop.summaries.carts import Bought

__all__ = ["CartReader"]

MOST_OPEN = 15_000
"""Most carts that the state holds as standing (1.2 MB); with more, the oldest are given up early."""

REASONS = {Fate.EMPTIED: Closed.EMPTIED, Fate.GIVEN_UP: Closed.GIVEN_UP}


class _Followed:
    """Follows one list.

    Args:
        carts: The reader.
        since: From when on the list was wanted in the last run; None where it was never read.
    """

    def __init__(self, carts: CartReader, since: str | None) -> None:
        self._carts = carts
        self._since = read_time(since)

    @property
    def since(self) -> datetime:
        """From when on records are wanted; at first as far back as one can matter."""
        return self._since or self._carts.oldest

    def not_after(self, at: datetime) -> None:
        """Forget a bookmark that lies after `at`."""
        if self._since is not None and self._since > at:
            self._since = None


class _ListOfCarts(_Followed):
    """Follows the list of carts."""

    def take(self, raw: Mapping[str, Any], *, whole: bool) -> None:
        """Take a cart that changed."""
        del whole
        cart = cart_of(raw)
        if cart is not None and cart.changed >= written_time(self.since):
            self._carts.meets(cart)

    def reached(self, end: End) -> None:
        """Move the bookmark."""
        self._carts.bookmark.since = written_time(end.since)
        self._carts.note()

    def cut(self) -> None:
        """Keep the carts that were met: they are not met again."""
        self._carts.note()


class _ListOfOrders(_Followed):
    """Follows the list of orders, as far back as a cart that waits last moved."""

    @property
    def since(self) -> datetime:
        """From when on orders are wanted."""
        return min([super().since, *map(_moved, self._carts.waiting.values())])

    def take(self, raw: Mapping[str, Any], *, whole: bool) -> None:
        """Take an order."""
        del whole
        self._carts.purchases.add(raw, self._carts.hashed(raw.get("email")))

    def reached(self, end: End) -> None:
        """Move the bookmark: this run may decide, unless an earlier one met a part of the list."""
        if not end.resumed:
            self._carts.orders_from = self.since
            self._carts.bookmark.orders_since = written_time(end.since)

    def cut(self) -> None:
        """Leave the bookmark: the orders are read again."""


class CartReader(Reader):
    """Releases carts, and closes them.

    Args:
        reading: The run.
        stream: The stream of the carts.

    Attributes:
        bookmark: What is kept from run to run.
        waiting: Carts that moved and are not decided, by id.
        purchases: The orders that this run has read.
        orders_from: From when on those are known; None where they were not read to their end.
    """

    def __init__(self, reading: Reading, stream: Carts) -> None:
        self._stream = stream
        self.bookmark = bookmark = reading.state.bookmark(stream.name, CartMark)
        self.waiting = {cart.id: cart for cart in bookmark.waiting}
        self.purchases = Purchases()
        self.orders_from: datetime | None = None
        self._open = {cart.id: cart for cart in bookmark.open}
        self._decided = dict(bookmark.decided)
        quotes = reading.state.bookmark(Quotes.name, IncrementalMark)
        self._is_unfiltered = quotes.filter_ignored
        self._fresh_from = 0  # carts of lower ids were not read in this run
        # With a state that is new, or was lost, a cart may have been released before.
        self._is_first = bookmark.since is None
        carts, orders = (
            _ListOfCarts(self, bookmark.since),
            _ListOfOrders(self, bookmark.orders_since),
        )
        super().__init__(reading, {Quotes.place: carts, Orders.place: orders})

    def begin(self) -> None:
        """Write the schema, and read the newest carts where the list of those that changed cannot be had."""
        self._stream.begin()
        if self._is_unfiltered and not self._reading.settings.reread:
            try:
                self._read_newest()
            except MissingListError as error:
                self._log.warning("%s: %s", self._stream.name, error)

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
        """A cart that last moved before this is given up."""
        return self._client.now() - GIVEN_UP

    def hashed(self, email: object) -> str | None:
        """An address as the state may hold it."""
        known = folded(email)
        return None if known is None else self._client.keyed_hash(known)

    def meets(self, cart: Cart) -> None:
        """Take a cart that changed: it waits, unless it is as it was released, or cannot stand."""
        standing = self._open.get(cart.id)
        self.waiting.pop(cart.id, None)
        if self._decided.get(cart.id) == cart.changed:
            return
        if standing is None and cart.may_stand:
            self.waiting[cart.id] = cart
        elif standing is not None and standing.content != cart.content:
            self.waiting[cart.id] = replace(cart, address=standing.address)

    def note(self) -> None:
        """Write the carts into the bookmark."""
        self.bookmark.waiting = sorted(self.waiting.values(), key=lambda cart: cart.id)
        self.bookmark.open = sorted(self._open.values(), key=lambda cart: cart.id)
        again = self.bookmark.since or ""
        self.bookmark.decided = sorted(pair for pair in self._decided.items() if pair[1] >= again)

    def read(self) -> None:
        """Release and close what is due; without the orders of this run nothing is decided.

        Raises:
            QuotaSpentError: No more requests; what is left stands in the bookmark.
        """
        if self.orders_from is None:
            return
        try:
            standing = [cart for cart in self._open.values() if cart.id not in self.waiting]
            for cart in standing:
                self._decide(cart)
            moved = sorted(self.waiting.values(), key=lambda cart: cart.changed)
            self._release([cart for cart in moved if self._decide(cart) is Fate.DUE])
            for cart in sorted(self._open.values(), key=lambda cart: cart.changed)[:-MOST_OPEN]:
                self._close(cart, Closed.GIVEN_UP)
        finally:
            self.note()
        self._reading.write_state()

    def _decide(self, cart: Cart) -> Fate:
        """Say what is to become of a cart, and close it where it is over."""
        bought = self.purchases.first(cart)
        decided = fate(cart, bought, self._client.now())
        if decided in (Fate.WAITS, Fate.DUE):
            return decided
        if cart.id in self._open or (decided is Fate.ORDERED and self._is_first):
            self._close(cart, REASONS.get(decided, Closed.ORDERED), bought)
        self._drop(cart)
        return decided

    def _drop(self, cart: Cart) -> None:
        self.waiting.pop(cart.id, None)
        self._decided[cart.id] = cart.changed

    def _close(self, cart: Cart, why: Closed, bought: Bought | None = None) -> None:
        self._emit(record_of(cart, why, bought))
        self._open.pop(cart.id, None)

    def _release(self, due: Iterable[Cart]) -> None:
        for cart, outcome in self._client.ahead(self._fetch, self._while_in_time(due)):
            if isinstance(outcome, Exception):
                raise outcome
            now, person, orders = outcome
            if now is None or now.content != cart.content:
                self.waiting.pop(cart.id)
                if now is not None:
                    self.meets(now)
                continue
            for raw in orders:
                self.purchases.add(raw, None)
            known = replace(cart, address=self.hashed(person.get("email")))
            # Where the shop ignores the filter by customer, nothing is known of the customer's orders.
            others = any(link_id(raw.get("customer")) != cart.customer for raw in orders)
            if known.address is None or others:
                self._drop(known)
            elif self._decide(known) is Fate.DUE:
                self._emit(record_of(known, person=person))
                self._open[cart.id] = known
                self.waiting.pop(cart.id)

    def _while_in_time(self, due: Iterable[Cart]) -> Iterator[Cart]:
        for cart in due:
            if not self._reading.limits.in_time():
                self._log.info("time is up: carts that are left standing come with the next run")
                return
            yield cart

    def _fetch(self, cart: Cart) -> tuple[Cart | None, Mapping[str, Any], list[dict[str, Any]]]:
        """The cart as it is now, its customer, and its orders where not all of them were read.

        Runs in a thread of the client's.
        """
        now: Cart | None = cart
        try:
            if cart.id < self._fresh_from:
                raw = self._client.get(f"{Quotes.place.path}/{cart.id}", use=Use.CHANGED).one(
                    Quotes.place.one
                )
                now = cart_of(raw)
            if now is None or now.content != cart.content:
                return now, {}, []
            person = self._client.get(f"customers/{cart.customer}", use=Use.CHANGED).one("customer")
        except NotFoundError:
            return None, {}, []
        if self.orders_from is None or cart.created >= written_time(self.orders_from):
            return now, person, []
        query = {"limit": str(PAGE), "customer": str(cart.customer)}
        return now, person, self._client.get(Orders.place.path, query, use=Use.CHANGED).many(Orders.place.key)

    def _emit(self, record: dict[str, Any]) -> None:
        self._reading.emit(self._stream, self._stream.chosen(record))


def _moved(cart: Cart) -> datetime:
    return datetime.fromisoformat(cart.changed)
