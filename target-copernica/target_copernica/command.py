"""One line for every failure, and an exit code that tells the kind."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import sys
import traceback
from pathlib import Path
from typing import Final, NoReturn

import click
from singer_sdk.exceptions import RecordsWithoutSchemaException

from target_copernica.errors import InputError, RefusedError, SettingsError, TargetError, ending
from target_copernica.singer.target import TargetCopernica

__all__ = ["run"]

_OUTPUT_TROUBLE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EPIPE})


def run() -> None:
    """Run the command.

    Exit codes: 0 done, 2 settings, input or a file, 3 not allowed, 4 Copernica is away, 5 too many rejects,
    6 call budget spent, 7 too many writes that may start follow-ups, 128 + number of a signal, 1 anything
    that should not happen.
    """
    if sys.stdout is None:
        _end("standard output is closed, so no state can be written", SettingsError.exit_code)
    try:
        code = TargetCopernica.cli.main(standalone_mode=False)
        sys.stdout.flush()
    except (TargetError, RefusedError) as error:
        exit_code, cause = ending(error)
        _end(cause, exit_code)
    except RecordsWithoutSchemaException:
        line = "a record came before the SCHEMA message of its stream: the tap does not keep to Singer"
        _end(line, InputError.exit_code)
    except click.ClickException as error:
        _end(error.format_message(), SettingsError.exit_code)
    except Exception as error:  # noqa: BLE001 - the last resort: no text of an unknown error may reach a log
        if trouble := _trouble_with_a_file(error):
            _end(trouble, SettingsError.exit_code)
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}"
        _end(f"unexpected {type(error).__name__} at {where}; please report it", 1)
    sys.exit(code if isinstance(code, int) else 0)


def _trouble_with_a_file(error: Exception) -> str | None:
    """What the operating system says of a file of ours; None of anything else."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, OSError) and error.errno in _OUTPUT_TROUBLE:
        return f"standard output cannot be written: {error.strerror}"
    return None


def _end(line: str, code: int) -> NoReturn:
    """Say why the run ends: the last line, and for a log that knows levels an error."""
    line = f"target-copernica: {line}"
    if "SINGER_SDK_LOG_CONFIG" in os.environ:  # Meltano takes a plain line for mere information
        level = logging.ERROR if code else logging.INFO
        logging.getLogger(TargetCopernica.name).log(level, "%s", line, extra={"exit_code": code})
    else:
        with contextlib.suppress(OSError):
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()
    # Not sys.exit: Python would flush standard output once more, and complain of a reader that has gone.
    # Every STATE was flushed when it was written.
    os._exit(code)
