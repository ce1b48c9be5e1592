"""Events for Copernica's events API: each live act is sent at most once, history never."""

import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from support.account import Account
from support.killing import started, until
from support.singer import complete, customer, record, schema, state
from target_copernica.memory.api_events import EventMarks
from target_copernica.memory.ledger import Ledger
from target_copernica.memory.tombstones import Tombstones

pytestmark = pytest.mark.slow

ON: dict[str, Any] = {"events": ["user/register", "email/unsubscribe"]}
NOW, DAY = "2026-11-02T09:20:00Z", 86400
ASKED = "2026-11-02T08:00:00Z"


def listed(*people: int) -> list[dict[str, Any]]:
    """A complete list of subscriptions."""
    told = [
        record(
            "subscriptions", id=100 + one, email=f"Person{one}@Example.com", createdAt=ASKED,
            updatedAt=ASKED, isConfirmed=True,
        )
        for one in people
    ]  # fmt: skip
    return [schema("subscriptions"), *told, complete("subscriptions")]


def event_calls(account: Account, before: int) -> list[str]:
    return [call for call in account.calls(before) if "events/" in call]


@pytest.fixture
def account(account: Account) -> Account:
    """One with two customers of before, one of whom subscribed; its first load told nothing."""
    account.send(customer(1), customer(2, at=ASKED), *listed(1), state(n=1), **ON)
    assert account.sandbox.events() == []
    return account


def registered(*people: int) -> list[tuple[str, dict[str, str]]]:
    return [("user/register", {"email": f"person{one}@example.com"}) for one in people]


def test_the_event_of_a_new_customer_is_sent_once(account: Account) -> None:
    messages = (customer(3, at=NOW), customer(4), customer(1, updated=NOW, firstname="New"), state(n=2))
    ended = account.send(*messages, **ON)
    assert account.sandbox.events() == registered(3)
    assert "events for Copernica: 1 sent: user/register" in ended.err
    assert "person3" not in ended.err
    before = account.sandbox.last()
    account.send(*messages, customer(3, at=NOW, updated="2026-11-02T09:30:00Z", firstname="N"), **ON)
    assert event_calls(account, before) == []
    account.sandbox.clock(advance=3600)
    account.lose_ledger()
    account.send(*messages, live_from=ASKED, **ON)
    assert account.sandbox.events() == registered(3), "also with a lost ledger and a wide live_from"


def test_after_a_rebuild_of_the_ledger_no_event_is_sent_twice(account: Account) -> None:
    account.send(customer(3, at=NOW), state(n=2), **ON)
    account.command("check", "--rebuild", **ON)
    again = customer(3, at=NOW, updated="2026-11-02T09:30:00Z", firstname="N")
    account.send(again, customer(4, at="2026-11-02T09:19:00Z"), state(n=3), **ON)
    assert account.sandbox.events() == registered(3, 4)


def test_if_the_record_of_sent_events_is_unreadable_events_start_as_in_a_first_run(tmp_path: Path) -> None:
    tombstones = Tombstones(tmp_path / "tombstones.jsonl")
    old, new = (Ledger(tmp_path / name, tombstones) for name in ("old.sqlite", "new.sqlite"))
    old.api_events.mark(EventMarks(ASKED, ASKED, ASKED))
    old.close()
    new.take_over(tmp_path / "old.sqlite")
    assert new.api_events.marks() == EventMarks(ASKED, ASKED, ASKED)
    with closing(sqlite3.connect(tmp_path / "old.sqlite")) as file:
        file.execute("DROP TABLE api_event")
    new.take_over(tmp_path / "old.sqlite")
    assert new.api_events.marks() is None


def test_off_by_default_and_in_a_dry_run(account: Account) -> None:
    before = account.sandbox.last()
    account.send(customer(3, at=NOW), state(n=2))
    ended = account.send(customer(4, at=NOW), state(n=2), dry_run=True, **ON)
    assert "1 would be sent: user/register" in ended.err
    assert event_calls(account, before) == []
    assert account.sandbox.events() == []


def test_the_event_of_an_opt_out_is_sent_once_and_only_if_its_time_is_known(account: Account) -> None:
    account.send(*listed(), state(n=2), **ON)
    account.sandbox.clock(advance=3600)
    account.send(*listed(), state(n=3), **ON)
    assert account.people()["7:1"]["newsletter"] == "no"
    assert account.sandbox.events() == [], "the setting is too young"


def test_the_event_of_a_later_opt_out_is_sent_once(account: Account) -> None:
    for number in (2, 3):
        account.sandbox.clock(advance=DAY - 3600)
        account.send(*listed(1), state(n=number), **ON)
    account.send(*listed(), state(n=4), **ON)
    account.sandbox.clock(advance=3600)
    for number in (5, 6):
        account.send(*listed(), state(n=number), **ON)
        assert account.people()["7:1"]["newsletter"] == "no"
        assert account.sandbox.events() == [("email/unsubscribe", {"email": "person1@example.com"})]


@pytest.mark.parametrize(("do", "arrived"), [("hang_before", []), ("hang_after", registered(3))])
def test_killed_at_its_call_it_is_not_sent_again(
    account: Account, do: str, arrived: list[tuple[str, dict[str, str]]]
) -> None:
    account.sandbox.fault("copernica", "/events/", do, method="POST")
    messages = (customer(3, at=NOW), customer(4, at="2026-11-02T09:21:00Z"), state(n=2))
    process = started(account, *messages, **ON)
    until(lambda: account.sandbox.faults()["faults"][0]["hits"] > 0)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    account.sandbox.clear_faults()
    ended = account.send(*messages, **ON)
    assert account.sandbox.events() == arrived + registered(4)
    assert "1 sent: user/register; 1 without an answer" in ended.err


def test_an_event_is_not_sent_again_after_a_lost_answer(account: Account) -> None:
    account.sandbox.fault("copernica", "/events/", "drop_after", method="POST")
    messages = (customer(3, at=NOW), state(n=2))
    assert "1 answer lost" in account.send(*messages, **ON).err
    account.send(*messages, **ON)
    assert account.sandbox.events() == registered(3)


def test_events_count_for_the_mail_brake_and_are_kept_when_it_stops(account: Account) -> None:
    people = [customer(number, at=NOW) for number in (3, 4)]
    ended = account.send(*people, state(n=2), check=False, max_live=3, **ON)
    assert ended.code == 7
    assert "2 events for Copernica (setting events) and 2 creations" in ended.err
    assert '{"n": 2}' in ended.out.replace('"n":2', '"n": 2'), "what was written is written"
    assert account.sandbox.events() == []
    account.send(*people, state(n=2), max_live=3, **ON)
    assert sorted(str(one) for one in account.sandbox.events()) == sorted(map(str, registered(3, 4)))


def test_an_event_kept_longer_than_the_live_window_is_not_sent(account: Account) -> None:
    account.send(customer(3, at=NOW), state(n=2), check=False, max_live=1, **ON)
    account.sandbox.clock(advance=DAY + 3600)
    assert "1 too old by now" in account.send(state(n=3), schema("customers"), **ON).err
    assert account.sandbox.events() == []


def test_a_replay_sends_none(account: Account) -> None:
    stopped = account.send(customer(3, at=NOW), customer(4, id=None), check=False, max_live=1, **ON)
    assert stopped.code == 7
    account.command("replay", **ON)
    assert account.sandbox.events() == [], "nor what another run kept"
    account.send(schema("customers"), state(n=2), **ON)
    assert account.sandbox.events() == registered(3)


def test_an_account_without_the_call_says_so_and_keeps_the_event(account: Account) -> None:
    refusal: dict[str, Any] = {"status": 400, "body": '{"error": {"message": "Invalid method"}}'}
    account.sandbox.fault("copernica", "/events/", "status", method="POST", **refusal)
    ended = account.send(customer(3, at=NOW), state(n=2), check=False, **ON)
    assert ended.code == 2
    assert "setting events: Copernica has no such call" in ended.err.splitlines()[-1]
    account.send(schema("customers"), state(n=3), **ON)
    assert account.sandbox.events() == registered(3)


def test_the_ledger_keeps_no_address(account: Account) -> None:
    account.send(customer(3, at=NOW), state(n=2), **ON)
    with closing(sqlite3.connect(account.folder / "state" / "ledger.sqlite")) as db:
        rows = db.execute("SELECT kind, place, key, state FROM api_event").fetchall()
    assert rows == [("user/register", None, None, "closed")]
