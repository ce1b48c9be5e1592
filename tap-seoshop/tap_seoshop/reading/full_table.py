"""How full tables (lists without a filter) are read: whole, and only when they are due.

After the last record of a list that was read to its end an ACTIVATE_VERSION message follows: from it alone
may a target conclude that the rest is gone. A list that is not due, or was cut, touches nothing.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from tap_seoshop.api.pages import Query
from tap_seoshop.bookmarks.forms import FullTableMark
from tap_seoshop.bookmarks.times import written_time
from tap_seoshop.errors import MissingListError
from tap_seoshop.reading.context import WATCHED, Reader
from tap_seoshop.streams.base import CollectedStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from tap_seoshop.api.pages import PagedList
    from tap_seoshop.reading.context import Reading
    from tap_seoshop.streams.base import FullTableStream, LookupStream

__all__ = ["FullTableReader", "LookupReader"]


class FullTableReader(Reader):
    """Reads one full table, for all streams that are made of it.

    Args:
        reading: The run.
        streams: The streams.
    """

    def __init__(self, reading: Reading, *streams: FullTableStream) -> None:
        super().__init__(reading)
        self._streams = streams

    def read(self) -> None:
        """Write the streams that are due."""
        now = self._reading.client.now()
        wanted = [stream for stream in self._streams if self._reading.limits.due(stream.name, now)]
        if not wanted:
            return
        try:
            self._read(wanted)
        except MissingListError as error:
            for stream in wanted:
                _leave_out(self._reading, stream, error)

    def _read(self, wanted: list[FullTableStream]) -> None:
        reading = self._reading
        plain = [stream for stream in wanted if not isinstance(stream, CollectedStream)]
        made = [(stream, stream.collector()) for stream in wanted if isinstance(stream, CollectedStream)]
        pages = reading.pages(wanted[0].place, Query(large=wanted[0].large))
        records = iter(pages)
        first = next(records, None)  # asked for before a schema leaves: the shop may not know the list
        for stream in wanted:
            stream.begin()
        for raw in _watched(reading, wanted[0].name, pages, [] if first is None else chain([first], records)):
            for stream in plain:
                reading.emit(stream, stream.normalizer(raw))
            for _, collector in made:
                collector.add(raw)
        at = pages.started or reading.client.now()
        for stream in plain:
            if pages.complete:
                _finish(reading, stream, at=at, cost=pages.asked)
        for stream, collector in made:
            # The titles are read after the list itself, so that none is missing.
            titles = reading.lookups.read(stream.titles_from)
            for record in collector.records({raw.get("id"): raw.get("title") for raw in titles.records}):
                reading.emit(stream, stream.chosen(record))
            if pages.complete and titles.complete:
                _finish(reading, stream, at=at, cost=pages.asked)


class LookupReader(Reader):
    """Writes a lookup when it is due, and also when it was read for its titles anyway.

    Args:
        reading: The run.
        stream: Where to.
    """

    def __init__(self, reading: Reading, stream: LookupStream) -> None:
        super().__init__(reading)
        self._stream = stream

    def read(self) -> None:
        """Write the list."""
        reading, stream = self._reading, self._stream
        kind = type(stream)
        if not (reading.lookups.was_read(kind) or reading.limits.due(stream.name, reading.client.now())):
            return
        try:
            found = reading.lookups.read(kind)
        except MissingListError as error:
            _leave_out(reading, stream, error)
            return
        stream.begin()
        for raw in found.records:
            reading.emit(stream, stream.normalizer(raw))
        if found.complete:
            _finish(reading, stream, at=found.at, cost=found.cost)


def _watched(
    reading: Reading, name: str, pages: PagedList, records: Iterable[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Pass the records of a list on; after the last, tell those that watch it."""
    if name not in WATCHED or not reading.watchers:
        yield from records
        return
    held = []
    for raw in records:
        held.append(raw)
        yield raw
    if pages.complete:
        for watcher in reading.watchers:
            watcher.table(name, held)


def _finish(reading: Reading, stream: FullTableStream, *, at: datetime, cost: int) -> None:
    """Note that a full table was read to its end.

    Args:
        reading: The run.
        stream: Where its records were written.
        at: The server's time when it was read.
        cost: Requests that it took.
    """
    stream.completed()
    bookmark = reading.state.bookmark(stream.name, FullTableMark)
    bookmark.read_at, bookmark.requests = written_time(at), cost
    reading.write_state()


def _leave_out(reading: Reading, stream: FullTableStream, error: MissingListError) -> None:
    """Log that the shop does not know a list; it is asked for again when it is due."""
    reading.log.warning("%s is left out: %s", stream.name, error)
    reading.state.bookmark(stream.name, FullTableMark).read_at = written_time(reading.client.now())
