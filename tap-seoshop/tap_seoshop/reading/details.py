"""Which orders' lines are wanted, in which order, and what the state remembers of it.

Lines cost one request for each order. Orders that moved come first; the first load (the backfill) comes
last in a run, newest order first, and goes on in the next run where it was cut. What was not read stands in
the state: moved orders by their ids (`pending`), the backfill by the last order done.

All that hangs on one record of a list is read so: the items of invoices, the free fields of customers ...
(every `DetailStream`); the list's records are the parents.
"""

from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_seoshop.api.walk import OVERLAP, PAGE, Walk
from tap_seoshop.bookmarks.state import Follower, read_time
from tap_seoshop.errors import NotFoundError
from tap_seoshop.records.normalize import integer, link_id, moment, text
from tap_seoshop.scratch import scratch

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from tap_seoshop.api.client import Client
    from tap_seoshop.reading.incremental import End
    from tap_seoshop.reading.progress import Progress
    from tap_seoshop.streams.base import DetailStream
    from tap_seoshop.streams.place import ListPlace

__all__ = ["OrderLines", "Parent", "parent_of"]

TABLE = "CREATE TABLE work (id INTEGER PRIMARY KEY, made TEXT, parent TEXT, first INTEGER)"
MOST_PENDING = 60_000
"""Most ids of moved orders that the state holds: they take about 1 of the 5 MB that it may have."""
LOOK_AHEAD = 2 * PAGE
"""Orders of a resumed backfill that are known before the first of them is read."""
MOST_TRIES = 5
"""Runs in which an order may answer 404 before it counts as deleted."""

Lines = list[dict[str, Any]]


class Parent(NamedTuple):
    """What a line needs to know of its parent.

    Attributes:
        id: Its id.
        created_at: When it was made, as UTC text.
        updated_at: When it last changed, as UTC text.
        about: Properties that each of its lines bears.
    """

    id: int
    created_at: str | None
    updated_at: str | None
    about: dict[str, Any]


def parent_of(raw: Mapping[str, Any], stream: DetailStream) -> Parent:
    """The part of a parent, in the form of the API, that the lines of `stream` need."""
    number, made, changed = (
        integer(raw.get("id")) or 0,
        moment(raw.get("createdAt")),
        moment(raw.get("updatedAt")),
    )
    key = stream.parent_key
    about = {
        "customerId": link_id(raw.get("customer")),
        "orderId": link_id(raw.get("order")),
        f"{key}Id": number,
        f"{key}Number": text(raw.get("number")),
        f"{key}CreatedAt": made,
        f"{key}UpdatedAt": changed,
        **{name: text(raw.get(name)) for name in ("email", "firstname", "lastname")},
    }
    return Parent(number, made, changed, stream.chosen(about))


class OrderLines:
    """The work list of orders (or other parents), and the reading of their lines.

    Args:
        client: The shop.
        stream: Where lines are written.
        mark: The stream's bookmark, in the form `LINES`.
        log: Where the progress is told.
        shop_id: Id of the shop.
        start: The lines of orders that changed before are not wanted; None for all.
        backfill_since: The first load leaves out orders that were made before; None for all.
        in_time: Whether there is time left in this run.
        write_state: Writes a STATE message.
        state_every: After how many orders.
        progress: Says how far the first load is.
    """

    def __init__(  # noqa: PLR0913  # the parts of the run that it works with
        self,
        client: Client,
        stream: DetailStream,
        mark: dict[str, Any],
        log: logging.Logger,
        *,
        shop_id: int,
        start: datetime | None,
        backfill_since: datetime | None,
        in_time: Callable[[], bool],
        write_state: Callable[[], None],
        state_every: Callable[[], int],
        progress: Progress,
    ) -> None:
        self._client = client
        self._stream = stream
        self._parents = self.parents
        self._mark = mark
        self._log = log
        self._shop_id = shop_id
        self._start = start
        self._backfill_since = backfill_since
        self._in_time = in_time
        self._write_state = write_state
        self._state_every = state_every
        self._progress = progress
        self._follower = Follower(mark)
        self._pending: dict[int, int] = dict(mark["pending"])
        self._lost: list[int] = []
        self._known = scratch(TABLE)
        self._loaded = False
        self._coming: dict[int, str] = {}
        self._cut = False

    @property
    def parents(self) -> ListPlace:
        """The list on whose records these hang."""
        return self._stream.parent.place

    @property
    def since(self) -> datetime | None:
        """From when on changed orders are wanted."""
        return self._follower.since or self._start

    def take(self, raw: Mapping[str, Any], *, whole: bool) -> None:
        """An order of the changed list."""
        del whole
        order = parent_of(raw, self._stream)
        if self._start and order.updated_at and (read_time(order.updated_at) or self._start) < self._start:
            return
        if self._follower.moved(order.id, order.updated_at):
            first = self._follower.first and self._in_backfill(order)
            row = (order.id, order.created_at or "", json.dumps(order), first)
            self._known.execute("INSERT OR REPLACE INTO work VALUES (?, ?, ?, ?)", row)

    def not_after(self, at: datetime) -> None:
        """Forget a bookmark that lies after `at`."""
        self._follower.not_after(at)

    def reached(self, end: End) -> None:
        """The changed list was read to its end."""
        if self._follower.first:
            (total,) = self._known.execute("SELECT count(*) FROM work WHERE first").fetchone()
            self._begin(0 if end.resumed else total)
            self._loaded = not end.resumed
        else:
            self._owe()
        self._follower.reach(end.since, end.read)
        self._save()
        self._follower.commit()

    def cut(self) -> None:
        """The changed list was read in part: the orders that moved in it are owed."""
        if not self._follower.first:
            self._owe()
            self._save()

    def read_moved(self) -> None:
        """Read the lines of orders that moved, newest first.

        Raises:
            QuotaSpentError: No more requests; what is owed stands in the bookmark.
        """
        given = (self._look_up(number) for number in sorted(self._pending, reverse=True))
        reading = self._client.ahead(self._fetch, self._while_in_time(given))
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
                if count % self._state_every() == 0:
                    self._save()
                    self._write_state()
        finally:
            self._save()
        if self._pending and self._cut:
            self._log.info(
                "time is up: %s of %d moved %s come with the next run",
                self._stream.name,
                len(self._pending),
                self._parents.key,
            )

    def read_backfill(self) -> None:
        """Read the lines of the first load, newest order first, from where it was cut.

        Raises:
            QuotaSpentError: No more requests; the place reached stands in the bookmark.
        """
        backfill = self._mark["backfill"]
        if not backfill["open"]:
            return
        source = self._all_known() if self._loaded else self._resumed()
        count = 0
        try:
            for order, outcome in self._client.ahead(self._fetch, self._while_in_time(source)):
                if not isinstance(order, Parent):
                    continue
                if isinstance(outcome, NotFoundError):
                    self._not_found(order.id, gone=False)
                elif isinstance(outcome, Exception):
                    raise outcome
                else:
                    self._emit(*outcome)
                backfill["done"] += 1
                backfill["last_id"] = order.id
                self._coming.pop(order.id, None)
                count += 1
                if count % self._state_every() == 0:
                    self._save()
                    self._progress.tell(count)
                    self._write_state()
            backfill["open"] = self._cut
        finally:
            self._save()
            self._progress.end(count)

    def report(self) -> None:
        """Say which orders stay owed because the shop did not find them."""
        if self._lost:
            self._log.warning(
                "%d %s answer 404 and stay owed: %s",
                len(self._lost),
                self._parents.key,
                ", ".join(map(str, self._lost[:5])) + (" ..." if len(self._lost) > 5 else ""),  # noqa: PLR2004
            )

    def _fetch(self, parent: Parent | int) -> tuple[Parent, Lines]:
        """A parent with its lines, in the form of the API; runs in a thread of the client's."""
        if isinstance(parent, int):
            path = f"{self._parents.path}/{parent}"
            raw = self._client.get(path, detail=True).one(self._stream.parent_key)
            parent = parent_of(raw, self._stream)
        place = self._stream.place
        lines: Lines = []
        page = 1
        while True:
            query = {"limit": str(PAGE), **({"page": str(page)} if page > 1 else {})}
            path = place.path.format(id=parent.id)
            found = self._client.get(path, query, detail=True).many(place.key)
            met = {line.get("id") for line in lines}
            fresh = [line for line in found if line.get("id") not in met]
            lines += fresh
            if len(found) < PAGE or not fresh:
                return parent, lines
            page += 1

    def _emit(self, parent: Parent, lines: Lines) -> None:
        for position, line in enumerate(lines, 1):
            own = self._stream.chosen({**parent.about, "position": position})
            self._stream.emit({**own, **self._stream.normalizer(line)}, self._shop_id)

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

    def _look_up(self, number: int) -> Parent | int:
        row = self._known.execute("SELECT parent FROM work WHERE id = ?", (number,)).fetchone()
        return Parent(*json.loads(row[0])) if row else number

    def _all_known(self) -> Iterator[Parent | int]:
        for (row,) in self._known.execute("SELECT parent FROM work WHERE first ORDER BY id DESC"):
            yield Parent(*json.loads(row))

    def _resumed(self) -> Iterator[Parent | int]:
        backfill = self._mark["backfill"]
        before, last = read_time(backfill["before"]), backfill["last_id"]
        until = before + OVERLAP if before else None
        begin = self._backfill_since - OVERLAP if self._backfill_since else None
        walk = Walk(self._client, self._parents, self._log, created_max=until, created_min=begin, large=True)
        queue: deque[Parent] = deque()
        for raw in walk:
            backfill["total"] = backfill["total"] or walk.total or 0
            order = parent_of(raw, self._stream)
            changed = read_time(order.updated_at)
            wanted = self._in_backfill(order) and not (self._start and changed and changed < self._start)
            if wanted and (last is None or order.id < last):
                queue.append(order)
                self._coming[order.id] = order.created_at or ""
                if len(queue) > LOOK_AHEAD:
                    yield queue.popleft()
        yield from queue

    def _while_in_time(self, orders: Iterator[Parent | int]) -> Iterator[Parent | int]:
        for order in orders:
            if not self._in_time():
                self._cut = True
                return
            yield order

    def _in_backfill(self, order: Parent) -> bool:
        made = read_time(order.created_at)
        return self._backfill_since is None or made is None or made >= self._backfill_since

    def _owe(self) -> None:
        """Name the orders that moved as owed; where they would fill the state, all orders instead."""
        self._pending |= {number: 0 for (number,) in self._known.execute("SELECT id FROM work")}
        if len(self._pending) > MOST_PENDING:
            self._log.warning(
                "%d %s moved: %s of all of them are read again",
                len(self._pending),
                self._parents.key,
                self._stream.name,
            )
            self._begin(0)
            self._pending.clear()

    def _begin(self, total: int) -> None:
        """Open the backfill."""
        fresh = {"open": True, "before": None, "last_id": None, "done": 0, "total": total}
        self._mark["backfill"] = fresh

    def _latest_to_come(self) -> str | None:
        """The latest `createdAt` among orders of the first load that are not done, as far as they are known.

        Ids and creation go together, but for orders entered later under an older date.
        """
        if self._loaded:
            query = "SELECT max(made) FROM work WHERE first AND id < ?"
            (latest,) = self._known.execute(query, (self._mark["backfill"]["last_id"],)).fetchone()
        else:
            latest = max(self._coming.values(), default=None)
        return latest or None

    def _save(self) -> None:
        backfill = self._mark["backfill"]
        if backfill["open"] and (latest := self._latest_to_come()):
            backfill["before"] = latest
        self._mark["pending"] = [
            [number, tries] for number, tries in sorted(self._pending.items(), reverse=True)
        ]
