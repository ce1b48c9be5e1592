"""The command `target-seoshop-optouts`: opt-outs come in, the subscriptions that they end are deleted."""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from target_seoshop_optouts.deciding import STREAM, noted, to_delete
from target_seoshop_optouts.seoshop import OptOutsError, Seoshop

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_seoshop_optouts.deciding import OptOut

__all__ = ["main"]

_MOST: Final = 50
_NO: Final = frozenset({"false", "no", "off", "0"})


def main() -> None:
    """Run: exit codes 0 done, 2 settings or input, 3 refused, 4 the shop is away, 5 too many."""
    parser = argparse.ArgumentParser(prog="target-seoshop-optouts", description=__doc__)
    parser.add_argument(
        "--version", action="version", version=f"%(prog)s {version('target-seoshop-optouts')}"
    )
    parser.add_argument("--config", type=Path, required=True)
    try:
        _run(_config(parser.parse_args().config), sys.stdin)
    except OptOutsError as error:
        sys.stderr.write(f"target-seoshop-optouts: {error}\n")
        sys.exit(error.exit_code)


def _run(config: dict[str, Any], lines: Iterable[str]) -> None:
    optouts, state = _taken(lines)
    shop = Seoshop(config)
    is_dry = str(config.get("dry_run", "true")).strip().lower() not in _NO
    most = _most(config.get("max_deletes"))
    ended = to_delete(optouts, shop.subscriptions()) if optouts else []
    if len(ended) > most:
        raise OptOutsError(
            f"{len(ended)} subscriptions would be deleted, more than the {most} of the setting max_deletes; "
            "none is. See why they are so many; if that is right, raise it for one run", 5
        )  # fmt: skip
    if is_dry:
        _say(f"dry run: {len(ended)} subscriptions would be deleted; `dry_run: false` deletes them")
        return  # without the state, so that a real run gets these opt-outs again
    receipts = Path(config.get("receipts") or "optout-receipts.jsonl").expanduser()
    for number, optout in ended:
        _receipt(receipts, number, optout, "deleting")
        shop.delete(number)
        _receipt(receipts, number, optout, "deleted")
    if state is not None:
        sys.stdout.write(json.dumps(state) + "\n")
        sys.stdout.flush()
    _say(f"{len(ended)} subscriptions deleted, of {len(optouts)} addresses that opted out")


def _most(given: object) -> int:
    """Most deletions in a run; 0 is a limit like any other."""
    text = "" if given is None else str(given).strip()
    if text and not text.isdecimal():
        raise OptOutsError("setting max_deletes: expected a whole number", 2)
    return int(text or _MOST)


def _taken(lines: Iterable[str]) -> tuple[dict[str, OptOut], Any]:
    """All opt-outs of the input and its last state; nothing is done before all of it was understood."""
    optouts: dict[str, OptOut] = {}
    state = None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            message = json.loads(line)
            kind = message["type"]
            if kind in ("SCHEMA", "RECORD") and message["stream"] != STREAM:
                raise OptOutsError(
                    f"line {number}: not the stream `{STREAM}`; is this the right tap? Nothing was deleted",
                    2,
                )
            if kind == "RECORD":
                noted(optouts, message["record"])
            elif kind == "STATE":
                state = message["value"]
        except (ValueError, KeyError, TypeError, AttributeError):
            raise OptOutsError(
                f"line {number} is no message with an opt-out; nothing was deleted", 2
            ) from None
    return optouts, state


def _receipt(file: Path, number: int, optout: OptOut, what: str) -> None:
    """A line that says what is done and why, without the address; durable before the next step."""
    at, kind = optout
    line = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "what": what,
        "subscription": number,
        "because": kind,
        "opted_out_at": at.isoformat(),
    }
    try:
        handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(handle, (json.dumps(line) + "\n").encode())
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise OptOutsError(f"setting receipts: {file}: {error.strerror}", 2) from None


def _config(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise OptOutsError(f"{file} is not a file with a JSON object", 2)
    return found


def _say(line: str) -> None:
    sys.stderr.write(f"target-seoshop-optouts: {line}\n")


if __name__ == "__main__":
    main()
