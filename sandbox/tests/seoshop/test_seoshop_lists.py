"""Paging, counting, fields and exactly the filters each list has."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .conftest import Served

LISTS = (
    "customers",
    "groups",
    "groups/customers",
    "orders",
    "orders/customstatuses",
    "invoices",
    "shipments",
    "products",
    "variants",
    "brands",
)
TIMED = ("customers", "orders", "invoices", "shipments", "products", "variants")
UNTIMED = tuple(name for name in LISTS if name not in TIMED)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def asked(when: datetime) -> str:
    """A moment as the filters take it, in UTC."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def linked(record: dict[str, Any], name: str) -> Any:
    return record[name]["resource"]["id"]


@pytest.mark.parametrize("path", LISTS)
def test_lists_come_newest_first_and_paged_to_an_empty_page(api: Served, path: str) -> None:
    walked: list[int] = []
    for page in range(1, 100):
        ids = [record["id"] for record in api.records(path, page=page, limit=37)]
        if not ids:
            break
        walked += ids
    assert walked == sorted(set(walked), reverse=True)
    assert {"count": len(walked)} == api.get(f"{path}/count").json()


def test_a_page_holds_50_records_and_at_most_250(api: Served) -> None:
    assert len(api.records("orders")) == 50
    assert len(api.records("orders", limit=1000)) == 250


def test_a_limit_above_250_can_be_refused(api: Served) -> None:
    api.admin("settings", switches={"seoshop.limit_above_250": "refused"})
    assert api.get("orders", limit=251).status_code == 400
    assert api.get("orders", limit=250).status_code == 200


@pytest.mark.parametrize("odd", [{"page": 0}, {"page": "x"}, {"limit": 0}, {"limit": "-3"}, {"limit": "²"}])
def test_odd_paging_is_read_as_the_default(api: Served, odd: dict[str, Any]) -> None:
    assert api.records("orders", **odd) == api.records("orders")


def test_a_page_far_beyond_the_end_is_empty(api: Served) -> None:
    assert api.records("orders", page=10**30) == []


def test_fields_keeps_only_these_keys_in_the_records_order(api: Served) -> None:
    for record in api.records("orders", fields="number,id,nothing"):
        assert list(record) == ["id", "number"]


@pytest.mark.parametrize("path", TIMED)
@pytest.mark.parametrize("field", ["created", "updated"])
def test_time_filters_are_inclusive_and_utc(api: Served, path: str, field: str) -> None:
    key = f"{field}At"
    records = api.every(path)
    bound = sorted(moment(record[key]) for record in records)[len(records) // 2]
    for end, fits in (("min", bound.__le__), ("max", bound.__ge__)):
        filters = {f"{field}_at_{end}": asked(bound)}
        expected = sorted((one["id"] for one in records if fits(moment(one[key]))), reverse=True)
        assert [one["id"] for one in api.records(path, limit=250, **filters)] == expected[:250]
        assert api.get(f"{path}/count", **filters).json() == {"count": len(expected)}


def test_time_filters_can_be_exclusive(api: Served) -> None:
    newest = max(moment(record["updatedAt"]) for record in api.every("orders"))
    assert api.records("orders", updated_at_min=asked(newest))
    api.admin("settings", switches={"seoshop.filter_bound": "exclusive"})
    assert api.records("orders", updated_at_min=asked(newest)) == []


def test_time_filters_can_be_read_in_the_shops_zone(api: Served) -> None:
    newest = max(moment(record["updatedAt"]) for record in api.every("orders"))
    local = newest.strftime("%Y-%m-%d %H:%M:%S")
    assert api.records("orders", updated_at_min=local) == []
    api.admin("settings", switches={"seoshop.filter_zone": "shop"})
    assert api.records("orders", updated_at_min=local)


def test_a_bare_date_is_its_midnight(api: Served) -> None:
    orders = api.records("orders", limit=250, created_at_min="2026-01-01", created_at_max="2026-07-01")
    assert orders
    assert all("2026-01-01T01" <= order["createdAt"] <= "2026-07-01T02" for order in orders)


def test_a_time_that_cannot_be_read_is_refused(api: Served) -> None:
    answer = api.get("orders", updated_at_min="yesterday")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 400)


@pytest.mark.parametrize("path", UNTIMED)
def test_lists_without_time_filters_ignore_them(api: Served, path: str) -> None:
    future = asked(datetime.now(tz=UTC) + timedelta(days=9999))
    assert api.records(path, updated_at_min=future, since_id=10**12) == api.records(path)


def test_an_unknown_filter_is_ignored(api: Served) -> None:
    assert api.records("orders", createdAtMin="2099-01-01", email="x") == api.records("orders")


def test_since_id_leaves_out_that_id_and_does_not_turn_the_order(api: Served) -> None:
    ids = [record["id"] for record in api.records("orders", limit=250)]
    since = ids[20]
    assert [record["id"] for record in api.records("orders", limit=250, since_id=since)] == ids[:20]


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("orders", "customer", lambda record: linked(record, "customer")),
        ("orders", "number", lambda record: record["number"]),
        ("orders", "status", lambda record: record["status"]),
        ("invoices", "customer", lambda record: linked(record, "customer")),
        ("invoices", "order", lambda record: linked(record, "order")),
        ("invoices", "number", lambda record: record["number"]),
        ("shipments", "order", lambda record: linked(record, "order")),
        ("customers", "email", lambda record: record["email"]),
        ("products", "brand", lambda record: linked(record, "brand") if record["brand"] else None),
        ("variants", "product", lambda record: linked(record, "product")),
        ("variants", "sku", lambda record: record["sku"]),
        ("groups/customers", "group", lambda record: linked(record, "group")),
        ("groups/customers", "customer", lambda record: linked(record, "customer")),
    ],
)
def test_filters_find_exactly_the_records_that_fit(api: Served, path: str, name: str, value: Any) -> None:
    everyone = api.every(path.replace("/", "_"))
    wanted = value(everyone[len(everyone) // 2])
    expected = sorted((record["id"] for record in everyone if value(record) == wanted), reverse=True)
    assert [record["id"] for record in api.records(path, limit=250, **{name: wanted})] == expected[:250]
    assert api.get(f"{path}/count", **{name: wanted}).json() == {"count": len(expected)}


def test_a_filter_for_nobody_finds_nothing(api: Served) -> None:
    assert api.records("groups/customers", customer=999) == []
    assert api.get("orders/count", number="' OR 1=1 --").json() == {"count": 0}


def test_an_orders_lines_are_paged_in_their_order(api: Served) -> None:
    lines = api.every("order_products")
    orders = [line["orderId"] for line in lines]
    largest = max(set(orders), key=orders.count)
    expected = [line["id"] for line in lines if line["orderId"] == largest]
    assert len(expected) == 40
    path = f"orders/{largest}/products"
    walked = [line["id"] for page in (1, 2, 3) for line in api.records(path, page=page, limit=15)]
    assert walked == expected
    assert api.get(f"{path}/count").json() == {"count": 40}


def test_links_lead_on_below_the_address_and_language_that_was_asked(api: Served) -> None:
    order = api.raw("/seoshop/de/orders.json", limit=1).json()["orders"][0]
    link = order["products"]["resource"]["link"]
    assert link == f"http://sandbox.test/seoshop/de/orders/{order['id']}/products.json"
    assert api.raw(link.removeprefix("http://sandbox.test")).status_code == 200


def test_stamps_bear_the_offset_of_summer_and_winter(api: Served) -> None:
    for order in api.records("orders", limit=250):
        stamp = order["createdAt"]
        if order["id"] > 219_000_000 and stamp[5:7] in {"05", "06", "07", "08", "12", "01", "02"}:
            summer = stamp[5:7] in {"05", "06", "07", "08"}
            assert stamp.endswith("+02:00" if summer else "+01:00"), stamp
