"""What really arrives in Copernica, by which route, with how many calls."""

import json
import stat

import pytest

from support.account import Account
from support.singer import LONG_AGO, complete, customer, order, order_row, record, state

NOW = "2026-11-02T09:20:00Z"  # after the start of every sandbox here
LATER = "2026-11-02T09:21:00Z"


def begin(account: Account) -> int:
    """A first load of one customer with one order; the number of the last request."""
    account.send(customer(1), order(11, 1))
    return account.sandbox.last()


def test_a_first_load_arrives_and_mails_nobody(account: Account) -> None:
    ended = account.send(customer(1), order(11, 1), order_row(21, 11, 1), state(bookmark=1))
    assert ended.lines() == [{"bookmark": 1}]
    assert account.people()["7:1"]["firstname"] == "Zoë"
    assert account.orders()["7:11"]["total"] == "12.5"
    assert account.sandbox.content()["SEOshop/OrderItems"]["7:21"]["title"] == "Sample plant"
    assert account.mailed() == []
    assert len(account.sandbox.followups()) == 3


def test_the_same_again_writes_nothing_and_reads_twice(account: Account) -> None:
    before = begin(account)
    ended = account.send(customer(1), order(11, 1), state(bookmark=2))
    assert account.calls(before) == ["GET database/N", "GET database/N"]
    assert ended.lines() == [{"bookmark": 2}]


def test_a_live_person_with_an_order_costs_its_own_calls(account: Account) -> None:
    before = begin(account)
    account.send(customer(2, at=NOW), order(12, 2, at=NOW), order_row(22, 12, 2, at=NOW))
    assert account.calls(before) == [
        "GET database/N", "GET database/N",
        "GET database/N/profiles", "POST database/N/profiles",
        "GET collection/N/subprofiles", "POST profile/N/subprofiles/N",
        "GET collection/N/subprofiles", "POST profile/N/subprofiles/N",
    ]  # fmt: skip
    assert account.mailed() == ["profile created", "subprofile created", "subprofile created"]


def test_a_live_change_is_one_call_by_id(account: Account) -> None:
    before = begin(account)
    account.send(order(11, 1, updated=NOW, paymentStatus="paid"))
    assert account.calls(before) == ["GET database/N", "GET database/N", "PUT subprofile/N/fields"]
    assert account.mailed() == ["subprofile changed"]
    assert account.orders()["7:11"]["payment_status"] == "paid"


def test_an_old_customer_who_is_updated_while_the_first_load_reads_is_history(account: Account) -> None:
    account.send(customer(1, updated=NOW, firstname="New"))
    assert account.people()["7:1"]["firstname"] == "New"
    assert account.mailed() == []


def test_something_new_that_comes_after_the_window_is_history(account: Account) -> None:
    begin(account)
    account.sandbox.clock(advance=2 * 86400)
    account.send(customer(2, at=NOW))
    assert "7:2" in account.people()
    assert account.mailed() == []


def test_an_older_version_never_overwrites_a_newer_one(account: Account) -> None:
    account.send(customer(1, updated=NOW, firstname="New"))
    ended = account.send(customer(1, updated=LONG_AGO, firstname="Old"))
    assert account.people()["7:1"]["firstname"] == "New"
    assert "1 stale" in ended.err


def test_the_last_of_two_records_of_one_key_wins_in_a_batch(account: Account) -> None:
    account.send(customer(1, firstname="First"), customer(1, updated=NOW, firstname="Second"))
    assert account.people()["7:1"]["firstname"] == "Second"


def test_a_change_and_back_again_in_one_batch(account: Account) -> None:
    account.send(customer(1))
    account.send(customer(1, updated=NOW, firstname="Other"), customer(1, updated=LATER))
    assert account.people()["7:1"]["firstname"] == "Zoë"


def test_streams_of_one_profile_make_one_write_and_leave_each_others_fields(account: Account) -> None:
    before = begin(account)
    account.send(
        customer(1, updated=NOW, firstname="New"),
        record("customer_summaries", customerId=1, orderCount=3, grossTotal=99.95, lastOrderAt=NOW),
    )
    assert account.calls(before)[2:] == ["PUT profile/N"]
    assert (account.people()["7:1"]["firstname"], account.people()["7:1"]["order_count"]) == ("New", "3")
    account.send(customer(1, updated=LATER, firstname="Newer"))
    assert account.people()["7:1"]["order_count"] == "3"


def test_an_order_before_its_customer_makes_the_person_who_is_filled_later(account: Account) -> None:
    account.send(order(11, 1))
    assert account.people()["7:1"]["email"] == "person1@example.com"
    account.send(customer(1, phone="123"))
    assert account.people()["7:1"]["phone"] == "123"
    assert list(account.people()) == ["7:1"]


def test_order_and_customer_in_any_order_give_the_same(account: Account) -> None:
    account.send(order_row(21, 11, 1), order(11, 1), customer(1, firstname="Own"))
    assert account.people()["7:1"]["firstname"] == "Own"
    assert list(account.people()) == ["7:1"]


def test_orders_of_nobody_find_the_one_person_with_that_address(account: Account) -> None:
    account.send(customer(1))
    account.send(order(11, None, email="Person1@Example.com"), order(12, None, email="x@example.com"))
    account.send(order(13, None, email="x@example.com"), order(14, None, email=None))
    keys = list(account.people())
    assert keys[0] == "7:1"
    assert [key.rsplit(":", 1)[0] for key in keys[1:]] == ["7:mail", "7:order"]
    by_profile = {row["fields"]["order_id"]: row["profile"] for row in account.sandbox.subprofiles("Orders")}
    assert by_profile["12"] == by_profile["13"] != by_profile["11"]


def test_a_fragment_that_may_not_create_waits_for_what_it_belongs_to(account: Account) -> None:
    account.send(
        record(
            "shipments",
            id=5,
            orderId=11,
            customerId=1,
            trackingCode="3S",
            status="shipped",
            updatedAt=LONG_AGO,
        ),
        record("customer_summaries", customerId=1, orderCount=1),
        state(bookmark=1),
    )
    assert account.people() == {}
    account.send(customer(1), order(11, 1))
    assert account.orders()["7:11"]["tracking_code"] == "3S"
    assert account.people()["7:1"]["order_count"] == "1"


def test_the_newest_shipment_counts(account: Account) -> None:
    begin(account)
    newest = {"orderId": 11, "customerId": 1, "status": "shipped", "updatedAt": NOW}
    account.send(
        record("shipments", id=6, trackingCode="new", **newest),
        record("shipments", id=5, trackingCode="old", **newest),
    )
    assert account.orders()["7:11"]["tracking_code"] == "new"
    assert account.orders()["7:11"]["shipped_at"] == "2026-11-02 10:20:00"


def test_who_left_the_last_group_is_emptied_by_a_complete_list_only(account: Account) -> None:
    group = record("customer_group_sets", customerId=1, groupTitles=["Dealers", "VIP"])
    account.send(customer(1), customer(2), group, complete("customer_group_sets"))
    assert account.people()["7:1"]["customer_groups"] == "Dealers, VIP"
    account.send(customer(2))  # the list is not due: nothing of it comes
    assert account.people()["7:1"]["customer_groups"] == "Dealers, VIP"
    account.send(
        record("customer_group_sets", customerId=2, groupTitles=["VIP"]), complete("customer_group_sets")
    )
    assert account.people()["7:1"]["customer_groups"] == ""
    assert account.people()["7:2"]["customer_groups"] == "VIP"
    assert account.mailed() == []


def test_a_lost_ledger_is_rebuilt_without_doubles(account: Account) -> None:
    begin(account)
    (account.folder / "state" / "ledger.sqlite").unlink()
    account.send(customer(1), order(11, 1), customer(2))
    assert sorted(account.people()) == ["7:1", "7:2"]
    assert list(account.orders()) == ["7:11"]
    assert account.mailed() == []


def test_a_removed_person_is_not_made_anew(account: Account) -> None:
    begin(account)
    account.sandbox.remove_profile(int(account.sandbox.profiles("SEOshop")[0]["ID"]))
    account.send(order(12, 1))  # history goes by import, which would bring the person back
    account.send(customer(1, updated=NOW, firstname="New"))
    assert account.people() == {}


def test_bad_values_leave_their_field_out_and_a_bad_address_empties_it(account: Account) -> None:
    account.send(customer(1, birthDate="1980-09-03"))
    account.send(customer(1, updated=NOW, birthDate="30/02/1980", email="nobody", phone="9" * 99))
    person = account.people()["7:1"]
    assert (person["birthdate"], person["email"], person["phone"]) == ("1980-09-03", "", "")
    rejects = account.folder / "state" / "rejects.jsonl"
    told = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert {(one["kind"], one["field"]) for one in told} == {
        ("field", "birthdate"),
        ("field", "email"),
        ("field", "phone"),
    }
    assert stat.S_IMODE(rejects.stat().st_mode) == 0o600


def test_a_record_without_a_key_goes_to_the_rejects_and_the_rest_arrives(account: Account) -> None:
    ended = account.send(customer(1), customer(None), state(bookmark=1))  # type: ignore[arg-type] # that is the point
    assert ended.lines() == [{"bookmark": 1}]
    assert list(account.people()) == ["7:1"]
    (reject,) = [
        json.loads(line) for line in (account.folder / "state" / "rejects.jsonl").read_text().splitlines()
    ]
    assert (reject["stream"], reject["reason"]) == ("customers", "a key property is empty")


def test_too_many_rejects_end_the_run_and_hold_the_state(account: Account) -> None:
    ended = account.send(customer(None), customer(None), state(n=1), max_rejects=1, check=False)  # type: ignore[arg-type]
    assert ended.code == 5
    assert ended.lines() == []
    assert "max_rejects" in ended.err


def test_rows_with_an_absent_property_do_not_blank_it(account: Account) -> None:
    account.send(customer(1, phone="123"), customer(2, phone="456"))
    without = customer(1, updated="2020-01-01T00:00:00Z")
    account.send(without, customer(2, updated="2020-01-01T00:00:00Z", phone="789"))
    assert (account.people()["7:1"]["phone"], account.people()["7:2"]["phone"]) == ("123", "789")


def test_lite_has_its_fields_and_those_of_consent(account: Account) -> None:
    account.send(customer(1), order(11, 1), preset="seoshop-lite")
    database = account.sandbox.databases()
    assert list(database) == ["SEOshop"]
    assert database["SEOshop"]["collections"] == []
    assert set(account.people()["7:1"]) == {
        "external_key",
        "seoshop_id",
        "firstname",
        "lastname",
        "email",
        "registered_at",
        "newsletter",
        "newsletter_since",
    }


def test_any_stream_without_a_mapping_becomes_a_database(account: Account) -> None:
    properties = {
        "code": {"type": "string"},
        "price": {"type": ["null", "number"]},
        "on": {"type": "boolean"},
        "tags": {"type": "array"},
        "email": {"type": "string"},
    }
    schema = {
        "type": "SCHEMA",
        "stream": "price list",
        "schema": {"type": "object", "properties": properties},
        "key_properties": ["code"],
    }
    row = {"code": "A-1", "price": 2.5, "on": True, "tags": ["x"], "email": "a@example.com"}
    account.send(schema, {"type": "RECORD", "stream": "price list", "record": row}, preset=None)
    (found,) = account.people("price_list").values()
    assert found == {
        "external_key": ".41-1",
        "f_code": "A-1",
        "price": "2.5",
        "on": "yes",
        "tags": '["x"]',
        "email": "a@example.com",
    }


@pytest.mark.parametrize("batch", [1, 3])
def test_small_imports_account_for_every_row(account: Account, batch: int) -> None:
    account.send(*[customer(number) for number in range(1, 8)], batch_size_rows=batch)
    assert sorted(account.people()) == [f"7:{number}" for number in range(1, 8)]
    assert account.mailed() == []


def test_two_people_with_one_address_are_both_marked_as_long_as_they_share_it(account: Account) -> None:
    account.send(customer(1, email="Both@example.com"), customer(2, email="both@example.com"), customer(3))
    marks = {key: fields["shared_email"] for key, fields in account.people().items()}
    assert marks == {"7:1": "yes", "7:2": "yes", "7:3": ""}
    account.send(customer(2, updated=NOW, email="person3@example.com"))
    marks = {key: fields["shared_email"] for key, fields in account.people().items()}
    assert marks == {"7:1": "", "7:2": "yes", "7:3": "yes"}
    assert account.mailed() == ["profile changed"]  # the change of address, and none of the marks


def test_marks_of_shared_addresses_cost_nothing_where_nothing_is_shared(account: Account) -> None:
    account.send(customer(1), order(11, 1), consent="off")
    before = account.sandbox.last()
    account.send(customer(1, updated=NOW, email="new@example.com"), consent="off")
    assert account.calls(before)[2:] == ["PUT profile/N"]


def test_a_live_order_or_shipment_does_not_make_old_things_live_in_a_first_load(account: Account) -> None:
    moved = {"customerId": 1, "status": "shipped", "createdAt": NOW, "updatedAt": NOW}
    account.send(
        customer(1),
        record("customer_summaries", customerId=1, orderCount=1, lastOrderAt=NOW),
        order(11, 1),
        record("shipments", id=5, orderId=11, **moved),
    )
    assert account.mailed() == []


def test_products_are_switched_off_by_null(account: Account) -> None:
    account.send(customer(1), products_database=None)
    assert list(account.sandbox.databases()) == ["SEOshop"]
