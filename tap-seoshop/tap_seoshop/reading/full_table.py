"""How lists without a filter are read: whole, and only when they are due.

After the last record of a list that was read to its end an ACTIVATE_VERSION message follows: from it alone
may a target conclude that the rest is gone. A list that is not due, or was cut, touches nothing.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from tap_seoshop.api.walk import Walk
from tap_seoshop.bookmarks.state import FULL, bookmark, written_time
from tap_seoshop.errors import MissingListError
from tap_seoshop.reading.lookups import TITLED
from tap_seoshop.streams.base import FullStream
from tap_seoshop.summaries.group_sets import GroupSets

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from tap_seoshop.api.client import Client
    from tap_seoshop.reading.intervals import Intervals
    from tap_seoshop.reading.lookups import SmallLists
    from tap_seoshop.streams.base import SeoshopStream
    from tap_seoshop.streams.place import ListPlace

__all__ = ["FullLists"]

MEMBERSHIPS = "customer_group_memberships"
SETS = "customer_group_sets"
GROUPS = "customer_groups"


class FullLists:
    """Reads full lists.

    Args:
        client: The shop.
        streams: The streams that are selected, by name.
        places: Where lists are read, by stream.
        small: Lists that others may have read in this run already.
        state: The tap's state.
        intervals: Says which list is due.
        shop_id: Id of the shop.
        version: Version of the records in this run.
        write_state: Writes a STATE message.
        log: Where oddities are told.
        sample: Read first pages only.
    """

    def __init__(  # noqa: PLR0913  # the parts of the run that it works with
        self,
        client: Client,
        streams: Mapping[str, SeoshopStream],
        places: Mapping[str, ListPlace],
        small: SmallLists,
        *,
        state: dict[str, Any],
        intervals: Intervals,
        shop_id: int,
        version: int,
        write_state: Callable[[], None],
        log: logging.Logger,
        sample: bool,
    ) -> None:
        self._client = client
        self._streams = streams
        self._places = places
        self._small = small
        self._state = state
        self._intervals = intervals
        self._shop_id = shop_id
        self._version = version
        self._write_state = write_state
        self._log = log
        self._sample = sample

    def read(self) -> None:
        """Write every full list that is selected and due."""
        self._read_memberships()
        for name, stream in self._streams.items():
            if isinstance(stream, FullStream) and name not in (MEMBERSHIPS, SETS):
                try:
                    self._read_small(stream) if name in TITLED else self._read_list(stream)
                except MissingListError as error:
                    self._log.warning("%s is left out: %s", name, error)
                    # Asked for again when it is due.
                    now = written_time(self._client.now())
                    bookmark(self._state, name, FULL)["read_at"] = now

    def _read_small(self, stream: FullStream) -> None:
        """Write a small list when it is due, and also when it was read for its titles anyway."""
        name = stream.name
        if not (self._small.was_read(name) or self._due(stream)):
            return
        found = self._small.read(name, self._places[name])
        stream.begin(self._version)
        for raw in found.records:
            stream.emit(stream.normalizer(raw), self._shop_id)
        self._finish(stream, complete=found.complete, at=found.at, cost=found.cost)

    def _read_list(self, stream: FullStream) -> None:
        """Write a list of any length when it is due."""
        if not self._due(stream):
            return
        walk = Walk(self._client, stream.place, self._log, sample=self._sample)
        records = iter(walk)
        first = next(records, None)  # asked for before the schema leaves: the shop may not know the list
        stream.begin(self._version)
        for raw in [] if first is None else chain([first], records):
            stream.emit(stream.normalizer(raw), self._shop_id)
        at = walk.started or self._client.now()
        self._finish(stream, complete=walk.complete, at=at, cost=walk.asked)

    def _read_memberships(self) -> None:
        """Write who is in which group, when it is due: one list for both streams of it."""
        chosen = (self._streams.get(name) for name in (MEMBERSHIPS, SETS))
        full = (stream for stream in chosen if isinstance(stream, FullStream))
        wanted = {stream.name: stream for stream in full if self._due(stream)}
        if not wanted:
            return
        for stream in wanted.values():
            stream.begin(self._version)
        pairs, sets = wanted.get(MEMBERSHIPS), GroupSets()
        walk = Walk(self._client, self._places[MEMBERSHIPS], self._log, large=True, sample=self._sample)
        for raw in walk:
            sets.add(raw)
            if pairs:
                pairs.emit(pairs.normalizer(raw), self._shop_id)
        at = walk.started or self._client.now()
        if pairs:
            self._finish(pairs, complete=walk.complete, at=at, cost=walk.asked)
        if SETS in wanted:
            self._write_sets(wanted[SETS], sets, complete=walk.complete, at=at, cost=walk.asked)

    def _write_sets(
        self, stream: FullStream, sets: GroupSets, *, complete: bool, at: datetime, cost: int
    ) -> None:
        # The groups are read after the memberships, so that none of them lacks its title.
        groups = self._small.read(GROUPS, self._places[GROUPS])
        for record in sets.records({raw.get("id"): raw.get("title") for raw in groups.records}):
            stream.emit(stream.chosen(record), self._shop_id)
        self._finish(stream, complete=complete and groups.complete, at=at, cost=cost)

    def _finish(self, stream: FullStream, *, complete: bool, at: datetime, cost: int) -> None:
        if complete:
            stream.completed()
            bookmark(self._state, stream.name, FULL).update(read_at=written_time(at), requests=cost)
            self._write_state()

    def _due(self, stream: FullStream) -> bool:
        return self._intervals.due(stream.name, self._client.now())
