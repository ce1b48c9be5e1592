"""What one run does, in which order.

Requests are the scarce thing, so they are spent in this order: changed lists, lines of orders that moved,
summaries of customers who moved, logs, full lists that are due, and last the first load of order lines.
Other details that cost a request each (the items of invoices ...) come after what the main job needs. What
does not fit waits in the state. A list that several streams need is read once.
"""

from __future__ import annotations

import hashlib
import time
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from tap_seoshop.bookmarks.state import (
    GROWING,
    LINES,
    LIVE,
    SHOP,
    SUMMARIES,
    bookmark,
    due,
    entries,
    migrate,
    written_time,
)
from tap_seoshop.errors import MissingListError, QuotaSpentError, SettingsError
from tap_seoshop.reading.append_only import GrowingList
from tap_seoshop.reading.details import OrderLines
from tap_seoshop.reading.full_table import FullLists
from tap_seoshop.reading.incremental import ChangedLists, Emitter, ListFollower
from tap_seoshop.reading.intervals import Intervals
from tap_seoshop.reading.lookups import SmallLists
from tap_seoshop.reading.moved_customers import FOLLOWED, MovedCustomers
from tap_seoshop.reading.progress import Progress, quota_seen
from tap_seoshop.records.normalize import integer, parse_moment
from tap_seoshop.streams import STREAMS
from tap_seoshop.streams.base import DetailStream, FullStream, GrowingStream, LiveStream

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from tap_seoshop.api.client import Client
    from tap_seoshop.streams.base import SeoshopStream

__all__ = ["Run"]

STATE_EVERY = 50
"""Details between two STATE messages; more when the state is large, since each message holds all of it."""

CHANGED = tuple(stream.name for stream in STREAMS if issubclass(stream, LiveStream))
SAMPLE = 10
"""Parents at which a test of the connection looks for details."""
CORE = "order_products"
"""What waits for its requests before the summaries; the other details wait after them."""
PLACES = {stream.name: stream.place for stream in STREAMS if issubclass(stream, LiveStream | FullStream)}


class Run:
    """One run over the streams that are selected.

    Args:
        client: The shop.
        streams: The streams to read, by name.
        state: The tap's state; it is changed in place.
        settings: The tap's settings.
        account: A digest that tells whether the state may belong to another shop.
        version: Version of the records of full lists in this run; larger in each run.
        write_state: Writes a STATE message.
        log: Where the run tells what it does.
        sample: Read first pages only, for a test of the connection; the state stays as it is.
    """

    def __init__(  # noqa: PLR0913  # what a run is made of
        self,
        client: Client,
        streams: Mapping[str, SeoshopStream],
        state: dict[str, Any],
        settings: Mapping[str, Any],
        *,
        account: str,
        version: int,
        write_state: Callable[[], None],
        log: logging.Logger,
        sample: bool = False,
    ) -> None:
        self._client = client
        # In the order of spending, whatever the order of the catalog.
        self._streams = {one.name: streams[one.name] for one in STREAMS if one.name in streams}
        self._state = deepcopy(state) if sample else state
        self._settings = settings
        self._account = account
        self._version = version
        self._emit_state = write_state
        self._log = log
        self._sample = sample
        self._began = time.monotonic()
        self._looked = 0
        self._start = _time(settings, "start_date")
        self._backfill_since = _time(settings, "backfill_since")
        self._shop_was_read = False
        interval = settings["full_table_interval"]
        self._small = SmallLists(client, self._state, log, interval=interval, sample=sample)

    def execute(self) -> None:
        """Read everything that is due.

        Raises:
            TapError: Something ended the run. What is in the state is right in any case.
        """
        try:
            self._read()
        except QuotaSpentError as error:
            self._log.warning("stopped early: %s; what is owed waits in the state for the next run", error)
        finally:
            if self._client.reached:
                self._write_state()

    def _read(self) -> None:
        for name in migrate(self._state):
            self._log.warning("%s: the first load begins again; an older version may have missed some", name)
        self._prepare_quota()
        intervals = Intervals(self._streams, self._state, self._settings, self._client.quota)
        shop_id = self._shop()
        details = self._details(shop_id)
        summaries = self._summaries(shop_id, intervals)
        self._changed(shop_id, details, summaries)
        if lines := details.get(CORE):
            lines.read_moved()
            self._write_state()
        if summaries:
            summaries.read()
            self._write_state()
        self._growing(shop_id)
        self._full(shop_id, intervals)
        for name, detail in details.items():
            if name != CORE:
                detail.read_moved()
                self._write_state()
        for detail in details.values():
            detail.read_backfill()
            detail.report()

    def _prepare_quota(self) -> None:
        """Tell the quota what is to be kept for the runs that follow."""
        quota = self._client.quota
        known = bookmark(self._state, "shop", SHOP)["source_quota"]["limit"]
        if known:
            quota.day_before = known[-1]
        logs = sum(isinstance(stream, GrowingStream) for stream in self._streams.values())
        quota.live_cost = sum(map(self._is_read, CHANGED)) + logs
        if limit := self._settings["max_run_seconds"]:
            quota.details_end = self._began + limit

    def _is_read(self, name: str) -> bool:
        """Whether somebody follows a changed list."""
        details = (one.parent.place for one in self._streams.values() if isinstance(one, DetailStream))
        summaries = FOLLOWED if "customer_summaries" in self._streams else ()
        return name in self._streams or name in summaries or PLACES[name] in details

    def _shop(self) -> int:
        """Know the shop: from the state, or where that may be another's, from the API."""
        mark = bookmark(self._state, "shop", SHOP)
        if mark["shop_id"] is None or mark["account"] != self._digest(mark["shop_id"]):
            self._read_shop(mark)
            self._write_state()
        return int(mark["shop_id"])

    def _digest(self, shop_id: object) -> str:
        """What the state keeps to notice that address, key or shop are not those of the run before."""
        return hashlib.sha256(f"{self._account} {shop_id}".encode()).hexdigest()[:8]

    def _read_shop(self, mark: dict[str, Any]) -> None:
        raw = self._client.get("shop").one("shop")
        number = integer(raw.get("id"))
        if number is None:
            raise SettingsError("the shop does not tell its id; is `api_url` right?")
        if mark["shop_id"] not in (None, number):
            raise SettingsError(
                f"the state is of shop {mark['shop_id']}, the key of shop {number}: "
                "use the state that belongs to this shop, or none"
            )
        mark["shop_id"], mark["account"] = number, self._digest(number)
        self._shop_was_read = True
        if stream := self._streams.get("shop"):
            stream.begin()
            stream.emit({**stream.normalizer(raw), "id": number}, number)
            mark["read_at"] = written_time(self._client.now())

    def _details(self, shop_id: int) -> dict[str, OrderLines]:
        """The work lists of all that costs a request for each parent, in the order of spending."""
        found = {}
        for stream in self._streams.values():
            if isinstance(stream, DetailStream):
                stream.begin()
                mark = bookmark(self._state, stream.name, LINES)
                found[stream.name] = OrderLines(
                    self._client,
                    stream,
                    mark,
                    self._log,
                    shop_id=shop_id,
                    start=self._start,
                    backfill_since=self._backfill_since,
                    in_time=self._in_time,
                    write_state=self._write_state,
                    state_every=self._state_every,
                    progress=Progress(
                        self._client,
                        mark,
                        f"{stream.name} of %d of %d {stream.parent.place.key} read",
                        self._log,
                        run_interval=self._settings["run_interval"],
                        shop=bookmark(self._state, "shop", SHOP) if stream.name == CORE else None,
                    ),
                )
        return found

    def _summaries(self, shop_id: int, intervals: Intervals) -> MovedCustomers | None:
        stream = self._streams.get("customer_summaries")
        if stream is None:
            return None
        stream.begin()
        return MovedCustomers(
            self._client,
            stream,
            bookmark(self._state, stream.name, SUMMARIES),
            PLACES,
            self._log,
            shop_id=shop_id,
            interval=self._settings["summary_interval"],
            pass_due=lambda: intervals.due(stream.name, self._client.now()),
            in_time=self._in_time,
            write_state=self._write_state,
            state_every=self._state_every,
            sample=self._sample,
        )

    def _changed(
        self, shop_id: int, details: Mapping[str, OrderLines], summaries: MovedCustomers | None
    ) -> None:
        lists = ChangedLists(
            self._client,
            self._log,
            look_back=self._settings["look_back"],
            full_interval=self._settings["full_table_interval"],
            sample=self._sample,
        )
        for name in CHANGED:
            mark = bookmark(self._state, name, LIVE)
            followers: list[ListFollower] = []
            if stream := self._streams.get(name):
                emitter = Emitter(stream, mark, self._small, PLACES, shop_id=shop_id, start=self._start)
                followers.append(emitter)
            followers += [detail for detail in details.values() if detail.parents == PLACES[name]]
            if summaries and name in FOLLOWED:
                followers.append(summaries.followers[name])
            if followers and self._known(mark):
                try:
                    lists.read(name, PLACES[name], mark, followers)
                    mark["missing_at"] = None
                except MissingListError as error:
                    if stream is None or not stream.optional:
                        raise
                    self._log.warning("%s is left out: %s", name, error)
                    mark["missing_at"] = written_time(self._client.now())
                self._write_state()

    def _known(self, mark: Mapping[str, Any]) -> bool:
        """Whether the shop knows a list, or is to be asked again."""
        missing, interval = mark["missing_at"], self._settings["full_table_interval"]
        return missing is None or due(missing, interval, self._client.now())

    def _growing(self, shop_id: int) -> None:
        for stream in self._streams.values():
            if isinstance(stream, GrowingStream):
                log = GrowingList(
                    self._client,
                    stream,
                    bookmark(self._state, stream.name, GROWING),
                    self._log,
                    shop_id=shop_id,
                    start=self._start,
                    look_back=self._settings["look_back"],
                    full_interval=self._settings["full_table_interval"],
                    sample=self._sample,
                )
                try:
                    log.read()
                except MissingListError as error:
                    self._log.warning("%s is left out: %s", stream.name, error)
                self._write_state()

    def _full(self, shop_id: int, intervals: Intervals) -> None:
        mark = bookmark(self._state, "shop", SHOP)
        interval = self._settings["full_table_interval"]
        wanted = "shop" in self._streams and not self._shop_was_read
        if wanted and due(mark["read_at"], interval, self._client.now()):
            self._read_shop(mark)
        lists = FullLists(
            self._client,
            self._streams,
            PLACES,
            self._small,
            state=self._state,
            intervals=intervals,
            shop_id=shop_id,
            version=self._version,
            write_state=self._write_state,
            log=self._log,
            sample=self._sample,
        )
        lists.read()

    def _in_time(self) -> bool:
        if self._sample:
            self._looked += 1
            return self._looked <= SAMPLE
        limit = self._settings["max_run_seconds"]
        return not limit or time.monotonic() - self._began < limit

    def _state_every(self) -> int:
        return max(STATE_EVERY, entries(self._state) // STATE_EVERY)

    def _write_state(self) -> None:
        seen = quota_seen(self._client)
        if seen:
            bookmark(self._state, "shop", SHOP)["source_quota"] = seen
        self._emit_state()


def _time(settings: Mapping[str, Any], name: str) -> datetime | None:
    given = settings.get(name)
    found = parse_moment(given) if given else None
    if given and found is None:
        raise SettingsError(f"the setting `{name}` must be a time, such as 2026-01-31T00:00:00Z")
    return found
