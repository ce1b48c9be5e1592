"""The terminal: a command's answer, and the question before what cannot be undone."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import click

from target_copernica.errors import InterruptedRunError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import FrameType

    from rich.console import Console, RenderableType

__all__ = ["ask", "asked_for", "say", "show"]


def say(line: str) -> None:
    """A line of a command's answer."""
    _console().print(line, soft_wrap=True, markup=False, highlight=False)


def show(columns: Iterable[str], rows: Iterable[Iterable[RenderableType]], title: str | None = None) -> None:
    """A table of a command's answer.

    Args:
        columns: Headings.
        rows: Texts or charts, one for each column.
        title: What stands above it.
    """
    from rich.table import Table  # noqa: PLC0415 - a run shows no tables and starts faster without

    table = Table(*columns, title=title, title_justify="left", box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    _console().print(table, markup=False, highlight=False)


def ask(question: str) -> None:
    """Go on only after a yes.

    Args:
        question: What is about to be done, and whether to go on.

    Raises:
        SettingsError: The answer was no, or there was none.
        InterruptedRunError: A signal came instead.
    """
    with _stopped_by_signals():
        try:
            agreed = click.confirm(question, err=True)
        except click.Abort:
            raise SettingsError("no answer came, so nothing was done: --yes goes on without asking") from None
    if not agreed:
        raise SettingsError("the answer was no: nothing was done")


def asked_for(question: str) -> str:
    """What the person at the terminal types: personal data, which must not stand in a command line.

    Args:
        question: What to type.

    Raises:
        SettingsError: No answer came.
        InterruptedRunError: A signal came instead.
    """
    with _stopped_by_signals():
        try:
            return str(click.prompt(question, err=True))
        except click.Abort:
            raise SettingsError("no answer came, so nothing was done: --from FILE goes on without") from None


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    handlers = {signum: signal.signal(signum, _stop) for signum in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for signum, handler in handlers.items():
            signal.signal(signum, handler)


def _console() -> Console:
    from rich.console import Console  # noqa: PLC0415 - likewise

    # In a file or a pipe nothing is wrapped: other programs may read it.
    return Console(width=None if sys.stdout.isatty() else 2000)


def _stop(signum: int, _frame: FrameType | None) -> NoReturn:
    """End the wait for an answer, which the flag of a run would not."""
    raise InterruptedRunError(signum)
