"""Tap and target as programs, alone and in a plain shell pipe."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypedDict, Unpack

from support.forked import Forked, can_be_forked

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
NO_ENV_FILE = {"PYTHON_DOTENV_DISABLED": "1"}
"""A `.env` in this checkout holds the keys of a real shop: no test reads it."""


class Streams(TypedDict, total=False):
    """Standard streams as `Popen` takes them."""

    stdin: int | IO[Any] | None
    stdout: int | IO[Any] | None
    stderr: int | IO[Any] | None


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
    began = time.monotonic()
    with start(
        *command, env=env, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            out, err = process.communicate(messages, timeout)
        except BaseException:
            process.kill()
            raise
    return Ended(process.returncode, out, err, time.monotonic() - began)


def start(
    *command: str | Path,
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
    **streams: Unpack[Streams],
) -> "subprocess.Popen[str]":
    """Start a program, with `env` added to a clean environment."""
    arguments = [str(part) for part in command]
    environment = clean_environment() | dict(env or {})
    if can_be_forked(arguments, environment):
        return Forked(arguments, text=True, cwd=cwd, env=environment, **streams)
    return subprocess.Popen(arguments, text=True, cwd=cwd, env=environment, **streams)


def clean_environment() -> dict[str, str]:
    """The environment without what configures tap, target or Meltano; our programs first, no `.env`."""
    ours = ("TAP_", "TARGET_", "MELTANO_", "SINGER_", "SANDBOX_", "SEOSHOP_COPERNICA_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    direct = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    return kept | direct | NO_ENV_FILE | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}


def kept(folder: Path, config: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of the tap with which its order book stands in `folder`."""
    return {"state_dir": str(folder / "tap-seoshop"), **config}


def tap(
    folder: Path, config: Mapping[str, Any], *arguments: str | Path, env: Mapping[str, str] | None = None
) -> Ended:
    """Run the bare command `tap-seoshop`."""
    return run(
        BIN / "tap-seoshop",
        "--config",
        written(folder / "tap.json", kept(folder, config)),
        *arguments,
        env=env,
    )


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
    began = time.monotonic()
    reads: list[str | Path] = [
        BIN / "tap-seoshop",
        "--config",
        written(folder / "tap.json", kept(folder, tap_config)),
    ]
    reads += ["--catalog", catalog] if catalog else []
    reads += ["--state", state] if state.exists() else []
    writes = BIN / "target-copernica", "--config", written(folder / "target.json", target_config)
    with (folder / "tap.log").open("w+") as tap_log, (folder / "target.log").open("w+") as target_log:
        reading = start(*reads, env=env, stdout=subprocess.PIPE, stderr=tap_log)
        writing = start(*writes, env=env, stdin=reading.stdout, stdout=subprocess.PIPE, stderr=target_log)
        assert reading.stdout is not None
        reading.stdout.close()  # only the target holds it now, so that its end is seen
        out, _ = writing.communicate(timeout=280)
        reading.wait(30)
        seconds = time.monotonic() - began
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
