"""`trace`: where a person or an order stands, and what was written, refused and left waiting of it."""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING

import click

from target_copernica.errors import SettingsError
from target_copernica.run.tracing import traced
from target_copernica.terminal import asked_for

if TYPE_CHECKING:
    from target_copernica.run.workspace import Workspace

__all__ = ["command"]


@click.command("trace")
@click.option(
    "--from",
    "file",
    type=click.File(),
    help="A file with one address, id or order number; - is standard input. Else the terminal is asked.",
)
@click.pass_obj
def command(workspace: Workspace, *, file: IO[str] | None) -> None:
    """Show as JSON what Copernica and the ledger know about a person or an order, without values."""
    wanted = (file.read() if file is not None else asked_for("Address, id or order number")).strip()
    if not wanted or len(wanted.splitlines()) > 1:
        raise SettingsError("trace: give one address, id, order number or key, on one line")
    with workspace.replaced(auto_create=False, dry_run=True) as work:
        work.client.sign_in()
        work.prepare_mapping()
        click.echo(json.dumps(traced(work, wanted)))
