"""A real Dagster daemon with PostgreSQL, and twelve shops that it keeps true."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.engines import ALONE, NAMES, Shops, installed, twelve_shops, until
from support.postgres import running_postgres, server_programs
from support.programs import ROOT, clean_environment, run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]

DEPLOY = ROOT / "deploy" / "dagster"
KILLED, REVOKED = NAMES[2], NAMES[7]
WHAT_IT_KNOWS = """
import json
import dagster as dg

instance = dg.DagsterInstance.get()
runs, keys = instance.get_runs(), instance.all_asset_keys()
events = [
    event.dagster_event
    for run in runs
    for event in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
]
latest = {key.path[-1]: instance.get_latest_materialization_event(key) for key in keys}
checks = instance.event_log_storage.get_latest_asset_check_execution_by_key(
    [dg.AssetCheckKey(key, "fresh") for key in keys]
)
print(json.dumps({
    "jobs": sorted({run.job_name for run in runs}),
    "failures": [
        [event.step_key, event.step_failure_data.user_failure_data.description] for event in events
    ],
    "materialized": {
        name: event.asset_materialization.metadata["run"].value for name, event in latest.items() if event
    },
    "fresh": {
        key.asset_key.path[-1]: record.event.dagster_event.event_specific_data.passed
        for key, record in checks.items()
    },
}))
"""


class Dagster:
    """A daemon, and what it has written down."""

    def __init__(self, process: "subprocess.Popen[bytes]", programs: Path, environ: dict[str, str]) -> None:
        self._process = process
        self._programs = programs
        self._environ = environ

    def wait(self, happened: Callable[[], object]) -> None:
        """Wait until something has happened."""
        log = Path(self._environ["DAGSTER_HOME"], "daemon.log")
        until(happened, self._process, log.read_text)

    def knows(self) -> dict[str, Any]:
        """What stands in its storage."""
        said = run(self._programs / "python", "-c", WHAT_IT_KNOWS, env=self._environ)
        assert said.code == 0, said.log
        found: dict[str, Any] = json.loads(said.out)
        return found


@contextmanager
def daemon(folder: Path, shops: Shops, url: str) -> Iterator[Dagster]:
    programs = installed("dagster")
    folder.mkdir()
    shutil.copy(DEPLOY / "dagster.yaml", folder)
    environ = {
        "DAGSTER_HOME": str(folder),
        "DAGSTER_POSTGRES_URL": url,
        "SEOSHOP_COPERNICA_HOME": str(shops.homes[0]),
        "SEOSHOP_COPERNICA_GROUP": "6",
    }
    with (folder / "daemon.log").open("w") as log:
        process = subprocess.Popen(
            [programs / "dagster-daemon", "run", "--workspace", DEPLOY / "workspace.yaml"],
            env=clean_environment() | environ,
            cwd=folder,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield Dagster(process, programs, environ)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(60)
            finally:
                os.killpg(process.pid, signal.SIGKILL)


def test_twelve_shops_are_kept_true_and_none_notices_the_trouble_of_another(tmp_path: Path) -> None:
    programs = server_programs()
    if programs is None:
        pytest.skip("the machine has no PostgreSQL server")
    with (
        running_postgres(programs) as postgres,
        twelve_shops(tmp_path) as shops,
        daemon(tmp_path / "dagster", shops, postgres.url) as dagster,
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

        shops.pass_time(3, [REVOKED], minutes=30)
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
        assert known["jobs"] == ["shops_01", "shops_02"]
