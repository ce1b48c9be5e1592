"""The records of each stream against what the shop holds, field by field and not by the tap's own code."""

import json
from collections import Counter

import pytest

from support.sandbox import Sandbox
from tap.compared import PRIVATE, RESOURCES, by_id, link, told_otherwise
from tap.conftest import Read, Reader, catalog_of
from tap_seoshop.streams import STREAMS
from tap_seoshop.streams.base import FullTableStream


@pytest.mark.parametrize("stream", RESOURCES)
def test_every_record_of_the_shop_arrives_once_and_with_every_field(
    stream: str, shop: Sandbox, first: Read
) -> None:
    held, got = by_id(shop.shop(RESOURCES[stream])), by_id(first.records(stream))
    # An order that came back is told again, when its lines were read.
    again = [one for one in first.records(stream) if one.get("orderState") == "returned"]
    assert len(got) == len(first.records(stream)) - len(again) > 0
    assert set(got) == set(held)
    for number, raw in held.items():
        assert got[number]["shopId"] == 300001
        assert told_otherwise(raw, got[number], PRIVATE.get(stream, set())) == []


def test_zero_stays_zero(first: Read) -> None:
    assert any(record["oldPriceIncl"] == 0 for record in first.records("variants"))
    assert all(record["quantityReturned"] is not None for record in first.records("order_products"))


def test_lines_name_their_parent(shop: Sandbox, first: Read) -> None:
    orders = by_id(first.records("orders"))
    places: dict[int, list[int]] = {}
    for line in first.records("order_products"):
        order = orders[line["orderId"]]
        assert line["customerId"] == order["customerId"]
        assert line["orderNumber"] == order["number"]
        assert line["orderCreatedAt"] == order["createdAt"]
        assert line["orderUpdatedAt"] == order["updatedAt"]
        assert [line[name] for name in ("email", "firstname", "lastname")] == [
            order[name] for name in ("email", "firstname", "lastname")
        ]
        places.setdefault(line["orderId"], []).append(line["position"])
    assert all(found == list(range(1, len(found) + 1)) for found in places.values())
    held = {line["id"]: line["orderId"] for line in shop.shop("order_products")}
    assert {line["id"]: line["orderId"] for line in first.records("order_products")} == held


def test_titles_are_added(shop: Sandbox, first: Read) -> None:
    brands = {one["id"]: one["title"] for one in shop.shop("brands")}
    statuses = {one["id"]: one["title"] for one in shop.shop("customstatuses")}
    for product in first.records("products"):
        assert product["brandTitle"] == brands.get(product["brandId"])
    for order in first.records("orders"):
        assert order["customStatusTitle"] == statuses.get(order["customStatusId"])
    assert any(product["brandTitle"] for product in first.records("products"))
    assert any(order["customStatusTitle"] for order in first.records("orders"))


def test_group_sets_hold_all_groups_of_a_customer(shop: Sandbox, first: Read) -> None:
    titles = {one["id"]: one["title"] for one in shop.shop("groups")}
    wanted: dict[int, set[int]] = {}
    for pair in shop.shop("groups_customers"):
        wanted.setdefault(link(pair["customer"]), set()).add(link(pair["group"]))
    got = {one["customerId"]: one for one in first.records("customer_group_sets")}
    assert {customer: set(one["groupIds"]) for customer, one in got.items()} == wanted
    for one in got.values():
        assert one["groupTitles"] == [titles[group] for group in one["groupIds"]]


def test_the_shop_itself(first: Read) -> None:
    (record,) = first.records("shop")
    assert record["id"] == record["shopId"] == 300001
    assert record["currency"]["shortcode"] == "EUR"


def test_full_lists_end_with_their_version_and_only_they(first: Read) -> None:
    full = {stream.name for stream in STREAMS if issubclass(stream, FullTableStream)}
    assert Counter(first.streams("ACTIVATE_VERSION")) == dict.fromkeys(full, 1)
    for stream in full:
        places = [
            (place, message)
            for place, message in enumerate(first.messages)
            if message.get("stream") == stream and message["type"] in ("RECORD", "ACTIVATE_VERSION")
        ]
        last = places[-1][1]
        assert last["type"] == "ACTIVATE_VERSION"
        assert {message["version"] for _, message in places} == {last["version"]}
    assert all(
        "version" not in message
        for message in first.messages
        if message["type"] == "RECORD" and message["stream"] not in full
    )


def test_no_request_is_sent_twice(reader: Reader, moving: Sandbox) -> None:
    reader(moving)
    asked = Counter((one["path"], one["query"]) for one in moving.requests())
    assert {request: count for request, count in asked.items() if count > 1} == {}


def test_stream_maps_rename_filter_and_hide(shop: Sandbox, reader: Reader) -> None:
    maps = {
        "customers": {"__alias__": "people", "email": "md5(record['email'])"},
        "orders": {"__filter__": "record['status'] == 'cancelled'"},
        "brands": "__NULL__",
    }
    read = reader(shop, select=("customers", "orders", "brands"), stream_maps=maps)
    assert read.ended.code == 0, read.ended.log
    assert set(read.streams("SCHEMA")) == {"people", "orders"}
    assert len(read.records("people")) == len(shop.shop("customers"))
    assert not any("@" in one["email"] for one in read.records("people"))
    assert {one["status"] for one in read.records("orders")} == {"cancelled"}
    assert "brands" not in read.streams("RECORD") + read.streams("ACTIVATE_VERSION")


def test_private_fields_come_when_they_are_selected(
    shop: Sandbox, reader: Reader, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("private")
    catalog = catalog_of(("customers",))
    for entry in catalog["streams"]:
        for one in entry["metadata"]:
            if one["breadcrumb"] == ["properties", "remoteIp"]:
                one["metadata"]["selected"] = True
            if one["breadcrumb"] == ["properties", "lastname"]:
                one["metadata"]["selected"] = False
            if one["breadcrumb"] == ["properties", "language", "properties", "locale"]:
                one["metadata"]["selected"] = False
    (folder / "catalog.json").write_text(json.dumps(catalog))
    read = reader(shop, arguments=("--catalog", str(folder / "catalog.json")))
    records = read.records("customers")
    assert any(record["remoteIp"] for record in records)
    assert all("lastname" not in record for record in records)
    assert any(record["language"] for record in records)
    assert all("locale" not in (record["language"] or {}) for record in records)
