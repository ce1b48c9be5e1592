"""The target is killed, or its answers are lost, at the worst moments: nothing is lost, nothing doubled."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.account import Account
from support.killing import started, until
from support.sandbox import Sandbox
from support.singer import customer, lines, order, record, state

NOW = "2026-11-02T09:20:00Z"


@pytest.fixture
def account(start_sandbox: Callable[..., Sandbox], tmp_path: Path) -> Account:
    """An empty account."""
    more = ("--import-seconds", "0.1", "--no-curated")
    return Account(start_sandbox(customers=0, orders=0, order_rows=0, more=more), tmp_path)


def killed_at(account: Account, path: str, *messages: dict[str, Any], do: str = "hang_after") -> None:
    """Run the target into a POST that is carried out and never answered; kill -9 it there."""
    account.sandbox.fault("copernica", path, do, method="POST")
    process = started(account, *messages)
    until(lambda: account.sandbox.faults()["faults"][0]["hits"] > 0)
    process.send_signal(signal.SIGKILL)
    out, _ = process.communicate()
    assert out == ""  # no state left for what was never acknowledged
    account.sandbox.clear_faults()
    account.sandbox.clock(advance=61)  # else the next run waits as long for what may be under way


def test_killed_after_a_post_was_carried_out(account: Account) -> None:
    account.send(customer(1))
    killed_at(account, "/profiles$", customer(2, at=NOW), state(n=1))
    account.send(customer(2, at=NOW), state(n=1))
    assert sorted(account.people()) == ["7:1", "7:2"]
    assert account.mailed().count("profile created") == 1


def test_killed_after_a_subprofile_was_posted(account: Account) -> None:
    account.send(customer(1), order(11, 1))
    killed_at(account, "/subprofiles/", order(12, 1, at=NOW))
    account.send(order(12, 1, at=NOW))
    assert sorted(account.orders()) == ["7:11", "7:12"]


def test_killed_after_an_import_was_posted(account: Account) -> None:
    people = [customer(number) for number in range(1, 31)]
    killed_at(account, "/imports$", *people)
    account.send(*people, state(n=1))
    assert len(account.people()) == 30
    assert account.mailed() == []


def test_killed_after_an_import_of_orders_was_posted(account: Account) -> None:
    account.send(customer(1))
    orders = [order(number, 1) for number in range(11, 31)]
    killed_at(account, "/imports$", *orders)
    account.send(*orders)
    assert len(account.orders()) == 20


@pytest.mark.parametrize("path", ["/databases$", "/fields$", "/collections$"])
def test_killed_while_the_structure_is_made(account: Account, path: str) -> None:
    killed_at(account, path, customer(1), order(11, 1))
    account.send(customer(1), order(11, 1))
    assert list(account.sandbox.databases()) == ["SEOshop", "SEOshop_products"]
    assert list(account.orders()) == ["7:11"]


@pytest.mark.parametrize("path", ["/profiles$", "/imports$", "/subprofiles/"])
def test_a_lost_answer_is_looked_up_before_anything_is_repeated(account: Account, path: str) -> None:
    account.send(customer(1), order(11, 1))
    account.sandbox.fault("copernica", path, "drop_after", method="POST")
    account.send(customer(2, at=NOW), order(12, 2, at=NOW), *[customer(number) for number in range(3, 9)])
    assert sorted(account.people()) == [f"7:{number}" for number in range(1, 9)]
    assert sorted(account.orders()) == ["7:11", "7:12"]


@pytest.mark.parametrize("status", [502, 503, 504])
def test_gateway_trouble_is_waited_out(account: Account, status: int) -> None:
    page = "<html><title>Loadbalancer Error</title></html>"
    account.sandbox.fault(
        "copernica", "/v4/", "status", method="GET", status=status, body=page, nth=2, times=2
    )
    account.send(customer(1), order(11, 1))
    assert list(account.orders()) == ["7:11"]


def test_sigterm_keeps_what_was_committed_and_says_so(account: Account) -> None:
    account.send(customer(1))
    messages = (customer(2, at=NOW), state(n=1), customer(3))
    process = started(account, *messages, end=False, batch_age=0, state_interval=0)
    assert process.stdout is not None
    assert process.stdout.readline() == '{"n":1}\n'
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 128 + signal.SIGTERM
    assert err.splitlines()[-1].startswith("target-copernica: stopped by signal 15")
    assert sorted(account.people()) == ["7:1", "7:2"]
    account.send(customer(3))
    assert sorted(account.people()) == ["7:1", "7:2", "7:3"]


def test_live_records_leave_an_idle_pipe_by_age(account: Account) -> None:
    account.send(customer(1))
    process = started(account, customer(2, at=NOW), state(n=1), end=False, batch_age=0.5, state_interval=0)
    assert process.stdout is not None
    assert process.stdout.readline() == '{"n":1}\n'
    assert sorted(account.people()) == ["7:1", "7:2"]
    process.communicate("")
    assert process.returncode == 0


def test_a_second_run_on_the_same_state_leaves_at_once(account: Account) -> None:
    process = started(account, customer(1), end=False)
    until(lambda: "SEOshop" in account.sandbox.databases())
    second = account.send(customer(2), state(n=2))
    assert second.code == 0
    assert second.lines() == []
    assert "another run is writing" in second.err
    process.communicate("")
    assert list(account.people()) == ["7:1"]


def test_a_cut_last_line_is_not_quoted_and_what_came_before_counts(account: Account) -> None:
    process = started(account, customer(1), end=False)
    out, err = process.communicate(
        lines(state(n=1)) + '{"type": "RECORD", "record": {"email": "secret@person'
    )
    assert process.returncode == 0
    assert out == '{"n":1}\n'
    assert "cut off" in err
    assert "secret@person" not in err


def test_a_broken_line_stops_the_run_and_is_not_quoted(account: Account) -> None:
    process = started(account, customer(1), end=False)
    out, err = process.communicate("secret@person\n" + lines(state(n=1)))
    assert process.returncode == 2
    assert out == ""
    assert err.splitlines()[-1].startswith("target-copernica: line 3 of the input")
    assert "secret@person" not in err


def test_a_record_before_its_schema_is_one_line(account: Account) -> None:
    process = started(account, end=False)
    _, err = process.communicate(
        '{"type": "RECORD", "stream": "customers", "record": {"email": "secret@person"}}\n'
    )
    assert process.returncode == 2
    assert "before the SCHEMA message" in err.splitlines()[-1]
    assert "secret@person" not in err


def test_a_batch_message_is_refused(account: Account) -> None:
    batch = {
        "type": "BATCH",
        "stream": "customers",
        "encoding": {"format": "jsonl"},
        "manifest": ["file:///nowhere"],
    }
    ended = account.send(customer(1), batch, state(n=1), check=False)
    assert ended.code == 2
    assert ended.lines() == []
    assert "batch_config" in ended.err


def test_the_reader_of_the_states_is_gone(account: Account) -> None:
    process = started(account, customer(1), end=False)
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(lines(state(n=1)))
    assert process.returncode == 1
    assert "the reader of this target" in err
    assert "Traceback" not in err
    assert list(account.people()) == ["7:1"]


def test_people_who_are_not_ours_stop_the_first_run(account: Account) -> None:
    account.send(customer(1), preset="seoshop-lite", database="Mine")
    ended = account.send(customer(1), preset="seoshop-lite", database="Mine")
    assert ended.code == 0
    number = account.sandbox.databases()["Mine"]["id"]
    profile = int(account.sandbox.profiles("Mine")[0]["ID"])
    account.sandbox.edit_profile(profile, external_key="")
    (account.folder / "other").mkdir()
    other = Account(account.sandbox, account.folder / "other")
    settings: dict[str, Any] = {"preset": "seoshop-lite", "database": str(number)}
    other.command("apply", "--take-over", "--yes", check=False, **settings)
    stopped = other.send(customer(2), check=False, **settings)
    assert stopped.code == 2
    assert "existing_people" in stopped.err
    assert other.send(customer(2), check=False, **settings).code == 2  # also when asked again
    other.send(customer(2), existing_people="beside", **settings)
    assert len(account.sandbox.profiles("Mine")) == 2


def test_a_renamed_key_field_stops_an_import(account: Account) -> None:
    account.send(customer(1), record("customer_summaries", customerId=1, orderCount=1))
    number = account.sandbox.databases()["SEOshop"]["id"]
    account.sandbox.fault("copernica", f"/database/{number}$", "hang_before", method="GET", nth=2)
    process = started(account, customer(1, updated="2020-01-01T00:00:00Z", firstname="New"))
    until(lambda: account.sandbox.faults()["faults"][0]["hits"] > 0)
    account.sandbox.rename_field(number, "external_key", "mine")
    account.sandbox.clear_faults()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "external_key was renamed or removed" in err
    assert account.sandbox.profiles("SEOshop")[0]["fields"]["firstname"] == "Zoë"


@pytest.mark.parametrize(
    ("path", "method", "code", "told"),
    [
        ("/databases$", "POST", 2, "the database SEOshop could not be made"),
        ("/collections$", "POST", 2, "the collection Orders could not be made"),
        ("/fields$", "POST", 2, "SEOshop still lacks external_key"),
        ("/intentions$", "PUT", 3, "has the token the right to it?"),
        ("/profiles$", "GET", 3, "has the token the right to it?"),
        ("/imports$", "POST", 2, "Copernica must allow imports"),
    ],
)
def test_a_refused_call_is_one_line(account: Account, path: str, method: str, code: int, told: str) -> None:
    refusal = '{"error":{"message":"You may not do this"}}'
    account.sandbox.fault("copernica", path, "status", method=method, status=400, body=refusal, times=500)
    ended = account.send(customer(1), order(11, 1), state(n=1), check=False)
    assert ended.code == code
    assert ended.lines() == []
    last = ended.err.splitlines()[-1]
    assert last.startswith("target-copernica: ")
    assert told in last
    assert "You may not do this" in last
