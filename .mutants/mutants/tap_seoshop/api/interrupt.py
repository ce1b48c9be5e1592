"""Signals: a flag while a message is being written, an exception while the run only waits."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tap_seoshop.errors import InterruptedRunError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

__all__ = ["Interrupt"]


class Interrupt:
    """Knows whether a signal asked the run to end.

    Writing a message is never broken off, so that no line leaves in half. A wait is: for a reset of the
    quota, and for an answer too, since a request that only reads can be given up at any time.
    """

    def __init__(self) -> None:
        self._signum: int | None = None
        self._came = threading.Event()
        self._waiting = False

    def handle(self, signum: int, _frame: FrameType | None) -> None:
        """A signal came; made for `signal.signal`."""
        self._signum = signum
        self._came.set()
        if self._waiting:
            self._waiting = False
            raise InterruptedRunError(signum)

    def check(self) -> None:
        """Stop here if a signal came.

        Raises:
            InterruptedRunError: One came.
        """
        if self._signum is not None:
            raise InterruptedRunError(self._signum)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """In here a signal raises at once. For waits of the main thread that a library does."""
        self._waiting = True
        try:
            self.check()
            yield
        finally:
            self._waiting = False

    def sleep(self, seconds: float) -> None:
        """Sleep, in any thread, but not through a signal.

        Args:
            seconds: How long.

        Raises:
            InterruptedRunError: A signal came before or during it.
        """
        self._came.wait(seconds)
        self.check()
