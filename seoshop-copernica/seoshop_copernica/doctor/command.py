"""The command `doctor`: the probes of both programs, at the same time."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from seoshop_copernica.inside import environment
from seoshop_copernica.ticks import home_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["rows_of_tap", "rows_of_target", "run"]

PROBES: Final = {
    "SEOshop": ("tap-seoshop", "--config=ENV", "--test"),
    "Copernica": ("target-copernica", "--config=ENV", "doctor", "--quick"),
}


def run(asked: argparse.Namespace) -> int:
    """Run both probes, which only read, and show what they say in one table.

    Args:
        asked: The command line.

    Returns:
        The exit code of the probe that failed, the shop's before Copernica's; 0 if both are fine.

    Raises:
        FleetError: There is no such shop, or it lacks a secret.
    """
    environ = environment(home_of(asked.home), asked.shop)
    if asked.record:
        return _record(environ, asked.record)
    started = {side: _start(command, environ) for side, command in PROBES.items()}
    rows: list[tuple[str, str, str]] = []
    codes = []
    for (side, process), read in zip(started.items(), (rows_of_tap, rows_of_target), strict=True):
        out, err = process.communicate()
        told = [(side, *row) for row in read(out.split("\n"))]
        if process.returncode:
            cause = err.strip().split("\n")[-1] or ("see the lines above" if told else "it said nothing")
            told.append((side, f"exit code {process.returncode}", cause))
        rows += told
        codes.append(process.returncode)
    sys.stdout.write(_table(rows))
    return next((code for code in codes if code), 0)


def _record(environ: Mapping[str, str], file: Path) -> int:
    from seoshop_copernica.doctor.record import observe, report, save  # noqa: PLC0415  # only for this

    observed = observe(environ)
    save(observed, file)
    sys.stdout.write(report(observed))
    sys.stdout.write(f"Written: {file}. It holds no names and no values: attach it to an issue as it is.\n")
    return 0


def rows_of_tap(lines: Iterable[str]) -> list[tuple[str, str]]:
    """What the tap says: the shop, how many streams it can read, and each that it cannot.

    Args:
        lines: Of `tap-seoshop --test`.
    """
    works, rows = 0, []
    for line in filter(None, lines):
        name, _, outcome = line.partition(" ")
        if outcome.strip().startswith("works"):
            works += 1
        elif line.startswith("shop ") and " reached" in line:
            rows.append(("shop", line.removeprefix("shop ")))
        else:
            rows.append((name, outcome.strip()))
    return [*rows, ("streams", f"{works} can be read")] if works else rows


def rows_of_target(lines: Iterable[str]) -> list[tuple[str, str]]:
    """What the target says: each check, its result, and what to do.

    Args:
        lines: Of `target-copernica doctor`; the first is the heading, and a sentence follows the table.
    """
    rows = []
    for line in lines:
        what, *rest = re.split(r"\s{2,}", line.strip())
        if rest and what != "check":
            rows.append((what, ": ".join(rest)))
    return rows


def _start(command: tuple[str, ...], environ: Mapping[str, str]) -> subprocess.Popen[str]:
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    return subprocess.Popen(command, env=environ, stdin=nothing, stdout=pipe, stderr=pipe, text=True)


def _table(rows: list[tuple[str, str, str]]) -> str:
    widths = [max(len(row[at]) for row in rows) + 2 for at in (0, 1)]
    return "".join(f"{side:{widths[0]}}{what:{widths[1]}}{how}\n" for side, what, how in rows)
