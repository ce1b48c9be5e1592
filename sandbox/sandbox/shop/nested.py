"""Lists that stand below a single record, such as `orders/{id}/products`: stored, or told from the record."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sandbox.shop.carts import line_of
from sandbox.shop.catalog import attributes_of, images_of
from sandbox.shop.db import Shop, Where, dumped
from sandbox.shop.documents import items_of, packed_in
from sandbox.shop.resource import linked, stamp
from sandbox.shop.resources import (
    CUSTOMER_METAFIELDS,
    CUSTOMERS,
    INVOICES,
    ORDER_METAFIELDS,
    ORDER_PRODUCTS,
    ORDERS,
    PRODUCT_METAFIELDS,
    PRODUCTS,
    QUOTE_PRODUCTS,
    QUOTES,
    SHIPMENTS,
    Body,
    Resource,
)


@dataclass(frozen=True)
class Nested:
    """One kind of record below another.

    Attributes:
        name: as the admin calls name it.
        path: below the language, without `.json`; `{parent}` stands for the id of the record above.
        one: envelope key of a single record.
        many: envelope key of a list.
        parent: what stands above.
        key: under which the admin calls name the record above; the API's records do not.
        below: gives JSON texts of the records below the one with this id, in the list's order.
    """

    name: str
    path: str
    one: str
    many: str
    parent: Resource
    key: str
    below: Callable[[Shop, int], list[str]]

    def every(self, shop: Shop) -> Iterator[str]:
        """JSON text of each record there is, with the id of the one above."""
        for row, _ in shop.every(self.parent):
            for text in self.below(shop, row["id"]):
                yield f'{{"{self.key}":{row["id"]},{text[1:]}'


def _stored(resource: Resource, parent: Resource, *, newest_first: bool = True) -> Nested:
    ((key, column),) = resource.beside.items()

    def below(shop: Shop, identifier: int) -> list[str]:
        return shop.page(resource, Where({f"{column} =": identifier}), newest_first=newest_first)

    return Nested(resource.name, resource.path, resource.one, resource.many, parent, key, below)


def _lines(shop: Shop, order: int) -> list[Body]:
    texts = shop.page(ORDER_PRODUCTS, Where({"order_id =": order}), newest_first=False)
    return [json.loads(text) for text in texts]


def _items(shop: Shop, identifier: int) -> list[str]:
    invoice = shop.get(INVOICES, identifier) or {}
    order = shop.get(ORDERS, invoice["order"]["resource"]["id"]) if invoice.get("order") else None
    return [dumped(item) for item in items_of(invoice, order, _lines(shop, order["id"]))] if order else []


def _packed(shop: Shop, identifier: int) -> list[str]:
    parcel = shop.get(SHIPMENTS, identifier) or {}
    if not parcel.get("order"):
        return []
    order = parcel["order"]["resource"]["id"]
    parcels = sorted(shop.newest(SHIPMENTS, Where({"order_id =": order}), -1))
    return [dumped(one) for one in packed_in(identifier, parcels, _lines(shop, order))]


def _in_cart(shop: Shop, identifier: int) -> list[str]:
    """The lines of a cart: its own, or those of the order that it became."""
    own = shop.page(QUOTE_PRODUCTS, Where({"quote_id =": identifier}), newest_first=False)
    made = stamp("createdAt")(shop.get(QUOTES, identifier) or {})
    if own or made is None:
        return own
    orders = map(json.loads, shop.page(ORDERS, Where({"created =": made}), newest_first=False))
    became = (order for order in orders if linked("quote")(order) == identifier)
    return [dumped(line_of(line)) for one in became for line in _lines(shop, one["id"])]


def _of_product(tell: Callable[[Body], list[Body]]) -> Callable[[Shop, int], list[str]]:
    def below(shop: Shop, identifier: int) -> list[str]:
        product = shop.get(PRODUCTS, identifier)
        return [dumped(one) for one in tell(product)] if product else []

    return below


NESTED = (
    _stored(ORDER_PRODUCTS, ORDERS, newest_first=False),
    _stored(ORDER_METAFIELDS, ORDERS),
    _stored(CUSTOMER_METAFIELDS, CUSTOMERS),
    _stored(PRODUCT_METAFIELDS, PRODUCTS),
    Nested(
        "invoice_items",
        "invoices/{parent}/items",
        "invoiceItem",
        "invoiceItems",
        INVOICES,
        "invoiceId",
        _items,
    ),
    Nested(
        "shipment_products",
        "shipments/{parent}/products",
        "shipmentProduct",
        "shipmentProducts",
        SHIPMENTS,
        "shipmentId",
        _packed,
    ),
    Nested(
        "quote_products",
        "quotes/{parent}/products",
        "quoteProduct",
        "quoteProducts",
        QUOTES,
        "quoteId",
        _in_cart,
    ),
    Nested(
        "product_attributes",
        "products/{parent}/attributes",
        "productAttribute",
        "productAttributes",
        PRODUCTS,
        "productId",
        _of_product(attributes_of),
    ),
    Nested(
        "product_images",
        "products/{parent}/images",
        "productImage",
        "productImages",
        PRODUCTS,
        "productId",
        _of_product(images_of),
    ),
)
