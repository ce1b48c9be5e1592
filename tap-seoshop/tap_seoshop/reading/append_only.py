"""How a log is read: records that never change, newest first, without a filter by time.

After the first read only what is newer than the bookmark is looked at: pages from the newest on, until one
lies wholly before it. That a list comes newest first is not documented for all of them
(`docs/api/seoshop.md`, section 3): one that does not is logged once, and read whole when it is due.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_seoshop.api.pages import PAGE, Query
from tap_seoshop.bookmarks.forms import AppendOnlyMark
from tap_seoshop.bookmarks.times import due, read_time, written_time
from tap_seoshop.errors import MissingListError
from tap_seoshop.reading.context import Reader
from tap_seoshop.records.normalize import integer, parse_moment, west_of_utc

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from tap_seoshop.reading.context import Reading
    from tap_seoshop.streams.base import AppendOnlyStream

__all__ = ["AppendOnlyReader"]


class AppendOnlyReader(Reader):
    """Reads one log.

    Args:
        reading: The run.
        stream: Where its records are written.
    """

    def __init__(self, reading: Reading, stream: AppendOnlyStream) -> None:
        super().__init__(reading)
        self._stream = stream
        self._bookmark = reading.state.bookmark(stream.name, AppendOnlyMark)
        self._started: datetime | None = None
        self._ordered = True
        self._west = 0

    def read(self) -> None:
        """Write what is new, and move the bookmark."""
        interval = self._reading.settings.full_table_interval
        if not self._bookmark.unordered or due(self._bookmark.read_at, interval, self._client.now()):
            try:
                self._read()
            except MissingListError as error:
                self._log.warning("%s is left out: %s", self._stream.name, error)
        self._reading.write_state()

    def _read(self) -> None:
        bookmark, start = self._bookmark, self._reading.settings.start_date
        self._stream.begin()
        since = None if bookmark.unordered else read_time(bookmark.replication_key_value)
        if since is None:
            self._write(self._whole(), start)
        else:
            self._write(self._newer(since), since)
        if not self._ordered:
            self._log.warning(
                "%s do not come newest first: the list is read whole from now on", self._stream.name
            )
            bookmark.unordered = True
            self._write(self._whole(), start)
        if self._started is not None:
            bookmark.read_at = written_time(self._started)
            reach = self._started - timedelta(seconds=self._reading.settings.look_back + self._west)
            bookmark.replication_key_value = written_time(self._reading.settings.reach(reach, since))

    def _write(self, records: Iterator[Mapping[str, Any]], since: datetime | None) -> None:
        for raw in records:
            made = _made(raw)
            self._west = max(self._west, west_of_utc(raw.get("createdAt")) or 0)
            end = self._reading.settings.end_date
            in_time = made is None or ((since is None or made >= since) and (end is None or made <= end))
            if in_time:
                self._reading.emit(self._stream, self._stream.normalizer(raw))

    def _whole(self) -> Iterator[Mapping[str, Any]]:
        pages = self._reading.pages(self._stream.place, Query(large=True))
        yield from pages
        self._started = self._started or pages.started

    def _newer(self, since: datetime) -> Iterator[Mapping[str, Any]]:
        """Pages from the newest on, until one is older than `since`; each id once."""
        met: set[int] = set()
        lowest: int | None = None
        number = 1
        while True:
            place = self._stream.place
            answer = self._client.get(place.path, {"limit": str(PAGE), "page": str(number)})
            self._started = self._started or answer.asked
            page = answer.many(place.key)
            ids = [one for one in (integer(raw.get("id")) for raw in page) if one is not None]
            # New records push others to the next page: its first ones may be known.
            fresh = [one for one in ids if one not in met]
            expected = sorted(fresh, reverse=True)
            if fresh != expected or (fresh and lowest is not None and fresh[0] > lowest):
                self._ordered = False
                return
            lowest = fresh[-1] if fresh else lowest
            unmet = set(fresh)
            yield from (raw for raw in page if integer(raw.get("id")) in unmet)
            met.update(fresh)
            if len(page) < PAGE or _all_before(page, since):
                return
            number += 1


def _made(raw: Mapping[str, Any]) -> datetime | None:
    stamp = raw.get("createdAt")
    return parse_moment(stamp) if isinstance(stamp, str) else None


def _all_before(page: Sequence[Mapping[str, Any]], since: datetime) -> bool:
    return all(made is not None and made < since for made in map(_made, page))
