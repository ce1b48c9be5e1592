"""The definitions for MeltanoHub say what the programs say of themselves."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema.validators import validator_for

from support.programs import BIN, run

ROOT = Path(__file__).parents[2]
SECRETS = {"tap-seoshop": ["api_key", "api_secret"], "target-copernica": ["api_token"]}

HUB_ALONE = {"maintenance_status", "quality", "domain_url", "keywords", "next_steps", "settings_preamble"}
"""What the Hub shows of a plugin, and a project does not know."""
HUB_KEYS = HUB_ALONE | {
    *("name", "namespace", "variant", "label", "description", "docs", "pip_url", "executable", "commands"),
    *("capabilities", "settings", "settings_group_validation", "select", "metadata"),
}
HUB_KINDS = {
    *("array", "boolean", "date_iso8601", "decimal", "email", "file", "hidden", "integer", "oauth", "object"),
    *("options", "password", "string"),
}


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


@pytest.mark.parametrize("plugin", SECRETS)
def test_the_definition_is_one_that_the_hub_takes(plugin: str) -> None:
    """The rules of the Hub's own schemas (schemas/plugin_definitions and schemas/common of meltano/hub)."""
    hub = definition(plugin)
    kind = "extractors" if plugin.startswith("tap") else "loaders"
    assert set(hub) <= HUB_KEYS
    assert {"name", "namespace", "variant", "quality"} <= set(hub)
    assert hub["maintenance_status"] in {"active", "beta", "development", "inactive", "unknown"}
    assert hub["quality"] in {"gold", "silver", "bronze", "unknown"}
    for setting in hub["settings"]:
        assert set(setting) <= {"name", "label", "kind", "value", "description", "sensitive", "options"}
        assert setting["kind"] in HUB_KINDS
    schema = json.loads((files("meltano") / "schemas/meltano.schema.json").read_text())
    project = {"plugins": {kind: [{key: hub[key] for key in set(hub) - HUB_ALONE}]}}
    assert [error.message for error in validator_for(schema)(schema).iter_errors(project)] == []


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
    token = {"TARGET_COPERNICA_API_TOKEN": "none-is-asked"}
    ended = run(BIN / "meltano", "invoke", *invoked, cwd=tmp_path, env=project | token)
    assert ended.code == 0, ended.log
    assert ('"tap_stream_id":"customers"' if tap else "No run yet.") in ended.out


def test_the_targets_commands_are_there() -> None:
    said = run(BIN / "target-copernica", "--help").out
    for name, command in definition("target-copernica")["commands"].items():
        config, *words = command["args"].split()
        assert (config, "-".join(words)) == ("--config=ENV", name)
        assert f"\n  {words[0]} " in said
