"""`replay`: send again what was refused, and leave in the rejects file what still is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from target_copernica.errors import RejectedRecordError
from target_copernica.mapping.apply import mapped
from target_copernica.run.run import Run
from target_copernica.writing.queue import fragment_from_json

if TYPE_CHECKING:
    from target_copernica.commands.session import Session
    from target_copernica.run.run import Route

__all__ = ["replay"]


@click.command
@click.pass_obj
def replay(session: Session) -> None:
    """Send the refused records again; those that are still refused stay in the rejects file."""
    run = Run(session.settings, session.interrupt, session.log, max_rejects=float("inf"))
    with run.ending():
        run.start()
        tried: list[int] = []
        for entry in list(run.work.rejects.records()):
            known = run.work.ledger.journal.schema_of(entry["stream"])
            route = run.route(entry["stream"], *known)
            if route is not None:
                _send(run, route, entry)
                tried.append(entry["number"])
            run.turn()
        run.finish()
        # Whatever was refused once more has a new entry by now.
        for number in tried:
            run.work.rejects.drop(number)
    still = run.report.total("rejected")
    click.echo(f"{len(tried)} refused records sent again; {still} are still refused.")


def _send(run: Run, route: Route, entry: dict[str, Any]) -> None:
    stream, content, number = entry["stream"], entry["content"], run.admit()
    run.report.add(stream, "read")
    if entry["form"] == "fragment":
        run.hand_over(route, fragment_from_json(content), number)
        return
    try:
        fragment = mapped(content, route.stream, run.zone)
    except RejectedRecordError as error:
        run.reject(route, error.reason, content, number)
    else:
        run.hand_over(route, fragment, number)
