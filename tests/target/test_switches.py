"""The same end state under every reading of what is unknown (docs/api/copernica.md section 18)."""

from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pytest

from sandbox.copernica.switches import SWITCHES
from support.account import Account
from support.sandbox import Sandbox, running_sandbox
from support.singer import complete, customer, order, order_row, record, state

pytestmark = pytest.mark.slow

NOW = "2026-11-02T09:20:00Z"
LATER = "2026-11-02T09:21:00Z"
READINGS = [(switch.name, choice) for switch in SWITCHES for choice in switch.choices[1:]]

MEMO = {"from": "memo", "type": "text", "length": 20, "on_too_long": "truncate"}
MORE_FIELDS = {"streams": {"customers": {"fields": {"memo": MEMO}}}}


def course(account: Account) -> dict[str, Any]:
    """A first load, live changes, a lost answer, a lost ledger, a field more; what is there then."""
    people = [customer(number, phone="+31 6 12345678") for number in range(1, 13)]
    orders = [order(100 + number, number, priceIncl=12.50) for number in range(1, 13)]
    rows = [order_row(1000 + number, 100 + number, number, productTitle="x" * 400) for number in range(1, 13)]
    vip = record("customer_group_sets", customerId=1, groupTitles=["VIP"])
    account.send(*people, *orders, *rows, vip, complete("customer_group_sets"), state(n=1))
    account.sandbox.fault("copernica", "/profiles$", "drop_after", method="POST")
    live = [customer(20, at=NOW), order(120, 20, at=NOW), order_row(1120, 120, 20, at=NOW)]
    account.send(customer(1, updated=NOW, firstname="New", email="nobody"), *live, state(n=2))
    account.sandbox.fault("copernica", "/imports$", "drop_after", method="POST")
    account.send(*[customer(number) for number in range(30, 36)], order(140, 30), state(n=3))
    account.lose_ledger()
    changed = [customer(number, updated=LATER, memo="m" * 30) for number in range(1, 13)]
    ended = account.send(
        *changed, *live, order(101, 1, updated=LATER, priceIncl=13.75), state(n=4), mapping=MORE_FIELDS
    )
    assert ended.lines() == [{"n": 4}]
    gone = next(one for one in account.sandbox.profiles("SEOshop") if one["fields"]["external_key"] == "7:2")
    account.sandbox.remove_profile(int(gone["ID"]))
    account.send(order(150, 2), order(151, 3), customer(2, updated="2026-11-02T09:22:00Z", firstname="Back"))
    content = account.sandbox.content()
    return {
        place: {key: {name: _plain(value) for name, value in row.items()} for key, row in found.items()}
        for place, found in content.items()
    } | {"mailed": Counter(account.mailed())}


def _plain(value: str) -> Decimal | str:
    """12.50 and 12.5 are one number, however they are printed."""
    try:
        return Decimal(value)
    except InvalidOperation:
        return value


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What comes out under the likelier readings."""
    more = ("--import-seconds", "0.1", "--no-curated")
    with running_sandbox(customers=0, orders=0, order_rows=0, more=more) as sandbox:
        yield course(Account(sandbox, tmp_path_factory.mktemp("likelier")))


def test_the_course_is_what_it_should_be(expected: dict[str, Any]) -> None:
    people = expected["SEOshop"]
    assert sorted(people) == sorted(f"7:{number}" for number in [1, *range(3, 13), 20, *range(30, 36)])
    assert people["7:1"]["memo"] == "m" * 20
    assert len(expected["SEOshop/Orders"]) == 14
    assert expected["SEOshop/Orders"]["7:101"]["total"] == Decimal("13.75")
    by_hand = {"subprofile removed": 2}  # of the person who was removed
    ours = {"profile created": 1, "subprofile created": 2, "profile changed": 1}
    assert expected["mailed"] == by_hand | ours


@pytest.mark.parametrize(("switch", "choice"), READINGS)
def test_another_reading_leads_to_the_same(
    start_sandbox: Callable[..., Sandbox], tmp_path: Path, expected: dict[str, Any], switch: str, choice: str
) -> None:
    more = ("--import-seconds", "0.1", "--no-curated", "--switch", f"{switch}={choice}")
    sandbox = start_sandbox(customers=0, orders=0, order_rows=0, more=more)
    assert course(Account(sandbox, tmp_path)) == expected


@pytest.mark.parametrize("status", ["403", "401"])
@pytest.mark.parametrize("loaded", [False, True])
def test_a_token_that_may_only_read_stops_the_run(account: Account, status: str, *, loaded: bool) -> None:
    """Before the structure is made, or in the middle: no record is to blame, and none is given up."""
    if loaded:
        account.send(customer(1), state(n=1))
    account.sandbox.settings(may_write=False, switches={"copernica.missing_right": status})
    live = [customer(2, at=NOW), customer(1, updated=LATER, firstname="New")]
    ended = account.send(*live, state(n=2), check=False)
    assert (ended.code, ended.out) == (3, ""), ended.err
    assert account.rejects() == []
    account.sandbox.settings(may_write=True)
    account.send(*live, state(n=2))
    assert sorted(account.people()) == ["7:1", "7:2"]


def test_a_right_that_is_missing_like_a_wrong_value_loses_nothing(account: Account) -> None:
    """A 400 in unknown words could be about each record: the records stand in the rejects file."""
    account.sandbox.settings(may_write=False, switches={"copernica.missing_right": "400"})
    first = account.send(customer(1), check=False)
    assert (first.code, "Access denied" in first.err) == (2, True)
    account.sandbox.settings(may_write=True)
    account.send(customer(1), state(n=1))
    account.sandbox.settings(may_write=False)
    account.send(customer(2, at=NOW), customer(1, updated=LATER, firstname="New"), state(n=2))
    assert sorted(one["key"] for one in account.rejects()) == ["7:1", "7:2"]
    account.sandbox.settings(may_write=True)
    account.command("replay")
    people = account.people()
    assert (sorted(people), people["7:1"]["firstname"]) == (["7:1", "7:2"], "New")


def test_a_restriction_of_the_account_is_a_reject(account: Account) -> None:
    """Each address is wanted once: the first profile stays, the other one is told."""
    account.send(customer(1, email="one@example.com"), state(n=1))
    account.sandbox.settings(switches={"copernica.restrictions": "refuse"})
    account.sandbox.block_doubles(account.sandbox.databases()["SEOshop"]["id"], "email")
    ended = account.send(customer(2, at=NOW, email="one@example.com"), customer(3, at=NOW), state(n=2))
    assert sorted(account.people()) == ["7:1", "7:3"]
    assert [one["key"] for one in account.rejects()] == ["7:2"]
    assert ended.lines() == [{"n": 2}]


@pytest.mark.parametrize("reading", ["converted", "kept"])
def test_a_field_that_somebody_gave_another_type_is_reported_and_left(account: Account, reading: str) -> None:
    account.send(customer(1, phone="010"), state(n=1))
    account.sandbox.settings(switches={"copernica.retyped_values": reading})
    number = account.sandbox.databases()["SEOshop"]["id"]
    account.sandbox.retype_field(number, "phone", type="integer")
    account.send(customer(1, updated=NOW, phone="020 1234567", firstname="New"), state(n=2))
    assert account.people()["7:1"]["firstname"] == "New"
    assert "differs" in account.command("plan").out
    assert account.sandbox.databases()["SEOshop"]["id"] == number
