"""Selections of a shop that came through the tap, held against a plain count over the shop's own data.

The count reads the shop's bodies and docs/in-copernica.md. It shares no code with tap, target or sandbox.
"""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from support.colleague import Colleague
from support.derived import Recount
from support.expected import Body, linked, state
from support.pages import shown
from support.programs import BIN, catalog_of, pipe, run, written
from support.sandbox import Sandbox, running_sandbox

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

ZONE = ZoneInfo("Europe/Amsterdam")
TODAY, TOMORROW = "2026-12-30T23:02:00Z", "2026-12-31T23:02:00Z"
"""In Amsterdam the last day of the year has begun, and then the new year; in UTC neither.

Each day has an hour for its run, its build and its count: then the clock of the hours moves on.
"""
STREAMS = {
    "customers", "groups", "groups_customers", "customer_summaries", "customer_metrics", "orders",
    "order_products", "invoices", "shipments", "custom_statuses", "subscriptions", "carts",
}  # fmt: skip
ARTICLE, LASTS = "AGAIN", 13
"""An article, and how many days a piece of it lasts."""
HISTORIES = (
    (0,), (13,), (14,), (15,), (29,), (30,), (31,), (179,), (180,), (181,), (364,), (365,), (366,), (400,),
    (30, 60, 90), (363, 364, 364), (364, 365, 366), (14, 50, 70, 90), (10, 35), (20, 20), (100, 140, 179),
    (1, 200), (14, 400), (60, 90, 120), (200, 240),
)  # fmt: skip
"""How many days ago some customers ordered: the edges of the selections, and of a year."""
CARTS = (20, 0.5, 1.2, 2, 2, 23, 23.9, 24.6, 26, 26, 47, 48.9, 50, 400)
"""How many hours ago carts changed."""


def link(resource: str, number: int) -> Body:
    return {"resource": {"id": number, "url": f"{resource}/{number}", "link": f"{resource}/{number}.json"}}


def folded(body: Body) -> str:
    return str(body["email"] or "").strip().casefold()


def local(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp).astimezone(ZONE)


# Setting up ------------------------------------------------------------------------------------------


class Shop:
    """A generated shop whose people stand on the edges of the selections."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.id = sandbox.status()["shop"]["id"]
        self.customers = [int(one["id"]) for one in sandbox.shop("customers")]
        self.emails = {one: f"person{one}@example.com" for one in self.customers}
        self.orders = sorted((int(one["id"]) for one in sandbox.shop("orders")), reverse=True)
        rows = sandbox.shop("order_products")
        (self.brand, _), (self.other, _) = Counter(
            row["brandTitle"] for row in rows if row["brandTitle"]
        ).most_common(2)

    def now(self) -> datetime:
        return datetime.fromisoformat(self.sandbox.status()["now"])

    def at(self, *, days: int, minutes: int) -> str:
        """So many days before today in Amsterdam, minutes after its midnight; not later than now."""
        midnight = datetime.combine(self.now().astimezone(ZONE).date() - timedelta(days=days), time(), ZONE)
        return min(midnight + timedelta(minutes=minutes), self.now() - timedelta(minutes=1)).isoformat()

    def fill(self) -> None:
        self.emails[self.customers[-1]] = ""
        self.emails[self.customers[-2]] = self.emails[self.customers[-3]].upper()
        for customer, email in self.emails.items():
            self.sandbox.change("customers", customer, email=email)
        people = iter(self.customers)
        for ages, customer in zip(HISTORIES, people, strict=False):
            for nth, age in enumerate(ages):
                # Ten minutes after midnight in Amsterdam it is the day before in UTC.
                self.places(customer, self.at(days=age, minutes=1430 if nth % 2 else 10))
        for number in self.orders:  # the rest, of some years, is one person's
            self.sandbox.change("orders", number, customer=link("customers", self.customers[-1]))
        self.orders.reverse()
        usual = Count(self).recount.usual
        assert usual is not None
        for away in (-5, -4, -3, 0, 3, 4, 5):
            self.places(next(people), self.at(days=usual - away, minutes=600))
        for days, status in ((usual, "completed_shipped"), (usual + 9, "cancelled")):
            self.places(self.customers[-4], self.at(days=days, minutes=600), status)
        self.sends_back()
        self.uses_up()
        for customer, away in zip(self.customers, (-1, 0, 1, 0), strict=False):
            born = (self.now().astimezone(ZONE).date() + timedelta(days=away)).replace(year=1980)
            self.sandbox.change("customers", customer, birthDate=born.isoformat())
        self.subscribe()
        self.leave_carts()

    def places(self, customer: int, at: str, status: str = "completed_shipped") -> None:
        self.sandbox.change(
            "orders",
            self.orders.pop(),
            customer=link("customers", customer),
            email=self.emails[customer],
            createdAt=at,
            updatedAt=at,
            status=status,
            priceIncl=100,
        )

    def sends_back(self) -> None:
        """Every second of those who bought three times or more sends everything back."""
        rows = self.sandbox.shop("order_products")
        bought = Count(self).orders
        for customer in [one for one in self.customers if len(bought[one]) >= 3][::2]:
            numbers = {order["id"] for order in bought[customer]}
            for row in (row for row in rows if row["orderId"] in numbers):
                self.sandbox.change("order_products", row["id"], quantityReturned=row["quantityOrdered"])

    def uses_up(self) -> None:
        """Who bought once bought as many pieces as last until about now."""
        rows = {row["orderId"]: row for row in self.sandbox.shop("order_products")}
        for orders in Count(self).orders.values():
            if len(orders) == 1 and orders[0]["id"] in rows:
                age = (self.now() - datetime.fromisoformat(orders[0]["createdAt"])).days
                bought = {"articleCode": ARTICLE, "quantityOrdered": max(1, age // LASTS)}
                self.sandbox.change("order_products", rows[orders[0]["id"]]["id"], **bought)

    def subscribe(self) -> None:
        for body in self.sandbox.shop("subscriptions"):
            self.sandbox.delete("subscriptions", body["id"])
        for nth, email in enumerate(list(self.emails.values())[:-3:2]):
            stamp = self.at(days=nth % 7, minutes=10 if nth % 2 else 1430)
            body = {"email": email, "isConfirmed": nth % 3 > 0, "createdAt": stamp, "updatedAt": stamp}
            self.sandbox.insert("subscriptions", body)

    def leave_carts(self) -> None:
        """Carts of people with and without a subscription who have not ordered for some weeks."""
        count = Count(self)
        quiet = [one for one in self.customers if count.ages(one) and min(count.ages(one)) > 25]
        quiet.sort(key=lambda one: count.newsletter(one) != "yes")
        never_bought = self.customers[-5]
        for customer, hours in zip((never_bought, *quiet), CARTS, strict=False):
            at = (self.now() - timedelta(hours=hours)).isoformat()
            body = {"customer": link("customers", customer), "priceIncl": 49.9, "productsQuantity": 2}
            self.sandbox.insert("quotes", {**body, "createdAt": at, "updatedAt": at})


# Counting --------------------------------------------------------------------------------------------


class Count:
    """Who belongs in each selection now, from the shop's bodies."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.now = shop.now().astimezone(ZONE)
        self.bodies = {one["id"]: one for one in shop.sandbox.shop("customers")}
        self.orders: defaultdict[Any, list[Body]] = defaultdict(list)
        lists = {name: shop.sandbox.shop(name) for name in ("orders", "invoices", "order_products")}
        for one in lists["orders"]:
            self.orders[linked(one["customer"])].append(one)
        self.rows: defaultdict[Any, list[Body]] = defaultdict(list)
        for one in lists["order_products"]:
            self.rows[one["orderId"]].append(one)
        self.recount = Recount(lists, shop.now().astimezone(UTC).date())
        self.asked = {folded(one): one for one in shop.sandbox.shop("subscriptions")}
        self.addresses = Counter(folded(one) for one in self.bodies.values())
        self.quotes = shop.sandbox.shop("quotes")

    def days(self, stamp: str) -> int:
        """Days from a time to today, on the calendar of Amsterdam."""
        return (self.now.date() - local(stamp).date()).days

    def ages(self, customer: int) -> list[int]:
        return [self.days(one["createdAt"]) for one in self.orders[customer]]

    def newsletter(self, customer: int) -> str:
        told = self.asked.get(folded(self.bodies[customer]))
        return "" if told is None else "yes" if told["isConfirmed"] else "pending"

    def is_near(self, day: str | None) -> bool:
        """Whether a day is at most three from today."""
        return day is not None and abs((date.fromisoformat(day) - self.now.date()).days) <= 3

    def brands(self, customer: int) -> set[str]:
        return {row["brandTitle"] for order in self.orders[customer] for row in self.rows[order["id"]]}

    def reorder(self, customer: int) -> str | None:
        """The newest order with the article, its pieces, and how long they last."""
        for order in sorted(
            self.recount.orders[customer], key=lambda one: local(one["createdAt"]), reverse=True
        ):
            made = datetime.fromisoformat(order["createdAt"]).astimezone(UTC).date()
            kept = [
                row["quantityOrdered"] - row["quantityReturned"]
                for row in self.rows[order["id"]]
                if row["articleCode"] == ARTICLE and row["quantityOrdered"] > row["quantityReturned"]
            ]
            if kept:
                return (made + timedelta(days=LASTS * min(kept))).isoformat()
        return None

    def left(self, customer: int, least: int, most: int) -> bool:
        """Whether an open cart changed so many clock hours ago, and nothing was ordered since."""
        hour = self.now.replace(minute=0, second=0)
        for one in (one for one in self.quotes if linked(one["customer"]) == customer and one["priceIncl"]):
            at = local(one["updatedAt"])
            ordered = any(local(order["createdAt"]) >= at for order in self.orders[customer])
            stands = timedelta(hours=1) <= self.now - at < timedelta(days=15) and not ordered
            if stands and hour - timedelta(hours=most) <= at < hour - timedelta(hours=least):
                return True
        return False

    def is_in(self, customer: int) -> dict[str, bool]:
        """Whether a customer belongs in each selection, by its Dutch name."""
        body, ages = self.bodies[customer], self.ages(customer)
        first, last = max(ages, default=-1), min(ages, default=-1)
        derived, newsletter = self.recount.of(customer), self.newsletter(customer)
        one_day = len({one["createdAt"][:10] for one in self.recount.orders[customer]}) == 1
        frequent = derived["orders365"] >= 3
        bought = self.shop.brand in self.brands(customer)
        return {
            "Mag gemaild worden": newsletter == "yes",
            "Klanten zonder inschrijving": newsletter == "" and bool(ages) and bool(body["email"]),
            "Bevestiging nog niet gedaan": newsletter == "pending"
            and self.days(self.asked[folded(body)]["createdAt"]) > 3,
            "Nieuwe klanten": 0 <= first <= 30,
            "Eenmalige kopers aan de beurt": one_day and self.is_near(derived["nextOrderAt"]),
            "VIP": frequent and derived["net365"] > 250,
            "Terugwinnen na 180 dagen": 180 < last <= 365,
            "Terugwinnen na 365 dagen": last > 365,
            "Om een beoordeling vragen": any(
                state(one, self.rows[one["id"]]) == "complete" and self.days(one["createdAt"]) == 14
                for one in self.orders[customer]
            ),
            "Toe aan nabestelling": self.is_near(self.reorder(customer)),
            "Winkelwagen 1 uur geleden": newsletter == "yes" and self.left(customer, 1, 24),
            "Winkelwagen 24 uur geleden": newsletter == "yes" and self.left(customer, 24, 48),
            "Vandaag jarig": str(body["birthDate"] or "")[5:] == f"{self.now:%m-%d}",
            "Kocht merk X": bought,
            "Kocht merk X, nooit Y": bought and self.shop.other not in self.brands(customer),
            "Veel retouren": frequent and derived["returnRate"] > Decimal("0.33"),
            "Op te schonen": not body["email"] or self.addresses[folded(body)] > 1,
        }

    def members(self) -> dict[str, set[str]]:
        """Keys of those in each selection."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for customer in self.bodies:
            for name, inside in self.is_in(customer).items():
                found[name] |= {f"{self.shop.id}:{customer}"} if inside else set()
        return dict(found)


# Comparing -------------------------------------------------------------------------------------------


@dataclass
class Pipeline:
    """Tap and target, with what a Dutch marketer switches on."""

    shop: Shop
    folder: Path

    def __post_init__(self) -> None:
        sandbox, file = self.shop.sandbox, self.folder / "selections.yaml"
        brands = {"bought_brand": (self.shop.brand, False), "bought_brand_not_other": (self.shop.other, True)}
        file.write_text(
            json.dumps(
                {
                    key: {
                        "rules": [
                            {
                                "inverted": inverted,
                                "all": [
                                    {"collection": "OrderItems", "all": [{"field": "brand", "equals": brand}]}
                                ],
                            }
                        ]
                    }
                    for key, (brand, inverted) in brands.items()
                }
            )
        )
        self.tap = sandbox.tap_config(requests_per_second=900, reorder_days={ARTICLE: LASTS})
        self.target = sandbox.target_config(
            self.folder / "state",
            labels="nl",
            extras=["carts"],
            consent="ratchet",
            require_confirmed=True,
            soft_optin=True,
            selections=str(file),
            missing_sources="ignore",
        )
        self.catalog = catalog_of(self.folder, self.tap, STREAMS)

    def runs(self) -> None:
        done = pipe(self.folder, self.tap, self.target, catalog=self.catalog)
        assert (done.tap.code, done.target.code) == (0, 0), done.tap.err[-3000:] + done.target.err[-3000:]

    def applies(self) -> str:
        config = written(self.folder / "target.json", self.target)
        ended = run(BIN / "target-copernica", "--config", config, "apply", "--yes")
        assert ended.code == 0, ended.err
        return ended.out

    def built(self) -> dict[str, set[str]]:
        """Keys of those whom Copernica finds in each selection, by its name."""
        api = Colleague(self.shop.sandbox, "SEOshop")
        keys = {
            str(one["ID"]): one["fields"]["external_key"] for one in self.shop.sandbox.profiles("SEOshop")
        }
        views = api.asks("database/SEOshop/views")["data"]
        views += [below for one in views for below in api.asks(f"view/{one['ID']}/views")["data"]]
        assert not any(one["intentions"]["email"] for one in views)
        found = {}
        for one in views:
            api.asks(f"view/{one['ID']}/rebuild", post={})
            found[one["name"]] = {keys[str(number)] for number in api.asks(f"view/{one['ID']}/profileids")}
        return found


def differences(
    built: dict[str, set[str]], counted: dict[str, set[str]]
) -> dict[str, tuple[set[str], set[str]]]:
    """Who is too much in a selection, and who is missing."""
    names = built.keys() | counted.keys()
    pairs = {name: (built.get(name, set()), counted.get(name, set())) for name in names}
    return {name: (there - due, due - there) for name, (there, due) in pairs.items() if there != due}


def test_each_selection_holds_whom_a_plain_count_finds_today_and_tomorrow(tmp_path: Path) -> None:
    sizes = {"customers": 48, "orders": 70, "order_rows": 130}
    more = ("--no-curated", "--import-seconds", "0.1")
    with running_sandbox(**sizes, now=TODAY, per_second=1000, more=more) as sandbox:
        shop = Shop(sandbox)
        shop.fill()
        pipeline = Pipeline(shop, tmp_path)
        pipeline.applies()
        pipeline.runs()
        counted = Count(shop).members()
        assert differences(pipeline.built(), counted) == {}
        everybody = len(shop.customers)
        assert {name: len(found) for name, found in counted.items() if not 0 < len(found) < everybody} == {}
        due = [one for one in sandbox.profiles("SEOshop") if one["fields"]["nabestellen_op"] > "0000-00-00"]
        told = " ".join(shown(sandbox, f"/profiles/{due[0]['ID']}").pieces)
        day = date.fromisoformat(due[0]["fields"]["nabestellen_op"])
        assert f"used up on {day:%-d %B %Y}" in told
        sandbox.clock(to=TOMORROW)
        pipeline.runs()
        tomorrow = Count(shop).members()
        assert differences(pipeline.built(), tomorrow) == {}
        stays = {
            "Klanten zonder inschrijving",
            "Veel retouren",
            "Mag gemaild worden",
            "Kocht merk X",
            "Kocht merk X, nooit Y",
            "Op te schonen",
        }
        assert {name for name in counted if counted[name] == tomorrow[name]} <= stays
