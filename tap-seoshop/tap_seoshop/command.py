"""One line for every failure, and an exit code for each kind."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import sqlite3
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Final, NoReturn

import click

from tap_seoshop.errors import SettingsError, TapError
from tap_seoshop.records.messages import flush_output
from tap_seoshop.tap import TapSeoshop

__all__ = ["run"]

_OUTPUT_TROUBLE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EPIPE})
_DISK_TROUBLE: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN})


def run() -> None:
    """Run the command.

    Exit codes: 0 done (also with a spent quota), 2 settings, state or a file, 3 not allowed, 4 the API is
    away, 128 + number of a signal, 1 the reader has gone, or anything that should not happen.
    """
    if sys.stdout is None:
        _end("standard output is closed, so no record can be written", SettingsError.exit_code)
    try:
        code = TapSeoshop.cli.main(standalone_mode=False)
        flush_output()
    except TapError as error:
        _end(str(error), error.exit_code)
    except click.ClickException as error:
        _end(error.format_message(), SettingsError.exit_code)
    except Exception as error:  # noqa: BLE001  # the last resort: no text of an unknown error may reach a log
        if trouble := _trouble_with_a_file(error):
            _end(trouble, SettingsError.exit_code)
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}:{last.lineno}"
        _end(f"unexpected {type(error).__name__} at {place}; please report it", 1)
    sys.exit(code if isinstance(code, int) else 0)


def _trouble_with_a_file(error: Exception) -> str | None:
    """What the operating system says of a file of ours; None of anything else."""
    if isinstance(error, sqlite3.Error):
        on_disk = getattr(error, "sqlite_errorcode", 0) & 0xFF in _DISK_TROUBLE
        return f"temporary files in {tempfile.gettempdir()}: {error}" if on_disk else None
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, OSError) and error.errno in _OUTPUT_TROUBLE:
        return f"standard output cannot be written: {error.strerror}"
    return None


def _end(line: str, code: int) -> NoReturn:
    """Say why the run ends: the last line, and for a log that knows levels an error."""
    line = f"tap-seoshop: {line}"
    if "SINGER_SDK_LOG_CONFIG" in os.environ:  # Meltano takes a plain line for mere information
        level = logging.ERROR if code else logging.INFO
        logging.getLogger(TapSeoshop.name).log(level, "%s", line, extra={"exit_code": code})
    else:
        with contextlib.suppress(OSError):
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()
    # Not sys.exit: it would wait for a request that hangs in another thread, and complain once more about a
    # broken pipe. Every message was flushed when it was written.
    os._exit(code)
