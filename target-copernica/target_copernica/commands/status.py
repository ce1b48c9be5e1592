"""`status`: how the last run ended, what is known, what waits, what was refused, what was spent."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from target_copernica.run.workspace import Workspace

__all__ = ["status"]


@click.command
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.pass_obj
def status(workspace: Workspace, *, as_json: bool) -> None:
    """Tell how the last run ended and what is kept. Asks Copernica nothing."""
    with workspace as work:
        told = _told(work)
    if as_json:
        click.echo(json.dumps(told))
        return
    for line in _lines(told):
        click.echo(line)


def _told(work: Workspace) -> dict[str, Any]:
    month = f"{datetime.now(UTC):%Y-%m}"
    return {
        "last_run": work.ledger.journal.last_run(),
        "places": work.ledger.journal.overview(),
        "waiting": work.ledger.journal.number_waiting(),
        "rejected_records": sum(1 for _ in work.rejects.records()),
        "rejects_file": str(work.rejects.path),
        "calls": {month: work.ledger.journal.calls_of(month)},
    }


def _lines(told: dict[str, Any]) -> list[str]:
    run = told["last_run"]
    if run is None:
        lines = ["No run yet."]
    elif run["ended"] is None:
        lines = [f"Run {run['run']} began at {run['started']} and was cut off."]
    else:
        lines = [
            f"Run {run['run']} ended at {run['ended']} with exit code {run['exit_code']}: {run['cause']}"
        ]
    lines += [
        f"{place['name']}: {place['known']} known, {place['removed']} removed in Copernica and left alone"
        for place in told["places"]
    ]
    lines.append(f"{told['waiting']} records wait for what they belong to.")
    lines.append(f"{told['rejected_records']} records are refused; they stand in {told['rejects_file']}")
    lines += [f"{calls} calls in {month}" for month, calls in told["calls"].items()]
    return lines
