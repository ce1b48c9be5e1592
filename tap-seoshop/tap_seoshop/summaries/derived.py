"""All derived fields of one customer, put together."""

from __future__ import annotations

from datetime import date, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_seoshop.summaries import metrics
from tap_seoshop.summaries.history import counting
from tap_seoshop.summaries.order_book import EPOCH
from tap_seoshop.summaries.segments import scores, segment

if TYPE_CHECKING:
    from tap_seoshop.summaries.history import Order
    from tap_seoshop.summaries.order_book import Frozen

__all__ = ["Draw", "derived"]

LAST_DAY = (date.max - EPOCH).days
"""The last day of the year 9999: nothing is told of later ones."""


class Draw(NamedTuple):
    """Who belongs to the hold-out.

    Attributes:
        shop: Id of the shop.
        key: Draws it.
        percent: Its size.
    """

    shop: int
    key: str
    percent: float


def derived(customer: int, orders: tuple[Order, ...], frozen: Frozen, draw: Draw, day: int) -> dict[str, Any]:
    """The derived fields of a customer on a day.

    What is told from lines is absent where a line that counts was not read yet: it is not empty, but unknown.

    Args:
        customer: Id of the customer.
        orders: All of the customer's orders.
        frozen: What all customers together said at the beginning of the quarter.
        draw: The hold-out.
        day: Today, in days since 1970.
    """
    counted = counting(orders)
    told = scores(counted, frozen.limits, day)
    found = {
        "customerId": customer,
        "orders365": metrics.orders_365(counted, day),
        "net365": metrics.net_365(counted, day),
        "daysBetween": metrics.days_between(counted),
        "nextOrderAt": _date(metrics.next_order_day(counted, frozen.usual)),
        "lateness": metrics.lateness(counted, frozen.usual, day),
        "rfm": told and str(told),
        "segment": told and segment(told, orders=len(counted)),
        "discountShare": metrics.discount_share(counted, day),
        "holdout": metrics.holdout(draw.shop, customer, draw.key, draw.percent),
    }
    if metrics.lines_known(counted, day):
        found |= {
            "favouriteBrand": metrics.favourite(counted, day, attrgetter("brand")),
            "favouriteCategory": metrics.favourite(counted, day, attrgetter("category")),
            "returnRate": metrics.return_rate(counted, day),
            "reorderAt": _date(metrics.reorder_day(counted)),
        }
    return found


def _date(day: int | None) -> str | None:
    if day is None or day > LAST_DAY:
        return None
    return (EPOCH + timedelta(days=day)).isoformat()
