"""`plan` and `apply`: what is said of the structure, and what is made of it."""

import pytest

from support.account import Account
from support.colleague import Colleague
from support.programs import BIN, run
from support.singer import customer
from target_copernica.commands.doctor import in_words

MEMO = {"streams": {"customers": {"fields": {"memo": {"from": "memo"}}}}}


def rows(text: str) -> dict[str, str]:
    """The rows of a plan: `place.field` and what stands behind it."""
    cells = (line.split() for line in text.splitlines())
    return {f"{row[0]}.{row[1]}": " ".join(row[2:]) for row in cells if len(row) > 2 and "." not in row[1]}


def test_the_commands_are_found_and_explained() -> None:
    said = run(BIN / "target-copernica", "--help").out
    assert "plan" in said
    assert "apply" in said


def test_a_plan_makes_nothing_and_apply_makes_what_it_says(account: Account) -> None:
    planned = account.command("plan").out
    assert rows(planned)["SEOshop.Orders.total"] == "float missing"
    assert "Database SEOshop is not there yet" in planned
    assert account.sandbox.databases() == {}
    applied = account.command("apply").out
    assert "created SEOshop.Orders.total" in applied
    assert sorted(account.sandbox.databases()) == ["SEOshop", "SEOshop_products"]
    assert "missing" not in account.command("plan").out
    since = account.sandbox.last()
    assert "0 fields created" in account.command("apply").out
    assert not [call for call in account.calls(since) if not call.startswith("GET")]


def test_what_a_new_field_means_for_people_who_are_there(account: Account) -> None:
    account.command("apply")
    assert "people" not in account.command("plan", mapping=MEMO).out
    account.send(customer(1))
    said = account.command("plan", mapping=MEMO).out
    assert rows(said)["SEOshop.memo"] == "text 255 missing"
    assert "1 new fields stand empty" in said


def test_the_doctor_finds_nothing_wrong_before_and_after_a_first_run(account: Account) -> None:
    assert "the next run or `apply` makes them" in account.command("doctor").out
    account.send(customer(1), customer(2, email="person1@example.com"))
    since = account.sandbox.last()
    said = account.command("doctor").out
    assert "SEOshop: keys" in said
    assert "days" in next(line for line in said.splitlines() if line.startswith("clock"))
    assert "1 addresses belong to more than one profile" in said
    assert "wrong" not in said
    assert not [call for call in account.calls(since) if not call.startswith("GET")]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (125, "2 minutes 5 seconds"),
        (3600, "1 hour"),
        (86399.6, "1 day"),
        (2327629, "26 days 22 hours"),
    ],
)
def test_a_span_of_time_in_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


def test_the_doctor_says_that_nobody_can_be_mailed(account: Account) -> None:
    account.send(customer(1))
    assert "can be mailed" not in account.command("doctor", "--quick").out
    Colleague(account.sandbox, "SEOshop").forbids_mail()
    assert "no mail can be sent to it" in account.command("doctor", "--quick").out


def test_the_doctor_says_what_to_do(account: Account) -> None:
    refused = account.command("doctor", check=False, api_token="not-a-token-of-this-account-0123456789")
    assert refused.code == 3
    assert "api_token" in refused.err
    missing = account.command("doctor", check=False, auto_create=False)
    assert missing.code == 2
    account.send(customer(1), customer(2))
    twin = next(one for one in account.sandbox.profiles("SEOshop") if one["fields"]["external_key"] == "7:2")
    account.sandbox.edit_profile(int(twin["ID"]), external_key="7:1")
    doubled = account.command("doctor", check=False)
    assert (doubled.code, "1 keys stand there twice" in doubled.out) == (2, True)
    assert account.command("doctor", "--quick").code == 0
