"""Tap, target, sandbox and Meltano as real processes, without the second that it takes to start Python.

Each is forked from a process that has done the program's imports (`launcher.py`). It has standard streams,
arguments, environment, folder, signals and an exit code of its own.
"""

import atexit
import inspect
import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from support.launcher import NUMBER

LAUNCHER = Path(__file__).with_name("launcher.py")
BIN = Path(sys.executable).parent
IMPORTS = {
    BIN / "tap-seoshop": ["tap_seoshop.__main__", "tap_seoshop.command"],
    BIN / "target-copernica": ["target_copernica.__main__", "target_copernica.command"],
    BIN / "sandbox": ["sandbox.__main__"],
    BIN / "meltano": ["meltano.cli"],  # what it starts is started: the plugins have environments of their own
}
AT_START = ("PYTHON", "COVERAGE_", "LC_", "LANG", "TZ", "LD_")
"""Environment variables that Python and the C library look at as a program starts."""
STREAMS = ("p2cread", "c2pwrite", "errwrite")
PIPES = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")


def can_be_forked(command: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Whether a test runs one of `IMPORTS`; what a benchmark or coverage measures is started."""
    measured = "PYTEST_VERSION" not in os.environ or "COVERAGE_PROCESS_CONFIG" in environment
    return Path(command[0]) in IMPORTS and not measured


class Launcher:
    """A process that has done a program's imports.

    Args:
        script: The program.
        at_start: What the environment tells Python and the C library.
    """

    def __init__(self, script: Path, at_start: frozenset[tuple[str, str]]) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, LAUNCHER, script, str(theirs.fileno()), *IMPORTS[script]],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env={**dict(at_start), "PATH": os.environ["PATH"]},
            )
        atexit.register(self._end)

    def launch(self, request: Any, streams: list[int]) -> int:
        """Have the program run; the descriptor tells its id, and in the end its exit code."""
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._control, [b"!"], [*streams, theirs.fileno()])
        ours.sendall(json.dumps(request).encode())
        ours.shutdown(socket.SHUT_WR)
        return ours.detach()

    def _end(self) -> None:
        self._control.close()
        self._process.wait()


_launcher = cache(Launcher)


class Forked(subprocess.Popen[str]):
    """`Popen` of a program of `IMPORTS`, by a fork."""

    _life: int

    def poll(self) -> int | None:
        """The exit code, if it has ended."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once it has ended."""
        code = self._ended(timeout)
        if code is None:
            assert timeout is not None
            raise subprocess.TimeoutExpired(self.args, timeout)
        return code

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is not None:
            return self.returncode
        life = select.poll()  # `select` takes no descriptor above 1,023
        life.register(self._life, select.POLLIN)
        if life.poll(None if timeout is None else max(timeout, 0) * 1000):
            self.returncode = self._told()
            os.close(self._life)
        return self.returncode

    def _told(self) -> int:
        """The next number that comes."""
        number: int = NUMBER.unpack(os.read(self._life, NUMBER.size))[0]
        return number

    def _execute_child(self, args: list[str], *options: Any) -> None:
        """What `Popen` calls to start the program, when it has made the pipes."""
        _, *names = inspect.signature(super()._execute_child).parameters  # type: ignore[misc]  # not public
        given = dict(zip(names, options, strict=True))
        streams = [number if given[name] == -1 else given[name] for number, name in enumerate(STREAMS)]
        request = [args, str(given["cwd"] or Path.cwd()), given["env"]]
        at_start = frozenset(one for one in given["env"].items() if one[0].startswith(AT_START))
        self._life = _launcher(Path(args[0]), at_start).launch(request, streams)
        self.pid = self._told()
        self._child_created = True
        self._close_pipe_fds(*(given[name] for name in PIPES))  # type: ignore[attr-defined]  # not public
