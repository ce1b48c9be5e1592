"""What should vanish goes, also when the ledger does not know of it: after it was lost, after a kill."""

import signal
from typing import Any

import pytest

from support.account import Account
from support.colleague import Colleague
from support.killing import started, until
from support.singer import complete, customer, record, state

pytestmark = pytest.mark.slow

NOW = "2026-11-02T08:20:00Z"


def groups(number: int, *titles: str) -> dict[str, Any]:
    return record("customer_group_sets", customerId=number, groupTitles=list(titles))


FIRST = [
    customer(1, email="same@example.com"),
    customer(2, email="same@example.com"),
    customer(3),
    groups(1, "VIP"),
    groups(3, "VIP"),
    complete("customer_group_sets"),
    state(n=1),
]
"""Two share an address, two are in a group."""
SHOP = [
    customer(1, email="same@example.com"),
    customer(2, updated=NOW, email="other@example.com"),
    customer(3),
    groups(1, "VIP"),
    complete("customer_group_sets"),
    state(n=2),
]
"""What the shop has afterwards: one has a new address, one has left the last group."""


def is_as_the_shop(account: Account) -> None:
    people = account.people()
    assert {key: one["shared_email"] for key, one in people.items()} == dict.fromkeys(people, "")
    groups_of = {key: one["customer_groups"] for key, one in people.items()}
    assert groups_of == {"7:1": "VIP", "7:2": "", "7:3": ""}
    assert people["7:2"]["email"] == "other@example.com"
    assert "changed" not in account.command("check").out


def people_last(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*messages[3:], *messages[:3]]


@pytest.mark.parametrize("shop", [SHOP, people_last(SHOP)])
def test_after_the_ledger_was_lost(account: Account, shop: list[dict[str, Any]]) -> None:
    account.send(*FIRST)
    account.lose_ledger()
    account.send(*shop)
    is_as_the_shop(account)


def test_where_only_copernica_knows_of_it(account: Account) -> None:
    """As when a colleague filled the fields by hand."""
    account.send(*FIRST[:3], complete("customer_group_sets"))
    colleague = Colleague(account.sandbox, "SEOshop")
    colleague.changes(colleague.number_of("7:3"), customer_groups="VIP", shared_email="yes")
    account.command("check")
    account.send(*SHOP)
    is_as_the_shop(account)


def test_after_a_kill_between_a_change_and_its_note(account: Account) -> None:
    account.send(*FIRST[:3])
    account.sandbox.fault("copernica", "/profile/", "hang_after", method="PUT")
    process = started(account, groups(3, "VIP"), complete("customer_group_sets"), write_route="single")
    until(lambda: account.sandbox.faults()["faults"][0]["hits"] > 0)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    account.sandbox.clear_faults()
    assert account.people()["7:3"]["customer_groups"] == "VIP"
    account.send(*SHOP)
    is_as_the_shop(account)
