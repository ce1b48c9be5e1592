"""The timeline of orders: what happened to each, once."""

from __future__ import annotations

from typing import ClassVar

from singer_sdk import typing as th

from tap_seoshop.streams.base import EventStream
from tap_seoshop.streams.documents import Invoices, Returns, Shipments
from tap_seoshop.streams.fields import amount, moment, schema, text, whole
from tap_seoshop.streams.orders import Orders
from tap_seoshop.summaries.timeline import EVENTS, happened

__all__ = ["OrderTimeline"]


class OrderTimeline(EventStream):
    """What happened to orders, one record for each event, told from lists that are read anyway."""

    name = "order_timeline"
    sources = (Orders, Shipments, Returns, Invoices)
    happened = staticmethod(happened)
    permission = "orders"
    selected_by_default = False
    schema: ClassVar = schema(
        th.Property(
            "id",
            th.StringType,
            required=True,
            description="Id of the event: its order, its kind, and its paper where there may be several.",
        ),
        text("event", f"What happened: {', '.join(f'`{event}`' for event in EVENTS)}."),
        moment("at", "When, as far as the list tells: see `docs/in-copernica.md`."),
        moment(
            "liveAt",
            "The same, but when the record was made where it is read for the first time: the event may be as "
            "old. It decides what starts campaigns.",
        ),
        whole("orderId", "Id of the order."),
        whole("paperId", "Id of the shipment, return or credit note."),
        whole("customerId", "Id of the customer; null where the record names none."),
        text("email", "E-mail address of the order; null for papers, which have none."),
        amount("value", "Total of the order, return or credit note, with tax; null for a shipment."),
    )
