"""Fill an empty shop as planned: streamed, so that memory stays flat however large the shop is."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from itertools import islice
from math import inf
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.shop import resources
from sandbox.shop.beside import put_beside
from sandbox.shop.carts import carts, left_lines
from sandbox.shop.catalog import Article, Product, brand_body, product, product_body, variant_body
from sandbox.shop.db import Shop
from sandbox.shop.dice import Dice
from sandbox.shop.discounts import discounts
from sandbox.shop.documents import Ids, credit, returned
from sandbox.shop.links import to_many, to_one
from sandbox.shop.metafields import metafields
from sandbox.shop.orders import (
    ALL_STATES,
    OLDER_STATES,
    STATES,
    USUAL,
    Buyer,
    Course,
    Event,
    Moments,
    Sale,
    sell,
)
from sandbox.shop.people import Person, Seen, customer, person
from sandbox.shop.plan import Assignment, Plan, assign, row_counts
from sandbox.shop.pools import pools
from sandbox.shop.resources import Body
from sandbox.shop.stock import of_sale, openings
from sandbox.shop.timeline import Timeline
from sandbox.shop.zone import stamped

FIRST_CUSTOMER, CUSTOMER_STEP = 40_000_001, 3
FIRST_GROUP, FIRST_MEMBERSHIP, FIRST_STATUS = 2701, 70_000_001, 2301
DAY = 86400
BATCH = 250
# Curated cases are left out of shops too small to hold them beside drawn ones.
ROOM = 20
# How many customers and orders have free fields, and how many products, as a fraction.
WITH_FIELDS = 0.25
PRODUCTS_WITH_FIELDS = 0.6


def customer_id(index: int) -> int:
    """The id of customer number `index` (from 0)."""
    return FIRST_CUSTOMER + CUSTOMER_STEP * index


def first_ids() -> Ids:
    """Where the ids of drawn orders and documents start: above those of the curated cases."""
    return Ids(
        order=219_000_001, line=400_000_001, invoice=90_000_001, shipment=95_000_001, quote=230_000_001
    )


def curated_cases() -> dict[str, list[Any]]:
    """The example bodies of the API as records, by resource."""
    loaded: dict[str, list[Any]] = json.loads(
        (files("sandbox.shop") / "data" / "curated.json").read_text("utf-8")
    )
    return loaded


def _newest(cases: dict[str, list[Any]]) -> datetime:
    stamps = (body["updatedAt"] for bodies in cases.values() for body in bodies if "updatedAt" in body)
    return max(datetime.fromisoformat(text) for text in stamps)


def generate(shop: Shop, plan: Plan) -> None:
    """Fill `shop`, which is empty, with exactly the customers, orders and rows that `plan` asks for."""
    cases = curated_cases()
    facts = cases.pop("shop")[0]
    zone = ZoneInfo(plan.zone)
    room = min(plan.customers, plan.orders) >= ROOM and plan.order_rows >= 2 * ROOM
    if not (plan.curated and room and _newest(cases) < plan.now):
        cases = {}
    with shop.filling():
        shop.keep_fact("zone", plan.zone)
        shop.keep_fact("seed", plan.seed)
        opened = stamped(plan.span[0] - 30 * DAY, zone)
        shop.keep_fact("shop", facts | {"id": plan.shop_id, "createdAt": opened})
        _put_cases(shop, cases)
        left = replace(
            plan,
            customers=plan.customers - len(cases.get("customers", ())),
            orders=plan.orders - len(cases.get("orders", ())),
            order_rows=plan.order_rows - len(cases.get("order_products", ())),
        )
        _put_catalog(shop, left, zone)
        assignment = assign(plan.seed, left.customers, left.orders, plan.span)
        shop.put_all(resources.CUSTOMERS, _customers(left, assignment, zone))
        owners = (
            {"id": customer_id(index), "createdAt": stamped(at, zone)}
            for index, at in enumerate(assignment.registered)
        )
        shop.put_all(
            resources.CUSTOMER_METAFIELDS, metafields(resources.CUSTOMER_METAFIELDS, owners, WITH_FIELDS)
        )
        _put_groups(shop, left, zone)
        products = assortment(plan.seed, product_count(left.orders), plan.span)
        customers = range(FIRST_CUSTOMER, customer_id(left.customers), CUSTOMER_STEP)
        put_beside(shop, left, products, customers, zone)
        ids = first_ids()
        sales = _sales(left, assignment, ids, zone)
        used = _put_all_sales(shop, sales, ids)
        shop.put_all(resources.VARIANT_MOVEMENTS, openings(shop, plan.span[0], zone))
        shop.put_all(resources.DISCOUNTS, discounts(shop, left, zone, used))
        keep_ids(shop, ids)
        shop.keep_fact("people", left.customers)


def keep_ids(shop: Shop, ids: Ids) -> None:
    """Remember where ids and numbers go on."""
    shop.keep_fact("ids", asdict(ids))


def _put_all_sales(shop: Shop, sales: Iterator[Sale], ids: Ids) -> Mapping[str, int]:
    """Store the sales, which come in the order of time, and what happened to all of them in that order.

    Returns:
        how often each discount code was used.
    """
    log: Timeline[Event] = Timeline()
    stock: Timeline[Body] = Timeline()
    used: Counter[str] = Counter()

    def write(until: float = inf) -> None:
        shop.add_events(log.until(until))
        moved = ({"id": ids.take("movement"), **body} for body in stock.until(until))
        shop.put_all(resources.VARIANT_MOVEMENTS, moved)

    while batch := list(islice(sales, BATCH)):
        put_sales(shop, batch)
        used.update(sale.order["discountCouponCode"] for sale in batch)
        for sale in batch:
            for event in sale.events:
                log.add(_seconds(event[1]), event)
            for body in of_sale(sale):
                stock.add(_seconds(body["createdAt"]), body)
        write(_seconds(batch[-1].order["createdAt"]))
    write()
    return used


def _seconds(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp()


def put_sales(shop: Shop, sales: Iterable[Sale]) -> None:
    """Store orders with all that hangs on them, but not yet what happened to them."""
    sales = list(sales)
    shop.put_all(resources.ORDERS, (sale.order for sale in sales))
    fields = metafields(resources.ORDER_METAFIELDS, (sale.order for sale in sales), WITH_FIELDS)
    shop.put_all(resources.ORDER_METAFIELDS, fields)
    shop.put_all(resources.ORDER_PRODUCTS, (line for sale in sales for line in sale.lines))
    orders, lines = [sale.order for sale in sales], [line for sale in sales for line in sale.lines]
    shop.put_all(resources.QUOTES, carts(orders, lines))
    shop.put_all(resources.QUOTE_PRODUCTS, left_lines(orders, lines))
    shop.put_all(resources.RETURNS, (body for sale in sales for body in sale.returns))
    shop.put_all(resources.INVOICES, (body for sale in sales for body in sale.invoices))
    shop.put_all(resources.SHIPMENTS, (body for sale in sales for body in sale.shipments))


def _put_cases(shop: Shop, cases: dict[str, list[Any]]) -> None:
    for name, bodies in cases.items():
        if name == "events":
            shop.add_events(bodies)
        else:
            shop.put_all(resources.ALL[name], bodies)
    if cases:
        shop.put_all(resources.QUOTES, carts(cases["orders"], cases["order_products"], left=0))


def product_count(orders: int) -> int:
    """How many products a shop of that many orders sells."""
    return max(8, min(5000, orders // 10))


@lru_cache(maxsize=1)
def assortment(seed: int, count: int, span: tuple[int, int]) -> list[Product]:
    """The products of the shop; a few thousand at most, so kept in memory."""
    return [product(seed, index, span) for index in range(count)]


def articles_of(products: list[Product]) -> list[Article]:
    """All that can be ordered."""
    return [article for made in products for article in made.articles]


def _put_catalog(shop: Shop, plan: Plan, zone: ZoneInfo) -> None:
    products = assortment(plan.seed, product_count(plan.orders), plan.span)
    shop.keep_fact("assortment", [plan.seed, len(products), plan.span])
    count = len(pools("catalog")["brands"])
    shop.put_all(resources.BRANDS, (brand_body(index, plan.span, zone) for index in range(count)))
    bodies = [product_body(made, zone) for made in products]
    shop.put_all(resources.PRODUCTS, bodies)
    fields = metafields(resources.PRODUCT_METAFIELDS, bodies, PRODUCTS_WITH_FIELDS)
    shop.put_all(resources.PRODUCT_METAFIELDS, fields)
    shop.put_all(
        resources.VARIANTS,
        (variant_body(made, place, zone) for made in products for place in range(len(made.articles))),
    )


def _customers(plan: Plan, assignment: Assignment, zone: ZoneInfo) -> Iterator[Body]:
    end = plan.span[1]
    for index in range(plan.customers):
        dice = Dice(plan.seed, "seen", index)
        created, last = assignment.registered[index], assignment.last_order[index]
        updated = max(created, last)
        if dice.chance(0.2):
            # Some looked at their account again, and changed something.
            updated = min(end, updated + dice.number(1, 90 * DAY))
        online = updated if dice.chance(0.85) or last else None
        yield customer(person(plan.seed, index), customer_id(index), Seen(created, updated, online), zone)


def _put_groups(shop: Shop, plan: Plan, zone: ZoneInfo) -> None:
    titles = pools("catalog")["groups"]
    at = stamped(plan.span[0], zone)
    for index, title in enumerate(titles):
        identifier = FIRST_GROUP + index
        link = to_many(f"groups/customers?group={identifier}")
        body = {"id": identifier, "createdAt": at, "updatedAt": at, "title": title, "customers": link}
        shop.put(resources.GROUPS, body)
    for index, (title, color) in enumerate(pools("catalog")["statuses"]):
        body = {"id": FIRST_STATUS + index, "createdAt": at, "updatedAt": at, "title": title, "color": color}
        shop.put(resources.CUSTOMSTATUSES, body)
    shop.put_all(resources.GROUPS_CUSTOMERS, _memberships(plan, len(titles)))


def membership(identifier: int, group: int, of: int) -> Body:
    """A customer's place in a group."""
    return {"id": identifier, "group": to_one("groups", group), "customer": to_one("customers", of)}


def _memberships(plan: Plan, groups: int) -> Iterator[Body]:
    identifier = FIRST_MEMBERSHIP
    for index in range(plan.customers):
        dice = Dice(plan.seed, "groups", index)
        if not dice.chance(0.25):
            continue
        first = dice.number(0, groups - 1)
        for place in (first, (first + 2) % groups) if dice.chance(0.2) else (first,):
            yield membership(identifier, FIRST_GROUP + place, customer_id(index))
            identifier += 1


def _sales(plan: Plan, assignment: Assignment, ids: Ids, zone: ZoneInfo) -> Iterator[Sale]:
    articles = articles_of(assortment(plan.seed, product_count(plan.orders), plan.span))
    for index, rows in enumerate(row_counts(plan.seed, plan.orders, plan.order_rows)):
        dice = Dice(plan.seed, "order", index)
        buyer = assignment.buyer[index]
        status = _status(dice, index, assignment.ordered[index], plan)
        moments = _moments(dice, status, assignment.ordered[index], plan.span[1])
        custom = FIRST_STATUS + index % 3 if index % 11 == 5 else None  # noqa: PLR2004  # one in eleven
        sale = sell(
            dice,
            Buyer(_as_ordered(dice, plan.seed, buyer), customer_id(buyer), bool(assignment.first[index])),
            [dice.pick(articles) for _ in range(rows)],
            Course(status, moments, custom),
            ids=ids,
            zone=zone,
        )
        if sale.invoices and moments.paid and dice.chance(0.05):
            at = stamped(min(plan.span[1], moments.updated + dice.number(1, 20 * DAY)), zone)
            note = credit(sale.invoices[0], ids, at=at)
            sale.invoices.append(note)
            sale.events.append((sale.order["id"], at, "manual", "invoice", "new", None, note["id"], None))
        if moments.shipped and any(line["quantityReturned"] for line in sale.lines):
            after = Dice(plan.seed, "return", index).number(DAY, 20 * DAY)
            at = stamped(min(plan.span[1], moments.shipped + after), zone)
            sale.returns.append(returned(sale.order, sale.lines, ids, at=at))
        yield sale


def _as_ordered(dice: Dice, seed: int, buyer: int) -> Person:
    """The buyer as they were at that order: some have another e-mail address since, some send a present."""
    who = person(seed, buyer)
    if who.email and dice.chance(0.06):
        who = replace(who, email=f"oud.{who.email}")
    if dice.chance(0.06):
        who = replace(who, shipping=person(seed, buyer + 1).shipping, shipping_company=False)
    return who


def _status(dice: Dice, index: int, created: int, plan: Plan) -> str:
    """Every status comes up regularly, the older ones in the first years only, open orders mostly lately."""
    start, end = plan.span
    place = index % ROOM
    if place < len(STATES):
        status = tuple(STATES)[place]
    elif place < len(STATES) + len(OLDER_STATES) and created < start + (end - start) // 3:
        status = tuple(OLDER_STATES)[place - len(STATES)]
    else:
        status = dice.pick(USUAL)
    fresh = created > end - 4 * DAY
    return "processing_awaiting_shipment" if fresh and ALL_STATES[status].shipment == "shipped" else status


def _moments(dice: Dice, status: str, created: int, end: int) -> Moments:
    state = ALL_STATES[status]
    paid = min(end, created + dice.number(20, DAY // 4)) if state.payment == "paid" else None
    shipped = None
    if state.shipment in ("shipped", "partially_shipped"):
        shipped = min(end, (paid or created) + dice.number(DAY // 6, 3 * DAY))
    cancelled = min(end, created + dice.number(DAY, 9 * DAY)) if status == "cancelled" else created
    return Moments(created, paid, shipped, max(created, paid or 0, shipped or 0, cancelled))
