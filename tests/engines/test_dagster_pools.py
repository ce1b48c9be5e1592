"""Pools of accounts, and groups with a shop that hangs, in Dagster itself but without its daemon."""

import json
from pathlib import Path

import pytest
import yaml

from support.engines import installed
from support.programs import ROOT, run

PROGRAM = """
import json
from datetime import timedelta

import dagster as dg

import seoshop_dagster as code

PAIR = code.POOLS["alpha"][0]

# The groups, each with one shop, of which the sensor begins a run.
def begun(instance: dg.DagsterInstance) -> list[str]:
    told = code.due(dg.build_sensor_context(instance=instance))
    return sorted(one.job_name for one in told if isinstance(one, dg.RunRequest))

# How many slots of each of its pools are taken while a shop ticks; None where it does not.
def ticked(instance: dg.DagsterInstance, name: str) -> dict[str, int] | None:
    seen: list[dict[str, int]] = []

    def tick(_name: str, _command: object) -> tuple[int, str]:
        pools = instance.event_log_storage.get_concurrency_infos(list(code.POOLS[name]))
        seen.append({pool.partition("_")[0]: one.active_slot_count for pool, one in pools.items()})
        return 0, ""

    code.engines.tick = tick
    asset = next(one for one in code.defs.assets if code.key_of(name) in one.keys)
    assert dg.materialize([asset], instance=instance).success
    return seen[0] if seen else None

def found(instance: dg.DagsterInstance) -> dict[str, object]:
    storage = instance.event_log_storage
    free = {"begun": begun(instance), "ticks": ticked(instance, "alpha")}
    for step in ("one", "two"):
        storage.claim_concurrency_slot(PAIR, "another run", step)
    full = {"begun": begun(instance), "ticks": {name: ticked(instance, name) for name in ("beta", "gamma")}}
    storage.free_concurrency_slots_for_run("another run")
    instance.create_run_for_job(code.defs.get_job_def("shops_01"), status=dg.DagsterRunStatus.STARTED)
    at_work = begun(instance)
    code.PATIENCE = timedelta(0)
    return {"free": free, "full": full, "at_work": at_work, "hangs": begun(instance)}

with dg.DagsterInstance.get() as opened:
    print(json.dumps(found(opened)))
"""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_a_full_pool_holds_up_only_its_own_shops_and_a_run_that_hangs_holds_up_none(
    tmp_path: Path,
) -> None:
    secrets = {"api_secret": "env:SECRET"}
    shops = {
        name: {"secrets": {**secrets, "api_key": f"env:KEY_{name}", "api_token": f"env:{token}"}}
        for name, token in {"alpha": "PAIR", "beta": "PAIR", "gamma": "OWN"}.items()
    }
    (tmp_path / "shops.yml").write_text(yaml.safe_dump({"shops": shops}))
    dagster = yaml.safe_load((ROOT / "deploy" / "dagster" / "dagster.yaml").read_text())
    del dagster["storage"]  # SQLite
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(dagster))
    environ = {
        "DAGSTER_HOME": str(tmp_path),
        "SEOSHOP_COPERNICA_HOME": str(tmp_path),
        "SEOSHOP_COPERNICA_GROUP": "1",
        "PYTHONPATH": str(ROOT / "deploy" / "dagster"),
        "SECRET": "one", "KEY_alpha": "two", "KEY_beta": "three", "KEY_gamma": "four",
        "PAIR": "token", "OWN": "another",
    }  # fmt: skip
    ended = run(installed("dagster") / "python", "-c", PROGRAM, env=environ)
    assert ended.code == 0, ended.log
    found = json.loads(ended.out.splitlines()[-1])
    groups = ["shops_01", "shops_02", "shops_03"]
    held = {"copernica": 1, "seoshop": 1}
    assert found["free"] == {"begun": groups, "ticks": held}
    assert found["full"] == {"begun": groups[2:], "ticks": {"beta": None, "gamma": held}}
    assert found["at_work"] == groups[1:]
    assert found["hangs"] == groups, "another run begins beside it, where the shop at work is not due"
