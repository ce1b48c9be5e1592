"""What the readers of a run share: the parts of the run, and their base class."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol, cast

from tap_seoshop.api.pages import PagedList
from tap_seoshop.bookmarks.forms import SourceQuota
from tap_seoshop.bookmarks.times import written_time

if TYPE_CHECKING:
    import logging
    import sqlite3
    from collections.abc import Iterable, Mapping

    from tap_seoshop.api.client import Client
    from tap_seoshop.api.pages import Query
    from tap_seoshop.bookmarks.state import State
    from tap_seoshop.reading.followers import ListFollower
    from tap_seoshop.reading.intervals import Intervals
    from tap_seoshop.reading.lookups import Lookups
    from tap_seoshop.reading.worklist import Parent
    from tap_seoshop.settings import Settings
    from tap_seoshop.streams.base import SeoshopStream
    from tap_seoshop.streams.place import ListPlace

__all__ = ["WATCHED", "Limits", "Reader", "Reading", "Watcher", "WholeListWatcher"]

WATCHED = frozenset({"categories", "category_products"})
"""Full tables that watchers are told of, where they are read anyway."""
SAMPLE = 10
"""Parents at which a test of the connection looks for details."""


class Limits:
    """How long a run may go on with what can wait, and which lists are due in it.

    Args:
        seconds: After how many seconds it is over; 0 for no limit.
        intervals: Says when a list that is read whole is due.
        sample: Read first pages only, for a test of the connection.
    """

    def __init__(self, seconds: float, intervals: Intervals, *, sample: bool) -> None:
        self.sample = sample
        self.due = intervals.due
        self._ends_at = time.monotonic() + seconds if seconds else float("inf")
        self._looked = 0

    def in_time(self) -> bool:
        """Whether there is time left; to be asked once for each detail."""
        if self.sample:
            self._looked += 1
            return self._looked <= SAMPLE
        return time.monotonic() < self._ends_at


class Watcher(Protocol):
    """Is told what other readers have read, and knows more than the shop says of it."""

    def adds(self, name: str, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Properties of a record that are not what it says of itself.

        Args:
            name: The incremental list it is of.
            raw: The record, in the form of the API.
        """

    def lines(self, parent: Parent, lines: Iterable[Mapping[str, Any]]) -> None:
        """Take the lines of an order, in the form of the API."""

    def table(self, name: str, records: Iterable[Mapping[str, Any]]) -> None:
        """Take a full table of `WATCHED` that was read to its end, in the form of the API."""


class WholeListWatcher(Protocol):
    """Is told which records a list has, and which are to be looked for."""

    def compare(self, present: set[int]) -> None:
        """The list was read whole."""

    def confirm(self, number: int) -> bool:
        """Tell that a record is gone, if the shop says so."""


@dataclass(frozen=True)
class Reading:
    """The parts of one run that its readers share.

    Attributes:
        client: The shop.
        state: All bookmarks.
        settings: The tap's settings.
        limits: What a run may still read.
        lookups: Short lists that are read at most once in a run.
        log: The tap's log.
        watchers: They are told of lines of orders that were read.
        departed: They are told when the list of customers was read whole.
        writers: The readers that write the records of incremental lists.
    """

    client: Client
    state: State
    settings: Settings
    limits: Limits
    lookups: Lookups
    log: logging.Logger
    watchers: list[Watcher] = field(default_factory=list, init=False)
    departed: list[WholeListWatcher] = field(default_factory=list, init=False)
    writers: dict[ListPlace, Reader] = field(default_factory=dict, init=False)

    @property
    def shop_id(self) -> int:
        """Id of the shop."""
        return cast("int", self.state.shop.shop_id)  # the first reader of a run made sure of it

    def pages(self, place: ListPlace, query: Query) -> PagedList:
        """The records of a list."""
        return PagedList(self.client, place, self.log, query, sample=self.limits.sample)

    def write_state(self) -> None:
        """Write a STATE message."""
        self.state.write(_quota_seen(self.client))

    def emit(self, stream: SeoshopStream, record: dict[str, Any]) -> None:
        """Write a record of this shop."""
        stream.emit(record, self.shop_id)


class Reader:
    """Reads one stream, or all streams of one full table.

    Args:
        reading: The run.
        follows: The incremental lists that it has read, each with what takes the records.
        also: Lists that it follows only when another reader has them read.
    """

    def __init__(
        self,
        reading: Reading,
        follows: Mapping[ListPlace, ListFollower] | None = None,
        also: Mapping[ListPlace, ListFollower] | None = None,
    ) -> None:
        self.follows = follows or {}
        self.also = also or {}
        self._reading = reading
        self._client = reading.client
        self._log = reading.log

    def begin(self) -> None:
        """Write schemas that need no answer; called when the shop is known."""

    def read(self) -> None:
        """Read what is due; called when it is the stream's turn."""

    def read_backfill(self) -> None:
        """Go on with a first load; called when all else is read."""

    def reread(self, place: ListPlace, raw: Mapping[str, Any]) -> None:
        """Write what is made of one record of a list, whatever the bookmarks say.

        Args:
            place: The list, one of those that it follows.
            raw: The record, in the form of the API.
        """

    def failed(self, error: sqlite3.DatabaseError) -> None:
        """Say what ended the run, if it was a database file of the reader's.

        Raises:
            TapError: It was.
        """


def _quota_seen(client: Client) -> SourceQuota | None:
    """The three rate windows for the state; None before the first answer."""
    windows = client.quota.seen()
    if not windows:
        return None
    now = client.now()
    return SourceQuota(
        limit=[limit for limit, _, _ in windows],
        remaining=[remaining for _, remaining, _ in windows],
        resets_at=[written_time(now + timedelta(seconds=seconds)) for _, _, seconds in windows],
    )
