"""Windows of time and repairs by hand: what they read, and that no bookmark is wrong after them."""

from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap.conftest import Reader
from tap.imagined import BEGIN, Copy, Shop, link
from tap_seoshop.errors import ApiAwayError, QuotaSpentError, SettingsError
from tap_seoshop.settings import Settings

SELECT = ("customers", "orders", "invoices", "order_products", "customer_summaries")


def a_shop() -> tuple[Shop, list[int]]:
    shop = Shop()
    people = [shop.make("customers") for _ in range(3)]
    orders = [shop.order(person) for person in people for _ in range(2)]
    shop.pass_time(60)
    return shop, orders


def test_records_are_read_again_by_id_and_the_state_stays() -> None:
    (shop, orders), copy = a_shop(), Copy()
    copy.read(shop, SELECT)
    wanted, state = deepcopy(copy.rows), deepcopy(copy.state)
    damaged = orders[3]
    person = shop.held["orders"][damaged]["customer"]["resource"]["id"]
    del copy.rows["orders"][damaged], copy.rows["order_products"][damaged * 10]
    del copy.rows["customer_summaries"][person], copy.rows["customers"][person]
    shop.pass_time(300)
    copy.read(shop, SELECT, reread={"orders": [damaged, damaged], "customers": [person]})
    assert copy.rows == wanted
    assert copy.state == state
    assert copy.written["orders"] == copy.written["order_products"] == 1
    lists = [dict(query) for path, query in shop.asked if path in ("orders", "customers", "invoices")]
    assert all("customer" in query for query in lists)


def test_a_record_that_is_gone_is_reported_and_the_others_are_read(caplog: pytest.LogCaptureFixture) -> None:
    (shop, orders), copy = a_shop(), Copy()
    copy.read(shop, SELECT)
    copy.read(shop, SELECT, reread={"orders": [5, orders[0]]})
    assert dict(copy.written) == {"orders": 1, "order_products": 1, "customer_summaries": 1}
    assert "orders: the shop has no record 5" in caplog.text


@pytest.mark.parametrize(
    ("reread", "words"),
    [
        ({"ordrs": [1]}, "`ordrs`, which is none that can be read by ids"),
        ({"brands": [1]}, "`brands`, which is none"),
        ({"shipments": [1]}, "`shipments`, which is not selected"),
    ],
)
def test_lists_that_cannot_be_read_again_are_named(reread: dict[str, list[int]], words: str) -> None:
    (shop, _), copy = a_shop(), Copy()
    with pytest.raises(SettingsError, match=words):
        copy.read(shop, SELECT, reread=reread)


def test_a_repair_for_which_the_quota_is_too_small_does_not_end_well() -> None:
    (shop, orders), copy = a_shop(), Copy()
    copy.read(shop, SELECT)
    shop.ends_after, shop.ends_with = 2, QuotaSpentError
    with pytest.raises(ApiAwayError, match="run it again"):
        copy.read(shop, SELECT, reread={"orders": orders})


def test_no_state_leaves_a_repair(shop: Any, reader: Reader) -> None:
    number = shop.shop("orders")[0]["id"]
    read = reader(shop, select=("orders", "order_products"), reread={"orders": [number]})
    assert read.ended.code == 0, read.ended.log
    assert read.streams("RECORD").count("orders") == 1
    assert {line["orderId"] for line in read.records("order_products")} == {number}
    assert not read.state


@given(
    st.lists(st.integers(0, 40), max_size=12),
    st.lists(st.one_of(st.none(), st.integers(-5, 40)), max_size=5),
)
def test_windows_in_any_order_lose_nothing(changes: list[int], ends: list[int | None]) -> None:
    """Orders change hour by hour; each run may end its window somewhere, the last one has no end."""
    shop, copy = Shop(), Copy()
    person = shop.make("customers")
    for hour in changes:
        at = (BEGIN + timedelta(hours=hour)).isoformat()
        number = shop.make("orders", customer=link(person), priceIncl=1, status="new", number="1")
        shop.held["orders"][number] |= {"createdAt": at, "updatedAt": at}
    shop.pass_time(50 * 3_600)
    kept: dict[str, Any] = {}
    for end in [*ends, None]:
        until = None if end is None else (BEGIN + timedelta(hours=end)).isoformat()
        had = set(copy.rows.get("orders", {}))
        copy.read(shop, ("orders", "order_products"), end_date=until)
        shop.pass_time(300)
        new = set(copy.rows.get("orders", {})) - had
        assert until is None or all(shop.held["orders"][one]["updatedAt"] <= until for one in new)
        bookmark = copy.state["bookmarks"]["orders"]["replication_key_value"]
        assert bookmark >= kept.get("orders", "")
        kept["orders"] = bookmark
    assert set(copy.rows.get("orders", {})) == set(shop.held["orders"])
    lines = {row["orderId"] for row in copy.rows.get("order_products", {}).values()}
    assert lines == set(shop.held["orders"])


def test_an_end_before_the_start_is_refused() -> None:
    default = {"full_table_interval": 1, "membership_interval": 1, "look_back": 1, "run_interval": 1}
    default |= {"max_run_seconds": 1, "summary_interval": 1, "summaries_full_interval": 1}
    with pytest.raises(SettingsError, match="`end_date` lies before `start_date`"):
        Settings.of({**default, "start_date": "2026-02-01", "end_date": "2026-01-01"})
