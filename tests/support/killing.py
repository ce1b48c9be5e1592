"""A running target that a test can kill."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from support.account import Account
from support.programs import BIN, start, written
from support.singer import lines
from target_copernica.api.client import Client
from target_copernica.memory.files import LedgerFile


class KilledError(BaseException):
    """The process is gone: nothing it does from here on has an effect."""


class Killer:
    """Lets so many calls and local writes happen, and nothing after them."""

    def __init__(self, after: int) -> None:
        self.left = after

    def passing(self, act: Callable[..., Any], *, is_moment: bool = True) -> Callable[..., Any]:
        """What happens only while the process lives; each time may be a moment at which it is killed."""

        def acted(*arguments: Any, **options: Any) -> Any:
            if self.left <= 0:
                raise KilledError
            done = act(*arguments, **options)
            self.left -= is_moment
            if self.left == 0:
                raise KilledError
            return done

        return acted

    def writing(self, execute: Callable[..., Any], *, is_moment: bool = True) -> Callable[..., Any]:
        """Statements that read are no such moment."""
        passing = self.passing(execute, is_moment=is_moment)

        def executed(*arguments: Any) -> Any:
            is_read = str(arguments[1]).lstrip().upper().startswith(("SELECT", "PRAGMA", "CREATE TEMP"))
            return execute(*arguments) if is_read and self.left > 0 else passing(*arguments)

        return executed

    @contextmanager
    def at_work(self, *, local: bool = True) -> Iterator[None]:
        """Everything inside is done by the process that is killed: at a call, or also at a `local` write."""
        with (
            mock.patch.object(Client, "_send", self.passing(Client._send)),  # noqa: SLF001 - where calls leave
            mock.patch.object(LedgerFile, "execute", self.writing(LedgerFile.execute, is_moment=local)),
            mock.patch.object(os, "write", self.passing(os.write, is_moment=local)),
            mock.patch.object(os, "fsync", self.passing(os.fsync, is_moment=local)),
        ):
            yield


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
