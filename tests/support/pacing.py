"""A quota on a clock of the test's own, and the headers that an answer carries."""

import logging
from typing import Any

from tap_seoshop.api.quota import Pace, Quota, Reserved

MOST_SLEEPS = 30_000


class Clock:
    """Time that passes only by sleeping; a quota that never lets a request go is an error, not a hang."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now
        self._sleeps = 0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self._sleeps += 1
        assert seconds > 0
        assert self._sleeps < MOST_SLEEPS
        self.now += seconds


def quota(clock: Clock, **given: Any) -> Quota:
    """A quota with some of its settings, and of what it leaves to others."""
    kept = Reserved(**{name: given.pop(name) for name in [*given] if name in Reserved.__dataclass_fields__})
    pace = Pace(**{"per_second": 1000.0, "reserve": 0.1, "max_wait": 310.0, "run_interval": 300.0, **given})
    return Quota(pace, kept, sleep=clock.sleep, clock=clock, log=logging.getLogger("test"))


def headers(limit: str, remaining: str, reset: str) -> dict[str, str]:
    """The rate headers: three values each, for 5 minutes, an hour and a day."""
    return {"X-RateLimit-Limit": limit, "X-RateLimit-Remaining": remaining, "X-RateLimit-Reset": reset}
