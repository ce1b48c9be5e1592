"""Signals: a flag that work in progress may check, and that ends every wait."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from target_copernica.errors import InterruptedRunError

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["Interrupt"]

_SLICE: Final = 0.1
"""Seconds between two looks at the flag while waiting."""


class Interrupt:
    """Knows whether a signal asked the run to end.

    A request under way is allowed to finish, so that its answer is known. A wait is broken off, in any
    thread: sleeping through SIGTERM would invite SIGKILL. The handler only sets a flag, since Python runs it
    between any two steps of the main thread.
    """

    def __init__(self) -> None:
        self._signum: int | None = None
        self.waited = 0.0  # seconds, by the main thread

    def handle(self, signum: int, _frame: FrameType | None) -> None:
        """A signal came; made for `signal.signal`."""
        self._signum = signum

    def check(self) -> None:
        """Stop here if a signal came.

        Raises:
            InterruptedRunError: One came.
        """
        if self._signum is not None:
            raise InterruptedRunError(self._signum)

    def wait(self, seconds: float) -> None:
        """Sleep, in any thread, but not through a signal.

        Args:
            seconds: How long.

        Raises:
            InterruptedRunError: A signal came before or during the wait.
        """
        began = time.monotonic()
        try:
            self.check()
            while (left := began + seconds - time.monotonic()) > 0:
                time.sleep(min(left, _SLICE))
                self.check()
        finally:
            if threading.current_thread() is threading.main_thread():
                self.waited += time.monotonic() - began
