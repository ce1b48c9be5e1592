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


def test_the_targets_commands_are_there() -> None:
    said = run(BIN / "target-copernica", "--help").out
    for name, command in definition("target-copernica")["commands"].items():
        assert command["args"].split()[-1] == name
        assert f"\n  {name} " in said
