"""Who was forgotten and would come back after a backup was restored; who is forgotten by the shop."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.desk import Desk
from support.sandbox import Sandbox, running_sandbox
from support.singer import customer, order
from target_copernica.errors import SettingsError, TooManyRejectsError

ADDRESS = "person1@example.com"
EVERYONE = (customer(1), customer(2), order(11, 1), order(12, 2), order(13, 2, email=ADDRESS))
SLOW = pytest.mark.slow
AWAY = "Everyone who was forgotten stays away"


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    more = ("--import-seconds", "0", "--no-curated")
    with running_sandbox(customers=0, orders=0, order_rows=0, more=more) as sandbox:
        yield sandbox


@pytest.fixture
def desk(shared: Sandbox, tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    return Desk(shared, tmp_path, f"Shop{abs(hash(request.node.name))}")


def forget(desk: Desk) -> None:
    desk.command("forget", "--from", "-", "--yes", lines=[ADDRESS])


def stays_away(desk: Desk) -> None:
    """Also from a run that makes everything anew."""
    assert AWAY in desk.command("restore-check")
    (desk.state / "ledger.sqlite").unlink()
    desk.send(*EVERYONE, on_return="block", on_removed="recreate")
    assert desk.held(ADDRESS) == []
    assert set(desk.people()) == {"7:2"}


@pytest.mark.parametrize(
    "kept", [pytest.param("receipts.jsonl", marks=SLOW), "a copy", pytest.param("Copernica", marks=SLOW)]
)
def test_a_backup_of_last_week_brings_no_one_back(desk: Desk, tmp_path: Path, kept: str) -> None:
    desk.send(*EVERYONE)
    backup = shutil.copytree(desk.state, tmp_path / "backup")
    forget(desk)
    copy = shutil.copy(desk.state / "receipts.jsonl", tmp_path / "receipts.jsonl")
    if kept != "receipts.jsonl":
        shutil.rmtree(desk.state)
    shutil.copytree(backup, desk.state, dirs_exist_ok=True)
    given = ("--receipts", str(copy)) if kept == "a copy" else ()
    with pytest.raises(SettingsError, match="restore-check --heal"):
        desk.command("restore-check", *given)
    assert set(desk.people()) == {"7:2"}
    said = desk.command("restore-check", "--heal", *given)
    assert "people are forgotten again" in said
    assert "whole" in desk.command("receipts")
    stays_away(desk)


@pytest.mark.slow
def test_who_came_back_in_the_meantime_is_removed_again(desk: Desk, tmp_path: Path) -> None:
    desk.send(*EVERYONE)
    backup = shutil.copytree(desk.state, tmp_path / "backup")
    forget(desk)
    receipts = shutil.copy(desk.state / "receipts.jsonl", tmp_path / "receipts.jsonl")
    shutil.rmtree(desk.state)
    shutil.copytree(backup, desk.state)
    desk.send(*EVERYONE, on_removed="recreate")
    (desk.state / "ledger.sqlite").unlink()
    desk.send(*EVERYONE, on_removed="recreate")
    assert desk.held(ADDRESS)
    desk.command("restore-check", "--heal", "--receipts", str(receipts))
    assert desk.held(ADDRESS) == []
    stays_away(desk)


def test_receipts_of_other_tombstones_are_told_apart(desk: Desk) -> None:
    desk.send(*EVERYONE)
    forget(desk)
    (desk.state / "tombstones.jsonl").unlink()
    with pytest.raises(SettingsError, match="written with another key"):
        desk.command("restore-check")


GONE = {"_sdc_deleted_at": "2026-11-02T09:20:10Z", "updated": "2026-11-02T09:20:00Z"}


@pytest.mark.parametrize(
    ("policy", "deletes"),
    [
        ("keep", "delete"),
        pytest.param("flag", "ignore", marks=SLOW),
        pytest.param("flag", "delete", marks=SLOW),
        ("forget", "ignore"),
    ],
)
def test_a_person_deleted_in_the_shop(desk: Desk, policy: str, deletes: str) -> None:
    settings = {"on_shop_deletion": policy, "deletes": deletes}
    desk.send(*EVERYONE, **settings)
    messages = [customer(1, **GONE), order(12, 2, **GONE)]
    announced = desk.send(*messages, dry_run=True, **settings)
    assert announced == desk.send(*messages, **settings)
    assert ("7:12" in desk.orders()) == (deletes == "ignore")
    assert ("7:1" in desk.people()) == (policy != "forget")
    if policy == "flag":
        assert desk.people()["7:1"]["deleted_at"] == "2026-11-02 10:20:10"
    if policy == "forget":
        assert announced["customers"] == {"read": 1, "forgotten": 1}
        assert desk.held(ADDRESS) == []
        assert desk.send(customer(1), **settings)["customers"] == {"read": 1, "forgotten": 1}
        assert "1 receipts" in desk.command("receipts")


def test_more_people_gone_than_the_cap_end_the_run(desk: Desk) -> None:
    desk.send(*EVERYONE)
    gone: list[dict[str, Any]] = [customer(1, **GONE), customer(2, **GONE)]
    with pytest.raises(TooManyRejectsError, match="max_deletes"):
        desk.send(*gone, on_shop_deletion="forget", max_deletes=1)
    assert set(desk.people()) == {"7:2"}
