"""The command `tap-seoshop`. It handles signals from the first moment; slow imports come later."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

from tap_seoshop.spared import spare

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["main"]


def main() -> None:
    """Run the command: see `command.run` for its exit codes."""
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, _stop)
    if sys.stderr is None:  # closed by the caller; what is opened next would get its number
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123  # for life
    spare()
    from tap_seoshop.command import run  # noqa: PLC0415  # takes most of a second

    run()


def _stop(signum: int, _frame: FrameType | None) -> None:
    """End at once: until the tap handles signals itself, nothing has been read or written."""
    os.write(2, f"tap-seoshop: stopped by signal {signum} before it began\n".encode())
    os._exit(128 + signum)


if __name__ == "__main__":
    main()
