"""A real Dagster daemon with PostgreSQL, as `deploy/dagster` says."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.engines import documented, installed, until
from support.programs import ROOT, clean_environment, run

DEPLOY = ROOT / "deploy" / "dagster"
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
    "runs": [[run.job_name, run.status.value] for run in runs],
    "pools": {pool.name: pool.limit for pool in instance.event_log_storage.get_pool_limits()},
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
        self.process = process
        self._programs = programs
        self._environ = environ

    def wait(self, happened: Callable[[], object]) -> None:
        """Wait until something has happened."""
        until(happened, self.process, self.log)

    def log(self) -> str:
        """What it said."""
        return Path(self._environ["DAGSTER_HOME"], "daemon.log").read_text()

    def knows(self) -> dict[str, Any]:
        """What stands in its storage."""
        said = run(self._programs / "python", "-c", WHAT_IT_KNOWS, env=self._environ)
        assert said.code == 0, said.log
        found: dict[str, Any] = json.loads(said.out)
        return found

    def execute(self, job: str) -> None:
        """Run a job here and now."""
        file = ROOT / "deploy" / "dagster" / "seoshop_dagster.py"
        command = self._programs / "dagster", "job", "execute", "--python-file", file, "--job", job
        said = run(*command, env=self._environ)
        assert said.code == 0, said.log


@contextmanager
def running_daemon(folder: Path, home: Path, url: str, group: int, look: int = 30) -> Iterator[Dagster]:
    """Start a daemon, and end it.

    Args:
        folder: DAGSTER_HOME, to be made.
        home: Where the list of shops is.
        url: Of PostgreSQL.
        group: How many shops a run carries.
        look: Seconds between two looks which shops are due.
    """
    programs = installed("dagster")
    folder.mkdir()
    shutil.copy(DEPLOY / "dagster.yaml", folder)
    environ = {
        "DAGSTER_HOME": str(folder),
        "DAGSTER_POSTGRES_URL": url,
        "SEOSHOP_COPERNICA_HOME": str(home),
        "SEOSHOP_COPERNICA_GROUP": str(group),
        "SEOSHOP_COPERNICA_LOOK": str(look),
        "DAGSTER_GRPC_TIMEOUT_SECONDS": "600",  # on a busy machine a run takes long to start
    }
    with (folder / "daemon.log").open("w") as log:
        process = subprocess.Popen(
            documented("dagster", "dagster-daemon"),
            env=clean_environment() | environ,
            cwd=ROOT,
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
