"""What a user can get wrong in settings and files: one line that names it, and exit code 2."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from support.in_process import refusal
from support.programs import BIN, Ended, clean_environment, run, written
from support.sandbox import Sandbox
from tap.conftest import FAST, Reader
from tap_seoshop.configuration import completed, misspelled, unknown
from tap_seoshop.errors import SettingsError
from tap_seoshop.settings import SETTINGS, Settings
from tap_seoshop.tap import TapSeoshop

TAP = BIN / "tap-seoshop"
KEYS = {"api_key": "k", "api_secret": "s"}
NOWHERE = {"api_url": "http://127.0.0.1:9/seoshop"}
"""Nothing listens there: a run whose settings are taken ends with exit code 4."""


def said(ended: Ended) -> str:
    """The one line of a failure, which is the last."""
    own = [line for line in ended.err.splitlines() if line.startswith("tap-seoshop: ")]
    assert own == ended.err.splitlines()[-1:], ended.log
    assert "please report it" not in ended.log
    assert "Traceback" not in ended.log
    return own[0]


def refused(*arguments: object) -> str:
    """What the tap says of settings or files, in this process."""
    return refusal(TapSeoshop.get_singer_command(), SettingsError, *arguments)


def with_environment(**variables: str) -> Ended:
    """Run the tap with settings from the environment."""
    given = {"API_KEY": "k", "API_SECRET": "s", "API_URL": NOWHERE["api_url"], **variables}
    return run(TAP, "--config=ENV", env={f"TAP_SEOSHOP_{name}": value for name, value in given.items()})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("CONCURRENCY", "four"),
        ("CONCURRENCY", "4.0"),
        ("CONCURRENCY", "NaN"),
        ("QUOTA_RESERVE", "a tenth"),
        ("QUOTA_RESERVE", "NaN"),
        ("REQUESTS_PER_SECOND", "Infinity"),
        ("STREAM_MAPS", "{orders:1}"),
        ("STREAM_MAPS", "[]"),
        ("FLATTENING_ENABLED", "perhaps"),
        ("START_DATE", "2999-01-01"),
        ("BACKFILL_SINCE", "2999-01-01T00:00:00Z"),
        ("START_DATE", "soon"),
        ("API_KEY", "k\r"),
        ("API_SECRET", " s"),
        ("CLUSTER", "eu2"),
    ],
)
def test_a_wrong_value_in_the_environment_names_its_setting(
    name: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in {"API_KEY": "k", "API_SECRET": "s", name: text}.items():
        monkeypatch.setenv(f"TAP_SEOSHOP_{variable}", value)
    assert f"`{name.lower()}`" in refused("--config=ENV")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("flattening_enabled", True),
        ("user_agent", "a\0b"),
        ("max_wait", -(10**400)),
        ("look_back", "9" * 5000),
    ],
)
def test_a_wrong_value_in_a_file_names_its_setting(name: str, value: Any, tmp_path: Path) -> None:
    wanted = "flattening_max_depth" if name == "flattening_enabled" else name
    assert f"`{wanted}`" in refused("--config", written(tmp_path / "c.json", {**KEYS, name: value}))


@pytest.mark.parametrize("number", [10**400, 1e300, "1" + "0" * 400])
def test_a_number_without_end_is_no_limit(number: Any) -> None:
    properties = SETTINGS["properties"]
    times = [name for name, schema in properties.items() if set(schema["type"]) & {"integer", "number"}]
    config = completed(dict.fromkeys(times, number) | KEYS, properties)
    assert {config[name] for name in times} == {10**9}
    assert Settings.of(config).look_back == 10**9


def test_a_refusal_is_one_line_with_exit_code_2() -> None:
    ended = with_environment(CONCURRENCY="four")
    assert ended.code == 2, ended.log
    assert said(ended) == "tap-seoshop: the setting `concurrency` must be of type integer"


def test_a_blank_variable_is_not_set_and_numbers_may_have_fractions() -> None:
    blank = {name.upper(): " " for name in SETTINGS["properties"] if name not in {*KEYS, "api_url"}}
    assert with_environment(**blank).code == 4  # all settings were taken
    assert with_environment(QUOTA_RESERVE="0.25", REQUESTS_PER_SECOND="2.5", CONCURRENCY="2").code == 4


def test_an_empty_secret_is_missing(tmp_path: Path) -> None:
    ended = with_environment(API_SECRET="")
    assert ended.code == 2
    assert "the setting `api_secret` is missing" in said(ended)
    project = {"MELTANO_PROJECT_ROOT": str(tmp_path)}
    assert f"there is no {tmp_path / '.env'}" in said(run(TAP, "--config=ENV", env=project))
    (tmp_path / ".env").touch()
    assert "fill in TAP_SEOSHOP_API_KEY" in said(run(TAP, "--config=ENV", env=project))


def test_null_means_the_default(tmp_path: Path) -> None:
    nulls = dict.fromkeys(SETTINGS["properties"]) | KEYS | NOWHERE
    assert run(TAP, "--config", written(tmp_path / "c.json", nulls)).code == 4
    properties = SETTINGS["properties"]
    assert completed(dict.fromkeys(properties), properties) == completed({}, properties)


def test_an_unknown_setting_is_reported_once_with_the_nearest_name(tmp_path: Path) -> None:
    config = written(tmp_path / "c.json", {**KEYS, **NOWHERE, "concurency": 2})
    ended = run(TAP, "--config", config)
    assert ended.code == 4
    assert ended.err.count("`concurency` is unknown and does nothing; did you mean `concurrency`?") == 1
    assert unknown(["api_key", "zzz"], ["api_key"]) == ["the setting `zzz` is unknown and does nothing"]


def test_a_misspelled_variable_is_reported_with_the_right_name(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("TAP_SEOSHOP_START_DAT", "2026-01-01")
    monkeypatch.delenv("MELTANO_PROJECT_ROOT", raising=False)  # `make` sets it
    line = (
        "the variable TAP_SEOSHOP_START_DAT is unknown and does nothing; did you mean TAP_SEOSHOP_START_DATE?"
    )
    for read, told in ((True, [line]), (False, [])):  # what nothing reads is not reported
        TapSeoshop(config=KEYS, parse_env_config=read)
        assert caplog.messages == told
        caplog.clear()
    monkeypatch.setenv("MELTANO_PROJECT_ROOT", "/")  # Meltano reads the variables and gives a file
    TapSeoshop(config=KEYS)
    assert caplog.messages == [line]


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("CONCURENCY", "CONCURRENCY"),
        ("MAPPING_FILES", "MAPPING_FILE"),
        ("PRODUCT_DATABASE", "PRODUCTS_DATABASE"),
        ("CONCURRENCY", None),
        ("LITE_PRODUCTS_DATABASE", None),  # of a plugin that inherits
        ("MAPPING_FILE_LINE", None),  # a part of an object, as Meltano hands it over
        ("LOGLEVEL", None),
        ("concurency", None),
    ],
)
def test_which_variables_are_taken_for_misspelled(
    variable: str, meant: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"X_{variable}", "1")
    told = misspelled(["concurrency", "mapping_file", "products_database"], "X_")
    line = f"the variable X_{variable} is unknown and does nothing; did you mean X_{meant}?"
    assert told == ([] if meant is None else [line])


FILES = {
    "null": "null",
    "list": "[]",
    "text": '"a"',
    "broken": "{",
    "not utf-8": b"\xff\xfe{}",
    "NaN": '{"concurrency": NaN}',
    "nested": "[" * 100_000,
}
CATALOGS = {
    "no streams": "{}",
    "streams null": '{"streams": null}',
    "stream number": '{"streams": [1]}',
    "stream empty": '{"streams": [{}]}',
}
STATES = {
    "bookmarks null": '{"bookmarks": null}',
    "bookmarks list": '{"bookmarks": []}',
    "bookmark null": '{"bookmarks": {"orders": null}}',
    "no bookmarks": '{"orders": {}}',
    "line without value": '{"type": "STATE"}',
    "singer_state null": '{"singer_state": null}',
}


@pytest.mark.parametrize(
    ("option", "content"),
    [
        *((option, content) for option in ("--config", "--catalog", "--state") for content in FILES.values()),
        *(("--catalog", content) for content in CATALOGS.values()),
        *(("--state", content) for content in STATES.values()),
        *((option, None) for option in ("--config", "--catalog", "--state")),
    ],
)
def test_a_file_of_the_wrong_form_is_named(option: str, content: str | bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "given.json"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    settings = written(tmp_path / "c.json", KEYS | NOWHERE)
    assert "given.json" in refused("--config", settings, option, file)


def test_the_common_forms_of_a_state_are_understood(moving: Sandbox, reader: Reader, tmp_path: Path) -> None:
    state = reader(moving, select=("customers",)).state
    forms = [state, {"type": "STATE", "value": state}, {"singer_state": state}]
    for form in forms:
        assert reader(moving, select=("customers",), state=form).records("customers") == []
    empty = tmp_path / "empty.json"
    empty.touch()
    fresh = reader(moving, select=("customers",), arguments=("--state", str(empty)))
    assert len(fresh.records("customers")) == len(moving.shop("customers"))


def test_a_state_of_another_shop_stops_before_the_first_record(moving: Sandbox, reader: Reader) -> None:
    state = reader(moving, select=("customers", "shop")).state
    state["bookmarks"]["shop"].update(shop_id=7, read_at=None)
    read = reader(moving, state=state)
    assert read.ended.code == 2
    assert "the state is of shop 7" in said(read.ended)
    assert read.streams("RECORD") == []


MAPS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "not an expression": ({"orders": {"x": "1 +"}}, ("`orders`", "`x`", "`1 +`")),
    "empty": ({"orders": {"x": ""}}, ("`orders`", "`x`")),
    "a number": ({"orders": {"x": 5}}, ("`orders`", "x")),
    "unknown name": ({"orders": {"x": "nothing"}}, ("`orders`", "`x`", "`nothing`")),
    "wrong type": ({"orders": {"x": "int(email)"}}, ("`orders`", "`x`", "`int(email)`", "ValueError")),
    "missing property": ({"orders": {"x": "record['none']"}}, ("`orders`", "`record['none']`", "KeyError")),
    "filter": ({"orders": {"__filter__": "1 / 0"}}, ("`orders`", "`1 / 0`", "ZeroDivisionError")),
    "filter broken": ({"orders": {"__filter__": "("}}, ("`orders`", "`(`")),
    "without faker": ({"orders": {"x": "fake.name()"}}, ("`orders`", "`fake.name()`", "package faker")),
    "a text": ({"orders": "drop"}, ("`orders`",)),
    "other streams": ({"__else__": "drop"}, ("`stream_maps`",)),
    "other properties": ({"orders": {"__else__": "drop"}}, ("`orders`",)),
    "no such key": ({"orders": {"__key_properties__": ["none"]}}, ("`orders`", "none")),
    "no such option": ({"__nothing__": {}}, ("__nothing__",)),
    "no key": ({"orders": {"id": None}}, ("`orders`", "id")),
}


@pytest.mark.parametrize("case", MAPS)
def test_a_mistake_in_stream_maps_names_stream_and_expression(
    case: str, shop: Sandbox, reader: Reader
) -> None:
    maps, words = MAPS[case]
    read = reader(shop, select=("orders",), stream_maps=maps)
    assert read.ended.code == 2, read.ended.log
    assert all(word in said(read.ended) for word in words), said(read.ended)
    for order in shop.shop("orders"):
        assert order["email"] not in read.ended.err


def test_closed_or_full_output_is_one_line(shop: Sandbox, tmp_path: Path) -> None:
    config = written(tmp_path / "c.json", shop.tap_config(**FAST))
    for redirection in (">&-", "> /dev/full"):
        for argument in ("", "--discover"):
            ended = run("sh", "-c", f"exec {TAP} --config {config} {argument} {redirection}")
            assert ended.code == 2, ended.log
            assert "standard output" in said(ended)
    assert run("sh", "-c", f"exec {TAP} --config {config} 2>&-").code == 0


def caught(process: "subprocess.Popen[str]", signum: int) -> None:
    """Wait until the process itself handles a signal."""
    status = Path(f"/proc/{process.pid}/status")
    while True:
        (mask,) = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("SigCgt")]
        if int(mask, 16) >> (signum - 1) & 1:
            return
        assert process.poll() is None
        time.sleep(0.001)


@pytest.mark.parametrize("program", ["tap-seoshop", "target-copernica"])
@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("delay", [0.0, 0.1, 0.3])
def test_a_signal_while_the_program_still_loads_is_one_line(
    program: str, signum: signal.Signals, delay: float, sandbox: Sandbox, tmp_path: Path
) -> None:
    settings = sandbox.tap_config() if program == "tap-seoshop" else sandbox.target_config(tmp_path / "state")
    config = written(tmp_path / "c.json", settings)
    process = subprocess.Popen(
        [BIN / program, "--config", config],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment(),
    )
    caught(process, signal.SIGTERM)
    time.sleep(delay)
    os.kill(process.pid, signum)
    process.wait(timeout=60)  # with its input still open: the end of that is a reason to stop, too
    _, err = process.communicate()
    assert process.returncode == 128 + signum, err
    assert err.splitlines()[-1].startswith(f"{program}: stopped by signal {int(signum)}")
    assert "Traceback" not in err


def test_settings_that_are_right_are_taken_as_they_are() -> None:
    given = {"concurrency": 4.0, "quota_reserve": "0.5", "stream_maps": '{"orders": null}', "user_agent": "5"}
    found = completed(given, {**SETTINGS["properties"], "stream_maps": {"type": ["object", "null"]}})
    assert json.dumps({name: found[name] for name in given}) == json.dumps(
        {"concurrency": 4, "quota_reserve": 0.5, "stream_maps": {"orders": None}, "user_agent": "5"}
    )
