"""`receipts`: who was forgotten when, without saying who, and whether the chain of the proof is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from target_copernica.errors import SettingsError
from target_copernica.memory.receipts import Receipts
from target_copernica.terminal import say, show

if TYPE_CHECKING:
    from target_copernica.run.workspace import Workspace

__all__ = ["command"]


@click.command("receipts")
@click.pass_obj
def command(workspace: Workspace) -> None:
    """Check the chain of the receipts of `forget`, and list them. Asks Copernica nothing."""
    with workspace as work:
        receipts = Receipts(work.folder / "receipts.jsonl").all()
        open_cases = work.tombstones.forgotten.cases().keys() - {one.case for one in receipts}
    show(
        ("receipt", "forgotten", "done", "profiles", "others", "what remained"),
        [
            (
                one.case,
                one.forgotten,
                one.done,
                str(one.profiles),
                str(one.subprofiles),
                one.remains or "nothing",
            )
            for one in receipts
        ],
    )
    say(f"The chain of {len(receipts)} receipts is whole.")
    if open_cases:
        raise SettingsError(
            f"{len(open_cases)} people were to be forgotten and have no receipt: run `forget` once more, or "
            "`restore-check --heal`"
        )
