"""A `.env` with wrong values, and a check that no program reads it."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

GUARD = """
import json, os, sys

def watch(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        with open(os.environ["GUARD_LOG"], "a") as log:
            log.write(json.dumps(arguments[1][:2]) + "\\n")

sys.addaudithook(watch)
"""
"""Started by every Python of the test: notes each address that is asked."""
PROGRAMS = ("TAP_SEOSHOP", "TAP_SEOSHOP_LITE", "TARGET_COPERNICA", "TARGET_COPERNICA_LITE")
WRONG = ("API_KEY", "API_SECRET", "API_TOKEN", "LANGUAGE", "CLUSTER", "DATABASE", "PRESET", "WRITE_ROUTE")


class _Trap(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.server.asked.append(self.request.recv(4096))  # type: ignore[attr-defined]


@dataclass
class Poison:
    """A trap on loopback, to which `.env` leads.

    Attributes:
        folder: Holds the guard, and what it noted.
        trap: What was asked by the settings of `.env` was asked here.
    """

    folder: Path
    trap: socketserver.TCPServer

    def write(self, file: Path) -> None:
        """Write the `.env`."""
        url = f"http://127.0.0.1:{self.trap.server_address[1]}"
        lines = [f"{program}_{name}={url}" for program in PROGRAMS for name in ("API_URL", "AUTH_URL")]
        lines += [f"{program}_{name}=poison" for program in PROGRAMS for name in WRONG]
        file.write_text("\n".join(lines) + "\n")

    @property
    def environment(self) -> dict[str, str]:
        """What sets the guard over every Python; only what a test takes away itself may be away."""
        return {
            "PYTHONPATH": str(self.folder),
            "GUARD_LOG": str(self.folder / "asked"),
            "PYTHON_DOTENV_DISABLED": "",
        }

    def assert_harmless(self) -> None:
        """Nothing but loopback was asked, and not the address in `.env`."""
        assert self.trap.asked == []  # type: ignore[attr-defined]
        asked = {json.loads(line)[0] for line in (self.folder / "asked").read_text().splitlines()}
        assert asked
        assert asked <= {"127.0.0.1", "::1", "localhost"}


@contextmanager
def poison(folder: Path) -> Iterator[Poison]:
    """Set the trap and the guard; `folder` is made."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(GUARD)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Trap) as trap:
        trap.asked = []  # type: ignore[attr-defined]
        threading.Thread(target=trap.serve_forever, daemon=True).start()
        yield Poison(folder, trap)
        trap.shutdown()
