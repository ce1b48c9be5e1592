"""Lists below a record: they fit to it and to one another, and are counted and found one by one."""

from collections import Counter, defaultdict
from itertools import groupby
from typing import Any

import pytest

from sandbox.shop.money import cents
from sandbox.shop.nested import NESTED, Nested

from .conftest import Served
from .test_seoshop_forms import UNSET, example, kind
from .test_seoshop_openapi import check

EXAMPLES = {
    "order_products": "order_product",
    "order_metafields": "order_metafield",
    "customer_metafields": "order_metafield",
    "invoice_items": "invoice_item",
    "shipment_products": "shipment_product",
    "product_attributes": "product_attribute",
    "product_metafields": "product_metafield",
    "product_images": "product_image",
}
PARENTS = {"orders": "orderId", "customers": "customerId", "invoices": "invoiceId", "shipments": "shipmentId"}
PARENTS |= {"products": "productId", "quotes": "quoteId"}


def described(nested: Nested) -> str:
    return "/" + nested.path.replace("{parent}", f"{{{nested.key}}}")


def by_parent(api: Served, nested: Nested) -> dict[int, list[dict[str, Any]]]:
    """What the admin call shows below each record, without the id of that."""
    found = defaultdict(list)
    for record in api.every(nested.name):
        found[record.pop(nested.key)].append(record)
    return found


@pytest.mark.parametrize("nested", NESTED, ids=lambda one: one.name)
def test_each_record_is_listed_counted_and_found_below_its_own(api: Served, nested: Nested) -> None:
    assert nested.key == PARENTS[nested.parent.name]
    below = by_parent(api, nested)
    assert below
    for parent, records in list(below.items())[-25:]:
        path = nested.path.format(parent=parent)
        listed = api.records(path, limit=250)
        assert sorted(listed, key=lambda one: one["id"]) == sorted(records, key=lambda one: one["id"])
        assert api.records(path, limit=1, page=2) == listed[1:2]
        assert api.get(f"{path}/count").json() == {"count": len(listed)}
        assert api.get(f"{path}/{listed[-1]['id']}").json() == {nested.one: listed[-1]}
        check(api, path, f"{described(nested)}.json")
    assert api.get(nested.path.format(parent=1)).status_code == 404
    assert api.get(f"{path}/1").status_code == 404


@pytest.mark.parametrize("nested", [one for one in NESTED if one.name in EXAMPLES], ids=lambda one: one.name)
def test_records_below_have_the_examples_form(api: Served, nested: Nested) -> None:
    known = example(EXAMPLES[nested.name])
    for records in by_parent(api, nested).values():
        for record in records:
            assert list(record) == list(known)
            for key, value in record.items():
                if kind(value) != kind(known[key]) and (key, kind(value)) != ("value", "number"):
                    assert value in UNSET or known[key] in UNSET, (record["id"], key, value)


def test_the_items_of_an_invoice_add_up_to_it(api: Served) -> None:
    invoices = {one["id"]: one for one in api.every("invoices")}
    drawn = {item["invoiceId"] for item in api.every("invoice_items")} & {
        i for i in invoices if i > 90_000_000
    }
    assert drawn == {identifier for identifier in invoices if identifier > 90_000_000}
    found: Counter[tuple[int, str]] = Counter()
    for item in api.every("invoice_items"):
        for tax in ("Excl", "Incl"):
            found[item["invoiceId"], tax] += cents(item[f"price{tax}"])
    assert {types["type"] for types in api.every("invoice_items")} == {
        "product",
        "payment",
        "shipment",
        "discount",
    }
    for identifier in drawn:
        for tax in ("Excl", "Incl"):
            assert found[identifier, tax] == cents(invoices[identifier][f"price{tax}"]), identifier


def test_a_credit_note_has_the_items_of_its_invoice(api: Served) -> None:
    note = next(one for one in api.every("invoices") if one["isCreditNote"] and one["id"] > 90_000_000)
    original = note["invoice"]["resource"]["id"]
    of_note, of_original = (api.records(f"invoices/{one}/items") for one in (note["id"], original))
    assert [{**one, "id": 0} for one in of_note] == [{**one, "id": 0} for one in of_original]
    assert {one["id"] for one in of_note}.isdisjoint(one["id"] for one in of_original)


def test_parcels_hold_what_the_orders_rows_say_is_shipped(api: Served) -> None:
    orders = {one["id"]: one["order"]["resource"]["id"] for one in api.every("shipments")}
    packed: Counter[int] = Counter()
    for one in api.every("shipment_products"):
        packed[orders[one["shipmentId"]]] += one["quantity"]
    lines = sorted(api.every("order_products"), key=lambda line: line["orderId"])
    for order, of_order in groupby(lines, key=lambda line: line["orderId"]):
        if order in orders.values():
            assert packed[order] == sum(line["quantityShipped"] for line in of_order)
    parcels = Counter(orders.values())
    shared = [order for order, count in parcels.items() if count > 1]
    filled = Counter(orders[one] for one in {one["shipmentId"] for one in api.every("shipment_products")})
    assert any(filled[order] > 1 for order in shared)


def test_a_cart_that_was_left_holds_what_it_is_worth_and_one_that_became_an_order_its_rows(
    api: Served,
) -> None:
    orders = {one["quote"]["resource"]["id"]: one["id"] for one in api.records("orders", limit=30)}
    newest = [one for one in api.every("quotes") if one["id"] >= min(orders)]
    assert len(newest) > len(orders)
    for cart in newest:
        held = api.records(f"quotes/{cart['id']}/products")
        assert sum(one["quantity"] for one in held) == cart["productsQuantity"]
        if order := orders.get(cart["id"]):
            assert [one["id"] for one in held] == [
                one["id"] for one in api.records(f"orders/{order}/products")
            ]
        else:
            assert sum(cents(one["priceIncl"]) for one in held) == cents(cart["priceIncl"])


def test_an_order_embeds_its_metafields(api: Served) -> None:
    (order, fields), *_ = by_parent(api, NESTED[1]).items()
    embedded = api.get(f"orders/{order}").json()["order"]["metafields"]["resource"]["embedded"]
    assert embedded == fields
    assert {kind(one["value"]) for one in api.every("order_metafields")} == {"text", "number"}


def test_a_product_without_pictures_lists_none_and_the_first_is_the_records_own(api: Served) -> None:
    counts = set()
    for product in api.records("products", limit=250):
        pictures = api.records(f"products/{product['id']}/images")
        counts.add(len(pictures))
        assert [one["sortOrder"] for one in pictures] == list(range(1, len(pictures) + 1))
        assert bool(pictures) == bool(product["images"])
        if product["image"]:
            assert {name: pictures[0][name] for name in product["image"]} == product["image"]
    assert {0, 1, 2} <= counts


def test_an_attribute_has_the_same_id_on_many_products(api: Served) -> None:
    every = api.every("product_attributes")
    counted = Counter(one["id"] for one in every)
    assert max(counted.values()) > 1
    assert {kind(one["attribute"]["defaultValue"]) for one in every} == {"null", "text"}


def test_what_hangs_on_a_new_order_is_there_at_once(live: Served) -> None:
    changed = live.admin("shop/move", new_orders=3)["changed"]
    for invoice in changed["invoices"]:
        rows = [one for one in live.records(f"invoices/{invoice}/items") if one["type"] == "product"]
        assert {one["orderProductId"] for one in rows} <= set(changed["order_products"])
        assert rows
    for shipment in changed["shipments"]:
        assert live.records(f"shipments/{shipment}/products")


@pytest.mark.parametrize("kind", ["order", "customer", "product"])
def test_a_metafield_can_be_added_changed_and_removed(live: Served, kind: str) -> None:
    name, owner = f"{kind}_metafields", live.records(f"{kind}s", limit=1)[0]["id"]
    path = f"{kind}s/{owner}/metafields"
    body = {f"{kind}Id": owner, "key": "colour", "value": 7}
    made = live.admin("shop/insert", resource=name, body=body)
    assert live.records(path)[0]["value"] == 7
    live.admin("shop/change", resource=name, id=made["id"], fields={"value": "red"})
    assert live.records(path)[0]["value"] == "red"
    live.admin("shop/delete", resource=name, id=made["id"])
    assert made["id"] not in {one["id"] for one in live.records(path)}
    answer = live.http.post("/admin/shop/insert", json={"resource": name, "body": {}})
    assert (answer.status_code, f"{kind}Id" in answer.text) == (400, True)
