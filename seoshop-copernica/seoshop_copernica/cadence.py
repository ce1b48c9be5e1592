"""When a shop is due."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from seoshop_copernica.shops import seconds_of

if TYPE_CHECKING:
    from seoshop_copernica.history import History

__all__ = ["Recent", "interval", "is_due", "recent"]

SHORTEST: Final = timedelta(minutes=5)
LONGEST: Final = timedelta(minutes=30)
_QUIET: Final = 6
"""The interval is a sixth of the time for which nothing has moved: five minutes at first, then longer."""
_SLACK: Final = timedelta(seconds=30)
"""Timers and crontabs do not strike to the second."""


class Recent(msgspec.Struct, frozen=True):
    """What is known of the last runs of a shop.

    Attributes:
        started: When the last one began; None before the first.
        moved: When one last wrote something, had more to do, or failed.
    """

    started: datetime | None = None
    moved: datetime | None = None


def recent(history: History) -> Recent:
    """Look it up."""
    rows = history.ask(
        # By number: a run that began while the clock was ahead is not the last one for ever.
        "SELECT (SELECT started FROM run ORDER BY run DESC LIMIT 1) AS started, "
        "(SELECT started FROM run ORDER BY run LIMIT 1) AS first, "
        "(SELECT started FROM run WHERE code IS NOT 0 OR written > 0 OR owed > 0 OR load_done < load_total "
        "ORDER BY run DESC LIMIT 1) AS moved"
    )
    if not rows or rows[0]["started"] is None:
        return Recent()
    moved = rows[0]["moved"] or rows[0]["first"]
    return Recent(datetime.fromisoformat(rows[0]["started"]), datetime.fromisoformat(moved))


def interval(cadence: str, known: Recent) -> timedelta:
    """The time between the starts of two runs."""
    if (seconds := seconds_of(cadence)) is not None:
        return timedelta(seconds=seconds)
    if known.started is None or known.moved is None:
        return SHORTEST
    return min(max((known.started - known.moved) / _QUIET, SHORTEST), LONGEST)


def is_due(cadence: str, known: Recent, now: datetime) -> bool:
    """Whether it is time for the next run. A clock that was set back makes a shop due, not wait."""
    if known.started is None or known.started > now:
        return True
    return now - known.started >= interval(cadence, known) - _SLACK
