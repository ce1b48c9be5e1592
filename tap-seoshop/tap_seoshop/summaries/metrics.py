"""The derived fields of a customer: each a pure function of the orders that count, and of a day.

The orders are given oldest first (`history.counting`); a day is a number of days since 1970, UTC.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from hashlib import blake2b
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from tap_seoshop.summaries.history import SCALE, WINDOW, recent

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_seoshop.summaries.history import Line, Order

__all__ = [
    "days_between",
    "discount_share",
    "expected_gap",
    "favourite",
    "holdout",
    "lateness",
    "lines_known",
    "money",
    "net_365",
    "next_order_day",
    "orders_365",
    "reorder_day",
    "return_rate",
]

Orders = tuple["Order", ...]
YEAR = 365
LATE, VERY_LATE = 1, 2
CENT = Decimal("0.01")


def money(units: int) -> Decimal:
    """Units of `SCALE` as money."""
    exact = Decimal(units).scaleb(-SCALE)
    cents = exact.quantize(CENT)
    return cents if cents == exact else exact.normalize()


def orders_365(orders: Orders, day: int) -> int:
    """How many orders there are in the last 365 days."""
    return len(recent(orders, day, YEAR))


def net_365(orders: Orders, day: int) -> Decimal:
    """What those are worth, less what came back of them."""
    return money(sum(one.net for one in recent(orders, day, YEAR)))


def days_between(orders: Orders) -> Decimal | None:
    """Days between two orders, on average, to one decimal; None for fewer than two orders."""
    if len(orders) < 2:  # noqa: PLR2004  # a gap has two ends
        return None
    return _rounded(Decimal(orders[-1].day - orders[0].day) / (len(orders) - 1), "0.1")


def expected_gap(orders: Orders, usual: int | None) -> float | None:
    """Days after the last order at which the next is expected.

    Args:
        orders: The orders that count.
        usual: Days after which people of this shop order for the second time, where that is known.
    """
    if len(orders) > 2:  # noqa: PLR2004  # a median of fewer than two gaps says nothing of a habit
        return float(median(new.day - old.day for old, new in pairwise(orders)))
    return usual if orders else None


def next_order_day(orders: Orders, usual: int | None) -> int | None:
    """The day on which the next order is expected."""
    gap = expected_gap(orders, usual)
    return None if gap is None else orders[-1].day + int(gap + 0.5)


def lateness(orders: Orders, usual: int | None, day: int) -> str | None:
    """How long the next order is overdue: the days since the last, in expected gaps."""
    gap = expected_gap(orders, usual)
    if gap is None:
        return None
    gaps = (day - orders[-1].day) / max(gap, 1)
    return "on time" if gaps < LATE else "late" if gaps <= VERY_LATE else "very late"


def lines_known(orders: Orders, day: int) -> bool:
    """Whether the lines of all orders of the last 24 months were read."""
    return all(one.lines is not None for one in recent(orders, day, WINDOW))


def favourite(orders: Orders, day: int, of: Callable[[Line], str | None]) -> str | None:
    """What most was spent on in the last 24 months, net; of two that are equal, what was bought last.

    Args:
        orders: The orders that count.
        day: Today.
        of: What a line tells of it: its brand, its category.
    """
    spent: defaultdict[str, int] = defaultdict(int)
    newest: dict[str, int] = {}
    for order in recent(orders, day, WINDOW):
        for line in order.lines or ():
            if name := of(line):
                spent[name] += line.units - line.returned
                newest[name] = order.made
    bought = [name for name, units in spent.items() if units > 0]
    return max(bought, key=lambda name: (spent[name], newest[name], name), default=None)


def return_rate(orders: Orders, day: int) -> Decimal:
    """Which part of what was bought in the last 24 months came back, by value, from 0 to 1."""
    window = recent(orders, day, WINDOW)
    bought = sum(one.units for one in window)
    back = min(sum(one.back for one in window), bought)
    return _rounded(Decimal(back) / bought, "0.01") if bought else Decimal("0.00")


def discount_share(orders: Orders, day: int) -> Decimal:
    """Which part of the orders of the last 24 months was bought at a discount, from 0 to 1."""
    window = recent(orders, day, WINDOW)
    if not window:
        return Decimal("0.00")
    return _rounded(Decimal(sum(one.discounted for one in window)) / len(window), "0.01")


def reorder_day(orders: Orders) -> int | None:
    """The day on which the newest line is used up of which it is known how long it lasts."""
    for order in reversed(orders):
        ends = [
            order.day + int((line.ordered - line.back) * line.reorder_days)
            for line in order.lines or ()
            if line.reorder_days and line.ordered > line.back
        ]
        if ends:
            return min(ends)
    return None


def holdout(shop: int, customer: int, key: str, percent: float) -> bool:
    """Whether a person belongs to the share that campaigns leave out, so that their effect can be measured.

    Args:
        shop: Id of the shop.
        customer: Id of the customer.
        key: Another key draws another share.
        percent: The size of the share.
    """
    digest = blake2b(f"{shop}:{customer}".encode(), key=key.encode()[:64], digest_size=8).digest()
    return int.from_bytes(digest) < percent / 100 * 2**64


def _rounded(value: Decimal, to: str) -> Decimal:
    return value.quantize(Decimal(to), ROUND_HALF_UP)
