"""By which route records are written, what each costs, and which follow-ups run."""

from collections import Counter
from typing import Any

import pytest

from support.account import Account
from support.singer import customer, order, order_row

pytestmark = pytest.mark.slow

NOW = "2026-11-02T09:20:00Z"


def day(numbers: range) -> list[dict[str, Any]]:
    """A live run: people, each with an order of three rows."""
    people = [customer(number, at=NOW) for number in numbers]
    orders = [order(1000 + number, number, at=NOW) for number in numbers]
    rows = [
        order_row(10_000 + 10 * number + row, 1000 + number, number, at=NOW)
        for number in numbers
        for row in range(3)
    ]
    return [*people, *orders, *rows]


def begun(account: Account, **settings: Any) -> int:
    """The first load is over; the number of the last request."""
    account.send(customer(1), order(11, 1), **settings)
    return account.sandbox.last()


def test_a_busy_live_run_goes_by_imports_that_run_follow_ups(account: Account) -> None:
    before = begun(account)
    account.send(*day(range(100, 200)), max_live=500)
    calls = Counter(call.split()[0] for call in account.calls(before))
    assert calls["POST"] == 3  # an import each for people, orders and rows
    assert "PUT" not in calls
    assert calls.total() <= 35  # for 500 records: 0.07 a record
    assert Counter(account.mailed()) == {"profile created": 100, "subprofile created": 400}


def test_few_live_changes_go_by_single_calls(account: Account) -> None:
    before = begun(account)
    account.send(*day(range(100, 102)))
    assert not any("imports" in call for call in account.calls(before))
    assert Counter(account.mailed()) == {"profile created": 2, "subprofile created": 8}


def test_live_changes_of_many_run_their_follow_ups_by_one_import(account: Account) -> None:
    people = range(1, 31)
    account.send(*[customer(number) for number in people])
    before = account.sandbox.last()
    account.send(*[customer(number, updated=NOW, firstname="New") for number in people])
    assert Counter(account.calls(before))["POST imports"] == 1
    assert Counter(account.mailed()) == {"profile changed": 30}
    assert {one["firstname"] for one in account.people().values()} == {"New"}


def test_orders_of_many_people_are_not_put_under_removed_ones(account: Account) -> None:
    people = range(1, 31)
    account.send(*[customer(number) for number in people])
    account.sandbox.remove_profile(int(account.sandbox.profiles("SEOshop")[4]["ID"]))
    ended = account.send(*[order(1000 + number, number, at=NOW) for number in people])
    assert len(account.people()) == 29
    assert len(account.orders()) == 29
    assert "1 removed" in ended.err


def test_an_account_without_imports_gets_what_is_live_by_single_calls(account: Account) -> None:
    begun(account)
    body = '{"error":{"message":"Invalid request"}}'
    account.sandbox.fault("copernica", "/imports$", "status", method="POST", status=400, body=body, times=99)
    account.send(*[customer(number, at=NOW) for number in range(100, 120)])
    assert Counter(account.mailed()) == {"profile created": 20}


@pytest.mark.parametrize(("route", "imports"), [("import", True), ("single", False)])
def test_the_route_can_be_chosen(account: Account, route: str, *, imports: bool) -> None:
    account.send(customer(1), order(11, 1), write_route=route)
    assert list(account.orders()) == ["7:11"]
    assert bool(account.sandbox.imports()) is imports
    assert account.mailed() == ([] if imports else ["profile created", "subprofile created"])
    account.send(customer(1, updated=NOW, firstname="New"), write_route=route)
    assert account.people()["7:1"]["firstname"] == "New"
    assert account.mailed()[-1:] == ["profile changed"]
