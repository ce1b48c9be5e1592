"""The target's definition for MeltanoHub says what the program says of itself."""

import json
from pathlib import Path
from typing import Any

import yaml

from support.programs import BIN, run

ROOT = Path(__file__).parents[2]
DEFINITION: dict[str, Any] = yaml.safe_load((ROOT / "target-copernica/meltanohub.yml").read_text())


def test_settings_and_capabilities_are_those_of_the_program() -> None:
    about = json.loads(run(BIN / "target-copernica", "--about", "--format=json").out)
    assert {one["name"] for one in DEFINITION["settings"]} == set(about["settings"]["properties"])
    assert set(DEFINITION["capabilities"]) <= set(about["capabilities"])
    assert [one["name"] for one in DEFINITION["settings"] if one.get("sensitive")] == ["api_token"]
    required = [name for group in DEFINITION["settings_group_validation"] for name in group]
    assert required == about["settings"]["required"]
    assert (DEFINITION["name"], DEFINITION["executable"]) == (about["name"], about["name"])


def test_its_commands_are_there() -> None:
    said = run(BIN / "target-copernica", "--help").out
    for name, command in DEFINITION["commands"].items():
        assert command["args"].split()[-1] == name
        assert f"\n  {name} " in said
