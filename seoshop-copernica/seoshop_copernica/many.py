"""Ticks of many shops, a few at a time, each in a process of its own: one that fails stops no other."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from seoshop_copernica import cadence
from seoshop_copernica.errors import Code, TroubleError
from seoshop_copernica.history import History
from seoshop_copernica.places import Places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from seoshop_copernica.fleet import Fleet

__all__ = ["due", "one_code", "run_each"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def due(fleet: Fleet, home: Path) -> list[str]:
    """The shops whose cadence says that it is time; who has waited longest comes first.

    Args:
        fleet: The list.
        home: The project's folder.
    """
    now = datetime.now(UTC)
    never = datetime.min.replace(tzinfo=UTC)
    known = {name: _recent(Places(home, name)) for name in fleet.shops}
    found = [name for name, shop in fleet.shops.items() if cadence.is_due(shop.cadence, known[name], now)]
    return sorted(found, key=lambda name: known[name].started or never)


def run_each(names: Iterable[str], jobs: int, one: Callable[[str], int]) -> dict[str, int]:
    """Run something for each shop in a process of its own.

    A signal is passed on to those at work, and no further one begins.

    Args:
        names: The shops.
        jobs: How many at a time.
        one: Takes a name, returns an exit code.

    Returns:
        The exit code of each that was begun; 128 + n where signal n ended one.
    """
    at_work: dict[int, str] = {}
    codes: dict[str, int] = {}
    came: list[int] = []

    def pass_on(number: int, _: object) -> None:
        came.append(number)
        for process in tuple(at_work):
            with suppress(ProcessLookupError):
                os.kill(process, number)

    before = {number: signal.signal(number, pass_on) for number in _SIGNALS}
    waiting = list(names)[::-1]
    try:
        while at_work or (waiting and not came):
            while waiting and not came and len(at_work) < jobs:
                name = waiting.pop()
                at_work[_begun(name, one)] = name
                if came:  # between the fork and the note
                    pass_on(came[0], None)
            process, status = os.wait()
            code = os.waitstatus_to_exitcode(status)
            codes[at_work.pop(process)] = code if code >= 0 else 128 - code
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return codes


def one_code(codes: Iterable[int]) -> int:
    """The exit code of all: 0, the one with which some have failed, or `SEVERAL` where they differ."""
    failed = set(codes) - {0}
    return failed.pop() if len(failed) == 1 else Code.SEVERAL if failed else Code.DONE


def _recent(places: Places) -> cadence.Recent:
    """What is known of a shop; where its record cannot be read it is due, and its tick says why it fails."""
    try:
        return cadence.recent(History(places.history))
    except TroubleError:
        return cadence.Recent()


def _begun(name: str, one: Callable[[str], int]) -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    if process := os.fork():
        return process
    code: int = Code.UNEXPECTED
    try:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        code = one(name)
    finally:
        os._exit(code)
