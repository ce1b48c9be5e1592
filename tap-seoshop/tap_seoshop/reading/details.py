"""Reads the details of each record of a list: the lines of orders, the items of invoices ...

Details cost one request for each parent. Parents that changed come first. The first load (the backfill) comes
last in a run, newest parent first, and goes on in the next run where it was cut. What was not read stands in
the state: changed parents by id (`pending`), the backfill by the place of the last parent that is done.

The place is a pair of `createdAt` and id, and all parents above it are done, whatever the order of ids, of
dates or of the list itself. A run that goes on reads the list in slices of `createdAt`, each to its end, and
puts each slice in order before it reads the details (`worklist.py`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from tap_seoshop.api.pages import OVERLAP, PAGE, Query, api_time
from tap_seoshop.api.quota import Use
from tap_seoshop.bookmarks.follower import Follower
from tap_seoshop.bookmarks.forms import Backfill, DetailMark, SeenMark
from tap_seoshop.bookmarks.times import read_time, written_time
from tap_seoshop.errors import NotFoundError
from tap_seoshop.reading.context import Reader
from tap_seoshop.reading.progress import Progress
from tap_seoshop.reading.worklist import TOP, Parent, Place, Slice, WorkList, next_days, next_slice, parent_of
from tap_seoshop.records.normalize import integer, link_id, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tap_seoshop.api.client import Client
    from tap_seoshop.reading.context import Reading
    from tap_seoshop.reading.followers import End
    from tap_seoshop.streams.base import DetailStream, IncrementalStream
    from tap_seoshop.streams.place import ListPlace

__all__ = ["DetailReader", "details_of"]

MOST_PENDING = 60_000
"""Most ids of changed orders that the state holds: about 1 of the 5 MB that it may have."""
LATEST = datetime.max.replace(tzinfo=UTC)
MOST_TRIES = 5
"""Runs in which an order may answer 404 before it counts as deleted."""

Lines = list[dict[str, Any]]


class _ChangedBy:
    """Follows a list of records that name a parent (as a return names an order): that parent has changed.

    Args:
        details: The reader of the details of those parents.
        reading: The run.
        stream: The stream of the details.
        source: The stream of those records.
    """

    def __init__(
        self,
        details: DetailReader,
        reading: Reading,
        stream: DetailStream,
        source: type[IncrementalStream],
    ) -> None:
        self._details = details
        self._follower = Follower(reading.state.bookmark(stream.name, SeenMark, f"{source.name}_"))
        self._named: set[int] = set()
        self.not_after = self._follower.not_after

    @property
    def since(self) -> datetime:
        """From when on changes are wanted. A list that was never read is not asked for."""
        return self._follower.since or LATEST

    def take(self, raw: Mapping[str, Any], *, whole: bool) -> None:
        """Take a record of the list; an invoice counts if it is a credit note."""
        del whole
        parent = integer(raw.get("orderId")) or link_id(raw.get("order"))
        changed = self._follower.changed(integer(raw.get("id")) or 0, moment(raw.get("updatedAt")))
        if changed and parent and not self._follower.first and raw.get("isCreditNote") is not False:
            self._named.add(parent)

    def reached(self, end: End) -> None:
        """Note that the list was read to its end."""
        self._follower.reach(end.since, end.read)
        self._details.owe(self._named)
        self._follower.commit()

    def cut(self) -> None:
        """Note that the list was read in part."""
        self._details.owe(self._named)


def details_of(client: Client, place: ListPlace, parent: int, use: Use) -> Lines:
    """All details of a parent, in the form of the API.

    Args:
        client: The shop.
        place: Where they stand.
        parent: Id of the parent.
        use: What the requests are for.

    Raises:
        NotFoundError: There is no such parent, or a gateway says so.
    """
    lines: Lines = []
    page = 1
    while True:
        query = {"limit": str(PAGE), **({"page": str(page)} if page > 1 else {})}
        found = client.get(place.path.format(id=parent), query, use=use).many(place.key)
        met = {line.get("id") for line in lines}
        fresh = [line for line in found if line.get("id") not in met]
        lines += fresh
        if len(found) < PAGE or not fresh:
            return lines
        page += 1


class DetailReader(Reader):
    """Reads the lines of changed orders, and of all orders in the first load (or details of other parents).

    Args:
        reading: The run.
        stream: The stream of the lines.
    """

    def __init__(self, reading: Reading, stream: DetailStream) -> None:
        also = {one.place: _ChangedBy(self, reading, stream, one) for one in stream.changed_by}
        super().__init__(reading, {stream.parent.place: self}, also)
        self._stream = stream
        self._parents = stream.parent.place
        self._bookmark = bookmark = reading.state.bookmark(stream.name, DetailMark)
        self._start = reading.settings.start_date
        self._backfill_since = reading.settings.backfill_since
        self._progress = Progress(reading, stream, bookmark)
        self._follower = Follower(reading.state.bookmark(stream.name, SeenMark))
        self._pending: dict[int, int] = dict(bookmark.pending)
        self._lost: list[int] = []
        self._work = WorkList()
        self._loaded = False
        self._cut = False

    def begin(self) -> None:
        """Write the schema."""
        self._stream.begin()

    @property
    def since(self) -> datetime | None:
        """From when on changed orders are wanted."""
        return self._follower.since or self._start

    def take(self, raw: Mapping[str, Any], *, whole: bool) -> None:
        """Take an order of the incremental list."""
        del whole
        order = parent_of(raw, self._stream)
        if not self._reading.settings.wants(read_time(order.updated_at)):
            return
        if self._follower.changed(order.id, order.updated_at):
            dated = order.created_at is not None
            self._work.add(order, first=self._follower.first and dated and self._in_backfill(order))
            if self._follower.first and not dated:
                self._pending[order.id] = 0  # no slice of `createdAt` is certain to hold it

    def not_after(self, at: datetime) -> None:
        """Forget a bookmark that lies after `at`."""
        self._follower.not_after(at)

    def reached(self, end: End) -> None:
        """Note that the incremental list was read to its end."""
        if self._follower.first:
            self._begin(0 if end.resumed else self._work.count())
            self._loaded = not end.resumed
        else:
            self.owe(self._work.ids())
        self._follower.reach(self._reading.settings.reach(end.since, self._follower.since), end.read)
        self._save()
        self._follower.commit()

    def cut(self) -> None:
        """Note that the incremental list was read in part: the orders that changed in it stay pending."""
        if not self._follower.first:
            self.owe(self._work.ids())
        self._save()

    def read(self) -> None:
        """Read the lines of orders that changed, newest first.

        Raises:
            QuotaSpentError: No more requests; what is left stands in the bookmark.
        """
        given = (self._work.find(number) or number for number in sorted(self._pending, reverse=True))
        fetch = partial(self._fetch, use=Use.CHANGED)
        reading = self._client.ahead(fetch, self._while_in_time(given))
        try:
            for count, (order, outcome) in enumerate(reading, 1):
                number = order if isinstance(order, int) else order.id
                if isinstance(outcome, NotFoundError):
                    self._not_found(number, gone=outcome.args[0] == f"{self._parents.path}/{number}")
                elif isinstance(outcome, Exception):
                    raise outcome
                else:
                    self._emit(*outcome)
                    self._pending.pop(number, None)
                if count % self._reading.state.every == 0:
                    self._save()
                    self._reading.write_state()
        finally:
            self._save()
        if self._pending and self._cut:
            self._log.info(
                "time is up: %s of %d changed %s come with the next run",
                self._stream.name,
                len(self._pending),
                self._parents.key,
            )
        self._reading.write_state()

    def read_backfill(self) -> None:
        """Read the lines of the first load, newest order first, from where it was cut.

        Raises:
            QuotaSpentError: No more requests; the place reached stands in the bookmark.
        """
        if self._bookmark.backfill.open:
            self._read_backfill()
        self._report()

    def _read_backfill(self) -> None:
        backfill = self._bookmark.backfill
        count = 0
        try:
            fetch = partial(self._fetch, use=Use.BACKFILL)
            for order, outcome in self._client.ahead(fetch, self._while_in_time(self._first_load())):
                if not isinstance(order, Parent):
                    continue
                if isinstance(outcome, NotFoundError):
                    self._not_found(order.id, gone=False)
                elif isinstance(outcome, Exception):
                    raise outcome
                else:
                    self._emit(*outcome)
                backfill.done += 1
                backfill.before, backfill.last_id = order.place
                count += 1
                if count % self._reading.state.every == 0:
                    self._save()
                    self._progress.tell(count)
                    self._reading.write_state()
            if not self._cut:
                self._close()
        finally:
            self._save()
            self._progress.end(count)

    def reread(self, place: ListPlace, raw: Mapping[str, Any]) -> None:
        """Write the details of a parent."""
        del place
        self._emit(*self._fetch(parent_of(raw, self._stream), Use.CHANGED))

    def _report(self) -> None:
        """Log which orders stay pending because the shop did not find them."""
        if self._lost:
            self._log.warning(
                "%d %s answer 404 and stay owed: %s",
                len(self._lost),
                self._parents.key,
                ", ".join(map(str, self._lost[:5])) + (" ..." if len(self._lost) > 5 else ""),  # noqa: PLR2004
            )

    def _fetch(self, parent: Parent | int, use: Use) -> tuple[Parent, Lines]:
        """A parent with its lines, in the form of the API; runs in a thread of the client's."""
        if isinstance(parent, int):
            path = f"{self._parents.path}/{parent}"
            raw = self._client.get(path, use=use).one(self._stream.parent_key)
            parent = parent_of(raw, self._stream)
        return parent, details_of(self._client, self._stream.place, parent.id, use)

    def _emit(self, parent: Parent, lines: Lines) -> None:
        for position, line in enumerate(lines, 1):
            own = self._stream.chosen({**parent.about, "position": position})
            self._reading.emit(self._stream, {**own, **self._stream.normalizer(line)})
        if self._stream.name == "order_products":
            for watcher in self._reading.watchers:
                watcher.lines(parent, lines)

    def _not_found(self, number: int, *, gone: bool) -> None:
        tries = self._pending.get(number, 0) + 1
        if gone and tries >= MOST_TRIES:
            self._pending.pop(number, None)
            self._log.warning(
                "%s %d was not found in %d runs: it counts as deleted", self._stream.parent_key, number, tries
            )
            return
        self._pending[number] = tries
        self._lost.append(number)

    def _first_load(self) -> Iterator[Parent]:
        """The orders of the first load: from memory if this run met all of them, else from the shop."""
        if self._loaded:
            yield from self._work.first(TOP)
        else:
            yield from self._resumed()

    def _resumed(self) -> Iterator[Parent]:
        """The rest of the first load, slice by slice."""
        backfill = self._bookmark.backfill
        self._client.quota.wait(Use.BACKFILL)  # without room for details, not even the list is worth reading
        backfill.total = backfill.total or self._count()
        below = TOP
        if backfill.last_id is not None:
            below = Place(backfill.before or "", backfill.last_id)
        while True:
            now = self._client.now()
            part = next_slice(below, backfill.days, since=self._backfill_since, now=now)
            begin = self._list(part)
            backfill.days = next_days(backfill.days, self._work.count(below, begin))
            yield from self._work.first(below, begin)
            if begin is None:
                return
            below = Place(written_time(begin), 0)

    def _list(self, part: Slice) -> datetime | None:
        """Read the list of a slice; from when on it is complete, None for all of it."""
        query = Query(created_max=part.created_max, created_min=part.created_min, large=True)
        pages = self._reading.pages(self._parents, query)
        filtered = True
        for raw in pages:
            order = parent_of(raw, self._stream)
            made, changed = read_time(order.created_at), read_time(order.updated_at)
            if made and part.created_min and made < part.created_min - OVERLAP:
                filtered = False  # the shop ignores the bounds, so this is the whole list
            if self._in_backfill(order) and self._reading.settings.wants(changed):
                self._work.add(order, first=True)
        return part.begin if filtered else None

    def _count(self) -> int:
        """How many orders the first load has, as far as the shop can count them."""
        since = self._backfill_since
        query = {"created_at_min": api_time(since)} if since else {}
        answer = self._client.get(f"{self._parents.path}/count", query)
        return integer(answer.body.get("count")) or 0

    def _while_in_time(self, orders: Iterator[Parent | int]) -> Iterator[Parent | int]:
        for order in orders:
            if not self._reading.limits.in_time():
                self._cut = True
                return
            yield order

    def _in_backfill(self, order: Parent) -> bool:
        made = read_time(order.created_at)
        return self._backfill_since is None or made is None or made >= self._backfill_since

    def owe(self, numbers: Iterable[int]) -> None:
        """Add orders to the bookmark's `pending`; too many for a state begin the first load again instead."""
        self._pending |= dict.fromkeys(numbers, 0)
        if len(self._pending) > MOST_PENDING:
            self._log.warning(
                "%d %s changed: %s of all of them are read again",
                len(self._pending),
                self._parents.key,
                self._stream.name,
            )
            self._begin(0)
            self._pending.clear()
        self._save()

    def _begin(self, total: int) -> None:
        """Open the backfill."""
        self._bookmark.backfill = Backfill(open=True, total=total)

    def _close(self) -> None:
        """The backfill is done. What was counted at its begin and is listed no more is gone from the shop."""
        backfill = self._bookmark.backfill
        if backfill.done < backfill.total:
            self._log.info(
                "%s: the first load is complete with %d %s; %d counted before are not in it any more",
                self._stream.name,
                backfill.done,
                self._parents.key,
                backfill.total - backfill.done,
            )
        backfill.open, backfill.total = False, backfill.done

    def _save(self) -> None:
        self._bookmark.pending = sorted(self._pending.items(), reverse=True)
