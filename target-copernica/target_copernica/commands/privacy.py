"""`privacy`: what is kept about people, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from target_copernica.errors import SettingsError
from target_copernica.mapping.register import LANGUAGES, WORDS, register, without_people

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_copernica.run.workspace import Workspace

__all__ = ["command"]


@click.group("privacy")
def command() -> None:
    """What is kept about people, and why."""


@command.command("register")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True)
@click.pass_obj
def register_(workspace: Workspace, *, language: str) -> None:
    """Write the mapping's part of a register of processing activities, as a table in Markdown."""
    mapping = workspace.read_mapping()
    if mapping is None:
        raise SettingsError(
            "without preset and mapping nothing says what goes where: there is nothing to list"
        )
    rows = register(mapping)
    columns = WORDS[language]["columns"].split("|")
    for cells in (columns, ["---"] * len(columns), *(row.cells(language) for row in rows)):
        click.echo(_line(cells))
    for name in without_people(mapping).values():
        click.echo(f"{name} has no field of type email: nothing in it is about people.", err=True)
    if unknown := [row.field for row in rows if row.purpose is None]:
        names = ", ".join(unknown)
        click.echo(
            f"{len(unknown)} fields of your own mapping have no purpose: fill it in: {names}", err=True
        )


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
