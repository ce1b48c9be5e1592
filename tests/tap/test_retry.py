"""Failed tries are repeated for a while, by a sleep of ours that a signal ends."""

import time
from unittest.mock import patch

import pytest

from tap_seoshop.api.retry import AwayError, Patience, patiently
from tap_seoshop.errors import InterruptedRunError


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def tried(clock: Clock, *failures: AwayError, patience: float = 10, extend: float = 0) -> int:
    """How many tries it took to get past these failures."""
    left, tries = list(failures), 0
    with patch.object(time, "monotonic", lambda: clock.now):
        patient = Patience(lambda: patience, clock.sleep, lambda _error, _seconds: None)

        def attempt() -> int:
            nonlocal tries
            tries += 1
            clock.now += extend
            patient.extend(extend)
            if left:
                raise left.pop(0)
            return tries

        return patiently(attempt, patient)


def test_pauses_grow_and_are_ours() -> None:
    clock = Clock()
    assert tried(clock, *[AwayError("HTTP 503")] * 3) == 4
    assert [step <= pause <= step + 1 for step, pause in zip((0.5, 1, 2), clock.slept, strict=True)] == [
        True
    ] * 3


def test_an_answer_that_asks_to_wait_is_heeded() -> None:
    clock = Clock()
    assert tried(clock, AwayError("too many requests", wait=5)) == 2
    assert 5 <= clock.slept[0] <= 6


def test_the_last_try_comes_at_the_end_of_the_patience() -> None:
    clock = Clock()
    with pytest.raises(AwayError):
        tried(clock, *[AwayError("HTTP 503")] * 100)
    assert clock.now == pytest.approx(10)


def test_waiting_for_the_quota_costs_no_patience() -> None:
    clock = Clock()
    assert tried(clock, *[AwayError("HTTP 503")] * 3, extend=3_600) == 4


def test_a_signal_ends_a_pause() -> None:
    def sleep(_seconds: float) -> None:
        raise InterruptedRunError(15)

    patient = Patience(lambda: 10, sleep, lambda _error, _seconds: None)

    def attempt() -> None:
        raise AwayError("HTTP 503")

    with pytest.raises(InterruptedRunError):
        patiently(attempt, patient)
