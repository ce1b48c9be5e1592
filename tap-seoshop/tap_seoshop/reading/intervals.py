"""When a list that is read whole is due, so that all of them cost no more than their share of the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tap_seoshop.bookmarks.forms import DetailRequests, FullTableMark, SummaryMark
from tap_seoshop.bookmarks.times import due
from tap_seoshop.streams.base import FullTableStream, SummaryStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date, datetime

    from tap_seoshop.bookmarks.state import State
    from tap_seoshop.settings import Settings
    from tap_seoshop.streams.base import SeoshopStream

__all__ = ["Intervals", "Need", "counted", "stretched"]

SHARE = 0.14
"""The part of a day's requests that all lists without a filter may take.

With one request for each incremental list in each of 288 runs, and the lines of its new orders, a shop of
100,000 orders then stays below 35 % of a plain key's day (`benchmarks/tap_cost.py`)."""
DAY = 86_400


@dataclass(frozen=True)
class Need:
    """What a list asks for.

    Attributes:
        interval: Seconds between two readings, as set.
        cost: Requests of one reading.
    """

    interval: float
    cost: int

    def daily(self, shortest: float) -> float:
        """Requests a day, where no list is read more often than every `shortest` seconds."""
        return self.cost * DAY / max(self.interval, shortest)


def stretched(needs: Mapping[str, Need], budget: float, shortest: float) -> dict[str, float]:
    """Intervals in seconds with which all lists together cost at most `budget` requests a day.

    The costly ones wait longer; what costs less than an equal part of the budget keeps its interval.

    Args:
        needs: By list.
        budget: Requests a day for all of them.
        shortest: Seconds between two runs.
    """
    daily = {name: need.daily(shortest) for name, need in needs.items()}
    left, level = budget, 0.0
    for place, cost in enumerate(sorted(daily.values())):
        level = left / (len(daily) - place)
        if cost > level:
            break
        left -= cost
    else:
        return {name: need.interval for name, need in needs.items()}
    return {
        name: need.interval if daily[name] <= level else max(need.interval, shortest) * daily[name] / level
        for name, need in needs.items()
    }


def counted(known: DetailRequests, today: date, requests: int) -> DetailRequests:
    """Count requests by day.

    Args:
        known: What was counted before.
        today: The day of this run.
        requests: Requests of this run.
    """
    day = today.isoformat()
    if known.day == day:
        return DetailRequests(day, known.count + requests, known.before)
    yesterday = (today - timedelta(days=1)).isoformat()
    return DetailRequests(day, requests, known.count if known.day == yesterday else 0)


class Intervals:
    """Knows the intervals of this run.

    Args:
        streams: The streams that are selected.
        state: Keeps what each list cost.
        settings: The tap's settings.
        day: How many requests a day has.
        fits: Whether so many requests can be sent today.

    Attributes:
        daily_cost: Requests a day that all of them take.
    """

    def __init__(
        self,
        streams: Iterable[SeoshopStream],
        state: State,
        settings: Settings,
        *,
        day: int,
        fits: Callable[[int], bool] = bool,
    ) -> None:
        self._fits = fits
        self._shortest = max(settings.run_interval, 1)
        self._lists: dict[str, str] = {}
        self._bookmarks: dict[str, FullTableMark | SummaryMark] = {}
        self._needs: dict[str, Need] = {}
        for stream in streams:
            if isinstance(stream, FullTableStream):
                interval: float = getattr(settings, stream.interval_setting)
                # Streams of one list are read together.
                self._add(
                    stream.name, stream.place.path, interval, state.bookmark(stream.name, FullTableMark)
                )
            elif isinstance(stream, SummaryStream):
                bookmark = state.bookmark(stream.name, SummaryMark)
                self._add(stream.name, stream.name, settings.summaries_full_interval, bookmark)
        budget = SHARE * day
        self._stretched = stretched(self._needs, budget, self._shortest)
        self.daily_cost = min(sum(need.daily(self._shortest) for need in self._needs.values()), budget)

    def due(self, stream: str, now: datetime) -> bool:
        """Whether the list of a stream is to be read."""
        bookmark, name = self._bookmarks[stream], self._lists[stream]
        if not due(bookmark.read_at, self._stretched[name], now):
            return False
        # The lists that cannot wait come first, those of later runs too.
        return bookmark.read_at is None or self._fits(self._needs[name].cost)

    def _add(self, name: str, path: str, interval: float, bookmark: FullTableMark | SummaryMark) -> None:
        self._lists[name] = path
        self._bookmarks[name] = bookmark
        before = self._needs.get(path, Need(interval, 1))
        self._needs[path] = Need(min(interval, before.interval), max(bookmark.requests, before.cost))
