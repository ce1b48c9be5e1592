"""The quota paces, waits and stops; on a clock of the test's own."""

import logging
from typing import Any

import pytest

from tap_seoshop.errors import QuotaSpentError
from tap_seoshop.quota import Quota, parse_windows


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def quota(clock: Clock, **given: Any) -> Quota:
    settings = {"per_second": 1000.0, "reserve": 0.1, "max_wait": 310.0, **given}
    return Quota(**settings, sleep=clock.sleep, clock=clock, log=logging.getLogger("test"))


def headers(limit: str, remaining: str, reset: str) -> dict[str, str]:
    return {"X-RateLimit-Limit": limit, "X-RateLimit-Remaining": remaining, "X-RateLimit-Reset": reset}


def test_bursts_stay_below_the_rate() -> None:
    clock = Clock()
    paced = quota(clock, per_second=18)
    times = []
    for _ in range(60):
        paced.admit()
        times.append(clock.now)
        paced.learn({})
    for start in times:
        assert sum(start <= one < start + 1 for one in times) <= 19
    assert times[-1] - times[0] == pytest.approx(59 / 18, abs=0.01)


def test_an_idle_time_allows_no_burst() -> None:
    clock = Clock()
    paced = quota(clock, per_second=10)
    paced.admit()
    clock.now += 60
    start = clock.now
    for _ in range(11):
        paced.admit()
    assert clock.now - start >= 0.9


@pytest.mark.parametrize(
    "bad",
    [
        {},
        headers("300/3000", "1/1", "1/1"),
        headers("a/b/c", "1/1/1", "1/1/1"),
        headers("1/1/1", "1/1/1", "1/1"),
    ],
)
def test_headers_that_cannot_be_read_say_nothing(bad: dict[str, str]) -> None:
    assert parse_windows(bad, 0) == []


def test_a_spent_window_is_waited_for_and_its_reserve_is_kept() -> None:
    clock = Clock()
    paced = quota(clock)
    paced.admit()
    paced.learn(headers("300/3000/12000", "32/2900/11000", "120/2000/40000"))
    start = clock.now
    for _ in range(2):
        paced.admit()
    assert clock.now - start < 1
    paced.admit()  # the 30 that are left belong to others
    assert clock.now - start >= 120


def test_lists_wait_for_the_hour_and_details_do_not() -> None:
    clock = Clock()
    paced = quota(clock)
    paced.admit()
    paced.learn(headers("300/3000/12000", "299/300/11000", "120/2000/40000"))
    with pytest.raises(QuotaSpentError, match="this hour"):
        paced.admit(detail=True)
    start = clock.now
    paced.admit()
    assert clock.now - start >= 2000


def test_details_leave_room_for_the_lists_of_the_next_run() -> None:
    clock = Clock()
    paced = quota(clock)
    paced.admit()
    paced.learn(headers("300/3000/12000", "299/2999/2400", "120/2000/40000"))
    with pytest.raises(QuotaSpentError, match="this day"):
        paced.admit(detail=True)
    paced.admit()


@pytest.mark.parametrize("left", ["1200", "0", "-1"])
def test_a_spent_day_ends_the_run(left: str) -> None:
    clock = Clock()
    paced = quota(clock)
    paced.admit()
    paced.learn(headers("300/3000/12000", f"299/2999/{left}", "120/2000/40000"))
    with pytest.raises(QuotaSpentError, match="this day"):
        paced.admit()


def test_requests_under_way_are_counted() -> None:
    clock = Clock()
    paced = quota(clock, reserve=0)
    paced.admit()
    paced.learn(headers("300/3000/12000", "2/2999/11999", "60/2000/40000"))
    paced.admit()
    paced.admit()
    start = clock.now
    paced.learn(headers("300/3000/12000", "1/2998/11998", "60/2000/40000"))  # the other is not in it yet
    paced.admit()
    assert clock.now - start >= 60
