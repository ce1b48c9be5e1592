"""How a failed try is repeated: the same in tap and target."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

import backoff

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["AwayError", "patiently"]

T = TypeVar("T")

_SHORTEST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 30.0


class AwayError(Exception):
    """One try failed in a way that another may not.

    Args:
        reason: In words, for the one line at the end.
        wait: Seconds that the answer asked to wait.
        sent: Whether the call may have reached the API and been carried out.
    """

    def __init__(self, reason: str, *, wait: float | None = None, sent: bool = True) -> None:
        super().__init__(reason)
        self.wait = wait
        self.sent = sent


def patiently(attempt: Callable[[], T], sleep: Callable[[float], None], patience: float) -> T:
    """Try until it works or `patience` is over.

    The retrying is the library's. Its own `time.sleep` is not ended by a signal and has no hook, so the wait
    generator waits itself, by our interruptible sleep, and answers that no time is left to sleep.

    Args:
        attempt: One try.
        sleep: Waits so many seconds; it raises where a signal ends the run.
        patience: Seconds after which no further try is made.

    Returns:
        What the try returned that worked.

    Raises:
        AwayError: What the last try raised.
    """
    pauses = partial(_waited, sleep, time.monotonic() + patience)
    retrying = backoff.on_exception(pauses, AwayError, max_time=patience, jitter=None, logger=None)
    return retrying(attempt)()


def _waited(sleep: Callable[[float], None], until: float) -> Generator[float, AwayError | None, None]:
    """Wait between tries: as long as the answer asked for, else 0.5, 1, 2 ... 30 seconds."""
    pauses = backoff.expo(factor=_SHORTEST_PAUSE, max_value=_LONGEST_PAUSE)
    next(pauses)  # the library's generators begin with a value that is not used
    error = yield 0.0
    while True:
        pause = next(pauses)
        asked = error.wait if error is not None else None
        # Never past the end of the patience: one last try comes then.
        sleep(min(backoff.random_jitter(pause if asked is None else asked), until - time.monotonic()))
        error = yield 0.0
