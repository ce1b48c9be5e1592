"""The shop moves on: each change is whole in itself, and nothing else changes."""

import json
from typing import Any

import pytest

from sandbox.shop import resources

from .conftest import NOW, Served

STAMP = "2026-11-02T10:00:00+01:00"


def snapshot(live: Served) -> dict[tuple[str, int], str]:
    """Every record of the shop, as text."""
    return {(name, record["id"]): json.dumps(record) for name in resources.ALL for record in live.every(name)}


def record(live: Served, name: str, identifier: int) -> dict[str, Any]:
    found = live.shop.get(resources.ALL[name], identifier)
    assert found is not None
    return found


def test_what_a_move_says_is_what_has_changed(live: Served) -> None:
    before = snapshot(live)
    changed = live.admin(
        "shop/move",
        seed=3,
        new_customers=2,
        new_guests=1,
        new_orders=2,
        payments=2,
        shipments=2,
        address_changes=1,
        email_changes=1,
        group_joins=1,
        group_leaves=1,
        credit_notes=1,
        returns=2,
    )["changed"]
    after = snapshot(live)
    told = {(name, identifier) for name in resources.ALL for identifier in changed.get(name, [])}
    told |= {("groups_customers", identifier) for identifier in changed["groups_customers_removed"]}
    assert told == {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert len(changed["customers"]) == 7
    assert len(changed["orders"]) == 7
    for key in told & after.keys():
        body = json.loads(after[key])
        assert body.get("updatedAt") in (STAMP, None), key


def test_a_payment_changes_order_and_invoice(live: Served) -> None:
    changed = live.admin("shop/move", payments=1)["changed"]
    order, invoice = (
        record(live, "orders", *changed["orders"]),
        record(live, "invoices", *changed["invoices"]),
    )
    assert (order["paymentStatus"], order["status"]) == ("paid", "processing_awaiting_shipment")
    assert (invoice["status"], invoice["order"]["resource"]["id"]) == ("paid", order["id"])
    events = live.get(f"orders/{order['id']}").json()["order"]["events"]["resource"]["embedded"]
    assert [(event["type"], event["message"], event["createdAt"]) for event in events[-2:]] == [
        ("invoice", "paid", STAMP),
        ("order", "paid", STAMP),
    ]


def test_a_shipment_changes_order_and_parcel(live: Served) -> None:
    changed = live.admin("shop/move", shipments=1)["changed"]
    order = record(live, "orders", *changed["orders"])
    parcel = record(live, "shipments", changed["shipments"][0])
    assert order["shipmentStatus"] == "shipped"
    assert order["status"] in {"completed_shipped", "completed_picked_up"}
    assert (parcel["status"], parcel["order"]["resource"]["id"]) == ("shipped", order["id"])
    assert parcel["trackingCode"]


def test_a_new_order_is_whole_and_moves_its_customer(live: Served) -> None:
    changed = live.admin("shop/move", new_orders=1)["changed"]
    customer = record(live, "customers", *changed["customers"])
    order = live.get(f"orders/{changed['orders'][0]}").json()["order"]
    assert order["id"] == live.records("orders", limit=1)[0]["id"]
    assert customer["updatedAt"] == customer["lastOnlineAt"] == order["createdAt"] == STAMP
    assert order["email"] == customer["email"]
    assert order["addressBillingStreet"] == customer["addressBillingStreet"]
    for name in ("products", "invoices", "shipments"):
        listed = {"products": "order_products"}.get(name, name)
        embedded = order[name]["resource"]["embedded"]
        assert [part["id"] for part in embedded] == changed[listed], name
        assert embedded
    assert order["quote"]["resource"]["embedded"]["priceIncl"] == order["priceIncl"]


def test_a_guest_is_a_new_customer_with_an_order(live: Served) -> None:
    changed = live.admin("shop/move", new_guests=1)["changed"]
    guest, order = (
        record(live, "customers", *changed["customers"]),
        record(live, "orders", *changed["orders"]),
    )
    assert guest["createdAt"] == order["createdAt"] == STAMP
    assert order["customer"]["resource"]["id"] == guest["id"]
    assert order["isNewCustomer"] is True


def test_a_new_customer_is_the_newest_and_has_no_order(live: Served) -> None:
    (identifier,) = live.admin("shop/move", new_customers=1)["changed"]["customers"]
    assert live.records("customers", limit=1)[0]["id"] == identifier
    assert live.records("orders", customer=identifier) == []


def test_addresses_and_emails_change_on_the_customer_alone(live: Served) -> None:
    before = {customer["id"]: customer for customer in live.every("customers")}
    (moved,) = live.admin("shop/move", address_changes=1)["changed"]["customers"]
    body = live.get(f"customers/{moved}").json()["customer"]
    differing = {key for key, value in body.items() if before[moved][key] != value}
    assert {"addressBillingStreet", "updatedAt"} <= differing
    assert all(key.startswith("addressBilling") or key == "updatedAt" for key in differing)
    (renamed,) = live.admin("shop/move", email_changes=1, seed=9)["changed"]["customers"]
    assert record(live, "customers", renamed)["email"] != before[renamed]["email"]


def test_groups_are_joined_and_left(live: Served) -> None:
    left = live.admin("shop/move", group_leaves=1)["changed"]
    assert live.get(f"groups/customers/{left['groups_customers_removed'][0]}").status_code == 404
    joined = live.admin("shop/move", group_joins=1)["changed"]
    places = live.records("groups/customers", customer=joined["joined_groups"][0])
    assert joined["groups_customers"][0] in {place["id"] for place in places}


def test_a_credit_note_is_made_for_an_invoice_that_has_none(live: Served) -> None:
    first = live.admin("shop/move", credit_notes=1)["changed"]["invoices"]
    original, note = (record(live, "invoices", identifier) for identifier in first)
    assert (note["isCreditNote"], note["invoice"]["resource"]["id"]) == (True, original["id"])
    assert original["creditNote"]["resource"]["id"] == note["id"]
    second = live.admin("shop/move", credit_notes=1)["changed"]["invoices"]
    assert not set(first) & set(second)


@pytest.mark.parametrize(
    "asked", [{"payments": 10_000}, {"holidays": 1}, {"payments": -1}, {"payments": "2"}]
)
def test_a_move_that_cannot_be_made_changes_nothing(live: Served, asked: dict[str, Any]) -> None:
    before = snapshot(live)
    answer = live.http.post("/admin/shop/move", json={"new_orders": 1, **asked})
    assert answer.status_code == 400
    assert next(iter(asked)) in answer.json()["error"] or "no (more)" in answer.json()["error"]
    assert snapshot(live) == before


def test_moves_follow_the_clock_into_summer(live: Served) -> None:
    live.admin("clock", set="2027-07-01T12:00:00Z")
    (identifier,) = live.admin("shop/move", new_orders=1)["changed"]["orders"]
    assert record(live, "orders", identifier)["createdAt"] == "2027-07-01T14:00:00+02:00"
    assert [order["id"] for order in live.records("orders", updated_at_min="2027-07-01 12:00:00")] == [
        identifier
    ]


def test_single_records_are_changed_inserted_and_deleted(live: Served) -> None:
    live.admin("shop/change", resource="customers", id=2178882, fields={"firstname": "Nieuw"})
    customer = live.get("customers/2178882").json()["customer"]
    assert (customer["firstname"], customer["updatedAt"]) == ("Nieuw", STAMP)
    live.admin(
        "shop/change", resource="customers", id=2178882, fields={"updatedAt": "2020-01-01T00:00:00+01:00"}
    )
    assert 2178882 not in {
        body["id"] for body in live.records("customers", updated_at_min="2020-01-01 00:00:00")
    }
    inserted = live.admin("shop/insert", resource="orders", body={"number": "CURATED"})
    assert live.records("orders", number="CURATED")[0]["id"] == inserted["id"]
    assert live.records("orders", updated_at_min=NOW.strftime("%Y-%m-%d %H:%M:%S")) != []
    live.admin(
        "shop/insert", resource="order_products", body={"orderId": inserted["id"], "productTitle": "X"}
    )
    assert [line["productTitle"] for line in live.records(f"orders/{inserted['id']}/products")] == ["X"]
    live.admin("shop/delete", resource="customers", id=2178882)
    assert live.get("customers/2178882").status_code == 404


@pytest.mark.parametrize(
    ("call", "body", "status"),
    [
        ("change", {"resource": "customers", "id": 1, "fields": {}}, 404),
        ("change", {"resource": "customers", "id": 2178882, "fields": {"name": 1}}, 400),
        ("change", {"resource": "people", "id": 1, "fields": {}}, 404),
        ("change", {"resource": "customers"}, 400),
        ("insert", {"resource": "customers", "body": {"id": 2178882}}, 400),
        ("insert", {"resource": "order_products", "body": {}}, 400),
        ("delete", {"resource": "orders", "id": 1}, 404),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_line(
    live: Served, call: str, body: dict[str, Any], status: int
) -> None:
    answer = live.http.post(f"/admin/shop/{call}", json=body)
    assert answer.status_code == status
    assert answer.json()["error"]
