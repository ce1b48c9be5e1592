"""What one run does, in which order.

Requests are the scarce thing, so they are spent by the priority that each stream declares: incremental
lists, lines of changed orders, summaries of changed customers, logs, full tables that are due, other
details (the items of invoices ...), and last the first load of details. What does not fit waits in the state.
A list that several streams need is read once.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from tap_seoshop.api.quota import PLAIN_DAY, Reserved, Use
from tap_seoshop.errors import QuotaSpentError
from tap_seoshop.reading.append_only import AppendOnlyReader
from tap_seoshop.reading.carts import CartReader
from tap_seoshop.reading.changed_customers import SummaryReader
from tap_seoshop.reading.context import Limits, Reading
from tap_seoshop.reading.departed import Departed
from tap_seoshop.reading.details import DetailReader
from tap_seoshop.reading.events import EventReader
from tap_seoshop.reading.full_table import FullTableReader, LookupReader
from tap_seoshop.reading.incremental import IncrementalLists, IncrementalReader
from tap_seoshop.reading.intervals import Intervals, counted
from tap_seoshop.reading.lookups import Lookups
from tap_seoshop.reading.order_metrics import MetricsReader
from tap_seoshop.reading.repair import reread
from tap_seoshop.reading.shop import ShopReader
from tap_seoshop.streams import STREAMS
from tap_seoshop.streams.base import (
    AppendOnlyStream,
    DetailStream,
    EventStream,
    FullTableStream,
    IncrementalStream,
    LookupStream,
    SummaryStream,
)
from tap_seoshop.streams.carts import Carts
from tap_seoshop.streams.customers import Customers
from tap_seoshop.streams.shop import Shop
from tap_seoshop.streams.summaries import CustomerMetrics

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterable, Iterator

    from tap_seoshop.api.client import Client
    from tap_seoshop.bookmarks.state import State
    from tap_seoshop.reading.context import Reader
    from tap_seoshop.settings import Settings
    from tap_seoshop.streams.base import SeoshopStream

__all__ = ["Run", "reserved"]

READERS: dict[type[SeoshopStream], Any] = {
    Shop: ShopReader,
    Carts: CartReader,
    IncrementalStream: IncrementalReader,
    AppendOnlyStream: AppendOnlyReader,
    LookupStream: LookupReader,
    FullTableStream: FullTableReader,
    DetailStream: DetailReader,
    SummaryStream: SummaryReader,
    EventStream: EventReader,
    CustomerMetrics: MetricsReader,
}
"""The reader of each kind of stream. A new kind is one module with a `Reader`, and one line here."""
INCREMENTAL: tuple[type[IncrementalStream], ...] = tuple(
    stream for stream in STREAMS if issubclass(stream, IncrementalStream)
)
"""The incremental lists, in the order in which they are read."""


def reserved(streams: Iterable[SeoshopStream], state: State, settings: Settings) -> Reserved:
    """What the details of a run must leave to its lists and to the runs that follow.

    Args:
        streams: The streams that are selected.
        state: Tells what each list cost, and how many requests a day has.
        settings: The tap's settings.
    """
    chosen = list(streams)
    known = state.shop.source_quota.limit
    day = known[-1] if known else PLAIN_DAY
    details = state.shop.details
    return Reserved(
        live_cost=len({place for stream in chosen for place in stream.polled()}),
        full_cost=Intervals(chosen, state, settings, day=day).daily_cost,
        details_seconds=settings.max_run_seconds or float("inf"),
        day=day,
        changed=max(details.count, details.before),
    )


class Run:
    """One run over the streams that are selected.

    Args:
        client: The shop.
        streams: The streams to read.
        state: The tap's state.
        settings: The tap's settings.
        log: The tap's log.
    """

    def __init__(
        self,
        client: Client,
        streams: Iterable[SeoshopStream],
        state: State,
        settings: Settings,
        log: logging.Logger,
    ) -> None:
        declared = [one.name for one in STREAMS]
        # In the order of spending, whatever the order of the catalog.
        chosen = sorted(streams, key=lambda one: (one.priority, declared.index(one.name)))
        sample = any(stream.ABORT_AT_RECORD_COUNT is not None for stream in chosen)
        intervals = Intervals(chosen, state, settings, day=client.quota.day, fits=client.quota.fits)
        limits = Limits(settings.max_run_seconds, intervals, sample=sample)
        lookups = Lookups(client, state, log, interval=settings.full_table_interval, sample=sample)
        self._reading = Reading(client, state, settings, limits, lookups, log)
        self._readers = list(_readers(self._reading, chosen))
        self._names = {stream.name for stream in chosen}
        if settings.find_deleted:
            customers = (stream for stream in chosen if isinstance(stream, Customers))
            self._reading.departed.extend(Departed(self._reading, stream) for stream in customers)

    def execute(self) -> None:
        """Read everything that is due.

        Raises:
            TapError: Something ended the run. What is in the state is right in any case.
            sqlite3.DatabaseError: Temporary files cannot be written.
        """
        try:
            self._read()
        except QuotaSpentError as error:
            self._reading.log.warning(
                "stopped early: %s; what is left waits in the state for the next run", error
            )
        except sqlite3.DatabaseError as error:
            for reader in self._readers:
                reader.failed(error)
            raise
        finally:
            if self._reading.client.reached:
                self._note_details()
                self._reading.write_state()

    def _note_details(self) -> None:
        """Remember how many requests the details of changed records took."""
        client, shop = self._reading.client, self._reading.state.shop
        shop.details = counted(shop.details, client.now().date(), client.quota.spent[Use.CHANGED])

    def _read(self) -> None:
        for name in self._reading.state.begun_again:
            self._reading.log.warning(
                "%s: the first load begins again; an older version may have missed some", name
            )
        for reader in self._readers:
            reader.begin()
        if self._reading.settings.reread:
            reread(self._reading, self._readers)
            return
        lists = IncrementalLists(self._reading)
        followed = {
            stream: followers
            for stream in INCREMENTAL
            if (
                followers := [
                    one.follows[stream.place] for one in self._readers if stream.place in one.follows
                ]
            )
        }
        self._reading.state.shop.reads = sorted(self._names.union(stream.name for stream in followed))
        for stream, followers in followed.items():
            also = [reader.also[stream.place] for reader in self._readers if stream.place in reader.also]
            if lists.read(stream, [*followers, *also]):
                self._reading.write_state()
        for reader in self._readers:
            reader.read()
        for reader in self._readers:
            reader.read_backfill()


def _readers(reading: Reading, streams: Iterable[SeoshopStream]) -> Iterator[Reader]:
    """A reader for each stream, in order; streams of one list share one, which reads it once."""
    units: dict[object, list[SeoshopStream]] = {}
    for stream in streams:
        units.setdefault(_unit(stream), []).append(stream)
    if not any(isinstance(stream, Shop) for stream in streams):
        yield ShopReader(reading, None)  # each run must know its shop
    for unit in units.values():
        reader = next(READERS[kind] for kind in type(unit[0]).__mro__ if kind in READERS)
        yield reader(reading, *unit)


def _unit(stream: SeoshopStream) -> object:
    """What one reader reads: a full table for all of its streams, carts and their lines, else one stream."""
    if isinstance(stream, FullTableStream):
        return stream.place
    if isinstance(stream, Carts):
        return Carts
    return stream
