"""What happened to an order, told from the records that show it: pure.

The shop's own log (`order_events`) names no customer, and reading it costs a request for each order. These
records name one, and the lists are read anyway. A stamp of the lists says when a record last changed, so that
`at` is the shop's own time for what has one (made, credited, sent back), and for the rest the change that
showed it: in a first load of old orders that may be a later one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_seoshop.records.normalize import integer, link_id, moment, number, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["EVENTS", "happened"]

EVENTS = ("ordered", "paid", "shipped", "completed", "cancelled", "returned", "credited")
"""All events, in the order of an order's life."""


def happened(name: str, raw: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What one record of a list shows to have happened.

    An event has the same id whenever it is told: that of its order and its kind, and of the shipment, return
    or credit note where an order may have several.

    Args:
        name: The list: `orders`, `shipments`, `returns` or `invoices`.
        raw: The record, in the form of the API.
    """
    made, changed = moment(raw.get("createdAt")), moment(raw.get("updatedAt"))
    if name == "orders":
        state, payment = text(raw.get("status")) or "", text(raw.get("paymentStatus"))
        yield _event("ordered", raw, made, integer(raw.get("id")))
        if payment == "paid":
            yield _event("paid", raw, changed, integer(raw.get("id")))
        if state.startswith("completed"):
            yield _event("completed", raw, changed, integer(raw.get("id")))
        if state == "cancelled":
            yield _event("cancelled", raw, changed, integer(raw.get("id")))
    elif (order := link_id(raw.get("order")) or integer(raw.get("orderId"))) is None:
        return
    elif name == "shipments" and raw.get("status") == "shipped":
        yield _event("shipped", raw, changed, order, integer(raw.get("id")))
    elif name == "returns":
        yield _event("returned", raw, made, order, integer(raw.get("id")))
    elif name == "invoices" and raw.get("isCreditNote") is True:
        yield _event("credited", raw, made, order, integer(raw.get("id")))


def _event(
    event: str, raw: Mapping[str, Any], at: str | None, order: int | None, paper: int | None = None
) -> dict[str, Any]:
    """An event; `paper` is the id of the shipment, return or credit note that it is about."""
    return {
        "id": f"{order}-{event}" + ("" if paper is None else f"-{paper}"),
        "event": event,
        "at": at,
        "orderId": order,
        "paperId": paper,
        "customerId": link_id(raw.get("customer")) or integer(raw.get("customerId")),
        "email": text(raw.get("email")) or None,
        "value": number(raw.get("priceIncl")),
    }
