"""`restore-check`: after a backup was restored, see who was forgotten and would come back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from target_copernica.errors import SettingsError
from target_copernica.memory.receipts import Receipts
from target_copernica.run.erasing_parts import erasing
from target_copernica.run.restoring import look, put_right
from target_copernica.terminal import say, show

if TYPE_CHECKING:
    from target_copernica.run.workspace import Workspace

__all__ = ["command"]


@click.command("restore-check")
@click.option(
    "--receipts",
    "copy",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A copy of receipts.jsonl that was not restored; by default the one of the state directory.",
)
@click.option("--heal", is_flag=True, help="Forget them again.")
@click.pass_obj
def command(workspace: Workspace, *, copy: Path | None, heal: bool) -> None:
    """Show forgotten people who would come back, or are back. Reads Copernica, a thousand people a call.

    Exit code 2 where there are such people and `--heal` is not given.
    """
    with workspace.replaced(auto_create=False) as work:
        work.client.sign_in()
        work.prepare_mapping()
        work.prepare_unmapped()
        own = Receipts(work.folder / "receipts.jsonl")
        given = Receipts(copy) if copy is not None else own
        found = look(work, given)
        open_cases = work.tombstones.forgotten.cases().keys() - {one.case for one in own.all()}
        rows = [*found.lines()]
        if not rows and not open_cases:
            say("Everyone who was forgotten stays away.")
            return
        if rows:
            show(("what", "how many", "for example"), rows)
        if not heal or work.is_dry:
            raise SettingsError(
                "people who were forgotten would come back, or are not gone yet: `restore-check --heal` puts "
                "it right; nothing was done"
            )
        own.catch_up(given)
        say(f"{put_right(work, erasing(work), found)} people are forgotten again.")
