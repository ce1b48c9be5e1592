"""The shop's side of what Copernica holds: the record that a key names, and what belongs to it."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.shop.db import Shop, Where
from sandbox.shop.resource import linked
from sandbox.shop.resources import (
    BRANDS,
    CATEGORIES,
    CATEGORIES_PRODUCTS,
    CUSTOMERS,
    CUSTOMSTATUSES,
    GROUPS,
    GROUPS_CUSTOMERS,
    INVOICES,
    ORDER_PRODUCTS,
    ORDERS,
    PRODUCTS,
    SHIPMENTS,
    VARIANTS,
    Body,
    Resource,
)

NAMES: Mapping[str, str] = {
    "customers": "customer",
    "orders": "order",
    "order_products": "order row",
    "products": "product",
    "variants": "variant",
    "invoices": "invoice",
    "shipments": "shipment",
}
_OF_PROFILES = (CUSTOMERS, PRODUCTS)
_OF_SUBPROFILES = (ORDERS, ORDER_PRODUCTS, VARIANTS, INVOICES, SHIPMENTS)
_KEY = re.compile(r"(\d{1,15}):(?:(order):)?(\d{1,15})")
_CENT = Decimal("0.01")
MOST_ORDERS = 1000
"""Of one customer; beyond them no sums are told."""


@dataclass(frozen=True)
class Source:
    """Something of the shop that values may have come from.

    Attributes:
        name: for people, such as `customer` or `its orders`.
        body: in the API's form, or what was added up.
        id: of the record; None for what was added up.
    """

    name: str
    body: Body
    id: int | None = None


def shop_id(shop: Shop) -> int:
    """The shop's id, with which every key begins."""
    identifier: int = shop.fact("shop")["id"]
    return identifier


def without_product(shop: Shop) -> int:
    """How many variants belong to a product that the shop no longer has."""
    query = "SELECT count(*) FROM variants WHERE product_id NOT IN (SELECT id FROM products)"
    return int(shop.connection.execute(query).fetchone()[0])


def candidates(shop: Shop, key: str, *, profile: bool) -> list[tuple[Resource, Source]]:
    """The records that a key may name; it tells the number and not the kind.

    Args:
        shop: where they are.
        key: such as `300001:17`, or `300001:order:17` for who is known by an order alone.
        profile: whether a profile holds the key, or a subprofile.
    """
    found = _KEY.fullmatch(key)
    if found is None or int(found[1]) != shop_id(shop):
        return []
    kinds = (ORDERS,) if found[2] else _OF_PROFILES if profile else _OF_SUBPROFILES
    number = int(found[3])
    bodies = ((kind, shop.get(kind, number)) for kind in kinds)
    return [(kind, Source(NAMES[kind.name], body, number)) for kind, body in bodies if body is not None]


def related(shop: Shop, resource: Resource, source: Source) -> list[Source]:
    """What else of the shop belongs to a record: values may have come from there as well."""
    found = [Source("shop", {"id": shop_id(shop)})]
    if resource is CUSTOMERS and source.id is not None:
        found += _of_customer(shop, source.id)
    if resource is ORDERS and source.id is not None:
        found += _of_order(shop, source)
    if resource is ORDER_PRODUCTS and source.id is not None:
        order = shop.beside(ORDER_PRODUCTS, source.id).get("orderId")
        found += _record(shop, ORDERS, order, "its order")
        found += _product(shop, source.body)
        place = _position(shop, order, source.id)
        found += [Source("its order's rows", {"position": place})] if place else []
    if resource is VARIANTS:
        found += _product(shop, source.body)
    if resource is PRODUCTS:
        found += _record(shop, BRANDS, linked("brand")(source.body), "its brand")
    return found


def orders_of(shop: Shop, customer: int) -> list[Body]:
    """The newest orders of a customer, newest first; at most `MOST_ORDERS`."""
    texts = shop.page(ORDERS, Where({"customer_id =": customer}), limit=MOST_ORDERS)
    return sorted(map(json.loads, texts), key=lambda order: str(order["createdAt"]), reverse=True)


def credited_of(shop: Shop, customer: int) -> list[tuple[object, Decimal]]:
    """The order and the total of each credit note of a customer."""
    invoices = map(json.loads, shop.page(INVOICES, Where({"customer_id =": customer})))
    notes = [one for one in invoices if one.get("isCreditNote")]
    return [(linked("order")(one), Decimal(str(one["priceIncl"]))) for one in notes]


def rows_of(shop: Shop, order: int) -> list[Body]:
    """The rows of an order, in the order in which they were put in."""
    texts = shop.page(ORDER_PRODUCTS, Where({"order_id =": order}), newest_first=False)
    return [json.loads(text) for text in texts]


def category_of(shop: Shop, row: Body) -> str:
    """Title of the deepest category of an order row's product; empty where it has none."""
    product = linked("product")(row)
    pairs = shop.page(CATEGORIES_PRODUCTS, Where({"product_id =": product})) if product else []
    numbers = (linked("category")(json.loads(text)) for text in pairs)
    found = [body for number in numbers if (body := shop.get(CATEGORIES, int(number or 0)))]
    return str(min(found, key=lambda one: (-int(one["depth"]), one["id"]))["title"]) if found else ""


def _of_customer(shop: Shop, customer: int) -> list[Source]:
    orders = orders_of(shop, customer)
    memberships = shop.page(GROUPS_CUSTOMERS, Where({"customer_id =": customer}), newest_first=False)
    numbers = (linked("group")(json.loads(text)) for text in memberships)
    groups = [group for number in numbers if (group := shop.get(GROUPS, int(number or 0)))]
    found = [Source("its groups", {"titles": ", ".join(str(group["title"]) for group in groups)})]
    if not orders or len(orders) == MOST_ORDERS:
        return found
    invoices = shop.page(INVOICES, Where({"customer_id =": customer}))
    credited = [invoice for invoice in map(json.loads, invoices) if invoice.get("isCreditNote")]
    return [
        *found,
        Source("its orders, added up", added_up(orders, credited)),
        Source("its last order", orders[0], orders[0]["id"]),
        Source("its first order", {"createdAt": orders[-1]["createdAt"]}, orders[-1]["id"]),
    ]


def added_up(orders: Iterable[Body], credit_notes: Iterable[Body]) -> Body:
    """What a shop's owner adds up: all orders, and those not cancelled less what was credited."""
    every = list(orders)
    counted = [order for order in every if order["status"] != "cancelled"]
    net = _sum(counted) - _sum(credit_notes)
    average = (net / len(counted)).quantize(_CENT, ROUND_HALF_UP) if counted else Decimal(0)
    return {
        "order count": len(every),
        "total value": str(_sum(every)),
        "net value": str(net),
        "average value": str(average),
    }


def _sum(bodies: Iterable[Body]) -> Decimal:
    return sum((Decimal(str(body["priceIncl"])) for body in bodies), Decimal(0))


def _of_order(shop: Shop, source: Source) -> list[Source]:
    texts = shop.page(SHIPMENTS, Where({"order_id =": source.id}))
    shipments = [json.loads(text) for text in texts]
    found = [Source("its shipment", body, body["id"]) for body in shipments]
    found += _record(shop, CUSTOMSTATUSES, source.body.get("customStatusId"), "its custom status")
    return found + _record(shop, CUSTOMERS, linked("customer")(source.body), "its customer")


def _product(shop: Shop, body: Body) -> list[Source]:
    product = linked("product")(body)
    found = _record(shop, PRODUCTS, product, "its product")
    for one in tuple(found):
        found += _record(shop, BRANDS, linked("brand")(one.body), "its brand")
    return found


def _position(shop: Shop, order: int | None, line: int) -> int | None:
    numbers = [row["id"] for row in rows_of(shop, order)] if order is not None else []
    return numbers.index(line) + 1 if line in numbers else None


def _record(shop: Shop, resource: Resource, identifier: Any, name: str) -> list[Source]:  # noqa: ANN401 - an id or nothing
    body = shop.get(resource, identifier) if isinstance(identifier, int) and identifier else None
    return [] if body is None else [Source(name, body, identifier)]
