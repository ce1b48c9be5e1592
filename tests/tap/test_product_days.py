"""How long a product lasts, by a metafield: which products are read, when, and what follows from it."""

import gc
import logging
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from support.derived import Recount
from support.sandbox import Sandbox
from tap.conftest import Reader
from tap.imagined import BEGIN, Copy, Shop, link
from tap_seoshop.api.client import Answer
from tap_seoshop.api.quota import Use
from tap_seoshop.errors import NotAllowedError, NotFoundError, QuotaSpentError
from tap_seoshop.summaries.derived import Draw, derived
from tap_seoshop.summaries.history import DAY, Line, Order
from tap_seoshop.summaries.lasting import LONGEST, days_told
from tap_seoshop.summaries.order_book import Frozen
from tap_seoshop.summaries.segments import FIXED

KEY = "lasts_days"
SELECT = ("customers", "orders", "products", "order_products", "customer_metrics", "brands")
WEEK = 7 * 86_400


class Refusing(Shop):
    """A shop that may refuse requests for metafields."""

    refusal: Exception | None = None

    def get(self, path: str, params: Mapping[str, str] | None = None, *, use: Use = Use.LIST) -> Answer:
        if self.refusal and path.endswith("/metafields"):
            raise self.refusal
        return super().get(path, params, use=use)


class Sale:
    """A shop in which two people bought something each, and the program that reads it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shop, self.copy = Refusing(), Copy()
        self.soap, self.comb, self.hat = (self.shop.make("products", lines=[]) for _ in range(3))
        self.ann, self.bob = (self.shop.make("customers") for _ in range(2))
        self.shop.pass_time(60)
        self.sell(self.ann, self.soap)
        self.sell(self.bob, self.comb)
        self.shop.pass_time(60)

    def sell(self, customer: int, product: int, **order: Any) -> None:
        line = {
            "id": self.shop.next_id * 10,
            "product": link(product),
            "articleCode": f"A-{product}",
            "priceIncl": 5,
            "quantityOrdered": 1,
        }
        made = {"status": "new", "priceIncl": 5, "lines": [line], **order}
        self.shop.make("orders", customer=link(customer), **made)

    def say(self, product: int, value: object, key: str = KEY) -> None:
        """Set the metafield; the product does not move."""
        self.shop.held["products"][product]["lines"] = [{"id": 1, "key": key, "value": value}]

    def run(self, key: str = KEY, **settings: Any) -> dict[int, Any]:
        """One run: the days that it told, by customer."""
        gc.collect()  # an earlier run holds no lock
        self.copy.rows.pop("customer_metrics", None)
        given = {"state_dir": str(self.folder), "reorder_metafield": key, **settings}
        self.copy.read(self.shop, select=SELECT, **given)
        told = self.copy.rows.get("customer_metrics", {})
        return {customer: record["reorderAt"] for customer, record in told.items()}

    def asked(self) -> list[int]:
        """The products whose metafields the last run read."""
        return [int(path.split("/")[1]) for path, _ in self.shop.asked if path.endswith("/metafields")]


@pytest.fixture
def sale(tmp_path: Path) -> Sale:
    return Sale(tmp_path / "books")


def test_each_product_that_was_bought_costs_one_request_and_no_other_does(sale: Sale) -> None:
    sale.say(sale.soap, "30")
    sale.sell(sale.bob, sale.hat, status="cancelled")
    assert sale.run() == {sale.ann: "2026-12-02", sale.bob: None}
    assert sorted(sale.asked()) == [sale.soap, sale.comb]
    sale.sell(sale.bob, sale.soap)
    assert sale.run() == {sale.bob: "2026-12-02"}
    assert sale.asked() == []


def test_without_the_setting_none_is_read_and_what_was_read_is_forgotten(sale: Sale) -> None:
    sale.say(sale.soap, 30)
    assert sale.run(key="") == {sale.ann: None, sale.bob: None}
    assert sale.asked() == []
    assert sale.run() == {sale.ann: "2026-12-02", sale.bob: None}
    assert sale.run(key="other")[sale.ann] is None
    assert sorted(sale.asked()) == [sale.soap, sale.comb]
    assert sale.run(key="") == {sale.ann: None, sale.bob: None}


def test_a_new_value_is_read_a_day_after_its_product_changed_or_after_a_week(sale: Sale) -> None:
    sale.say(sale.soap, 30)
    sale.run()
    sale.shop.pass_time(3_600)
    sale.say(sale.soap, 40)
    sale.shop.change("products", sale.soap)
    assert (sale.run(), sale.asked()) == ({}, [])
    sale.shop.pass_time(86_400)
    assert sale.run()[sale.ann] == "2026-12-12"
    assert sale.asked() == [sale.soap]
    sale.say(sale.comb, 60)
    sale.shop.pass_time(WEEK)
    assert sale.run()[sale.bob] == "2027-01-01"
    assert sorted(sale.asked()) == [sale.soap, sale.comb]


def test_a_product_that_is_in_no_order_any_more_is_not_read_again(sale: Sale) -> None:
    sale.run()
    order = next(one for one in sale.shop.held["orders"].values() if one["customer"] == link(sale.bob))
    sale.shop.change("orders", order["id"], status="cancelled")
    for _ in range(2):  # the first has the lists read whole in the one after it
        sale.shop.pass_time(WEEK)
        sale.run()
        sale.shop.pass_time(300)
        sale.run()
    sale.shop.pass_time(WEEK)
    sale.run()
    assert sale.asked() == [sale.soap]


def test_reorder_days_takes_precedence_over_the_metafield(sale: Sale) -> None:
    sale.say(sale.soap, 30)
    sale.say(sale.comb, 30)
    assert sale.run(reorder_days={f"A-{sale.comb}": 10}) == {sale.ann: "2026-12-02", sale.bob: "2026-11-12"}


def test_wrong_values_give_one_warning_without_the_values(
    sale: Sale, caplog: pytest.LogCaptureFixture
) -> None:
    sale.say(sale.soap, "weekly")
    sale.say(sale.comb, -4)
    with caplog.at_level(logging.WARNING, logger="test"):
        assert sale.run() == {sale.ann: None, sale.bob: None}
    (warning,) = (one.getMessage() for one in caplog.records if KEY in one.getMessage())
    assert f"product {sale.soap} (and of 1 more) is no whole number of days from 1 to 36500" in warning
    assert "weekly" not in warning


@pytest.mark.parametrize("refusal", [QuotaSpentError("spent"), NotFoundError("products/1", in_json=False)])
def test_a_product_that_cannot_be_read_waits_and_holds_up_no_other(sale: Sale, refusal: Exception) -> None:
    sale.say(sale.soap, 30)
    sale.shop.refusal = refusal
    assert sale.run() == {sale.ann: None, sale.bob: None}
    assert sale.shop.sent["brands"] == 1
    sale.shop.refusal = None
    assert sale.run() == {sale.ann: "2026-12-02"}


def test_when_time_is_up_the_rest_comes_with_the_next_run(sale: Sale) -> None:
    sale.say(sale.soap, 30)
    sale.run(key="")
    assert sale.run(max_run_seconds=1e-9) == {sale.ann: None, sale.bob: None}
    assert sale.asked() == []
    assert sale.run() == {sale.ann: "2026-12-02"}


def test_a_key_without_permission_is_an_error_that_names_the_setting(sale: Sale) -> None:
    sale.shop.refusal = NotAllowedError("the key may not read products/1/metafields")
    with pytest.raises(NotAllowedError, match=r"^the setting `reorder_metafield`: the key may not read"):
        sale.run()


def test_a_book_of_a_version_without_metafields_goes_on(sale: Sale) -> None:
    sale.run(key="")
    gc.collect()
    (book,) = sale.folder.glob("*.sqlite")
    with sqlite3.connect(book) as db:
        db.execute("DROP TABLE lasting")
    db.close()
    sale.say(sale.soap, 30)
    assert sale.run()[sale.ann] == "2026-12-02"
    assert list(sale.folder.glob("*.sqlite")) == [book]
    assert not any(path.startswith("orders/") for path, _ in sale.shop.asked)


@pytest.mark.slow
def test_through_the_api_the_dates_equal_a_full_recount(moving: Sandbox, reader: Reader) -> None:
    """As a program: several requests at a time, and the sandbox's own metafields beside ours."""
    lasts = {product["id"]: 20 + place for place, product in enumerate(moving.shop("products")) if place % 3}
    for product, days in lasts.items():
        body = {"productId": product, "key": KEY, "value": str(days)}
        moving.insert("product_metafields", body)
    read = reader(moving, reorder_metafield=KEY)
    assert read.ended.code == 0, read.ended.log
    records = read.records("customer_metrics")  # those of people whose rows were not read yet lack the date
    told = {one["customerId"]: one["reorderAt"] for one in records if "reorderAt" in one}
    lists = {name: moving.shop(name) for name in ("orders", "invoices", "order_products")}
    recount = Recount(lists, datetime.fromisoformat(moving.status()["now"]).date(), lasts=lasts)
    assert told == {one["id"]: recount.of(one["id"])["reorderAt"] for one in moving.shop("customers")}
    assert any(told.values())


@pytest.mark.parametrize(("value", "days"), [
    (30, 30), ("30", 30), (" 30 ", 30), ("30.0", 30), (Decimal("7.00"), 7), (LONGEST, LONGEST),
    ("", None), ("  ", None), (None, None), (False, None),
])  # fmt: skip
def test_a_whole_number_counts_as_text_and_as_a_number(value: object, days: int | None) -> None:
    assert days_told([{"id": 1, "key": "a", "value": value}], "a") == days


@pytest.mark.parametrize("value", [0, -1, "7 days", Decimal("2.5"), True, [7], LONGEST + 1, "1e999999999"])
def test_anything_else_is_wrong(value: object) -> None:
    with pytest.raises(ValueError, match="a"):
        days_told([{"id": 1, "key": "a", "value": value}], "a")


def test_if_two_metafields_have_the_key_the_newer_one_counts() -> None:
    fields = [{"id": one, "key": key, "value": one} for one, key in ((7, "a"), (9, "a"), (10, "b"))]
    assert (days_told(fields, "a"), days_told(fields, "c")) == (9, None)


def test_a_date_beyond_the_calendar_is_left_empty() -> None:
    line = Line(None, None, reorder_days=LONGEST, units=1, ordered=1e9, back=0)
    made = int(BEGIN.timestamp())
    order = Order(1, made, 100, lines=(line,))
    told = derived(1, (order,), Frozen("2026-Q4", FIXED, None), Draw(7, "", 10), made // DAY)
    assert told["reorderAt"] is None
