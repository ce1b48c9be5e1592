"""A damaged ledger is rebuilt by one command, and a full run makes Copernica equal to the shop again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.account import Account
from support.colleague import Colleague
from support.singer import complete, customer, order, record, schema, state

pytestmark = pytest.mark.slow

NOW = "2026-11-02T08:20:00Z"
LATER = "2026-11-02T08:21:00Z"


def groups(number: int, *titles: str) -> dict[str, Any]:
    return record("customer_group_sets", customerId=number, groupTitles=list(titles))


FIRST = [
    customer(1, email="same@example.com"),
    customer(2, email="same@example.com"),
    customer(3),
    groups(1, "VIP"),
    groups(3, "VIP"),
    complete("customer_group_sets"),
    order(11, 1),
    state(n=1),
]
"""Two share an address, two are in a group."""
SHOP = [
    customer(1, email="same@example.com"),
    customer(2, updated=NOW, email="other@example.com"),
    customer(3, updated=NOW, firstname="New"),
    groups(1, "VIP"),
    complete("customer_group_sets"),
    order(11, 1, updated=NOW, status="completed"),
    state(n=2),
]
"""What the shop has afterwards: the address is not shared any more, and one has left the last group."""


def is_as_the_shop(account: Account) -> None:
    people = {key: one for key, one in account.people().items() if key}  # a colleague's has none
    assert set(people) == {"7:1", "7:2", "7:3"}
    assert (people["7:3"]["firstname"], people["7:2"]["email"]) == ("New", "other@example.com")
    assert {key: one["customer_groups"] for key, one in people.items()} == {
        "7:1": "VIP",
        "7:2": "",
        "7:3": "",
    }
    assert {one["shared_email"] for one in people.values()} == {""}
    assert account.orders()["7:11"]["status"] == "completed"
    assert "changed" not in account.command("check").out


def zeroed(ledger: Path) -> None:
    content = bytearray(ledger.read_bytes())
    content[4096 * 2 : 4096 * 6] = bytes(4096 * 4)
    ledger.write_bytes(content)


def made_a_folder(ledger: Path) -> None:
    ledger.unlink()
    ledger.mkdir()


DAMAGES: list[Callable[[Path], object]] = [
    lambda ledger: ledger.write_bytes(b"no ledger at all" * 1000),
    lambda ledger: ledger.write_bytes(b""),
    zeroed,
    made_a_folder,
    Path.unlink,
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_one_command_and_one_full_run_repair_it(account: Account, damage: Callable[[Path], object]) -> None:
    account.send(*FIRST)
    people = account.people()
    assert people["7:1"]["shared_email"] == people["7:2"]["shared_email"] == "yes"
    assert people["7:3"]["customer_groups"] == "VIP"
    colleague = Colleague.beside(account.sandbox, "SEOshop")
    damage(account.folder / "state" / "ledger.sqlite")
    mailed, before = account.mailed(), account.sandbox.last()
    told = account.command("check", "--rebuild")
    assert {call.split()[0] for call in account.calls(before)} == {"GET"}
    assert told.out.startswith("SEOshop: 4 read; 1 that did not come from here")
    assert "Run the tap in full once" in told.out
    ended = account.send(*SHOP)
    assert ended.lines() == [{"n": 2}]
    is_as_the_shop(account)
    assert account.mailed() == mailed
    colleague.is_untouched()


def test_a_ledger_is_rebuilt_also_where_its_mark_was_lost_with_it(account: Account) -> None:
    account.send(customer(1), state(n=1))
    (account.folder / "state" / "tombstones.jsonl").unlink()
    account.send(customer(2), state(n=2))
    zeroed(account.folder / "state" / "ledger.sqlite")
    for line, command in (
        ("is damaged, or no ledger", ("check", "--rebuild")),
        ("is kept by another state_dir", ("apply", "--take-over")),
    ):
        ended = account.send(customer(3), state(n=3), check=False)
        assert (ended.code, line in ended.err) == (2, True), ended.err
        account.command(*command)
    account.send(customer(3), state(n=3))
    assert sorted(account.people()) == ["7:1", "7:2", "7:3"]


def test_a_damaged_ledger_is_rebuilt_also_where_copernica_lacks_something(account: Account) -> None:
    account.send(*FIRST)
    collections = account.sandbox.databases()["SEOshop"]["collections"]
    rows = next(one["id"] for one in collections if one["name"] == "OrderItems")
    account.sandbox.remove_place(rows, of="collections")
    zeroed(account.folder / "state" / "ledger.sqlite")
    ended = account.command("check", "--rebuild", check=False)
    assert (ended.code, "The ledger was built anew" in ended.out) == (2, True), ended.log
    assert "`target-copernica apply` makes" in ended.err
    account.command("apply")
    account.send(*SHOP)
    is_as_the_shop(account)


def test_a_healthy_ledger_may_be_rebuilt_and_the_removed_stay_removed(account: Account) -> None:
    account.send(*FIRST, customer(4))
    account.sandbox.remove_profile(Colleague(account.sandbox, "SEOshop").number_of("7:4"))
    account.command("check")
    account.command("check", "--rebuild", "--json")
    account.send(*SHOP, customer(4, updated=LATER))
    is_as_the_shop(account)


def test_what_copernica_cannot_tell_is_kept(account: Account) -> None:
    """Calls of the month, and the streams that have no mapping."""
    things: dict[str, Any] = {"type": "string"}
    head = schema("things", {"id": things, "name": things}, ["id"])
    account.send(head, record("things", id="a", name="A"), preset=None)
    spent = json.loads(account.command("status", "--json", preset=None).out)["calls"]
    assert "things: 1 read" in account.command("check", "--rebuild", preset=None).out
    now_spent = json.loads(account.command("status", "--json", preset=None).out)["calls"]
    assert all(now_spent[month] >= calls > 0 for month, calls in spent.items())


def test_a_ledger_that_cannot_be_rebuilt_stays(account: Account) -> None:
    account.send(*FIRST)
    ledger = account.folder / "state" / "ledger.sqlite"
    before = ledger.read_bytes()
    ended = account.command("check", "--rebuild", check=False, api_token="wrong")
    assert ended.code == 3
    assert "built anew" not in ended.out
    assert ledger.read_bytes() == before
    assert not list(ledger.parent.glob("*.damaged*"))
    assert account.command("check", "--rebuild", check=False, dry_run=True).code == 2
    assert ledger.read_bytes() == before
