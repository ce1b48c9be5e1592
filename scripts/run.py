#!/usr/bin/env python3
"""One run of Meltano, as cron, systemd and people start it: `run.py [--log FILE] ENVIRONMENT BLOCK...`.

`meltano run` keeps the catalog and the state that it hands to a tap in a folder that all runs of the project
share, so that two runs side by side read each other's. Here each environment and pipeline has a folder and a
lock of its own. Beyond that: a few lines of log instead of a page, the cause of a failure as the last one,
and the failed program's own exit code, where Meltano knows only 1.

The keys of the environment `prod` stand in `.env`, those of another one in `.env.NAME`.
"""

from __future__ import annotations

import argparse
import ast
import fcntl
import json
import logging
import logging.handlers
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import yaml
from dotenv import dotenv_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ROOT = Path(__file__).resolve().parents[1]
PLUGINS = ("extractors", "loaders", "mappers", "utilities")
SETTINGS = 2
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

LOG_BYTES = 1_000_000
LOG_FILES = 5
"""A log grows to `LOG_BYTES`; so many older ones are kept beside it, as `prod.log.1` and on."""

CHATTER = re.compile(
    r"Skipping parse of env var settings|Reader '.+' completed processing|\S+ v\S+, Meltano SDK v|summary \{"
)
"""What the SDK says in each run, whatever happens; and the summary for programs, told to people above it."""
CAUSE = re.compile(r"(?:tap-seoshop|target-copernica): ")
"""How tap and target begin the one line that says why they ended."""

log = logging.getLogger("run")


class Outcome:
    """What one run said: the lines worth keeping, and why it failed."""

    def __init__(self) -> None:
        self._causes: dict[str, str] = {}
        self._codes: Mapping[str, int] = {}
        self._told_codes: dict[str, int] = {}
        self._last = "it said nothing"

    def kept(self, line: str) -> str | None:
        """Take one line of Meltano's JSON log.

        Returns:
            The line for people; None for one that says nothing new, or may hold a person's data.
        """
        event = _event(line)
        if event.get("stdio") == "stdout":  # Singer messages, which Meltano logs at level debug
            return None
        name, text, level = (
            event.get("name", "meltano"),
            str(event.get("event", "")),
            event.get("level", "info"),
        )
        self._codes = event.get("exit_codes") or self._codes
        side = "loaders" if event.get("consumer") else "extractors" if "stdio" in event else "meltano"
        if "exit_code" in event:  # tap and target tell their own: Meltano breaks where a target leaves early
            self._told_codes[side] = int(event["exit_code"])
        if level in ("error", "critical") or CAUSE.match(text):
            self._causes.pop(side, None)  # in the order of each side's last word
            self._causes[side] = text
        self._last = text or self._last
        quiet = (
            "stdio" not in event or event.get("plugin_logger") == "singer_sdk.metrics" or CHATTER.match(text)
        )
        if not text or (quiet and level in ("debug", "info")):
            return None
        return f"[{level:<8}] {name}: {text.removeprefix(f'{name}: ')}"

    def code(self, meltano: int) -> int:
        """The exit code of the program that failed; Meltano's where none was told."""
        if not (meltano and self._failed):
            return meltano
        side = self._failed[0]
        return self._codes.get(side) or self._told_codes.get(side) or meltano

    @property
    def cause(self) -> str:
        """Why the run failed, in one line."""
        sides = (*self._failed, "meltano")
        return next((self._causes[side] for side in sides if side in self._causes), self._last)

    @property
    def _failed(self) -> list[str]:
        """The sides that failed, the one that did first before the one that only found it gone."""
        failed = [side for side, code in self._codes.items() if code] or ["extractors", "loaders"]
        said = [side for side in self._causes if side in failed]
        return said + [side for side in failed if side not in said]


def _event(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"event": line.strip(), "stdio": "stderr", "name": "meltano"}


def folder(system: Path, environment: str, blocks: Iterable[str]) -> Path:
    """Meltano's folder for the runs of one pipeline in one environment, with the project's plugins in it.

    Args:
        system: Meltano's folder of the project, `.meltano`.
        environment: name of the environment.
        blocks: what is run: plugins, or the name of a job.
    """
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", "--".join((environment, *blocks)))
    made = system / "runs" / name
    made.mkdir(parents=True, exist_ok=True)
    for kind in PLUGINS:
        link = made / kind
        if (system / kind).is_dir() and not link.is_symlink():
            link.symlink_to(system / kind)
    return made


def objects(project: Mapping[str, Any]) -> set[str]:
    """Names of the environment variables of settings that hold a JSON object.

    Args:
        project: The content of meltano.yml.
    """
    plugins = {one["name"]: one for kind in project["plugins"].values() for one in kind}

    def settings_of(plugin: Mapping[str, Any]) -> list[dict[str, Any]]:
        own: list[dict[str, Any]] = plugin.get("settings", [])
        parent = plugins.get(plugin.get("inherit_from"))
        return own if own or parent is None else settings_of(parent)

    return {
        re.sub(r"[^A-Z0-9]", "_", f"{name}_{setting['name']}".upper())
        for name, plugin in plugins.items()
        for setting in settings_of(plugin)
        if setting.get("kind") == "object"
    }


def readable(variables: Mapping[str, str | None], names: Iterable[str]) -> dict[str, str]:
    """Objects for variables that Meltano would end with a traceback on: a blank one says nothing.

    Args:
        variables: All that are set.
        names: Those that hold a JSON object.

    Returns:
        The variables to set beside them.

    Raises:
        ValueError: One holds something else; its name.
    """
    blank = {}
    for name in sorted(set(names).intersection(variables)):
        text = (variables[name] or "").strip()
        if not text:
            blank[name] = "{}"
        elif "$" not in text and not _is_object(text):  # Meltano fills in other variables
            raise ValueError(name)
    return blank


def _is_object(text: str) -> bool:
    for read in (json.loads, ast.literal_eval):  # as Meltano does
        with suppress(ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return isinstance(read(text), dict)
    return False


def run(environment: str, blocks: Sequence[str], options: Sequence[str]) -> int:
    """Run a pipeline to its end, if no other run of it is at work; the exit code."""
    system = Path(os.environ.get("MELTANO_SYS_DIR_ROOT") or ROOT / ".meltano").resolve()
    if not (system / "extractors").is_dir():
        return _failed(SETTINGS, "the plugins are not installed: run `make setup`")
    own = folder(system, environment, blocks)
    with (own / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.info("[info    ] run: the last run of %s is still at work; this one leaves", environment)
            return 0
        return _meltano(environment, [*options, *blocks], own, lock)


def _meltano(environment: str, arguments: Sequence[str], own: Path, lock: IO[str]) -> int:
    """Start Meltano, which holds the lock as long as it lives; pass its words and our signals on."""
    env_file = ROOT / (".env" if environment == "prod" else f".env.{environment}")
    project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    try:
        blank = readable(dotenv_values(env_file) | os.environ, objects(project))
    except ValueError as error:
        line = (
            f"the variable {error} must hold a JSON object; correct it in {env_file}, or where else it is set"
        )
        return _failed(SETTINGS, line)
    command = [
        "meltano",
        "--log-format=json",
        f"--env-file={env_file}",
        f"--environment={environment}",
        "run",
    ]
    programs = Path(sys.executable).parent
    outcome = Outcome()
    children: list[subprocess.Popen[str]] = []
    ended_by: list[int] = []

    def passed_on(number: int, _frame: object) -> None:
        ended_by.append(number)
        for child in children:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, number)

    for number in SIGNALS:
        signal.signal(number, passed_on)
    with subprocess.Popen(
        [programs / command[0], *command[1:], *arguments],
        cwd=ROOT,
        env=os.environ | blank | {"MELTANO_PROJECT_ROOT": str(ROOT), "MELTANO_SYS_DIR_ROOT": str(own)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        pass_fds=[lock.fileno()],
        start_new_session=True,  # so that each signal reaches tap and target once
    ) as process:
        children.append(process)
        if ended_by:
            passed_on(ended_by[0], None)
        assert process.stdout is not None  # noqa: S101  # as asked for above
        for line in process.stdout:
            if (kept := outcome.kept(line)) is not None:
                log.info("%s", kept)
    if ended_by:
        return _failed(128 + ended_by[0], f"ended by signal {ended_by[0]}; what was committed is kept")
    code = outcome.code(process.returncode)
    return _failed(code, outcome.cause) if code else 0


def _failed(code: int, cause: str) -> int:
    log.error("[error   ] run: exit code %d: %s", code, cause)
    return code


class _Line(logging.Formatter):
    """A line begins with the moment, in UTC."""

    def format(self, record: logging.LogRecord) -> str:
        return f"{datetime.fromtimestamp(record.created, UTC):%Y-%m-%dT%H:%M:%SZ} {super().format(record)}"


def _log_to(file: Path | None) -> None:
    """Log to standard error; with a file, to that, and only failures to standard error, which cron mails."""
    terminal = logging.StreamHandler()
    handlers: list[logging.Handler] = [terminal]
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        handlers.append(
            logging.handlers.RotatingFileHandler(
                file, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8"
            )
        )
        terminal.setLevel(logging.ERROR)
    for handler in handlers:
        handler.setFormatter(_Line())
        log.addHandler(handler)
    log.setLevel(logging.INFO)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks; the exit code."""
    parser = argparse.ArgumentParser(prog="run.py", description="One run of Meltano, in a folder of its own.")
    parser.add_argument(
        "--log", type=Path, metavar="FILE", help="log to this file and rotate it; only failures show"
    )
    parser.add_argument("environment", help="an environment of meltano.yml, such as prod")
    parser.add_argument("blocks", nargs="+", metavar="BLOCK", help="such as tap-seoshop target-copernica")
    asked, options = parser.parse_known_args(arguments)
    try:
        _log_to(asked.log)
    except OSError as error:
        parser.exit(SETTINGS, f"run.py: {error.filename}: {error.strerror}\n")
    return run(asked.environment, asked.blocks, options)


if __name__ == "__main__":
    sys.exit(main())
