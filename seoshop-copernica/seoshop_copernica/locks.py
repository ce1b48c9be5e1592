"""Locks of the operating system: they go with the process, however it dies, so that nothing stale is left."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from seoshop_copernica.errors import TroubleError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["claim_programs", "held", "note_group"]

PATIENCE: Final = 60.0
"""Seconds that programs of a killed tick are given to end after their request in hand."""
_LOOK_EVERY: Final = 0.05
_GRACE: Final = 10.0


@contextmanager
def held(path: Path) -> Iterator[int | None]:
    """Hold a lock, if it is free.

    Args:
        path: Its file; made with its folder if it is not there.

    Yields:
        Its handle, which programs may inherit; None where another one holds it.

    Raises:
        TroubleError: The file cannot be made.
    """
    handle = _opened(path)
    try:
        if not (taken := _taken(handle)):
            time.sleep(_LOOK_EVERY)  # `status` looks whether it is held, for a moment
            taken = _taken(handle)
        yield handle if taken else None
    finally:
        os.close(handle)


@contextmanager
def claim_programs(path: Path, patience: float = PATIENCE) -> Iterator[int]:
    """Hold the lock that is handed to the programs of a tick.

    A tick that was killed may have left its programs at work. They hold this lock, and its file names their
    process group (`note_group`): they are asked to end, and ended if they do not.

    Args:
        path: The lock's file.
        patience: Seconds between asking and ending them.

    Yields:
        The handle that programs inherit.

    Raises:
        TroubleError: The file cannot be made, or the lock stays held.
    """
    handle = _opened(path)
    try:
        if not _taken(handle):
            _end_group(handle, patience)
        if not _taken(handle):
            raise TroubleError(f"{path}: programs of an earlier tick hold it and do not end; look for them")
        os.ftruncate(handle, 0)
        yield handle
    finally:
        os.close(handle)


def note_group(handle: int, group: int) -> None:
    """Write down which process group holds a lock of `claim_programs`."""
    os.pwrite(handle, b"%d\n" % group, 0)


def _end_group(handle: int, patience: float) -> None:
    """Ask the programs that hold a lock to end, and end them if they do not."""
    group = int(os.pread(handle, 32, 0) or 0)
    for number in (signal.SIGTERM, signal.SIGKILL):
        # Another group cannot have the number by now: it is not given again while a member lives. Without one
        # the tick was killed before it could note it: a tap that has no target yet ends by itself.
        if group and not _sent(group, number):
            return
        end = time.monotonic() + patience
        while time.monotonic() < end and (_sent(group, 0) if group else not _taken(handle)):
            if _taken(handle):  # what Meltano has started does not hold it, and may take a little longer
                end = min(end, time.monotonic() + _GRACE)
            time.sleep(_LOOK_EVERY)


def _sent(group: int, number: int) -> bool:
    """Whether a group was there to be sent a signal."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


def _opened(path: Path) -> int:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise TroubleError(f"{path}: {error.strerror}") from None


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
