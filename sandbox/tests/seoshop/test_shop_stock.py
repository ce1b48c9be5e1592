"""Movements of stock follow orders, and add up to what a variant says it has."""

from collections import Counter

import pytest

from .conftest import Served
from .test_shop_generate import moment
from .test_shop_move import STAMP, record


def levels(served: Served) -> Counter[int]:
    """What moved of each variant, all in all."""
    moved: Counter[int] = Counter()
    for one in served.every("variant_movements"):
        moved[one["variant"]["resource"]["id"]] += one["stockLevelChange"]
    return moved


def test_what_moved_adds_up_to_the_stock(api: Served) -> None:
    moved = levels(api)
    assert {one["id"]: moved[one["id"]] for one in api.every("variants")} == {
        one["id"]: one["stockLevel"] for one in api.every("variants")
    }


def test_movements_follow_time_and_orders_take_what_they_order(api: Served) -> None:
    movements = [one for one in api.every("variant_movements") if one["id"] > 114_000_000]
    moments = [moment(one["createdAt"]) for one in movements]
    assert moments == sorted(moments)
    for order in [one for one in api.every("orders") if one["id"] > 219_000_000][:40]:
        taken = Counter(
            one["variant"]["resource"]["id"]
            for one in movements
            if one["createdAt"] == order["createdAt"] and one["stockLevelChange"] < 0
        )
        lines = api.records(f"orders/{order['id']}/products", limit=250)
        ordered = Counter(line["variant"]["resource"]["id"] for line in lines if line["variant"])
        assert ordered <= taken
    assert {one["channel"] for one in movements} == {"auto", "manual"}


@pytest.mark.parametrize("name", ["product", "variant"])
def test_products_and_variants_find_their_movements(api: Served, name: str) -> None:
    sold = api.records("variants/movements", limit=1)[0][name]["resource"]["id"]
    path, _, query = api.get(f"{name}s/{sold}").json()[name]["movements"]["resource"]["url"].partition("?")
    assert query == f"{name}={sold}"
    found = api.records(path, limit=250, **{name: sold})
    expected = [one for one in api.every("variant_movements") if one[name]["resource"]["id"] == sold]
    assert found == expected[::-1] != []
    assert api.get(f"{path}/count", **{name: sold}).json() == {"count": len(found)}


def test_a_new_order_takes_from_stock_and_a_return_gives_back(live: Served) -> None:
    changed = live.admin("shop/move", new_orders=3, returns=6)["changed"]
    moved = [record(live, "variant_movements", one) for one in changed["variant_movements"]]
    assert {one["createdAt"] for one in moved} == {STAMP}
    assert {one["stockLevelChange"] > 0 for one in moved} == {True, False}
    assert {one["variant"]["resource"]["id"] for one in moved} == set(changed["variants"])
    found = levels(live)
    for one in live.every("variants"):
        assert found[one["id"]] == one["stockLevel"]


@pytest.mark.parametrize(("choice", "touched"), [("yes", True), ("no", False)])
def test_a_change_of_stock_can_leave_the_stamps_alone(live: Served, choice: str, touched: bool) -> None:  # noqa: FBT001  # a row of the table
    live.admin("settings", switches={"seoshop.stock_touches": choice})
    changed = live.admin("shop/move", new_orders=1)["changed"]
    for variant in (record(live, "variants", one) for one in changed["variants"]):
        assert (variant["updatedAt"] == STAMP) is touched
        product = record(live, "products", variant["product"]["resource"]["id"])
        assert (product["updatedAt"] == STAMP) is touched
    assert ("products" in changed) is touched


def test_stock_that_staff_corrects_leaves_a_movement(live: Served) -> None:
    variant = live.records("variants", limit=1)[0]
    live.admin("shop/change", resource="variants", id=variant["id"], fields={"stockLevel": 999})
    newest = live.records("variants/movements", limit=1)[0]
    assert newest["stockLevelChange"] == 999 - variant["stockLevel"]
    assert newest["variant"]["resource"]["id"] == variant["id"]
    live.admin("shop/change", resource="variants", id=variant["id"], fields={"title": "Rood"})
    assert live.records("variants/movements", limit=1)[0] == newest


def put_back(served: Served, stamp: str) -> Counter[int]:
    """What came back into stock at a moment, by variant."""
    return Counter(
        {
            one["variant"]["resource"]["id"]: one["stockLevelChange"]
            for one in served.every("variant_movements")
            if one["createdAt"] == stamp and one["stockLevelChange"] > 0 and one["id"] > 114_000_000
        }
    )


def test_what_was_cancelled_is_put_back(api: Served) -> None:
    cancelled = [one for one in api.every("orders") if one["status"] == "cancelled"]
    drawn = [one for one in cancelled if one["id"] > 219_000_000]
    assert drawn
    for order in drawn:
        lines = api.records(f"orders/{order['id']}/products", limit=250)
        ordered = {line["variant"]["resource"]["id"] for line in lines if line["variant"]}
        assert ordered <= put_back(api, order["updatedAt"]).keys()


def test_a_return_is_put_back_when_it_says_so(api: Served) -> None:
    returns = api.records("returns", limit=250)
    assert {one["isStockAdjusted"] for one in returns} == {True, False}
    for one in returns:
        assert bool(put_back(api, one["createdAt"])) is one["isStockAdjusted"], one["id"]
