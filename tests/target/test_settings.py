"""What a user can get wrong in the target's settings: one line that names the setting or the file."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from support.account import Account
from support.in_process import refusal
from support.programs import BIN, run, written
from support.singer import customer, lines, record, schema, state
from target_copernica.configuration import completed, unknown
from target_copernica.errors import TargetError
from target_copernica.settings import SETTINGS
from target_copernica.singer.target import TargetCopernica
from target_copernica.typed_settings import Settings


def refused(*arguments: object) -> str:
    """What the target says of settings or files, in this process."""
    return refusal(TargetCopernica.get_singer_command(), TargetError, *arguments)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("CONCURRENCY", "four"),
        ("CONCURRENCY", "4.0"),
        ("MAX_REJECTS", "few"),
        ("MAX_REJECTS", "NaN"),
        ("MAPPING", "{streams:1}"),
        ("MAPPING", "[]"),
        ("CALL_BUDGET", "{run:1}"),
        ("CALL_BUDGET", "5"),
        ("DRY_RUN", "ture"),
        ("API_TOKEN", "t\r"),
        ("PRESET", "seo"),
        ("STREAM_MAPS", "{"),
        ("MAPPING_FILE", "/nowhere.yaml"),
        ("MAPPING_FILE", "/proc"),
        ("TIMEZONE", "Mars"),
        ("LIVE_FROM", "tomorrow"),
    ],
)
def test_a_wrong_value_in_the_environment_names_its_setting(
    name: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TARGET_COPERNICA_API_TOKEN", "t")
    monkeypatch.setenv("TARGET_COPERNICA_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv(f"TARGET_COPERNICA_{name}", text)
    assert name.lower() in refused("--config=ENV", "status")


@pytest.mark.parametrize(
    ("name", "value"), [("flattening_enabled", True), ("state_dir", "a\0b"), ("mapping_file", "\0")]
)
def test_a_wrong_value_in_a_file_names_its_setting(name: str, value: Any, tmp_path: Path) -> None:
    config = written(tmp_path / "c.json", {"api_token": "t", "state_dir": str(tmp_path / "s"), name: value})
    wanted = "flattening_max_depth" if name == "flattening_enabled" else name
    assert f"`{wanted}`" in refused("--config", config, "status")


def test_a_number_without_end_is_no_limit() -> None:
    config = completed({"live_window": 10**400, "max_rejects": 1e300}, SETTINGS["properties"])
    assert (config["live_window"], config["max_rejects"]) == (10**9, 10**9)


def test_a_blank_variable_is_not_set(account: Account) -> None:
    blank = {f"TARGET_COPERNICA_{name.upper()}": "" for name in SETTINGS["properties"]}
    given = {name: str(value) for name, value in account.sandbox.target_config(account.folder / "s").items()}
    given |= {"max_rejects": "0.05", "batch_age": "0.5", "call_budget": '{"run": 500}'}
    env = blank | {f"TARGET_COPERNICA_{name.upper()}": value for name, value in given.items()}
    text = lines(customer(1), state(n=1))
    ended = run(BIN / "target-copernica", "--config=ENV", env=env, messages=text)
    assert ended.code == 0, ended.err
    assert list(account.people()) == ["7:1"]
    del env["TARGET_COPERNICA_API_TOKEN"]
    ended = run(BIN / "target-copernica", "--config=ENV", env=env, messages=text)
    assert ended.code == 2
    assert "the setting `api_token` is missing" in ended.err.splitlines()[-1]


def test_null_means_the_default_but_for_the_database_of_products() -> None:
    properties = SETTINGS["properties"]
    empty = frozenset({"products_database"})
    found = completed(dict.fromkeys(properties), properties, empty)
    assert found == completed({}, properties) | {"products_database": None}
    assert completed({"products_database": ""}, properties, empty)["products_database"] == ""


def test_each_setting_has_its_typed_form() -> None:
    of_the_sdk: dict[str, Any] = {"properties": {}}
    TargetCopernica.append_builtin_config(of_the_sdk)
    fields, only_of_the_sdk = set(Settings.__struct_fields__), of_the_sdk["properties"].keys()
    assert set(SETTINGS["properties"]) - only_of_the_sdk - {"load_method"} <= fields
    properties = {name: (of_the_sdk["properties"] | SETTINGS["properties"])[name] for name in fields}
    defaults = completed({}, properties)
    typed = Settings.of({"api_token": "t", **defaults})
    assert {name: getattr(typed, name) for name in defaults} == defaults
    for name, definition in properties.items():
        for value in definition.get("enum", ()):
            assert getattr(Settings.of({"api_token": "t", **defaults, name: value}), name) == value


def test_settings_do_not_show_the_token() -> None:
    settings = Settings.of(completed({"api_token": "s3cret"}, SETTINGS["properties"]))
    assert settings.api_token == "s3cret"
    assert "s3cret" not in f"{settings} {settings!r}"


def test_a_null_database_of_products_is_none_and_a_time_is_an_instant() -> None:
    for text in ("2026-03-01T01:00:00+01:00", "2026-03-01T00:00:00", "2026-03-01"):
        given = {"api_token": "t", "products_database": None, "live_from": text}
        settings = Settings.of(completed(given, SETTINGS["properties"], {"products_database"}))
        assert settings.products_database is None
        assert settings.live_from == datetime(2026, 3, 1, tzinfo=UTC)


def test_an_unknown_setting_is_reported_with_the_nearest_name(account: Account) -> None:
    ended = account.send(customer(1), state(n=1), preset="seoshop", max_reject=5)
    assert ended.err.count("`max_reject` is unknown and does nothing; did you mean `max_rejects`?") == 1
    assert unknown(["zzz"], ["api_token"]) == ["the setting `zzz` is unknown and does nothing"]


def test_a_misspelled_variable_is_reported_with_the_right_name(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("TARGET_COPERNICA_DATABSE", "Shop")
    monkeypatch.delenv("MELTANO_PROJECT_ROOT", raising=False)  # `make` sets it
    prefix = "TARGET_COPERNICA_"
    line = f"the variable {prefix}DATABSE is unknown and does nothing; did you mean {prefix}DATABASE?"
    for read, told in ((True, [line]), (False, [])):
        TargetCopernica(config={"api_token": "t"}, parse_env_config=read)
        assert caplog.messages == told
        caplog.clear()


@pytest.mark.parametrize("content", ["null", "[]", "{", '"a"', "[" * 100_000, None])
def test_a_file_of_the_wrong_form_is_named(content: str | None, tmp_path: Path) -> None:
    file = tmp_path / "given.json"
    if content is None:
        file.mkdir()
    else:
        file.write_text(content)
    assert "given.json" in refused("--config", file, "status")


MAPS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "not an expression": ({"customers": {"x": "1 +"}}, ("`customers`", "`x`", "`1 +`")),
    "a number": ({"customers": {"x": 5}}, ("`customers`", "x")),
    "unknown name": ({"customers": {"x": "nothing"}}, ("`customers`", "`x`", "`nothing`")),
    "wrong type": ({"customers": {"x": "int(email)"}}, ("`customers`", "`int(email)`", "ValueError")),
    "filter": ({"customers": {"__filter__": "1 / 0"}}, ("`customers`", "`1 / 0`", "ZeroDivisionError")),
    "without faker": ({"customers": {"x": "fake.name()"}}, ("`customers`", "`fake.name()`", "faker")),
    "a text": ({"customers": "drop"}, ("`customers`",)),
    "other streams": ({"__else__": "drop"}, ("`stream_maps`",)),
    "no such option": ({"__nothing__": {}}, ("__nothing__",)),
}


@pytest.mark.parametrize("case", MAPS)
def test_a_mistake_in_stream_maps_names_stream_and_expression(
    case: str, tmp_path: Path, account: Account
) -> None:
    maps, words = MAPS[case]
    settings = account.sandbox.target_config(tmp_path / "state", stream_maps=maps)
    messages = tmp_path / "messages.jsonl"
    properties = {"id": {"type": "integer"}, "email": {"type": "string"}}
    head = schema("customers", properties)
    messages.write_text(lines(head, record("customers", id=1, email="zoe@example.com"), state(n=1)))
    config = written(tmp_path / "target.json", settings)
    said = refused("--config", config, "--input", messages)
    assert all(word in said for word in words), said
    assert "zoe@example.com" not in said
