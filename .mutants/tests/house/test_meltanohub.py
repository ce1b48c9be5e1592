"""The definitions for MeltanoHub say what the programs say of themselves."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.programs import BIN, run

ROOT = Path(__file__).parents[2]
SECRETS = {"tap-seoshop": ["api_key", "api_secret"], "target-copernica": ["api_token"]}


def definition(plugin: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / plugin / "meltanohub.yml").read_text())
    return found


@pytest.mark.parametrize("plugin", SECRETS)
def test_settings_and_capabilities_are_those_of_the_program(plugin: str) -> None:
    hub = definition(plugin)
    about = json.loads(run(BIN / plugin, "--about", "--format=json").out)
    assert {one["name"] for one in hub["settings"]} == set(about["settings"]["properties"])
    assert set(hub["capabilities"]) <= set(about["capabilities"])
    assert [one["name"] for one in hub["settings"] if one.get("sensitive")] == SECRETS[plugin]
    required = [name for group in hub["settings_group_validation"] for name in group]
    assert required == about["settings"]["required"]
    assert (hub["name"], hub["executable"]) == (about["name"], about["name"])


@pytest.mark.slow
@pytest.mark.parametrize("plugin", SECRETS)
def test_another_meltano_project_adds_it_as_the_readme_says(plugin: str, tmp_path: Path) -> None:
    (tmp_path / "meltano.yml").write_text(
        "default_environment: dev\nproject_id: other\nsend_anonymous_usage_stats: false\n"
        "environments: [{name: dev}]\n"
    )
    readme = (ROOT / plugin / "README.md").read_text()
    said = readme[readme.index("<!-- meltano-add:begin -->") : readme.index("<!-- meltano-add:end -->")]
    commands = said.split("```sh\n")[1].split("```")[0].replace("/srv/seoshop-copernica", str(ROOT))
    project = {"MELTANO_PROJECT_ROOT": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "xdg")}
    added = run("/bin/sh", "-ec", commands, cwd=tmp_path, env=project)
    assert added.code == 0, added.log
    tap = plugin == "tap-seoshop"
    invoked = [plugin, "--discover"] if tap else [f"{plugin}:status"]
    token = {"TARGET_COPERNICA_API_TOKEN": "none is asked"}
    ended = run(BIN / "meltano", "invoke", *invoked, cwd=tmp_path, env=project | token)
    assert ended.code == 0, ended.log
    assert ('"tap_stream_id":"customers"' if tap else "No run yet.") in ended.out


def test_the_targets_commands_are_there() -> None:
    said = run(BIN / "target-copernica", "--help").out
    for name, command in definition("target-copernica")["commands"].items():
        assert command["args"].split()[-1] == name
        assert f"\n  {name} " in said
