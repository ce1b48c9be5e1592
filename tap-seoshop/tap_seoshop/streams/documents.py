"""Papers that follow an order: invoices, shipments, returns, carts."""

from __future__ import annotations

from typing import ClassVar

from singer_sdk import typing as th

from tap_seoshop.streams.base import DetailStream, IncrementalStream
from tap_seoshop.streams.fields import (
    COUNTRY,
    LANGUAGE,
    Property,
    amount,
    flag,
    free,
    identifier,
    listed,
    moment,
    number,
    obj,
    schema,
    size,
    stamps,
    text,
    whole,
)
from tap_seoshop.streams.place import ListPlace

__all__ = ["InvoiceItems", "Invoices", "Quotes", "Returns", "ShipmentProducts", "Shipments"]


def _prices(kind: str, of: str) -> tuple[Property, ...]:
    """What payment or shipment of a cart costs."""
    return (
        amount(f"{kind}BasePriceExcl", f"Costs of {of} before discount, without tax."),
        amount(f"{kind}BasePriceIncl", f"Costs of {of} before discount, with tax."),
        amount(f"{kind}PriceTax", f"Tax of the {of} costs."),
        amount(f"{kind}PriceExcl", f"Costs of {of}, without tax."),
        amount(f"{kind}PriceIncl", f"Costs of {of}, with tax."),
    )


class Invoices(IncrementalStream):
    """Invoices and credit notes."""

    name = "invoices"
    place = ListPlace("invoices", "invoices")
    links = ("invoiceId", "creditNoteId", "orderId", "customerId")
    permission = "orders"
    schema: ClassVar = schema(
        identifier("invoice"),
        *stamps("invoice"),
        text("number", "Number of the invoice."),
        text("status", "`paid`, `not_paid`, `cancelled` ..."),
        flag("isVatShifted", "Whether VAT is shifted to the buyer."),
        amount("priceExcl", "Total without tax. Positive on a credit note too."),
        amount("priceIncl", "Total with tax. Positive on a credit note too."),
        flag("doNotifyNew", "Whether a mail about the new invoice is to be sent."),
        flag("doNotifyPaid", "Whether a mail about the payment is to be sent."),
        whole("invoiceId", "On a credit note: id of the invoice that it credits."),
        flag("isCreditNote", "Whether it is a credit note."),
        whole("creditNoteId", "Id of the credit note for this invoice."),
        whole("orderId", "Id of the order."),
        whole("customerId", "Id of the customer."),
    )


class Shipments(IncrementalStream):
    """Shipments. When one was shipped the API does not say: it is `updatedAt` while `status` is `shipped`."""

    name = "shipments"
    place = ListPlace("shipments", "shipments")
    links = ("customerId", "orderId")
    permission = "orders"
    schema: ClassVar = schema(
        identifier("shipment"),
        *stamps("shipment"),
        text("number", "Number of the shipment."),
        text("status", "`not_shipped`, `shipped`, `cancelled` ..."),
        text("trackingCode", "Tracking code."),
        flag("doNotifyShipped", "Whether a mail about the shipping is to be sent."),
        flag("doNotifyReadyForPickup", "Whether a mail that it can be fetched is to be sent."),
        flag("doNotifyTrackingCode", "Whether a mail with the tracking code is to be sent."),
        size("totalWeight", "Weight in grams."),
        size("totalSizeX", "Length."),
        size("totalSizeY", "Width."),
        size("totalSizeZ", "Height."),
        whole("customerId", "Id of the customer."),
        whole("orderId", "Id of the order."),
    )


class InvoiceItems(DetailStream):
    """The items of invoices. One request for each invoice."""

    name = "invoice_items"
    place = ListPlace("invoices/{id}/items", "invoiceItems")
    parent = Invoices
    parent_key = "invoice"
    permission = "orders"
    schema: ClassVar = schema(
        identifier("invoice item"),
        whole("invoiceId", "Id of the invoice."),
        moment("invoiceUpdatedAt", "When the invoice last changed."),
        whole("orderId", "Id of the invoice's order."),
        whole("customerId", "Id of the invoice's customer."),
        text("type", "What the item is: `product`, `payment`, `shipment` ..."),
        text("title", "Title; `_paymentcosts_` and the like for costs."),
        text("variant", "The variant's title."),
        whole("orderProductId", "Id of the order line; null for costs."),
        text("articleCode", "Article code."),
        text("ean", "EAN."),
        text("sku", "SKU."),
        number("taxRate", "Tax rate as a fraction."),
        amount("basePriceExcl", "Price of one piece, without tax."),
        amount("basePriceIncl", "Price of one piece, with tax."),
        amount("priceExcl", "The item's total after its discount, without tax."),
        amount("priceIncl", "The item's total after its discount, with tax."),
        amount("discountExcl", "The item's discount, without tax."),
        amount("discountIncl", "The item's discount, with tax."),
        number("quantity", "Pieces."),
    )


class ShipmentProducts(DetailStream):
    """What is in shipments; no link leads to the order's line. One request for each shipment."""

    name = "shipment_products"
    place = ListPlace("shipments/{id}/products", "shipmentProducts")
    parent = Shipments
    parent_key = "shipment"
    permission = "orders"
    schema: ClassVar = schema(
        identifier("shipped product"),
        whole("shipmentId", "Id of the shipment."),
        moment("shipmentUpdatedAt", "When the shipment last changed."),
        whole("orderId", "Id of the shipment's order."),
        whole("customerId", "Id of the shipment's customer."),
        number("quantity", "Pieces."),
        text("title", "Title."),
        text("variant", "The variant's title."),
        text("articleCode", "Article code."),
        text("ean", "EAN."),
        text("sku", "SKU."),
        listed("customData", "What the buyer filled in.", th.ObjectType(additional_properties=True)),
    )


class Returns(IncrementalStream):
    """Goods sent back.

    Whether the shop can filter them by time is not proven: where it cannot, they are read whole.
    """

    name = "returns"
    place = ListPlace("returns", "returns")
    private = ("customerComment", "staffNote", "mailMessage")
    permission = "orders"
    optional = True
    schema: ClassVar = schema(
        identifier("return"),
        *stamps("return"),
        whole("customerId", "Id of the customer."),
        whole("orderId", "Id of the order."),
        text("status", "`authorized` ..."),
        number("numProducts", "Pieces sent back."),
        amount("priceExcl", "Total without tax."),
        amount("priceIncl", "Total with tax."),
        flag("isStockAdjusted", "Whether the pieces are in stock again."),
        text("returnReason", "Why they were sent back."),
        text("returnAction", "What the customer wants for them."),
        text("customerComment", "Comment of the customer. Not selected by default."),
        text("staffNote", "Note of the shop. Not selected by default."),
        text("mailMessage", "What was mailed to the customer. Not selected by default."),
        flag("notifyStatus", "Whether the customer is told of the status."),
        listed(
            "orderProducts",
            "The lines of the order.",
            th.ObjectType(whole("id", "Id of the order line."), number("quantity", "Pieces sent back.")),
        ),
    )


class Quotes(IncrementalStream):
    """Carts, also abandoned ones: an unbounded list, hence not selected by default.

    Whether the shop can filter them by time is not proven: where it cannot, they are read whole.
    """

    name = "quotes"
    place = ListPlace("quotes", "quotes")
    links = ("customerId",)
    private = ("recoveryHash", "remoteIp", "userAgent", "comment")
    permission = "orders"
    optional = True
    selected_by_default = False
    schema: ClassVar = schema(
        identifier("cart"),
        *stamps("cart"),
        moment("recalculatedAt", "When the prices were last worked out."),
        flag("isLocked", "Whether the cart is closed to changes."),
        text("channel", "Where the cart was made."),
        text("recoveryHash", "Opens the cart: a secret. Not selected by default."),
        text("remoteIp", "IP address. Not selected by default."),
        text("userAgent", "Browser. Not selected by default."),
        text("referralId", "Where the buyer came from."),
        size("weight", "Weight in grams."),
        size("volume", "Volume in millilitres."),
        number("colli", "Number of packages."),
        obj("paymentCountry", "Country of payment.", COUNTRY),
        obj("shipmentCountry", "Country of shipping.", COUNTRY),
        text("shipmentZipcode", "Postal code of shipping."),
        flag("shipmentSameAddress", "Whether it is shipped to the billing address."),
        amount("priceCost", "Purchase price."),
        amount("priceExcl", "Total without tax."),
        amount("priceIncl", "Total with tax."),
        amount("discountExcl", "Discount without tax."),
        amount("discountIncl", "Discount with tax."),
        whole("productsCount", "Number of lines."),
        number("productsQuantity", "Number of pieces."),
        flag("shipmentIsSet", "Whether a shipping method is chosen."),
        text("shipmentId", "Id of the shipping method."),
        flag("shipmentIsVirtual", "Whether nothing is to be shipped."),
        flag("shipmentIsCashOnDelivery", "Whether it is paid on delivery."),
        number("shipmentDiscountPercentage", "Discount on shipping."),
        flag("shipmentIsServicePoint", "Whether it goes to a service point."),
        flag("shipmentIsPickup", "Whether the buyer fetches it."),
        number("shipmentTaxRate", "Tax rate of the shipping costs, as a fraction."),
        *_prices("shipment", "shipping"),
        amount("shipmentDiscountExcl", "Discount on shipping, without tax."),
        amount("shipmentDiscountIncl", "Discount on shipping, with tax."),
        text("shipmentTitle", "Name of the shipping method."),
        free("shipmentData", "Details of the shipping method."),
        flag("paymentIsSet", "Whether a payment method is chosen."),
        text("paymentId", "Id of the payment method."),
        flag("paymentIsPost", "Whether payment comes after delivery."),
        flag("paymentIsInvoiceExternal", "Whether the invoice comes from elsewhere."),
        free("paymentData", "Details of the payment method."),
        number("paymentTaxRate", "Tax rate of the payment costs, as a fraction."),
        *_prices("payment", "payment"),
        amount("additionalCostExcl", "Additional costs, without tax."),
        amount("additionalCostIncl", "Additional costs, with tax."),
        text("paymentTitle", "Name of the payment method."),
        flag("discountIsSet", "Whether there is a discount."),
        whole("discountId", "Id of the discount; 0 without one."),
        text("discountType", "Kind of discount: `amount` ..."),
        amount("discountAmount", "The discount."),
        number("discountPercentage", "The discount as a fraction."),
        text("discountShipment", "What the discount does to the shipping costs."),
        amount("discountMinimumAmount", "Least total for the discount."),
        text("discountCouponCode", "The coupon's code."),
        text("comment", "Comment of the buyer. Not selected by default."),
        flag("allowNotifications", "Whether mails about the cart may be sent."),
        whole("customerId", "Id of the customer; null for a cart without one."),
        obj("language", "Language of the cart.", LANGUAGE),
    )
