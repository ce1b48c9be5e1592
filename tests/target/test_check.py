"""`check` reads Copernica back; what was removed there is found, left alone, made anew only on request."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.account import Account
from support.colleague import Colleague
from support.singer import customer, order, order_row, record
from target_copernica.errors import SettingsError
from target_copernica.memory.tombstones import Tombstones

pytestmark = pytest.mark.slow

NOW = "2026-11-02T09:20:00Z"


def checked(account: Account, **settings: Any) -> dict[str, Any]:
    lines = account.command("check", "--json", **settings).out.splitlines()
    return {told["name"]: told for told in map(json.loads, lines)}


FULL = [
    customer(1, birthDate="1980-02-29", phone="+31 6 1234", lastOnlineAt=NOW, gender="female"),
    customer(2, email="person1@example.com", birthDate=None, firstname="  Anna  ", lastname="O'Neil\n"),
    record("customer_summaries", customerId=1, orderCount=3, grossTotal=1234.5, averageOrderValue="12.50"),
    order(11, 1, priceIncl="10.00", weight=0, isNewCustomer=True),
    order(12, 2, priceIncl=1e-7),
    order_row(21, 11, 1, quantityOrdered=1.50),
]


FLOATS = [0.30000000000000004, 123456789012345678, 2.0**63, -(2.0**63), -0.0, 0.1234567890123455, 1e-7]


@pytest.mark.parametrize("floats", ["php", "shortest", "as_sent"])
def test_nothing_differs_after_a_load(account: Account, floats: str) -> None:
    account.sandbox.settings(switches={"copernica.float_printing": floats})
    sums = [order(100 + number, 1, priceIncl=value) for number, value in enumerate(FLOATS)]
    account.send(*FULL, *sums)
    before = account.sandbox.last()
    said = account.command("check").out.splitlines()
    assert said[0] == "SEOshop: 2 read; all as it was written"
    assert all(line.endswith("all as it was written") or " 0 read" in line for line in said), said
    assert {call.split()[0] for call in account.calls(before)} == {"GET"}


def test_what_others_changed_is_reported_and_repaired_and_nothing_else_is_written(account: Account) -> None:
    account.send(*FULL)
    colleague = Colleague.beside(account.sandbox, "SEOshop")
    colleague.changes(colleague.number_of("7:1"), firstname="Colleague", order_count="9")
    told = checked(account)["SEOshop"]
    assert told["changed"] == {"customers": 1, "customer_summaries": 1}
    assert (told["read"], told["unmanaged"], told["strangers"], told["examples"]) == (3, 1, 1, ["7:1"])
    assert checked(account)["SEOshop"]["changed"] == told["changed"]  # nothing was repaired in between
    mailed = account.mailed()
    ended = account.send(*FULL)
    assert account.people()["7:1"]["firstname"] == "Zoë"
    assert account.people()["7:1"]["order_count"] == "3"
    assert "2 updated; 4 unchanged" in ended.err
    assert account.mailed() == mailed
    assert checked(account)["SEOshop"]["changed"] == {}
    colleague.is_untouched()


def test_a_look_passes_by_what_is_not_ours(account: Account) -> None:
    """Orders under a profile without our key, under one that has a key twice, under a removed one."""
    account.send(*FULL)
    colleague = Colleague.beside(account.sandbox, "SEOshop")
    double = colleague.creates({"external_key": "7:1"})
    collections = account.sandbox.databases()["SEOshop"]["collections"]
    orders = next(one["id"] for one in collections if one["name"] == "Orders")
    gone = colleague.number_of("7:2")
    for number, key in ((colleague.own, ""), (colleague.own, "7:777"), (double, "7:778"), (gone, "7:779")):
        colleague.creates_below(number, orders, {"external_key": key})
    account.sandbox.remove_profile(gone)
    colleague.creates_below(gone, orders, {"external_key": "7:780"})
    for _ in range(2):
        told = checked(account, existing_people="beside")
        assert len(told) == 5
        assert told["SEOshop"]["duplicate_keys"] == ["7:1"]
        assert told["SEOshop.Orders"]["unmanaged"] == 1
        account.lose_ledger()


def test_what_was_put_back_by_hand_is_as_it_was_written(account: Account) -> None:
    account.send(*FULL)
    colleague = Colleague(account.sandbox, "SEOshop")
    for name in ("Colleague", "Zoë"):
        colleague.changes(colleague.number_of("7:1"), firstname=name)
        told = checked(account)["SEOshop"]
    assert told["changed"] == {}
    assert "6 unchanged" in account.send(*FULL).err


def test_what_was_changed_is_reported_also_after_a_part_of_it_was_written(account: Account) -> None:
    account.send(*FULL)
    colleague = Colleague(account.sandbox, "SEOshop")
    colleague.changes(colleague.number_of("7:1"), firstname="Colleague")
    assert checked(account)["SEOshop"]["changed"] == {"customers": 1}
    account.send(record("customers", id=1, lastname="New", updatedAt="2026-11-02T09:30:00Z"))
    assert checked(account)["SEOshop"]["changed"] == {"customers": 1}
    account.send({**FULL[0], "record": {**FULL[0]["record"], "updatedAt": "2026-11-02T09:31:00Z"}})
    assert checked(account)["SEOshop"]["changed"] == {}


def test_an_error_in_one_place_hides_no_other_place(account: Account) -> None:
    account.send(*FULL, *[customer(number) for number in range(3, 6)], order(99, 1))
    for number in (3, 4, 5):
        account.sandbox.remove_profile(Colleague(account.sandbox, "SEOshop").number_of(f"7:{number}"))
    ended = account.command("check", check=False, max_tombstones=1)
    assert ended.code == 2
    assert "3 that were written are not there any more" in ended.err
    assert "SEOshop.Orders: 3 read" in ended.out


def test_a_key_that_stands_there_twice_is_reported_until_it_does_not(account: Account) -> None:
    account.send(customer(1))
    colleague = Colleague.beside(account.sandbox, "SEOshop")
    double = colleague.creates({"external_key": "7:1", "firstname": "Double"})
    assert checked(account)["SEOshop"]["duplicate_keys"] == ["7:1"]
    account.send(customer(1, firstname="New"))  # history goes by import, which finds both by their key
    assert account.sandbox.profile(double)["firstname"] == "Double"
    assert [one["reason"].partition(":")[0] for one in account.rejects()] == [
        "its key stands in Copernica twice, and an import would write to both"
    ]
    account.sandbox.remove_profile(double)
    assert checked(account)["SEOshop"]["duplicate_keys"] == []
    account.command("replay")
    assert account.people()["7:1"]["firstname"] == "New"


def test_who_was_removed_stays_removed_also_without_the_ledger(account: Account) -> None:
    account.send(customer(1), customer(2), order(11, 1))
    account.sandbox.remove_profile(Colleague(account.sandbox, "SEOshop").number_of("7:1"))
    assert checked(account)["SEOshop"]["removed"] == ["7:1"]
    account.lose_ledger()
    account.send(customer(1, updated=NOW), customer(2), order(12, 1))
    assert set(account.people()) == {"7:2"}
    assert "7:12" not in account.orders()
    text = (account.folder / "state" / "tombstones.jsonl").read_text()
    assert "7:1" not in text


def test_the_daily_look_finds_who_was_removed(account: Account) -> None:
    account.send(customer(1), customer(2))
    account.sandbox.remove_profile(Colleague(account.sandbox, "SEOshop").number_of("7:1"))
    before = account.sandbox.last()
    account.send(customer(2))
    assert "GET database/N/profiles" not in account.calls(before)
    account.sandbox.clock(advance=2 * 86400)
    ended = account.send(customer(2))
    assert "SEOshop: 1 were removed in Copernica and are left alone" in ended.err


def test_too_many_removed_at_once_stop_the_run(account: Account) -> None:
    account.send(*[customer(number) for number in range(1, 5)])
    for number in range(1, 4):
        account.sandbox.remove_profile(Colleague(account.sandbox, "SEOshop").number_of(f"7:{number}"))
    account.sandbox.clock(advance=2 * 86400)
    ended = account.send(customer(4, firstname="New"), check=False, max_tombstones=2)
    assert ended.code == 2
    assert "3 that were written are not there any more" in ended.err
    assert account.people()["7:4"]["firstname"] == "Zoë"
    assert account.send(customer(4, firstname="New"), max_tombstones=3).code == 0


def test_forgotten_tombstones_let_people_come_back_with_their_orders(account: Account) -> None:
    everything = [customer(1), customer(2), order(11, 1)]
    account.send(*everything)
    account.sandbox.remove_profile(Colleague(account.sandbox, "SEOshop").number_of("7:1"))
    checked(account)
    account.send(customer(1, updated=NOW, firstname="New"))
    assert "7:1" not in account.people()
    assert account.command("forget-tombstones", "--yes").out.startswith("1 tombstones forgotten")
    account.send(*everything)
    assert set(account.people()) == {"7:1", "7:2"}
    assert "7:11" in account.orders()


def test_recreate_makes_anew_who_was_removed(account: Account) -> None:
    account.send(customer(1), order(11, 1))
    account.sandbox.remove_profile(Colleague(account.sandbox, "SEOshop").number_of("7:1"))
    ended = account.send(order(12, 1), on_removed="recreate")
    assert "1 waiting" in ended.err
    assert account.people() == {}
    account.send(customer(1, updated=NOW, firstname="New"), on_removed="recreate")
    assert account.people()["7:1"]["firstname"] == "New"
    assert set(account.orders()) == {"7:12"}
    account.send(order(11, 1), on_removed="recreate")
    assert set(account.orders()) == {"7:11", "7:12"}


@given(st.lists(st.tuples(st.sampled_from(["bury", "lift", "again", "cut"]), st.sampled_from(["a", "b"]))))
def test_tombstones_outlive_the_program(tmp_path_factory: Any, steps: list[tuple[str, str]]) -> None:
    path: Path = tmp_path_factory.mktemp("tombstones") / "tombstones.jsonl"
    tombstones, model = Tombstones(path), set()
    for action, key in steps:
        if action == "bury":
            tombstones.add("d1", key, NOW)
            model.add(key)
        elif action == "lift":
            tombstones.lift("d1", key)
            model.discard(key)
        else:
            if action == "cut":
                with path.open("a") as file:
                    file.write('{"place": "d')
            tombstones = Tombstones(path)
        assert {one for one in "ab" if tombstones.has("d1", one)} == model
        assert not tombstones.has("d2", key)


def test_a_spoilt_file_of_tombstones_stops_everything(tmp_path: Path) -> None:
    path = tmp_path / "tombstones.jsonl"
    Tombstones(path)
    path.write_text(path.read_text() + "nonsense\n")
    with pytest.raises(SettingsError, match="it says who was removed"):
        Tombstones(path)
