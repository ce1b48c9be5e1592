"""Whether a shop has been without a new order for far longer than is usual on this weekday. Pure."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

__all__ = ["longest_quiet", "too_quiet"]

_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)
FAR: Final = 2
"""So many times the usual is far longer; and it is longer than was seen on any such day."""
FEWEST: Final = 4
"""Of fewer weeks nothing is said to be usual."""


def too_quiet(orders: Sequence[datetime], now: datetime) -> tuple[timedelta, timedelta] | None:
    """Whether no order has come for far longer than is usual.

    The usual is the median, over the same weekday of earlier weeks, of the longest time without an order that
    was seen on that day: so a night without orders, or a Sunday of a shop that has few, is no alarm.

    Args:
        orders: When new orders came, oldest first.
        now: The moment up to which all orders are known.

    Returns:
        How long it has been quiet, and what is usual; None where that is not far longer, or not known.
    """
    if not orders:
        return None
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    seen = []
    while (midnight := midnight - _WEEK) > orders[0]:
        seen.append(longest_quiet(orders, midnight))
    if len(seen) < FEWEST:
        return None
    quiet, usual = now - orders[-1], timedelta(seconds=median(one.total_seconds() for one in seen))
    return (quiet, usual) if quiet > max(FAR * usual, *seen) else None


def longest_quiet(orders: Sequence[datetime], midnight: datetime) -> timedelta:
    """The longest time without an order that was seen on a day.

    Args:
        orders: When they came, oldest first; the first one before that day.
        midnight: When the day began.
    """
    end = midnight + _DAY
    before = max(time for time in orders if time <= midnight)
    marks = [before, *(time for time in orders if midnight < time <= end), end]
    return max(later - earlier for earlier, later in pairwise(marks))
