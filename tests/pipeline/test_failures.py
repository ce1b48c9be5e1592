"""What goes wrong on the first day: one clear line each, the documented exit code, and no waiting."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.programs import Ended, tap, target
from support.sandbox import SECRETS, Sandbox

SETTINGS, NOT_ALLOWED, AWAY = 2, 3, 4
SECONDS = 60
"""Far below the minutes of retries that a failure later in a run is given; no measure of speed."""
"""From the start of the bare command to its end."""

MESSAGES = """\
{"type": "SCHEMA", "stream": "customers", "schema": {"properties": {"id": {"type": "integer"}, "shopId": {"type": "integer"}}}, "key_properties": ["shopId", "id"]}
{"type": "RECORD", "stream": "customers", "record": {"id": 1, "shopId": 300001}}
{"type": "STATE", "value": {"bookmarks": {"customers": {"at": 1}}}}
"""  # noqa: E501  # messages are lines


def one_line(ended: Ended, program: str) -> str:
    """The one line that says why; nothing of a traceback beside it, and no secret."""
    said = [line for line in ended.err.split("\n") if line.startswith(f"{program}: ")]
    assert len(said) == 1, ended.log
    assert "Traceback" not in ended.log
    assert not any(secret in ended.log for secret in SECRETS)
    return said[0]


@pytest.mark.parametrize(
    ("setting", "value", "code", "word"),
    [
        ("api_key", "00000000000000000000000000000000", NOT_ALLOWED, "api_key"),
        ("api_secret", "00000000000000000000000000000000", NOT_ALLOWED, "api_key"),
        ("language", "xx", SETTINGS, "language"),
        ("requests_per_second", "many", SETTINGS, "requests_per_second"),
    ],
)
def test_a_wrong_setting_of_the_tap(
    sandbox: Sandbox, tmp_path: Path, setting: str, value: str, code: int, word: str
) -> None:
    ended = tap(tmp_path, sandbox.tap_config(**{setting: value}))
    assert ended.code == code, ended.log
    assert word in one_line(ended, "tap-seoshop")
    assert value not in ended.err or setting == "language"
    assert ended.seconds < SECONDS


@pytest.mark.parametrize(
    ("setting", "value", "code", "word"),
    [
        ("api_token", "sandbox-api-token-wrong", NOT_ALLOWED, "api_token"),
        ("database", "987654", SETTINGS, "987654"),
        ("preset", "nonsense", SETTINGS, "preset"),
        ("batch_age", "old", SETTINGS, "batch_age"),
    ],
)
def test_a_wrong_setting_of_the_target(
    sandbox: Sandbox, tmp_path: Path, setting: str, value: str, code: int, word: str
) -> None:
    ended = target(tmp_path, sandbox.target_config(tmp_path / "state", **{setting: value}), MESSAGES)
    assert ended.code == code, ended.log
    assert word in one_line(ended, "target-copernica")
    assert ended.out == ""
    assert ended.seconds < SECONDS
    assert sandbox.databases() == {}


def test_the_shop_is_away(start_sandbox: Callable[..., Sandbox], tmp_path: Path) -> None:
    sandbox = start_sandbox()
    sandbox.stop()
    ended = tap(tmp_path, sandbox.tap_config())
    assert ended.code == AWAY, ended.log
    assert sandbox.url.removeprefix("http://") in one_line(ended, "tap-seoshop")
    assert ended.seconds < SECONDS


def test_copernica_is_away(start_sandbox: Callable[..., Sandbox], tmp_path: Path) -> None:
    sandbox = start_sandbox()
    sandbox.stop()
    ended = target(tmp_path, sandbox.target_config(tmp_path / "state"), MESSAGES)
    assert ended.code == AWAY, ended.log
    assert "cannot be reached" in one_line(ended, "target-copernica")
    assert ended.out == ""
    assert ended.seconds < SECONDS


@pytest.mark.parametrize("missing", ["api_key", "api_secret"])
def test_a_missing_key(sandbox: Sandbox, tmp_path: Path, missing: str) -> None:
    config: dict[str, Any] = {name: value for name, value in sandbox.tap_config().items() if name != missing}
    ended = tap(tmp_path, config)
    assert ended.code == SETTINGS, ended.log
    assert missing in one_line(ended, "tap-seoshop")


def test_a_missing_token(sandbox: Sandbox, tmp_path: Path) -> None:
    config = sandbox.target_config(tmp_path / "state")
    del config["api_token"]
    ended = target(tmp_path, config, MESSAGES)
    assert ended.code == SETTINGS, ended.log
    assert "api_token" in one_line(ended, "target-copernica")
