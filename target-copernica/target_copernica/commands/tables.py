"""How commands show what they found."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

__all__ = ["say", "show"]


def say(line: str) -> None:
    """A line of a command's answer."""
    _console().print(line, soft_wrap=True, markup=False, highlight=False)


def show(columns: Iterable[str], rows: Iterable[Iterable[str]], title: str | None = None) -> None:
    """A table of a command's answer.

    Args:
        columns: Headings.
        rows: Texts, one for each column.
        title: What stands above it.
    """
    from rich.table import Table  # noqa: PLC0415 - a run shows no tables and starts faster without

    table = Table(*columns, title=title, title_justify="left", box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    _console().print(table, markup=False, highlight=False)


def _console() -> Console:
    from rich.console import Console  # noqa: PLC0415 - likewise

    # In a file or a pipe nothing is wrapped: other programs may read it.
    return Console(width=None if sys.stdout.isatty() else 2000)
