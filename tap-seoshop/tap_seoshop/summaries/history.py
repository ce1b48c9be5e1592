"""What the derived fields are made of: a customer's orders with what came back of them."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["DAY", "SCALE", "WINDOW", "Line", "Order", "counting", "recent"]

DAY = 86_400
SCALE = 4
"""Decimals with which money is kept, as whole numbers: the API's."""
WINDOW = 730
"""Days of the 24 months that the habits of a person are told from."""


class Line(NamedTuple):
    """A line of an order.

    Attributes:
        brand: Title of the brand.
        category: Title of the category.
        reorder_days: Days for which one piece lasts, where that is known.
        units: Its price, in units of `SCALE`.
        ordered: Pieces ordered.
        back: Pieces returned or refunded, whichever is more.
    """

    brand: str | None
    category: str | None
    reorder_days: int | None
    units: int
    ordered: float
    back: float

    @property
    def returned(self) -> int:
        """The price of what came back, in units."""
        share = min(self.back / self.ordered, 1.0) if self.ordered > 0 else 0.0
        return round(self.units * share)


class Order(NamedTuple):
    """An order.

    Attributes:
        id: Its id.
        made: When it was made, in seconds since 1970.
        units: Its total, in units of `SCALE`.
        credited: The total of its credit notes, in units.
        cancelled: Whether it is cancelled.
        discounted: Whether it was bought at a discount.
        lines: Its lines; None where they were not read yet.
    """

    id: int
    made: int
    units: int
    credited: int = 0
    cancelled: bool = False
    discounted: bool = False
    lines: tuple[Line, ...] | None = None

    @property
    def day(self) -> int:
        """The day on which it was made, UTC, in days since 1970."""
        return self.made // DAY

    @property
    def back(self) -> int:
        """What came back, in units: its credit notes or the price of its returned pieces, whichever is more.

        A return that is credited stands in both, and counts once.
        """
        return max(self.credited, sum(line.returned for line in self.lines or ()))

    @property
    def net(self) -> int:
        """Its total less what came back, in units."""
        return self.units - self.back


def counting(orders: tuple[Order, ...]) -> tuple[Order, ...]:
    """The orders that count, oldest first: not cancelled, and of some value."""
    return tuple(
        sorted((one for one in orders if not one.cancelled and one.units > 0), key=lambda one: one[1::-1])
    )


def recent(orders: tuple[Order, ...], day: int, days: int) -> tuple[Order, ...]:
    """The orders of the last `days` days, the day itself among them."""
    return tuple(one for one in orders if one.day > day - days)
