"""May a request be sent now, and how many are left: the three rate windows and the cap per second.

Every answer says how the windows stand (`X-RateLimit-Limit`, `-Remaining` and `-Reset`, each three values
for 5 minutes, an hour and a day; `docs/api/seoshop.md`, section 2). They are fixed and belong to the key,
which others may use too. Nothing here is computed from the clock: what the API says is what counts.

Of each window a share is left to other users of the key. Details (order lines, summaries) leave as well what
the runs that follow in the same window need for their lists. The details of a first load, which may take
days, also leave what the details of changed records need meanwhile.

The cap per second is shared too, and no header tells how much of it others take. So each refusal while the
windows have requests left lowers the rate at once, and the rate rises again little by little.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass
from enum import IntEnum
from math import ceil
from typing import TYPE_CHECKING

from tap_seoshop.errors import QuotaSpentError

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Mapping

__all__ = ["PLAIN_DAY", "Pace", "Quota", "Reserved", "Use", "Window", "parse_windows"]

NAMES = ("5 minutes", "hour", "day")
SECONDS = (300, 3_600, 86_400)
HOUR, DAY = 1, 2
PLAIN_DAY = 12_000
"""Requests a day of a plain key: what is assumed before the first answer."""
MARGIN = 1.0
"""Seconds added to a wait for a reset: the API tells whole seconds, rounded."""
NEVER = float("inf")
CHANGED_SHARE = 0.1
"""The part of a day that a first load leaves to the details of changed records, however few there were."""
CHANGED_GROWTH = 2
"""How many times as many changed records as lately a day is prepared for."""
CHANGED_BURST = 20
"""Requests that are left to them in each window, however soon it ends: runs are not spread evenly."""
SLOWER = 0.7
"""The factor by which a refusal lowers the rate."""
FASTER = 0.1
"""Requests a second by which the rate rises in a second."""
SLOWEST = 1.0
"""The lowest rate, in requests a second."""


class Use(IntEnum):
    """What a request is for; greater ones leave requests to smaller ones."""

    LIST = 0
    """A list."""
    CHANGED = 1
    """Details of a record that changed: small requests that can as well come with the next run."""
    BACKFILL = 2
    """Details of a first load, and others that can wait as long."""


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
        changed: Requests a day that the details of changed records took lately.
        details_seconds: Seconds after which this run sends no more requests for details.
        day: Requests of a whole day, as far as they are known before the first answer.
    """

    live_cost: int = 0
    full_cost: float = 0.0
    changed: int = 0
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
        spent: Requests that were sent, by use.
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
        self.spent: Counter[Use] = Counter()
        self._live_cost = reserved.live_cost
        self._full_cost = reserved.full_cost
        self._changed = reserved.changed
        self._day_before = reserved.day
        self._details_end = clock() + reserved.details_seconds
        self._most = self._rate = pace.per_second
        self._slowed_at = -NEVER
        self._sent_at = clock()
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

    def admit(self, use: Use = Use.LIST) -> None:
        """Wait until a request may be sent, and count it.

        Args:
            use: What it is for.

        Raises:
            QuotaSpentError: The windows stay spent for longer than such a request waits.
        """
        while (seconds := self._take(use)) > 0:
            self._sleep(seconds)

    def wait(self, use: Use) -> None:
        """Wait until the windows have room for such a request, without counting one.

        Raises:
            QuotaSpentError: They stay spent for longer than such a request waits.
        """
        while (seconds := self._blocked(use)) > 0:
            self._sleep(seconds)

    def refused(self) -> None:
        """A request was refused (HTTP 429): where the windows are not spent, too many came in one second."""
        with self._lock:
            now = self._clock()
            # Requests sent side by side are refused together: that is one reason to slow down, not several.
            if now - self._slowed_at < 1 or any(window.remaining <= 0 for window in self._windows):
                return
            self._rate = max(self._rate * SLOWER, min(SLOWEST, self._most))
            self._slowed_at = now

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
                return details / self._most
            now = self._clock()
            day, hour = self._windows[DAY], self._windows[HOUR]
            # What is kept for changed records and not used by them is the first load's before the day ends.
            a_day = day.limit - self._kept(DAY, NEVER, Use.CHANGED) - self._changed
            an_hour = hour.limit - self._kept(HOUR, NEVER, Use.CHANGED)
            if a_day <= 0 or an_hour <= 0:
                return None
            pace = max(SECONDS[HOUR] / an_hour, 1 / self._most)
            changed = ceil(self._changed * self._seconds_left(DAY, now) / SECONDS[DAY])
            today = max(day.remaining - self._kept(DAY, now, Use.CHANGED) - changed, 0)
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

    def _blocked(self, use: Use) -> float:
        """Seconds after which to ask the windows again; 0 if they have room."""
        with self._lock:
            return self._blocked_for(self._clock(), use)

    def _take(self, use: Use) -> float:
        """Count a request and return 0, or return the seconds after which to ask again."""
        with self._lock:
            now = self._clock()
            if (wait := self._blocked_for(now, use)) > 0:
                return wait
            if self._next > now:
                return self._next - now
            self._rate = min(self._rate + FASTER * (now - self._sent_at), self._most)
            self._sent_at = now
            self._next = max(self._next, now) + 1 / self._rate
            self._under_way += 1
            self.spent[use] += 1
            for window in self._windows:
                window.remaining -= 1
            return 0

    def _blocked_for(self, now: float, use: Use) -> float:
        wait, name = 0.0, ""
        for number, window in enumerate(self._windows):
            if now >= window.resets_at + MARGIN:
                # A new window has begun; the next answer will say how it stands.
                window.remaining, window.resets_at = window.limit - self._under_way, NEVER
            if window.remaining > self._kept(number, now, use):
                continue
            seconds = window.resets_at + MARGIN - now
            if seconds == NEVER:
                seconds = 1.0  # all of it is under way: an answer will tell
            elif number == DAY or (use and seconds > min(self._max_wait, self._details_end - now)):
                raise QuotaSpentError(self._spent(number, seconds, use))
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

    def _spent(self, number: int, seconds: float, use: Use) -> str:
        window = self._windows[number]
        told = f"the key's requests per {NAMES[number]} are used up (resets in {seconds:.0f} s)"
        if use and window.remaining > self._reserved(window):
            return f"{told}, except {window.remaining} that are left to other runs and users"
        return told

    def _reserved(self, window: Window) -> int:
        return int(window.limit * self._reserve)

    def _kept(self, number: int, now: float, use: Use) -> int:
        """Requests of a window that are not for this use; at the time `NEVER`, of a window just begun."""
        window = self._windows[number]
        kept = self._reserved(window)
        # Where the more urgent uses would need more than there is, they leave half of it.
        if use >= Use.CHANGED:
            kept += min(self._lists(number, now), (window.limit - kept) // 2)
        if use >= Use.BACKFILL:
            kept += min(self._changed_until(number, now), (window.limit - kept) // 2)
        return kept

    def _lists(self, number: int, now: float) -> int:
        """Requests that lists need until a window ends."""
        share = float(self._runs(number, now) * self._live_cost)
        if number == DAY:
            share += self._full_cost * self._seconds_left(number, now) / SECONDS[DAY]
        return ceil(share)

    def _changed_until(self, number: int, now: float) -> int:
        """Requests that the details of changed records may need until a window ends."""
        if not self._run_interval:
            return 0
        a_day = max(CHANGED_SHARE * self._windows[DAY].limit, CHANGED_GROWTH * self._changed)
        return ceil(a_day * self._seconds_left(number, now) / SECONDS[DAY]) + CHANGED_BURST

    def _runs(self, number: int, now: float) -> int:
        """Runs that begin before a window ends."""
        return ceil(self._seconds_left(number, now) / self._run_interval) if self._run_interval else 0

    def _seconds_left(self, number: int, now: float) -> float:
        window = self._windows[number]
        if NEVER in (now, window.resets_at):
            return SECONDS[number]
        return max(window.resets_at - now, 0)
