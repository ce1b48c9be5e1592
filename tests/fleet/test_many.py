"""Ticks of many shops: which are due, a few at a time, one code for all, signals."""

import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from seoshop_copernica.board import page
from seoshop_copernica.errors import Code
from seoshop_copernica.fleet import read
from seoshop_copernica.history import Figures, History
from seoshop_copernica.many import due, one_code, run_each
from seoshop_copernica.status import of_each
from support.fleet import Fleet
from support.sandbox import Sandbox, running_sandbox

# A test's process has threads of its runner's, of which Python 3.12 and later warn; the command has none.
FORKS = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")


def ran(home: Path, name: str, minutes: float, *, written: int = 0, code: int = 0) -> None:
    """Let a shop have run some time ago."""
    history = History(home / "state" / name / "runs.sqlite")
    run = history.begin("pipe", datetime.now(UTC) - timedelta(minutes=minutes))
    history.end(run, code, "done", Figures(written=written))


def test_shops_that_are_due_come_longest_waiting_first(tmp_path: Path) -> None:
    cadences = {
        "fresh": "5m",
        "old": "5m",
        "older": "5m",
        "new": "5m",
        "slow": "2h",
        "quiet": "auto",
        "busy": "auto",
    }
    (tmp_path / "shops.yml").write_text(
        yaml.safe_dump({"shops": {n: {"cadence": c} for n, c in cadences.items()}})
    )
    ran(tmp_path, "fresh", 1)
    ran(tmp_path, "old", 6)
    ran(tmp_path, "older", 60)
    ran(tmp_path, "slow", 100)
    for minutes in (500, 10):
        ran(tmp_path, "quiet", minutes)
    for minutes in (500, 7):
        ran(tmp_path, "busy", minutes, written=1)
    assert due(read(tmp_path / "shops.yml"), tmp_path) == ["new", "older", "busy", "old"]


def test_a_shop_with_an_unreadable_record_of_runs_neither_blocks_nor_hides_others(tmp_path: Path) -> None:
    (tmp_path / "shops.yml").write_text(yaml.safe_dump({"shops": {"broken": {}, "well": {}}}))
    ran(tmp_path, "well", 6)
    broken = tmp_path / "state" / "broken" / "runs.sqlite"
    broken.parent.mkdir()
    broken.write_bytes(b"no SQLite" * 200)
    fleet = read(tmp_path / "shops.yml")
    assert due(fleet, tmp_path) == ["broken", "well"], "its tick says what is wrong"
    found = {one.shop: one for one in of_each(fleet.shops.values(), tmp_path)}
    assert {name: one.verdict for name, one in found.items()} == {"broken": "stale", "well": "fresh"}
    assert found["broken"].failure is not None
    assert "move the file away" in found["broken"].failure.cause
    assert "move the file away" in page(list(found.values()))


@pytest.mark.parametrize(
    ("codes", "code"), [([], 0), ([0, 0], 0), ([0, 3], 3), ([3, 3], 3), ([3, 4, 0], Code.SEVERAL)]
)
def test_ticks_of_all_shops_end_with_one_exit_code(codes: list[int], code: int) -> None:
    assert one_code(codes) == code


@FORKS
def test_ticks_run_a_few_at_a_time_and_one_that_crashes_stops_no_other(tmp_path: Path) -> None:
    def one(name: str) -> int:
        mine = tmp_path / f"{name}.at-work"
        mine.touch()
        (tmp_path / f"{name}.begun").touch()
        while len(list(tmp_path.glob("*.begun"))) < 2:
            time.sleep(0.01)  # the first waits for the second, which begins beside it
        (tmp_path / name).write_text(str(len(list(tmp_path.glob("*.at-work")))))
        time.sleep(0.05)
        mine.unlink()
        if name == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        if name == "raises":
            raise KeyError
        return 4 if name == "fails" else 0

    names = ["dies", "raises", "fails", "a", "b", "c"]
    assert run_each(names, 2, one) == {"dies": 137, "raises": 1, "fails": 4, "a": 0, "b": 0, "c": 0}
    assert max(int((tmp_path / name).read_text()) for name in names) == 2


@FORKS
def test_one_of_25_shops_that_hangs_holds_up_no_other(tmp_path: Path) -> None:
    others = [f"shop{number}" for number in range(24)]

    def one(name: str) -> int:
        if name != "hangs":
            (tmp_path / name).touch()
            return Code.DONE
        for _ in range(3_000):
            if len(list(tmp_path.iterdir())) == len(others):
                return Code.TIME_LIMIT
            time.sleep(0.01)
        return Code.UNEXPECTED  # they waited for it

    assert run_each(["hangs", *others], 2, one) == {"hangs": Code.TIME_LIMIT, **dict.fromkeys(others, 0)}


@FORKS
def test_a_signal_is_passed_on_and_nothing_more_begins() -> None:
    def one(_: str) -> int:
        os.kill(os.getppid(), signal.SIGTERM)
        time.sleep(60)
        return 0

    assert run_each(["a", "b"], 1, one) == {"a": 128 + signal.SIGTERM}


@pytest.fixture
def shops() -> Iterator[list[Sandbox]]:
    with running_sandbox(customers=2, orders=2, order_rows=2, import_seconds=0) as sandbox:
        yield [sandbox]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_twelve_shops_that_start_in_the_same_second_share_nothing(fleet: Fleet, shops: list[Sandbox]) -> None:
    names = [f"shop{number}" for number in range(1, 13)]
    for name in names:
        fleet.add(name, shops[0])
    # Each real shop has a key, and so a rate limit, of its own; these twelve share one sandbox's.
    shops[0].settings(per_second=10_000, rate_limits="100000/100000/100000")
    ended = fleet("tick", "--all", "--jobs", "12", "--own-log")
    assert ended.code == 0, ended.log
    assert ended.err == ""
    folders = set()
    for name in names:
        (run,) = fleet.runs(name)
        assert (run["code"], run["orders"]) == (0, 2)
        assert len(shops[0].profiles(fleet.people(name))) == 2
        files = [file for file in (fleet.home / "state" / name).rglob("*") if file.is_file()]
        folders |= {(file.stat().st_ino, file) for file in files}
        assert name in (fleet.home / "state" / name / "tick.log").read_text()
    assert len({inode for inode, _ in folders}) == len(folders)
    assert fleet("tick", "--all").out == ""
    assert all(len(fleet.runs(name)) == 1 for name in names), "none was due"
