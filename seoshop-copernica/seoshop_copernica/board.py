"""The board: one page of HTML that needs nothing else, for a phone as for a wall."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import leather
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from seoshop_copernica import told
from seoshop_copernica.bookmarks import write_whole
from seoshop_copernica.history import moment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from seoshop_copernica.status import Status

__all__ = ["page", "write"]

_CHARTS: Final = (("orders", "Orders a day"), ("calls", "Calls a day"), ("seconds", "Seconds a run"))
_WIDTH: Final = 480
_HEIGHT: Final = 130
_LABEL_EACH: Final = 7


def write(file: Path, found: Sequence[Status]) -> None:
    """Replace the page at once, so that a reader never sees half of it.

    Raises:
        TroubleError: It cannot be written.
    """
    write_whole(file, page(found).encode())
    file.chmod(0o644)  # it is made to be read


def page(found: Sequence[Status], now: datetime | None = None) -> str:
    """The page.

    Args:
        found: How each shop stands.
        now: When it is made.
    """
    jinja = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = jinja.from_string(files(__package__).joinpath("board.html").read_text(encoding="utf-8"))
    made = told.spoken(moment(now or datetime.now(UTC)))
    charts = {one.shop: [(title, _chart(one, name)) for name, title in _CHARTS if one.days] for one in found}
    return template.render(shops=found, charts=charts, made=made, told=told)


def _chart(found: Status, name: str) -> Markup:
    values = [getattr(day, name) for day in found.days]
    top = math.ceil(max(*values, 1))
    chart = leather.Chart()
    chart.add_x_axis(name="", tick_formatter=lambda day, number, _: "" if number % _LABEL_EACH else day)
    chart.add_y_axis(ticks=[0, top])
    chart.add_y_scale(0, top)
    days = [f"{int(day.day[8:])}-{int(day.day[5:7])}" for day in found.days]
    chart.add_columns(list(zip(days, values, strict=True)))
    drawn: str = chart.to_svg(width=_WIDTH, height=_HEIGHT)
    # Without a size of its own it takes that of the page.
    scaled = drawn.replace(f'width="{_WIDTH}" height="{_HEIGHT}"', f'viewBox="0 0 {_WIDTH} {_HEIGHT}"', 1)
    return Markup(scaled)  # noqa: S704  # made of numbers
