"""The quota paces, waits and stops, on a simulated clock."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sandbox.clock import Clock as SandboxClock
from sandbox.context import Context
from sandbox.requestlog import RequestLog
from sandbox.seoshop.ratelimit import RateLimiter
from sandbox.settings import Settings
from support.pacing import Clock, headers, quota
from tap_seoshop.api.quota import Quota, Use, parse_windows
from tap_seoshop.errors import QuotaSpentError


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
    with pytest.raises(QuotaSpentError, match="per hour"):
        paced.admit(Use.CHANGED)
    start = clock.now
    paced.admit()
    assert clock.now - start >= 2000


def spent(paced: Quota, use: Use) -> int:
    """How many requests are admitted until the quota refuses one."""
    for count in range(20_000):
        try:
            paced.admit(use)
        except QuotaSpentError:
            return count
    raise AssertionError("never refused")


@pytest.mark.parametrize(
    ("reset", "live", "full", "interval", "kept"),
    [
        (36_000, 6, 0, 300, 120 * 6),
        (36_001, 6, 0, 300, 121 * 6),
        (300, 6, 0, 300, 6),
        (36_000, 0, 0, 300, 0),
        (36_000, 6, 0, 0, 0),
        (43_200, 0, 1_800, 300, 900),
        (36_000, 40, 0, 300, 4_800),
        (36_000, 100, 0, 300, 5_400),
    ],
)
def test_details_keep_what_the_runs_of_today_need(
    reset: int, live: int, full: int, interval: int, kept: int
) -> None:
    clock = Clock()
    paced = quota(clock, run_interval=interval, per_second=1e9, live_cost=live, full_cost=full)
    paced.admit()
    paced.learn(headers("100000/100000/12000", "99999/99999/11000", f"120/2000/{reset}"))
    assert spent(paced, Use.CHANGED) == 11_000 - 1_200 - kept
    assert spent(paced, Use.LIST) == kept


def test_a_refusal_says_what_is_kept_for_whom() -> None:
    paced = quota(Clock(), live_cost=6)
    paced.admit()
    paced.learn(headers("300/3000/12000", "299/2999/1500", "120/2000/36000"))
    with pytest.raises(QuotaSpentError, match=r"per day are used up.*1500 that are left to other runs"):
        paced.admit(Use.CHANGED)


@pytest.mark.parametrize(("seconds", "waits"), [(100, False), (130, True)])
def test_details_do_not_wait_beyond_the_end_of_the_run(seconds: float, waits: bool) -> None:  # noqa: FBT001  # a table
    paced = quota(Clock(), details_seconds=seconds)
    paced.admit()
    paced.learn(headers("300/3000/12000", "30/2900/11000", "120/2000/40000"))
    if waits:
        paced.admit(Use.CHANGED)
        return
    with pytest.raises(QuotaSpentError, match="per 5 minutes"):
        paced.admit(Use.CHANGED)


def test_answers_that_overtake_each_other_give_nothing_back() -> None:
    paced = quota(Clock(), per_second=1e9, reserve=0)
    for _ in range(3):
        paced.admit()
    paced.learn(headers("300/3000/12000", "297/2997/3", "120/2000/40000"))  # the last one answered first
    paced.learn(headers("300/3000/12000", "299/2999/5", "120/2000/40000"))
    paced.learn(headers("300/3000/12000", "298/2998/4", "120/2000/40000"))
    assert spent(paced, Use.LIST) <= 3


def test_several_threads_wait_once() -> None:
    clock = Clock()
    paced = quota(clock)
    paced.admit()
    paced.learn(headers("300/3000/12000", "30/2900/11000", "120/2000/40000"))
    waits = [paced._take(Use.LIST) for _ in range(4)]  # noqa: SLF001  # four threads ask, none sleeps yet
    assert waits == [121.0] * 4
    assert (paced.waits, paced.waited) == (1, 121.0)


@pytest.mark.parametrize(
    ("details", "seconds"),
    [(100, 100 * 3600 / 2628), (11_000 - 1_200 - 720 + 1, 36_000 + 3600 / 2628), (10**6, None)],
)
def test_how_long_it_will_take(details: int, seconds: float | None) -> None:
    paced = quota(Clock(), live_cost=6)
    paced.admit()
    paced.learn(headers("300/3000/12000", "299/2999/11000", "120/2000/36000"))
    got = paced.seconds_for(details)
    assert got is not None
    if seconds is None:  # about 9,072 a day
        assert got / 86_400 == pytest.approx(details / 9_072, abs=1.0)
    else:
        assert got == pytest.approx(seconds)


def test_a_list_that_would_take_the_requests_of_later_runs_does_not_fit() -> None:
    paced = quota(Clock(), live_cost=6)
    assert paced.fits(12_000)
    assert not paced.fits(12_001)
    paced.admit()
    paced.learn(headers("300/3000/12000", "299/2999/2920", "120/2000/36000"))
    assert paced.fits(1_000)
    assert not paced.fits(1_001)


@pytest.mark.parametrize("left", ["1200", "0", "-1"])
def test_a_spent_day_ends_the_run(left: str) -> None:
    clock = Clock()
    paced = quota(clock)
    paced.admit()
    paced.learn(headers("300/3000/12000", f"299/2999/{left}", "120/2000/40000"))
    with pytest.raises(QuotaSpentError, match="per day"):
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


def test_a_first_load_leaves_a_share_to_what_changes() -> None:
    """Of 12,000 a day 1,200 are for others, 1,440 for lists, and 1,000 for what changes."""
    told = headers("100000/100000/12000", "99999/99999/11000", "120/2000/72000")
    for use, left in ((Use.BACKFILL, 1_000 + 20), (Use.CHANGED, 0)):
        paced = quota(Clock(), per_second=1e9, live_cost=6)
        paced.admit()
        paced.learn(told)
        assert spent(paced, use) == 11_000 - 1_200 - 240 * 6 - left


@pytest.mark.parametrize(
    ("changed", "reset", "interval", "kept"),
    [
        (0, 43_200, 300, 600 + 20),
        (2_000, 43_200, 300, 2_000 + 20),
        (90_000, 86_400, 300, 5_400),
        (0, 1, 0, 0),
    ],
)
def test_the_share_of_what_changes_grows_with_it(changed: int, reset: int, interval: int, kept: int) -> None:
    paced = quota(Clock(), per_second=1e9, changed=changed, run_interval=interval)
    paced.admit()
    paced.learn(headers("100000/100000/12000", "99999/99999/11000", f"120/2000/{reset}"))
    assert spent(paced, Use.BACKFILL) == 11_000 - 1_200 - kept
    assert spent(paced, Use.CHANGED) == kept
    assert paced.spent == Counter({Use.LIST: 1, Use.BACKFILL: 11_000 - 1_200 - kept, Use.CHANGED: kept})


def test_each_window_has_room_for_what_changes() -> None:
    clock = Clock()
    paced = quota(clock, per_second=1e9)
    paced.admit()
    clock.now += 1
    paced.learn(headers("300/3000/12000", "299/2999/11999", "10/400/40000"))
    paced.wait(Use.BACKFILL)
    assert paced.spent == {Use.LIST: 1}
    start = clock.now
    for _ in range(299 - 30 - 21):
        paced.admit(Use.BACKFILL)
        paced.learn({})
    assert clock.now - start < 1
    paced.admit(Use.CHANGED)
    assert clock.now - start < 1
    paced.admit(Use.BACKFILL)
    assert clock.now - start > 10


class Shared(Clock):
    """Time in which a neighbour asks at an even pace too, under a cap per second as the sandbox keeps it."""

    def __init__(self, neighbour: float) -> None:
        super().__init__()
        real = SandboxClock(datetime(2026, 11, 2, tzinfo=UTC), real_time=self)
        settings = Settings(rate_limits=(10**6, 10**6, 10**6))
        self.cap = RateLimiter(Context(real, settings, RequestLog(), Path()), ZoneInfo("UTC"))
        self.theirs = self.now
        self.pause = 1 / neighbour if neighbour else float("inf")
        self.refused = 0

    def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        while self.theirs + self.pause <= until:
            self.theirs += self.pause
            self.now = self.theirs
            self.cap.take()
        self.now = until

    def ask(self, paced: Quota) -> None:
        paced.admit()
        allowed = self.cap.take().allowed
        paced.learn({})
        if not allowed:
            self.refused += 1
            paced.refused()


@pytest.mark.parametrize(("neighbour", "most"), [(0, 0), (5, 0.01), (10, 0.02), (15, 0.04), (18, 0.12)])
def test_beside_a_neighbour_few_requests_are_refused_and_its_part_is_left_to_it(
    neighbour: int, most: float
) -> None:
    clock = Shared(neighbour)
    paced = quota(clock, per_second=18)
    sent, start = 0, clock.now
    while clock.now < start + 600:
        clock.ask(paced)
        sent += 1
    assert clock.refused <= most * sent
    left = min(20 - neighbour, 18)
    assert 0.75 * left <= sent / (clock.now - start) <= left + 1


def test_the_rate_recovers_when_the_neighbour_is_gone() -> None:
    clock = Clock()
    paced = quota(clock, per_second=18)
    for _ in range(100):
        paced.admit()
        paced.refused()
    slow = clock.now
    paced.admit()
    paced.admit()
    assert clock.now - slow >= 0.5
    start = clock.now
    while clock.now < start + 240:
        paced.admit()
    begin = clock.now
    for _ in range(180):
        paced.admit()
    assert clock.now - begin == pytest.approx(10, abs=0.1)


def test_a_spent_window_is_no_reason_to_go_slower() -> None:
    clock = Clock()
    paced = quota(clock, per_second=10, reserve=0)
    paced.admit()
    paced.learn(headers("300/3000/12000", "-1/2900/11000", "20/2000/40000"))
    paced.refused()
    paced.admit()  # when the window begins anew
    start = clock.now
    for _ in range(10):
        paced.admit()
    assert clock.now - start == pytest.approx(1.0)


@pytest.mark.parametrize("refusals", [1, 4, 20])
def test_requests_that_are_refused_together_slow_down_once(refusals: int) -> None:
    clock = Clock()
    paced = quota(clock, per_second=10)
    for _ in range(refusals):
        paced.refused()
    paced.admit()
    start = clock.now
    for _ in range(7):
        paced.admit()
    assert clock.now - start == pytest.approx(1.0, abs=0.05)
