"""`forget`: a person is removed for good, in Copernica and here, with a receipt, and does not come back."""

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from support.desk import Desk
from support.sandbox import Sandbox, running_sandbox
from support.singer import LONG_AGO, customer, order, order_row, record
from target_copernica.errors import SettingsError, TooManyRejectsError
from target_copernica.memory.files import LedgerFile

NUMBERS = itertools.count(1)
ADDRESS = "person1@example.com"
SLOW_ASK, SLOW_BLOCK, SLOW_WELCOME = (
    pytest.param(one, marks=pytest.mark.slow) for one in ("ask", "block", "welcome")
)
SOON = "2026-11-20T10:00:00Z"
"""After everything that is forgotten here."""


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    """One sandbox; each test has a database of its own in it."""
    more = ("--import-seconds", "0", "--no-curated")
    with running_sandbox(customers=0, orders=0, order_rows=0, more=more) as sandbox:
        yield sandbox


@pytest.fixture
def desk(shared: Sandbox, tmp_path: Path) -> Desk:
    return Desk(shared, tmp_path, f"Shop{next(NUMBERS)}")


def everyone() -> list[dict[str, Any]]:
    """Two customers, orders of both, one of the second with the address of the first; a guest."""
    return [
        customer(1),
        customer(2),
        record("customer_summaries", customerId=1, orderCount=1, billingStreet="Keizersgracht"),
        order(11, 1),
        order(12, 2),
        order(13, 2, email=ADDRESS.upper()),
        order(14, None, email="guest@example.com"),
        order_row(21, 11, 1),
    ]


def forget(desk: Desk, *lines: str, **settings: Any) -> str:
    return desk.command("forget", "--from", "-", "--yes", lines=lines or [ADDRESS], **settings)


def test_a_person_is_gone_from_copernica_and_from_here(desk: Desk) -> None:
    desk.send(*everyone(), record("customer_summaries", customerId=9, orderCount=1, billingStreet=ADDRESS))
    desk.send(record("orders", id=None, customerId=1, email=ADDRESS))  # refused: it waits as a dead letter
    assert desk.kept(ADDRESS) == ["ledger.sqlite", "rejects.jsonl"]
    said = forget(desk, " Person1@Example.com ")
    assert "1 profiles and 1 other subprofiles removed" in said
    named = said.rpartition("names: ")[2].strip(". \n").replace(",", "").split()
    assert str(desk.sandbox.databases()[desk.database]["id"]) not in named[3:]
    assert sorted(desk.people()) == sorted(["7:2", *(key for key in desk.people() if "mail" in key)])
    assert sorted(desk.orders()) == ["7:12", "7:14"]
    assert desk.held(ADDRESS) == []
    assert desk.kept(ADDRESS) == []
    removed = desk.sandbox.profiles(desk.database, removed=True)
    assert len(removed) == len(desk.people()), "completely: nothing is kept as removed either"


def test_a_preview_and_a_no_change_nothing(desk: Desk) -> None:
    desk.send(*everyone())
    with pytest.raises(SettingsError, match="nothing was done"):
        desk.command("forget", "--from", "-", lines=[ADDRESS])
    with pytest.raises(TooManyRejectsError, match="max_deletes"):
        forget(desk, max_deletes=1)
    assert "nothing was done" in forget(desk, dry_run=True)
    assert "7:1" in desk.people()
    assert not (desk.state / "receipts.jsonl").exists()


def test_a_key_forgets_one_customer_of_a_shared_address(desk: Desk) -> None:
    desk.send(customer(1), customer(2, email=ADDRESS), order(11, 1), order(12, 2, email=ADDRESS))
    assert desk.people()["7:2"]["shared_email"] == "yes"
    forget(desk, "7:1")
    assert (list(desk.people()), list(desk.orders())) == (["7:2"], ["7:12"])
    counted = desk.send(customer(1, updated=SOON), customer(2, email=ADDRESS, updated=SOON))
    assert counted["customers"] == {"read": 2, "forgotten": 1, "unchanged": 1}
    assert list(desk.people()) == ["7:2"]
    assert desk.people()["7:2"]["shared_email"] != "yes"


@pytest.mark.parametrize("on_return", [SLOW_ASK, "block", SLOW_WELCOME])
def test_what_is_older_never_comes_back(desk: Desk, on_return: str) -> None:
    desk.send(*everyone())
    forget(desk)
    (desk.state / "ledger.sqlite").unlink()
    for _ in range(2):
        counted = desk.send(*everyone(), on_return=on_return, on_removed="recreate")
        assert counted["customers"]["forgotten"] == 1
        assert counted["customer_summaries"] == {"read": 1, "forgotten": 1}
        assert counted["orders"]["forgotten"] == 2
        assert counted["order_products"] == {"read": 1, "forgotten": 1}
    assert "7:1" not in desk.people()
    assert desk.held(ADDRESS) == []
    assert desk.kept(ADDRESS) == []


def returns() -> list[dict[str, Any]]:
    """A later order of the customer, and one of another account with that address."""
    return [
        customer(1, updated=SOON),
        customer(5, email=ADDRESS, at=SOON),
        record("customer_summaries", customerId=5, orderCount=1, billingStreet="Keizersgracht"),
        order(15, 1, at=SOON),
        order_row(25, 15, 1, at=SOON),
    ]


def test_block_lets_no_later_order_in(desk: Desk) -> None:
    desk.send(*everyone())
    forget(desk)
    counted = desk.send(*returns(), on_return="block")
    assert counted["orders"] == {"read": 1, "blocked": 1}
    assert counted["customers"] == {"read": 2, "blocked": 1, "forgotten": 1}
    assert desk.held(ADDRESS) == []
    assert desk.kept(ADDRESS) == []
    assert desk.kept("Keizersgracht") == []


def test_welcome_makes_the_person_anew_without_what_was_before(desk: Desk) -> None:
    desk.send(*everyone())
    forget(desk)
    counted = desk.send(*everyone(), *returns(), on_return="welcome")
    assert counted["orders"]["created"] == 1
    assert {"7:1", "7:5"} <= set(desk.people())
    assert "7:15" in desk.orders()
    assert "7:11" not in desk.orders()
    desk.send(*everyone(), *returns(), on_return="ask")  # the decision stays
    assert {"7:1", "7:5"} <= set(desk.people())
    assert "7:11" not in desk.orders()


@pytest.mark.parametrize("then", ["welcome", SLOW_BLOCK])
def test_ask_keeps_a_return_until_it_is_decided(desk: Desk, then: str) -> None:
    desk.send(*everyone())
    forget(desk)
    counted = desk.send(*returns(), max_rejects=0)
    assert counted["orders"] == {"read": 1, "asked": 1}
    assert desk.held(ADDRESS) == []
    assert desk.kept(ADDRESS) == ["rejects.jsonl"]
    desk.command("replay")
    assert desk.held(ADDRESS) == []
    desk.command("replay", on_return=then)
    assert desk.kept(ADDRESS) == []
    assert ("7:15" in desk.orders()) == (then == "welcome")
    assert bool(desk.held(ADDRESS)) == (then == "welcome")


@pytest.mark.parametrize("on_return", ["ask", SLOW_BLOCK, SLOW_WELCOME])
def test_a_dry_run_counts_as_the_real_one(desk: Desk, on_return: str) -> None:
    desk.send(*everyone())
    forget(desk)
    messages = [*everyone(), *returns()]
    announced = desk.send(*messages, on_return=on_return, dry_run=True)
    assert desk.held(ADDRESS) == []
    assert announced == desk.send(*messages, on_return=on_return)


def test_receipts_are_a_chain_without_personal_data(desk: Desk) -> None:
    desk.send(*everyone())
    forget(desk)
    forget(desk, "person2@example.com")
    file = desk.state / "receipts.jsonl"
    assert file.stat().st_mode & 0o777 == 0o600
    assert "The chain of 2 receipts is whole" in desk.command("receipts")
    assert "Nothing was left" in forget(desk)
    lines = file.read_text().splitlines()
    assert len(lines) == 2
    first = json.loads(lines[0])
    assert (first["profiles"], first["subprofiles"]) == (1, 1)
    edits: list[Callable[[], str]] = [
        lambda: lines[0].replace('"profiles":1', '"profiles":0') + "\n" + lines[1] + "\n",
        lambda: lines[1] + "\n",
        lambda: lines[1] + "\n" + lines[0] + "\n",
    ]
    for edit in edits:
        file.write_text(edit())
        with pytest.raises(SettingsError, match="the chain is broken"):
            desk.command("receipts")


def test_what_other_databases_hold_is_named(desk: Desk, shared: Sandbox, tmp_path: Path) -> None:
    desk.send(*everyone())
    other = Desk(shared, tmp_path / "other", f"Shop{next(NUMBERS)}")
    other.folder.mkdir()
    other.send(customer(1))
    assert desk.sandbox.databases()[desk.database]["id"] != (
        number := shared.databases()[other.database]["id"]
    )
    said = forget(desk).rpartition("in the databases ")[2].strip(". \n").split(", ")
    assert str(number) in said


LITE = {"preset": "seoshop-lite", "mapping": None, "existing_people": "beside"}
"""With the fields of consent."""


def test_who_returns_gets_no_mail_before_asking_for_it(desk: Desk) -> None:
    desk.settings = {**LITE, "database": desk.database, "products_database": None}
    asked = record("subscriptions", id=5, email=ADDRESS, isConfirmed=True, createdAt=LONG_AGO)
    desk.send(customer(1), asked)
    assert desk.people()["7:1"]["newsletter"] == "yes"
    before = (desk.state / "tombstones.jsonl").read_bytes()
    forget(desk)
    desk.send(customer(1), asked, customer(5, email=ADDRESS, at=SOON), on_return="welcome")
    assert {key: one["newsletter"] for key, one in desk.people().items()} == {"7:5": "no"}
    forget(desk)
    (desk.state / "tombstones.jsonl").write_bytes(before)  # restored, and the receipts are lost
    (desk.state / "receipts.jsonl").unlink()
    with pytest.raises(SettingsError, match="restore-check --heal"):
        desk.command("restore-check")
    desk.command("restore-check", "--heal")
    desk.send(customer(1), asked, customer(5, email=ADDRESS, at="2026-11-02T09:00:01Z"), on_return="block")
    assert desk.held(ADDRESS) == []


EVENTS = {**LITE, "extras": ["returns", "order_timeline"]}
"""With streams of what becomes of an order."""


def test_what_the_shop_does_with_an_order_of_before_is_no_return(desk: Desk) -> None:
    """It would lift the tombstones, and the next resync would make the person anew."""
    desk.settings = {**EVENTS, "database": desk.database, "products_database": None}
    everyone = [customer(1), customer(2, email=ADDRESS)]
    desk.send(*everyone)
    forget(desk, "7:1")
    credited = {"orderId": 11, "customerId": 1, "createdAt": SOON, "updatedAt": SOON, "liveAt": SOON}
    events = [
        record("returns", id=31, returnReason="too small", **credited),
        record("order_timeline", id="11:credited", email="other@example.com", event="credited", **credited),
    ]
    for on_return in ("ask", "welcome"):
        counted = desk.send(*events, *everyone, on_return=on_return)
        assert {stream: counted[stream].get("forgotten") for stream in ("returns", "order_timeline")} == {
            "returns": 1,
            "order_timeline": 1,
        }
        assert set(desk.people()) == {"7:2"}
        assert desk.kept("too small") == []
    desk.send(customer(1, email="other@example.com", at=SOON), on_return="welcome")
    counted = desk.send(*events)
    assert counted["returns"]["created"] == counted["order_timeline"]["created"] == 1


def test_what_waited_and_was_written_leaves_nothing_in_the_ledger(desk: Desk) -> None:
    """SQLite may keep what is deleted until its page is used again; some systems' own never does."""
    street = "Keizersgracht 123"
    summary = record("customer_summaries", customerId=1, orderCount=1, billingStreet=street)
    opened = LedgerFile.opened

    def opened_elsewhere(path: Path) -> LedgerFile:
        file = opened(path)
        file.execute("PRAGMA secure_delete=OFF")
        return file

    with mock.patch.object(LedgerFile, "opened", opened_elsewhere):
        desk.send(summary)
        assert desk.kept(street) == ["ledger.sqlite"]
        desk.send(customer(1))
    assert desk.people()["7:1"]["street"] == street
    assert desk.kept(street) == []


def test_a_refused_record_of_the_forgotten_is_left_out_too(desk: Desk) -> None:
    """It would stand in the rejects file with the next resync."""
    broken = [
        record("orders", id=None, customerId=1, memo="by key"),
        record("orders", id=None, customerId=3, email=ADDRESS, createdAt=LONG_AGO),
        record("orders", id=None, customerId=3, email="other@example.com"),
    ]
    desk.send(*everyone(), *broken)
    forget(desk)
    counted = desk.send(*broken)
    assert counted["orders"] == {"read": 3, "forgotten": 2, "rejected": 1}
    assert (desk.kept(ADDRESS), desk.kept("by key")) == ([], [])
    assert desk.kept("other@example.com") == ["rejects.jsonl"]
    later = record("orders", id=None, customerId=1, memo="a return", createdAt=SOON)
    assert desk.send(later)["orders"] == {"read": 1, "rejected": 1}
