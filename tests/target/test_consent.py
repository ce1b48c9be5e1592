"""Who may be mailed, from the shop's list to Copernica and back."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.account import Account
from support.colleague import Colleague
from support.sandbox import Sandbox
from support.singer import complete, customer, record, schema, state

pytestmark = pytest.mark.slow

ASKED, LATER = "2026-11-02T08:00:00Z", "2026-11-02T09:05:00Z"


def subscription(number: int, person: int, *, at: str = ASKED, **fields: Any) -> dict[str, Any]:
    body = {"id": number, "email": f"Person{person}@Example.com", "createdAt": at, "updatedAt": at}
    return record("subscriptions", **{**body, "isConfirmed": True, **fields})


def listed(*subscriptions: dict[str, Any]) -> list[dict[str, Any]]:
    """A complete list."""
    return [schema("subscriptions"), *subscriptions, complete("subscriptions")]


def newsletter(account: Account) -> dict[str, str]:
    return {key: one["newsletter"] for key, one in account.people().items()}


def number_of(account: Account, key: str) -> int:
    profiles = account.sandbox.profiles("SEOshop")
    return next(int(one["ID"]) for one in profiles if one["fields"]["external_key"] == key)


@pytest.fixture
def colleague(account: Account) -> Colleague:
    return Colleague(account.sandbox, "SEOshop")


@pytest.fixture
def account(account: Account) -> Account:
    """Two of three customers subscribed, in a database that was made from here."""
    account.send(*[customer(number) for number in (1, 2, 3)], *listed(subscription(5, 1), subscription(6, 2)))
    return account


def test_only_people_who_subscribed_may_be_mailed(account: Account) -> None:
    assert newsletter(account) == {"7:1": "yes", "7:2": "yes", "7:3": ""}
    first = account.people()["7:1"]
    assert first["newsletter_shop"] == "yes"
    assert first["newsletter_since"] == "2026-11-02 09:00:00"
    assert first["newsletter_source"] == "shop:subscription:5"
    assert (first["mail_basis"], first["optout_at"]) == ("double", "")
    assert account.mailed() == []
    before = account.sandbox.last()
    account.send(*listed(subscription(5, 1), subscription(6, 2)))
    assert not [call for call in account.calls(before) if not call.startswith("GET")]
    proof = account.folder / "state" / "consent.jsonl"
    assert "example" not in proof.read_text().lower()
    assert proof.stat().st_mode & 0o777 == 0o600
    assert proof.read_text().count("shop:subscription:") == 2


def test_an_opt_out_in_copernica_is_never_undone(account: Account) -> None:
    account.sandbox.unsubscribe(number_of(account, "7:1"))
    assert newsletter(account)["7:1"] == "no"  # at once: the behaviour was set when the database was made
    for _ in range(2):
        account.send(
            customer(1, updated=LATER, firstname="New"), *listed(subscription(5, 1), subscription(6, 2))
        )
        assert newsletter(account) == {"7:1": "no", "7:2": "yes", "7:3": ""}
        account.lose_ledger()
    account.sandbox.clock(advance=7200)
    account.send(*listed(subscription(9, 1, at="2026-11-02T10:30:00Z"), subscription(6, 2)))
    assert newsletter(account)["7:1"] == "yes"  # a later act of one's own


@pytest.mark.parametrize("system", ["ms", "publisher"])
def test_a_complaint_is_for_good(account: Account, colleague: Colleague, system: str) -> None:
    colleague.sets_unsubscribe({"behavior": "nothing"})
    account.sandbox.unsubscribe(number_of(account, "7:1"), kind="abuses", system=system)
    account.sandbox.clock(advance=7200)
    account.send(*listed(subscription(9, 1, at="2026-11-02T11:00:00Z"), subscription(6, 2)))
    assert newsletter(account)["7:1"] == "no"
    assert account.people()["7:1"]["newsletter_source"] == "copernica:complaint"
    told = account.command("consent", "report").out
    assert "complaint" in told


def test_who_is_gone_from_two_complete_lists_opted_out(account: Account) -> None:
    account.send(*listed(subscription(6, 2)))
    assert newsletter(account)["7:1"] == "yes"
    account.sandbox.clock(advance=3600)
    account.send(*listed(subscription(6, 2)))
    assert newsletter(account) == {"7:1": "no", "7:2": "yes", "7:3": ""}
    assert account.people()["7:1"]["newsletter_shop"] == "no"
    account.send(*listed(subscription(5, 1), subscription(6, 2)))  # the old one is no new act
    assert newsletter(account)["7:1"] == "no"


@pytest.mark.parametrize("left", ["yes", "no"])
def test_a_profile_whose_key_was_moved_away_is_mailed_no_more(
    account: Account, colleague: Colleague, left: str
) -> None:
    """No opt-out would reach it; an opt-out that stands there stays."""
    before = number_of(account, "7:1")
    colleague.changes(before, external_key="", newsletter=left)
    kept = colleague.creates({"email": "person1@example.com", "external_key": "7:1"})
    account.command("check")
    account.send(customer(1, updated=LATER, firstname="New"))
    assert account.sandbox.profile(kept)["firstname"] == "New"
    assert account.sandbox.profile(before)["newsletter"] == {"yes": "", "no": "no"}[left]


@pytest.mark.parametrize("by", ["a run", "check --rebuild", "check"])
def test_who_leaves_the_list_while_all_that_was_known_is_lost_opted_out(account: Account, by: str) -> None:
    account.send(customer(1, email="other@example.com", shopId=8))
    account.sandbox.edit_profile(number_of(account, "8:1"), newsletter="yes", newsletter_shop="yes")
    stays = account.people()["7:2"]
    shutil.rmtree(account.folder / "state")
    account.command("apply", "--take-over")
    if by != "a run":
        account.command(*by.split())
    for _ in range(3):
        account.send(customer(1), customer(2), customer(3), *listed(subscription(6, 2)))
        account.sandbox.clock(advance=3600)
    # The other shop in this database has a list of its own.
    assert newsletter(account) == {"7:1": "no", "7:2": "yes", "7:3": "", "8:1": "yes"}
    assert account.people()["7:1"]["newsletter_shop"] == "no"
    assert account.people()["7:2"] == stays


def test_a_subscription_that_takes_the_place_of_another_is_no_opt_out(account: Account) -> None:
    for _ in range(2):
        account.send(*listed(subscription(6, 2), subscription(8, 1)))
        account.sandbox.clock(advance=60)
    assert newsletter(account) == {"7:1": "yes", "7:2": "yes", "7:3": ""}


@pytest.mark.parametrize("is_lost", [False, True])
def test_a_list_that_is_cut_stops_the_run(account: Account, *, is_lost: bool) -> None:
    if is_lost:
        shutil.rmtree(account.folder / "state")
        account.command("apply", "--take-over")
        account.send(customer(3), *listed())  # tells which shop's people are missed
    account.send(*listed())
    account.sandbox.clock(advance=3600)
    ended = account.send(*listed(), state(n=1), check=False, max_optouts=1)
    assert (ended.code, ended.out) == (2, "")
    assert "2 subscriptions are gone" in ended.err
    assert newsletter(account)["7:1"] == "yes"


def test_consent_belongs_to_the_address(account: Account) -> None:
    account.send(customer(1, updated=LATER, email="elsewhere@example.com"))
    assert newsletter(account)["7:1"] == ""
    account.send(customer(3, updated=LATER, email="person2@example.com"))  # another profile of that person
    assert newsletter(account) == {"7:1": "", "7:2": "yes", "7:3": ""}
    account.sandbox.unsubscribe(number_of(account, "7:2"))
    account.sandbox.clock(advance=7200)
    account.send(customer(1))
    assert newsletter(account) == {"7:1": "", "7:2": "no", "7:3": "no"}


def test_a_colleagues_no_stays_when_the_address_changes(account: Account) -> None:
    account.sandbox.edit_profile(number_of(account, "7:1"), newsletter="no")
    since = account.sandbox.last()
    account.send(customer(1, updated=LATER, email="elsewhere@example.com"))
    assert newsletter(account)["7:1"] == "no"
    assert account.people()["7:1"]["email"] == "elsewhere@example.com"
    assert sum("profiles" in call and call.startswith("GET") for call in account.calls(since)) == 1
    account.send(customer(1, updated="2026-11-02T10:10:00+00:00"))  # that no was of the old one
    assert newsletter(account)["7:1"] == "no"


def test_a_new_customer_who_opted_out_before_is_no_from_the_start(account: Account) -> None:
    account.sandbox.unsubscribe(number_of(account, "7:2"))
    account.sandbox.clock(advance=7200)
    account.send(customer(1))
    account.send(customer(4, email="PERSON2@example.com"))
    assert newsletter(account)["7:4"] == "no"


def test_what_a_colleague_sets_is_left_alone(account: Account) -> None:
    account.sandbox.edit_profile(number_of(account, "7:1"), newsletter="no")
    account.sandbox.edit_profile(number_of(account, "7:3"), newsletter="yes")
    account.sandbox.clock(advance=7200)
    account.send(*listed(subscription(5, 1), subscription(6, 2), subscription(7, 3)))
    assert newsletter(account) == {"7:1": "no", "7:2": "yes", "7:3": "yes"}
    # 7:1 asks once more: of what was written, all but the word that others may have changed is written again.
    account.send(*listed(subscription(8, 1, at=LATER), subscription(6, 2), subscription(7, 3)))
    assert account.people()["7:1"]["optin_at"] == "2026-11-02 10:05:00"
    assert newsletter(account) == {"7:1": "no", "7:2": "yes", "7:3": "yes"}


def test_an_act_of_now_starts_the_follow_ups_of_pending(account: Account) -> None:
    lists = listed(subscription(5, 1), subscription(7, 3, at=LATER, isConfirmed=False))
    account.send(*lists, require_confirmed=True, live_from=ASKED)
    assert newsletter(account)["7:3"] == "pending"
    assert account.mailed() == ["profile changed"]


def test_consent_off_makes_no_fields(start_sandbox: Callable[..., Sandbox], tmp_path: Path) -> None:
    sandbox = start_sandbox(
        customers=0, orders=0, order_rows=0, more=("--import-seconds", "0.1", "--no-curated")
    )
    account = Account(sandbox, tmp_path)
    account.send(customer(1), *listed(subscription(5, 1)), consent="off")
    assert "newsletter" not in account.people()["7:1"]
    assert not (tmp_path / "state" / "consent.jsonl").exists()
    account.send(customer(1), *listed(subscription(5, 1)), consent="mirror")
    first = account.people()["7:1"]
    assert (first["newsletter"], first["newsletter_shop"]) == ("", "yes")


def test_the_report_names_what_differs_and_why(account: Account) -> None:
    account.sandbox.edit_profile(number_of(account, "7:3"), newsletter="yes")
    told = json.loads(account.command("consent", "report", "--json").out.splitlines()[0])
    assert told["mailed, and the shop does not say so"] == 1


def test_doctor_refuses_the_ratchet_where_an_unsubscribe_changes_nothing(
    account: Account, colleague: Colleague
) -> None:
    assert "lowers newsletter" in account.command("doctor", "--quick").out
    colleague.sets_unsubscribe({"behavior": "remove"})
    assert "removes the profile" in account.command("doctor", "--quick").out
    colleague.sets_unsubscribe({"behavior": "nothing"})
    ended = account.command("doctor", "--quick", check=False)
    assert (ended.code, "not safe" in ended.out) == (2, True)
    assert account.command("doctor", "--quick", consent="mirror").code == 0


def test_a_person_who_complained_may_ask_again_after_a_person_said_so(account: Account) -> None:
    account.sandbox.unsubscribe(number_of(account, "7:1"), kind="abuses")
    account.sandbox.clock(advance=7200)
    again = listed(subscription(9, 1, at="2026-11-02T10:30:00Z"), subscription(6, 2))
    account.send(*again)
    assert newsletter(account)["7:1"] == "no"
    file = account.folder / "reopened"
    file.write_text("person1@example.com\n")
    account.command("consent", "reopen", "--from", str(file), "--yes")
    account.send(*again)
    assert newsletter(account)["7:1"] == "yes"


def test_with_a_token_that_may_not_read_opt_outs_no_one_is_raised(account: Account) -> None:
    account.sandbox.fault("copernica", "/(ms|publisher)/", "status", status=403, body="{}", times=None)
    ended = account.send(*listed(subscription(5, 1), subscription(6, 2), subscription(7, 3)))
    assert newsletter(account)["7:3"] == ""
    assert "nothing is raised" in ended.err
    account.sandbox.clear_faults()
    account.send(*listed(subscription(5, 1), subscription(6, 2), subscription(7, 3)))
    assert newsletter(account)["7:3"] == "yes"


def test_without_auto_create_a_run_works_without_the_consent_fields(
    start_sandbox: Callable[..., Sandbox], tmp_path: Path
) -> None:
    more = ("--import-seconds", "0.1", "--no-curated")
    account = Account(start_sandbox(customers=0, orders=0, order_rows=0, more=more), tmp_path)
    account.send(customer(1), consent="off")
    account.send(customer(1), *listed(subscription(5, 1)), auto_create=False)
    assert "newsletter" not in account.people()["7:1"]
