"""What Copernica does without a word (docs/api/copernica.md section 17), one guard after the other.

Each test fails when its guard is taken out. In all of them a colleague's own profile stands beside ours: it
must never change.
"""

import json
import signal
from collections import Counter
from typing import Any

import pytest

from support.account import Account
from support.colleague import Colleague
from support.killing import started, until
from support.singer import LONG_AGO, customer, order, order_row, record, schema, state

NOW = "2026-11-02T09:20:00Z"
LATER = "2026-11-02T09:21:00Z"


@pytest.fixture
def colleague(account: Account) -> Colleague:
    """Whose profile stands in the database of a shop with one customer and one order."""
    account.send(customer(1), order(11, 1))
    return Colleague.beside(account.sandbox, "SEOshop")


def ours(account: Account) -> dict[str, dict[str, Any]]:
    """Fields of the profiles that came from the shop, by key."""
    return {key: fields for key, fields in account.people().items() if key}


def mailed(account: Account) -> list[str]:
    """Which follow-ups ran on what came from the shop."""
    return [one["trigger"] for one in account.sandbox.followups(run=True) if one["key"]]


def test_01_a_condition_on_a_renamed_key_never_writes(account: Account, colleague: Colleague) -> None:
    number = account.sandbox.databases()["SEOshop"]["id"]
    account.sandbox.fault("copernica", "/profiles$", "drop_after", method="POST")
    account.sandbox.fault("copernica", "/profiles$", "hang_before", method="GET", nth=2)
    process = started(account, customer(2, at=NOW))  # its answer is lost, so it is looked up by its key
    until(lambda: account.sandbox.faults()["faults"][1]["hits"] > 0)
    account.sandbox.rename_field(number, "external_key", "mine")
    account.sandbox.clear_faults()
    _, err = process.communicate(timeout=100)
    assert process.returncode == 2, err
    assert "external_key" in err.splitlines()[-1]
    colleague.is_untouched()


def test_01_writes_carry_no_condition(account: Account, colleague: Colleague) -> None:
    account.send(customer(1, updated=NOW, firstname="New"), order(11, 1, updated=NOW), customer(2, at=NOW))
    writes = [one for one in account.sandbox.requests(side="copernica") if one["method"] != "GET"]
    assert [one for one in writes if "fields" in one["query"]] == []
    assert Counter(one["method"] for one in writes)["DELETE"] == 0
    colleague.is_untouched()


@pytest.mark.parametrize("key", [None, "", "   ", 1.5, True, [], {}])
def test_02_an_empty_or_unfit_key_is_a_reject(account: Account, colleague: Colleague, key: Any) -> None:
    before = ours(account)
    account.send(customer(key, at=NOW), state(n=1))
    assert [one["kind"] for one in account.rejects()] == ["record"]
    assert ours(account) == before
    colleague.is_untouched()


def test_03_keys_that_copernica_takes_for_one_are_two(account: Account) -> None:
    head = schema("things", {"code": {"type": "string"}, "n": {"type": "integer"}}, ["code"])
    codes = ["A1", "a1", " a1", "a1 ", "ä1", "Ä1"]

    def row(number: int, code: str) -> dict[str, Any]:
        return {"type": "RECORD", "stream": "things", "record": {"code": code, "n": number}}

    account.send(head, *[row(number, code) for number, code in enumerate(codes)], preset=None)
    account.send(head, *[row(number + 10, code) for number, code in enumerate(codes)], preset=None)
    assert sorted(int(one["n"]) for one in account.people("things").values()) == list(range(10, 16))


def test_04_of_two_profiles_with_one_key_only_ours_is_written(account: Account, colleague: Colleague) -> None:
    double = colleague.creates({"external_key": "7:1", "firstname": "Double"})
    ended = account.send(customer(1, updated=NOW, firstname="New"), customer(2, at=NOW))
    assert "stands there twice" in ended.err
    assert account.sandbox.profile(double)["firstname"] == "Double"
    assert account.sandbox.profile(double - 2)["firstname"] == "New"
    colleague.is_untouched()


def test_05_what_was_removed_is_not_taken_for_written(account: Account, colleague: Colleague) -> None:
    account.sandbox.remove_profile(colleague.number_of("7:1"))
    ended = account.send(customer(1, updated=LONG_AGO, firstname="New"), order(12, 1), order(13, 1))
    assert list(ours(account)) == []
    assert "3 removed" in ended.err
    colleague.is_untouched()


def test_05_an_import_that_wrote_nothing_is_told_from_one_that_did(account: Account) -> None:
    """By reading back: what an import says of itself is believed neither way."""
    account.send(customer(1))
    body = (
        '{"id":"1","status":"finished","totallines":"1","processedlines":"0","lastrun":"2026-11-02 10:00:00"}'
    )
    account.sandbox.fault("copernica", "/import/", "status", method="GET", status=200, body=body, times=9)
    ended = account.send(customer(1, updated="2020-01-01T00:00:00Z", firstname="New"), state(n=1))
    assert "1 updated" in ended.err
    account.sandbox.clear_faults()
    account.sandbox.settings(imports_end="halfway")
    ended = account.send(customer(1, updated="2020-01-02T00:00:00Z", firstname="Newer"), state(n=2))
    assert "1 rejected" in ended.err
    assert ours(account)["7:1"]["firstname"] == "New"


@pytest.mark.parametrize(
    ("field", "bad"),
    [("birthDate", "30/02/1980"), ("birthDate", "0000-00-00"), ("lastOnlineAt", "yesterday")],
)
def test_06_what_would_become_another_value_is_not_sent(
    account: Account, colleague: Colleague, field: str, bad: str
) -> None:
    good = {"birthDate": "1980-09-03", "lastOnlineAt": LONG_AGO}
    account.send(customer(1, updated=NOW, **good))
    before = ours(account)["7:1"]
    account.send(customer(1, updated=LATER, **(good | {field: bad})))
    assert ours(account)["7:1"] == before
    assert [one["kind"] for one in account.rejects()] == ["field"]
    colleague.is_untouched()


@pytest.mark.parametrize("path", ["/profiles$", "/subprofiles/"])
def test_07_a_lost_answer_never_makes_a_second_one(account: Account, colleague: Colleague, path: str) -> None:
    account.sandbox.fault("copernica", path, "drop_after", method="POST")
    account.send(customer(2, at=NOW), order(12, 2, at=NOW))
    assert Counter(mailed(account)) == {"profile created": 1, "subprofile created": 1}
    colleague.is_untouched()


def test_08_what_is_made_carries_its_key(account: Account, colleague: Colleague) -> None:
    account.send(customer(2, at=NOW), order(12, 2, at=NOW), order_row(21, 12, 2, at=NOW))
    assert sorted(ours(account)) == ["7:1", "7:2"]
    assert sorted(account.orders()) == ["7:11", "7:12"]
    assert list(account.sandbox.content()["SEOshop/OrderItems"]) == ["7:21"]
    colleague.is_untouched()


def test_09_history_runs_no_follow_ups(account: Account, colleague: Colleague) -> None:
    account.send(*[customer(number) for number in range(2, 30)], order(12, 2), order_row(21, 12, 2))
    assert mailed(account) == []
    assert len(account.sandbox.followups()) > 30
    colleague.is_untouched()


def test_10_nobody_is_removed_by_an_import(account: Account, colleague: Colleague) -> None:
    account.send(customer(2), order(12, 2))
    assert sorted(ours(account)) == ["7:1", "7:2"]
    assert [one["trigger"] for one in account.sandbox.followups() if "removed" in one["trigger"]] == []
    colleague.is_untouched()


def test_11_rows_keep_their_columns(account: Account, colleague: Colleague) -> None:
    turned = customer(2, phone="123")
    turned["record"] = dict(reversed(turned["record"].items()))
    sparse = record("customers", id=3, phone="456", createdAt=LONG_AGO, updatedAt=LONG_AGO)
    account.send(customer(4, phone="789"), turned, sparse)
    people = ours(account)
    assert [people[f"7:{number}"]["phone"] for number in (2, 3, 4)] == ["123", "456", "789"]
    assert [people[f"7:{number}"]["lastname"] for number in (2, 3, 4)] == ["d'Hondt", "", "d'Hondt"]
    old = "2020-01-01T00:00:00Z"
    sums = [record("customer_summaries", customerId=number, orderCount=number) for number in (2, 4)]
    phones = [customer(number, updated=old, phone=f"0{number}") for number in (2, 4)]
    account.send(phones[0], sums[0], sums[1], phones[1])  # one write each, put together in two orders
    people = ours(account)
    assert [(people[key]["phone"], people[key]["order_count"]) for key in ("7:2", "7:4")] == [
        ("02", "2"),
        ("04", "4"),
    ]
    colleague.is_untouched()


def test_12_an_opt_out_is_left_alone(account: Account, colleague: Colleague) -> None:
    account.sandbox.remove_profile(colleague.number_of("7:1"))
    account.send(customer(1, updated=LATER), order(12, 1))
    account.send(order(13, None, email="person1@example.com"))
    account.send(
        order(14, None, email="person1@example.com", at=NOW), customer(1, updated="2030-01-01T00:00:00Z")
    )
    assert ours(account) == {}
    colleague.is_untouched()


def test_13_an_order_stays_with_its_person_when_addresses_change(account: Account) -> None:
    account.send(customer(1, email="a@example.com"), order(11, None, email="a@example.com"))
    account.send(customer(1, updated=NOW, email="b@example.com"), customer(2, at=NOW, email="a@example.com"))
    account.send(order(11, None, email="a@example.com", updated=NOW, paymentStatus="paid"))
    owner = {row["fields"]["external_key"]: row["profile"] for row in account.sandbox.subprofiles("Orders")}
    numbers = {one["fields"]["external_key"]: one["ID"] for one in account.sandbox.profiles("SEOshop")}
    assert owner["7:11"] == numbers["7:1"]
    assert account.orders()["7:11"]["payment_status"] == "paid"


@pytest.mark.parametrize("status", ["401", "400"])
def test_14_a_token_that_ends_is_renewed(account: Account, colleague: Colleague, status: str) -> None:
    account.sandbox.settings(switches={"copernica.token_refused": status})
    process = started(account, customer(2, at=NOW), state(n=1), end=False, batch_age=0, state_interval=0)
    assert process.stdout is not None
    assert process.stdout.readline() == '{"n":1}\n'
    account.sandbox.clock(advance=25 * 3600)
    assert process.stdin is not None
    last = customer(3, at="2026-11-03T09:30:00Z")
    process.communicate(json.dumps(last) + "\n")
    assert process.returncode == 0
    assert sorted(ours(account)) == ["7:1", "7:2", "7:3"]
    colleague.is_untouched()


def test_14_a_token_is_renewed_before_it_ends(account: Account) -> None:
    account.send(customer(1))
    process = started(account, customer(2, at=NOW), state(n=1), end=False, batch_age=0, state_interval=0)
    assert process.stdout is not None
    assert process.stdout.readline() == '{"n":1}\n'
    before = account.sandbox.last()
    account.sandbox.clock(advance=24 * 3600 - 300)
    assert process.stdin is not None
    process.stdin.write(json.dumps(customer(3, at=LATER)) + "\n" + json.dumps(state(n=2)) + "\n")
    process.stdin.flush()
    assert process.stdout.readline() == '{"n":2}\n'  # its answer told what time it is
    process.communicate(json.dumps(customer(4, at=LATER)) + "\n")
    asked = account.sandbox.requests(before)
    assert [one for one in asked if one["status"] >= 400] == []
    assert sum("authenticate" in one["path"] for one in asked) == 1


def test_15_an_unknown_refusal_is_the_record_s_only_if_the_account_works(
    account: Account, colleague: Colleague
) -> None:
    refusal = '{"error":{"message":"Computer says no"}}'
    account.sandbox.fault("copernica", "/profiles$", "status", method="POST", status=400, body=refusal, nth=1)
    ended = account.send(customer(2, at=NOW), customer(3, at=NOW), state(n=1))
    assert len(account.rejects()) == 1
    assert ended.lines() == [{"n": 1}]
    account.sandbox.fault("copernica", "/profiles$", "status", method="POST", status=400, body=refusal)
    account.sandbox.fault("copernica", "/identity", "status", status=401, body="{}", times=9)
    ended = account.send(customer(4, at=NOW), state(n=2), check=False)
    assert ended.code == 3
    assert ended.lines() == []
    assert len(account.rejects()) == 1
    colleague.is_untouched()


def test_a_key_field_that_goes_while_much_is_written_harms_nobody(
    account: Account, colleague: Colleague
) -> None:
    number = account.sandbox.databases()["SEOshop"]["id"]
    people = [customer(one, at=NOW) for one in range(2, 30)]
    account.sandbox.fault("copernica", "/profiles$", "hang_before", method="POST", nth=9)
    process = started(account, *people, write_route="single", concurrency=2)
    until(lambda: account.sandbox.faults()["faults"][0]["hits"] > 0)
    account.sandbox.rename_field(number, "external_key", "mine")
    account.sandbox.clear_faults()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=100)
    colleague.is_untouched()
    found = account.sandbox.profiles("SEOshop")
    assert next(one["fields"]["firstname"] for one in found if one["fields"]["mine"] == "7:1") == "Zoë"
