"""Movements of stock: what a variant starts with, and what orders, cancellations and returns do to it.

What has moved always adds up to the variant's `stockLevel`.
"""

from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from sandbox.shop.db import Shop, Where
from sandbox.shop.links import to_one
from sandbox.shop.orders import Sale
from sandbox.shop.resources import VARIANT_MOVEMENTS, VARIANTS, Body
from sandbox.shop.zone import stamped

# Below the ids of all other movements.
FIRST_OPENING = 113_000_001


def of_sale(sale: Sale) -> Iterator[Body]:
    """What an order takes out of stock, and what comes back of it: movements that still need an id."""
    order = sale.order
    yield from _all(sale.lines, "quantityOrdered", order["createdAt"], -1)
    if order["status"] == "cancelled":
        yield from _all(sale.lines, "quantityOrdered", order["updatedAt"], 1)
    for back in sale.returns:
        yield from of_return(back, sale.lines)


def of_return(back: Body, lines: Iterable[Body]) -> Iterator[Body]:
    """What a return puts back, when the shop counts it."""
    if back["isStockAdjusted"]:
        yield from _all(lines, "quantityReturned", back["createdAt"], 1)


def _all(lines: Iterable[Body], quantity: str, at: str, sign: int) -> Iterator[Body]:
    for line in lines:
        if line["variant"] and line[quantity]:
            variant, product = (line[name]["resource"]["id"] for name in ("variant", "product"))
            yield movement(product, variant, "auto" if sign < 0 else "manual", sign * line[quantity], at)


def movement(product: int, variant: int, channel: str, change: float, at: str) -> Body:
    """A movement that still needs an id."""
    return {
        "createdAt": at,
        "channel": channel,
        "stockLevelChange": change,
        "product": to_one("products", product),
        "variant": to_one("variants", variant),
    }


def openings(shop: Shop, start: int, zone: ZoneInfo) -> Iterator[Body]:
    """What each variant had before anything moved: so much that its stock is what it says now.

    Args:
        shop: with all other movements in it.
        start: seconds since the epoch, before the first of those.
        zone: of its stamps.
    """
    moved = dict(
        shop.connection.execute(
            f"SELECT variant_id, SUM(change) FROM {VARIANT_MOVEMENTS.name} GROUP BY variant_id"  # noqa: S608  # a declared name
        ).fetchall()
    )
    for place, identifier in enumerate(sorted(shop.newest(VARIANTS, Where(), -1))):
        variant = shop.get(VARIANTS, identifier) or {}
        at = stamped(start, zone) if identifier in moved else variant["createdAt"]
        change = variant["stockLevel"] - moved.get(identifier, 0)
        if change:
            product = variant["product"]["resource"]["id"]
            yield {"id": FIRST_OPENING + place, **movement(product, identifier, "manual", change, at)}
