"""How an incremental list is read: once, for all its followers, from the earliest bookmark among them.

It is read whole in one run, unless the day's requests are spent. Then its place is kept (lists come newest
first), and the next run goes on from there.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_seoshop.api.pages import PAGE, Query
from tap_seoshop.bookmarks.forms import IncrementalMark, ListPosition
from tap_seoshop.bookmarks.times import due, read_time, written_time
from tap_seoshop.errors import MissingListError, QuotaSpentError, UnexpectedAnswerError
from tap_seoshop.reading.context import Reader
from tap_seoshop.reading.followers import End
from tap_seoshop.records.normalize import integer, link_id, moment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from tap_seoshop.api.pages import PagedList
    from tap_seoshop.reading.context import Reading
    from tap_seoshop.reading.followers import ListFollower
    from tap_seoshop.streams.base import IncrementalStream, SeoshopStream
    from tap_seoshop.streams.place import ListPlace

__all__ = ["IncrementalLists", "IncrementalReader"]

CLOCKS_CHANGE = timedelta(hours=1)
"""By how much a zone may lie further west in winter than its stamps have shown so far."""
FARTHEST_WEST = timedelta(hours=12)
"""By how much a zone may lie west of UTC."""


class _Place:
    """The place that a read has reached in a list of descending ids, by the id of the last record."""

    def __init__(self, bookmark: IncrementalMark, since: datetime | None) -> None:
        self._bookmark = bookmark
        self._since = None if since is None else written_time(since)
        kept = bookmark.place
        if kept.last_id is None or kept.since != self._since:
            kept = ListPosition()
        self.began = read_time(kept.began)
        self.met = kept.met
        self._met_from = kept.last_id
        self._reached = kept.last_id is None
        self._last: int | None = None
        self._descends = True

    @property
    def pages(self) -> int:
        """Pages that were met for certain, but for the last: deletions move records to earlier pages."""
        return max(self.met // PAGE - 1, 0)

    def lost(self, raw: Mapping[str, Any]) -> bool:
        """Whether the first record that is met now may lie behind others that were not met."""
        number = integer(raw.get("id"))
        return (
            self.pages > 0 and self._met_from is not None and number is not None and number < self._met_from
        )

    def passes(self, raw: Mapping[str, Any]) -> bool:
        """Whether a record was not met in an earlier run; remembers it."""
        number = integer(raw.get("id"))
        if number is None:
            return True
        if self._met_from is not None and not self._reached:
            if number >= self._met_from:
                return False  # one that was made since has changed since, too: the next run meets it
            self._reached = True
        self._descends = self._descends and (self._last is None or number < self._last)
        self._last = number
        self.met += 1
        return True

    def keep(self, began: datetime) -> None:
        """Write the place into the bookmark; nothing, if the list cannot be gone on with."""
        if not self._descends:
            self.forget()
        elif self._last is not None:
            self._bookmark.place = ListPosition(
                self._since, written_time(self.began or began), self._last, self.met
            )

    def forget(self) -> None:
        """Note that the list was read to its end."""
        self._bookmark.place = ListPosition()


class IncrementalReader(Reader):
    """Writes the records of an incremental list.

    Args:
        reading: The run.
        stream: The stream of the list.
    """

    def __init__(self, reading: Reading, stream: SeoshopStream) -> None:
        super().__init__(reading, {stream.place: self})
        reading.writers[stream.place] = self
        self._stream = stream
        self._bookmark = reading.state.bookmark(stream.name, IncrementalMark)
        full = stream.replication_method == "FULL_TABLE"
        kept = read_time(self._bookmark.replication_key_value)
        self.since = None if full else kept or reading.settings.start_date
        end = reading.settings.end_date
        self._end = None if end is None else written_time(end)

    def begin(self) -> None:
        """Write the schema."""
        self._stream.begin()

    def take(self, raw: dict[str, Any], *, whole: bool) -> None:
        """Write a record, unless it is older than this stream's bookmark."""
        del whole
        stamp = moment(raw.get("updatedAt")) or ""
        if stamp and self.since is not None and stamp < written_time(self.since):
            return
        if self._end is not None and stamp > self._end:
            return
        self._write(raw)

    def reread(self, place: ListPlace, raw: Mapping[str, Any]) -> None:
        """Write the record."""
        del place
        self._write(raw)

    def not_after(self, at: datetime) -> None:
        """Forget a bookmark that lies after `at`."""
        if self.since is not None and self.since > at:
            self.since = None

    def reached(self, end: End) -> None:
        """Move the bookmark."""
        reach = self._reading.settings.reach(end.since, self.since)
        self._bookmark.replication_key_value = written_time(reach)

    def cut(self) -> None:
        """Records that were written need not be written again."""

    def _write(self, raw: Mapping[str, Any]) -> None:
        record = self._stream.record(raw)
        for watcher in self._reading.watchers:
            record |= self._stream.chosen(watcher.adds(self._stream.name, raw))
        for title in self._stream.wanted_titles:
            number = _id_of(raw, title.id_name, linked=title.id_name in self._stream.links)
            if number is None:
                record[title.name] = None
            elif (found := self._reading.lookups.title(title.lookup, number)) is not None:
                record[title.name] = found
        self._reading.emit(self._stream, record)


class IncrementalLists:
    """Reads incremental lists.

    Args:
        reading: The run.
    """

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._client = reading.client
        self._log = reading.log
        self._interval = reading.settings.full_table_interval

    def read(self, stream: type[IncrementalStream], followers: Sequence[ListFollower]) -> bool:
        """Read one list, unless it is not due; true if something was asked.

        Args:
            stream: The stream of the list.
            followers: What takes its records; at least one.

        Raises:
            MissingListError: The shop does not know a list that it must have.
        """
        bookmark = self._reading.state.bookmark(stream.name, IncrementalMark)
        now = self._client.now()
        # A list that the shop did not know, or does not filter by time, is asked for less often.
        if bookmark.missing_at is not None and not due(bookmark.missing_at, self._interval, now):
            return False
        if bookmark.filter_ignored and not due(bookmark.read_at, self._interval, now):
            return True
        try:
            self._read_filtered(stream, bookmark, followers)
            bookmark.missing_at = None
        except MissingListError as error:
            if not stream.optional:
                raise
            self._log.warning("%s is left out: %s", stream.name, error)
            bookmark.missing_at = written_time(now)
        return True

    def _read_filtered(
        self, stream: type[IncrementalStream], bookmark: IncrementalMark, followers: Sequence[ListFollower]
    ) -> None:
        wanted = [follower.since for follower in followers]
        known = [since for since in wanted if since is not None]
        since = min(known) if len(known) == len(wanted) else None
        try:
            self._read(stream, bookmark, followers, since)
        except UnexpectedAnswerError:
            if since is None:
                raise
            self._log.warning(
                "the shop refuses the time filter of %s: it is read whole from now on", stream.name
            )
            self._read(stream, bookmark, followers, None)
            bookmark.filter_ignored = True

    def _read(
        self,
        stream: type[IncrementalStream],
        bookmark: IncrementalMark,
        followers: Sequence[ListFollower],
        since: datetime | None,
    ) -> None:
        spot = _Place(bookmark, since)
        resumed = spot.began is not None
        slack = _slack(bookmark.west)
        query = Query(since=since, slack=slack, skip=spot.pages, large=since is None or resumed)
        pages = self._reading.pages(stream.place, query)
        try:
            if not self._hand_out(pages, spot, followers):
                spot.forget()
                self._read(stream, bookmark, followers, since)
                return
        except QuotaSpentError:
            if pages.started is not None:
                bookmark.west = _farther(bookmark.west, pages.west)
                spot.keep(pages.started)
                for follower in followers:
                    follower.cut()
            raise
        if pages.started is None:
            return
        if pages.ignored and not bookmark.filter_ignored:
            self._log.warning(
                "the shop ignores the time filter of %s: it is read whole from now on", stream.name
            )
        bookmark.filter_ignored = bookmark.filter_ignored or pages.ignored
        bookmark.west = _farther(bookmark.west, pages.west)
        began = spot.began or pages.started
        bookmark.read_at = written_time(began)
        end = End(
            began - timedelta(seconds=self._reading.settings.look_back),
            began,
            whole=pages.whole and not resumed,
            complete=pages.complete,
            resumed=resumed,
        )
        spot.forget()
        for follower in followers:
            follower.reached(end)

    def _hand_out(self, pages: PagedList, spot: _Place, followers: Sequence[ListFollower]) -> bool:
        """Give the records to all followers; false, with nothing given, if the place in the list is lost."""
        whole = pages.whole and spot.began is None
        begun = False
        for raw in pages:
            if not begun and pages.started is not None:
                begun = True
                if spot.lost(raw):
                    return False
                whole = pages.whole and spot.began is None
                for follower in followers:
                    follower.not_after(pages.started)
            if spot.passes(raw):
                for follower in followers:
                    follower.take(raw, whole=whole)
        return True


def _slack(west: int | None) -> timedelta:
    """How much earlier than wanted a filter must ask that may take its time for one of the shop's own zone.

    Args:
        west: Seconds by which the stamps of the list lie west of UTC; None while none was seen.
    """
    if west is None:
        return FARTHEST_WEST
    return max(timedelta(seconds=west) + CLOCKS_CHANGE, timedelta(0))


def _farther(one: int | None, other: int | None) -> int | None:
    return max((west for west in (one, other) if west is not None), default=None)


def _id_of(raw: Mapping[str, Any], name: str, *, linked: bool) -> int | None:
    if linked:
        return link_id(raw.get(name.removesuffix("Id")))
    return integer(raw.get(name))
