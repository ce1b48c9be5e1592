"""Cron's lines for two shops, tick after tick while the shop moves: both are true after each."""

import os
import signal
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing

import pytest

from fleet.waiting import until
from support.checkout import BARE
from support.expected import Shop, differences
from support.fleet import Fleet
from support.sandbox import Sandbox

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

NAMES = ("alpha", "beta")
INTERVAL = 300


class Cron:
    """Runs the lines that `timers cron` prints, as cron does; five minutes pass at once."""

    def __init__(self, fleet: Fleet, sandbox: Sandbox) -> None:
        self._fleet = fleet
        self._sandbox = sandbox
        lines = fleet("timers", "cron").out.splitlines()
        # The wait for a shop's own turn is left out; the five fields before it belong to cron.
        self._commands = {name: line.partition("; ")[2] for name, line in zip(NAMES, lines, strict=True)}

    def started(self, name: str) -> "subprocess.Popen[bytes]":
        """A line, on its way; what it writes to standard error cron would mail."""
        home = str(self._fleet.home)
        return subprocess.Popen(
            ["/bin/sh", "-c", self._commands[name]],
            env={**BARE, **self._fleet.environ, "HOME": home, "NO_PROXY": "127.0.0.1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def pass_time(self, seed: int) -> None:
        """Let the shop move for the length of an interval."""
        self._sandbox.clock(advance=INTERVAL)
        self._sandbox.move(seed=seed, new_customers=1, new_orders=2, payments=1, shipments=1)
        for name in NAMES:
            with closing(sqlite3.connect(self._fleet.home / "state" / name / "runs.sqlite")) as db, db:
                earlier = f"-{INTERVAL} seconds"
                db.execute("UPDATE run SET started = strftime('%Y-%m-%dT%H:%M:%SZ', started, ?)", (earlier,))

    def tick(self, *names: str) -> list[int]:
        """Lines at the same moment, to their end; their exit codes."""
        running = [self.started(name) for name in names]
        return [process.wait(280) for process in running]


def assert_true(fleet: Fleet, sandbox: Sandbox) -> None:
    """Copernica holds what the shop holds, for both."""
    shop, content = Shop(sandbox, categories=False), sandbox.content()
    for name in NAMES:
        people = fleet.people(name)
        assert differences(shop.people(), content[people]) == []
        assert differences(shop.order_fields(), content[f"{people}/Orders"]) == []
        assert differences(shop.rows(), content[f"{people}/OrderItems"], frozenset({"position"})) == []


def test_two_shops_stay_true_through_overlap_kill_and_stop(
    fleet: Fleet, start_sandbox: Callable[..., Sandbox]
) -> None:
    sandbox = start_sandbox(customers=6, orders=8, order_rows=16, import_seconds=0)
    for name in NAMES:
        fleet.add(name, sandbox, cadence="5m")
        fleet.shops[name]["tap"]["summary_interval"] = 0  # else what a customer's orders add up to may wait
    fleet.write()
    cron = Cron(fleet, sandbox)
    assert cron.tick(*NAMES) == [0, 0]
    assert_true(fleet, sandbox)

    cron.pass_time(1)
    assert cron.tick(*NAMES, *NAMES) == [0, 0, 0, 0], "the later two find the others at work, or nothing due"
    assert_true(fleet, sandbox)
    assert [len(fleet.runs(name)) for name in NAMES] == [2, 2]

    for seed, number in enumerate((signal.SIGKILL, signal.SIGTERM), 2):
        cron.pass_time(seed)
        sandbox.fault("copernica", "/v4/", "hang_after", method="POST", times=None)
        hit = [cron.started(name) for name in NAMES]
        until(lambda: sandbox.faults()["faults"][0]["hits"] >= len(NAMES))
        for process in hit:
            os.killpg(process.pid, number)
        sandbox.clear_faults()
        assert {process.wait(120) for process in hit} <= {-number, 128 + number}
        if number == signal.SIGTERM:  # it waits for its programs
            until(lambda: all(fleet.runs(name)[0]["code"] is not None for name in NAMES))
        cron.pass_time(seed + 10)
        assert cron.tick(*NAMES) == [0, 0]
        assert_true(fleet, sandbox)

    for name in NAMES:
        codes = [run["code"] for run in fleet.runs(name)]
        assert codes == [0, 128 + signal.SIGTERM, 0, None, 0, 0]
        log = (fleet.home / "state" / name / "tick.log").read_text()
        assert f"{name}: done" in log


def test_where_each_call_takes_a_second_ticks_overlap_and_copernica_stays_true(
    fleet: Fleet, start_sandbox: Callable[..., Sandbox]
) -> None:
    sandbox = start_sandbox(customers=3, orders=4, order_rows=8, import_seconds=0)
    for name in NAMES:
        fleet.add(name, sandbox, cadence="5m")
        fleet.shops[name]["tap"]["summary_interval"] = 0
    fleet.write()
    cron = Cron(fleet, sandbox)
    assert cron.tick(*NAMES) == [0, 0]
    for side in ("seoshop", "copernica"):
        sandbox.fault(side, "", "slow", seconds=1, times=None)
    for seed in (3, 4):
        cron.pass_time(seed)
        assert cron.tick(*NAMES, *NAMES) == [0, 0, 0, 0], "the later two find the others at work"
        assert_true(fleet, sandbox)
    assert [len(fleet.runs(name)) for name in NAMES] == [3, 3]
