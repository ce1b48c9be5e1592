"""Signals: a flag while there is work under way, an exception while the run only waits."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from target_copernica.errors import InterruptedRunError

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["Interrupt"]


class Interrupt:
    """Knows whether a signal asked the run to end.

    A request under way is allowed to finish, so that its answer is known. A wait of the main thread is
    broken off at once: sleeping through SIGTERM would invite SIGKILL. A worker that waits sees the flag
    when it wakes: Python runs signal handlers in the main thread, which must not be torn out of its work
    for a wait that is not its own.
    """

    def __init__(self) -> None:
        self._signum: int | None = None
        self._waiting = False
        self._since = 0.0
        self.waited = 0.0  # seconds, by the main thread

    def handle(self, signum: int, _frame: FrameType | None) -> None:
        """A signal came; made for `signal.signal`."""
        self._signum = signum
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

    def begin_wait(self) -> None:
        """From here to `end_wait` a signal raises at once. For waits that a library sleeps."""
        if threading.current_thread() is threading.main_thread():
            self._waiting = True
            self._since = time.monotonic()
        self.check()

    def end_wait(self) -> None:
        """The wait is over."""
        if threading.current_thread() is threading.main_thread() and self._waiting:
            self._waiting = False
            self.waited += time.monotonic() - self._since

    def wait(self, seconds: float) -> None:
        """Sleep, but not through a signal.

        Args:
            seconds: How long.

        Raises:
            InterruptedRunError: A signal came before or during the wait.
        """
        self.begin_wait()
        try:
            time.sleep(seconds)
        finally:
            self.end_wait()
