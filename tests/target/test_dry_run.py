"""A dry run tells what a real one would do, and leaves nothing behind: not there, not here."""

from pathlib import Path

from support.account import Account
from support.singer import LONG_AGO, customer, order, record, state

NOW = "2026-11-02T09:20:00Z"


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (folder / "state").glob("*")}


def test_before_anything_is_there(account: Account) -> None:
    ended = account.send(
        customer(1), customer(1), order(11, 1), customer(2, shopId=None), state(n=1), dry_run=True
    )
    assert ended.out == ""
    assert account.sandbox.databases() == {}
    assert set(contents(account.folder)) == {"lock"}
    assert "would create the database SEOshop" in ended.err
    assert "4 records read; 2 created; 1 rejected" in ended.err
    assert "would be rejected: customers (no key) a key property is empty" in ended.err


def test_what_is_told_is_what_a_real_run_does(account: Account) -> None:
    account.send(customer(1), customer(2), order(11, 1))
    before, files = account.sandbox.last(), contents(account.folder)
    messages = [
        customer(1, updated=NOW, firstname="Secretname", email="secret@example.com"),
        customer(2),
        customer(3, at=NOW),
        customer(1, updated=LONG_AGO, firstname="Older"),
        order(12, 4),
        record("customer_summaries", customerId=3, orderCount=1),
        record("customer_summaries", customerId=9, orderCount=1),
        state(n=1),
    ]
    dry = account.send(*messages, dry_run=True)
    assert {call.split()[0] for call in account.calls(before)} == {"GET"}
    assert contents(account.folder) == files
    assert dry.out == ""
    assert "Secretname" not in dry.err
    assert "secret@example.com" not in dry.err
    assert "would be updated: customers 7:1 " in dry.err
    assert "firstname=S***" in dry.err
    assert "would be waiting: customer_summaries 7:9" in dry.err
    real = account.send(*messages)
    counts = [
        line.split("records read;")[1].split("; calls")[0]
        for line in (dry.err + real.err).splitlines()
        if "records read;" in line
    ]
    told, done = ({word.strip() for word in one.split(";") if "history" not in word} for one in counts)
    assert told == done


def test_without_the_ledger_it_reads_what_is_there(account: Account) -> None:
    account.send(customer(1))
    account.lose_ledger()
    ended = account.send(customer(1), customer(2), dry_run=True)
    assert "1 created; 1 updated" in ended.err


def test_three_examples_of_each_are_enough(account: Account) -> None:
    ended = account.send(*[customer(number) for number in range(9)], dry_run=True)
    assert ended.err.count("would be created: customers") == 3
