"""How a failed try is repeated: the same in tap and target."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, TypeVar

import backoff

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["AwayError", "Patience", "patiently"]

T = TypeVar("T")

_SHORTEST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 30.0


class AwayError(Exception):
    """One try failed in a way that another may not.

    Args:
        reason: In words, for the log and for the one line at the end.
        wait: Seconds that the answer asked to wait.
    """

    def __init__(self, reason: str, *, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class Patience:
    """How long one request is tried.

    Args:
        seconds: For how many seconds; asked at each failure.
        sleep: Waits so many seconds; it raises where a signal ends the run.
        tell: Takes the failure and the seconds until the next try.
    """

    def __init__(
        self,
        seconds: Callable[[], float],
        sleep: Callable[[float], None],
        tell: Callable[[AwayError, float], None],
    ) -> None:
        self._began = time.monotonic()
        self._seconds = seconds
        self._sleep = sleep
        self._tell = tell

    def extend(self, seconds: float) -> None:
        """Do not count so many seconds: the quota was waited for, which is no failure of the API."""
        self._began += seconds

    def is_over(self, _error: Exception) -> bool:
        """Whether no further try is made."""
        return self._left() <= 0

    def pauses(self) -> Generator[float, AwayError | None, None]:
        """Wait between tries: as long as the answer asked for, else 0.5, 1, 2 ... 30 seconds.

        The library's own `time.sleep` is not ended by a signal and has no hook, so this generator waits
        itself and answers that no time is left to sleep.
        """
        steps = backoff.expo(factor=_SHORTEST_PAUSE, max_value=_LONGEST_PAUSE)
        next(steps)  # the library's generators begin with a value that is not used
        error = yield 0.0
        while True:
            pause = next(steps)
            asked = error.wait if error is not None else None
            # Never past the end of the patience: one last try comes then.
            seconds = min(backoff.random_jitter(pause if asked is None else asked), self._left())
            if error is not None:
                self._tell(error, seconds)
            self._sleep(max(seconds, 0.0))
            error = yield 0.0

    def _left(self) -> float:
        return self._began + self._seconds() - time.monotonic()


def patiently(attempt: Callable[[], T], patience: Patience) -> T:
    """Try until it works or `patience` is over.

    Args:
        attempt: One try.
        patience: How long, and how to wait.

    Returns:
        What the try returned that worked.

    Raises:
        AwayError: What the last try raised.
    """
    retrying = backoff.on_exception(
        patience.pauses, AwayError, giveup=patience.is_over, jitter=None, logger=None
    )
    return retrying(attempt)()
