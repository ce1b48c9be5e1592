"""How lists without a filter are read: whole, and only when they are due.

After the last record of a list that was read to its end an ACTIVATE_VERSION message follows: from it alone
may a target conclude that the rest is gone. A list that is not due, or was cut, touches nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_seoshop.group_sets import GroupSets
from tap_seoshop.pagination import Walk
from tap_seoshop.state import FULL, bookmark, due, written_time
from tap_seoshop.stream import FullStream

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from tap_seoshop.client import Client
    from tap_seoshop.pagination import ListPlace
    from tap_seoshop.stream import SeoshopStream
    from tap_seoshop.titles import SmallLists

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
        settings: The tap's settings.
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
        settings: Mapping[str, Any],
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
        self._settings = settings
        self._shop_id = shop_id
        self._version = version
        self._write_state = write_state
        self._log = log
        self._sample = sample

    def read_small(self, name: str) -> None:
        """Write a small list when it is due, and also when it was read for its titles anyway."""
        stream = self._streams.get(name)
        if stream is None or not (self._small.was_read(name) or self._due(stream)):
            return
        found = self._small.read(name, self._places[name])
        stream.begin(self._version)
        for raw in found.records:
            stream.emit(stream.normalizer(raw), self._shop_id)
        self._finish(stream, complete=found.complete, at=found.at)

    def read_memberships(self) -> None:
        """Write who is in which group, when it is due: one list for both streams of it."""
        chosen = (self._streams.get(name) for name in (MEMBERSHIPS, SETS))
        wanted = {stream.name: stream for stream in chosen if stream and self._due(stream)}
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
            self._finish(pairs, complete=walk.complete, at=at)
        if SETS in wanted:
            self._write_sets(wanted[SETS], sets, complete=walk.complete, at=at)

    def _write_sets(self, stream: SeoshopStream, sets: GroupSets, *, complete: bool, at: datetime) -> None:
        # The groups are read after the memberships, so that none of them lacks its title.
        groups = self._small.read(GROUPS, self._places[GROUPS])
        for record in sets.records({raw.get("id"): raw.get("title") for raw in groups.records}):
            stream.emit(stream.chosen(record), self._shop_id)
        self._finish(stream, complete=complete and groups.complete, at=at)

    def _finish(self, stream: SeoshopStream, *, complete: bool, at: datetime) -> None:
        if complete:
            stream.completed()
            bookmark(self._state, stream.name, FULL)["read_at"] = written_time(at)
            self._write_state()

    def _due(self, stream: SeoshopStream) -> bool:
        mark = bookmark(self._state, stream.name, FULL)
        setting = stream.interval_setting if isinstance(stream, FullStream) else "full_table_interval"
        return due(mark["read_at"], self._settings[setting], self._client.now())
