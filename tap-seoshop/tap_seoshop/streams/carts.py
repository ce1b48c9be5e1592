"""Carts that were left standing."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tap_seoshop.streams.base import Priority, SeoshopStream
from tap_seoshop.streams.documents import Quotes
from tap_seoshop.streams.fields import amount, identifier, moment, number, schema, text, whole
from tap_seoshop.streams.orders import Orders

if TYPE_CHECKING:
    from tap_seoshop.streams.place import ListPlace

__all__ = ["Carts"]


class Carts(SeoshopStream):
    """Carts that were left standing for an hour, until they are ordered, emptied, or given up after 15 days.

    Each costs a request for its customer when it is released, one more where it was made before the orders
    that the run reads; and the list of carts costs one in each run.
    """

    name = "carts"
    priority = Priority.SUMMARY
    permission = "orders"
    selected_by_default = False
    sources: ClassVar = (Quotes, Orders)
    schema: ClassVar = schema(
        identifier("cart"),
        text("kind", "`cart` always: keeps its key apart from that of an order."),
        text("state", "`basket` while it stands, `cancelled` when it is closed."),
        text("closed", "Why it is closed: `ordered`, `emptied` or `given up`."),
        moment("stateAt", "When the buyer last moved: in the cart, or by the order that closed it."),
        whole("orderId", "Id of the order that closed it."),
        whole("customerId", "Id of the customer."),
        text("email", "E-mail address of the customer; absent once the cart is closed."),
        text("firstname", "First name; absent likewise."),
        text("lastname", "Last name; absent likewise."),
        moment("createdAt", "When the cart was made."),
        moment("updatedAt", "When it last changed."),
        amount("priceIncl", "Total with tax."),
        number("productsQuantity", "Number of pieces."),
    )

    @classmethod
    def polled(cls) -> tuple[ListPlace, ...]:
        """The lists of carts and of orders."""
        return tuple(source.place for source in cls.sources)
