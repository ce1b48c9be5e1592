"""How events are told: what the records of several lists show, as they are read. It costs no request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_seoshop.bookmarks.follower import Follower
from tap_seoshop.bookmarks.forms import SeenMark
from tap_seoshop.bookmarks.times import written_time
from tap_seoshop.reading.context import Reader
from tap_seoshop.records.normalize import integer, moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tap_seoshop.reading.context import Reading
    from tap_seoshop.reading.followers import End
    from tap_seoshop.streams.base import EventStream
    from tap_seoshop.streams.place import ListPlace

__all__ = ["EventReader"]


class _ListOf:
    """Follows one list, and tells the events of its changed records.

    Args:
        events: The reader of the events.
        bookmark: What it has processed.
        name: The list's stream.
        start: The setting `start_date`: before it nothing is read in a first load.
    """

    def __init__(self, events: EventReader, bookmark: SeenMark, name: str, start: datetime | None) -> None:
        self._events = events
        self._follower = Follower(bookmark)
        self._name = name
        self._start = start
        self.not_after = self._follower.not_after

    @property
    def since(self) -> datetime | None:
        """From when on changes are wanted."""
        return self._follower.since or self._start

    def take(self, raw: Mapping[str, Any], *, whole: bool) -> None:
        """Tell the events of a record, unless it was processed in this form."""
        del whole
        if self._follower.changed(integer(raw.get("id")) or 0, moment(raw.get("updatedAt"))):
            made = moment(raw.get("createdAt"))
            is_of_before = self._start is not None and (made or "") < written_time(self._start)
            self._events.tell(self._name, raw, live_at=made if self._follower.first or is_of_before else None)

    def reached(self, end: End) -> None:
        """Move the bookmark."""
        self._follower.reach(end.since, end.read)
        self._follower.commit()

    def cut(self) -> None:
        """What was told need not be told again."""


class EventReader(Reader):
    """Tells what happened.

    Args:
        reading: The run.
        stream: The stream of the events.
    """

    def __init__(self, reading: Reading, stream: EventStream) -> None:
        self._stream = stream
        start = reading.settings.start_date
        follows = {
            one.place: _ListOf(
                self, reading.state.bookmark(stream.name, SeenMark, f"{one.name}_"), one.name, start
            )
            for one in stream.sources
        }
        super().__init__(reading, follows)
        self._names = {one.place: one.name for one in stream.sources}

    def begin(self) -> None:
        """Write the schema."""
        self._stream.begin()

    def tell(self, name: str, raw: Mapping[str, Any], *, live_at: str | None = None) -> None:
        """Write the events of a record.

        Args:
            name: The list.
            raw: The record, in the form of the API.
            live_at: When it was made, if it was never read before: what it shows may be as old.
        """
        for event in self._stream.happened(name, raw):
            record = {**event, "liveAt": live_at or event["at"]}
            self._reading.emit(self._stream, self._stream.chosen(record))

    def reread(self, place: ListPlace, raw: Mapping[str, Any]) -> None:
        """Write the events of a record, whatever the bookmarks say."""
        self.tell(self._names[place], raw)
