"""Discount codes, each with what it applies to: whole records of products and categories."""

from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from sandbox.shop import resources
from sandbox.shop.db import Shop, Where
from sandbox.shop.dice import Dice
from sandbox.shop.plan import Plan
from sandbox.shop.pools import pools
from sandbox.shop.resources import Body
from sandbox.shop.zone import stamped

FIRST_DISCOUNT = 922_001
DAY = 86400
# Keys that product records have since and those inside a discount are not known to have.
NEWER = ("templateDataFields", "quantityDiscounts")


def discounts(shop: Shop, plan: Plan, zone: ZoneInfo, used: Mapping[str, int]) -> Iterator[Body]:
    """The codes of drawn orders, and one that no order has.

    Args:
        shop: holds products and categories already.
        plan: what the shop is filled by.
        zone: of its stamps.
        used: how often each code stands on an order.
    """
    start, end = plan.span
    for place, code in enumerate((*pools("catalog")["coupons"], "NOG-GEHEIM")):
        dice = Dice(plan.seed, "discount", place)
        made = start + int((end - start) * dice.fraction() * 0.5)
        kind = dice.pick(("percentage", "amount"))
        chosen = place % 2 == 0
        yield {
            "id": FIRST_DISCOUNT + place,
            "createdAt": stamped(made, zone),
            "updatedAt": stamped(made + int((end - made) * dice.fraction()), zone),
            "isActive": bool(used.get(code)),
            "startDate": stamped(made, zone)[:10],
            "endDate": dice.pick((False, stamped(end + 90 * DAY, zone)[:10])),
            "type": kind,
            "discount": dice.pick((5, 10, 25)),
            "applyTo": "productscategories" if chosen else "all",
            "shipment": "default",
            "usageLimit": dice.pick((0, 10_000_000)),
            "timesUsed": used.get(code, 0),
            "minimumAmount": dice.pick((0, 50)),
            "before_tax": dice.chance(0.5),
            "minimum_after": dice.chance(0.5),
            "code": code,
            "categories": _some(shop, resources.CATEGORIES, dice) if chosen else False,
            "products": _some(shop, resources.PRODUCTS, dice) if chosen else [],
        }


def _some(shop: Shop, resource: resources.Resource, dice: Dice) -> list[Body]:
    newest = shop.newest(resource, Where(), 50)
    if not newest:
        return []
    bodies = (
        shop.get(resource, identifier) or {} for identifier in sorted({dice.pick(newest) for _ in range(5)})
    )
    return [{name: value for name, value in body.items() if name not in NEWER} for body in bodies]
