"""Taps that we did not write, from the package index, each in an environment of its own."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from support.account import Account
from support.programs import BIN, clean_environment, run, written

pytestmark = pytest.mark.slow

MEMBERS = [
    {
        "id": 1,
        "email": "zoe@example.com",
        "name": "Zoë d'Hondt",
        "paid": 12.5,
        "address": {"city": "Gent", "geo": {"lat": 51.05}},
        "tags": ["vip", "früh"],
        "joined": "2019-07-01T22:30:00Z",
    },
    {
        "id": 2,
        "email": "none",
        "name": None,
        "paid": 0,
        "address": {"city": "Delft", "geo": {"lat": 52.01}},
        "tags": [],
        "joined": "2020-02-29T12:00:00Z",
    },
]
STREAM = {
    "profiles_of": "people",
    "key": ["id"],
    "creates": True,
    "fields": {
        "email": {"type": "email"},
        "name": {"length": 100},
        "city": {"from": ["address.city", "address_city"]},
        "labels": {"from": "tags", "join": ", "},
        "paid": {"type": "float"},
        "member_since": {"from": "joined", "type": "empty_date"},
    },
}
MAPPED = {
    "1": ("zoe@example.com", "Zoë d'Hondt", "Gent", 12.5, "2019-07-02"),
    "2": ("", "", "Delft", 0.0, "2020-02-29"),
}
LABELS = {
    "from_jsonl": ["vip, früh", ""],
    "from_rest": ['["vip", "fr\\u00fch"]', "[]"],  # this tap sends lists as JSON text, and objects flat
}


def installed(folder: Path, *packages: str) -> Path:
    """An environment with packages; the folder of its programs."""
    commands: tuple[list[str | Path], ...] = (
        [BIN / "uv", "venv", "--quiet", "--python", sys.executable, folder],
        [BIN / "uv", "pip", "install", "--quiet", "--python", folder / "bin" / "python", *packages],
    )
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)
        assert done.returncode == 0, done.stderr
    return folder / "bin"


def mapping_of(stream: str) -> dict[str, Any]:
    return {"databases": {"people": {"name": "Club"}}, "streams": {stream: STREAM}}


def sent(account: Account, messages: str, **settings: Any) -> None:
    ended = account.send_text(messages, **settings)
    assert ended.code == 0, ended.err


@pytest.fixture(scope="module")
def tap_jsonl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(tmp_path_factory.mktemp("tap-jsonl") / "venv", "tap-jsonl==0.3.1") / "tap-jsonl"


@pytest.fixture(scope="module")
def tap_rest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tap-rest-api-msdk") / "venv"
    # What it stands on imports pkg_resources, which later versions of setuptools do not have.
    return installed(folder, "tap-rest-api-msdk==1.4.2", "setuptools<80") / "tap-rest-api-msdk"


@pytest.fixture(scope="module")
def members_url() -> Iterator[str]:
    """A small API: nested records in a list."""

    class Members(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"members": MEMBERS}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Members)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def read(tap: Path, folder: Path, config: dict[str, Any]) -> str:
    environment = clean_environment()
    ended = run(tap, "--config", written(folder / "other.json", config), env=environment)
    assert ended.code == 0, ended.err
    return ended.out


@pytest.fixture
def from_jsonl(tap_jsonl: Path, tmp_path: Path) -> str:
    file = tmp_path / "members.jsonl"
    file.write_text("".join(json.dumps(member) + "\n" for member in MEMBERS))
    return read(tap_jsonl, tmp_path, {"path": str(file), "stream_name": "members", "primary_keys": ["id"]})


@pytest.fixture
def from_rest(tap_rest: Path, members_url: str, tmp_path: Path) -> str:
    stream = {
        "name": "members",
        "path": "/members",
        "records_path": "$.members[*]",
        "primary_keys": ["id"],
    }
    return read(tap_rest, tmp_path, {"api_url": members_url, "streams": [stream]})


@pytest.mark.parametrize("messages", ["from_jsonl", "from_rest"])
def test_a_mapping_says_where_nested_records_go(
    account: Account, messages: str, request: pytest.FixtureRequest
) -> None:
    text = request.getfixturevalue(messages)
    sent(account, text, preset=None, mapping=mapping_of("members"))
    people = account.people("Club")
    for key, (email, name, city, paid, since_day) in MAPPED.items():
        fields = people[key]
        assert (fields["email"], fields["name"], fields["city"]) == (email, name, city)
        assert (float(fields["paid"]), fields["member_since"]) == (paid, since_day)
    assert [people[key]["labels"] for key in MAPPED] == LABELS[messages]
    assert [(one["key"], one["field"]) for one in account.rejects()] == [("2", "email")]
    since = account.sandbox.last()
    sent(account, text, preset=None, mapping=mapping_of("members"))
    assert not [call for call in account.calls(since) if not call.startswith("GET")]


@pytest.mark.parametrize("messages", ["from_jsonl", "from_rest"])
def test_without_a_mapping_nothing_is_lost(
    account: Account, messages: str, request: pytest.FixtureRequest
) -> None:
    text = request.getfixturevalue(messages)
    sent(account, text, preset=None)
    people = account.people("members")
    assert sorted(people) == ["1", "2"]
    for key, member in zip(("1", "2"), MEMBERS, strict=True):
        fields = people[key]
        assert fields["name"] == (member["name"] or "")
        assert float(fields["paid"]) == member["paid"]
        nested = " ".join(str(value) for value in fields.values())
        assert str(member["address"]["city"]) in nested  # type: ignore[index] # a dict
        assert str(member["address"]["geo"]["lat"]) in nested  # type: ignore[index] # a dict
        assert ("vip" in nested) is ("vip" in member["tags"])  # type: ignore[operator] # a list
