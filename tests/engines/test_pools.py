"""Dagster's pools and lost runs, in an instance with SQLite."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from support.dagster_daemon import DEPLOY
from support.engines import installed
from support.programs import run

pytestmark = pytest.mark.slow

TWO_AT_WORK = """
import json, socket, sys, threading, time
from pathlib import Path

import dagster as dg
import seoshop_dagster as code

began, go = Path("began"), Path("go")
tick = "echo {0} >> began; until test {0} = gamma -o -e go; do sleep 0.05; done"
code.engines.command = lambda home, name: ["/bin/sh", "-c", tick.format(name)]
instance = dg.DagsterInstance.get()


def run(group):
    assert code.defs.resolve_job_def(group).execute_in_process(instance=instance).success


def asked():
    context = dg.build_sensor_context(instance, definitions=code.defs)
    return [request.job_name for request in code.due(context)]


def at_work(group, number):
    thread = threading.Thread(target=run, args=[group])
    thread.start()
    while not began.exists() or len(began.read_text().split()) < number:
        time.sleep(0.05)
    return thread


told = {"first": asked()}
threads = [at_work("shops_01", 1), at_work("shops_02", 2)]
run("shops_03")
told["asked"] = sorted({*asked()} - {"shops_01", "shops_02"})
threads.append(at_work("shops_04", 3))
told["beside"] = began.read_text().split()[2:]
go.touch()
for thread in threads:
    thread.join()
run("shops_03")
told["after"] = began.read_text().split()[2:]
storage = instance.event_log_storage
told["pools"] = {pool.name.partition("_")[0]: pool.limit for pool in storage.get_pool_limits()}
told["held"] = sorted(storage.get_concurrency_run_ids())


def started(place):
    job, tags = code.defs.resolve_job_def("shops_01"), {code.GRPC_INFO_TAG: json.dumps({"socket": place})}
    return instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags=tags).run_id


with socket.socket(socket.AF_UNIX) as server:
    server.bind("served")
    server.listen()
    runs = started("served"), started("gone")
    asked()
    told["runs"] = [instance.get_run_by_id(one).status.value for one in runs]
json.dump(told, sys.stdout)
"""


def told(folder: Path, shops: Mapping[str, Mapping[str, str]]) -> dict[str, object]:
    """Let two shops be at work and then two more have their turn, each in a run of its own."""
    listed = {
        name: {"secrets": {"api_secret": "env:HOME", **{key: f"env:{name}" for key, name in secrets.items()}}}
        for name, secrets in shops.items()
    }
    (folder / "shops.yml").write_text(yaml.safe_dump({"shops": listed}, sort_keys=False))
    settings = yaml.safe_load((DEPLOY / "dagster.yaml").read_text())
    del settings["storage"]
    (folder / "dagster.yaml").write_text(yaml.safe_dump(settings))
    environ = {
        "DAGSTER_HOME": str(folder),
        "SEOSHOP_COPERNICA_HOME": str(folder),
        "SEOSHOP_COPERNICA_GROUP": "1",
        "PYTHONPATH": str(DEPLOY),
        **{name: name for name in ("A", "B", "C", "D")},
    }
    ended = run(installed("dagster") / "python", "-c", TWO_AT_WORK, cwd=folder, env=environ)
    assert ended.code == 0, ended.log
    found: dict[str, object] = json.loads(ended.out.splitlines()[-1])
    return found


@pytest.mark.parametrize("shared", ["api_key", "api_token"])
def test_a_third_shop_of_one_key_or_account_waits_for_its_turn_and_holds_up_no_other(
    tmp_path: Path, shared: str
) -> None:
    own = "api_token" if shared == "api_key" else "api_key"
    shops = {
        "alpha": {shared: "A", own: "A"},
        "beta": {shared: "A", own: "B"},
        "gamma": {shared: "A", own: "C"},
        "delta": {shared: "D", own: "D"},
    }
    found = told(tmp_path, shops)
    assert found["first"] == ["shops_01", "shops_02", "shops_03", "shops_04"]
    assert found["beside"] == ["delta"]
    assert found["asked"] == ["shops_04"], "no run is begun that would find no slot"
    assert found["after"] == ["delta", "gamma"]
    assert found["pools"] == {"copernica": 2, "seoshop": 2}
    assert found["held"] == []
    assert found["runs"] == ["STARTED", "FAILURE"], "a run ends with the process that carried it"
