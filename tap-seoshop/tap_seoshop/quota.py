"""May a request be sent now, and how many are left: the three rate windows and the cap per second.

Every answer says how the windows stand (`X-RateLimit-Limit`, `-Remaining` and `-Reset`, each three values
for 5 minutes, an hour and a day; `docs/api/seoshop.md`, section 2). They are fixed and belong to the key,
which others may use too. Nothing here is computed from the clock: what the API says is what counts.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_seoshop.errors import QuotaSpentError

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Mapping

__all__ = ["Quota", "Window", "parse_windows"]

NAMES = ("5 minutes", "hour", "day")
DAY = 2
MARGIN = 1.0
"""Seconds added to a wait for a reset: the API tells whole seconds, rounded."""


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
        per_second: Most requests in a second.
        reserve: The share (0 to 1) of each window that is left to other users of the key.
        max_wait: Most seconds that a request for details waits for a window; lists wait for the hour too.
        sleep: How to wait; raises when the run is to end.
        clock: Monotonic seconds.
        log: Where to say that the run waits.
    """

    def __init__(  # noqa: PLR0913  # each is a setting or the edge of the process
        self,
        *,
        per_second: float,
        reserve: float,
        max_wait: float,
        sleep: Callable[[float], None],
        log: logging.Logger,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._interval = 1 / per_second
        self._reserve = reserve
        self._max_wait = max_wait
        self._sleep = sleep
        self._clock = clock
        self._log = log
        self._lock = threading.Lock()
        self._next = 0.0
        self._windows: list[Window] = []
        self._under_way = 0
        self.waits = 0
        self.waited = 0.0

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
                for window in windows:
                    window.remaining -= self._under_way
                self._windows = windows

    @property
    def day_limit(self) -> int | None:
        """Requests that the key has in a day; None before the first answer."""
        with self._lock:
            return self._windows[DAY].limit if self._windows else None

    def left(self) -> str:
        """How many requests are left, for people: `299/300 in 5 minutes, ...`."""
        with self._lock:
            return ", ".join(
                f"{max(window.remaining, 0)}/{window.limit} in {name}"
                for window, name in zip(self._windows, NAMES, strict=False)
            )

    def _take(self, *, detail: bool) -> float:
        """Count a request and return 0, or return the seconds after which to ask again."""
        with self._lock:
            now = self._clock()
            if (wait := self._blocked_for(now, detail=detail)) > 0:
                self.waits += 1
                self.waited += wait
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
                window.remaining, window.resets_at = window.limit - self._under_way, float("inf")
            # Details leave as much again, so that the next run can read its lists.
            if window.remaining > int(window.limit * self._reserve * (2 if detail else 1)):
                continue
            seconds = window.resets_at + MARGIN - now
            if seconds == float("inf"):
                seconds = 1.0  # all of it is under way: an answer will tell
            elif number == DAY or (detail and seconds > self._max_wait):
                raise QuotaSpentError(
                    f"the key's requests of this {NAMES[number]} are spent (resets in {seconds:.0f} s)"
                )
            if seconds > wait:
                wait, name = seconds, NAMES[number]
        if wait > MARGIN:
            self._log.info("waiting %.0f s for the quota of %s", wait, name)
        return wait
