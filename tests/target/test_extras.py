"""The extras of a preset: what each lays over it, and that an event is written once."""

import json
from functools import cache
from typing import Any

import pytest

from support.account import Account
from support.programs import BIN, run
from support.singer import customer, record, schema, state
from target_copernica.errors import SettingsError
from target_copernica.mapping.load import EXTRAS, mapping_of
from target_copernica.mapping.model import AccountMap
from target_copernica.mapping.sources import missing_properties

NOW = "2026-11-02T09:20:00Z"
LATER = "2026-11-02T09:21:00Z"
NAMES = {"database": "SEOshop", "products_database": "SEOshop_products"}


@cache
def tap_schemas() -> dict[str, dict[str, Any]]:
    catalog = json.loads(run(BIN / "tap-seoshop", "--discover").out)
    return {entry["tap_stream_id"]: entry["schema"] for entry in catalog["streams"]}


def mapping(*extras: str, own: dict[str, Any] | None = None, preset: str | None = "seoshop") -> AccountMap:
    found = mapping_of(preset, None, own, NAMES, extras)
    assert found is not None
    return found


@pytest.mark.parametrize("preset", ["seoshop", "seoshop-lite"])
@pytest.mark.parametrize("extra", EXTRAS)
def test_each_is_sound_over_each_preset_and_names_only_what_the_tap_has(extra: str, preset: str) -> None:
    assert extra not in mapping(preset=preset).streams
    stream = mapping(extra, preset=preset).streams[extra]
    assert missing_properties(stream, tap_schemas()[extra]) is None


def test_all_extras_work_together_and_a_mapping_can_leave_parts_of_them_out() -> None:
    assert set(EXTRAS) < mapping(*EXTRAS).streams.keys()
    own = {"streams": {"returns": {"fields": {"reason": None}}, "order_timeline": None}}
    found = mapping(*EXTRAS, own=own)
    assert "order_timeline" not in found.streams
    assert "reason" not in {entry.name for entry in found.streams["returns"].fields}


def test_without_a_preset_there_is_nothing_to_lay_them_over() -> None:
    with pytest.raises(SettingsError, match=r"setting extras.*`preset`"):
        mapping_of(None, None, None, {}, ["returns"])


def test_a_carts_fields_are_those_of_the_orders_wherever_they_were_changed() -> None:
    fields = {"total": {"name": "Bedrag"}, "updated_at": None, "email": {"length": 120}}
    own = {"streams": {"orders": {"fields": fields}}}
    found = mapping("carts", own=own)
    carts = {entry.name: entry for entry in found.streams["carts"].fields}
    orders = {entry.name: entry for entry in found.streams["orders"].fields}
    assert carts["Bedrag"].sources == (("priceIncl",),)
    assert {"total", "updated_at"}.isdisjoint(carts)
    assert carts["email"].column == orders["email"].column
    with pytest.raises(
        SettingsError, match=r"carts\.fields\.number: differs from streams\.orders\.fields\.number"
    ):
        mapping(
            "carts", own={"streams": {"carts": {"fields": {"Number": {"name": "number", "type": "big"}}}}}
        )


def test_without_rows_of_its_own_a_stream_may_fill_no_field_of_another() -> None:
    with pytest.raises(SettingsError, match=r"streams\.orders has a field of that name there already"):
        mapping("carts", own={"streams": {"carts": {"own_rows": False}}})


def event(order: int, kind: str, at: str) -> list[dict[str, Any]]:
    body = {
        "id": f"{order}-{kind}", "event": kind, "at": at, "liveAt": at, "orderId": order, "customerId": 1,
        "value": 10.5, "email": "p1@example.com", "paperId": None,
    }  # fmt: skip
    return [schema("order_timeline", keys=["id"]), record("order_timeline", **body)]


def test_a_timeline_event_is_written_once_even_if_sent_again_or_the_ledger_is_lost(
    account: Account,
) -> None:
    asked: dict[str, Any] = {"preset": "seoshop", "extras": ["order_timeline"], "missing_sources": "ignore"}
    account.send(*event(4, "ordered", "2020-01-01T00:00:00Z"), customer(1), state(n=1), **asked)
    assert account.mailed() == []
    account.send(*event(5, "ordered", NOW), state(n=2), **asked)
    account.send(*event(5, "paid", NOW), *event(5, "paid", LATER), state(n=3), **asked)
    first = account.sandbox.content()["SEOshop/OrderEvents"]
    assert {key: one["event"] for key, one in first.items()} == {
        "7:4-ordered": "ordered", "7:5-ordered": "ordered", "7:5-paid": "paid",
    }  # fmt: skip
    mailed = account.mailed()
    assert len(mailed) == 2
    before = account.sandbox.last()
    account.send(*event(5, "paid", LATER), state(n=4), **asked)
    assert [call for call in account.calls(before) if not call.startswith("GET")] == []
    account.lose_ledger()
    account.send(customer(1), *event(5, "paid", LATER), *event(5, "ordered", LATER), state(n=5), **asked)
    assert account.sandbox.content()["SEOshop/OrderEvents"] == first
    assert account.mailed() == mailed


def cart(number: int, closed: str | None, at: str = NOW) -> dict[str, Any]:
    body: dict[str, Any] = {"id": number, "kind": "cart", "closed": closed, "stateAt": at, "customerId": 1}
    if closed is None:
        return record("carts", **body, state="basket", email="p1@example.com")
    return record("carts", **body, state="cancelled")


@pytest.mark.slow
def test_a_closed_cart_makes_no_row_and_one_that_was_refused_comes_back_closed(account: Account) -> None:
    asked: dict[str, Any] = {"preset": "seoshop", "extras": ["carts"], "missing_sources": "ignore"}
    begin = [customer(1, at=NOW), schema("carts", keys=["id"])]
    ended = account.send(*begin, cart(1, "given up"), cart(2, None), cart(2, "ordered", LATER), **asked)
    assert {key: row["order_state"] for key, row in account.orders().items()} == {"7:cart:2": "cancelled"}
    assert "waiting" not in ended.err
    body = '{"error": {"message": "Failed to create subprofile"}}'
    account.sandbox.fault(
        "copernica", "/subprofiles/", "status", method="POST", status=400, body=body, times=1
    )
    account.send(*begin, cart(3, None), **asked)
    assert [one["key"] for one in account.rejects()] == ["7:cart:3"]
    account.send(*begin, cart(3, "given up", LATER), **asked)
    assert account.orders().keys() == {"7:cart:2"}
    account.command("replay", **asked)
    row = account.orders()["7:cart:3"]
    assert (row["order_state"], row["cart_closed"], row["email"]) == (
        "cancelled",
        "given up",
        "p1@example.com",
    )


def cart_line(number: int, closed: str | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {"id": number, "cartId": 1, "closed": closed, "stateAt": NOW, "customerId": 1}
    if closed is None:
        return record("cart_products", **body, state="basket", email="p1@example.com", productTitle="Fern")
    return record("cart_products", **body, state="cancelled")


@pytest.mark.slow
@pytest.mark.parametrize("loses", ["nothing", "the ledger"])
def test_the_lines_of_a_closed_cart_are_closed_with_it_also_by_its_record_alone(
    account: Account, loses: str
) -> None:
    extras = ["carts", "cart_products"]
    asked: dict[str, Any] = {"preset": "seoshop", "extras": extras, "missing_sources": "ignore"}
    begin = [
        customer(1, at=NOW),
        schema("carts", keys=["id"]),
        schema("cart_products", keys=["cartId", "id"]),
    ]
    account.send(*begin, cart(1, None), *map(cart_line, (4, 5, 6)), cart_line(5, "removed"), **asked)
    other = cart_line(7) | {"record": cart_line(7)["record"] | {"cartId": 10}}
    account.send(*begin, cart(10, None), other, **asked)
    if loses == "the ledger":
        account.lose_ledger()
    account.send(*begin, cart(1, "given up"), **asked)
    rows = account.sandbox.content()["SEOshop/CartItems"]
    told = {key: (row["in_cart"], row["cart_closed"], row["title"]) for key, row in rows.items()}
    why = "removed" if loses == "nothing" else "given up"
    assert told == {
        "7:1:4": ("no", "given up", "Fern"),
        "7:1:5": ("no", why, "Fern"),
        "7:1:6": ("no", "given up", "Fern"),
        "7:10:7": ("yes", "", "Fern"),
    }
