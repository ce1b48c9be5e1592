"""What the setting `extras` brings to Copernica, worked out from the shop's own data and docs/data-model.md.

It shares no code with tap or target, as `support.expected`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from support.expected import Body, Fields, Shop, folded, linked, moment, number, text

NO_CART: Fields = {"cart_closed": "", "cart_id": Decimal(0), "pieces": Decimal(0)}
"""What the extra `carts` adds to each order."""
DATED = frozenset({"ordered", "returned", "credited"})
"""Events whose own time the shop tells."""
QUIET, GIVEN_UP = timedelta(hours=1), timedelta(days=15)
ONCE_FOR_ADDRESS = ("user/register", "email/unsubscribe")
"""Events that name an address and nothing else."""


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
    return {
        shop.key(f"cart:{cart['id']}"): {
            "order_state": "basket",
            "cart_closed": "",
            "cart_id": number(cart["id"]),
            "shop_id": number(shop.id),
            "ordered_at": moment(cart["updatedAt"]),
            "updated_at": moment(cart["updatedAt"]),
            "total": number(cart["priceIncl"]),
            "pieces": number(cart["productsQuantity"]),
        }
        for cart in _standing(shop, now)
    }


def lines_of_carts(shop: Shop, now: datetime) -> dict[str, Fields]:
    """A row for each line of a cart that stands."""
    standing = {cart["id"]: cart for cart in _standing(shop, now)}
    return {
        shop.key(f"{one['quoteId']}:{one['id']}"): {
            "in_cart": "yes",
            "cart_closed": "",
            "cart_id": number(one["quoteId"]),
            "shop_id": number(shop.id),
            "updated_at": moment(standing[one["quoteId"]]["updatedAt"]),
            "title": text(one["productTitle"], 255),
            "sku": text(one["sku"], 100),
            "quantity": number(one["quantity"]),
        }
        for one in shop.read("quote_products")
        if one["quoteId"] in standing
    }


def of_carts(shop: Shop, people: set[str]) -> set[str]:
    """Keys of the carts that some customers have, and of the lines in them."""
    carts = {one["id"] for one in shop.read("quotes") if shop.key(linked(one["customer"])) in people}
    lines = (one for one in shop.read("quote_products") if one["quoteId"] in carts)
    return {shop.key(f"cart:{cart}") for cart in carts} | {
        shop.key(f"{one['quoteId']}:{one['id']}") for one in lines
    }


def _standing(shop: Shop, now: datetime) -> Iterator[Body]:
    addresses = {one["id"]: folded(one) for one in shop.customers}
    for cart in shop.read("quotes"):
        address, moved = (
            addresses.get(linked(cart["customer"]) or 0),
            datetime.fromisoformat(cart["updatedAt"]),
        )
        bought = any(_closes(one, cart, address) for one in shop.orders)
        if address and not bought and number(cart["priceIncl"]) > 0 and QUIET <= now - moved < GIVEN_UP:
            yield cart


def _closes(order: Body, cart: Body, address: str | None) -> bool:
    """Whether an order was made from a cart, or is newer and of its customer or that customer's address."""
    return linked(order["quote"]) == cart["id"] or (
        datetime.fromisoformat(order["createdAt"]) >= datetime.fromisoformat(cart["updatedAt"])
        and (linked(order["customer"]) == linked(cart["customer"]) or folded(order) == address)
    )


def carts_closed_by(shop: Shop, order: int) -> set[tuple[int, str]]:
    """The carts that an order closes, by id and last change."""
    addresses = {one["id"]: folded(one) for one in shop.customers}
    return {
        (cart["id"], cart["updatedAt"])
        for cart in shop.read("quotes")
        for one in shop.orders
        if one["id"] == order and _closes(one, cart, addresses.get(linked(cart["customer"]) or 0))
    }


def used_codes(shop: Shop) -> set[str]:
    """Codes of coupons that orders used, as two spellings of one are one."""
    orders = (one for one in shop.orders if one["status"] != "cancelled")
    return {code for one in orders if (code := text(one["discountCouponCode"]).strip().casefold())}


def too_many_events(
    shop: Shop, told: list[tuple[str, dict[str, Any]]], began: datetime, left: Mapping[str, int]
) -> list[str]:
    """What Copernica's events API was told twice, of history, or without a reason.

    Args:
        shop: As it is now.
        told: Kind and body of each event, in order.
        began: When the first run began.
        left: How often an address left the shop's list.
    """
    wrong = []
    for (kind, address), times in Counter((kind, body["email"].casefold()) for kind, body in told).items():
        owners = [one for one in shop.customers if folded(one) == address]
        if kind in ONCE_FOR_ADDRESS and times > max(1, len(owners), left.get(address, 0)):
            wrong.append(f"{kind} was told {times} times of one address")
        if (
            kind == "user/register"
            and owners
            and all(datetime.fromisoformat(one["createdAt"]) < began for one in owners)
        ):
            wrong.append(f"{kind} was told of history")
    kinds = Counter(kind for kind, _ in told)
    new = sum(datetime.fromisoformat(one["createdAt"]) >= began for one in shop.customers)
    for kind, happened in {"user/register": new, "email/unsubscribe": sum(left.values())}.items():
        if kinds[kind] > happened:
            wrong.append(f"{kind} was told {kinds[kind]} times, and happened {happened} times")
    return wrong + _too_many_of_carts(shop, told, began)


def _too_many_of_carts(shop: Shop, told: list[tuple[str, dict[str, Any]]], began: datetime) -> list[str]:
    """Likewise of carts, in which pieces of an article only ever become more until it goes for good."""
    acts = Counter(event_of(kind, body) for kind, body in told if kind not in ONCE_FOR_ADDRESS)
    old = {str(one["id"]) for one in shop.read("quotes") if datetime.fromisoformat(one["updatedAt"]) < began}
    wrong = [f"{kind} was told {times} times of {what}" for (kind, what), times in acts.items() if times > 1]
    return wrong + [f"{kind} was told of history" for kind, what in acts if what.split()[0] in old]


def event_of(kind: str, body: Mapping[str, Any]) -> tuple[str, str]:
    """What tells an event from others: its kind, and the address, or the line of a cart and what is in it."""
    if kind in ONCE_FOR_ADDRESS:
        return kind, body["email"].casefold()
    return kind, f"{body['id']} {body['sku']} {body['quantity']}"
