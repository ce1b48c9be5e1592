"""The shop's resources: how the API names them, and by which columns their lists can be filtered.

Names and filters: https://developers.lightspeedhq.com/ecom/ (see `docs/api/seoshop.md`, sections 4 and 5.2).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sandbox.shop.links import to_one
from sandbox.shop.resource import (
    STAMPS,
    Body,
    Column,
    Resource,
    linked,
    offset,
    plain,
    stamp,
    text,
    told_stamp,
)

__all__ = ["STAMPS", "Body", "Resource"]

BOTH = ("created", "updated")
_OF_ORDER: Mapping[str, Column] = {
    **STAMPS,
    "customer_id": linked("customer"),
    "order_id": linked("order"),
    "number": text("number"),
}
_OF_ORDER_FILTERS = {"customer": "customer_id", "order": "order_id", "number": "number"}

CUSTOMERS = Resource(
    "customers",
    "customers",
    "customer",
    "customers",
    columns={**STAMPS, "email": text("email")},
    filters={"email": "email"},
    timed=BOTH,
)
GROUPS = Resource("groups", "groups", "group", "groups", columns=STAMPS, filters={})
GROUPS_CUSTOMERS = Resource(
    "groups_customers",
    "groups/customers",
    "groupsCustomer",
    "groupsCustomers",
    columns={"group_id": linked("group"), "customer_id": linked("customer")},
    filters={"group": "group_id", "customer": "customer_id"},
)
ORDERS = Resource(
    "orders",
    "orders",
    "order",
    "orders",
    columns={
        **STAMPS,
        "customer_id": linked("customer"),
        "number": text("number"),
        "status": text("status"),
        "payment_status": text("paymentStatus"),
        "shipment_status": text("shipmentStatus"),
    },
    filters={"customer": "customer_id", "number": "number", "status": "status"},
    timed=BOTH,
)
CUSTOMSTATUSES = Resource(
    "customstatuses",
    "orders/customstatuses",
    "customStatus",
    "customStatuses",
    columns=STAMPS,
    filters={},
)
INVOICES = Resource(
    "invoices",
    "invoices",
    "invoice",
    "invoices",
    # A credit note has no credit note of its own: it counts as credited.
    columns={
        **_OF_ORDER,
        "status": text("status"),
        "credited": lambda body: int(bool(body.get("creditNote") or body.get("isCreditNote"))),
    },
    filters=_OF_ORDER_FILTERS,
    timed=BOTH,
)
SHIPMENTS = Resource(
    "shipments",
    "shipments",
    "shipment",
    "shipments",
    columns=_OF_ORDER,
    filters=_OF_ORDER_FILTERS,
    timed=BOTH,
)
PRODUCTS = Resource(
    "products",
    "products",
    "product",
    "products",
    columns={**STAMPS, "brand_id": linked("brand")},
    filters={"brand": "brand_id"},
    timed=BOTH,
)
VARIANTS = Resource(
    "variants",
    "variants",
    "variant",
    "variants",
    columns={
        **STAMPS,
        "product_id": linked("product"),
        "article_code": text("articleCode"),
        "ean": text("ean"),
        "sku": text("sku"),
        "hs": text("hs"),
    },
    filters={
        "product": "product_id",
        "article_code": "article_code",
        "ean": "ean",
        "sku": "sku",
        "hs": "hs",
    },
    timed=BOTH,
)
BRANDS = Resource("brands", "brands", "brand", "brands", columns=STAMPS, filters={})

LANGUAGES = Resource("languages", "languages", "language", "languages", columns={}, filters={})
COUNTRIES = Resource("countries", "countries", "country", "countries", columns={}, filters={})
TAXES = Resource("taxes", "taxes", "tax", "taxes", columns={}, filters={})
SUPPLIERS = Resource("suppliers", "suppliers", "supplier", "suppliers", columns=STAMPS, filters={})
CATEGORIES = Resource(
    "categories",
    "categories",
    "category",
    "categories",
    columns={**STAMPS, "parent_id": linked("parent")},
    filters={"parent": "parent_id"},
)
CATEGORIES_PRODUCTS = Resource(
    "categories_products",
    "categories/products",
    "categoriesProduct",
    "categoriesProducts",
    columns={
        "category_id": linked("category"),
        "product_id": linked("product"),
        "parent_id": plain("parentId"),
    },
    filters={"category": "category_id", "product": "product_id", "parent": "parent_id"},
    beside={"parentId": "parent_id"},
)
TAGS = Resource("tags", "tags", "tag", "tags", columns=STAMPS, filters={})
TAGS_PRODUCTS = Resource(
    "tags_products",
    "tags/products",
    "tagsProduct",
    "tagsProducts",
    columns={"tag_id": linked("tag"), "product_id": linked("product")},
    filters={"tag": "tag_id", "product": "product_id"},
)
SUBSCRIPTIONS = Resource(
    "subscriptions", "subscriptions", "subscription", "subscriptions", columns=STAMPS, filters={}
)
REVIEWS = Resource(
    "reviews",
    "reviews",
    "review",
    "reviews",
    columns={**STAMPS, "customer_id": linked("customer"), "product_id": linked("product")},
    filters={"customer": "customer_id", "product": "product_id"},
)

# The order of a line is not in its record: the table alone knows it.
ORDER_PRODUCTS = Resource(
    "order_products",
    "orders/{parent}/products",
    "orderProduct",
    "orderProducts",
    columns={"order_id": plain("orderId")},
    filters={},
    beside={"orderId": "order_id"},
)


def _event(row: Any) -> Body:  # noqa: ANN401  # a row of the store
    return {
        "id": row["id"],
        "createdAt": told_stamp(row["created"], row["away"]),
        "channel": row["channel"],
        "type": row["type"],
        "message": row["message"],
        "comment": row["comment"],
        "order": to_one("orders", row["order_id"]) if row["order_id"] else False,
        "invoice": to_one("invoices", row["invoice_id"]) if row["invoice_id"] else False,
        "shipment": to_one("shipments", row["shipment_id"]) if row["shipment_id"] else False,
    }


ORDER_EVENTS = Resource(
    "order_events",
    "orders/events",
    "ordersEvent",
    "ordersEvents",
    columns={
        "created": stamp("createdAt"),
        "away": offset("createdAt"),
        "channel": plain("channel"),
        "type": plain("type"),
        "message": plain("message"),
        "comment": plain("comment"),
        "order_id": linked("order"),
        "invoice_id": linked("invoice"),
        "shipment_id": linked("shipment"),
    },
    filters={"order": "order_id", "invoice": "invoice_id", "shipment": "shipment_id"},
    told=_event,
)
# The same log under another path.
EVENTS = replace(ORDER_EVENTS, path="events", one="event", many="events", filters={})


def _metafields(of: str) -> Resource:
    """Free fields that apps put at records of one kind: `order`, `customer` or `product`."""
    key, column = f"{of}Id", f"{of}_id"

    def metafield(row: Any) -> Body:  # noqa: ANN401  # a row of the store
        return {
            "id": row["id"],
            "createdAt": row["created"],
            "updatedAt": row["updated"],
            "key": row["label"],
            "value": row["value"],
        }

    return Resource(
        f"{of}_metafields",
        f"{of}s/{{parent}}/metafields",
        f"{of}Metafield",
        f"{of}Metafields",
        columns={
            column: plain(key),
            "created": plain("createdAt"),
            "updated": plain("updatedAt"),
            "label": plain("key"),
            "value": plain("value"),
        },
        filters={},
        beside={key: column},
        told=metafield,
    )


ORDER_METAFIELDS = _metafields("order")
CUSTOMER_METAFIELDS = _metafields("customer")
PRODUCT_METAFIELDS = _metafields("product")

RETURNS = Resource(
    "returns",
    "returns",
    "return",
    "returns",
    columns={**STAMPS, "order_id": plain("orderId")},
    filters={},
)
QUOTES = Resource("quotes", "quotes", "quote", "quotes", columns=STAMPS, filters={})
# The lines of carts that did not become an order; those of the others are told from the order's.
QUOTE_PRODUCTS = Resource(
    "quote_products",
    "quotes/{parent}/products",
    "quoteProduct",
    "quoteProducts",
    columns={"quote_id": plain("quoteId")},
    filters={},
    beside={"quoteId": "quote_id"},
)
DISCOUNTS = Resource(
    "discounts", "discounts", "discount", "discounts", columns={**STAMPS, "code": text("code")}, filters={}
)


def _movement(row: Any) -> Body:  # noqa: ANN401  # a row of the store
    return {
        "id": row["id"],
        "createdAt": told_stamp(row["created"], row["away"]),
        "channel": row["channel"],
        "stockLevelChange": row["change"],
        "product": to_one("products", row["product_id"]),
        "variant": to_one("variants", row["variant_id"]),
    }


VARIANT_MOVEMENTS = Resource(
    "variant_movements",
    "variants/movements",
    "variantMovement",
    "variantsMovements",
    columns={
        "created": stamp("createdAt"),
        "away": offset("createdAt"),
        "channel": plain("channel"),
        "change": plain("stockLevelChange"),
        "product_id": linked("product"),
        "variant_id": linked("variant"),
    },
    filters={"product": "product_id", "variant": "variant_id"},
    told=_movement,
)

# Resources with a list, a count and single records directly below the language.
LISTED: tuple[Resource, ...] = (
    CUSTOMERS,
    GROUPS_CUSTOMERS,
    GROUPS,
    CUSTOMSTATUSES,
    ORDERS,
    INVOICES,
    SHIPMENTS,
    PRODUCTS,
    VARIANTS,
    BRANDS,
    LANGUAGES,
    COUNTRIES,
    TAXES,
    SUPPLIERS,
    CATEGORIES_PRODUCTS,
    CATEGORIES,
    TAGS_PRODUCTS,
    TAGS,
    SUBSCRIPTIONS,
    REVIEWS,
    EVENTS,
    ORDER_EVENTS,
    RETURNS,
    QUOTES,
    DISCOUNTS,
    VARIANT_MOVEMENTS,
)
# All that is stored, by name.
ALL: Mapping[str, Resource] = {
    resource.name: resource
    for resource in (
        *LISTED,
        ORDER_PRODUCTS,
        QUOTE_PRODUCTS,
        ORDER_METAFIELDS,
        CUSTOMER_METAFIELDS,
        PRODUCT_METAFIELDS,
    )
}
