"""How many writes of a run may start follow-ups, and fields that never do."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from support.account import Account
from support.singer import customer, order, record, state
from target_copernica.writing.brake import MOST, ordinary

NOW, LATER, LAST = (f"2026-11-02T09:2{minute}:00Z" for minute in "012")
MAPPING = {
    "streams": {
        "customers": {"fields": {"gender": {"never_live": True}, "language": {"never_live": True}}},
    }
}


@pytest.fixture
def account(account: Account) -> Account:
    """One with a customer of long ago: what comes now is live."""
    account.send(customer(1))
    return account


def told(err: str) -> Any:
    return json.loads(err.rsplit("summary ", 1)[1].splitlines()[0])


def people(count: int, at: str = NOW) -> list[dict[str, Any]]:
    return [customer(number, at=at) for number in range(2, 2 + count)]


@pytest.mark.parametrize(("days", "most"), [
    ([], MOST), ([9000], MOST), ([9000, 9000], MOST), ([1, 2, 3], MOST), ([300, 2, 9000], 1500),
])  # fmt: skip
def test_what_is_ordinary_on_a_weekday(days: Sequence[int], most: int) -> None:
    assert ordinary(days) == most


def test_one_too_many_stops_the_run_before_it_writes(account: Account) -> None:
    ended = account.send(*people(3), state(n=1), check=False, max_live=2, batch_age=600)
    assert (ended.code, ended.out) == (7, "")
    assert "more than 2 creations and changes" in ended.err
    assert "SEOshop 7:2 new seoshop_id=2***" in ended.err
    assert "pass-once" in ended.err
    assert "person2" not in ended.err
    assert list(account.people()) == ["7:1"]
    assert account.mailed() == []
    assert told(ended.err)["followups"] == 0
    assert account.send(*people(2), max_live=2).code == 0
    account.command("pass-once", "--yes")
    ended = account.send(*people(6), state(n=1), max_live=2)
    assert (told(ended.err)["followups"], "4 may have started follow-ups" in ended.err) == (4, True)
    assert len(account.mailed()) == 6
    ended = account.send(*people(9), check=False, max_live=2)  # once
    assert ended.code == 7


@pytest.mark.slow
def test_a_pass_that_was_not_used_is_forgotten(account: Account) -> None:
    account.command("pass-once", "--yes")
    account.sandbox.clock(advance=2 * 86400)
    assert account.send(*people(3, "2026-11-04T09:20:00Z"), check=False, max_live=2).code == 7


@pytest.mark.slow
def test_history_and_what_is_known_already_do_not_count(account: Account) -> None:
    old = [customer(number) for number in range(10, 20)]
    again = [customer(1, updated=NOW, memo="not mapped")]
    assert account.send(*old, *again, max_live=0).code == 0


@pytest.mark.slow
def test_a_dry_run_says_what_would_stop(account: Account) -> None:
    assert account.send(*people(3), check=False, max_live=2, dry_run=True).code == 7


@pytest.mark.slow
def test_all_runs_of_the_route_by_single_calls_count(account: Account) -> None:
    old = [customer(number) for number in range(10, 20)]
    assert account.send(*old, check=False, max_live=2, write_route="single").code == 7


@pytest.mark.slow
def test_people_made_of_their_orders_count(account: Account) -> None:
    """Known only when the profile is made: the run stops before that."""
    guests = [order(number, None, at=NOW, email=f"guest{number}@example.com") for number in (11, 12)]
    assert account.send(*guests, check=False, max_live=3, batch_age=600).code == 7
    assert list(account.people()) == ["7:1"]
    ended = account.send(*guests, max_live=4)
    assert told(ended.err)["followups_people"] == 4


@pytest.mark.slow
def test_what_nobody_is_mailed_about_does_not_count(account: Account) -> None:
    account.send(record("products", id=1, title="Plant", createdAt="2019-08-21T17:15:00Z"))
    pots = [record("products", id=number, title="Pot", createdAt=NOW) for number in range(2, 6)]
    ended = account.send(*pots, max_live=0)
    assert (told(ended.err)["followups"], told(ended.err)["followups_people"]) == (4, 0)


# Fields that never run follow-ups -----------------------------------------------------------


@pytest.mark.slow
def test_a_change_of_a_field_that_is_never_live_runs_no_follow_up(account: Account) -> None:
    account.send(customer(1, updated=NOW, gender="female"), mapping=MAPPING)
    assert account.people()["7:1"]["gender"] == "female"
    assert account.mailed() == []


@pytest.mark.slow
def test_it_does_not_go_with_a_change_that_runs_them(account: Account) -> None:
    account.send(customer(1, gender="male"), mapping=MAPPING)
    before = account.sandbox.last()
    ended = account.send(customer(1, updated=NOW, firstname="New", gender="female"), mapping=MAPPING)
    made = [call for call in account.calls(before) if call.startswith(("PUT", "POST"))]
    assert made == ["PUT profile/N", "POST imports"]
    assert (account.people()["7:1"]["firstname"], account.people()["7:1"]["gender"]) == ("New", "female")
    assert len(account.mailed()) == 1
    counts = told(ended.err)["streams"]["customers"]
    assert (counts["read"], counts["updated"], counts["unchanged"]) == (1, 1, 0)
    before = account.sandbox.last()
    account.send(customer(1, updated=NOW, firstname="New", gender="female"), mapping=MAPPING)
    assert not [call for call in account.calls(before) if not call.startswith("GET")]


@pytest.mark.slow
def test_a_new_person_has_it_from_the_start(account: Account) -> None:
    account.send(customer(2, at=NOW, gender="female"), mapping=MAPPING)
    assert account.people()["7:2"]["gender"] == "female"
    assert len(account.mailed()) == 1
    before = account.sandbox.last()
    account.send(customer(2, at=NOW, updated=LATER, gender="male"), mapping=MAPPING)
    assert len(account.mailed()) == 1
    assert account.people()["7:2"]["gender"] == "male"
    assert [call for call in account.calls(before) if call.startswith(("PUT", "POST"))] == ["POST imports"]
