"""The target under way, to be broken off by a test."""

import subprocess
import time
from collections.abc import Callable
from typing import Any

from support.account import Account
from support.programs import BIN, start, written
from support.singer import lines


def started(
    account: Account, *messages: dict[str, Any], end: bool = True, **settings: Any
) -> "subprocess.Popen[str]":
    """The target, under way; its input stays open unless `end`."""
    config = account.sandbox.target_config(account.folder / "state", **settings)
    process = start(
        BIN / "target-copernica",
        "--config",
        written(account.folder / "target.json", config),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(lines(*messages))
    process.stdin.flush()
    if end:
        process.stdin.close()
        process.stdin = None
    return process


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for something to have happened."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.05)
