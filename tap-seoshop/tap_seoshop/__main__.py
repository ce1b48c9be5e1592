"""The command `tap-seoshop`: one line for every failure, and an exit code that tells the kind."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import NoReturn

import click

from tap_seoshop.errors import SettingsError, TapError
from tap_seoshop.tap import TapSeoshop

__all__ = ["main"]

UNREADABLE = ("JSONDecodeError", "UnicodeDecodeError")
"""What a broken file of settings, catalog or state raises; the errors of answers are caught elsewhere."""


def main() -> None:
    """Run the command.

    Exit codes: 0 done (also with a spent quota), 2 settings or state, 3 not allowed, 4 the API is away,
    128 + number of a signal, 1 whoever reads has gone, or anything that should not happen.
    """
    try:
        TapSeoshop.cli.main(standalone_mode=False)
    except TapError as error:
        _end(str(error), error.exit_code)
    except click.ClickException as error:
        _end(error.format_message(), SettingsError.exit_code)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except FileNotFoundError:
        _end("the file of settings was not found", SettingsError.exit_code)
    except Exception as error:  # noqa: BLE001  # the last resort: no text of an unknown error may reach a log
        if type(error).__name__ in UNREADABLE:
            _end("the file of settings, catalog or state is not valid JSON", SettingsError.exit_code)
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}:{last.lineno}"
        _end(f"unexpected {type(error).__name__} at {place}; please report it", 1)


def _end(line: str, code: int) -> NoReturn:
    sys.stderr.write(f"tap-seoshop: {line}\n")
    sys.stderr.flush()
    # Not sys.exit: it would wait for a request that hangs in another thread, and complain once more about a
    # broken pipe. Every message was flushed when it was written.
    os._exit(code)


if __name__ == "__main__":
    main()
