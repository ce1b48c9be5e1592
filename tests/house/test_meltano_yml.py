"""meltano.yml says what the programs say, and what Meltano itself takes."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from support.meltano import plugin, project, selected
from support.programs import BIN, ROOT, run

PRESETS = ROOT / "target-copernica" / "target_copernica" / "mapping" / "presets"
PROGRAMS = [("extractors", "tap-seoshop"), ("loaders", "target-copernica")]


def about(name: str) -> dict[str, Any]:
    ended = run(BIN / name, "--about", "--format=json")
    assert ended.code == 0, ended.log
    found: dict[str, Any] = json.loads(ended.out)
    return found


def streams_of(preset: str) -> set[str]:
    return set(yaml.safe_load((PRESETS / f"{preset}.yaml").read_text())["streams"])


def schema() -> dict[str, Any]:
    spec = find_spec("meltano")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    file = Path(next(iter(spec.submodule_search_locations))) / "schemas" / "meltano.schema.json"
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def test_it_is_valid_by_meltanos_own_schema() -> None:
    errors = [error.message for error in Draft202012Validator(schema()).iter_errors(project())]
    assert errors == []


@pytest.mark.parametrize(("kind", "name"), PROGRAMS)
def test_it_declares_every_setting_of_the_program_and_no_other(kind: str, name: str) -> None:
    declared = {one["name"] for one in plugin(kind, name)["settings"]}
    assert declared == set(about(name)["settings"]["properties"])


@pytest.mark.parametrize(("kind", "name"), PROGRAMS)
def test_each_setting_is_described_and_has_a_kind(kind: str, name: str) -> None:
    for setting in plugin(kind, name)["settings"]:
        assert setting.get("label"), setting
        assert setting.get("kind"), setting
        assert setting.get("description"), setting


@pytest.mark.parametrize(
    ("kind", "name", "secrets"),
    [
        ("extractors", "tap-seoshop", {"api_key", "api_secret"}),
        ("loaders", "target-copernica", {"api_token"}),
    ],
)
def test_secrets_are_sensitive(kind: str, name: str, secrets: set[str]) -> None:
    assert {one["name"] for one in plugin(kind, name)["settings"] if one.get("sensitive")} == secrets


def test_the_tap_reads_exactly_the_streams_of_the_full_edition() -> None:
    assert selected("tap-seoshop") == streams_of("seoshop")


def test_the_small_tap_reads_exactly_the_streams_of_the_small_edition() -> None:
    assert selected("tap-seoshop-lite") == streams_of("seoshop-lite")


@pytest.mark.parametrize("name", ["tap-seoshop", "tap-seoshop-lite"])
def test_no_rule_names_personal_data_that_the_tap_leaves_out(name: str) -> None:
    catalog = json.loads(run(BIN / "tap-seoshop", "--discover").out)
    private = {
        entry["breadcrumb"][-1]
        for stream in catalog["streams"]
        for entry in stream["metadata"]
        if entry["breadcrumb"] and entry["metadata"].get("selected-by-default") is False
    }
    assert private
    assert not {rule.split(".")[-1] for rule in plugin("extractors", name)["select"]} & private


def test_the_two_editions_share_neither_database_nor_state() -> None:
    full, lite = (plugin("loaders", name)["config"] for name in ("target-copernica", "target-copernica-lite"))
    assert lite["preset"] == "seoshop-lite"
    assert full["state_dir"] != lite["state_dir"]
    assert lite["database"] != about("target-copernica")["settings"]["properties"]["database"]["default"]


def test_no_key_of_a_real_shop_has_a_place_in_it() -> None:
    production = next(one for one in project()["environments"] if one["name"] == "prod")
    assert "config" not in production


def test_the_schedule_runs_the_job_every_five_minutes() -> None:
    (schedule,) = project()["schedules"]
    jobs = {one["name"]: one["tasks"] for one in project()["jobs"]}
    assert schedule["interval"] == "*/5 * * * *"
    assert jobs.pop(schedule["job"]) == ["tap-seoshop target-copernica"]
    assert jobs == {"optouts-to-seoshop": ["tap-copernica-optouts target-seoshop-optouts"]}


@pytest.mark.parametrize(("kind", "name"), PROGRAMS)
def test_the_plugins_environments_are_pinned_by_the_lock(kind: str, name: str) -> None:
    assert plugin(kind, name)["pip_url"] == f"-e ./{name} -c requirements.lock"


def test_the_example_of_env_names_settings_that_exist() -> None:
    names = [line.split("=")[0] for line in (ROOT / ".env.example").read_text().split("\n") if "=" in line]
    names = [name for name in names if not name.startswith("#")]
    known = {
        f"{name.upper().replace('-', '_')}_{setting['name'].upper()}"
        for kind, name in PROGRAMS
        for setting in plugin(kind, name)["settings"]
    }
    assert set(names) <= known
    needed = {"TAP_SEOSHOP_API_KEY", "TAP_SEOSHOP_API_SECRET", "TARGET_COPERNICA_API_TOKEN"}
    assert needed <= set(names)
