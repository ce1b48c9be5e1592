"""Recency, frequency and monetary value in fifths of the shop's buyers, and a name for the three.

The limits of the fifths are those of the first day of the quarter, so that what others buy changes no segment
in between.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from tap_seoshop.summaries.history import SCALE, WINDOW, recent

if TYPE_CHECKING:
    from tap_seoshop.summaries.history import Order

__all__ = ["FEWEST", "FIXED", "SEGMENTS", "Fifths", "Scores", "scores", "segment"]

FEWEST = 100
"""With fewer buyers, fifths say nothing, and limits are fixed."""

SEGMENTS = ("champion", "loyal", "big spender", "new", "promising", "at risk", "sleeping", "lost")
"""All segments, best first."""

HIGH, MIDDLE, LOW = 4, 3, 2


class Fifths(NamedTuple):
    """The four limits between five fifths; a value that equals a limit lies below it.

    Attributes:
        recency: Days since the last order.
        frequency: Orders in 24 months.
        monetary: Net value of those, in units.
    """

    recency: tuple[int, ...]
    frequency: tuple[int, ...]
    monetary: tuple[int, ...]


FIXED = Fifths((30, 90, 180, 365), (1, 2, 3, 5), tuple(value * 10**SCALE for value in (50, 100, 250, 500)))


class Scores(NamedTuple):
    """From 1 to 5 each, 5 for the best fifth."""

    recency: int
    frequency: int
    monetary: int

    def __str__(self) -> str:
        """As marketers write it: `543`."""
        return f"{self.recency}{self.frequency}{self.monetary}"


def scores(orders: tuple[Order, ...], limits: Fifths, day: int) -> Scores | None:
    """The scores of a person; the lowest for a buyer of long ago, None for a person who never bought.

    Args:
        orders: The orders that count, oldest first.
        limits: The shop's.
        day: Today.
    """
    window = recent(orders, day, WINDOW)
    if not window:
        return Scores(1, 1, 1) if orders else None
    return Scores(
        5 - bisect_left(limits.recency, day - window[-1].day),
        1 + bisect_left(limits.frequency, len(window)),
        1 + bisect_left(limits.monetary, sum(one.net for one in window)),
    )


def segment(told: Scores, *, orders: int) -> str:
    """The name of a person's scores.

    Args:
        told: The scores.
        orders: How many orders the person ever made.
    """
    recency, frequency, monetary = told
    if recency >= HIGH and frequency >= HIGH and monetary >= HIGH:
        return "champion"
    if recency >= HIGH and orders == 1:
        return "new"
    if recency >= MIDDLE:
        if frequency >= HIGH:
            return "loyal"
        return "big spender" if monetary >= HIGH else "promising"
    if frequency >= HIGH or monetary >= HIGH:
        return "at risk"
    return "sleeping" if recency == LOW else "lost"
