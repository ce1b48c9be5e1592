"""`check`: read Copernica back and tell what differs from what was written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from target_copernica.account.check import read_drift
from target_copernica.errors import SettingsError
from target_copernica.memory.salvage import is_sound

if TYPE_CHECKING:
    from target_copernica.run.workspace import Workspace

__all__ = ["command"]


@click.command("check")
@click.option("--json", "as_json", is_flag=True, help="As JSON, one line for each.")
@click.option(
    "--rebuild",
    is_flag=True,
    help="Keep the old ledger under another name and build a new one from what is in Copernica.",
)
@click.pass_obj
def command(workspace: Workspace, *, as_json: bool, rebuild: bool) -> None:
    """Read Copernica back, a thousand records a call, and report what differs. Writes nothing there.

    What differs is written again when the tap sends it again: run it in full to repair all.
    """
    lacking: SettingsError | None = None
    with workspace.rebuilt() if rebuild else workspace.replaced(auto_create=False) as work:
        try:
            _look(work, as_json=as_json)
        except SettingsError as error:
            # What is lacking is made with the new ledger: a damaged one would ask for this command again.
            if work.old_ledger is None or is_sound(work.old_ledger):
                raise
            lacking = error
        if work.old_ledger is not None:
            click.echo(
                f"The ledger was built anew; the old one is kept as {work.old_ledger.name}. Run the tap in "
                "full once (`meltano run --full-refresh`, or without its state); it repairs the rest.",
                err=as_json,
            )
    if lacking is not None:
        raise lacking


def _look(work: Workspace, *, as_json: bool) -> None:
    """Check all places, also after one of them has stopped with an error."""
    work.client.sign_in()
    work.prepare_mapping()
    work.prepare_unmapped()
    trouble: list[SettingsError] = []
    for place in work.places.values():
        try:
            drift = read_drift(place, work.ledger, work.readback, work.removed())
        except SettingsError as error:
            trouble.append(error)
        else:
            click.echo(json.dumps(drift.as_json()) if as_json else drift.for_people())
    for earlier in trouble[:-1]:
        work.log.error("%s", earlier)
    if trouble:
        raise trouble[-1]
