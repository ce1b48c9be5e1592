"""The judge passes the pipeline as it is, and finds every fault that is put into it."""

import os
import re
import sys
import time

import pytest

from chaos.judge import clocks
from chaos.judge.acts.runs import has_traceback
from chaos.judge.sabotage import SABOTAGE
from support.programs import ROOT, Ended, run

SCENARIOS = 2
"""Scenarios for each seed: few, so that a session ends soon after its time is up."""
SECONDS = float(os.environ.get("CHAOS_SECONDS", "120"))
LONGER = 5
AT_ONCE = ("the sink skips a record", "a log has an address")
"""What `make test` breaks."""
AT_RANDOM = ("the sink skips a record", "the mapper mixes up two fields")
"""What shows soon without a course of events."""
RUNS = 12
"""Runs of the pipeline within which a broken program must be found: those of three courses."""
COURSES = {sabotage.course: name for name, sabotage in SABOTAGE.items()}


def judged(*words: str) -> Ended:
    """`make chaos`, one scenario after the other, in a process without other threads, since it forks."""
    environment = {"PYTHONPATH": str(ROOT / "tests")}
    return run(sys.executable, "-m", "chaos.judge", "--jobs", "1", *words, env=environment, timeout=1700)


def assert_sound(seconds: float) -> None:
    """Random scenarios for so long; a failure is told with its seed and the command that repeats it."""
    bounds = ("--scenarios", str(SCENARIOS), "--runs", "1000000", "--seconds", str(seconds))
    ended = judged("--seed", os.environ["CHAOS_SEED"], *bounds)
    assert ended.code == 0, ended.log
    assert re.search(r"[1-9]\d* runs, [1-9]\d* scenarios, [1-9]\d* records checked", ended.out)


def assert_found(sabotage: str, *words: str) -> None:
    """A program broken in this way is found, by a verdict."""
    ended = judged("--runs", str(RUNS), "--sabotage", sabotage, *words)
    assert ended.code == 1, ended.log
    assert re.search("lost: |doubled: |wrong: | stands in ", ended.out), ended.log


@pytest.mark.timeout(1800)
def test_random_scenarios_end_well() -> None:
    assert_sound(SECONDS)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_many_random_scenarios_end_well() -> None:
    assert_sound(LONGER * SECONDS)


@pytest.mark.parametrize("sabotage", AT_ONCE)
def test_a_broken_program_is_found(sabotage: str) -> None:
    assert_found(sabotage)


@pytest.mark.slow
@pytest.mark.parametrize("sabotage", [name for name in SABOTAGE if name not in AT_ONCE])
def test_each_broken_program_is_found(sabotage: str) -> None:
    assert_found(sabotage)


@pytest.mark.slow
@pytest.mark.parametrize("sabotage", AT_RANDOM)
def test_a_broken_program_is_found_at_random(sabotage: str) -> None:
    assert_found(sabotage, "--undirected", "--no-shrink", "--scenarios", str(SCENARIOS))


@pytest.mark.slow
@pytest.mark.parametrize("course", COURSES.values())
def test_a_working_program_passes_the_same_scenario(course: str) -> None:
    ended = judged("--runs", "1", "--sabotage", course, "--sound")
    assert ended.code == 0, ended.log


IN_THE_SCRIPT = """Traceback (most recent call last):
  File "/bin/tap-seoshop", line 4, in <module>
    from tap_seoshop.__main__ import main
  File "/lib/tap_seoshop/__main__.py", line 8, in <module>
    from typing import TYPE_CHECKING
  File "/lib/python3.11/typing.py", line 29, in <module>
    import re as stdlib_re

"""
IN_MAIN = IN_THE_SCRIPT.replace("line 8, in <module>", "line 30, in main")
IN_A_MODULE = IN_THE_SCRIPT.replace("__main__.py", "command.py")
OTHER = IN_THE_SCRIPT + "ImportError: no module\n"


def test_a_traceback_during_python_s_start_is_not_ours() -> None:
    assert not has_traceback(f"target.log: {IN_THE_SCRIPT}KeyboardInterrupt\ntap-seoshop: stopped\n")


def test_a_traceback_in_a_box_is_meltano_s_own() -> None:
    assert not has_traceback("╭─── Traceback (most recent call last) ───╮\n│ meltano/tap.py:72 in _stream")


@pytest.mark.parametrize("text", [IN_MAIN, IN_A_MODULE, OTHER, OTHER + IN_THE_SCRIPT])
def test_any_other_traceback_is_ours(text: str) -> None:
    assert has_traceback(f"{text}KeyboardInterrupt\n")


@pytest.mark.parametrize("named", ["", "/dev/null"])
def test_a_library_that_shifts_no_clock_is_not_used(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIBFAKETIME", named)
    monkeypatch.setattr(clocks, "PLACES", ("/dev/null",))
    assert clocks.library.__wrapped__() is None


def test_a_program_reads_a_wrong_clock() -> None:
    if clocks.library() is None:
        pytest.skip("no libfaketime that works with Python's threads is installed (LIBFAKETIME names one)")
    told = run(sys.executable, "-c", "import time; print(time.time())", env=clocks.environment(86_400))
    assert 80_000 < float(told.out) - time.time() < 90_000
