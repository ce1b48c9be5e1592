"""A real Dagster daemon with PostgreSQL, and twelve shops that it keeps true."""

import os
import signal
from pathlib import Path

import pytest

from support.dagster_daemon import running_daemon
from support.engines import ALONE, NAMES, twelve_shops
from support.postgres import running_postgres, server_programs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]

KILLED, REVOKED = NAMES[2], NAMES[7]


def test_twelve_shops_are_kept_true_and_none_notices_the_trouble_of_another(tmp_path: Path) -> None:
    programs = server_programs()
    if programs is None:
        pytest.skip("the machine has no PostgreSQL server")
    with (
        running_postgres(programs) as postgres,
        twelve_shops(tmp_path) as shops,
        running_daemon(tmp_path / "dagster", shops.homes[0], postgres.url, group=6, look=5) as dagster,
    ):

        def wait_for(name: str, *codes: int | None) -> None:
            dagster.wait(lambda: shops.codes(name) == list(codes))

        for name in NAMES:
            wait_for(name, 0)
        shops.tick_alone()
        calls = shops.calls()
        assert set(calls.values()) == {calls[ALONE]}
        assert [name for name in NAMES if shops.differences(name)] == []

        held = shops.hold(KILLED)
        shops.pass_time(1)
        dagster.wait(held)
        os.kill(shops.ticking(KILLED), signal.SIGKILL)
        shops.sandboxes[KILLED].clear_faults()
        for name in NAMES:
            wait_for(name, *([0, None, 0] if name == KILLED else [0, 0]))
        shops.tick_alone()
        calls = shops.calls()
        assert {calls[name] for name in NAMES if name != KILLED} == {calls[ALONE]}
        assert [name for name in NAMES if shops.differences(name)] == []

        shops.revoke(REVOKED)
        shops.pass_time(2)
        for name in NAMES:
            wait_for(name, *([0, None] if name == KILLED else [0]), 0, 3 if name == REVOKED else 0)
        shops.tick_alone()
        calls = shops.calls()
        assert {calls[name] for name in NAMES if name != REVOKED} == {calls[ALONE]}
        assert [name for name in NAMES if shops.differences(name)] == [REVOKED]

        shops.pass_time(3, [REVOKED], minutes=240)
        wait_for(REVOKED, 0, 0, 3, 3)
        cause = shops.runs(REVOKED)[-1]["cause"]
        dagster.wait(lambda: not dagster.knows()["fresh"].get(REVOKED, True))
        known = dagster.knows()
        assert {step for step, _ in known["failures"]} == {f"tick_{REVOKED.replace('-', 'D')}"}
        assert all(said.endswith(cause) for _, said in known["failures"])
        assert known["materialized"] == {name: {KILLED: 4, REVOKED: 2}.get(name, 3) for name in NAMES}, (
            "the group of the red shop goes on"
        )
        assert known["fresh"] == {name: name != REVOKED for name in NAMES}
        assert {job for job, _ in known["runs"]} == {"shops_01", "shops_02"}
        assert len(known["pools"]) == 2 * len(NAMES), "each has an account and a key of its own"
        assert set(known["pools"].values()) == {2}

        postgres.do("UPDATE runs SET create_timestamp = create_timestamp - interval '2 days'")
        dagster.execute("delete_old_runs")
        left = [status for job, status in dagster.knows()["runs"] if job != "delete_old_runs"]
        assert set(left) == {"FAILURE"}, "what failed is kept for longer"
