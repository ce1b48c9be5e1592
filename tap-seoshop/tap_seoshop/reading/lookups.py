"""Small lists that are read at most once in a run, and the titles behind ids that are found in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_seoshop.api.walk import Walk
from tap_seoshop.bookmarks.state import FULL, bookmark, due, written_time
from tap_seoshop.records.normalize import integer, text

if TYPE_CHECKING:
    import logging
    from datetime import datetime

    from tap_seoshop.api.client import Client
    from tap_seoshop.streams.place import ListPlace

__all__ = ["TITLED", "SmallList", "SmallLists"]

TITLED = ("customer_groups", "order_custom_statuses", "brands")
"""Streams whose titles others bear."""

MOST_TITLES = 5_000
"""Most titles that the state keeps of one list; a longer list is read anew when one is needed."""


@dataclass(frozen=True)
class SmallList:
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


class SmallLists:
    """Reads small lists for whoever needs them in this run.

    Args:
        client: The shop.
        state: The tap's state; it keeps the titles from run to run.
        interval: Seconds after which titles are read anew when one is needed.
        sample: Read first pages only.
        log: Where oddities are told.
    """

    def __init__(
        self, client: Client, state: dict[str, Any], log: logging.Logger, *, interval: float, sample: bool
    ) -> None:
        self._client = client
        self._state = state
        self._log = log
        self._interval = interval
        self._sample = sample
        self._read: dict[str, SmallList] = {}
        self._titles: dict[str, dict[int, str | None]] = {}

    def was_read(self, stream: str) -> bool:
        """Whether the list was read in this run."""
        return stream in self._read

    def read(self, stream: str, place: ListPlace) -> SmallList:
        """The whole list of a stream, read now or earlier in this run."""
        if stream not in self._read:
            walk = Walk(self._client, place, self._log, sample=self._sample)
            records = list(walk)
            at = walk.started or self._client.now()
            self._read[stream] = SmallList(records, walk.complete, at, walk.asked)
            self._keep(stream)
        return self._read[stream]

    def title(self, stream: str, place: ListPlace, number: int) -> str | None:
        """The title of a record of the list; None if there is no such record."""
        mark = bookmark(self._state, stream, FULL)
        if stream not in self._titles:
            self._titles[stream] = {pair[0]: pair[1] for pair in mark["titles"]}
        titles = self._titles[stream]
        stale = number not in titles or due(mark["titles_at"], self._interval, self._client.now())
        if stale and stream not in self._read:
            self.read(stream, place)
            titles = self._titles[stream]
        if number not in titles:
            # Remembered as unknown, so that not every run asks for it again.
            titles[number] = None
            if mark["titles_at"] is not None:
                mark["titles"].append([number, None])
        return titles[number]

    def _keep(self, stream: str) -> None:
        found = self._read[stream]
        pairs = ((integer(raw.get("id")), text(raw.get("title"))) for raw in found.records)
        titles = {number: title for number, title in pairs if number is not None}
        self._titles[stream] = dict(titles)
        mark = bookmark(self._state, stream, FULL)
        fits = found.complete and len(titles) <= MOST_TITLES
        mark["titles"] = [list(pair) for pair in titles.items()] if fits else []
        mark["titles_at"] = written_time(found.at) if fits else None
