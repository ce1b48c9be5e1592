"""The demo's sandbox: found, or started; it stays when the demo ends."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from typing import Any

import requests

from demo.places import DEMO, PROGRAMS, ROOT, SANDBOX_LOG, SANDBOX_NOTE, SHOP, STATE

PORT = 8321
RATE_LIMITS = "10000/100000/1000000"
SIZE = {"customers": 500, "orders": 1200, "order-rows": 3000}
READY = re.compile(r"^sandbox ready on (\S+)$", re.MULTILINE)
SECONDS_TO_START = 60

http = requests.Session()
http.trust_env = False  # no proxy stands between here and loopback


class DemoError(Exception):
    """The demo cannot go on: one line for a person."""


def find() -> str | None:
    """Address of the demo's sandbox if it runs, else None."""
    note = _note()
    if note is None:
        return None
    with suppress(requests.RequestException, DemoError):
        status(note["url"])
        return str(note["url"])
    return None


def start() -> str:
    """Start a sandbox on the data that is there, or on a new shop; its address.

    Raises:
        DemoError: it did not start.
    """
    if not SHOP.exists():
        # What an earlier shop's runs remember is not true of a new one.
        shutil.rmtree(STATE, ignore_errors=True)
    DEMO.mkdir(exist_ok=True)
    url = _serve(PORT) or _serve(0)  # another program may have the port
    if url is None:
        raise DemoError(
            f"the sandbox did not start; its last words: {_last_line()!r}, all of them: {SANDBOX_LOG}"
        )
    return url


def stop() -> bool:
    """Stop the demo's sandbox; whether one ran."""
    note = _note()
    running = find() is not None
    if note is not None and running:
        os.kill(note["process"], signal.SIGTERM)
        for _ in range(100):
            if find() is None:
                break
            time.sleep(0.1)
    SANDBOX_NOTE.unlink(missing_ok=True)
    return running


def status(url: str) -> dict[str, Any]:
    """What both sides hold and have answered."""
    return get(url, "/admin/status")


def get(url: str, path: str, **query: str | int) -> dict[str, Any]:
    """An answer of the sandbox's admin.

    Raises:
        DemoError: it is not there, or refuses.
    """
    return _answer(http.get(url + path, params=query, timeout=30))


def lines(url: str, path: str) -> list[dict[str, Any]]:
    """An answer of the sandbox's admin that has a record on each line.

    Raises:
        DemoError: it is not there, or refuses.
    """
    answer = http.get(url + path, timeout=60)
    if not answer.ok:
        raise DemoError(f"the sandbox answers {answer.status_code} to {path}")
    return [json.loads(line) for line in answer.text.split("\n") if line]


def post(url: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Have the sandbox's admin do something.

    Raises:
        DemoError: it is not there, or refuses.
    """
    return _answer(http.post(url + path, json=body, timeout=60))


def _answer(answer: requests.Response) -> dict[str, Any]:
    if not answer.ok:
        raise DemoError(f"the sandbox answers {answer.status_code} to {answer.request.path_url}")
    found: dict[str, Any] = answer.json()
    return found


def _serve(port: int) -> str | None:
    """Start `sandbox serve` and wait until it answers; None if it ends before that."""
    sizes = [part for name, number in SIZE.items() for part in (f"--{name}", str(number))]
    place = ["--port", str(port), "--data", str(SHOP), "--rate-limits", RATE_LIMITS]
    with SANDBOX_LOG.open("w") as log:
        process = subprocess.Popen(
            [PROGRAMS / "sandbox", "serve", *place, *sizes],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            start_new_session=True,  # it outlives this program and its terminal
        )
    end = time.monotonic() + SECONDS_TO_START
    try:
        while time.monotonic() < end and process.poll() is None:
            if found := READY.search(SANDBOX_LOG.read_text()):
                SANDBOX_NOTE.write_text(json.dumps({"process": process.pid, "url": found[1]}))
                return found[1]
            time.sleep(0.05)
    except BaseException:  # Ctrl-C does not reach it, and without the note nothing else would stop it
        _end(process)
        raise
    _end(process)
    return None


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _note() -> dict[str, Any] | None:
    try:
        note: dict[str, Any] = json.loads(SANDBOX_NOTE.read_text())
    except (OSError, ValueError):
        return None
    return note


def _last_line() -> str:
    lines = SANDBOX_LOG.read_text().split("\n") if SANDBOX_LOG.exists() else []
    return next((line.strip() for line in reversed(lines) if line.strip()), "nothing")
