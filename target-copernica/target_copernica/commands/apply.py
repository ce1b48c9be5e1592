"""`apply`: create what the mapping needs and Copernica lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from target_copernica.account.diff import State, compared
from target_copernica.account.structure import wanted_databases
from target_copernica.commands.tables import say

if TYPE_CHECKING:
    from target_copernica.run.workspace import Workspace

__all__ = ["apply"]


@click.command
@click.pass_obj
def apply(workspace: Workspace) -> None:
    """Create the databases, collections and fields that are missing; delete and change nothing."""
    with workspace.replaced(auto_create=True) as work:
        if work.mapping is None:
            work.client.get("identity")
            say("Without preset and mapping each stream becomes a database when it comes: nothing to do.")
            return
        for alias, wanted in wanted_databases(work.mapping):
            before = compared(wanted, work.builder.look(wanted))
            work.prepare(alias, wanted)
            made = [f"{line.place}.{line.field}" for line in before if line.state is State.MISSING]
            for name in made:
                say(f"created {name}")
            number = work.places[alias, None].database_id
            say(f"Database {wanted.name} (id {number}): {len(made)} fields created.")
