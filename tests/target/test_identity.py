"""Whose account and whose database it is: a wrong or a second state_dir stops before the first write."""

import json
import shutil
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.account import Account
from support.colleague import Colleague
from support.singer import customer, order, state
from target_copernica.account.ownership import foreign_owner, is_marked, marked, may_mark
from target_copernica.memory.known_account import KnownPlace

NOW = "2026-11-02T09:20:00Z"
OTHER_ACCOUNT = json.dumps({"id": "2", "name": "Other", "description": "", "company": "Other BV"})


def beside(account: Account, name: str = "elsewhere") -> Account:
    """The same account, from another folder."""
    folder = account.folder / name
    folder.mkdir(exist_ok=True)
    return replace(account, folder=folder)


def stopped(account: Account, line: str, **settings: Any) -> None:
    """A run and every command that asks Copernica stop with one line and write nothing."""
    since = account.sandbox.last()
    messages = [customer(1, updated=NOW, firstname="Wrong"), customer(9, at=NOW), state(n=9)]
    for ended in (
        account.send(*messages, check=False, **settings),
        account.send(*messages, check=False, dry_run=True, **settings),
        *(account.command(command, check=False, **settings) for command in ("plan", "check", "doctor")),
    ):
        assert (ended.code, line in ended.log) == (2, True), ended.log
    assert not [call for call in account.calls(since) if not call.startswith("GET")]


def description(account: Account, database: str = "SEOshop") -> str:
    return str(Colleague(account.sandbox, database).reads_database()["description"])


def describe(account: Account, text: str) -> None:
    Colleague(account.sandbox, "SEOshop").changes_database(description=text)


def changed_ledger(account: Account, script: str) -> None:
    ledger = sqlite3.connect(account.folder / "state" / "ledger.sqlite")
    ledger.executescript(script)
    ledger.close()


def as_version_0_1(account: Account) -> None:
    """A ledger that knows neither the account nor ids of fields, and a database without a mark."""
    describe(account, "Kept by target-copernica")
    changed_ledger(
        account,
        "DELETE FROM known_field; UPDATE place SET created = NULL, marked = NULL; "
        "DELETE FROM meta WHERE name IN ('account', 'token')",
    )


# Another account ------------------------------------------------------------------------------


def test_a_token_for_another_account_stops(account: Account) -> None:
    account.send(customer(1), state(n=1))
    account.sandbox.fault(
        "copernica", "/identity$", "status", method="GET", status=200, body=OTHER_ACCOUNT, times=99
    )
    line = "it is for the account 2, but this state_dir belongs to the account 1"
    other = account.sandbox.url.replace("127.0.0.1", "localhost") + "/copernica/v4"
    stopped(account, line, api_url=other)
    account.sandbox.clear_faults()
    account.send(customer(1, updated=NOW, firstname="New"), api_url=other)
    assert account.people()["7:1"]["firstname"] == "New"


def test_a_ledger_of_another_account_stops_also_where_it_lost_the_token(account: Account) -> None:
    account.send(customer(1), state(n=1))
    changed_ledger(
        account, "UPDATE meta SET value = '2' WHERE name = 'account'; DELETE FROM meta WHERE name = 'token'"
    )
    stopped(account, "it is for the account 1, but this state_dir belongs to the account 2")


def test_an_account_with_the_same_names_and_ids_stops(account: Account) -> None:
    """Where the account does not tell who it is: its database is of another day."""
    account.send(customer(1), state(n=1))
    changed_ledger(account, "UPDATE place SET created = '2025-01-01 12:00:01' WHERE place LIKE 'd%'")
    stopped(account, "was made at 2026-11-02")


def test_an_account_whose_zone_was_changed_is_the_same(account: Account) -> None:
    account.send(customer(1), state(n=1))
    changed_ledger(account, "UPDATE place SET created = datetime(created, '+5 hours') WHERE place LIKE 'd%'")
    account.send(customer(2), state(n=2))


def test_a_token_that_may_not_ask_for_the_account_goes_on(account: Account) -> None:
    account.sandbox.fault("copernica", "/identity$", "status", method="GET", status=403, body="{}", times=99)
    account.send(customer(1), state(n=1))
    since = account.sandbox.last()
    account.send(customer(2), state(n=2))
    assert "GET identity" not in account.calls(since)


def test_the_account_is_asked_for_once_for_each_token(account: Account) -> None:
    account.send(customer(1), state(n=1))
    since = account.sandbox.last()
    account.send(customer(1), state(n=2))
    assert account.calls(since) == ["GET database/N", "GET database/N"]


# Two state folders ----------------------------------------------------------------------------


def test_a_second_state_folder_stops_until_it_takes_over(account: Account) -> None:
    account.send(customer(1), order(11, 1), state(n=1))
    second = beside(account)
    stopped(second, "database SEOshop is kept by another state_dir")
    assert second.command("apply", check=False).code == 2
    second.command("apply", "--take-over")
    second.send(customer(1, updated=NOW, firstname="New"), customer(2), order(11, 1), state(n=2))
    assert sorted(account.people()) == ["7:1", "7:2"]
    assert list(account.orders()) == ["7:11"]
    stopped(account, "database SEOshop is kept by another state_dir")
    account.command("apply", "--take-over")
    account.send(customer(1), state(n=3))


def test_two_shops_share_a_database_when_people_say_so(account: Account) -> None:
    account.send(customer(1), state(n=1))
    second = beside(account)
    second.command("apply", "--share")
    second.send(customer(2), state(n=2))
    account.send(customer(3), state(n=3))
    assert sorted(account.people()) == ["7:1", "7:2", "7:3"]


def test_several_shops_have_databases_of_their_own_in_one_account(account: Account) -> None:
    account.send(customer(1), state(n=1))
    beside(account).send(customer(1), state(n=1), database="Second", products_database=None)
    account.send(customer(2), state(n=2))
    assert sorted(account.sandbox.databases()) == ["SEOshop", "SEOshop_products", "Second"]


def test_a_lost_ledger_and_a_restored_backup_are_the_same_owner(account: Account) -> None:
    account.send(customer(1), state(n=1))
    shutil.copytree(account.folder / "state", account.folder / "backup")
    account.send(customer(2), state(n=2))
    account.lose_ledger()
    account.send(customer(1, updated=NOW, firstname="New"), state(n=3))
    shutil.rmtree(account.folder / "state")
    (account.folder / "backup").rename(account.folder / "state")
    account.send(customer(1, updated=NOW, firstname="New"), customer(2), state(n=4))
    assert sorted(account.people()) == ["7:1", "7:2"]


def test_a_dry_run_leaves_no_mark(account: Account) -> None:
    Colleague(account.sandbox, "SEOshop").makes_database()
    before = description(account)
    account.send(customer(1), dry_run=True, products_database=None)
    for command in ("plan", "doctor"):
        account.command(command, products_database=None)
    assert description(account) == before
    account.send(customer(1), products_database=None)
    assert "(state " in description(account)


def test_an_account_that_tells_no_description_is_written_to_all_the_same(
    account: Account,
) -> None:
    account.sandbox.settings(switches={"copernica.database_head": "left_out"})
    for at in range(3):
        since = account.sandbox.last()
        account.send(customer(at), state(n=at))
    assert "PUT database/N" not in account.calls(since)
    second = beside(account)
    second.send(customer(1), state(n=1))
    assert sorted(account.people()) == ["7:0", "7:1", "7:2"]


# A version 0.1 ledger --------------------------------------------------------------------------


def test_an_installation_of_0_1_goes_on_and_learns(account: Account) -> None:
    account.send(customer(1), order(11, 1), state(n=1))
    as_version_0_1(account)
    since = account.sandbox.last()
    account.send(customer(1), order(11, 1), state(n=2))
    learned = account.calls(since)
    assert sorted(learned) == ["GET database/N", "GET database/N", "GET identity", "PUT database/N"]
    assert description(account).startswith("Kept by target-copernica (state ")
    since = account.sandbox.last()
    account.send(customer(1), order(11, 1), state(n=3))
    assert account.calls(since) == ["GET database/N", "GET database/N"]
    account.sandbox.rename_field(account.sandbox.databases()["SEOshop"]["id"], "external_key", "nr")
    assert "is called nr" in account.send(customer(2), check=False).err


def test_a_key_field_that_0_1_made_is_missed_before_its_id_was_learned(account: Account) -> None:
    account.send(customer(1), state(n=1))
    as_version_0_1(account)
    account.sandbox.rename_field(account.sandbox.databases()["SEOshop"]["id"], "external_key", "nr")
    stopped(account, "SEOshop.external_key, which holds the keys, was renamed or removed")


def test_two_installations_of_0_1_in_one_database_go_on_and_are_reported(account: Account) -> None:
    account.send(customer(1), state(n=1))
    second = beside(account)
    second.command("apply", "--share")
    second.send(customer(2), state(n=1))
    as_version_0_1(account)
    as_version_0_1(second)
    account.send(customer(1), state(n=2))
    assert "is kept by another state_dir, too" in second.send(customer(2), state(n=2)).err
    account.send(customer(1), state(n=3))


# Marks ----------------------------------------------------------------------------------------

OWNERS = st.sampled_from(["0" * 12, "a" * 12, "b" * 12])
WORDS = st.sampled_from(
    ["", "Our people", "Kept by target-copernica", "Kept by target-copernica for us", "(state x)"]
)
MOMENT = datetime(2026, 11, 2, tzinfo=UTC)


@given(WORDS, st.lists(st.tuples(OWNERS, st.booleans())), OWNERS)
def test_a_mark_is_found_whatever_stood_there(words: str, before: list[tuple[str, bool]], owner: str) -> None:
    text = words
    for other, alone in before:
        if not is_marked(text, other):
            text = marked(text, other, alone=alone)
    known = KnownPlace("d1", "SEOshop", marked="")
    others = {other for other, _ in before if is_marked(text, other)}
    expected = None if owner in others or not others else foreign_owner(text, owner, None)
    assert foreign_owner(text, owner, known) == expected
    taken = marked(text, owner, alone=True)
    assert is_marked(taken, owner)
    assert all(foreign_owner(taken, other, known) == owner for other in {"0" * 12, "a" * 12} - {owner})
    shared = marked(text, owner)
    assert all(is_marked(shared, one) for one in {owner, *others})
    assert marked(taken, owner, alone=True) == taken
    assert taken.startswith(words.removesuffix("Kept by target-copernica").rstrip())


@pytest.mark.parametrize(
    ("text", "last", "expected"),
    [
        (None, None, False),
        ("", None, True),
        ("", "", True),
        ("", (MOMENT - timedelta(hours=23)).isoformat(), False),
        ("", (MOMENT - timedelta(hours=24)).isoformat(), True),
        (marked("", "a" * 12), None, False),
        (marked("", "b" * 12), None, True),
    ],
)
def test_a_mark_is_written_where_it_is_missing_and_once_a_day(
    text: str | None, last: str | None, *, expected: bool
) -> None:
    assert may_mark(text, "a" * 12, KnownPlace("d1", "SEOshop", marked=last), MOMENT) is expected
