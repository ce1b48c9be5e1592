"""The seeded shop: exact numbers, the same on any machine, and consistent in itself."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.shop import resources
from sandbox.shop.db import Shop
from sandbox.shop.money import cents
from sandbox.shop.nested import NESTED
from sandbox.shop.orders import ALL_STATES, STATES
from sandbox.shop.plan import MOST_ROWS, Plan, row_counts

from .conftest import NOW, PLAN, Served

Make = Callable[[Plan], Shop]


FIRST = (*resources.LISTED[:10], resources.ORDER_PRODUCTS)
BESIDE = resources.LISTED[10:20]
HUNG_ON = [one for one in resources.ALL.values() if one not in (*FIRST, *BESIDE)]


def digest(shop: Shop, kinds: Sequence[resources.Resource] = FIRST) -> str:
    """One number for all that a shop holds of some kinds."""
    whole = hashlib.sha256()
    for resource in kinds:
        for row, text in shop.every(resource):
            whole.update(repr(tuple(row)[:-1]).encode() + text.encode())
    return whole.hexdigest()


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("customers", "orders", "rows"),
    [(500, 1200, 3000), (40, 100, 250), (10, 24, 60), (20, 20, 40), (1, 1, 40), (3, 0, 0), (0, 0, 0)],
)
def test_there_are_exactly_as_many_records_as_asked(
    make_shop: Make, customers: int, orders: int, rows: int
) -> None:
    shop = make_shop(Plan(customers=customers, orders=orders, order_rows=rows, now=NOW))
    counted = [shop.count(r) for r in (resources.CUSTOMERS, resources.ORDERS, resources.ORDER_PRODUCTS)]
    assert counted == [customers, orders, rows]


@pytest.mark.parametrize(
    ("numbers", "named"),
    [
        ({"customers": 0, "orders": 1, "order_rows": 1}, "--customers"),
        ({"orders": 10, "order_rows": 9}, "--order-rows"),
        ({"orders": 10, "order_rows": 401}, "--order-rows"),
        ({"orders": -1}, "--orders"),
    ],
)
def test_numbers_that_make_no_shop_are_refused(numbers: dict[str, int], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Plan(**numbers)  # type: ignore[arg-type]  # a choice of whole numbers


@given(st.integers(1, 400), st.data(), st.integers())
def test_row_counts_add_up(orders: int, data: st.DataObject, seed: int) -> None:
    rows = data.draw(st.integers(orders, MOST_ROWS * orders))
    counts = row_counts(seed, orders, rows)
    assert (len(counts), sum(counts)) == (orders, rows)
    assert 1 <= min(counts) <= max(counts) <= MOST_ROWS


def test_the_same_seed_gives_the_same_shop(make_shop: Make, shop: Shop) -> None:
    assert digest(make_shop(PLAN)) == digest(shop)
    assert digest(make_shop(replace(PLAN, seed=2))) != digest(shop)


def test_the_shop_is_the_same_on_any_machine(make_shop: Make) -> None:
    """A change of this number is a change of everybody's shop: say so in the change log."""
    shop = make_shop(Plan(customers=12, orders=30, order_rows=60, now=NOW))
    assert digest(shop)[:16] == "707ce75a3982e382"
    assert digest(shop, BESIDE)[:16] == "34ad34448551cd04"
    assert digest(shop, HUNG_ON)[:16] == "233ae4e0ef514d72"
    told = "".join(text for nested in NESTED for text in nested.every(shop))
    assert hashlib.sha256(told.encode()).hexdigest()[:16] == "1eefaecfc78f2d52"


def test_every_stamp_lies_before_now_and_updated_after_created(api: Served) -> None:
    for name in resources.ALL:
        for record in api.every(name):
            if "createdAt" in record:
                updated = moment(record.get("updatedAt") or record["createdAt"])
                assert moment(record["createdAt"]) <= updated < NOW, (name, record["id"])


def test_ids_and_creation_follow_one_another(api: Served) -> None:
    for name in ("customers", "orders"):
        drawn = [moment(record["createdAt"]) for record in api.every(name) if record["id"] > 40_000_000]
        ordered = [at for at in drawn if at.year > 2021 or at.month > 10]
        assert ordered == sorted(ordered) or name == "orders"


def test_orders_add_up_to_the_cent(api: Served) -> None:
    lines = lines_by_order(api)
    for order in api.every("orders"):
        for kind in ("Incl", "Excl"):
            goods = sum(cents(line[f"price{kind}"]) for line in lines[order["id"]])
            discount = goods + cents(order[f"shipmentPrice{kind}"]) - cents(order[f"price{kind}"])
            if kind == "Incl":
                assert discount == cents(order["discountAmount"]), order["id"]
            else:
                assert 0 <= discount <= cents(order["discountAmount"]), order["id"]


def test_lines_add_up_to_the_cent(api: Served) -> None:
    for line in api.every("order_products"):
        total = cents(line["basePriceIncl"]) * line["quantityOrdered"] - cents(line["discountIncl"])
        # The vendor's own examples count a discount into the line of a single piece.
        assert total == cents(line["priceIncl"]), line["id"]


def test_unit_prices_keep_four_decimals_at_most(api: Served) -> None:
    prices = [line["basePriceExcl"] for line in api.every("order_products")]
    assert all(round(price, 4) == price for price in prices)
    assert any(round(price, 2) != price for price in prices)


def test_an_invoice_bears_the_orders_totals(api: Served) -> None:
    orders = {order["id"]: order for order in api.every("orders")}
    for invoice in api.every("invoices"):
        order = orders[invoice["order"]["resource"]["id"]]
        assert invoice["customer"]["resource"]["id"] == order["customer"]["resource"]["id"]
        assert (invoice["priceIncl"], invoice["priceExcl"]) == (order["priceIncl"], order["priceExcl"])


def test_credit_notes_are_positive_and_linked_both_ways(api: Served) -> None:
    invoices = {invoice["id"]: invoice for invoice in api.every("invoices")}
    notes = [invoice for invoice in invoices.values() if invoice["isCreditNote"]]
    assert len(notes) > 3
    for note in notes:
        original = invoices[note["invoice"]["resource"]["id"]]
        assert original["creditNote"]["resource"]["id"] == note["id"]
        assert note["priceIncl"] > 0


def test_a_customer_is_updated_no_earlier_than_their_last_order(api: Served) -> None:
    last: dict[int, datetime] = {}
    for order in api.every("orders"):
        who = order["customer"]["resource"]["id"]
        last[who] = max(moment(order["createdAt"]), last.get(who, moment(order["createdAt"])))
    for customer in api.every("customers"):
        if customer["id"] in last and customer["id"] > 40_000_000:
            assert moment(customer["createdAt"]) <= last[customer["id"]] <= moment(customer["updatedAt"])


def test_orders_come_in_every_status_and_agree_with_it(api: Served) -> None:
    orders = [order for order in api.every("orders") if order["id"] > 219_000_000]
    statuses = Counter(order["status"] for order in orders)
    assert set(STATES) <= set(statuses)
    assert set(statuses) - set(STATES)
    for order in orders:
        state = ALL_STATES[order["status"]]
        assert (order["paymentStatus"], order["shipmentStatus"]) == (state.payment, state.shipment)


def test_orders_have_1_to_40_rows(api: Served) -> None:
    sizes = {len(lines) for lines in lines_by_order(api).values()}
    assert min(sizes) == 1
    assert max(sizes) == 40


def test_the_odd_cases_are_there(api: Served) -> None:
    orders, customers = api.every("orders"), api.every("customers")
    buyers = {order["customer"]["resource"]["id"] for order in orders}
    emails = Counter(customer["email"].lower() for customer in customers)
    products = {product["id"] for product in api.every("products")}
    owners = [variant["product"]["resource"]["id"] for variant in api.every("variants")]
    shipments = api.every("shipments")
    names = " ".join(customer["firstname"] + customer["lastname"] for customer in customers)
    assert {"", "main"} <= {order["channel"] for order in orders}
    assert any(order["discountAmount"] for order in orders)
    assert any(customer["id"] not in buyers for customer in customers)
    email = {customer["id"]: customer["email"] for customer in customers}
    assert any(order["email"] != email[order["customer"]["resource"]["id"]] for order in orders)
    assert any(customer["isCompany"] for customer in customers)
    assert emails[""] > 0
    assert max(count for email, count in emails.items() if email) > 1
    assert sum(owner not in products for owner in owners) == 1
    assert {bool(shipment["trackingCode"]) for shipment in shipments} == {True, False}
    assert max(Counter(parcel["order"]["resource"]["id"] for parcel in shipments).values()) > 1
    for sign in ("'", "ü", "🌷", "ع"):
        assert sign in names, sign
    assert max(len(product["title"]) for product in api.every("products")) > 255
    countries = [customer["addressBillingCountry"] for customer in customers]
    assert {country["code"] for country in countries if country} > {"nl", "de", "gb"}


def test_links_of_orders_and_documents_lead_somewhere(api: Served) -> None:
    known = {name: {record["id"] for record in api.every(name)} for name in ("customers", "orders", "groups")}
    for name in ("orders", "invoices", "shipments", "groups_customers"):
        for record in api.every(name):
            for link in ("customer", "order", "group"):
                if isinstance(record.get(link), dict):
                    assert record[link]["resource"]["id"] in known[f"{link}s"], (name, record["id"])


def test_a_shop_without_curated_cases_has_none(make_shop: Make) -> None:
    shop = make_shop(replace(PLAN, curated=False))
    assert shop.count(resources.CUSTOMERS) == PLAN.customers
    assert shop.text(resources.ORDERS, 1623550) is None


def test_a_shop_of_an_earlier_day_holds_nothing_later(make_shop: Make) -> None:
    now = datetime(2025, 1, 1, tzinfo=UTC)
    shop = make_shop(replace(PLAN, now=now))
    sql = "SELECT MAX(updated) FROM orders UNION SELECT MAX(updated) FROM products"
    assert all(row[0] < now.timestamp() for row in shop.connection.execute(sql))


def lines_by_order(api: Served) -> dict[int, Sequence[dict[str, Any]]]:
    def order(line: dict[str, Any]) -> int:
        found: int = line["orderId"]
        return found

    return {
        key: list(lines) for key, lines in groupby(sorted(api.every("order_products"), key=order), key=order)
    }
