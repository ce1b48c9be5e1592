"""The command `seoshop-copernica`."""

from __future__ import annotations

import signal
import sys

from seoshop_copernica.command import run

__all__ = ["main"]


def main() -> None:
    """Run the command: see `docs/fleet.md` for its exit codes."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until a tick passes it on there is nothing to be told
    sys.exit(run())


if __name__ == "__main__":
    main()
