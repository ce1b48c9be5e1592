"""`sandbox serve` as a program: it says when it is ready, keeps its data, goes wrong as told, and stops."""

import http.client
import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sandbox.__main__ import main
from sandbox.settings import SEOSHOP_KEY, SEOSHOP_SECRET

PROGRAM = Path(sys.executable).parent / "sandbox"
SMALL = ("--port", "0", "--customers", "3", "--orders", "4", "--order-rows", "5")
KEY = {"Authorization": "Basic " + b64encode(f"{SEOSHOP_KEY}:{SEOSHOP_SECRET}".encode()).decode()}


@dataclass
class Running:
    """A sandbox that runs as a program."""

    process: subprocess.Popen[str]
    port: int

    def ask(self, method: str, path: str, body: object = None, timeout: float = 10) -> tuple[int, Any]:
        """One request over a connection of its own: status and JSON (or text)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), KEY)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        return answer.status, json.loads(text) if text.startswith(("{", "[")) else text

    def fault(self, **rule: object) -> None:
        """Post a rule."""
        assert self.ask("POST", "/admin/faults", rule)[0] == 200

    def logged(self) -> list[tuple[str, int]]:
        """Paths and statuses in the request log."""
        entries = self.ask("GET", "/admin/requests")[1]["requests"]
        return [(entry["path"], entry["status"]) for entry in entries]


@contextmanager
def running(*options: str) -> Iterator[Running]:
    process = subprocess.Popen([PROGRAM, "serve", *SMALL, *options], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("sandbox ready on http://127.0.0.1:")
        yield Running(process, int(line.rpartition(":")[2]))
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.fixture(scope="module")
def program() -> Iterator[Running]:
    with running() as started:
        yield started


@pytest.fixture
def sandbox(program: Running) -> Iterator[Running]:
    """The running program, free of faults at the end."""
    yield program
    program.ask("DELETE", "/admin/faults")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_and_leaves_no_folder(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with running() as started:
        assert list(tmp_path.iterdir())
        started.process.send_signal(number)
        assert started.process.wait(20) == 0
    assert list(tmp_path.iterdir()) == []


def test_a_data_folder_keeps_shop_and_clock(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    with running("--data", data) as first:
        made = first.ask("POST", "/admin/shop/move", {"new_customers": 1})[1]["changed"]["customers"]
        first.ask("POST", "/admin/clock", {"set": "2030-01-01T00:00:00Z"})
    with running("--data", data, "--seed", "9", "--customers", "50") as second:
        status = second.ask("GET", "/admin/status")[1]
        assert status["shop"]["customers"] == 4
        assert status["now"].startswith("2030-01-01T00:0")
        assert second.ask("GET", f"/seoshop/nl/customers/{made[0]}.json")[0] == 200


@pytest.mark.parametrize("file", ["shop.sqlite", "copernica.sqlite"])
def test_a_data_folder_of_another_version_is_one_clear_line(tmp_path: Path, file: str) -> None:
    with sqlite3.connect(tmp_path / file) as other:
        other.execute("CREATE TABLE customers (id INTEGER)")
    other.close()
    command = [str(PROGRAM), "serve", *SMALL, "--data", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, len(ended.stderr.splitlines())) == (2, 1)
    assert str(tmp_path) in ended.stderr


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--rate-limits", "1/2"), "rate limits"),
        (("--order-rows", "1"), "--order-rows"),
        (("--now", "soon"), "--now"),
        (("--switch", "seoshop.filter_zone=mars"), "seoshop.filter_zone"),
        (("--zone", "Europe/Nowhere"), "Europe/Nowhere"),
    ],
)
def test_a_wrong_option_is_one_clear_line_and_exit_code_2(options: tuple[str, ...], named: str) -> None:
    ended = subprocess.run([PROGRAM, "serve", *SMALL, *options], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert named in ended.stderr
    assert "Traceback" not in ended.stderr


@contextmanager
def deaf_to_ctrl_c() -> Iterator[None]:
    """What is started here inherits it, as from `sandbox ... &` in a script."""
    heard = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, heard)


def test_each_request_is_a_line_of_the_log(tmp_path: Path) -> None:
    with running("--log", str(tmp_path / "log")) as started:
        asked = [str(PROGRAM), "requests", "--url", f"127.0.0.1:{started.port}"]
        with deaf_to_ctrl_c():
            following = subprocess.Popen([*asked, "--follow"], stdout=subprocess.PIPE, text=True)
        started.ask("GET", "/seoshop/nl/orders.json?limit=2&email=jan@example.com")
        started.ask("GET", "/copernica/v4/identity")
        started.fault(path="groups", do="drop_before")
        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
            started.ask("GET", "/seoshop/nl/groups.json")
        assert following.stdout is not None
        followed = [following.stdout.readline() for _ in range(3)]
        following.send_signal(signal.SIGINT)
        assert (following.communicate()[0], following.returncode) == ("", 0)
        listed = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
        one = subprocess.run(
            [*asked, "--side", "copernica"], capture_output=True, text=True, check=True
        ).stdout
    lines = (tmp_path / "log").read_text("utf-8")
    assert listed == lines == "".join(followed)
    assert [line.split(maxsplit=1)[1] for line in lines.splitlines()] == [
        "seoshop         200 1 GET /seoshop/nl/orders.json?limit=2&email=\u2026",
        "copernica       401 0 GET /copernica/v4/identity",
        "seoshop         --- 0 GET /seoshop/nl/groups.json",
    ]
    assert one == lines.splitlines(keepends=True)[1]


def test_a_sandbox_that_is_not_there_is_one_clear_line() -> None:
    asked = [str(PROGRAM), "requests", "--url", "http://127.0.0.1:1"]
    ended = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert (ended.returncode, len(ended.stderr.splitlines())) == (4, 1)


@pytest.mark.parametrize("name", [None, *main.commands])
def test_every_command_shows_an_example(name: str | None) -> None:
    told = CliRunner().invoke(main, [*([name] if name else []), "--help"]).output
    assert f"Examples:\n    sandbox {name or ''}".rstrip() in told


def test_the_switches_are_listed_with_their_choices() -> None:
    listed = subprocess.run([str(PROGRAM), "switches"], capture_output=True, text=True, check=True).stdout
    assert "seoshop.filter_zone = utc | shop\n" in listed
    assert "copernica." in listed


def test_a_taken_port_is_one_clear_line(sandbox: Running, tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.jsonl"
    scenario.write_text("an older one", "utf-8")
    command = [str(PROGRAM), "record", str(scenario), *SMALL, "--port", str(sandbox.port)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1
    assert scenario.read_text("utf-8") == "an older one"


def test_a_status_is_answered_in_place_of_the_request(sandbox: Running) -> None:
    sandbox.fault(path="brands", do="status", status=502, body="<html>Bad Gateway</html>", nth=2, times=2)
    answers = [sandbox.ask("GET", "/seoshop/nl/brands.json")[0] for _ in range(4)]
    assert answers == [200, 502, 502, 200]
    (rule,) = sandbox.ask("GET", "/admin/faults")[1]["faults"]
    assert (rule["seen"], rule["hits"]) == (4, 2)


def test_a_rule_speaks_of_side_method_and_path(sandbox: Running) -> None:
    sandbox.fault(side="copernica", do="status")
    sandbox.fault(method="POST", do="status")
    sandbox.fault(path="/customers\\.json$", do="status", times=None)
    assert sandbox.ask("GET", "/seoshop/nl/orders.json")[0] == 200
    assert [sandbox.ask("GET", "/seoshop/nl/customers.json")[0] for _ in range(3)] == [503] * 3


@pytest.mark.parametrize(("do", "carried_out"), [("drop_before", False), ("drop_after", True)])
def test_a_connection_is_dropped_without_an_answer(sandbox: Running, do: str, carried_out: bool) -> None:  # noqa: FBT001  # a parameter
    before = len(sandbox.logged())
    sandbox.fault(path="variants", do=do)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        sandbox.ask("GET", "/seoshop/nl/variants.json")
    assert sandbox.logged()[before:] == [("/seoshop/nl/variants.json", 200 if carried_out else 0)]
    assert sandbox.ask("GET", "/seoshop/nl/variants.json")[0] == 200


@pytest.mark.parametrize(("do", "status"), [("hang_before", 0), ("hang_after", 200)])
def test_a_request_hangs_until_the_client_goes_away(sandbox: Running, do: str, status: int) -> None:
    before = len(sandbox.logged())
    sandbox.fault(path="groups", do=do)
    with pytest.raises(TimeoutError):
        sandbox.ask("GET", "/seoshop/nl/groups.json", timeout=0.3)
    assert sandbox.logged()[before:] == [("/seoshop/nl/groups.json", status)]
    assert sandbox.ask("GET", "/seoshop/nl/groups.json")[0] == 200


def test_a_hanging_request_does_not_keep_it_from_stopping() -> None:
    with running() as started:
        started.fault(path="shop", do="hang_before")
        with pytest.raises(TimeoutError):
            started.ask("GET", "/seoshop/nl/shop.json", timeout=0.2)
        client = http.client.HTTPConnection("127.0.0.1", started.port)
        started.fault(path="shop", do="hang_before")
        client.request("GET", "/seoshop/nl/shop.json", headers=KEY)
        started.process.terminate()
        assert started.process.wait(10) == 0
        client.close()


def test_clearing_the_faults_lets_go_of_what_hangs(sandbox: Running) -> None:
    sandbox.fault(path="shop", do="hang_after")
    ended: list[type[BaseException]] = []

    def hang() -> None:
        try:
            sandbox.ask("GET", "/seoshop/nl/shop.json")
        except (http.client.RemoteDisconnected, ConnectionResetError) as error:
            ended.append(type(error))

    thread = threading.Thread(target=hang)
    thread.start()
    deadline = time.monotonic() + 10
    while not sandbox.ask("GET", "/admin/faults")[1]["faults"][0]["hits"] and time.monotonic() < deadline:
        time.sleep(0.02)
    assert thread.is_alive()
    sandbox.ask("DELETE", "/admin/faults")
    thread.join(10)
    assert ended


def test_a_body_breaks_off(sandbox: Running) -> None:
    """Half of what was announced."""
    whole = len(json.dumps(sandbox.ask("GET", "/seoshop/nl/orders.json")[1], separators=(",", ":")))
    sandbox.fault(path="orders", do="cut")
    with pytest.raises(http.client.IncompleteRead) as caught:
        sandbox.ask("GET", "/seoshop/nl/orders.json")
    assert 0 < len(caught.value.partial) < whole
    assert sandbox.ask("GET", "/seoshop/nl/orders.json")[0] == 200


@pytest.mark.parametrize("do", ["slow", "drip"])
def test_an_answer_takes_its_time(sandbox: Running, do: str) -> None:
    """And arrives whole; the drip begins at once."""
    whole = sandbox.ask("GET", "/seoshop/nl/shop.json")
    sandbox.fault(path="shop", do=do, seconds=0.5)
    began = time.monotonic()
    assert sandbox.ask("GET", "/seoshop/nl/shop.json") == whole
    assert time.monotonic() - began >= 0.5


@pytest.mark.parametrize(
    "rule", [{"do": "explode"}, {"do": "status", "path": "("}, {"do": "status", "when": 1}, {}]
)
def test_a_rule_that_makes_no_sense_is_refused(sandbox: Running, rule: dict[str, object]) -> None:
    status, body = sandbox.ask("POST", "/admin/faults", rule)
    assert status == 400
    assert body["error"]
