"""What records of several lists add up to."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tap_seoshop.streams.base import IncrementalStream, Priority, SeoshopStream, SummaryStream
from tap_seoshop.streams.customers import Customers
from tap_seoshop.streams.documents import Invoices
from tap_seoshop.streams.fields import (
    Property,
    amount,
    flag,
    identifier,
    moment,
    number,
    on_day,
    schema,
    text,
    whole,
)
from tap_seoshop.streams.orders import Orders
from tap_seoshop.summaries.sums import Sums

if TYPE_CHECKING:
    from tap_seoshop.streams.place import ListPlace

__all__ = ["CustomerMetrics", "CustomerSummaries"]


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


class CustomerMetrics(SeoshopStream):
    """What a customer's orders say of habits and value, for selections; one record for each customer.

    Orders that are cancelled or of no value do not count. Days are days in UTC. What is told from order lines
    is absent until the lines of all orders of the last 24 months were read.
    """

    name = "customer_metrics"
    priority = Priority.SUMMARY
    primary_keys = ("shopId", "customerId")
    permission = "customers"
    sources: ClassVar[tuple[type[IncrementalStream], ...]] = (Customers, Orders, Invoices)
    schema: ClassVar = schema(
        identifier("customer", "customerId"),
        whole("orders365", "Orders of the last 365 days."),
        amount("net365", "What those are worth, less credit notes and returned pieces."),
        number("daysBetween", "Days between two orders, on average; null for fewer than two orders."),
        on_day(
            "nextOrderAt",
            "When the next order is expected: the last and the median of the person's gaps (from three "
            "orders on), else the shop's usual gap between first and second order.",
        ),
        text(
            "lateness",
            "Days since the last order, in expected gaps: `on time` (below 1), `late` (to 2), `very late`.",
        ),
        text("rfm", "Recency, frequency and monetary value, a digit from 1 to 5 each: `543`."),
        text(
            "segment",
            "What `rfm` means: `champion`, `loyal`, `big spender`, `new`, `promising`, `at risk`, "
            "`sleeping`, `lost`; null for a person who never bought.",
        ),
        text("favouriteBrand", "Brand on which most was spent in 24 months, net."),
        text("favouriteCategory", "Category on which most was spent in 24 months, net."),
        number("returnRate", "Part of the value of 24 months that came back, from 0 to 1."),
        number("discountShare", "Part of the orders of 24 months bought at a discount, from 0 to 1."),
        on_day(
            "reorderAt",
            "When the newest article is used up of which the setting `reorder_days` or `reorder_metafield` "
            "says how long it lasts.",
        ),
        flag("holdout", "Whether the person belongs to the share that campaigns leave out."),
    )

    @classmethod
    def polled(cls) -> tuple[ListPlace, ...]:
        """The lists of its sources."""
        return tuple(source.place for source in cls.sources)
