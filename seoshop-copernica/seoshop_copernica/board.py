"""The board: one page of HTML that needs nothing else, for a phone as for a wall."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import pygal
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup
from pygal.style import Style

from seoshop_copernica import told
from seoshop_copernica.bookmarks import write_whole
from seoshop_copernica.history import moment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from seoshop_copernica.status import Status

__all__ = ["page", "write"]

# pygal looks for plugins of its own in each later import, by a way that Python has given up: there are none.
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__name__ != "PluginImportFixer"]

_CHARTS: Final = (("orders", "Orders a day"), ("calls", "Calls a day"), ("seconds", "Seconds a run"))
_NEEDLESS: Final = re.compile(r"<!--.*?-->|<script.*?</script>|<style.*?</style>", re.DOTALL)
"""What the library adds to each chart: the page has its own colours, and no program."""


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
    charts = {one.shop: [(title, _chart(one, name)) for name, title in _CHARTS] for one in found if one.days}
    return template.render(shops=found, charts=charts, made=made, told=told)


def _chart(found: Status, name: str) -> Markup:
    chart = pygal.Bar(
        css=(),
        js=(),
        width=480,
        height=130,
        style=Style(label_font_size=13, major_label_font_size=13),
        margin=0,
        margin_top=10,
        margin_right=24,
        spacing=4,
        show_legend=False,
        show_minor_x_labels=False,
        show_minor_y_labels=False,
        x_labels_major_every=7,
        y_labels_major_count=2,
        truncate_label=-1,
        disable_xml_declaration=True,
    )
    chart.x_labels = [f"{int(day.day[8:])}-{int(day.day[5:7])}" for day in found.days]
    chart.add("", [getattr(day, name) for day in found.days])
    return Markup(_NEEDLESS.sub("", chart.render(is_unicode=True)))  # noqa: S704  # made of numbers
