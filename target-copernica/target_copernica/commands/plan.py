"""`plan`: what the mapping needs in Copernica, what is there, what is missing, what differs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from target_copernica.account.diff import State, compared
from target_copernica.account.structure import Place
from target_copernica.errors import SettingsError
from target_copernica.mapping.sources import missing_properties
from target_copernica.selections.builder import SelectionFound, Selections, SelectionState
from target_copernica.selections.wanted import PEOPLE
from target_copernica.terminal import say, show

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_copernica.account.diff import Line
    from target_copernica.account.structure import ActualDatabase, WantedDatabase
    from target_copernica.run.workspace import Workspace

__all__ = ["command"]


@click.command("plan")
@click.option("--all", "everything", is_flag=True, help="Also show the fields that are as they should be.")
@click.pass_obj
def command(workspace: Workspace, *, everything: bool) -> None:
    """Show what exists, what is missing and what differs; makes nothing."""
    with workspace as work:
        work.check_account()
        if not work.wanted():
            work.client.get("identity")
            say("Without preset and mapping each stream becomes a database when it comes: nothing to plan.")
            return
        looked = [(wanted, work.builder.examine(wanted)) for _, wanted in work.wanted()]
        for wanted, found in looked:
            actual = found.actual if found else None
            lines = compared(wanted, actual)
            show(
                ("place", "field", "type", "state", "note"),
                [_row(line) for line in lines if everything or line.state is not State.THERE],
                title=_title(wanted, actual, lines),
            )
            say("")
            for line in found.notes if found else ():
                say(line)
            if actual is not None and any(line.state is State.MISSING for line in lines):
                _say_what_a_new_field_means(work, actual, lines)
        aliases = [alias for alias, _ in work.wanted()]
        people = looked[aliases.index(PEOPLE)][1] if PEOPLE in aliases else None
        _show_selections(work, people.actual if people else None, everything=everything)
        if was := work.other_language():
            say(work.about_language(was))
        _say_what_has_no_source(work)
        stops = [change for _, found in looked if found for change in found.stops]
        for change in stops[1:]:
            say(change.line)
        if stops:
            raise SettingsError(stops[0].line)
        for wanted, found in looked:
            if found is not None:
                work.builder.check_people(wanted, found.actual)


def _show_selections(work: Workspace, actual: ActualDatabase | None, *, everything: bool) -> None:
    views = work.selections()
    if actual is None:
        found = [
            SelectionFound(view, SelectionState.LACKING if view.lacks else SelectionState.MISSING)
            for view in views
        ]
    else:
        place = Place(actual.id, None, PEOPLE, None, actual.fields)
        found = Selections(work.client, work.ledger, {(PEOPLE, None): place}).look(views) if views else []
    if shown := [one for one in found if everything or one.status is not SelectionState.THERE]:
        counted = Counter(one.status.value for one in found)
        show(
            ("selection", "state", "note"),
            [(one.view.name, one.status.value, one.note) for one in shown],
            title="Selections: " + ", ".join(f"{number} {state}" for state, number in counted.items()),
        )
        say("")


def _say_what_has_no_source(work: Workspace) -> None:
    """Compare the mapping with what the tap sent in its last run, as far as one is known."""
    for stream, schema, _ in work.ledger.journal.schemas(mapped=True):
        declared = work.mapping.streams.get(stream) if work.mapping is not None else None
        if declared is not None and (line := missing_properties(declared, schema)):
            say(f"{line}, as the tap last described it")


def _title(wanted: WantedDatabase, actual: ActualDatabase | None, lines: Iterable[Line]) -> str:
    counted = {state: sum(line.state is state for line in lines) for state in State}
    there = "is not there yet" if actual is None else f"has the id {actual.id}"
    numbers = ", ".join(f"{number} {state.value}" for state, number in counted.items() if number)
    return f"Database {wanted.name} {there}; fields: {numbers}"


def _row(line: Line) -> tuple[str, ...]:
    return (line.place, line.field, line.type, line.state.value, line.note)


def _say_what_a_new_field_means(work: Workspace, actual: ActualDatabase, lines: Iterable[Line]) -> None:
    if work.builder.holds_people(actual):
        new = [line for line in lines if line.state is State.MISSING]
        say(
            f"There are people in this database already: {len(new)} new fields stand empty (numbers at "
            "0) for them until the next full run of the tap, which fills them for all (`meltano run "
            "--full-refresh`, or the tap without its state); records are written once more for that."
        )
        say("")
