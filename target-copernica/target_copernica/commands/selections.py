"""`selections`: how large they are, and who would have been in one on each day of the last year."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import timedelta
from typing import IO, TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import click
from rich.bar import Bar

from target_copernica.errors import SettingsError
from target_copernica.selections.backtest import backtest, taken_from_today
from target_copernica.selections.builder import Selections
from target_copernica.selections.chart import chart
from target_copernica.selections.load import load_selections
from target_copernica.selections.model import levels_of
from target_copernica.selections.reading import collections_of, read_people
from target_copernica.selections.wanted import PEOPLE, field_names
from target_copernica.terminal import say, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_copernica.run.workspace import Workspace
    from target_copernica.selections.backtest import Day

__all__ = ["command"]

_DAYS: Final = 365
_NUMBER: Final = click.IntRange(1)
_PAGE: Final = 1000
_WIDTH: Final = 30
_ZONE: Final = ZoneInfo("Europe/Amsterdam")  # of Copernica's times (docs/api/copernica.md section 16)


@click.group("selections")
def command() -> None:
    """The selections described in docs/in-copernica.md."""


@command.command("list")
@click.pass_obj
def listed(workspace: Workspace) -> None:
    """Show each selection and how many are in it, as Copernica last built it: two calls for each."""
    with workspace.replaced(auto_create=False) as work:
        work.prepare_mapping()
        views = work.selections()
        if not views:
            raise SettingsError("there are no selections (setting selections, docs/in-copernica.md)")
        selections = Selections(work.client, work.ledger, work.places)
        rows = [
            (
                one.view.name,
                one.status.value,
                "" if one.id is None else f"{selections.size(one.id):,}",
                one.view.key,
            )
            for one in selections.look(views)
        ]
    show(("selection", "state", "people", "name in the file"), rows)


@command.command("backtest")
@click.argument("name")
@click.option("--days", default=_DAYS, show_default=True, type=_NUMBER, help="How many days back.")
@click.option(
    "--window", default=30, show_default=True, type=_NUMBER, help="Days within which an order counts."
)
@click.option("--csv", "file", type=click.File("w"), help="A line for each day, as CSV.")
@click.option(
    "--chart", "picture", type=click.File("w", "utf-8"), help="A picture for a mail or a slide, as SVG."
)
@click.pass_obj
def tested(
    workspace: Workspace, *, name: str, days: int, window: int, file: IO[str] | None, picture: IO[str] | None
) -> None:
    """Count who would have been in selection NAME on each day, and who of them bought anyway.

    NAME is the name in the file. People and orders are read from Copernica, a thousand a call; nothing is
    written.
    """
    with workspace.replaced(auto_create=False) as work:
        chosen = load_selections(work.settings.selections) if work.selections() else {}
        if name not in chosen or work.mapping is None:
            raise SettingsError(f"there is no selection {name!r}: one of {', '.join(chosen) or 'none'}")
        levels = levels_of(chosen, name)
        work.prepare_mapping()
        collections = collections_of(levels)
        if missing := [one for one in collections if (PEOPLE, one) not in work.places]:
            raise SettingsError(f"a backtest needs the collection {missing[0]}, which the mapping leaves out")
        totals = [work.readback.total(work.places[PEOPLE, one]) or 0 for one in (None, *collections)]
        calls = sum(total // _PAGE + 1 for total in totals)
        say(f"Reading {totals[0]:,} people and {sum(totals[1:]):,} subprofiles: about {calls:,} calls.")
        people = read_people(work.readback, work.places, field_names(work.mapping), collections)
        today = work.client.now().astimezone(_ZONE).replace(tzinfo=None)
    moments = [today - timedelta(days=back) for back in range(days, -1, -1)]
    found = list(backtest(people, levels, moments, timedelta(days=window)))
    if today_only := taken_from_today(levels):
        say(f"As it is today, since Copernica keeps no past of it: {', '.join(today_only)}.")
    _show(name, found, window)
    if file is not None:
        writer = csv.writer(file)
        writer.writerow(("day", "members", f"bought_within_{window}_days"))
        writer.writerows((day.day, day.members, "" if day.bought is None else day.bought) for day in found)
    if picture is not None:
        title = chosen[name].name_in(work.settings.labels)
        picture.write(chart(f"{title}: people on each day", found, window))


def _show(name: str, found: Sequence[Day], window: int) -> None:
    """A row for each month: the average of its days."""
    months: defaultdict[str, list[Day]] = defaultdict(list)
    for day in found:
        months[f"{day.day:%Y-%m}"].append(day)
    most = max(sum(day.members for day in days) / len(days) for days in months.values()) or 1
    rows = []
    for month, days in months.items():
        members = sum(day.members for day in days) / len(days)
        over = [day for day in days if day.bought is not None]
        held = sum(day.members for day in over)
        share = f"{sum(day.bought or 0 for day in over) / held:.0%}" if held else ""
        rows.append((month, f"{members:,.1f}", share, Bar(most, 0, members, width=_WIDTH)))
    show(
        ("month", "people a day", f"bought within {window} days anyway", ""),
        rows,
        title=f"Who would have been in {name}",
    )
