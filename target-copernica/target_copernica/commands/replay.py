"""`replay`: send again what was refused, and leave in the rejects file what still is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from target_copernica.run.run import Run

if TYPE_CHECKING:
    from target_copernica.run.intake import Intake
    from target_copernica.run.workspace import Workspace

__all__ = ["command"]


@click.command("replay")
@click.pass_obj
def command(workspace: Workspace) -> None:
    """Send refused records again; those that are refused again stay in the rejects file."""
    with workspace.replaced(max_rejects=float("inf"), events=()) as work, Run(work) as run:
        run.start()
        intakes: dict[str, Intake] = {}
        tried: list[int] = []
        for entry in list(work.rejects.records()):
            stream = entry["stream"]
            if stream not in intakes:
                intakes[stream] = run.intake(stream, *work.ledger.journal.schema_of(stream))
            intake = intakes[stream]
            if not intake.is_mapped:
                continue
            if entry["form"] == "fragment":
                intake.take_fragment(entry["content"], run.admit())
            else:
                intake.take(entry["content"], run.admit())
            tried.append(entry["number"])
            run.turn()
        run.finish()
        # What was refused once more has a new entry by now.
        for number in tried:
            work.rejects.drop(number)
    still = run.report.total("rejected")
    click.echo(f"{len(tried)} refused records sent again; {still} are still refused.")
