"""Move the shop on: what customers and staff do, all of it at one moment, each change whole in itself."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.shop import resources
from sandbox.shop.db import Shop, Where
from sandbox.shop.dice import Dice
from sandbox.shop.documents import Ids, credit, invoice, returned, shipment, tracking_code
from sandbox.shop.edit import found
from sandbox.shop.generate import (
    FIRST_MEMBERSHIP,
    articles_of,
    assortment,
    customer_id,
    keep_ids,
    membership,
    put_sales,
)
from sandbox.shop.orders import STATES, Buyer, Course, Event, Moments, sell
from sandbox.shop.people import Seen, address_of, customer, person, person_of
from sandbox.shop.resources import Body, Resource
from sandbox.shop.stock import of_return, of_sale
from sandbox.shop.zone import stamped, zone_of

# How far back a change looks for someone or something to happen to.
REACH = 2000
MOST_NEW_ROWS = 4
PAYABLE = ("processing_awaiting_payment", "on_hold", "new")
SHIPPABLE = (
    "processing_awaiting_shipment",
    "processing",
    "processing_awaiting_pickup",
    "processing_ready_for_pickup",
)


@dataclass(frozen=True)
class Reading:
    """What is taken to be so where it is unknown; the likelier one of each is the default.

    Attributes:
        stock_touches: whether a product and its variant count as changed when stock moves.
        order_touches: what changes an order: a new `status`, a `payment` alone, or `all` that happens to it.
        guest_type: the type of a customer that a guest's checkout makes.
    """

    stock_touches: bool = True
    order_touches: str = "status"
    guest_type: str = "registered"


def move(
    shop: Shop, now: datetime, asked: Mapping[str, Any], reading: Reading | None = None
) -> dict[str, list[int]]:
    """Let happen what `asked` counts, and say which records it made or changed.

    Args:
        shop: the shop to move on.
        now: when it happens; all stamps of what changes move to it.
        asked: `seed` and how many of each kind of change: the names in `STEPS`.
        reading: of what is unknown of the API; the likelier one if it is left out.

    Returns:
        ids by resource, and under `joined_groups`, `left_groups` and `groups_customers_removed` who came, who
        went, and which memberships are gone.

    Raises:
        ValueError: an unknown name, no number, or more than the shop has candidates for: nothing happens.
    """
    wanted = {name: value for name, value in asked.items() if name != "seed"}
    for name, value in wanted.items():
        if name not in STEPS:
            raise ValueError(f"a shop cannot be moved by {name}; it can by {', '.join(STEPS)}")
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ValueError(f"{name} takes a whole number of at least 0, not {value!r}")
    with shop.transaction():
        mover = _Mover(shop, now, asked.get("seed", 1), reading or Reading())
        for name, step in STEPS.items():
            for _ in range(wanted.get(name, 0)):
                step(mover)
        mover.finish()
    return {name: sorted(ids) for name, ids in mover.changed.items()}


class _Mover:
    """One move: its moment, its chance, and what it has changed so far."""

    def __init__(self, shop: Shop, now: datetime, seed: int, reading: Reading) -> None:
        self.shop = shop
        self.reading = reading
        self.zone = zone_of(shop)
        self.seconds = int(now.timestamp())
        self.stamp = stamped(self.seconds, self.zone)
        self.changed: dict[str, set[int]] = {}
        moves = (shop.fact("moves") or 0) + 1
        shop.keep_fact("moves", moves)
        self.dice = Dice(seed, "move", moves)
        seed_of_goods, count, span = shop.fact("assortment")
        self.articles = articles_of(assortment(seed_of_goods, count, tuple(span)))
        self.ids = self._ids()

    def _ids(self) -> Ids:
        ids = Ids(**self.shop.fact("ids"))
        for name, resource in {
            "order": resources.ORDERS,
            "line": resources.ORDER_PRODUCTS,
            "invoice": resources.INVOICES,
            "shipment": resources.SHIPMENTS,
            "returned": resources.RETURNS,
            "movement": resources.VARIANT_MOVEMENTS,
        }.items():
            setattr(ids, name, max(getattr(ids, name), self.shop.newest_id(resource) + 1))
        return ids

    def finish(self) -> None:
        keep_ids(self.shop, self.ids)

    def note(self, name: str, *identifiers: int) -> None:
        self.changed.setdefault(name, set()).update(identifiers)

    def put(self, resource: Resource, body: Body) -> None:
        """Store a changed record and note it."""
        self.shop.put(resource, body)
        self.note(resource.name, body["id"])

    def touch(self, order: int) -> None:
        """Let an order change by what happened to it without a new status, if it is taken to."""
        if self.reading.order_touches == "all":
            body = self.shop.get(resources.ORDERS, order)
            if body is not None:
                self.put(resources.ORDERS, body | {"updatedAt": self.stamp})

    def log(self, *events: Event) -> None:
        """Note what happened to orders."""
        newest = self.shop.newest_id(resources.ORDER_EVENTS)
        self.shop.add_events(events)
        self.note("order_events", *range(newest + 1, newest + 1 + len(events)))

    def stock(self, movements: Iterable[Body]) -> None:
        """Move stock; the variant says so, and with the switch it and its product count as changed."""
        changed = {"updatedAt": self.stamp} if self.reading.stock_touches else {}
        for body in movements:
            self.put(resources.VARIANT_MOVEMENTS, {"id": self.ids.take("movement"), **body})
            variant = self.shop.get(resources.VARIANTS, body["variant"]["resource"]["id"])
            if variant is not None:
                variant["stockLevel"] += body["stockLevelChange"]
                variant["stockSold"] -= min(0, body["stockLevelChange"])
                self.put(resources.VARIANTS, variant | changed)
            product = self.shop.get(resources.PRODUCTS, body["product"]["resource"]["id"])
            if product is not None and changed:
                self.put(resources.PRODUCTS, product | changed)

    def choose(self, resource: Resource, wheres: Sequence[Mapping[str, Any]], what: str) -> Body:
        """One of the newest records that fit and that this move has not touched yet."""
        touched = self.changed.get(resource.name, set())
        candidates = [
            identifier
            for where in wheres
            for identifier in self.shop.newest(resource, Where(where), REACH)
            if identifier not in touched
        ]
        if not candidates:
            raise ValueError(f"the shop has no (more) {what}")
        return found(self.shop, resource, self.dice.pick(candidates))

    def someone(self) -> Body:
        """A customer who is not yet part of this move."""
        return self.choose(resources.CUSTOMERS, ({},), "customer left who is not part of this move")

    def new_person(self, *, guest: bool) -> Body:
        """A new customer record, of the next person of the seed."""
        index = self.shop.fact("people")
        self.shop.keep_fact("people", index + 1)
        identifier = max(customer_id(index), self.shop.newest_id(resources.CUSTOMERS) + 1)
        seen = Seen(self.seconds, self.seconds, None if guest else self.seconds)
        body = customer(person(self.shop.fact("seed"), index), identifier, seen, self.zone)
        body["type"] = self.reading.guest_type if guest else body["type"]
        self.put(resources.CUSTOMERS, body)
        return body

    def order(self, buyer: Body) -> None:
        """An order of `buyer`, whose record moves along."""
        paid = self.dice.chance(0.5)
        orders_before = self.shop.count(resources.ORDERS, Where({"customer_id =": buyer["id"]}))
        status = "processing_awaiting_shipment" if paid else "processing_awaiting_payment"
        moments = Moments(self.seconds, self.seconds if paid else None, None, self.seconds)
        sale = sell(
            self.dice,
            Buyer(person_of(buyer), buyer["id"], orders_before == 0),
            [self.dice.pick(self.articles) for _ in range(self.dice.number(1, MOST_NEW_ROWS))],
            Course(status, moments),
            ids=self.ids,
            zone=self.zone,
        )
        put_sales(self.shop, [sale])
        self.log(*sale.events)
        self.stock(of_sale(sale))
        self.note("orders", sale.order["id"])
        fields = Where({"order_id =": sale.order["id"]})
        self.note("order_metafields", *self.shop.newest(resources.ORDER_METAFIELDS, fields, REACH))
        cart = sale.order["quote"]["resource"]["id"]
        self.note("quotes", *self.shop.newest(resources.QUOTES, Where({"id >=": cart}), REACH))
        self.note("order_products", *(line["id"] for line in sale.lines))
        self.note("invoices", *(body["id"] for body in sale.invoices))
        self.note("shipments", *(body["id"] for body in sale.shipments))
        if code := sale.order["discountCouponCode"]:
            self.use(code)
        self.put(resources.CUSTOMERS, buyer | {"updatedAt": self.stamp, "lastOnlineAt": self.stamp})

    def use(self, code: str) -> None:
        """Count a discount's use."""
        for identifier in self.shop.newest(resources.DISCOUNTS, Where({"code =": code}), 1):
            discount = found(self.shop, resources.DISCOUNTS, identifier)
            uses = discount["timesUsed"] + 1
            self.put(resources.DISCOUNTS, discount | {"timesUsed": uses, "updatedAt": self.stamp})

    def of_order(self, resource: Resource, order: int) -> list[Body]:
        """The rows, invoices or shipments of an order, oldest first."""
        identifiers = self.shop.newest(resource, Where({"order_id =": order}), REACH)
        return [found(self.shop, resource, identifier) for identifier in reversed(identifiers)]


def _pay(mover: _Mover) -> None:
    fitting = [{"status =": status, "payment_status =": "not_paid"} for status in PAYABLE]
    order = mover.choose(resources.ORDERS, fitting, "order that waits for its payment")
    order |= {
        "paymentStatus": "paid",
        "status": "processing_awaiting_shipment",
        "updatedAt": mover.stamp,
    }
    mover.put(resources.ORDERS, order)
    bills = mover.of_order(resources.INVOICES, order["id"])
    bills = bills or [invoice(order, mover.ids, created=mover.stamp, updated=mover.stamp)]
    bill = bills[0] | {"status": "paid", "updatedAt": mover.stamp}
    mover.put(resources.INVOICES, bill)
    mover.log(
        (order["id"], mover.stamp, "api", "invoice", "paid", None, bill["id"], None),
        (order["id"], mover.stamp, "api", "order", "paid", None, None, None),
    )


def _ship(mover: _Mover) -> None:
    fitting = [
        {"status =": status, "payment_status =": "paid", "shipment_status =": "not_shipped"}
        for status in SHIPPABLE
    ]
    order = mover.choose(resources.ORDERS, fitting, "paid order that waits for its shipment")
    status = "completed_picked_up" if order["shipmentIsPickup"] else "completed_shipped"
    order |= {"shipmentStatus": STATES[status].shipment, "status": status}
    if mover.reading.order_touches != "payment":
        order["updatedAt"] = mover.stamp
    mover.put(resources.ORDERS, order)
    parcels = mover.of_order(resources.SHIPMENTS, order["id"])
    parcels = parcels or [
        shipment(order, mover.ids, status="not_shipped", created=mover.stamp, updated=mover.stamp)
    ]
    for parcel in parcels:
        parcel |= {
            "status": "shipped",
            "trackingCode": tracking_code(mover.dice),
            "updatedAt": mover.stamp,
        }
        mover.put(resources.SHIPMENTS, parcel)
        mover.log((order["id"], mover.stamp, "manual", "shipment", "shipped", None, None, parcel["id"]))


def _credit(mover: _Mover) -> None:
    original = mover.choose(
        resources.INVOICES, ({"status =": "paid", "credited =": 0},), "paid invoice without a credit note"
    )
    note = credit(original, mover.ids, at=mover.stamp)
    mover.put(resources.INVOICES, original)
    mover.put(resources.INVOICES, note)
    order = note["order"]["resource"]["id"]
    mover.log((order, mover.stamp, "manual", "invoice", "new", None, note["id"], None))
    mover.touch(order)


def _return(mover: _Mover) -> None:
    """All of a shipped order comes back."""
    what = "shipped order to send back"
    for _ in range(REACH):
        order = mover.choose(resources.ORDERS, ({"shipment_status =": "shipped"},), what)
        if not mover.shop.count(resources.RETURNS, Where({"order_id =": order["id"]})):
            break
    else:
        raise ValueError(f"the shop has no (more) {what}")
    lines = mover.of_order(resources.ORDER_PRODUCTS, order["id"])
    for line in lines:
        line["quantityReturned"] = line["quantityShipped"]
        mover.put(resources.ORDER_PRODUCTS, line)
    back = returned(order, lines, mover.ids, at=mover.stamp)
    mover.put(resources.RETURNS, back)
    mover.stock(of_return(back, lines))
    mover.touch(order["id"])


def _change_address(mover: _Mover) -> None:
    body = mover.someone()
    index = mover.dice.number(1_000_000, 2_000_000)
    moved = person(mover.shop.fact("seed"), index).billing.fields("Billing")
    moved["addressBillingName"] = address_of(body, "Billing").name
    mover.put(resources.CUSTOMERS, body | moved | {"updatedAt": mover.stamp})


def _change_email(mover: _Mover) -> None:
    body = mover.someone()
    email = f"nieuw.adres.{body['id']}.{mover.dice.number(1, 9999)}@example.com"
    mover.put(resources.CUSTOMERS, body | {"email": email, "updatedAt": mover.stamp})


def _join(mover: _Mover) -> None:
    group = mover.dice.pick(mover.shop.newest(resources.GROUPS, Where(), REACH))
    for _ in range(REACH):
        who = mover.choose(resources.CUSTOMERS, ({},), "customer left who could join a group")["id"]
        known = mover.shop.count(
            resources.GROUPS_CUSTOMERS, Where({"group_id =": group, "customer_id =": who})
        )
        if not known:
            break
    else:
        raise ValueError("the shop has no (more) customer who could join a group")
    newest = max(mover.shop.newest_id(resources.GROUPS_CUSTOMERS), FIRST_MEMBERSHIP)
    mover.put(resources.GROUPS_CUSTOMERS, membership(newest + 1, group, who))
    mover.note("joined_groups", who)


def _leave(mover: _Mover) -> None:
    place = mover.choose(resources.GROUPS_CUSTOMERS, ({},), "membership to end")
    mover.shop.delete(resources.GROUPS_CUSTOMERS, place["id"])
    mover.note("groups_customers_removed", place["id"])
    mover.note("left_groups", place["customer"]["resource"]["id"])


# In this order, so that what is new is not paid, shipped or changed by the same move.
STEPS: Mapping[str, Callable[[_Mover], object]] = {
    "shipments": _ship,
    "payments": _pay,
    "credit_notes": _credit,
    "returns": _return,
    "group_leaves": _leave,
    "group_joins": _join,
    "address_changes": _change_address,
    "email_changes": _change_email,
    "new_orders": lambda mover: mover.order(mover.someone()),
    "new_customers": lambda mover: mover.new_person(guest=False),
    "new_guests": lambda mover: mover.order(mover.new_person(guest=True)),
}
