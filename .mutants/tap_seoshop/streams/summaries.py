"""What records of several lists add up to."""

from __future__ import annotations

from typing import ClassVar

from tap_seoshop.streams.base import SummaryStream
from tap_seoshop.streams.customers import Customers
from tap_seoshop.streams.documents import Invoices
from tap_seoshop.streams.fields import Property, amount, identifier, moment, schema, text, whole
from tap_seoshop.streams.orders import Orders
from tap_seoshop.summaries.sums import Sums

__all__ = ["CustomerSummaries"]


def _plain_address(kind: str) -> tuple[Property, ...]:
    of = f"of the newest order's {kind} address; without an order, of the customer's own."
    parts = {
        "Name": "Name",
        "Company": "Company",
        "Street": "Street",
        "Street2": "Second line",
        "Number": "House number",
        "Extension": "Addition to the house number",
        "Zipcode": "Postal code",
        "City": "City",
        "Region": "Region",
        "Country": "Two-letter country code",
    }
    return tuple(text(f"{kind}{part}", f"{words} {of}") for part, words in parts.items())


class CustomerSummaries(SummaryStream):
    """What a customer's orders add up to, and the newest order's addresses; one record for each customer."""

    name = "customer_summaries"
    summary = Sums
    sources = (Customers, Orders, Invoices)
    permission = "customers"
    schema: ClassVar = schema(
        identifier("customer", "customerId"),
        whole("orderCount", "All orders, whatever their status."),
        amount("grossTotal", "Sum of `priceIncl` of all orders."),
        amount("netTotal", "Sum of `priceIncl` of orders not cancelled, less that of credit invoices."),
        amount(
            "averageOrderValue", "`netTotal` by the number of orders not cancelled, to cents; 0 without any."
        ),
        moment("firstOrderAt", "When the first order was made."),
        moment("lastOrderAt", "When the newest order was made."),
        text("lastOrderNumber", "Number of the newest order."),
        text("lastOrderStatus", "Status of the newest order."),
        *_plain_address("billing"),
        *_plain_address("shipping"),
    )
