"""The command `target-copernica`: one line for every failure, and an exit code that tells the kind."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

import click
from singer_sdk.exceptions import RecordsWithoutSchemaException

from target_copernica.errors import TargetError
from target_copernica.singer.target import TargetCopernica

__all__ = ["main"]


def main() -> None:
    """Run the command.

    Exit codes: 0 done, 2 settings or input, 3 not allowed, 4 Copernica is away, 5 too many rejects,
    6 call budget spent, 128 + number of a signal, 1 anything that should not happen.
    """
    try:
        TargetCopernica.cli.main(standalone_mode=False)
    except TargetError as error:
        _say(str(error))
        sys.exit(error.exit_code)
    except RecordsWithoutSchemaException:
        _say("a record came before the SCHEMA message of its stream: the tap does not keep to Singer")
        sys.exit(2)
    except click.ClickException as error:
        _say(error.format_message())
        sys.exit(2)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except Exception as error:  # noqa: BLE001 - the last resort: no text of an unknown error may reach a log
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}"
        _say(f"unexpected {type(error).__name__} at {where}; please report it")
        sys.exit(1)


def _say(line: str) -> None:
    sys.stderr.write(f"target-copernica: {line}\n")


if __name__ == "__main__":
    main()
