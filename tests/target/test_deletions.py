"""What a record with `_sdc_deleted_at` does: nothing, a mark, or a deletion by id, with a cap."""

from typing import Any

import pytest

from support.account import Account
from support.singer import customer, order, record, state

GONE = {"_sdc_deleted_at": "2026-11-02T09:20:10Z"}
NOW = "2026-11-02T09:20:00Z"
LATER = "2026-11-02T09:21:00Z"


def test_it_is_ignored_unless_wanted(account: Account) -> None:
    account.send(customer(1), customer(1, updated=NOW, **GONE))
    assert set(account.people()) == {"7:1"}
    assert "deleted_at" not in account.people()["7:1"]


def test_a_flag_is_set_and_taken_back(account: Account) -> None:
    account.send(customer(1), customer(2, **GONE), order(11, 1, **GONE), deletes="flag")
    assert account.people()["7:2"]["deleted_at"] == "2026-11-02 10:20:10"
    assert account.people()["7:1"]["deleted_at"] in ("", "0000-00-00 00:00:00")
    assert account.orders()["7:11"]["deleted_at"] == "2026-11-02 10:20:10"
    account.send(customer(2, updated=NOW, _sdc_deleted_at=None), deletes="flag")
    assert account.people()["7:2"]["deleted_at"] in ("", "0000-00-00 00:00:00")


def test_a_deletion_is_one_call_by_id_and_may_come_back(account: Account) -> None:
    everything = [customer(1), customer(2), order(11, 1), order(12, 2)]
    account.send(*everything)
    before = account.sandbox.last()
    ended = account.send(
        order(12, 2, updated=NOW, **GONE), customer(1, updated=NOW, **GONE), state(n=1), deletes="delete"
    )
    assert account.calls(before)[2:] == ["DELETE subprofile/N", "DELETE profile/N"]
    assert ended.lines() == [{"n": 1}]
    assert "2 deleted" in ended.err
    assert (set(account.people()), set(account.orders())) == ({"7:2"}, set())
    account.send(*everything, deletes="delete")
    assert (set(account.people()), set(account.orders())) == ({"7:1", "7:2"}, {"7:11", "7:12"})


def test_what_never_came_or_is_gone_needs_no_call(account: Account) -> None:
    account.send(customer(1))
    ended = account.send(customer(5, **GONE), customer(6), customer(6, updated=NOW, **GONE), deletes="delete")
    assert set(account.people()) == {"7:1"}
    assert "2 removed" in ended.err


def test_an_older_deletion_deletes_nothing(account: Account) -> None:
    account.send(customer(1, updated=LATER))
    account.send(customer(1, updated=NOW, **GONE), deletes="delete")
    assert set(account.people()) == {"7:1"}


def test_a_stream_that_adds_fields_only_loses_those(account: Account) -> None:
    account.send(customer(1), record("customer_summaries", customerId=1, orderCount=3))
    account.send(record("customer_summaries", customerId=1, orderCount=3, **GONE), deletes="delete")
    assert account.people()["7:1"]["order_count"] == "0"
    assert account.people()["7:1"]["firstname"] == "Zoë"


@pytest.mark.parametrize("settings", [{}, {"max_deletes": 1}])
def test_more_than_the_cap_end_the_run(account: Account, settings: dict[str, Any]) -> None:
    account.send(customer(1), customer(2), customer(3))
    gone = [customer(number, updated=NOW, **GONE) for number in (1, 2)]
    ended = account.send(*gone, check=False, deletes="delete", **settings)
    assert (ended.code, set(account.people())) == ((5, {"7:2", "7:3"}) if settings else (0, {"7:3"}))
    assert ("max_deletes" in ended.err) == bool(settings)
