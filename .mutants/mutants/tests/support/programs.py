"""Tap and target as programs, alone and in a plain shell pipe."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
NO_ENV_FILE = {"PYTHON_DOTENV_DISABLED": "1"}
"""A `.env` in this checkout holds the keys of a real shop: no test reads it."""


@dataclass(frozen=True)
class Ended:
    """A program that has ended."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def log(self) -> str:
        """All it said."""
        return self.out + self.err

    def lines(self) -> list[dict[str, Any]]:
        """Standard output as JSON lines."""
        return [json.loads(line) for line in self.out.split("\n") if line.strip()]


@dataclass(frozen=True)
class Piped:
    """`tap-seoshop | target-copernica`, ended: each side's exit code and log, and the last state."""

    tap: Ended
    target: Ended
    state: dict[str, Any] | None


def run(
    *command: str | Path,
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
    messages: str = "",
    timeout: float = 280,
) -> Ended:
    """Run a program to its end, with `env` added to a clean environment and `messages` on standard input."""
    start = time.monotonic()
    done = subprocess.run(
        [str(part) for part in command],
        input=messages,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
        cwd=cwd,
        env=clean_environment() | dict(env or {}),
    )
    return Ended(done.returncode, done.stdout, done.stderr, time.monotonic() - start)


def clean_environment() -> dict[str, str]:
    """The environment without what configures tap, target or Meltano; our programs first, no `.env`."""
    ours = ("TAP_", "TARGET_", "MELTANO_", "SINGER_", "SANDBOX_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    direct = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    return kept | direct | NO_ENV_FILE | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}


def tap(
    folder: Path, config: Mapping[str, Any], *arguments: str | Path, env: Mapping[str, str] | None = None
) -> Ended:
    """Run the bare command `tap-seoshop`."""
    return run(BIN / "tap-seoshop", "--config", written(folder / "tap.json", config), *arguments, env=env)


def target(
    folder: Path, config: Mapping[str, Any], messages: str = "", env: Mapping[str, str] | None = None
) -> Ended:
    """Run the bare command `target-copernica` on Singer messages."""
    file = written(folder / "target.json", config)
    return run(BIN / "target-copernica", "--config", file, env=env, messages=messages)


def pipe(
    folder: Path,
    tap_config: Mapping[str, Any],
    target_config: Mapping[str, Any],
    *,
    catalog: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Piped:
    """`tap-seoshop | target-copernica >> states`, as in a shell; `folder` keeps the state."""
    state = folder / "state.json"
    start = time.monotonic()
    command = [str(BIN / "tap-seoshop"), "--config", str(written(folder / "tap.json", tap_config))]
    command += ["--catalog", str(catalog)] if catalog else []
    command += ["--state", str(state)] if state.exists() else []
    environment = clean_environment() | dict(env or {})
    with (folder / "tap.log").open("w+") as tap_log, (folder / "target.log").open("w+") as target_log:
        reading = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=tap_log, env=environment)
        writing = subprocess.Popen(
            [str(BIN / "target-copernica"), "--config", str(written(folder / "target.json", target_config))],
            stdin=reading.stdout,
            stdout=subprocess.PIPE,
            stderr=target_log,
            env=environment,
            text=True,
        )
        assert reading.stdout is not None
        reading.stdout.close()  # only the target holds it now, so that its end is seen
        out, _ = writing.communicate(timeout=280)
        reading.wait(30)
        seconds = time.monotonic() - start
        tap_log.seek(0)
        target_log.seek(0)
        ended = (
            Ended(reading.returncode, "", tap_log.read(), seconds),
            Ended(writing.returncode, out, target_log.read(), seconds),
        )
    states = ended[1].lines()
    if states:
        state.write_text(json.dumps(states[-1]))
    return Piped(*ended, states[-1] if states else None)


def catalog_of(folder: Path, config: Mapping[str, Any], streams: set[str]) -> Path:
    """A catalog file that selects exactly `streams` and leaves their fields as discovery does."""
    found = tap(folder, config, "--discover")
    assert found.code == 0, found.log
    catalog = json.loads(found.out)
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = stream["tap_stream_id"] in streams
    return written(folder / "catalog.json", catalog)


def written(file: Path, content: Mapping[str, Any]) -> Path:
    """`content` as a JSON file; the file."""
    file.write_text(json.dumps(content))
    return file
