"""What the documentation leaves open, with the real program against a shop that answers either way."""

from typing import Any

import pytest

from support.sandbox import Sandbox
from tap.conftest import SMALL, Reader

pytestmark = pytest.mark.slow

LINES = "order_products"


@pytest.mark.parametrize(
    ("zone", "now", "reading"),
    [
        ("Europe/Amsterdam", "2026-10-25T00:40:00Z", "utc"),
        ("Europe/Amsterdam", "2026-10-25T00:40:00Z", "shop"),
        ("America/New_York", "2026-11-01T05:40:00Z", "shop"),
        ("America/New_York", "2026-03-08T06:40:00Z", "shop"),
    ],
)
def test_no_order_is_missed_while_the_clocks_change(
    zone: str, now: str, reading: str, start_sandbox: Any, reader: Reader
) -> None:
    more = ("--zone", zone, "--switch", f"seoshop.filter_zone={reading}")
    shop = start_sandbox(**SMALL, now=now, more=more)
    select = ("orders", LINES)
    state = reader(shop, select=select).state
    for step in range(9):  # an hour and a half, in which an hour comes twice or not at all
        shop.clock(advance=600)
        changed = shop.move(seed=step, new_orders=1, payments=1)
        shop.clock(advance=5)  # what changed in the second of the reading is read once more
        read = reader(shop, select=select, state=state)
        assert read.ended.code == 0
        assert {one["orderId"] for one in read.records(LINES)} == set(changed["orders"])
        assert set(changed["orders"]) <= {one["id"] for one in read.records("orders")}
        assert (
            read.state["bookmarks"]["orders"]["replication_key_value"]
            > state["bookmarks"]["orders"]["replication_key_value"]
        )
        state = read.state
    assert not state["bookmarks"]["orders"]["filter_ignored"]


def test_a_list_whose_filter_is_ignored_is_read_again_when_it_is_due(moving: Sandbox, reader: Reader) -> None:
    select = ("brands", "customers", "returns")  # from the answer about customers it knows the shop's time
    read = reader(moving, select=select)
    before = {one["id"] for one in read.records("returns")}
    for _ in range(2):
        moving.clock(advance=86_400)
        changed = moving.move(returns=1)
        moving.clock(advance=5)
        read = reader(moving, select=select, state=read.state)
        assert set(changed["returns"]) <= {one["id"] for one in read.records("returns")}
        assert read.streams("ACTIVATE_VERSION") == ["brands"]
        mark = moving.last()
        idle = reader(moving, select=select, state=read.state)
        assert idle.records("returns") == []
        assert [one["path"].rsplit("/", 1)[1] for one in moving.requests(mark)] == ["customers.json"]
    assert read.state["bookmarks"]["returns"]["filter_ignored"] is True
    assert before.isdisjoint({one["id"] for one in read.records("returns")})


@pytest.mark.parametrize("choice", ["drop", "pass"])
def test_a_field_that_is_new_to_the_tap_is_reported_once(
    choice: str, moving: Sandbox, reader: Reader
) -> None:
    brand = moving.shop("brands")[0]
    for number, slogan in ((987654, "Fresh"), (987655, "Fresher")):
        moving.insert("brands", {**brand, "id": number, "title": f"new {number}", "slogan": slogan})
    read = reader(moving, select=("brands",), extra_fields=choice)
    told = {one["id"]: one.get("slogan") for one in read.records("brands") if "new" in str(one["title"])}
    wanted = {987654: "Fresh", 987655: "Fresher"} if choice == "pass" else {987654: None, 987655: None}
    assert told == wanted
    verb = "passed on" if choice == "pass" else "left out"
    assert read.ended.err.count(f"brands: the field 'slogan' is new to this tap; it is {verb}") == 1


def test_a_bookmark_in_the_future_is_reported_and_reads_all_anew(moving: Sandbox, reader: Reader) -> None:
    state = reader(moving, select=("orders",)).state
    state["bookmarks"]["orders"]["replication_key_value"] = "2031-01-01T00:00:00Z"
    read = reader(moving, select=("orders",), state=state)
    assert "the bookmark of orders lies in the future: reading the whole list" in read.ended.err
    assert len(read.records("orders")) == len(moving.shop("orders"))
    assert read.state["bookmarks"]["orders"]["replication_key_value"] < "2026-11-03"


def test_a_list_that_is_missing_for_a_while_is_read_when_it_is_back(moving: Sandbox, reader: Reader) -> None:
    said = '{"error": {"code": 404, "method": "GET", "message": "Not found"}}'
    moving.fault("seoshop", "/discounts", "status", status=404, body=said, times=100)
    read = reader(moving, select=("brands", "discounts"))
    assert read.ended.code == 0
    assert "discounts is left out" in read.ended.err
    assert read.streams("ACTIVATE_VERSION") == ["brands"]
    moving.clear_faults()
    moving.clock(advance=86_400)
    back = reader(moving, select=("brands", "discounts"), state=read.state)
    assert len(back.records("discounts")) == len(moving.shop("discounts"))


@pytest.mark.parametrize("touches", ["status", "all"])
def test_what_came_back_is_reported_whether_or_not_it_moves_the_order(
    touches: str, start_sandbox: Any, reader: Reader
) -> None:
    shop = start_sandbox(**SMALL, more=("--switch", f"seoshop.order_touches={touches}"))
    select = ("orders", LINES, "invoices", "shipments", "returns")
    state = reader(shop, select=select).state
    shop.clock(advance=3600)
    changed = shop.move(seed=5, returns=1, credit_notes=1)
    shop.clock(advance=5)
    read = reader(shop, select=select, state=state)
    (back,) = (one for one in shop.shop("returns") if one["id"] in changed["returns"])
    lines = {one["id"]: one["quantityReturned"] for one in read.records(LINES)}
    assert {one["id"] for one in back["orderProducts"]} <= set(lines)
    assert all(lines[one["id"]] == one["quantity"] for one in back["orderProducts"])
    notes = [one for one in shop.shop("invoices") if one["id"] in changed["invoices"] and one["isCreditNote"]]
    named = {back["orderId"], *(note["order"]["resource"]["id"] for note in notes)}
    assert {one["orderId"] for one in read.records(LINES)} == named | set(changed.get("orders", []))
    mark = shop.last()
    reader(shop, select=select, state=read.state)
    assert not any(one["path"].endswith("/products.json") for one in shop.requests(mark))
