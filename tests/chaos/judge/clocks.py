"""A wrong clock for programs that are started: by libfaketime, if one is installed that works."""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

__all__ = ["environment", "library"]

PLACES = ("/usr/lib/*/faketime/libfaketime.so.1", "/usr/lib/faketime/libfaketime.so.1")
PROBE = """
import threading, time
time.sleep(0.01)
threading.Event().wait(0.01)
print(time.time())
"""
FAR = 10**9
"""Seconds by which the clock of the probe is off."""


@cache
def library() -> str | None:
    """The file of libfaketime: that of LIBFAKETIME, or one that came with the system.

    0.9.10, which Debian 12 has, does not work: `time.sleep` and timed waits of Python's threads fail or hang.
    """
    named = os.environ.get("LIBFAKETIME")
    found = [str(file) for place in PLACES for file in sorted(Path("/").glob(place.lstrip("/")))]
    return next((file for file in ([named] if named else found) if _works(file)), None)


def environment(seconds: int) -> dict[str, str]:
    """What a program has to be started with.

    Args:
        seconds: By which its clock is off; it needs a library unless that is 0.
    """
    return _environment(str(library()), seconds) if seconds else {}


def _environment(file: str, seconds: int) -> dict[str, str]:
    return {"LD_PRELOAD": file, "FAKETIME": f"{seconds:+d}", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def _works(file: str) -> bool:
    command = [sys.executable, "-c", PROBE]
    clocks = []
    for environ in ({}, _environment(file, FAR)):
        try:
            done = subprocess.run(
                command, env=os.environ | environ, capture_output=True, text=True, timeout=20, check=True
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            return False
        clocks.append(float(done.stdout))
    return clocks[1] - clocks[0] > FAR / 2
