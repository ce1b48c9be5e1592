"""Each failure has its exit code and one clear line, soon; no secret is in any log."""

import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from support.programs import BIN, run, start, tap, written
from support.sandbox import SECRETS, Sandbox
from tap.conftest import FAST, Reader

SOON = 60
"""Far below the minutes of retries that a failure later in a run is given; no measure of speed."""
OWN_LINE = "tap-seoshop: "


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.mark.parametrize(
    ("settings", "code", "words"),
    [
        ({"api_secret": "f" * 32}, 3, "check both `api_key` and `api_secret`"),
        ({"language": "xx"}, 2, "the shop does not know the language 'xx'"),
        ({"language": "nederlands"}, 2, "the setting `language` must look like"),
        ({"api_key": 12345678}, 2, "the setting `api_key` must be of type string"),
        ({"cluster": "mars"}, 2, "the setting `cluster` must be one of eu1 or us1"),
        ({"start_date": "tomorrow"}, 2, "`start_date`"),
        ({"api_url": "http://127.0.0.1:{port}/seoshop"}, 4, "is away (no connection"),
    ],
)
def test_a_failure_says_one_line_soon(
    settings: dict[str, Any], code: int, words: str, shop: Sandbox, reader: Reader
) -> None:
    given = {
        name: value.replace("{port}", str(free_port())) if isinstance(value, str) else value
        for name, value in settings.items()
    }
    read = reader(shop, **given)
    assert read.ended.code == code, read.ended.log
    own = [line for line in read.ended.err.split("\n") if line.startswith(OWN_LINE)]
    assert len(own) == 1
    assert words in own[0]
    assert own[0] == read.said
    assert "Traceback" not in read.ended.log
    assert "12345678" not in read.ended.log
    assert read.ended.seconds < SOON
    assert read.messages == []


def test_missing_settings_are_named(tmp_path: Path) -> None:
    ended = tap(tmp_path, {})
    assert ended.code == 2
    assert ended.err.strip().split("\n")[-1] == (
        "tap-seoshop: the settings `api_key` and `api_secret` are missing: "
        "put them into the file of --config, "
        "or TAP_SEOSHOP_API_KEY and TAP_SEOSHOP_API_SECRET into the environment"
    )


@pytest.mark.parametrize(("content", "words"), [("{broken", "not valid JSON"), (None, "No such file")])
def test_a_bad_file_of_settings_is_one_line(content: str | None, words: str, tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    if content is not None:
        file.write_text(content)
    ended = run(BIN / "tap-seoshop", "--config", file)
    assert ended.code == 2
    assert words in ended.err.strip().split("\n")[-1]
    assert "Traceback" not in ended.log


def test_a_missing_permission_names_the_list(moving: Sandbox, reader: Reader) -> None:
    moving.fault("seoshop", "/invoices", "status", status=403, times=10)
    read = reader(moving)
    assert read.ended.code == 3
    assert "the key may not read invoices" in read.said
    bookmarks = read.state["bookmarks"]
    assert bookmarks["orders"]["replication_key_value"] is not None
    assert bookmarks["invoices"]["replication_key_value"] is None


@pytest.mark.parametrize(
    "rule",
    [
        {"do": "status", "status": 503, "body": "<html>", "times": 2},
        {"do": "status", "status": 200, "body": "<html>not json", "times": 1},
        {"do": "status", "status": 200, "body": '{"error": {"code": 500}}', "times": 1},
        {"do": "status", "status": 429, "body": "{}", "headers": {"Retry-After": "0"}, "times": 2},
        {"do": "drop_before", "times": 2},
        {"do": "drop_after", "times": 1},
    ],
    ids=lambda rule: f"{rule['do']}-{rule.get('status')}-{rule.get('body')}",
)
def test_what_passes_is_retried(rule: dict[str, Any], moving: Sandbox, reader: Reader) -> None:
    moving.fault("seoshop", "/(orders|products)\\.json", **rule)
    read = reader(moving, select=("customers", "orders"))
    assert read.ended.code == 0, read.ended.err
    assert len(read.records("orders")) == len(moving.shop("orders"))


def test_an_api_that_was_away_from_the_start_is_given_up_soon(moving: Sandbox, reader: Reader) -> None:
    moving.fault("seoshop", ".*", "status", status=502, times=1000)
    read = reader(moving)
    assert read.ended.code == 4
    assert "is away (HTTP 502" in read.said
    assert read.ended.seconds < SOON


def test_no_secret_and_no_personal_data_in_any_log(moving: Sandbox, reader: Reader) -> None:
    moving.fault("seoshop", "/orders", "drop_after", times=1)
    moving.fault("seoshop", "/invoices", "status", status=503, body="SECRETBODY robin@example.com", times=1)
    read = reader(moving, env={"TAP_SEOSHOP_LOGLEVEL": "DEBUG", "LOGLEVEL": "DEBUG"})
    assert read.ended.code == 0
    assert "DEBUG" in read.ended.err
    for secret in (*SECRETS, "SECRETBODY"):
        assert secret not in read.ended.err
    for customer in moving.shop("customers"):
        assert customer["email"] not in read.ended.err
    wrong = reader(moving, api_secret="z" * 32, env={"TAP_SEOSHOP_LOGLEVEL": "DEBUG"})
    assert "z" * 32 not in wrong.ended.log


def test_a_reader_that_goes_is_one_line(shop: Sandbox, tmp_path: Path) -> None:
    config = written(tmp_path / "config.json", shop.tap_config(**FAST))
    command = BIN / "tap-seoshop", "--config", config
    with start(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
    assert process.returncode == 1
    assert "Traceback" not in err
    assert "Exception ignored" not in err
    assert err.strip().split("\n")[-1].startswith("tap-seoshop: the program that reads the records has gone")


def test_a_signal_ends_a_run_that_waits_for_an_answer(moving: Sandbox, tmp_path: Path) -> None:
    moving.fault("seoshop", "/orders/[0-9]+/products", "hang_before", times=100)
    config = written(tmp_path / "config.json", moving.tap_config(**FAST))
    command = BIN / "tap-seoshop", "--config", config
    process = start(*command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    while not any("/products" in one["path"] and "/orders/" in one["path"] for one in moving.requests()):
        time.sleep(0.05)
    began = time.monotonic()
    process.terminate()
    _, err = process.communicate(timeout=20)
    assert process.returncode == 128 + 15
    assert "Traceback" not in err
    assert time.monotonic() - began < SOON
    moving.clear_faults()


@pytest.mark.parametrize("argument", ["--discover", "--about", "--version"])
def test_what_needs_no_shop_asks_none(argument: str, tmp_path: Path) -> None:
    ended = run(BIN / "tap-seoshop", argument, cwd=tmp_path)
    assert ended.code == 0
    assert ended.out
