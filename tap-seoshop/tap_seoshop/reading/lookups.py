"""Lookups: short lists that are read at most once in a run, and the titles behind ids found in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_seoshop.api.pages import PagedList
from tap_seoshop.bookmarks.forms import FullTableMark
from tap_seoshop.bookmarks.times import due, written_time
from tap_seoshop.records.normalize import integer, text

if TYPE_CHECKING:
    import logging
    from datetime import datetime

    from tap_seoshop.api.client import Client
    from tap_seoshop.bookmarks.state import State
    from tap_seoshop.streams.base import LookupStream

__all__ = ["Lookup", "Lookups"]

MOST_TITLES = 5_000
"""Most titles that the state keeps of one list; a longer list is read anew when one is needed."""


@dataclass(frozen=True)
class Lookup:
    """A list as read in this run.

    Attributes:
        records: In the form of the API.
        complete: Whether it was read to its end.
        at: The server's time when it was read.
        cost: Requests that it took.
    """

    records: list[dict[str, Any]]
    complete: bool
    at: datetime
    cost: int


class Lookups:
    """Reads lookups for the readers that need them in this run.

    Args:
        client: The shop.
        state: Keeps the titles from run to run.
        log: Gets a line about anything odd.
        interval: Seconds after which titles are read anew when one is needed.
        sample: Read first pages only.
    """

    def __init__(
        self, client: Client, state: State, log: logging.Logger, *, interval: float, sample: bool
    ) -> None:
        self._client = client
        self._state = state
        self._log = log
        self._interval = interval
        self._sample = sample
        self._read: dict[str, Lookup] = {}
        self._titles: dict[str, dict[int, str | None]] = {}

    def was_read(self, stream: type[LookupStream]) -> bool:
        """Whether the list was read in this run."""
        return stream.name in self._read

    def read(self, stream: type[LookupStream]) -> Lookup:
        """The whole list of a stream, read now or earlier in this run."""
        if stream.name not in self._read:
            pages = PagedList(self._client, stream.place, self._log, sample=self._sample)
            records = list(pages)
            at = pages.started or self._client.now()
            self._read[stream.name] = Lookup(records, pages.complete, at, pages.asked)
            self._keep(stream.name)
        return self._read[stream.name]

    def title(self, stream: type[LookupStream], number: int) -> str | None:
        """The title of a record of the list; None if there is no such record."""
        name = stream.name
        bookmark = self._state.bookmark(name, FullTableMark)
        if name not in self._titles:
            self._titles[name] = dict(bookmark.titles)
        titles = self._titles[name]
        stale = number not in titles or due(bookmark.titles_at, self._interval, self._client.now())
        if stale and name not in self._read:
            self.read(stream)
            titles = self._titles[name]
        if number not in titles:
            # Remembered as unknown, so that not every run asks for it again.
            titles[number] = None
            if bookmark.titles_at is not None:
                bookmark.titles.append((number, None))
        return titles[number]

    def _keep(self, name: str) -> None:
        found = self._read[name]
        pairs = ((integer(raw.get("id")), text(raw.get("title"))) for raw in found.records)
        titles = {number: title for number, title in pairs if number is not None}
        self._titles[name] = dict(titles)
        bookmark = self._state.bookmark(name, FullTableMark)
        fits = found.complete and len(titles) <= MOST_TITLES
        bookmark.titles = list(titles.items()) if fits else []
        bookmark.titles_at = written_time(found.at) if fits else None
