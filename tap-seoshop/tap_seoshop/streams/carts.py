"""Carts that were left standing."""

from __future__ import annotations

from typing import ClassVar

from singer_sdk import typing as th

from tap_seoshop.streams.base import Priority, SeoshopStream
from tap_seoshop.streams.documents import Quotes
from tap_seoshop.streams.fields import (
    TAX_RATES,
    amount,
    identifier,
    listed,
    moment,
    number,
    schema,
    text,
    whole,
)  # fmt: skip
from tap_seoshop.streams.orders import LINE, Orders
from tap_seoshop.streams.place import ListPlace

__all__ = ["CartProducts", "Carts"]


class Carts(SeoshopStream):
    """Carts that were left standing for an hour, until they are ordered, emptied, or given up after 15 days.

    Each costs a request for its customer when it is released, one more where it was made before the orders
    that the run reads; and the list of carts costs one in each run. A cart that is over is closed also where
    this state does not know that it was released, if it can have been.
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


class CartProducts(Carts):
    """The lines of carts that were left standing, as long as these stand.

    Each release of a cart costs one request more. A swap for something of the same price and number is no
    change of the cart, and comes with the next one.
    """

    name = "cart_products"
    place = ListPlace("quotes/{id}/products", "quoteProducts")
    parent = Quotes
    primary_keys: ClassVar[tuple[str, ...]] = ("shopId", "cartId", "id")
    links = ("productId", "variantId")
    schema: ClassVar = schema(
        identifier("line"),
        th.Property("cartId", th.IntegerType, required=True, description="Id of the cart."),
        text("state", "`basket` while it stands in the cart, `cancelled` when it does not."),
        text("closed", "Why it does not: `removed`, or why the cart is closed."),
        moment("stateAt", "When the buyer last moved: in the cart, or by the order that closed it."),
        whole("customerId", "Id of the customer."),
        text("email", "E-mail address of the customer; absent once the line is closed, as all that follows."),
        moment("cartUpdatedAt", "When the cart last changed."),
        whole("position", "Place of the line in the cart, from 1."),
        text("code", "SKU, or article code, or id of the variant: the first that there is."),
        number("quantity", "Pieces."),
        text("supplierTitle", "Supplier."),
        text("brandTitle", "Brand."),
        text("productTitle", "Product."),
        text("variantTitle", "Variant."),
        number("taxRate", "Tax rate as a fraction."),
        listed("taxRates", "Taxes of the line.", TAX_RATES),
        *LINE,
    )
