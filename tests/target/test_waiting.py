"""What may not create waits for what it belongs to, in the right version, and not for ever."""

from typing import Any

from support.account import Account
from support.singer import LONG_AGO, customer, order, record, state

NOW = "2026-11-02T09:20:00Z"


def shipment(number: int, order_number: int = 11, **fields: Any) -> dict[str, Any]:
    more = {"createdAt": LONG_AGO, "updatedAt": LONG_AGO, "status": "shipped", **fields}
    return record("shipments", id=number, orderId=order_number, customerId=1, **more)


def test_an_older_version_never_replaces_a_newer_one_that_waits(account: Account) -> None:
    account.send(customer(1), shipment(6, trackingCode="new"))
    account.send(shipment(5, trackingCode="old"))
    account.send(order(11, 1), shipment(5, trackingCode="old"))
    assert account.orders()["7:11"]["tracking_code"] == "new"


def test_nor_when_both_wait_in_one_run(account: Account) -> None:
    others = [shipment(100 + number, 100 + number) for number in range(5)]
    newer, older = shipment(6, trackingCode="new"), shipment(5, trackingCode="old")
    account.send(customer(1), newer, *others, older, batch_size_rows=5)
    account.send(order(11, 1))
    assert account.orders()["7:11"]["tracking_code"] == "new"


def test_in_a_lost_ledger_what_may_not_create_finds_what_is_there(account: Account) -> None:
    account.send(customer(1), order(11, 1))
    account.lose_ledger()
    summary = record("customer_summaries", customerId=1, orderCount=3)
    ended = account.send(shipment(6, trackingCode="T"), summary, state(n=1))
    assert account.orders()["7:11"]["tracking_code"] == "T"
    assert account.people()["7:1"]["order_count"] == "3"
    assert ended.lines() == [{"n": 1}]


def test_what_waited_beside_a_known_thing_is_taken_back(account: Account) -> None:
    account.send(customer(1), order(11, 1))
    kept = (account.folder / "state" / "ledger.sqlite").read_bytes()
    account.send(customer(2), order(12, 2))
    (account.folder / "state" / "ledger.sqlite").write_bytes(kept)  # a backup: it knows nothing of 2 and 12
    account.send(shipment(6, 12, trackingCode="T"))
    assert account.orders()["7:12"]["tracking_code"] == "T"


def test_in_a_lost_ledger_subprofiles_keep_their_people(account: Account) -> None:
    product = record("products", id=1, title="t", createdAt=LONG_AGO, updatedAt=LONG_AGO)

    def variant(number: int, **fields: Any) -> dict[str, Any]:
        more = {"title": "v", "createdAt": LONG_AGO, "updatedAt": LONG_AGO, **fields}
        return record("variants", id=number, productId=1, **more)

    account.send(product, variant(2, stockLevel=1))
    account.lose_ledger()
    later = "2020-01-01T00:00:00Z"
    account.send(variant(2, updatedAt=later, stockLevel=5), variant(3, updatedAt=later, stockLevel=9))
    found = account.sandbox.content()["SEOshop_products/Variants"]
    assert {key: row["stock"] for key, row in found.items()} == {"7:2": "5", "7:3": "9"}
    assert account.rejects() == []


def test_what_waited_for_a_field_that_is_gone_loses_that_field(account: Account) -> None:
    account.send(customer(1), shipment(6, trackingCode="T"))
    orders = account.sandbox.databases()["SEOshop"]["collections"]
    number = next(one["id"] for one in orders if one["name"] == "Orders")
    account.sandbox.remove_field(number, "tracking_code", of="collections")
    without = {"streams": {"shipments": {"fields": {"tracking_code": None}}}}
    account.send(order(11, 1), mapping=without)
    assert "tracking_code" not in account.orders()["7:11"]
    assert account.orders()["7:11"]["shipped_at"] == "2019-08-21 19:15:00"
    assert [one["field"] for one in account.rejects()] == ["tracking_code"]


def test_a_removed_person_is_not_brought_back_by_a_guest_order(account: Account) -> None:
    account.send(customer(1))
    account.sandbox.remove_profile(int(account.sandbox.profiles("SEOshop")[0]["ID"]))
    account.send(order(11, None, email="person1@example.com"), state(n=1))  # an import would bring her back
    ended = account.send(order(12, None, email="person1@example.com"), state(n=2))
    assert account.people() == {}
    assert ended.lines() == [{"n": 2}]
    assert "1 removed" in ended.err


def test_who_shared_an_address_with_a_removed_person_has_it_alone(account: Account) -> None:
    account.send(customer(1, email="both@example.com"), customer(2, email="both@example.com"))
    gone = next(one for one in account.sandbox.profiles("SEOshop") if one["fields"]["external_key"] == "7:1")
    account.sandbox.remove_profile(int(gone["ID"]))
    account.send(customer(1, updated=NOW, firstname="New", email="both@example.com"), order(11, 1))
    assert {key: one["shared_email"] for key, one in account.people().items()} == {"7:2": ""}


def test_a_record_without_a_version_does_not_open_the_door_to_older_ones(account: Account) -> None:
    account.send(customer(1, updated=NOW, firstname="New"))
    account.send(customer(1, updated="unknown", firstname="Unversioned"))
    account.send(customer(1, updated=LONG_AGO, firstname="Old"))
    assert account.people()["7:1"]["firstname"] == "Unversioned"
