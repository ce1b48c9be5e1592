"""The judge finds the pipeline sound, and finds every fault that is put into it."""

import os
import re
import sys

import pytest

from support.programs import ROOT, Ended, run

SCENARIOS = 8
SEED = 7
"""What is played by default; `make chaos` draws a new one each time."""
FOUND_SOON = ("the sink skips a record", "the mapper mixes up two fields")
"""`make chaos` knows more ways to break a program; those need a kill or a change at the right moment."""
BOUND = 150
"""Runs within which each sabotage must be found."""


def judged(*words: str) -> Ended:
    """`make chaos`, one scenario after the other; a process without other threads, since it forks."""
    environment = {"PYTHONPATH": str(ROOT / "tests")}
    return run(sys.executable, "-m", "chaos.judge", "--jobs", "1", *words, env=environment, timeout=800)


@pytest.mark.timeout(900)
def test_scenarios_end_well() -> None:
    seed = os.environ.get("CHAOS_SEED") or str(SEED)
    ended = judged("--seed", seed, "--scenarios", str(SCENARIOS), "--runs", "1")
    assert ended.code == 0, ended.log
    assert re.search(r"[1-9]\d* runs, [1-9]\d* scenarios, [1-9]\d* records checked", ended.out)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("sabotage", FOUND_SOON)
def test_a_broken_program_is_found(sabotage: str) -> None:
    ended = judged("--seed", "5", "--runs", str(BOUND), "--no-shrink", "--sabotage", sabotage)
    assert ended.code == 1, ended.log
    assert "Error" in ended.out
