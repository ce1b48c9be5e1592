"""Locks that programs of a killed tick have left behind."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from seoshop_copernica.errors import TroubleError
from seoshop_copernica.locks import claim_programs, held, note_group
from seoshop_copernica.signals import Relay, limited
from support.fleet import group_is_gone

DEAF = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(600)"
)
HOLDS = "import os; from pathlib import Path; from seoshop_copernica.locks import held\nwith held"
SLEEPS = "import time; print(flush=True); time.sleep(600)"


def left_behind(lock: Path, script: str, *, noted: bool = True) -> "subprocess.Popen[bytes]":
    """A program that holds a lock, as a killed tick leaves it."""
    with claim_programs(lock) as handle:
        process = subprocess.Popen(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, pass_fds=[handle], process_group=0
        )
        assert process.stdout is not None
        with process.stdout:
            process.stdout.readline()
        if noted:
            note_group(handle, process.pid)
    return process


@pytest.mark.parametrize(("script", "number"), [(SLEEPS, signal.SIGTERM), (DEAF, signal.SIGKILL)])
def test_what_a_killed_tick_left_at_work_is_asked_to_end_and_then_ended(
    tmp_path: Path, script: str, number: int
) -> None:
    lock = tmp_path / "programs.lock"
    process = left_behind(lock, script)
    with claim_programs(lock, patience=0.5):
        assert lock.read_bytes() == b""
    assert process.wait(20) == -number
    assert group_is_gone(process.pid)


@pytest.mark.parametrize(
    ("script", "seconds", "number"),
    [(SLEEPS, 0.1, signal.SIGTERM), (DEAF, 0.1, signal.SIGKILL), ("print(flush=True)", 600, 0)],
)
def test_programs_have_a_time_limit(script: str, seconds: float, number: int) -> None:
    relay = Relay()
    with (
        subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, process_group=0) as process,
        limited(relay, seconds, patience=0.2) as over,
    ):
        assert process.stdout is not None
        process.stdout.readline()
        relay.to(process.pid)  # it may be over by now: they are told all the same
        assert process.wait(200) == -number
        assert over.is_set() == bool(number)
    assert relay.number is None, "no signal came from outside"


def test_a_lock_whose_holder_is_not_known_is_waited_for_and_then_told_of(tmp_path: Path) -> None:
    lock = tmp_path / "programs.lock"
    process = left_behind(lock, SLEEPS, noted=False)
    with pytest.raises(TroubleError, match="programs of an earlier tick hold it"), claim_programs(lock, 0.1):
        pass
    process.kill()
    process.wait(20)
    with claim_programs(lock, 0.1) as handle:
        assert handle > 0


def test_a_lock_is_held_by_one_at_a_time_and_goes_with_its_holder(tmp_path: Path) -> None:
    lock = tmp_path / "folder" / "tick.lock"
    with held(lock) as first, held(lock) as second:
        assert first is not None
        assert second is None
    killed = subprocess.run(
        [sys.executable, "-c", f"{HOLDS}(Path({str(lock)!r})) as _: os.kill(os.getpid(), 9)"], check=False
    )
    assert killed.returncode == -signal.SIGKILL
    with held(lock) as again:
        assert again is not None
