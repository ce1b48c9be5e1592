"""Settings from the environment under Meltano: all kinds arrive, and what is wrong is one line of our own."""

from typing import Any

import pytest

from support.meltano import Meltano, project
from support.sandbox import Sandbox
from tap_seoshop.settings import SETTINGS as OF_TAP
from target_copernica.settings import SETTINGS as OF_TARGET

pytestmark = pytest.mark.meltano

FULL = ("run", "tap-seoshop", "target-copernica")
KEPT = ("api_url", "auth_url", "state_dir", "api_key", "api_secret", "api_token", "mapping", "call_budget")
SETTINGS = {"TAP_SEOSHOP": OF_TAP["properties"], "TARGET_COPERNICA": OF_TARGET["properties"]}


def variables(value: Any) -> dict[str, str]:
    """A variable for each setting that has a value: `value` is asked with its name and JSON schema."""
    found = {
        f"{prefix}_{name.upper()}": value(name, schema)
        for prefix, settings in SETTINGS.items()
        for name, schema in settings.items()
        if name not in KEPT
    }
    return {name: text for name, text in found.items() if text is not None}


def fraction(name: str, schema: dict[str, Any]) -> str | None:
    """A number with a fraction, where the setting takes one."""
    if "number" not in schema["type"]:
        return None
    return "0" if name == "quota_reserve" else f"{schema['default']}.5"


def blank(_name: str, schema: dict[str, Any]) -> str | None:
    """Nothing; Meltano itself reads objects and lists, and refuses a blank one."""
    return None if {"object", "array"} & set(schema["type"]) else ""


def test_no_setting_is_of_a_kind_that_meltano_breaks() -> None:
    kinds = {
        setting["kind"]
        for plugins in project()["plugins"].values()
        for plugin in plugins
        if plugin["name"] in {"tap-seoshop", "target-copernica"}
        for setting in plugin["settings"]
    }
    assert kinds <= {"string", "object", "array", "date_iso8601"}


def test_fractions_and_blank_variables_arrive(meltano: Meltano, sandbox: Sandbox) -> None:
    env = variables(blank) | variables(fraction)
    env |= {"TARGET_COPERNICA_PRESET": "seoshop", "TARGET_COPERNICA_PRODUCTS_DATABASE": "Products"}
    assert "TAP_SEOSHOP_QUOTA_RESERVE" in env
    ended = meltano(*FULL, env=env)
    assert ended.code == 0, ended.log
    assert len(sandbox.profiles("SEOshop")) >= len(sandbox.shop("customers"))


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"TAP_SEOSHOP_CLUSTER": "eu2"}, "tap-seoshop: the setting `cluster` must be one of eu1 or us1"),
        (
            {"TARGET_COPERNICA_CONCURRENCY": "four"},
            "target-copernica: the setting `concurrency` must be of type",
        ),
        ({"TARGET_COPERNICA_DRY_RUN": "ture"}, "target-copernica: the setting `dry_run` must be of type"),
    ],
)
def test_a_wrong_variable_is_one_line_at_level_error(
    env: dict[str, str], words: str, meltano: Meltano
) -> None:
    ended = meltano(*FULL, env=env)
    assert ended.code == 1
    assert "cast_value" not in ended.log  # Meltano's own end of a value that it cannot read
    (line,) = [line for line in ended.log.splitlines() if words in line]
    assert "[error" in line


def test_a_missing_file_of_keys_is_named(meltano: Meltano) -> None:
    for _ in range(3):  # Meltano at times stops reading before a tap's last line; `scripts/run.py` does not
        ended = meltano("--environment=prod", *FULL)
        assert ended.code == 1
        if lines := [line for line in ended.log.splitlines() if "tap-seoshop: the settings" in line]:
            break
    (line,) = lines
    assert "`api_key` and `api_secret` are missing" in line
    assert "/.env" in line
    assert "TAP_SEOSHOP_API_KEY" in line


def test_the_cause_of_a_failure_is_an_error_behind_the_summary(meltano: Meltano, sandbox: Sandbox) -> None:
    ended = meltano(*FULL, env={"TARGET_COPERNICA_CALL_BUDGET": '{"run": 30}'})
    assert ended.code == 1
    assert sandbox.databases()
    said = [line for line in ended.log.splitlines() if "target-copernica" in line and "summary {" in line]
    cause = [line for line in ended.log.splitlines() if "target-copernica: " in line]
    assert len(said) == len(cause) == 1
    assert ended.log.index(said[0]) < ended.log.index(cause[0])
    assert "[error" in cause[0]
