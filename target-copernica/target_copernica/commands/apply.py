"""`apply`: create what the mapping needs and Copernica lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from target_copernica.account.builder import stopped
from target_copernica.account.changes import Kind
from target_copernica.account.diff import State, compared
from target_copernica.account.restore import keys_to_write, replace_collections, write_keys
from target_copernica.errors import SettingsError
from target_copernica.selections.builder import NotMadeError, Selections, SelectionState
from target_copernica.terminal import ask, say

if TYPE_CHECKING:
    from target_copernica.account.changes import Examined
    from target_copernica.account.structure import WantedDatabase
    from target_copernica.run.workspace import Workspace

__all__ = ["command"]


@click.command("apply")
@click.option(
    "--restore",
    is_flag=True,
    help="Also make key fields, collections and selections again that were removed.",
)
@click.option("--take-over", is_flag=True, help="Write to databases that another, lost state_dir kept.")
@click.option("--share", is_flag=True, help="Write to databases beside the state_dir of another shop.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def command(workspace: Workspace, *, restore: bool, take_over: bool, share: bool, yes: bool) -> None:
    """Create the databases, collections, fields and selections that are missing; change nothing else."""
    if workspace.is_dry:
        raise SettingsError("setting dry_run is on: `plan` shows what would be made; switch it off to apply")
    with workspace.replaced(auto_create=True) as work:
        account = work.check_account()
        if not work.wanted():
            work.client.get("identity")
            say("Without preset and mapping each stream becomes a database when it comes: nothing to do.")
            return
        if take_over or share:
            _mark(work, alone=take_over)
        looked = [(alias, wanted, work.builder.examine(wanted)) for alias, wanted in work.wanted()]
        stops = [change for *_, found in looked if found for change in found.stops]
        if stops and not (restore and all(change.kind is not Kind.STOPS for change in stops)):
            raise stopped(stops)
        if (was := work.other_language()) and not yes:
            ask(f"{work.about_language(was)} Go on?")
        keys = keys_to_write(stops, work.ledger)
        if keys and not yes:
            ask(f"{len(keys)} keys are written again, a call each; follow-ups on changes may run. Go on?")
        for alias, wanted, found in looked:
            _make(work, alias, wanted, found)
        work.builder.marks.leave()
        work.ledger.account.know_identity(account)
        work.ledger.account.know_language(work.settings.labels)
        _make_selections(work, restore=restore)


def _mark(work: Workspace, *, alone: bool) -> None:
    for _, wanted in work.wanted():
        found = work.builder.examine(wanted)
        if found is not None and work.builder.marks.line_about(found.actual, wanted.name):
            work.builder.marks.put(found.actual, alone=alone)
            say(f"Database {wanted.name}: this state_dir writes to it from now on.")


def _make(work: Workspace, alias: str, wanted: WantedDatabase, found: Examined | None) -> None:
    actual = found.actual if found else None
    before = compared(wanted, actual)
    stops = found.stops if found else ()
    if actual is not None and (keys := keys_to_write(stops, work.ledger)):
        actual = write_keys(work.client, work.builder, wanted, actual, keys)
        say(f"wrote {len(keys)} keys again")
    work.build(alias, wanted, actual)
    made = [f"{line.place}.{line.field}" for line in before if line.state is State.MISSING]
    for name in made:
        say(f"created {name}")
    number = work.places[alias, None].database_id
    say(f"Database {wanted.name} (id {number}): {len(made)} fields created.")
    if any(change.kind is Kind.COLLECTION_GONE for change in stops):
        replace_collections(stops, work.places.values(), work.ledger)
        say("Collections were made anew and are empty: run the tap in full.")


def _make_selections(work: Workspace, *, restore: bool) -> None:
    views = work.selections()
    if not views:
        return
    selections = Selections(work.client, work.ledger, work.places)
    due = {SelectionState.MISSING, SelectionState.REMOVED} if restore else {SelectionState.MISSING}
    ids: dict[str, int | None] = {}
    failed: list[str] = []
    for found in selections.look(views):
        view, number = found.view, found.id
        below = ids.get(view.below) if view.below else None
        if found.status in due and (below is not None or not view.below):
            try:
                number = selections.make(view, below)
            except NotMadeError as error:
                failed.append(str(error))
            else:
                say(f"created the selection {view.name}")
        elif number is not None and view.may_mail and found.status is not SelectionState.CHANGED:
            selections.intend(number, may_mail=True)
        ids[view.key] = number
    for line in failed:
        say(line)
    if failed:
        raise SettingsError(
            f"{len(failed)} selections were not made, nothing is left of them; all else was; leave them out "
            "in a file of your own, or all of them by `selections: off`"
        )
