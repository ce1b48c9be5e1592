"""A backtest as a picture for a mail or a slide: an SVG that needs nothing else. Pure."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

import leather
from leather import theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_copernica.selections.backtest import Day

__all__ = ["chart"]

_WIDTH: Final = 1000
_HEIGHT: Final = 500
_MOST_TICKS: Final = 12
_FEWEST_MONTHS: Final = 3
_IN_IT: Final = "#0b6fa4"
_BOUGHT: Final = "#d1701a"

for _part in ("title", "legend", "axis_title", "tick"):  # the library's font is on Macs only
    setattr(theme, f"{_part}_font_family", "Helvetica, Arial, sans-serif")
theme.background_color = "#ffffff"
theme.label_color = "#555555"


def chart(title: str, days: Sequence[Day], window: int) -> str:
    """Draw how many would have been in a selection on each day, and how many of them bought anyway.

    Args:
        title: What it is about.
        days: The days of the backtest, oldest first, at least two.
        window: Days within which an order counts.

    Returns:
        The text of an SVG file.
    """
    last = len(days) - 1
    months = [
        next(found) for _, found in groupby(range(len(days)), key=lambda at: days[at].day.replace(day=1))
    ][1:]
    ticks, form = (months, "%Y-%m") if len(months) >= _FEWEST_MONTHS else (list(range(len(days))), "%m-%d")
    drawn = leather.Chart(title)
    drawn.add_x_scale(0, 1)  # by dates the library would begin and end the axis where it likes
    drawn.add_x_axis(
        ticks=[at / last for at in ticks[:: -(-len(ticks) // _MOST_TICKS)]],
        tick_formatter=lambda share, *_: days[round(share * last)].day.strftime(form),
    )
    drawn.add_y_scale(0, max(1, *(one.members for one in days)))
    members = [(at / last, one.members) for at, one in enumerate(days)]
    drawn.add_line(members, name="in the selection", stroke_color=_IN_IT)
    if bought := [(at / last, one.bought) for at, one in enumerate(days) if one.bought is not None]:
        drawn.add_line(bought, name=f"of them bought within {window} days anyway", stroke_color=_BOUGHT)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{drawn.to_svg(width=_WIDTH, height=_HEIGHT)}\n'
