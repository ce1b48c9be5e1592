"""The derived fields against a full recount of the shop's own bodies."""

import gc
import shutil
from copy import deepcopy
from datetime import date, datetime
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from support.derived import Recount
from support.sandbox import Sandbox
from tap.conftest import Read
from tap.imagined import Copy, KilledError, Shop, link
from tap_seoshop.errors import QuotaSpentError
from tap_seoshop.reading.order_metrics import MetricsReader
from tap_seoshop.summaries.order_state import order_state

LISTS = ("orders", "invoices", "order_products", "categories", "categories_products")


def recount(sandbox: Sandbox, today: date) -> dict[int, Any]:
    counted = Recount({name: sandbox.shop(name) for name in LISTS}, today)
    return {one["id"]: counted.of(one["id"]) for one in sandbox.shop("customers")}


def told(*reads: Read) -> dict[int, Any]:
    """The newest record of each customer."""
    return {one["customerId"]: one for read in reads for one in read.records("customer_metrics")}


def today(sandbox: Sandbox) -> date:
    return datetime.fromisoformat(sandbox.status()["now"]).date()


def agree(got: dict[int, Any], wanted: dict[int, Any]) -> None:
    assert got.keys() >= wanted.keys()
    for customer, fields in wanted.items():
        assert {name: got[customer][name] for name in fields} == fields, customer


def test_a_first_load_emits_the_metrics_of_all_customers(shop: Sandbox, first: Read) -> None:
    found, wanted = told(first), recount(shop, today(shop))
    assert found.keys() == wanted.keys()
    agree(found, wanted)


# Whatever happens, and wherever a run ends --------------------------------------------------------

SELECT = ("customers", "orders", "returns", "products", "order_products", "customer_metrics")
FIELD = "lasts_days"
VALUES = (14, "30", "", "often", 7, 0, None, 2.5)
"""What may stand in it; a whole number above 0 counts."""
DAYS = {"hour": 3_700, "day": 86_400, "month": 31 * 86_400, "quarter": 92 * 86_400}
HAPPENINGS = (
    "order",
    "order",
    "cancel",
    "credit",
    "return",
    "silent return",
    "give",
    "person",
    "delete",
    "tell",
    "gone",
    "run",
    "lose",
    *DAYS,
)
SILENT = 15
"""Up to here, a new value does not move its product."""
endings = st.sampled_from(["", "killed", "torn", "spent", "unheard"])
happenings = st.lists(st.tuples(st.sampled_from(HAPPENINGS), st.integers(0, 30), endings), max_size=22)


class Sales(Shop):
    """A shop whose orders have lines of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[int, dict[str, Any]] = {}
        for product in (1, 2, 3):
            stamps = {"createdAt": self.stamp(), "updatedAt": self.stamp()}
            self.held["products"][product] = {"id": product, **stamps, "lines": []}

    def sell(self, customer: int, which: int) -> int:
        pieces = which % 3 + 1
        number = self.make(
            "orders",
            customer=link(customer),
            priceIncl=which,
            status="new",
            isDiscounted=which % 5 == 0,
            discountAmount=0,
        )
        self.lines[number] = {
            "id": number * 10,
            "orderId": number,
            "brandTitle": ("", "Vink", "Łódź")[which % 3],
            "articleCode": "A",
            "product": link(which % 4),
            "priceIncl": which,
            "discountIncl": int(which % 7 == 0),
            "quantityOrdered": pieces,
            "quantityReturned": 0,
            "quantityRefunded": 0,
        }
        return number

    def _answer(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        parts = path.split("/")
        if parts[0] == "orders" and parts[-1] == "products" and int(parts[1]) in self.held["orders"]:
            return {"orderProducts": [self.lines[int(parts[1])]]}
        return super()._answer(path, query)

    def bodies(self) -> dict[str, list[dict[str, Any]]]:
        orders = self.held["orders"]
        return {
            "orders": list(orders.values()),
            "invoices": list(self.held["invoices"].values()),
            "order_products": [line for number, line in self.lines.items() if number in orders],
        }

    def tell(self, which: int, *, gone: bool) -> None:
        """Set the metafield of a product, or remove the product."""
        product = which % 3 + 1
        if gone:
            self.held["products"].pop(product, None)
        elif product in self.held["products"]:
            field = {"id": 1, "key": FIELD, "value": VALUES[which % len(VALUES)]}
            self.held["products"][product]["lines"] = [{"id": 2, "key": "colour", "value": 5}, field]
            if which > SILENT:
                self.change("products", product)

    def lasts(self) -> dict[int, int]:
        """For how many days a piece of each product lasts."""
        told = {
            product: field["value"]
            for product, body in self.held["products"].items()
            for field in body["lines"]
            if field["key"] == FIELD
        }
        return {product: int(days) for product, days in told.items() if days in (14, "30", 7)}


def send_back(shop: Sales, what: str, order: int, which: int) -> None:
    if what == "silent return":  # the order stays as it is
        shop.lines[order]["quantityReturned"] = shop.lines[order]["quantityOrdered"]
        shop.make("returns", orderId=order)
    else:
        shop.lines[order]["quantityReturned"] = which % 4
        shop.change("orders", order)


def happen(shop: Sales, what: str, which: int) -> None:
    people, orders = list(shop.held["customers"]), list(shop.held["orders"])
    person, order = people[which % len(people)], orders[which % len(orders)] if orders else 0
    if what == "order":
        shop.sell(person, which)
    elif what == "person":
        shop.make("customers")
    elif what in ("tell", "gone"):
        shop.tell(which, gone=what == "gone")
    elif what in DAYS or not orders:
        shop.pass_time(DAYS.get(what, 0))
    elif what == "cancel":
        shop.change("orders", order, status="cancelled")
    elif what == "credit":
        of = shop.held["orders"][order]["customer"]
        shop.make("invoices", customer=of, order=link(order), priceIncl=which, isCreditNote=True)
    elif "return" in what:
        send_back(shop, what, order, which)
    elif what == "give":
        shop.change("orders", order, customer=link(person))
    elif what == "delete":
        del shop.held["orders"][order]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happenings)
@example([("run", 0, ""), ("month", 0, "")])  # time alone changes it
@example([("run", 0, ""), ("order", 7, ""), ("run", 0, "unheard")])  # the target ended before
@example([("run", 0, ""), ("person", 0, ""), ("give", 4, "")])  # the former owner
@example([("run", 0, ""), *(("delete", 0, ""),) * 3])  # a list that is read whole is empty
@example([("run", 5, "killed"), ("delete", 1, "")])  # in the middle of a first load
@example([("run", 0, ""), ("silent return", 1, ""), ("run", 3, "killed")])
@example([("run", 0, ""), ("silent return", 1, ""), ("run", 0, "unheard"), ("return", 0, "")])
@example([("return", 15, ""), ("run", 8, "killed"), ("lose", 0, "unheard")])  # a book of a run unheard
@example([("tell", 16, ""), ("order", 2, ""), ("run", 0, ""), ("tell", 28, ""), ("run", 0, "unheard")])
@example([("tell", 0, ""), ("order", 5, ""), ("run", 0, ""), ("tell", 12, ""), ("gone", 1, "")])  # in silence
def test_metrics_equal_a_full_recount_whatever_happens_and_wherever_a_run_ends(
    tmp_path: Path, given: list[tuple[str, int, str]]
) -> None:
    folder = tmp_path / uuid4().hex
    shop, copy = Sales(), Copy()
    for which in range(3):
        shop.sell(shop.make("customers"), which)
    told: dict[int, dict[str, Any]] = {}

    def run(ending: str, after: int) -> None:
        shop.ends_after = after if ending not in ("", "unheard") else None
        heard, orders = deepcopy(copy.state), dict(copy.rows.get("orders", {}))
        shop.ends_with = QuotaSpentError if ending == "spent" else KilledError
        torn = ending == "torn"
        with mock.patch.object(MetricsReader, "_commit", lambda reader: commit(reader, shop, torn=torn)):
            copy.rows.pop("customer_metrics", None)
            copy.read(shop, select=SELECT, state_dir=str(folder), reorder_metafield=FIELD)
        if ending == "unheard":
            copy.state, copy.rows["orders"] = heard, orders
            copy.rows.pop("customer_metrics", None)
        for customer, record in copy.rows.get("customer_metrics", {}).items():
            told[customer] = {**told.get(customer, {}), **record}
        gc.collect()  # a program that was killed holds no lock

    for what, which, ending in given:
        happen(shop, what, which)
        if what == "lose":
            shutil.rmtree(folder, ignore_errors=True)
        if what in ("run", "lose"):
            run(ending, which)
    deleted = any(
        what in ("delete", "gone") or (what == "tell" and which <= SILENT) for what, which, _ in given
    )
    # A day; where something was deleted, or told in silence, until all is read whole again. A first load that
    # was cut is gone on with before that: it still holds what was deleted meanwhile.
    for seconds in (0, 8 * 86_400, 0) if deleted else (90_000,):
        shop.pass_time(seconds)
        run("", 0)
    usual = copy.state["bookmarks"]["customer_metrics"]["usual_gap"]
    wanted = Recount(shop.bodies(), shop.clock.date(), usual, shop.lasts())
    agree(told, {customer: wanted.of(customer) for customer in shop.held["customers"]})
    agree(
        copy.rows.get("orders", {}),
        {order: {"orderState": state(shop, order)} for order in shop.held["orders"]},
    )


ALL = frozenset(SELECT)


@pytest.mark.parametrize(("select", "happened", "told"), [
    (ALL, ("returns", {}), "returned"),
    (ALL, ("invoices", {"isCreditNote": True}), "returned"),
    (ALL - {"returns"}, ("returns", {}), "complete"),  # it comes with the next change of the order
    (ALL - {"returns"}, ("invoices", {"isCreditNote": True}), "returned"),
    (ALL - {"returns"}, ("invoices", {"isCreditNote": False}), "complete"),
    (ALL - {"order_products"}, ("returns", {}), "complete"),
    (ALL - {"customer_metrics"}, ("returns", {}), "complete"),
])  # fmt: skip
def test_an_order_that_came_back_is_returned_where_the_streams_that_tell_it_are_read(
    tmp_path: Path, select: frozenset[str], happened: tuple[str, dict[str, Any]], told: str
) -> None:
    shop, copy = Sales(), Copy()
    order = shop.sell(shop.make("customers"), 2)
    shop.change("orders", order, status="completed")

    def states() -> tuple[str, int]:
        shop.pass_time(90_000)
        copy.read(shop, select=sorted(select), state_dir=str(tmp_path))
        return copy.rows["orders"][order]["orderState"], shop.sent[f"orders/{order}"]

    assert [states(), states()] == [("complete", 0)] * 2
    shop.lines[order]["quantityRefunded"] = 3
    path, fields = happened
    shop.make(path, orderId=order, order=link(order), customer=link(1001), priceIncl=1, **fields)
    assert states()[0] == told
    shop.change("orders", order)
    last = "returned" if select >= {"order_products", "customer_metrics"} else "complete"
    assert states()[0] == last
    assert states() == (last, 0)  # it costs a request once
    shop.lines[order]["quantityRefunded"] = 0  # it was a mistake
    shop.change("orders", order)
    assert states()[0] == "complete"


def test_an_order_that_is_read_again_by_hand_is_returned_at_once(tmp_path: Path) -> None:
    shop, copy = Sales(), Copy()
    order = shop.sell(shop.make("customers"), 1)
    copy.read(shop, select=SELECT, state_dir=str(tmp_path))
    shop.lines[order]["quantityReturned"] = 2
    copy.read(shop, select=SELECT, state_dir=str(tmp_path), reread={"orders": [order]})
    assert copy.rows["orders"][order]["orderState"] == "returned"
    gc.collect()  # a program that ended holds no lock
    shop.pass_time(60)
    shop.change("orders", order)
    copy.read(shop, select=SELECT, state_dir=str(tmp_path))
    assert copy.rows["orders"][order]["orderState"] == "returned"


@pytest.mark.parametrize("select", [ALL, ALL - {"order_products"}])
def test_without_a_state_returned_orders_are_known_from_the_newest_book(
    tmp_path: Path, select: frozenset[str]
) -> None:
    """A comparison of both sides reads the shop so, and without lines."""
    shop, copy = Sales(), Copy()
    order, other = (shop.sell(shop.make("customers"), 1) for _ in range(2))
    shop.lines[order]["quantityReturned"] = shop.lines[other]["quantityReturned"] = 2
    copy.read(shop, select=SELECT, state_dir=str(tmp_path))
    gc.collect()  # a program that ended holds no lock
    shop.lines[other]["quantityReturned"] = 1  # of which nothing tells
    for _ in range(2):
        whole = Copy()
        whole.read(shop, select=sorted(select), state_dir=str(tmp_path))
        gc.collect()
    states = [whole.rows["orders"][number]["orderState"] for number in (order, other)]
    assert states == ["returned", "open" if "order_products" in select else "returned"]


def state(shop: Sales, order: int) -> str:
    line = shop.lines[order]
    back = line["quantityReturned"] >= line["quantityOrdered"]
    return order_state(shop.held["orders"][order], returned=back)


def commit(reader: MetricsReader, shop: Shop, *, torn: bool) -> None:
    """What a killed run does not do, where it is torn in the middle of a commit."""
    if torn and shop.ends_after is not None and shop.ends_after < 0:
        reader.book.close()
        raise KilledError
    reader.mark.seq = reader.book.commit()
