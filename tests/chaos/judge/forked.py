"""Tap, target and sandbox as real processes, without the second that it takes to start Python.

A child is forked from a process that has imported the programs already. It has its own memory, files and
signals, and `kill -9` ends it as it ends any process; only the imports are shared.
"""

import io
import itertools
import os
import re
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests.adapters

import sandbox.__main__
import tap_seoshop.__main__
import tap_seoshop.command
import target_copernica.__main__
import target_copernica.command
from chaos.judge import haste
from chaos.judge.leaks import LOUD
from support.programs import clean_environment

PROGRAMS: dict[str, Callable[[], Any]] = {
    "tap-seoshop": tap_seoshop.__main__.main,
    "target-copernica": target_copernica.__main__.main,
    "sandbox": sandbox.__main__.main,
}


@dataclass(frozen=True)
class Strike:
    """How a process is struck by a signal.

    Attributes:
        signum: The signal.
        request: At its request of this number, counted from 1; 0 for no request.
        answered: Whether that request is carried out first, so that its answer is lost.
        seconds: After so many seconds of its life, where `request` is 0.
        of: Which requests are counted: a pattern for method and address; all where it is empty.
        killed_after: So many seconds later `kill -9` follows, in the middle of what it still does; 0: never.
    """

    signum: signal.Signals
    request: int = 0
    answered: bool = False
    seconds: float = 0.0
    of: str = ""
    killed_after: float = 0.0


@dataclass
class Child:
    """A process that was forked."""

    pid: int
    code: int | None = None

    def wait(self, seconds: float = 400) -> int:
        """Its exit code, or -N where signal N ended it.

        Raises:
            TimeoutError: It has not ended in time; it is killed.
        """
        end = time.monotonic() + seconds
        while self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > end:
                self.signal(signal.SIGKILL)
                os.waitpid(self.pid, 0)
                raise TimeoutError("a process has not ended")
            else:
                time.sleep(0.003)
        return self.code

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if it still lives."""
        if self.code is None:
            os.kill(self.pid, number)


def fork(
    program: str,
    arguments: list[str],
    *,
    stdin: int | None = None,
    stdout: int,
    stderr: int,
    strike: Strike | None = None,
    sabotage: Callable[[], None] | None = None,
) -> Child:
    """Start a program.

    Args:
        program: One of `PROGRAMS`.
        arguments: Of its command line.
        stdin: A file descriptor; none for an empty input.
        stdout: A file descriptor.
        stderr: A file descriptor.
        strike: The signal that is to hit it.
        sabotage: Breaks the program in the child, to see whether the judge notices.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    if pid := os.fork():
        return Child(pid)
    try:
        _become(program, arguments, stdin, stdout, stderr)
        haste.make()
        if sabotage:
            sabotage()
        if strike:
            _arm(strike)
        PROGRAMS[program]()
        sys.stdout.flush()
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1 if error.code else 0
    except BaseException:  # noqa: BLE001 - nothing of the parent may go on in the child
        os.write(2, traceback.format_exc().encode())
        code = 70
    os._exit(code)


def _become(program: str, arguments: list[str], stdin: int | None, stdout: int, stderr: int) -> None:
    given = os.open(os.devnull, os.O_RDONLY) if stdin is None else stdin
    for source, wanted in ((given, 0), (stdout, 1), (stderr, 2)):
        os.dup2(source, wanted)
    os.closerange(3, 256)
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), encoding="utf-8")
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(io.FileIO(1, "w", closefd=False)), encoding="utf-8", write_through=True
    )
    sys.stderr = io.TextIOWrapper(io.BufferedWriter(io.FileIO(2, "w", closefd=False)), write_through=True)
    sys.argv = [program, *arguments]
    environment = clean_environment() | LOUD
    os.environ.clear()
    os.environ.update(environment)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def _hit(strike: Strike) -> None:
    if strike.killed_after:  # an alarm that is not handled ends a process as suddenly as SIGKILL
        signal.setitimer(signal.ITIMER_REAL, strike.killed_after)
    os.kill(os.getpid(), strike.signum)


def _arm(strike: Strike) -> None:
    """Have the signal come at the request, or by the clock."""
    if not strike.request:
        if strike.signum == signal.SIGKILL:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
        else:
            signal.signal(signal.SIGALRM, lambda _number, _frame: _hit(strike))
        signal.setitimer(signal.ITIMER_REAL, strike.seconds)
        return
    send = requests.adapters.HTTPAdapter.send
    counter = itertools.count(1)

    def sends(self: Any, request: Any, *given: Any, **options: Any) -> requests.Response:
        counts = re.search(strike.of, f"{request.method} {request.url}")
        now = counts is not None and next(counter) == strike.request
        if now and not strike.answered:
            _hit(strike)
        answer = send(self, request, *given, **options)
        if now and strike.answered:
            _hit(strike)
        return answer

    requests.adapters.HTTPAdapter.send = sends  # type: ignore[method-assign]


@contextmanager
def opened(path: Path, flags: int = os.O_WRONLY | os.O_CREAT | os.O_TRUNC) -> Iterator[int]:
    """A file descriptor."""
    descriptor = os.open(path, flags, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
