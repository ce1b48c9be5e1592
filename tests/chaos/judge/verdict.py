"""Whether Copernica matches the shop, judged field by field from the data of the sandboxes."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chaos.judge.extras import CODES, NEVER_USED, coupons
from chaos.judge.leaks import leaks
from chaos.judge.pipelines import meltano
from chaos.judge.world import World
from support import expected_extras
from support.expected import Fields, Shop, differences, folded, number

FROZEN = frozenset({"next_order_at", "lateness", "rfm", "segment"})
"""Fields that depend on figures that are fixed for a quarter, even if an order is deleted."""
PEOPLE = ("SEOshop", None)
IGNORED = frozenset({"position", "happened_at"})
"""The position of a row in the shop's answer, and the time of an event: not in the shop's data."""


@dataclass
class Verdict:
    """What was found wrong, by kind.

    Attributes:
        checked: How many records were compared.
        lost: Records that the shop has but Copernica does not.
        doubled: Records that are in Copernica more than once or without a key.
        wrong: Values that differ, and follow-ups that should not have run.
        leaked: Secrets and personal data where they must not be.
    """

    checked: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """All findings, one line each."""
        kinds = {"lost": self.lost, "doubled": self.doubled, "wrong": self.wrong, "leaked": self.leaked}
        return [f"{kind}: {line}" for kind, lines in kinds.items() for line in lines]


def judge(world: World) -> Verdict:
    """Compare everything.

    Args:
        world: After a run without faults.
    """
    verdict = Verdict()
    # meltano.yml selects no categories, so there is no favourite category.
    shop = Shop(world.sandbox, categories=world.pipeline is not meltano)
    people = {key: fields for key, fields in shop.people().items() if key not in world.removed}
    gone = world.removed | world.forgotten | world.orders_removed
    places: dict[str, dict[str, Fields]] = {
        "SEOshop": people,
        "SEOshop/Orders": shop.order_fields(),
        "SEOshop/OrderItems": shop.rows(),
        "SEOshop_products": shop.products(),
        "SEOshop_products/Variants": shop.variants(),
    }
    if world.extras:
        orders = places["SEOshop/Orders"]
        places |= {
            "SEOshop/Orders": {key: fields | expected_extras.NO_CART for key, fields in orders.items()},
            "SEOshop/OrderEvents": expected_extras.events(shop),
            "SEOshop/Returns": expected_extras.returns(shop),
        }
        _judge_carts(world, verdict, shop, gone)
        _judge_lines_of_carts(world, verdict, shop, gone)
        _judge_events(world, verdict, shop)
        _judge_coupons(world, verdict, shop)
    for place, expected in places.items():
        _compare(world, verdict, place, expected, gone)
    verdict.wrong += world.consents.wrongly_mailable(world.profiles(), folded)
    _judge_followups(world, verdict, shop)
    verdict.leaked += leaks(world)
    return verdict


def _compare(
    world: World, verdict: Verdict, place: str, expected: dict[str, Fields], removed: set[str]
) -> None:
    rows = _rows(world, place)
    keys = Counter(str(row["fields"].get("external_key", "")) for row in rows)
    verdict.checked += len(rows)
    verdict.doubled += [
        f"{place} {key or 'without a key'}: {n} times" for key, n in keys.items() if n > 1 or not key
    ]
    found = {str(row["fields"].get("external_key", "")): row["fields"] for row in rows}
    gone = removed | _below(world, place, removed) if "/" in place else removed
    kept = {key: fields for key, fields in expected.items() if key in found or key not in gone}
    # What the shop deleted stays in Copernica by default.
    there = {key: fields for key, fields in found.items() if key in kept}
    ignored = IGNORED
    if world.weekly:
        ignored |= FROZEN
        kept = {
            key: {name: value for name, value in fields.items() if name not in FROZEN}
            for key, fields in kept.items()
        }
    for line in differences(kept, there, ignored):
        (verdict.lost if line.endswith("is missing") else verdict.wrong).append(f"{place} {line}")
    if place == "SEOshop":
        back = world.removed & found.keys()
        verdict.wrong += [f"{place} {key} was removed by hand and came back" for key in sorted(back)]


def _rows(world: World, place: str) -> list[dict[str, Any]]:
    database, _, collection = place.partition("/")
    if database not in world.sandbox.databases():
        return []
    if not collection:
        profiles = world.sandbox.profiles(database)
        return [one for one in profiles if database != "SEOshop" or int(one["ID"]) not in world.foreign]
    return world.sandbox.subprofiles(collection, database)


def _below(world: World, place: str, removed: set[str]) -> set[str]:
    """Keys of orders and rows of removed people: they were removed with them."""
    shop = Shop(world.sandbox)
    numbers = {int(key.partition(":")[2]) for key in removed if key.partition(":")[2].isdigit()}
    orders = {
        one["id"] for one in shop.orders if one["customer"] and one["customer"]["resource"]["id"] in numbers
    }
    if place.endswith("/Orders"):
        return {shop.key(number) for number in orders}
    if place.endswith("/Returns"):
        return {shop.key(one["id"]) for one in shop.read("returns") if one["orderId"] in orders}
    if place.endswith("/OrderEvents"):
        return {key for key, row in expected_extras.events(shop).items() if row["order_id"] in orders}
    return {shop.key(row["id"]) for row in shop.read("order_products") if row["orderId"] in orders}


def _judge_carts(world: World, verdict: Verdict, shop: Shop, gone: set[str]) -> None:
    """Every abandoned cart is there, and other carts are there only as closed ones."""
    rows = {
        str(row["fields"]["external_key"]): row["fields"]
        for row in _rows(world, "SEOshop/Orders")
        if row["fields"].get("cart_id") not in ("", "0")
    }
    standing = _not_closed(world, shop, expected_extras.standing_carts(shop, _now(world)), rows)
    _judge_standing(verdict, "cart", standing, rows, gone | expected_extras.of_carts(shop, gone))
    verdict.wrong += [
        f"cart {key} stands, and is none any more"
        for key, row in rows.items()
        if row["order_state"] == "basket" and key not in standing and not world.carts_may_stay
    ]


def _judge_lines_of_carts(world: World, verdict: Verdict, shop: Shop, gone: set[str]) -> None:
    """Each line of a cart that stands is there once; others are closed, as far as the bookmarks know them."""
    found = _rows(world, "SEOshop/CartItems")
    keys = Counter(str(row["fields"]["external_key"]) for row in found)
    verdict.doubled += [f"line of a cart {key}: {n} times" for key, n in keys.items() if n > 1]
    rows = {str(row["fields"]["external_key"]): row["fields"] for row in found}
    standing = _not_closed(world, shop, expected_extras.lines_of_carts(shop, _now(world)), rows)
    _judge_standing(verdict, "line of a cart", standing, rows, gone | expected_extras.of_carts(shop, gone))
    if not world.carts_forgotten:
        verdict.wrong += [
            f"line of a cart {key} stands, and is in none any more"
            for key, row in rows.items()
            if row["in_cart"] == "yes" and key not in standing
        ]


def _not_closed(
    world: World, shop: Shop, standing: dict[str, Fields], rows: dict[str, Fields]
) -> dict[str, Fields]:
    """Carts, or lines of carts, without those that an order closed which was deleted since."""
    closed = {
        number(cart["id"])
        for cart in shop.read("quotes")
        if (cart["id"], cart["updatedAt"]) in world.carts_closed
    }
    return {
        key: fields
        for key, fields in standing.items()
        if fields["cart_id"] not in closed or rows.get(key, {}).get("cart_closed") == ""
    }


def _judge_standing(
    verdict: Verdict, what: str, standing: dict[str, Fields], rows: dict[str, Fields], gone: set[str]
) -> None:
    verdict.checked += len(rows)
    there = {key: {name: row[name] for name in standing[key]} for key, row in rows.items() if key in standing}
    kept = {key: fields for key, fields in standing.items() if key in there or key not in gone}
    for line in differences(kept, there):
        (verdict.lost if line.endswith("is missing") else verdict.wrong).append(f"{what} {line}")


def _judge_events(world: World, verdict: Verdict, shop: Shop) -> None:
    """Each event was told at most once, and where nothing explains a loss, it was told."""
    told, began = world.sandbox.events(), datetime.fromisoformat(world.first_run)
    verdict.wrong += expected_extras.too_many_events(shop, told, began, world.consents.times_left)
    events = {expected_extras.event_of(kind, body) for kind, body in told}
    missing = [(kind, what) for (kind, who), what in world.owed.items() if (kind, who) not in events]
    verdict.lost += [f"event {kind} {what} was not told" for kind, what in missing]


def _judge_coupons(world: World, verdict: Verdict, shop: Shop) -> None:
    """A coupon of the campaign is redeemed if an order used its code; the shop's own codes stay out of it."""
    marked = coupons(world.sandbox, world.campaign)
    verdict.checked += len(marked)
    used = expected_extras.used_codes(shop)
    verdict.lost += [
        f"coupon {code} is not redeemed"
        for code, is_redeemed in marked.items()
        if (not is_redeemed and code.casefold() in used)
    ]
    # Which code an order used that was deleted since is not known.
    unused = {NEVER_USED} if world.weekly else {code for code in marked if code.casefold() not in used}
    verdict.wrong += [f"coupon {code} is redeemed, and was not used" for code in unused if marked.get(code)]
    verdict.doubled += [
        f"coupon {code} is not one of the campaign's own"
        for code in marked
        if code not in {*CODES, NEVER_USED}
    ]


def _now(world: World) -> datetime:
    return datetime.fromisoformat(world.sandbox.status()["now"])


def _judge_followups(world: World, verdict: Verdict, shop: Shop) -> None:
    """A campaign may run for what came to be or changed after the first run began, once for a creation."""
    began = datetime.fromisoformat(world.first_run)
    created: Counter[tuple[Any, ...]] = Counter()
    bodies = {
        (database, collection): {shop.key(one["id"]): one for one in shop.read(name)}
        for name, database, collection in (
            ("customers", "SEOshop", None),
            ("orders", "SEOshop", "Orders"),
            ("products", "SEOshop_products", None),
            ("variants", "SEOshop_products", "Variants"),
            ("returns", "SEOshop", "Returns"),
        )
    }
    bodies["SEOshop", "OrderEvents"] = expected_extras.event_bodies(shop)
    names = _names(world)
    for one in world.sandbox.followups(run=True):
        place = names.get((one["database"], one["collection"]))
        body = bodies.get(place, {}).get(one["key"]) if place else None
        made = one["trigger"].endswith("created")
        created[place, one["key"], one["profile"], one["subprofile"]] += made
        if body is None or one["route"] == "interface" or one["profile"] in world.foreign | world.adopted:
            continue  # a colleague's own act
        if not made and one["key"] in world.keys_lost:
            continue  # a key is written again by a call
        if not made and place == PEOPLE and folded(body) in world.consents.moved:
            continue  # who may be mailed changes without the customer
        at = body["createdAt"] if made else body["updatedAt"]
        if datetime.fromisoformat(at) < began:
            verdict.wrong.append(f"a follow-up ran for history: {one['trigger']} {one['key']} ({at})")
    verdict.doubled += [f"created twice for campaigns: {what}" for what, n in created.items() if n > 1]


def _names(world: World) -> dict[tuple[int, int | None], tuple[str, str | None]]:
    found: dict[tuple[int, int | None], tuple[str, str | None]] = {}
    for name, database in world.sandbox.databases().items():
        found[database["id"], None] = (name, None)
        for collection in database["collections"]:
            found[database["id"], collection["id"]] = (name, collection["name"])
    return found
