"""Sales: orders with their lines, and what hangs on an order: statuses, events, free fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import typing as th

from tap_seoshop.streams.base import (
    AppendOnlyStream,
    DetailStream,
    IncrementalStream,
    LookupStream,
    Priority,
    Title,
)
from tap_seoshop.streams.documents import Invoices, Returns, Shipments
from tap_seoshop.streams.fields import (
    LANGUAGE,
    TAX_RATES,
    Property,
    address,
    amount,
    flag,
    free,
    identifier,
    listed,
    metafield,
    moment,
    number,
    obj,
    on_day,
    person,
    region_data,
    schema,
    size,
    stamps,
    text,
    whole,
)
from tap_seoshop.streams.place import ListPlace
from tap_seoshop.summaries.order_state import order_state

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["OrderCustomStatuses", "OrderEvents", "OrderMetafields", "OrderProducts", "Orders"]


def _costs(kind: str) -> tuple[Property, ...]:
    """What payment or shipment of an order cost."""
    of = "payment" if kind == "payment" else "shipping"
    return (
        number(f"{kind}TaxRate", f"Tax rate of the {of} costs, as a fraction."),
        listed(f"{kind}TaxRates", f"Taxes of the {of} costs.", TAX_RATES),
        amount(f"{kind}BasePriceExcl", f"Costs of {of} before discount, without tax."),
        amount(f"{kind}BasePriceIncl", f"Costs of {of} before discount, with tax."),
        amount(f"{kind}PriceExcl", f"Costs of {of}, without tax."),
        amount(f"{kind}PriceIncl", f"Costs of {of}, with tax."),
        text(f"{kind}Title", f"Name of the {of} method."),
        free(f"{kind}Data", f"Details of the {of} method."),
    )


class OrderCustomStatuses(LookupStream):
    """The shop's own order statuses."""

    name = "order_custom_statuses"
    place = ListPlace("orders/customstatuses", "customStatuses")
    permission = "orders"
    schema: ClassVar = schema(
        identifier("custom status"),
        *stamps("custom status"),
        text("title", "Title."),
        text("color", "Colour, `#rrggbb`."),
    )


class Orders(IncrementalStream):
    """Orders, without their lines (see `order_products`)."""

    name = "orders"
    place = ListPlace("orders", "orders")
    links = ("customerId", "quoteId")
    titles = (Title("customStatusTitle", "customStatusId", OrderCustomStatuses),)
    private = ("remoteIp", "userAgent", "nationalId", "comment", "memo")
    permission = "orders"
    schema: ClassVar = schema(
        identifier("order"),
        *stamps("order"),
        text("number", "Number of the order, as people see it."),
        text("status", "Status; an open list: `on_hold`, `processing_awaiting_shipment`, `cancelled` ..."),
        whole("customStatusId", "Id of the shop's own status."),
        text("customStatusTitle", "Title of the shop's own status (added by the tap)."),
        text(
            "channel",
            "Where the order was made: `main`, `facebook`, `api`, `mobile`; empty for the back office.",
        ),
        text("remoteIp", "IP address. Not selected by default."),
        text("userAgent", "Browser. Not selected by default."),
        text("referralId", "Where the buyer came from."),
        amount("priceCost", "Purchase price."),
        amount("priceExcl", "Total with shipping, without tax."),
        amount("priceIncl", "Total with shipping and tax."),
        size("weight", "Weight in grams."),
        size("volume", "Volume in millilitres."),
        number("colli", "Number of packages."),
        *person(),
        flag("newsletterSubscribed", "Whether the buyer asked for the newsletter."),
        *address("Billing"),
        region_data("Billing"),
        *address("Shipping"),
        region_data("Shipping"),
        text("paymentId", "Id of the payment method."),
        text("paymentStatus", "`not_paid`, `partially_paid`, `paid` or `cancelled`."),
        flag("paymentIsPost", "Whether payment comes after delivery."),
        flag("paymentIsInvoiceExternal", "Whether the invoice comes from elsewhere."),
        *_costs("payment"),
        text("shipmentId", "Id of the shipping method."),
        text("shipmentStatus", "`not_shipped`, `partially_shipped`, `shipped` or `cancelled`."),
        flag("shipmentIsCashOnDelivery", "Whether it is paid on delivery."),
        flag("shipmentIsPickup", "Whether the buyer fetches it."),
        *_costs("shipment"),
        amount("shipmentDiscountExcl", "Discount on shipping, without tax."),
        amount("shipmentDiscountIncl", "Discount on shipping, with tax."),
        on_day("shippingDate", "Planned date of shipping."),
        on_day("deliveryDate", "Planned date of delivery."),
        flag("isDiscounted", "Whether there is a discount."),
        text("discountType", "Kind of discount: `amount` ..."),
        amount("discountAmount", "The discount."),
        number("discountPercentage", "The discount as a fraction."),
        text("discountCouponCode", "The coupon's code."),
        listed("taxRates", "Taxes of the lines.", TAX_RATES),
        flag("isNewCustomer", "Whether it is the customer's first order."),
        text("comment", "Comment of the buyer. Not selected by default."),
        text("memo", "Note of the shop. Not selected by default."),
        flag("allowNotifications", "Whether mails about the order may be sent."),
        flag("doNotifyNew", "Whether a mail about the new order is to be sent."),
        flag("doNotifyReminder", "Whether a reminder is to be sent."),
        flag("doNotifyCancelled", "Whether a mail about the cancellation is to be sent."),
        obj("language", "Language of the order.", LANGUAGE),
        listed("giftCardsPayment", "Payments by gift card.", th.ObjectType(additional_properties=True)),
        whole("customerId", "Id of the customer; null for an order without one."),
        whole("quoteId", "Id of the cart that became this order."),
        text(
            "orderState",
            "The three statuses in one word (added by the tap), the first that holds: `cancelled`, "
            "`returned` (all of it; needs `order_products` and `customer_metrics`), `complete`, `shipped`, "
            "`paid`, else `open`.",
        ),
    )

    def record(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """An order with its state."""
        return super().record(raw) | self.chosen({"orderState": order_state(raw)})


LINE: tuple[Property, ...] = (
    text("articleCode", "Article code."),
    text("ean", "EAN."),
    text("sku", "SKU."),
    size("weight", "Weight in grams."),
    size("volume", "Volume in millilitres."),
    number("colli", "Number of packages."),
    size("sizeX", "Length."),
    size("sizeY", "Width."),
    size("sizeZ", "Height."),
    amount("priceCost", "Purchase price."),
    amount("customExcl", "Price of the custom fields, without tax."),
    amount("customIncl", "Price of the custom fields, with tax."),
    amount("basePriceExcl", "Price of one piece, without tax."),
    amount("basePriceIncl", "Price of one piece, with tax."),
    amount("priceExcl", "The line's total after its discount, without tax."),
    amount("priceIncl", "The line's total after its discount, with tax."),
    amount("discountExcl", "The line's discount, without tax."),
    amount("discountIncl", "The line's discount, with tax."),
    listed(
        "customFields",
        "What the buyer filled in.",
        th.ObjectType(
            whole("id", "Id of the field."),
            text("title", "Title of the field."),
            listed(
                "values",
                "What was filled in.",
                th.ObjectType(
                    text("value", "One value; `true` of a box that was ticked; null where it is empty.")
                ),
            ),
        ),
    ),
    whole("productId", "Id of the product."),
    whole("variantId", "Id of the variant."),
)
"""What the lines of orders and of carts have in common."""


class OrderProducts(DetailStream):
    """The lines of orders, each with what identifies its customer.

    They cost one request for each order, since no list of the API holds them.
    """

    name = "order_products"
    priority = Priority.MAIN_DETAIL
    shows_progress = True
    place = ListPlace("orders/{id}/products", "orderProducts")
    parent = Orders
    parent_key = "order"
    # Whether these move an order's `updatedAt` is not known (`docs/api/seoshop.md`, section 11, question 3).
    changed_by = (Invoices, Shipments, Returns)
    selected_by_default = True
    links = ("productId", "variantId")
    permission = "orders"
    schema: ClassVar = schema(
        identifier("order line"),
        whole("orderId", "Id of the order."),
        whole("customerId", "Id of the order's customer."),
        text("orderNumber", "Number of the order."),
        moment("orderCreatedAt", "When the order was made."),
        moment("orderUpdatedAt", "When the order last changed."),
        text("email", "E-mail address of the order."),
        text("firstname", "First name of the buyer."),
        text("lastname", "Last name of the buyer."),
        whole("position", "Place of the line in the order, from 1."),
        text("supplierTitle", "Supplier, as it was called when the order was made."),
        text("brandTitle", "Brand, as it was called when the order was made."),
        text("productTitle", "Product, as it was called when the order was made."),
        text("variantTitle", "Variant, as it was called when the order was made."),
        number("taxRate", "Tax rate as a fraction."),
        listed("taxRates", "Taxes of the line.", TAX_RATES),
        number("quantityOrdered", "Pieces ordered."),
        number("quantityInvoiced", "Pieces on invoices."),
        number("quantityShipped", "Pieces on shipments, shipped or not."),
        number("quantityRefunded", "Pieces refunded."),
        number("quantityReturned", "Pieces returned."),
        *LINE,
    )


class OrderEvents(AppendOnlyStream):
    """What happened to orders, invoices and shipments: an append-only log."""

    name = "order_events"
    place = ListPlace("orders/events", "ordersEvents")
    links = ("orderId", "invoiceId", "shipmentId")
    private = ("comment",)
    permission = "orders"
    schema: ClassVar = schema(
        identifier("event"),
        moment("createdAt", "When it happened."),
        text("channel", "Who did it: `auto`, `manual` or `api`."),
        text("type", "What it happened to: `order`, `invoice`, `shipment` or `notification`."),
        text("message", "What happened: `new`, `paid`, `not_paid`, `shipped`, `cancelled` ..."),
        text("comment", "Comment. Not selected by default."),
        whole("orderId", "Id of the order."),
        whole("invoiceId", "Id of the invoice."),
        whole("shipmentId", "Id of the shipment."),
    )


class OrderMetafields(DetailStream):
    """Free fields that apps have put at orders. One request for each order."""

    name = "order_metafields"
    place = ListPlace("orders/{id}/metafields", "orderMetafields")
    parent = Orders
    parent_key = "order"
    permission = "orders"
    schema: ClassVar = schema(
        *metafield("order"),
        whole("orderId", "Id of the order."),
        moment("orderUpdatedAt", "When the order last changed."),
    )
