"""The sandbox's wheel, alone in an environment of its own: it has all that it needs."""

import http.client
import json
import os
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from urllib.parse import urlencode
from zipfile import ZipFile

import pytest

from sandbox.settings import COPERNICA_TOKEN, SEOSHOP_KEY, SEOSHOP_SECRET

BIN = Path(sys.executable).parent
ROOT = Path(__file__).parents[3]
SMALL = ("--port", "0", "--customers", "25", "--orders", "30", "--order-rows", "60")


def run(*command: str | Path, cwd: Path) -> str:
    """What a program prints; it has to succeed, and sees no module but those of its environment."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an environment in it, and in that the wheel with what it asks for."""
    made = tmp_path_factory.mktemp("wheel")
    run(BIN / "uv", "build", "--quiet", "--wheel", ROOT / "sandbox", "--out-dir", made, cwd=made)
    (wheel,) = made.glob("*.whl")
    assert not [name for name in ZipFile(wheel).namelist() if "test" in name]
    run(BIN / "uv", "venv", "--quiet", "--python", sys.executable, made / "venv", cwd=made)
    python = made / "venv/bin/python"
    locked = ("--constraints", ROOT / "requirements.lock")
    run(BIN / "uv", "pip", "install", "--quiet", "--python", python, *locked, wheel, cwd=made)
    return made


@pytest.mark.slow
def test_it_serves_both_apis_and_the_page_with_its_style(folder: Path) -> None:
    command: list[str | Path] = [folder / "venv/bin/sandbox", "record", folder / "scenario.jsonl", *SMALL]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline().rpartition(":")[2])
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

            def ask(method: str, path: str, body: str | None = None, **headers: str) -> str:
                client.request(method, path, body, headers)
                answer = client.getresponse()
                text = answer.read().decode()
                assert answer.status == http.client.OK, text
                return text

            key = b64encode(f"{SEOSHOP_KEY}:{SEOSHOP_SECRET}".encode()).decode()
            orders = json.loads(ask("GET", "/seoshop/nl/orders.json", Authorization=f"Basic {key}"))["orders"]
            assert len(orders) == 30
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            sent = urlencode({"access_token": COPERNICA_TOKEN})
            bearer = f"Bearer {ask('POST', '/copernica/authenticate', sent, **form)}"
            databases = json.loads(ask("GET", "/copernica/v4/databases", Authorization=bearer))
            assert databases["total"] == 0
            assert '<link rel="stylesheet" href="/style.css">' in ask("GET", "/")
            assert "--ink" in ask("GET", "/style.css")
            client.close()
        finally:
            process.terminate()
    assert process.returncode == 0
    replayed = run(folder / "venv/bin/sandbox", "replay", folder / "scenario.jsonl", cwd=folder)
    assert replayed == "3 of 3 answers are the same.\n"
