"""The command lines of programs while they run: what every user of a machine can read."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["sampled"]

PROC = Path("/proc")
SECONDS = 0.02
"""Between two looks; a program lives longer."""


@contextmanager
def sampled(file: Path, found: Callable[[int, bytes], None] | None = None) -> Iterator[None]:
    """Write each command line below this process into a file, as long as the context lasts.

    Args:
        file: Where to; it stays empty where the system has no `/proc`.
        found: Is called with id and command line of each process, more than once, in a process of its own.
    """
    file.touch()
    if not (PROC / "self").exists():
        yield
        return
    above = os.getpid()
    if not (child := os.fork()):
        try:
            _sample(above, file, found)
        finally:
            os._exit(1)  # nothing of the parent may go on in the child
    try:
        yield
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _sample(above: int, file: Path, found: Callable[[int, bytes], None] | None) -> None:
    seen: set[bytes] = set()
    with file.open("wb", buffering=0) as lines:
        while True:
            for number, line in _below(above).items():
                if found is not None:
                    with suppress(ProcessLookupError):  # it has just ended
                        found(number, line)
                if line not in seen:
                    seen.add(line)
                    lines.write(line.replace(b"\0", b" ") + b"\n")
            time.sleep(SECONDS)


def _below(above: int) -> Mapping[int, bytes]:
    parents: dict[int, int] = {}
    lines: dict[int, bytes] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                # The name in brackets may hold anything.
                parents[int(entry.name)] = int((entry / "stat").read_bytes().rpartition(b")")[2].split()[1])
                lines[int(entry.name)] = (entry / "cmdline").read_bytes()
            except (OSError, IndexError):  # it has just ended
                continue
    return {number: line for number, line in lines.items() if _is_below(number, above, parents)}


def _is_below(number: int, above: int, parents: dict[int, int]) -> bool:
    while number > 1:
        number = parents.get(number, 0)
        if number == above:
            return True
    return False
