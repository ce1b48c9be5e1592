"""`check`: read Copernica back and tell what differs from what was written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from target_copernica.account.check import read_drift

if TYPE_CHECKING:
    from target_copernica.run.workspace import Workspace

__all__ = ["command"]


@click.command("check")
@click.option("--json", "as_json", is_flag=True, help="For machines, a line for each of them.")
@click.pass_obj
def command(workspace: Workspace, *, as_json: bool) -> None:
    """Read Copernica back, a thousand a call, and tell what differs. Writes nothing there.

    What differs is written again when the tap sends it again: run it in full to heal all.
    """
    with workspace.replaced(auto_create=False) as work:
        work.client.sign_in()
        work.prepare_mapping()
        work.prepare_unmapped()
        for place in work.places.values():
            drift = read_drift(place, work.ledger, work.readback, work.removed())
            click.echo(json.dumps(drift.as_json()) if as_json else drift.for_people())
