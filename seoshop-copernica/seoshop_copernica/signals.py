"""Signals that ask a tick to end reach its programs, which end after the request in hand."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

__all__ = ["Relay", "limited", "relayed", "usage_of"]

PATIENCE: Final = 60.0
"""Seconds that programs are given to end after their request in hand, when their time is over."""
_PASSED_ON: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Relay:
    """Passes signals on.

    Attributes:
        number: The signal that came first; None while none has.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self._told: int | None = None
        self._group: int | None = None

    def to(self, group: int) -> None:
        """Name the process group that is to be told, now or later."""
        self._group = group
        if self._told is not None:
            self.tell(self._told)

    def __call__(self, number: int, _frame: object) -> None:
        """A signal came."""
        self.number = self.number or number
        self.tell(number)

    def tell(self, number: int) -> None:
        """Send the group a signal."""
        self._told = number
        if self._group is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._group, number)


@contextmanager
def relayed() -> Iterator[Relay]:
    """Pass signals on for a while.

    In another thread than the main one Python gives no signals: the programs then hear of none.
    """
    relay = Relay()
    if threading.current_thread() is not threading.main_thread():
        yield relay
        return
    before = {number: signal.signal(number, relay) for number in _PASSED_ON}
    try:
        yield relay
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def limited(relay: Relay, seconds: float, patience: float | None = None) -> Iterator[threading.Event]:
    """Ask the programs to end when their time is over, and end those that do not.

    Args:
        relay: Knows their process group.
        seconds: Their time.
        patience: Seconds between asking and ending them; by default `PATIENCE`.

    Yields:
        What is set when their time is over.
    """
    over, ended = threading.Event(), threading.Event()

    def watch() -> None:
        if not ended.wait(seconds):
            over.set()
            relay.tell(signal.SIGTERM)
            if not ended.wait(PATIENCE if patience is None else patience):
                relay.tell(signal.SIGKILL)

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield over
    finally:
        ended.set()
        watching.join()


def usage_of(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> tuple[int, float, int]:
    """Exit code, CPU seconds and most memory (KiB) of a program that has ended or is about to."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    code = process.returncode if process.returncode >= 0 else 128 - process.returncode
    return code, usage.ru_utime + usage.ru_stime, usage.ru_maxrss
