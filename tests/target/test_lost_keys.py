"""Keys that were emptied or changed by hand: no write misses its person, none makes a nameless one."""

import json
from collections import Counter
from typing import Any

import pytest

from support.account import Account
from support.colleague import Colleague
from support.singer import customer, order, record, schema, state

pytestmark = pytest.mark.slow

NOW = "2026-11-02T09:20:00Z"
LATER = "2026-11-02T09:21:00Z"
DAY = 86_400
FIRST = [*[customer(number) for number in range(1, 16)], *[order(100 + n, n) for n in range(1, 16)]]
CHANGED = [
    *[customer(number, updated=NOW, firstname="New") for number in range(1, 16)],
    *[order(100 + n, n, updated=NOW, status="completed") for n in range(1, 16)],
    *[order(200 + n, n) for n in range(1, 16)],
    state(n=2),
]
BY_HAND = ["", "7:999", "renamed by hand"]


def is_whole(account: Account) -> None:
    """Fail unless each person and order is there once, under its key, as it was sent last."""
    people = Counter(one["fields"]["external_key"] for one in account.sandbox.profiles("SEOshop"))
    assert people == Counter(f"7:{number}" for number in range(1, 16))
    assert {one["firstname"] for one in account.people().values()} == {"New"}
    orders = account.orders()
    assert set(orders) == {f"7:{n}" for n in (*range(101, 116), *range(201, 216))}
    assert {orders[f"7:{n}"]["status"] for n in range(101, 116)} == {"completed"}
    assert account.rejects() == []


def profile_of(account: Account, key: str) -> int:
    return Colleague(account.sandbox, "SEOshop").number_of(key)


def order_of(account: Account, key: str) -> int:
    found = account.sandbox.subprofiles("Orders")
    return next(int(one["ID"]) for one in found if one["fields"]["external_key"] == key)


@pytest.mark.parametrize("by_hand", BY_HAND)
@pytest.mark.parametrize("route", ["auto", "import", "single"])
def test_a_key_of_a_profile(account: Account, by_hand: str, route: str) -> None:
    account.send(*FIRST)
    account.sandbox.edit_profile(profile_of(account, "7:3"), external_key=by_hand)
    ended = account.send(*CHANGED, write_route=route)
    account.sandbox.clock(advance=2 * DAY)  # single calls go by id and do not see it: the daily look does
    told = account.send(customer(1, updated=NOW, firstname="New"))
    assert "had lost its key 7:3" in ended.err + told.err
    is_whole(account)


@pytest.mark.parametrize("by_hand", BY_HAND)
@pytest.mark.parametrize("route", ["auto", "import"])
def test_a_key_of_an_order(account: Account, by_hand: str, route: str) -> None:
    account.send(*FIRST)
    account.sandbox.edit_subprofile(order_of(account, "7:103"), external_key=by_hand)
    ended = account.send(*CHANGED, write_route=route)
    assert "had lost its key 7:103" in ended.err
    is_whole(account)


def test_new_orders_make_no_second_person(account: Account) -> None:
    account.send(*FIRST)
    account.sandbox.edit_profile(profile_of(account, "7:3"), external_key="")
    account.send(*[order(200 + n, n) for n in range(1, 16)], write_route="import")
    assert len(account.sandbox.profiles("SEOshop")) == 15
    assert "7:203" in account.orders()


def test_a_full_run_does_not_say_unchanged_for_ever(account: Account) -> None:
    account.send(*FIRST)
    account.sandbox.edit_profile(profile_of(account, "7:3"), external_key="", lastname="by hand")
    account.sandbox.edit_subprofile(order_of(account, "7:104"), external_key="other", email="by@hand.example")
    said = account.command("check").out
    assert "1 changed by others (customers)" in said
    assert "1 changed by others (orders)" in said
    assert "1 whose key was emptied or changed, restored by the next run (7:3)" in said
    assert "1 whose key was emptied or changed, restored by the next run (7:104)" in said
    assert "1 whose key" in account.command("check").out  # also when it is asked twice
    account.send(*FIRST)
    assert len(account.people()) == 15
    assert account.people()["7:3"]["lastname"] != "by hand"
    assert account.orders()["7:104"]["email"] == "person4@example.com"
    assert "whose key" not in account.command("check").out


def test_a_key_that_was_moved_to_another_profile_is_followed(account: Account) -> None:
    """A colleague put two profiles together by hand and kept the other one."""
    account.send(*FIRST)
    colleague = Colleague(account.sandbox, "SEOshop")
    colleague.changes(profile_of(account, "7:3"), external_key="")
    kept = colleague.creates({"firstname": "Kept", "external_key": "7:3"})
    account.command("check")
    account.send(customer(3, updated=NOW, firstname="New"))
    assert account.sandbox.profile(kept)["firstname"] == "New"
    assert len([one for one in account.sandbox.profiles("SEOshop") if one["fields"]["external_key"]]) == 15


def test_two_keys_that_were_swapped_come_back(account: Account) -> None:
    account.send(*FIRST)
    colleague = Colleague(account.sandbox, "SEOshop")
    three, four = profile_of(account, "7:3"), profile_of(account, "7:4")
    colleague.changes(three, external_key="7:4")
    colleague.changes(four, external_key="7:3")
    account.command("check")
    account.send(customer(1))
    assert (profile_of(account, "7:3"), profile_of(account, "7:4")) == (three, four)


def test_an_import_of_changes_costs_one_call_more(account: Account) -> None:
    account.send(*FIRST)
    before = account.sandbox.last()
    account.send(*[customer(number, updated=NOW, firstname="New") for number in range(1, 16)])
    calls = Counter(account.calls(before))
    assert calls["POST imports"] == 1
    assert calls["GET database/N/profiles"] == 1
    assert not calls["GET profile/N"]


def test_far_apart_changes_are_read_back_by_what_was_modified(account: Account) -> None:
    """Three of 2,600 people: what was modified since is one call, reading all between them three."""
    account.send(*[customer(number) for number in range(1, 2601)])
    account.sandbox.clock(advance=60)  # what was made before is not among what was modified since
    before = account.sandbox.last()
    few = (1, 1300, 2600)
    account.sandbox.edit_profile(profile_of(account, "7:1300"), external_key="")
    ended = account.send(*[customer(n, updated=NOW, firstname="New") for n in few], write_route="import")
    assert "had lost its key 7:1300" in ended.err
    assert {account.people()[f"7:{n}"]["firstname"] for n in few} == {"New"}
    lists = [one for one in account.calls(before) if one == "GET database/N/profiles"]
    assert len(lists) <= 4


@pytest.mark.parametrize("how", ["none", "id"])
def test_right_rows_are_no_rejects_where_an_import_tells_no_id(account: Account, how: str) -> None:
    account.sandbox.settings(switches={"copernica.import_answer": how})
    account.send(*FIRST)
    ended = account.send(*CHANGED, write_route="import")
    assert ended.lines() == [{"n": 2}]
    is_whole(account)
    summary: dict[str, Any] = json.loads(ended.err.rsplit("summary ", 1)[1].splitlines()[0])
    assert summary["exit_code"] == 0


def test_a_key_that_cannot_be_restored_rejects_what_needs_it_and_says_why(account: Account) -> None:
    account.send(*FIRST)
    three, order_four = profile_of(account, "7:3"), order_of(account, "7:104")
    account.sandbox.edit_profile(three, external_key="")
    account.sandbox.edit_subprofile(order_four, external_key="")
    account.command("check")
    for path in (f"/profile/{three}/fields", f"/subprofile/{order_four}/fields"):
        body = json.dumps({"error": {"message": "This field is locked"}})
        account.sandbox.fault("copernica", path, "status", method="PUT", status=400, body=body, times=None)
    ended = account.send(*CHANGED, write_route="import")
    assert "SEOshop: the key 7:3 cannot be restored: " in ended.err
    assert ended.lines() == [{"n": 2}]
    reason = "its key, or that of its profile, was changed in Copernica and cannot be restored"
    refused = {(one["stream"], one["key"]): one["reason"] for one in account.rejects()}
    needed = [("customers", "7:3"), ("orders", "7:103"), ("orders", "7:203"), ("orders", "7:104")]
    assert refused == dict.fromkeys(needed, reason)
    account.sandbox.clear_faults()
    account.command("replay")
    is_whole(account)


def test_a_key_in_a_database_of_a_stream_without_a_mapping(account: Account) -> None:
    head = schema("things", {"id": {"type": "string"}, "name": {"type": "string"}}, ["id"])
    things = [record("things", id=number, name="A") for number in "abc"]
    account.send(head, *things, preset=None)
    colleague = Colleague(account.sandbox, "things")
    colleague.changes(colleague.number_of("b"), external_key="")
    account.sandbox.clock(advance=2 * DAY)
    changed = [record("things", id=number, name="B") for number in "abc"]
    ended = account.send(head, *changed, preset=None, write_route="import")
    assert "had lost its key b" in ended.err
    assert {key: one["name"] for key, one in account.people("things").items()} == dict.fromkeys("abc", "B")
    assert account.rejects() == []


@pytest.mark.parametrize("route", ["import", "single"])
def test_so_many_lost_keys_are_rather_a_mistake(account: Account, route: str) -> None:
    account.send(*FIRST)
    numbers = {n: profile_of(account, f"7:{n}") for n in range(1, 6)}
    for number in numbers.values():
        account.sandbox.edit_profile(number, external_key="by hand")
    account.sandbox.clock(advance=2 * DAY)
    since = account.sandbox.last()
    for dry_run in (True, False, False):
        ended = account.send(*CHANGED, check=False, max_tombstones=4, write_route=route, dry_run=dry_run)
        assert ended.code == 2
        assert ended.lines() == []
        assert "SEOshop: 5 have lost their key" in ended.err.splitlines()[-1]
    assert {call.split()[0] for call in account.calls(since)} == {"GET"}
    account.sandbox.edit_profile(numbers[1], external_key="7:1")
    assert "4 whose key was emptied or changed" in account.command("check", max_tombstones=4).out
    assert account.send(*CHANGED, max_tombstones=4, write_route=route).lines() == [{"n": 2}]
    is_whole(account)


def test_lost_keys_are_counted_over_a_whole_run(account: Account) -> None:
    """As imports find them one after the other."""
    account.send(*FIRST)
    for number in range(1, 6):
        account.sandbox.edit_profile(profile_of(account, f"7:{number}"), external_key="")
    ended = account.send(*CHANGED, check=False, max_tombstones=4, write_route="import", batch_size_rows=2)
    assert ended.code == 2
    assert "SEOshop: 5 have lost their key" in ended.err.splitlines()[-1]
    account.send(*CHANGED, max_tombstones=5, write_route="import")
    is_whole(account)
