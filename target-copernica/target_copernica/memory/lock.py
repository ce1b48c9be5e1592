"""Two runs never write at the same time: a lock of the operating system, held for life."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

from target_copernica.errors import LockedError, SettingsError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["StateDirectory"]


class StateDirectory:
    """The directory with ledger, rejects and lock, held by this process until it ends.

    A lock of the operating system goes with the process, however it dies: nothing stale is left.

    Args:
        path: The directory; it is made, for its owner only, if it is not there.

    Raises:
        LockedError: Another run holds it.
        SettingsError: It cannot be made or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._handle = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise SettingsError(f"setting state_dir: {path} cannot be used ({error.strerror})") from None
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._handle)
            raise LockedError(
                f"another run is writing with {path}: nothing to do, it goes on there"
            ) from None
        except OSError as error:
            os.close(self._handle)
            raise SettingsError(f"setting state_dir: {path} cannot be locked ({error.strerror})") from None

    def release(self) -> None:
        """Let the next run in."""
        os.close(self._handle)
