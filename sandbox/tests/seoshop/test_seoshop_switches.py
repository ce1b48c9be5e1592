"""What is unknown of the API, under each of its readings; the first of each is the default."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.app import SWITCHES
from sandbox.shop.move import move
from sandbox.shop.resources import LISTED, ORDER_PRODUCTS, ORDERS

from .conftest import NOW, Served
from .test_seoshop_lists import asked, moment
from .test_shop_move import STAMP, record

README = Path(__file__).parents[2] / "README.md"


def choose(served: Served, name: str, choice: str) -> None:
    """Set a switch of the shop's side."""
    served.admin("settings", switches={f"seoshop.{name}": choice})


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda one: one.name)
def test_each_switch_is_explained_and_named_in_the_readme(switch: Any) -> None:
    assert len(switch.choices) > 1
    assert len(switch.meaning.split()) > 3
    choices = ", ".join(f"`{one}`" for one in switch.choices)
    assert f"| `{switch.name}` | {choices} |" in README.read_text("utf-8")


@pytest.mark.parametrize("path", ["returns", "reviews", "subscriptions", "groups", "categories", "brands"])
def test_unproven_filters_of_time_can_work(api: Served, path: str) -> None:
    everyone = api.records(path, limit=250)
    bound = sorted(moment(one["updatedAt"]) for one in everyone)[len(everyone) // 2]
    filters = {"updated_at_min": asked(bound), "limit": 250}
    assert api.records(path, **filters) == everyone
    assert api.get(f"{path}/count", **filters).json() == {"count": len(everyone)}
    choose(api, "unproven_filters", "honoured")
    later = [one for one in everyone if moment(one["updatedAt"]) >= bound]
    assert api.records(path, **filters) == later
    assert api.get(f"{path}/count", **filters).json() == {"count": len(later)}


def test_a_log_is_never_filtered_by_time(api: Served) -> None:
    choose(api, "unproven_filters", "honoured")
    assert api.records("orders/events", created_at_min="2099-01-01") == api.records("orders/events")


@pytest.mark.parametrize("path", ["orders", "orders/count", "groups", "orders/1623550/products"])
def test_an_unknown_parameter_can_be_refused(api: Served, path: str) -> None:
    plain = api.get(path).json()
    assert api.get(path, createdAtMin="2099-01-01").json() == plain
    choose(api, "unknown_filter", "refused")
    assert api.get(path, createdAtMin="2099-01-01").status_code == 400
    assert api.get(path, page=1, limit=50, fields="").json() == plain


@pytest.mark.parametrize("resource", LISTED, ids=lambda one: one.path)
def test_a_known_parameter_is_never_refused(api: Served, resource: Any) -> None:
    choose(api, "unknown_filter", "refused")
    known: dict[str, int | str] = dict.fromkeys(resource.filters, 1)
    known |= {f"{name}_at_min": "2020-01-01" for name in resource.timed}
    known |= {"since_id": 1} if resource.timed else {}
    assert api.get(resource.path, **known).status_code == 200
    assert api.get(f"{resource.path}/count", **known).status_code == 200


@pytest.mark.parametrize("path", ["customers", "products", "groups/customers", "subscriptions", "events"])
def test_lists_can_come_oldest_first_but_orders_do_not(api: Served, path: str) -> None:
    ids = [one["id"] for page in range(1, 20) for one in api.records(path, page=page, limit=250)]
    orders = api.records("orders")
    choose(api, "list_order", "oldest_first")
    assert [one["id"] for one in api.records(path, limit=250)] == ids[::-1][:250]
    assert [one["id"] for one in api.records(path, page=2, limit=10)] == ids[::-1][10:20]
    assert api.records("orders") == orders


def test_since_id_can_turn_a_list(api: Served) -> None:
    ids = [one["id"] for one in api.records("orders", limit=250)]
    assert [one["id"] for one in api.records("orders", since_id=ids[20])] == ids[:20]
    choose(api, "since_id_order", "oldest_first")
    assert [one["id"] for one in api.records("orders", since_id=ids[20])] == ids[:20][::-1]
    assert [one["id"] for one in api.records("orders", since_id=ids[20], limit=5)] == ids[15:20][::-1]
    assert [one["id"] for one in api.records("orders", limit=250)] == ids


def test_page_0_can_be_empty_or_refused(api: Served) -> None:
    assert api.records("brands", page=0) == api.records("brands")
    choose(api, "page_zero", "empty")
    assert api.records("brands", page=0) == []
    choose(api, "page_zero", "refused")
    assert api.get("brands", page=0).status_code == 400
    assert api.records("brands", page=1)


def test_a_list_can_end_behind_its_hundredth_page(api: Served) -> None:
    ids = [one["id"] for one in api.records("orders", limit=250)]
    assert [one["id"] for one in api.records("orders", page=101, limit=1)] == [ids[100]]
    choose(api, "deep_pages", "empty")
    assert [one["id"] for one in api.records("orders", page=100, limit=1)] == [ids[99]]
    assert api.records("orders", page=101, limit=1) == []


def _long_order(served: Served) -> tuple[int, list[dict[str, Any]]]:
    """An order of 60 rows."""
    order = served.records("orders", limit=1)[0]["id"]
    before = len(served.records(f"orders/{order}/products"))
    for _ in range(60 - before):
        served.admin("shop/insert", resource="order_products", body={"orderId": order})
    lines = [line for page in (1, 2) for line in served.records(f"orders/{order}/products", page=page)]
    assert len(lines) == 60
    return order, lines


def test_the_products_of_an_order_can_come_in_one_answer(live: Served) -> None:
    order, lines = _long_order(live)
    choose(live, "nested_pages", "whole")
    for query in ({}, {"page": 2}, {"limit": 10}):
        assert live.records(f"orders/{order}/products", **query) == lines


def test_a_single_order_can_embed_fifty_products_alone(live: Served) -> None:
    order, lines = _long_order(live)

    def embedded() -> Any:
        return live.get(f"orders/{order}").json()["order"]["products"]["resource"]["embedded"]

    assert embedded() == lines
    choose(live, "embedded_lines", "first_50")
    assert embedded() == lines[:50]
    assert live.shop.count(ORDER_PRODUCTS) > 60


def test_the_list_of_orders_can_embed_what_a_single_one_does(api: Served) -> None:
    assert "embedded" not in api.get("orders", limit=5).text
    choose(api, "list_embeds", "orders")
    listed = api.records("orders", limit=5)
    assert listed == [api.get(f"orders/{one['id']}").json()["order"] for one in listed]
    assert "embedded" not in api.get("invoices").text


def test_a_deleted_customers_records_can_name_nobody(live: Served) -> None:
    first, second, *_ = {one["customer"]["resource"]["id"] for one in live.records("orders")}
    live.admin("shop/delete", resource="customers", id=first)
    order = live.records("orders", customer=first)[0]
    assert live.get(order["customer"]["resource"]["url"]).status_code == 404
    choose(live, "deleted_customer", "false")
    of_second = [one["id"] for one in live.records("orders", customer=second)]
    live.admin("shop/delete", resource="customers", id=second)
    assert live.records("orders", customer=second) == live.records("invoices", customer=second) == []
    for identifier in of_second:
        single = live.get(f"orders/{identifier}").json()["order"]
        assert single["customer"] is False
        assert single["shipments"]["resource"]["embedded"][0]["customer"] is False


@pytest.mark.parametrize("choice", ["registered", "guest"])
def test_a_guest_can_be_told_by_the_type(live: Served, choice: str) -> None:
    choose(live, "guest_type", choice)
    (guest,) = live.admin("shop/move", new_guests=1)["changed"]["customers"]
    assert record(live, "customers", guest)["type"] == choice
    (other,) = live.admin("shop/move", new_customers=1)["changed"]["customers"]
    assert record(live, "customers", other)["type"] == "registered"


@pytest.mark.parametrize(
    ("choice", "moved"),
    [("status", {"shipments"}), ("payment", set()), ("all", {"shipments", "credit_notes", "returns"})],
)
def test_what_moves_an_order_can_differ(live: Served, choice: str, moved: set[str]) -> None:
    choose(live, "order_touches", choice)
    (paid,) = live.admin("shop/move", payments=1)["changed"]["orders"]
    assert record(live, "orders", paid)["updatedAt"] == STAMP
    for kind in ("shipments", "credit_notes", "returns"):
        changed = live.admin("shop/move", **{kind: 1})["changed"]
        document = record(live, {"credit_notes": "invoices"}.get(kind, kind), _newest(changed, kind))
        order = document["orderId"] if kind == "returns" else document["order"]["resource"]["id"]
        assert (record(live, "orders", order)["updatedAt"] == STAMP) is (kind in moved), kind


def _newest(changed: dict[str, list[int]], kind: str) -> int:
    return changed[{"credit_notes": "invoices"}.get(kind, kind)][-1]


def test_without_a_reading_a_move_takes_the_likelier_one(live: Served) -> None:
    changed = move(live.shop, NOW, {"new_orders": 1})
    assert changed["variants"]
    assert live.shop.count(ORDERS) == 101


def test_time_can_be_a_text(api: Served) -> None:
    body = api.get("time").json()["time"]
    choose(api, "time_body", "text")
    assert api.get("time").json() == {"time": body["datetime"]}


@pytest.mark.parametrize(
    ("group", "closed"),
    [
        ("customers", ("customers", "groups/customers", "subscriptions/count", "customers/1")),
        ("orders", ("orders", "orders/events", "invoices", "returns", "orders/1623550")),
        ("products", ("products", "variants/movements", "brands", "categories/products")),
        ("settings", ("shop", "languages", "taxes")),
    ],
)
def test_a_key_can_lack_a_group_of_permissions(api: Served, group: str, closed: tuple[str, ...]) -> None:
    choose(api, "lacking_permission", group)
    for path in closed:
        assert (api.get(path).status_code, api.get(path).json()["error"]["code"]) == (403, 403), path
    for path in {"customers", "orders", "products", "shop", "account", "time"} - set(closed):
        assert api.get(path).status_code == 200, path
    reads = {name: one["read"] for name, one in api.get("account/permissions").json().popitem()[1].items()}
    assert [name for name, read in reads.items() if not read] == [group]
    choose(api, "forbidden_body", "message")
    assert list(api.get(closed[0]).json()) == ["message"]


def test_a_429_can_have_no_body(api: Served) -> None:
    api.settings(rate_limits=(1, 1, 1))
    api.get("shop")
    assert api.get("shop").json()["error"]["code"] == 429
    choose(api, "refused_body", "empty")
    answer = api.get("shop")
    assert (answer.status_code, answer.content) == (429, b"")
