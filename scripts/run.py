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
import json
import logging
import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from dotenv import dotenv_values

from seoshop_copernica import logs
from seoshop_copernica.errors import Code, TroubleError
from seoshop_copernica.locks import held
from seoshop_copernica.meltano import Run, folder, system_folder
from seoshop_copernica.signals import relayed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ROOT = Path(__file__).resolve().parents[1]

log = logging.getLogger("run")


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
    try:
        own = folder(system_folder(ROOT), environment, blocks)
        with held(own / "lock") as handle:
            if handle is None:
                log.info("[info    ] run: the last run of %s is still at work; this one leaves", environment)
                return 0
            env_file = ROOT / (".env" if environment == "prod" else f".env.{environment}")
            meltano = Run(ROOT, own, environment, [*options, *blocks], _variables(env_file), env_file)
            with relayed() as relay:
                ended = meltano.go(relay, [handle], _told)
    except TroubleError as error:
        return _failed(Code.SETTINGS, str(error))
    if relay.number is not None:
        return _failed(128 + relay.number, f"ended by signal {relay.number}; what was committed is kept")
    return _failed(ended.code, ended.cause) if ended.code else 0


def _variables(env_file: Path) -> dict[str, str]:
    project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    try:
        blank = readable(dotenv_values(env_file) | os.environ, objects(project))
    except ValueError as error:
        raise TroubleError(
            f"the variable {error} must hold a JSON object; correct it in {env_file}, or where else it is set"
        ) from None
    return {**os.environ, **blank}


def _told(_: str, kept: str | None) -> None:
    if kept is not None:
        log.info("%s", kept)


def _failed(code: int, cause: str) -> int:
    log.error("[error   ] run: exit code %d: %s", code, cause)
    return code


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
        logs.begin(asked.log, "run")
    except TroubleError as error:
        parser.exit(Code.SETTINGS, f"run.py: {error}\n")
    return run(asked.environment, asked.blocks, options)


if __name__ == "__main__":
    sys.exit(main())
