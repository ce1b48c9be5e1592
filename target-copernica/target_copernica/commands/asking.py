"""Questions that a command asks before it does what cannot be undone."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, NoReturn

import click

from target_copernica.errors import InterruptedRunError, SettingsError

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["ask"]


def ask(question: str) -> None:
    """Go on only after a yes.

    Args:
        question: What is about to be done, and whether to go on.

    Raises:
        SettingsError: The answer was no, or there was none.
        InterruptedRunError: A signal came instead.
    """
    handlers = {signum: signal.signal(signum, _stop) for signum in (signal.SIGINT, signal.SIGTERM)}
    try:
        agreed = click.confirm(question, err=True)
    except click.Abort:
        raise SettingsError("no answer came, so nothing was done: --yes goes on without asking") from None
    finally:
        for signum, handler in handlers.items():
            signal.signal(signum, handler)
    if not agreed:
        raise SettingsError("the answer was no: nothing was done")


def _stop(signum: int, _frame: FrameType | None) -> NoReturn:
    """End the wait for an answer, which the flag of a run would not."""
    raise InterruptedRunError(signum)
