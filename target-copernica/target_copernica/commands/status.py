"""`status`: how the last run ended, what is known, what waits, what was refused, what was spent."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_copernica.memory.journal import LastRun, PlaceCount
    from target_copernica.run.workspace import Workspace

__all__ = ["command"]


@dataclass(frozen=True, slots=True)
class Status:
    """What the files below `state_dir` tell.

    Attributes:
        last_run: How the last run ended; None before the first.
        places: What is known, by database and collection.
        waiting: How many fragments wait for what they belong to.
        rejected_records: How many records are refused now.
        rejected_fields: How many fields of records that were written.
        rejects_file: Where both stand.
        calls: Calls to Copernica in this month, by month.
    """

    last_run: LastRun | None
    places: list[PlaceCount]
    waiting: int
    rejected_records: int
    rejected_fields: int
    rejects_file: str
    calls: dict[str, int]

    def lines(self) -> Iterator[str]:
        """For people."""
        yield _about_run(self.last_run)
        for place in self.places:
            yield f"{place.name}: {place.known} known, {place.removed} removed in Copernica and left alone"
        yield f"{self.waiting} records wait for what they belong to."
        yield (
            f"Refused: {self.rejected_records} records, and {self.rejected_fields} fields of records that "
            f"were written; they stand in {self.rejects_file}"
        )
        yield from (f"{calls} calls in {month}" for month, calls in self.calls.items())


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def command(workspace: Workspace, *, as_json: bool) -> None:
    """Show how the last run ended and what is stored. Asks Copernica nothing."""
    with workspace as work:
        found = _status(work)
    if as_json:
        click.echo(json.dumps(asdict(found)))
        return
    for line in found.lines():
        click.echo(line)


def _status(work: Workspace) -> Status:
    journal, month = work.ledger.journal, f"{datetime.now(UTC):%Y-%m}"
    return Status(
        journal.last_run(),
        journal.overview(),
        journal.number_waiting(),
        sum(1 for _ in work.rejects.records()),
        work.rejects.number_of_fields(),
        str(work.rejects.path),
        {month: journal.calls_of(month)},
    )


def _about_run(run: LastRun | None) -> str:
    if run is None:
        return "No run yet."
    if run.ended is None:
        return f"Run {run.run} began at {run.started} and was cut off."
    return f"Run {run.run} ended at {run.ended} with exit code {run.exit_code}: {run.cause}"
