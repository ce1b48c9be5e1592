"""The single order, which alone carries its customer, documents, lines, cart and events inside its links."""

import json
from typing import Any

from sandbox.shop.carts import cart
from sandbox.shop.db import Shop, Where
from sandbox.shop.resources import (
    CUSTOMERS,
    INVOICES,
    ORDER_EVENTS,
    ORDER_METAFIELDS,
    ORDER_PRODUCTS,
    QUOTES,
    SHIPMENTS,
    Body,
)

# Keys of a shipment that its embedded form lacks.
SHIPMENT_EXTRAS = ("totalWeight", "totalSizeX", "totalSizeY", "totalSizeZ")


def single_order(shop: Shop, order: Body, most: int | None = None) -> Body:
    """`order` as a single GET shows it, with at most so many of its products."""
    identifier = order["id"]
    of_order = Where({"order_id =": identifier})
    order = dict(order)
    if isinstance(order.get("customer"), dict):
        customer = shop.get(CUSTOMERS, order["customer"]["resource"]["id"])
        if customer is not None:
            order["customer"] = _with(order["customer"], customer)
    many: dict[str, list[Any]] = {
        "invoices": [json.loads(text) for text in shop.page(INVOICES, of_order, newest_first=False)],
        "shipments": [
            {name: value for name, value in json.loads(text).items() if name not in SHIPMENT_EXTRAS}
            for text in shop.page(SHIPMENTS, of_order, newest_first=False)
        ],
        "products": [json.loads(text) for text in shop.page(ORDER_PRODUCTS, of_order, newest_first=False)],
        "metafields": [
            json.loads(text) for text in shop.page(ORDER_METAFIELDS, of_order, newest_first=False)
        ],
        "events": [json.loads(text) for text in shop.page(ORDER_EVENTS, of_order, newest_first=False)],
    }
    if isinstance(order.get("quote"), dict):
        quote = shop.get(QUOTES, order["quote"]["resource"]["id"])
        order["quote"] = _with(order["quote"], quote or cart(order, many["products"]))
    many["products"] = many["products"][:most]
    for name, records in many.items():
        order[name] = _with(order[name], records)
    return order


def _with(link: Any, embedded: Any) -> dict[str, Any]:  # noqa: ANN401  # a link object, any JSON inside
    return {"resource": {**link["resource"], "embedded": embedded}}
