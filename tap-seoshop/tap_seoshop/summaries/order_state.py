"""The state of an order in one word, made of the shop's three statuses.

The words are those of Copernica's own recipes ("complete orders", "the newest order is a basket"). A cart is
no order yet, and whether all came back only the order's lines tell (`OrderBook.came_back`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["order_state"]


def order_state(raw: Mapping[str, Any], *, returned: bool = False) -> str:
    """The first that holds: cancelled, returned, complete, shipped, paid; else open.

    Args:
        raw: The order, in the form of the API (`docs/api/seoshop.md`, section 5.3).
        returned: Whether every piece of it came back.
    """
    status = str(raw.get("status") or "")
    if status == "cancelled":
        return "cancelled"
    if returned:
        return "returned"
    if status.startswith("completed"):
        return "complete"
    if raw.get("shipmentStatus") == "shipped":
        return "shipped"
    if raw.get("paymentStatus") == "paid":
        return "paid"
    return "open"
