"""What the setting `extras` brings to Copernica: told from the shop's own bodies, by docs/data-model.md.

It shares no code with tap or target, as `support.expected`.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from support.expected import Body, Fields, Shop, folded, linked, moment, number, text

NO_CART: Fields = {"cart_closed": "", "cart_id": Decimal(0), "pieces": Decimal(0)}
"""What the extra `carts` adds to each order."""
DATED = frozenset({"ordered", "returned", "credited"})
"""Events whose own time the shop tells."""
QUIET, GIVEN_UP = timedelta(hours=1), timedelta(days=15)


def returns(shop: Shop) -> dict[str, Fields]:
    """A row for each return."""
    return {
        shop.key(one["id"]): {
            "external_key": shop.key(one["id"]),
            "return_id": number(one["id"]),
            "order_id": number(one["orderId"]),
            "shop_id": number(shop.id),
            "returned_at": moment(one["createdAt"]),
            "status": text(one["status"]),
            "reason": text(one["returnReason"], 255),
            "wanted": text(one["returnAction"], 100),
            "pieces": number(one["numProducts"]),
            "value": number(one["priceIncl"]),
        }
        for one in shop.read("returns")
    }


def events(shop: Shop) -> dict[str, Fields]:
    """A row for each event of each order; `happened_at` where the shop has a time of its own for it."""
    found = {}
    for name, order, paper, body in _events(shop):
        key = event_key(shop, name, order, paper)
        row: Fields = {
            "external_key": key,
            "event": name,
            "order_id": number(order),
            "shop_id": number(shop.id),
            "value": number(body.get("priceIncl")),
        }
        if name in DATED:
            row["happened_at"] = moment(body["createdAt"])
        found[key] = row
    return found


def event_bodies(shop: Shop) -> dict[str, Body]:
    """When each event happened at the latest, in the form of a record's times."""
    return {
        event_key(shop, name, order, paper): {
            "createdAt": body["createdAt" if name in DATED else "updatedAt"],
            "updatedAt": body["updatedAt"],
        }
        for name, order, paper, body in _events(shop)
    }


def event_key(shop: Shop, name: str, order: int, paper: int) -> str:
    """The key of an event: of an order, and of the shipment, return or credit note that shows it."""
    return shop.key(f"{order}-{name}" + (f"-{paper}" if paper else ""))


def _events(shop: Shop) -> Iterator[tuple[str, int, int, Body]]:
    for one in shop.orders:
        held = {
            "ordered": True,
            "paid": one["paymentStatus"] == "paid",
            "completed": one["status"].startswith("completed"),
            "cancelled": one["status"] == "cancelled",
        }
        yield from ((name, one["id"], 0, one) for name, holds in held.items() if holds)
    for one in shop.read("shipments"):
        if one["status"] == "shipped" and (order := linked(one["order"])):
            yield "shipped", order, one["id"], one
    for one in shop.read("returns"):
        yield "returned", one["orderId"], one["id"], one
    for one in shop.invoices:
        if one["isCreditNote"] and (order := linked(one["order"])):
            yield "credited", order, one["id"], one


def standing_carts(shop: Shop, now: datetime) -> dict[str, Fields]:
    """Carts that were left for an hour, and not for 15 days, by a customer who has not ordered."""
    addresses = {one["id"]: folded(one) for one in shop.customers}
    found: dict[str, Fields] = {}
    for cart in shop.read("quotes"):
        customer, moved = linked(cart["customer"]), datetime.fromisoformat(cart["updatedAt"])
        address = addresses.get(customer or 0)
        bought = any(
            linked(one["quote"]) == cart["id"]
            or (
                datetime.fromisoformat(one["createdAt"]) >= moved
                and (linked(one["customer"]) == customer or folded(one) == address)
            )
            for one in shop.orders
        )
        if address and not bought and number(cart["priceIncl"]) > 0 and QUIET <= now - moved < GIVEN_UP:
            found[shop.key(f"cart:{cart['id']}")] = {
                "order_state": "basket",
                "cart_closed": "",
                "cart_id": number(cart["id"]),
                "shop_id": number(shop.id),
                "ordered_at": moment(cart["updatedAt"]),
                "updated_at": moment(cart["updatedAt"]),
                "total": number(cart["priceIncl"]),
                "pieces": number(cart["productsQuantity"]),
            }
    return found


def too_many_events(shop: Shop, told: list[tuple[str, dict[str, Any]]], began: datetime) -> list[str]:
    """What Copernica's events API was told twice, of history, or without a reason.

    Args:
        shop: As it is now.
        told: Kind and body of each event, in order.
        began: When the first run began.
    """
    wrong = []
    for (kind, address), times in Counter((kind, body["email"].casefold()) for kind, body in told).items():
        owners = [one for one in shop.customers if folded(one) == address]
        if times > max(1, len(owners)):
            wrong.append(f"{kind} was told {times} times of one address")
        if (
            kind == "user/register"
            and owners
            and all(datetime.fromisoformat(one["createdAt"]) < began for one in owners)
        ):
            wrong.append(f"{kind} was told of history")
        asked = {folded(one) for one in shop.read("subscriptions")}
        if kind == "email/unsubscribe" and address in asked:
            wrong.append(f"{kind} was told of an address that is on the list")
    new = sum(datetime.fromisoformat(one["createdAt"]) >= began for one in shop.customers)
    registered = sum(kind == "user/register" for kind, _ in told)
    if registered > new:
        wrong.append(f"user/register was told {registered} times, of {new} new customers")
    return wrong
