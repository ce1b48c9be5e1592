"""Nothing is written before the tap has said what will come."""

import json

import pytest

from support.account import Account
from support.singer import customer, schema, state


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_a_tap_that_sent_nothing_builds_nothing_and_is_no_success(account: Account, text: str) -> None:
    ended = account.send_text(text)
    assert (ended.code, ended.out) == (2, "")
    assert "the tap sent nothing" in ended.err.splitlines()[-1]
    assert account.sandbox.databases() == {}
    status = json.loads(account.command("status", "--json").out)
    assert status["last_run"]["exit_code"] == 2
    assert "the tap sent nothing" in status["last_run"]["cause"]


def test_a_tap_that_had_nothing_to_send_is_a_success(account: Account) -> None:
    ended = account.send(state(n=1))
    assert ended.lines() == [{"n": 1}]
    assert account.sandbox.databases() == {}
    account.send(schema("customers"))
    assert set(account.sandbox.databases()) == {"SEOshop", "SEOshop_products"}
    assert account.send(customer(1), state(n=2)).lines() == [{"n": 2}]


def test_a_first_line_that_is_no_message_builds_nothing(account: Account) -> None:
    assert account.send_text("Traceback (most recent call last):\n").code == 2
    assert account.sandbox.databases() == {}
