"""Calls are counted, told by stream, and end with their budget; the run and its state stay whole."""

import json
from typing import Any

import pytest

from support.account import Account
from support.programs import BIN, Ended, run
from support.singer import customer, order, state

pytestmark = pytest.mark.slow

NOW = "2026-11-02T09:20:00Z"


def summary(ended: Ended) -> Any:
    """The JSON line of a run."""
    line = next(line for line in ended.err.splitlines() if "summary {" in line)
    return json.loads(line[line.index("{") :])


def test_the_line_for_machines_says_what_each_stream_cost(account: Account) -> None:
    account.send(customer(1))
    before = account.sandbox.last()
    told = summary(
        account.send(customer(1), customer(2, at=NOW), order(11, 2, at=NOW), order(12, None, shopId=None))
    )
    people, orders = told["streams"]["customers"], told["streams"]["orders"]
    assert {name: people[name] for name in ("read", "created", "updated", "unchanged", "rejected")} == {
        "read": 2, "created": 1, "updated": 0, "unchanged": 1, "rejected": 0,
    }  # fmt: skip
    assert (orders["created"], orders["rejected"]) == (1, 1)
    assert (people["calls"], orders["calls"]) == (
        2,
        2,
    )  # the high-watermark read, and one creation each
    assert told["calls"] == len(account.calls(before)) == 2 + 2 + 2
    assert {"waited", "seconds"} <= people.keys() & told.keys()
    assert told["exit_code"] == 0


def test_the_budget_of_a_run_ends_it_with_its_state_intact(account: Account) -> None:
    account.send(customer(1))
    people = [customer(number, at=NOW) for number in range(2, 8)]
    messages = [message for one in people for message in (one, state(n=one["record"]["id"]))]
    before = account.sandbox.last()
    settings: dict[str, Any] = {"concurrency": 1, "write_route": "single", "batch_age": 0}
    ended = account.send(*messages, check=False, call_budget={"run": 6}, **settings)
    assert ended.code == 6
    assert "the budget of 6 calls for one run (setting call_budget.run) is spent" in ended.err
    assert len(account.calls(before)) == 6
    told = [line["n"] for line in ended.lines()]
    assert all(f"7:{number}" in account.people() for number in range(2, max(told, default=1) + 1))
    ended = account.send(*messages, **settings)
    assert ended.lines()[-1] == {"n": 7}
    assert len(account.people()) == 7


def test_the_budget_of_a_month_counts_all_runs(account: Account) -> None:
    spent = summary(account.send(customer(1)))["calls"]
    assert account.send(customer(1), call_budget={"month": spent + 2}).code == 0
    ended = account.send(customer(1), check=False, call_budget={"month": spent + 2})
    assert ended.code == 6
    assert "call_budget.month" in ended.err
    assert summary(ended)["month_calls"] == spent + 2
    account.sandbox.clock(advance=40 * 86400)
    assert account.send(customer(1), call_budget={"month": spent + 2}).code == 0


def test_status_says_how_the_last_run_ended_and_asks_nothing(account: Account) -> None:
    assert account.command("status").out.startswith("No run yet.")
    account.send(customer(1), customer(2, shopId=None))
    before = account.sandbox.last()
    told = account.command("status").out
    assert "with exit code 0: done" in told
    assert "SEOshop: 1 known, 0 removed" in told
    assert "Refused: 1 records, and 0 fields" in told
    assert json.loads(account.command("status", "--json").out)["last_run"]["exit_code"] == 0
    assert account.sandbox.last() == before


def test_status_counts_refused_fields(account: Account) -> None:
    account.send(customer(1, birthDate="2021-02-30"), customer(2, birthDate="now"))
    told = account.command("status")
    assert "Refused: 0 records, and 2 fields of records that were written" in told.out
    assert json.loads(account.command("status", "--json").out)["rejected_fields"] == len(account.rejects())
    account.send(customer(1, updated="2026-11-02T09:20:00Z", birthDate="2001-02-03"))
    assert "and 1 fields" in account.command("status").out


def test_settings_may_come_from_the_environment(account: Account) -> None:
    config = account.sandbox.target_config(account.folder / "state", state_interval=0.5, max_rejects=0.1)
    env = {
        f"TARGET_COPERNICA_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in config.items()
    }
    ended = run(BIN / "target-copernica", "--config=ENV", "status", env=env)
    assert ended.code == 0, ended.err
    assert ended.out.startswith("No run yet.")
