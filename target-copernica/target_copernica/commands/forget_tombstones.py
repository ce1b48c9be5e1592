"""`forget-tombstones`: people who were removed in Copernica may be made anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from target_copernica.terminal import ask

if TYPE_CHECKING:
    from target_copernica.run.workspace import Workspace

__all__ = ["command"]


@click.command("forget-tombstones")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def command(workspace: Workspace, *, yes: bool) -> None:
    """Forget that people were removed in Copernica: they come back when their records come again."""
    if not yes:
        ask("People who opted out by being removed will be written again. Go on?")
    with workspace.replaced(auto_create=False) as work:
        work.client.sign_in()
        work.prepare_mapping()
        work.prepare_unmapped()
        number = work.removed().let_come_back(work.places.values())
    click.echo(f"{number} tombstones forgotten: run the tap in full, and they are made anew.")
