"""How a failed call is repeated: how long it waits, when it gives up, and that a signal ends the wait."""

import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from target_copernica.api.interrupt import Interrupt
from target_copernica.api.retry import AwayError, patiently
from target_copernica.errors import InterruptedRunError


class Tries:
    """A call that fails so many times, and the waits between its tries."""

    def __init__(self, *failures: AwayError) -> None:
        self._failures = list(failures)
        self.waits: list[float] = []

    def __call__(self) -> str:
        if self._failures:
            raise self._failures.pop(0)
        return "done"


def test_waits_double_and_what_the_answer_asks_for_comes_first() -> None:
    asked = AwayError("HTTP 429", wait=7.0)
    tries = Tries(AwayError("a"), AwayError("b"), asked, AwayError("c"))
    assert patiently(tries, tries.waits.append, patience=300) == "done"
    for wait, least in zip(tries.waits, (0.5, 1.0, 7.0, 4.0), strict=True):
        assert least <= wait <= least + 1


def test_no_wait_passes_the_end_of_the_patience() -> None:
    asked = AwayError("HTTP 503", wait=250.0)
    tries = Tries(asked)
    assert patiently(tries, tries.waits.append, patience=20) == "done"
    assert len(tries.waits) == 1
    assert tries.waits[0] <= 20


def test_the_last_error_is_raised_when_the_patience_is_over() -> None:
    tries = Tries(*[AwayError(f"try {number}") for number in range(1000)])
    with pytest.raises(AwayError, match="try"):
        patiently(tries, time.sleep, patience=0.2)


def test_what_is_no_passing_trouble_is_raised_at_once() -> None:
    waits: list[float] = []

    def attempt() -> None:
        raise KeyError("id")

    with pytest.raises(KeyError, match="id"):
        patiently(attempt, waits.append, patience=300)
    assert waits == []


def test_a_signal_ends_the_wait_of_every_thread() -> None:
    interrupt = Interrupt()
    waiting = threading.Barrier(3)

    def attempt() -> None:
        waiting.wait()
        raise AwayError("HTTP 503", wait=250.0)

    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(patiently, attempt, interrupt.wait, 300) for _ in range(2)]
        waiting.wait()
        interrupt.handle(signal.SIGTERM, None)
        for call in calls:
            with pytest.raises(InterruptedRunError):
                call.result(timeout=60)
