"""`report`: what mailing is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from target_copernica.errors import SettingsError
from target_copernica.selections.uplift import uplift
from target_copernica.selections.wanted import PEOPLE, field_names
from target_copernica.terminal import say, show

if TYPE_CHECKING:
    from target_copernica.run.workspace import Workspace

__all__ = ["command"]


@click.group("report")
def command() -> None:
    """Show what mailing is worth."""


@command.command("uplift")
@click.pass_obj
def uplift_command(workspace: Workspace) -> None:
    """Compare net revenue per person of the hold-out group and the rest: `net_365` by `holdout`.

    People are read from Copernica, a thousand a call; nothing is written.
    """
    with workspace.replaced(auto_create=False) as work:
        work.prepare_mapping()
        names = field_names(work.mapping) if work.mapping is not None else {}
        lacking = [name for name in ("holdout", "net_365") if (None, name) not in names]
        if lacking:
            raise SettingsError(f"the mapping leaves out {' and '.join(lacking)}, which the report needs")
        place = work.places[PEOPLE, None]
        held, net = (place.fields[names[None, name].lower()].name for name in ("holdout", "net_365"))
        groups: dict[str, list[float]] = {"yes": [], "no": []}
        for _, fields in work.readback.keys_and_fields(place):
            if (group := groups.get(fields.get(held, ""))) is not None:
                group.append(float(fields.get(net) or 0))
    found = uplift(groups["yes"], groups["no"])
    show(
        ("group", "people", "net revenue per person, 365 days"),
        [
            ("held out", f"{found.held_out:,}", f"{found.held_out_a_head:,.2f}"),
            ("the rest", f"{found.rest:,}", f"{found.rest_a_head:,.2f}"),
        ],
    )
    say(found.in_words())
