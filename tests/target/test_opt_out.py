"""An opt-out that was carried out in Copernica is never undone, whatever comes from the shop and however."""

import json
from typing import Any

import pytest

from support.account import Account
from support.colleague import Colleague
from support.singer import customer, order, order_row, record, state

pytestmark = pytest.mark.slow

NOW = "2026-11-02T09:20:00Z"
LATER = "2026-11-02T10:00:00Z"
STAYS, LEAVES = "7:1", "7:2"
FIRST = [
    customer(1),
    customer(2),
    order(11, 1),
    order(12, 2),
    order_row(21, 11, 1),
    order_row(22, 12, 2),
    state(n=1),
]
"""What the shop has when the two are loaded."""
AGAIN = [
    customer(1, updated=LATER, phone="010"),
    customer(2, updated=LATER, phone="020"),
    order(11, 1, updated=LATER, status="completed"),
    order(12, 2, updated=LATER, status="completed"),
    order(13, None, email="person2@example.com", at=NOW),
    record("customer_summaries", customerId=2, orderCount=3),
    order_row(22, 12, 2, orderUpdatedAt=LATER, quantity=5),
    customer(3, at=NOW, email="person2@example.com"),
    state(n=2),
]
"""What it has later: the person who opted out changes, orders as a guest, and registers anew."""


@pytest.fixture(params=["update", "remove"])
def opted_out(request: pytest.FixtureRequest, account: Account) -> Colleague:
    """An account in which the second of two people has unsubscribed by a link in a mail."""
    account.send(*FIRST)
    colleague = Colleague(account.sandbox, "SEOshop")
    colleague.sets_unsubscribe({"behavior": request.param, "fields": {"newsletter": "no"}})
    for key in (STAYS, LEAVES):
        colleague.changes(colleague.number_of(key), newsletter="yes")
    colleague.unsubscribes(LEAVES)
    return colleague


def is_out(colleague: Colleague) -> bool:
    """Whether no profile with that address can be mailed that could not after the opt-out."""
    people = {one["fields"]["external_key"]: one["fields"] for one in colleague.sandbox.profiles("SEOshop")}
    assert people[STAYS]["newsletter"] == "yes"
    mailed = [fields for fields in people.values() if fields["newsletter"] == "yes"]
    assert [fields["external_key"] for fields in mailed] == [STAYS]
    return people.get(LEAVES, {}).get("newsletter", "gone") in ("no", "gone")


def live(account: Account, **settings: Any) -> None:
    account.send(*AGAIN, **settings)


@pytest.mark.parametrize("route", ["single", "auto"])
def test_by_live_changes(account: Account, opted_out: Colleague, route: str) -> None:
    live(account, write_route=route)
    assert is_out(opted_out)


def test_by_a_first_load_once_more(account: Account, opted_out: Colleague) -> None:
    """With the ledger lost, after it was looked once for who is gone: that is kept in a file of its own."""
    account.sandbox.clock(advance=90_000)
    live(account)
    account.lose_ledger()
    account.send(*FIRST)
    assert is_out(opted_out)
    live(account)
    assert is_out(opted_out)


def test_by_looking_and_healing(account: Account, opted_out: Colleague) -> None:
    account.command("check", check=False)
    account.send(*FIRST)
    live(account)
    account.command("replay")
    assert is_out(opted_out)


def test_removed_is_for_good(account: Account, opted_out: Colleague) -> None:
    """By each kind of run in a row, and a day later, when it is looked for what is gone."""
    for _ in range(2):
        live(account)
        account.sandbox.clock(advance=90_000)
        account.send(*FIRST)
    assert is_out(opted_out)
    told = json.loads(account.send(*AGAIN).err.rsplit("summary ", 1)[1].splitlines()[0])
    assert told["exit_code"] == 0
