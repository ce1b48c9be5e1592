"""`pass-once`: the mail brake lets one run pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from target_copernica.errors import SettingsError
from target_copernica.terminal import ask

if TYPE_CHECKING:
    from target_copernica.run.workspace import Workspace

__all__ = ["command"]


@click.command("pass-once")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def command(workspace: Workspace, *, yes: bool) -> None:
    """Let one run, within a day, write more than `max_live` allows and start all those follow-ups."""
    if workspace.is_dry:
        raise SettingsError("setting dry_run is on: a dry run starts no follow-ups and needs no pass")
    if not yes:
        ask("The next run may start any number of follow-ups (campaigns). Go on?")
    with workspace as work:
        work.client.sign_in()
        work.ledger.journal.allow_once(work.client.now().isoformat(timespec="seconds"))
    click.echo("The mail brake lets the next run pass, if it comes within a day.")
