"""May a request be sent now, and how many are left: the three rate windows and the cap per second.

Every answer says how the windows stand (`X-RateLimit-Limit`, `-Remaining` and `-Reset`, each three values
for 5 minutes, an hour and a day; `docs/api/seoshop.md`, section 2). They are fixed and belong to the key,
which others may use too. Nothing here is computed from the clock: what the API says is what counts.

Of each window a share is left to other users of the key. What can wait (details: order lines, summaries)
leaves as well what the runs that follow in the same window need for the lists that cannot wait.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from tap_seoshop.errors import QuotaSpentError

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Mapping

__all__ = ["PLAIN_DAY", "Pace", "Quota", "Reserved", "Window", "parse_windows"]

NAMES = ("5 minutes", "hour", "day")
SECONDS = (300, 3_600, 86_400)
HOUR, DAY = 1, 2
PLAIN_DAY = 12_000
"""Requests a day of a plain key: what is assumed before the first answer."""
MARGIN = 1.0
"""Seconds added to a wait for a reset: the API tells whole seconds, rounded."""
NEVER = float("inf")


@dataclass
class Window:
    """One rate window as last seen.

    Attributes:
        limit: Requests that the key has in it.
        remaining: Requests left; -1 when it is used up.
        resets_at: When it begins anew, on the monotonic clock, in seconds.
    """

    limit: int
    remaining: int
    resets_at: float


@dataclass(frozen=True)
class Pace:
    """The settings of a quota.

    Attributes:
        per_second: Most requests in a second.
        reserve: The share (0 to 1) of each window that is left to other users of the key.
        max_wait: Most seconds that a request for details waits for a window; lists wait for the hour too.
        run_interval: Seconds between two runs; 0 if none follows that anything should be left to.
    """

    per_second: float
    reserve: float
    max_wait: float
    run_interval: float


@dataclass(frozen=True)
class Reserved:
    """What the details of a run leave to its lists and to the runs that follow.

    Attributes:
        live_cost: Requests that the next run needs at least.
        full_cost: Requests a day that lists without a filter need.
        details_seconds: Seconds after which this run sends no more requests for details.
        day: Requests of a whole day, as far as they are known before the first answer.
    """

    live_cost: int = 0
    full_cost: float = 0.0
    details_seconds: float = NEVER
    day: int = PLAIN_DAY


def parse_windows(headers: Mapping[str, str], now: float) -> list[Window]:
    """Read the rate headers of an answer.

    Args:
        headers: Headers of the answer, read without regard to case.
        now: The monotonic clock, in seconds.

    Returns:
        The three windows; an empty list if the headers are absent or cannot be read.
    """
    try:
        limits, remaining, resets = (
            [int(part) for part in headers[f"X-RateLimit-{name}"].split("/")]
            for name in ("Limit", "Remaining", "Reset")
        )
        found = [
            Window(limit, left, now + max(reset, 0))
            for limit, left, reset in zip(limits, remaining, resets, strict=True)
        ]
    except (KeyError, ValueError):
        return []
    return found if len(found) == len(NAMES) else []


class Quota:
    """Paces the requests of the whole process; safe to use from several threads.

    Args:
        pace: The settings.
        reserved: What this run leaves to others.
        sleep: How to wait; raises when the run is to end.
        log: Where to say that the run waits.
        clock: Monotonic seconds.

    Attributes:
        waits: How often a request waited for a window.
        waited: Seconds of that.
    """

    def __init__(
        self,
        pace: Pace,
        reserved: Reserved,
        *,
        sleep: Callable[[float], None],
        log: logging.Logger,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.waits = 0
        self.waited = 0.0
        self._live_cost = reserved.live_cost
        self._full_cost = reserved.full_cost
        self._day_before = reserved.day
        self._details_end = clock() + reserved.details_seconds
        self._interval = 1 / pace.per_second
        self._reserve = pace.reserve
        self._max_wait = pace.max_wait
        self._run_interval = pace.run_interval
        self._sleep = sleep
        self._clock = clock
        self._log = log
        self._lock = threading.Lock()
        self._next = 0.0
        self._windows: list[Window] = []
        self._under_way = 0
        self._waits_until = 0.0

    def admit(self, *, detail: bool = False) -> None:
        """Wait until a request may be sent, and count it.

        Args:
            detail: Whether it is one of many small requests that can as well come with the next run.

        Raises:
            QuotaSpentError: The windows stay spent for longer than such a request waits.
        """
        while (seconds := self._take(detail=detail)) > 0:
            self._sleep(seconds)

    def learn(self, headers: Mapping[str, str]) -> None:
        """Read an answer's headers; to be called once for each admitted request, also without an answer.

        Args:
            headers: The answer's headers; empty if none came.
        """
        with self._lock:
            self._under_way = max(self._under_way - 1, 0)
            if windows := parse_windows(headers, self._clock()):
                for number, window in enumerate(windows):
                    window.remaining -= self._under_way
                    # Answers may overtake each other: an older one must not give back what was spent since.
                    if self._windows and self._windows[number].resets_at + MARGIN >= window.resets_at:
                        window.remaining = min(window.remaining, self._windows[number].remaining)
                self._windows = windows

    @property
    def day(self) -> int:
        """Requests of a whole day."""
        with self._lock:
            return self._windows[DAY].limit if self._windows else self._day_before

    def fits(self, requests: int) -> bool:
        """Whether a list of so many requests can be read today, and the runs that follow can read theirs."""
        with self._lock:
            if not self._windows:
                return self._day_before >= requests
            day = self._windows[DAY]
            runs = self._runs(DAY, self._clock()) * self._live_cost
            # Where the runs would need more than there is, they leave a part of it all the same.
            runs = min(runs, (day.limit - self._reserved(day)) // 2)
            return day.remaining - self._reserved(day) - runs >= requests

    def seconds_for(self, details: int) -> float | None:
        """How long so many requests for details take at the rate that the windows allow; None if never."""
        with self._lock:
            if not self._windows:
                return details * self._interval
            now = self._clock()
            day, hour = self._windows[DAY], self._windows[HOUR]
            a_day = day.limit - self._kept(DAY, NEVER, detail=True)
            an_hour = hour.limit - self._kept(HOUR, NEVER, detail=True)
            if a_day <= 0 or an_hour <= 0:
                return None
            pace = max(SECONDS[HOUR] / an_hour, self._interval)
            today = max(day.remaining - self._kept(DAY, now, detail=True), 0)
            if details <= today:
                return details * pace
            days, rest = divmod(details - today, a_day)
            return self._seconds_left(DAY, now) + days * SECONDS[DAY] + rest * pace

    def left(self) -> str:
        """How many requests are left, for people: `299/300 in 5 minutes, ...`."""
        with self._lock:
            return ", ".join(
                f"{max(window.remaining, 0)}/{window.limit} in {name}"
                for window, name in zip(self._windows, NAMES, strict=False)
            )

    def seen(self) -> list[tuple[int, int, float]]:
        """Each window's limit, requests left and seconds until it ends; empty before the first answer."""
        with self._lock:
            now = self._clock()
            return [
                (
                    window.limit,
                    max(window.remaining, 0),
                    SECONDS[number] if window.resets_at == NEVER else max(window.resets_at - now, 0),
                )
                for number, window in enumerate(self._windows)
            ]

    def _take(self, *, detail: bool) -> float:
        """Count a request and return 0, or return the seconds after which to ask again."""
        with self._lock:
            now = self._clock()
            if (wait := self._blocked_for(now, detail=detail)) > 0:
                return wait
            if self._next > now:
                return self._next - now
            self._next = max(self._next, now) + self._interval
            self._under_way += 1
            for window in self._windows:
                window.remaining -= 1
            return 0

    def _blocked_for(self, now: float, *, detail: bool) -> float:
        wait, name = 0.0, ""
        for number, window in enumerate(self._windows):
            if now >= window.resets_at + MARGIN:
                # A new window has begun; the next answer will say how it stands.
                window.remaining, window.resets_at = window.limit - self._under_way, NEVER
            if window.remaining > self._kept(number, now, detail=detail):
                continue
            seconds = window.resets_at + MARGIN - now
            if seconds == NEVER:
                seconds = 1.0  # all of it is under way: an answer will tell
            elif number == DAY or (detail and seconds > min(self._max_wait, self._details_end - now)):
                raise QuotaSpentError(self._spent(number, seconds, detail=detail))
            if seconds > wait:
                wait, name = seconds, NAMES[number]
        if wait > MARGIN:
            self._note_wait(now, wait, name)
        return wait

    def _note_wait(self, now: float, wait: float, name: str) -> None:
        """Count a wait, and say so: once, though several threads wait at the same time."""
        if now + wait > self._waits_until + MARGIN:
            self.waits += 1
            self.waited += now + wait - max(now, self._waits_until)
            self._waits_until = now + wait
            self._log.info("waiting %.0f s for the quota of %s", wait, name)

    def _spent(self, number: int, seconds: float, *, detail: bool) -> str:
        window = self._windows[number]
        told = f"the key's requests of this {NAMES[number]} are spent (resets in {seconds:.0f} s)"
        if detail and window.remaining > self._reserved(window):
            return f"{told}, but for the {max(window.remaining, 0)} that other runs and users of it need"
        return told

    def _reserved(self, window: Window) -> int:
        return int(window.limit * self._reserve)

    def _kept(self, number: int, now: float, *, detail: bool) -> int:
        """Requests of a window that are not for this request; at the time `NEVER`, of a window just begun."""
        window = self._windows[number]
        reserved = self._reserved(window)
        if not detail:
            return reserved
        share = float(self._runs(number, now) * self._live_cost)
        if number == DAY:
            share += self._full_cost * self._seconds_left(number, now) / SECONDS[DAY]
        # Where the runs would need more than there is, they share it with the details.
        return reserved + min(ceil(share), (window.limit - reserved) // 2)

    def _runs(self, number: int, now: float) -> int:
        """Runs that begin before a window ends."""
        return ceil(self._seconds_left(number, now) / self._run_interval) if self._run_interval else 0

    def _seconds_left(self, number: int, now: float) -> float:
        window = self._windows[number]
        if NEVER in (now, window.resets_at):
            return SECONDS[number]
        return max(window.resets_at - now, 0)
