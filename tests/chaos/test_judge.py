"""The judge finds the pipeline sound, and finds every fault that is put into it."""

import os
from collections.abc import Callable

import pytest

from chaos.judge.machine import judged
from chaos.judge.sabotage import TAP, TARGET

SCENARIOS = 8
SEED = 7
"""What is played by default; `make chaos` draws a new one each time."""
BOUND = 30
"""Scenarios within which each sabotage must be found."""


@pytest.mark.timeout(600)
def test_scenarios_end_well() -> None:
    seed = int(os.environ.get("CHAOS_SEED") or SEED)
    try:
        tally = judged(seed, SCENARIOS)
    except BaseException as error:
        error.add_note(f"CHAOS_SEED={seed} plays these scenarios again")
        raise
    assert tally.scenarios >= SCENARIOS
    assert tally.checked > 0


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("sabotage", TARGET.values(), ids=TARGET)
def test_a_broken_target_is_found(sabotage: Callable[[], None]) -> None:
    with pytest.raises((AssertionError, TimeoutError, BaseExceptionGroup)):
        judged(5, BOUND, shrink=False, sabotage={"target-copernica": sabotage})


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("sabotage", TAP.values(), ids=TAP)
def test_a_broken_tap_is_found(sabotage: Callable[[], None]) -> None:
    with pytest.raises((AssertionError, TimeoutError, BaseExceptionGroup)):
        judged(5, BOUND, shrink=False, sabotage={"tap-seoshop": sabotage})
