"""What a shop owner keeps in `.env` reaches neither demo, tests nor benchmarks; no real API is asked."""

import json
import os
import shutil
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.programs import ROOT, Ended, run

GUARD = """
import json, os, sys

def watch(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        with open(os.environ["GUARD_LOG"], "a") as log:
            log.write(json.dumps(arguments[1][:2]) + "\\n")

sys.addaudithook(watch)
"""
"""Started by every Python of the test: notes each address that is asked."""


POISONED = ("API_KEY", "API_SECRET", "API_TOKEN", "LANGUAGE", "CLUSTER", "DATABASE", "PRESET", "WRITE_ROUTE")


class _Trap(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.server.asked.append(self.request.recv(4096))  # type: ignore[attr-defined]


@dataclass
class Poisoned:
    """A copy of this checkout with a `.env` that leads elsewhere."""

    folder: Path
    trap: socketserver.TCPServer

    def run(self, *command: str | Path, timeout: float = 280) -> Ended:
        """Run a program in it."""
        modules = [self.folder / "guard", *(self.folder / one for one in ("tap-seoshop", "target-copernica"))]
        env = {"PYTHONPATH": os.pathsep.join(map(str, modules)), "GUARD_LOG": str(self.folder / "asked")}
        # Only what a test takes away itself may be away.
        return run(*command, cwd=self.folder, env=env | {"PYTHON_DOTENV_DISABLED": ""}, timeout=timeout)

    def asked(self) -> set[tuple[str, int]]:
        """The addresses that were asked."""
        lines = (self.folder / "asked").read_text().splitlines()
        return {(host, port) for host, port in map(json.loads, lines)}


def own_programs(folder: Path, installed: Path) -> None:
    """The installed programs, but started from `folder`: from there on upwards a `.env` is looked for."""
    (folder / "bin").mkdir(parents=True)
    shutil.copy(installed / "pyvenv.cfg", folder)
    (folder / "lib").symlink_to(installed / "lib")
    for name in ("python", "python3"):
        shutil.copy(installed / "bin" / name, folder / "bin", follow_symlinks=False)
    for name in ("meltano", "sandbox", "tap-seoshop", "target-copernica"):
        text = (installed / "bin" / name).read_text()
        (folder / "bin" / name).write_text(text.replace(str(installed), str(folder)))
        (folder / "bin" / name).chmod(0o755)


@pytest.fixture
def poisoned(tmp_path: Path) -> Iterator[Poisoned]:
    folder = tmp_path / "checkout"
    said = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    for name in filter(None, said.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    own_programs(folder / ".venv", ROOT / ".venv")
    (folder / ".meltano").mkdir()
    for name in ("extractors", "loaders", ".installed"):
        (folder / ".meltano" / name).symlink_to(ROOT / ".meltano" / name)
    (folder / "guard").mkdir()
    (folder / "guard" / "sitecustomize.py").write_text(GUARD)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Trap) as trap:
        trap.asked = []  # type: ignore[attr-defined]
        threading.Thread(target=trap.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{trap.server_address[1]}"
        lines = []
        for program in ("TAP_SEOSHOP", "TAP_SEOSHOP_LITE", "TARGET_COPERNICA", "TARGET_COPERNICA_LITE"):
            lines += [f"{program}_{name}={url}" for name in ("API_URL", "AUTH_URL")]
            lines += [f"{program}_{name}=poison" for name in POISONED]
        (folder / ".env").write_text("\n".join(lines) + "\n")
        yield Poisoned(folder, trap)
        trap.shutdown()


def assert_untouched(poisoned: Poisoned) -> None:
    """Nothing but loopback was asked, and not the address in `.env`."""
    assert poisoned.trap.asked == []  # type: ignore[attr-defined]
    asked = poisoned.asked()
    assert asked
    assert {host for host, _ in asked} <= {"127.0.0.1", "::1", "localhost"}


@pytest.mark.meltano
def test_tests_do_not_read_it(poisoned: Poisoned) -> None:
    chosen = [
        "tests/pipeline/test_meltano_run.py::test_the_small_edition_has_few_fields_and_a_place_of_its_own",
        "tests/tap/test_sdk.py",
    ]
    ended = poisoned.run(poisoned.folder / ".venv/bin/python", "-m", "pytest", "-q", "-x", *chosen)
    assert ended.code == 0, ended.out[-3000:]
    assert_untouched(poisoned)


@pytest.mark.slow
@pytest.mark.meltano
@pytest.mark.timeout(600)
@pytest.mark.parametrize("command", ["demo", "benchmark"])
def test_demo_and_benchmarks_do_not_read_it(poisoned: Poisoned, command: str) -> None:
    python = poisoned.folder / ".venv/bin/python"
    try:
        said = ["-m", "demo", "run"] if command == "demo" else ["benchmarks/pipeline.py"]
        ended = poisoned.run(python, *said, timeout=500)
    finally:
        poisoned.run(python, "-m", "demo", "stop")
    assert ended.code == 0, ended.log[-3000:]
    assert_untouched(poisoned)
