"""Calls that go side by side, broken off in the middle: nothing is doubled, nothing lost, nothing early."""

import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from support.account import Account
from support.killing import started, until
from support.sandbox import Sandbox
from support.singer import customer, order, state

pytestmark = pytest.mark.slow

NOW = "2026-11-02T09:20:00Z"
MANY = [customer(number, at=NOW) for number in range(2, 42)]


@pytest.fixture
def account(start_sandbox: Callable[..., Sandbox], tmp_path: Path) -> Account:
    """An account with one person, and live records that follow."""
    more = ("--import-seconds", "0.1", "--no-curated")
    account = Account(start_sandbox(customers=0, orders=0, order_rows=0, more=more), tmp_path)
    account.send(customer(1))
    return account


def people(account: Account) -> list[str]:
    """Keys of all profiles: a key that stands twice is an error."""
    return sorted(account.people(), key=lambda key: int(key.split(":")[1]))


ALL = [f"7:{number}" for number in range(1, 42)]


@pytest.mark.parametrize("route", ["single", "auto"])
def test_killed_among_many_creations(account: Account, route: str) -> None:
    account.sandbox.fault("copernica", "/profiles$", "hang_after", method="POST", nth=11, times=3)
    process = started(account, *MANY, state(n=1), write_route="single", concurrency=8)
    until(lambda: account.sandbox.faults()["faults"][0]["hits"] > 0)
    process.send_signal(signal.SIGKILL)
    out, _ = process.communicate()
    assert out == ""
    account.sandbox.clear_faults()
    account.sandbox.clock(advance=60)  # else the next run waits as long for calls that may be under way
    ended = account.send(*MANY, state(n=1), write_route=route, concurrency=8)
    assert people(account) == ALL
    assert Counter(account.mailed())["profile created"] == 40
    assert account.rejects() == []
    assert ended.lines() == [{"n": 1}]


def test_a_signal_ends_many_calls_and_keeps_what_they_did(account: Account) -> None:
    account.sandbox.fault("copernica", "/profiles$", "hang_after", method="POST", nth=21)
    process = started(account, *MANY, state(n=1), write_route="single", concurrency=4)
    until(lambda: account.sandbox.faults()["faults"][0]["hits"] > 0)
    process.send_signal(signal.SIGTERM)
    account.sandbox.clear_faults()  # the hanging call is let go: its answer never comes
    out, _ = process.communicate(timeout=100)
    assert process.returncode == 128 + signal.SIGTERM
    assert out == ""
    account.send(*MANY, state(n=1), write_route="single")
    assert people(account) == ALL
    assert Counter(account.mailed())["profile created"] == 40


def test_a_refused_one_among_many_is_a_reject_and_the_others_arrive(account: Account) -> None:
    refusal = '{"error":{"message":"Failed to create profile"}}'
    account.sandbox.fault("copernica", "/profiles$", "status", method="POST", status=400, body=refusal, nth=7)
    account.send(*MANY, state(n=1), write_route="single", concurrency=8)
    assert len(people(account)) == 40
    assert len(account.rejects()) == 1


def test_parents_come_before_their_children(account: Account) -> None:
    orders = [order(1000 + number, number, at=NOW) for number in range(2, 42)]
    account.send(*orders, *MANY, state(n=1), write_route="single", concurrency=8)
    assert people(account) == ALL
    assert len(account.orders()) == 40


def test_an_api_that_goes_away_holds_the_state(account: Account) -> None:
    account.sandbox.fault(
        "copernica", "/profile", "status", method="POST", status=401, body="{}", nth=9, times=999
    )
    ended = account.send(*MANY, state(n=1), write_route="single", concurrency=8, check=False)
    assert ended.code == 3
    assert ended.lines() == []
    account.sandbox.clear_faults()
    account.send(*MANY, state(n=1), write_route="single", concurrency=8)
    assert people(account) == ALL
    assert Counter(account.mailed())["profile created"] == 40
