"""The log of what happened to orders, invoices and shipments, under both of its paths."""

import json
from datetime import datetime

import pytest

from sandbox.shop.timeline import Timeline

from .conftest import Served


def test_the_log_follows_time_and_names_what_is_there(api: Served) -> None:
    known = {name: {one["id"] for one in api.every(name)} for name in ("orders", "invoices", "shipments")}
    drawn = [one for one in api.every("order_events") if one["order"]["resource"]["id"] > 219_000_000]
    moments = [datetime.fromisoformat(one["createdAt"]) for one in drawn]
    assert moments == sorted(moments)
    assert {one["message"] for one in drawn} >= {"new", "paid", "shipped"}
    for one in drawn:
        for name in ("order", "invoice", "shipment"):
            assert one[name] is False or one[name]["resource"]["id"] in known[f"{name}s"]


def test_both_paths_show_the_same_log(api: Served) -> None:
    assert api.records("events", limit=20) == api.records("orders/events", limit=20)
    order = api.records("orders")[0]["id"]
    assert api.records("events", order=order) == api.records("events")


@pytest.mark.parametrize("name", ["order", "invoice", "shipment"])
def test_an_order_an_invoice_or_a_shipment_finds_its_events(api: Served, name: str) -> None:
    record = api.every(f"{name}s")[30]
    path, _, query = record["events"]["resource"]["url"].partition("?")
    assert query == f"{name}={record['id']}"
    found = api.records(path, **{name: record["id"]})
    expected = [one for one in api.every("order_events") if one[name] and _id(one[name]) == record["id"]]
    assert found == expected[::-1] != []
    assert api.get(f"{path}/count", **{name: record["id"]}).json() == {"count": len(found)}


def test_a_single_order_embeds_what_the_log_says_of_it(api: Served) -> None:
    order = api.get("orders/1623550").json()["order"]
    listed = api.records("orders/events", order=1623550)
    assert order["events"]["resource"]["embedded"] == listed[::-1] != []


def test_the_key_of_a_single_event_can_be_either(api: Served) -> None:
    newest = api.records("orders/events", limit=1)[0]
    assert api.get(f"orders/events/{newest['id']}").json() == {"ordersEvent": newest}
    api.admin("settings", switches={"seoshop.single_event_key": "orderEvent"})
    assert api.get(f"orders/events/{newest['id']}").json() == {"orderEvent": newest}
    assert api.get(f"events/{newest['id']}").json() == {"event": newest}


def test_events_can_be_added_changed_and_removed(live: Served) -> None:
    made = live.admin("shop/insert", resource="order_events", body={"comment": "called"})
    assert live.records("events", limit=1) == [json.loads(json.dumps(made).replace(HOST, BASE))]
    live.admin("shop/change", resource="order_events", id=made["id"], fields={"type": "notification"})
    assert live.records("events", limit=1)[0]["type"] == "notification"
    live.admin("shop/delete", resource="order_events", id=made["id"])
    assert live.get(f"events/{made['id']}").status_code == 404


def test_a_credit_note_is_logged(live: Served) -> None:
    changed = live.admin("shop/move", credit_notes=1)["changed"]
    (event,) = (live.get(f"events/{one}").json()["event"] for one in changed["order_events"])
    assert (event["type"], event["message"]) == ("invoice", "new")
    assert live.get(f"invoices/{_id(event['invoice'])}").json()["invoice"]["isCreditNote"] is True


def test_a_timeline_hands_on_no_sooner_than_it_may() -> None:
    line: Timeline[str] = Timeline()
    for at, name in ((3, "c"), (1, "a"), (2, "b"), (1, "a2")):
        line.add(at, name)
    assert list(line.until(3)) == ["a", "a2", "b"]
    line.add(2, "late")
    assert list(line.until()) == ["late", "c"]


HOST, BASE = "https://api.webshopapp.com/nl/", "http://sandbox.test/seoshop/nl/"


def _id(link: dict[str, dict[str, int]]) -> int:
    return link["resource"]["id"]
