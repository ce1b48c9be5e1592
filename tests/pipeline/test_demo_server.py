"""The demo's sandbox: it finds a port, and nothing of it is left where starting it was interrupted."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from demo import __main__ as demo
from demo import pipeline, server

SMALL = {"customers": 3, "orders": 3, "order-rows": 3}


class Started(subprocess.Popen[bytes]):
    """A program that is remembered."""

    all: "list[Started]" = []  # noqa: RUF012  # emptied by the fixture

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.all.append(self)


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Started]]:
    """The programs that the demo starts, with its folder elsewhere."""
    for name in ("DEMO", "SHOP", "SANDBOX_LOG", "SANDBOX_NOTE", "STATE"):
        monkeypatch.setattr(server, name, tmp_path / "demo" / name.lower())
    monkeypatch.setattr(server, "DEMO", tmp_path / "demo")
    monkeypatch.setattr(server, "SIZE", SMALL)
    monkeypatch.setattr(subprocess, "Popen", Started)
    yield Started.all
    for process in Started.all:
        process.kill()
        process.wait()
    Started.all.clear()


def test_another_port_is_taken_where_the_usual_one_is_in_use(
    started: list[Started], monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        taken = other.getsockname()[1]
        monkeypatch.setattr(server, "PORT", taken)
        url = server.start()
        assert not url.endswith(f":{taken}")
        assert server.status(url)["shop"]["customers"] == 3
        assert server.find() == url
    assert [process.poll() is None for process in started] == [False, True]
    assert server.stop()


def test_ctrl_c_while_it_starts_leaves_nothing_running(
    started: list[Started], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        server.start()
    assert [process.returncode is not None for process in started] == [True]
    assert server.find() is None


def test_ctrl_c_while_it_runs_ends_the_run_and_says_how_to_go_on(
    started: list[Started], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pipeline, "COMMAND", ("-c", "import time; time.sleep(600)"))
    monkeypatch.setattr(pipeline, "SECONDS_BETWEEN_LOOKS", 0.01)

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "run", lambda: pipeline.run("http://127.0.0.1:9", interrupted))
    assert demo.main(["run"]) == 130
    assert [process.returncode is not None for process in started] == [True]
    assert "interrupted; make demo goes on from where it was" in capsys.readouterr().out
