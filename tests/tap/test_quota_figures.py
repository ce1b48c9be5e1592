"""What the quota reports: the state of its windows, how long something takes, what fits, its waits."""

import logging

import pytest

from support.pacing import Clock, headers, quota
from tap_seoshop.api.quota import Quota, Use, Window, parse_windows
from tap_seoshop.errors import QuotaSpentError

PACE = 3600 / 2628  # seconds for a request where an hour's 3,000 leave 300 to others and 72 to lists


def told(quota: Quota, limit: str, remaining: str, reset: str) -> Quota:
    quota.admit()
    quota.learn(headers(limit, remaining, reset))
    return quota


def pause(paced: Quota, clock: Clock) -> float:
    """Seconds between two requests."""
    paced.admit()
    start = clock.now
    paced.admit()
    return clock.now - start


def test_a_window_ends_now_at_the_earliest() -> None:
    found = parse_windows(headers("1/2/3", "4/5/-1", "-5/0/7"), 10.0)
    assert found == [Window(1, 4, 10.0), Window(2, 5, 10.0), Window(3, -1, 17.0)]


@pytest.mark.parametrize("which", ["Limit", "Remaining", "Reset"])
def test_headers_of_unequal_length_say_nothing(which: str) -> None:
    odd = {**headers("1/1/1", "1/1/1", "1/1/1"), f"X-RateLimit-{which}": "1/1/1/1"}
    assert parse_windows(odd, 0) == []


def test_how_the_windows_stand() -> None:
    clock = Clock()
    paced = quota(clock, reserve=0)
    assert paced.left() == ""
    assert paced.seen() == []
    told(paced, "300/3000/12000", "-1/2999/11000", "0/2000/40000")
    assert paced.left() == "0/300 in 5 minutes, 2999/3000 in hour, 11000/12000 in day"
    assert paced.seen() == [(300, 0, 0), (3000, 2999, 2000), (12000, 11000, 40000)]
    clock.now += 0.5
    assert [seconds for *_, seconds in paced.seen()] == [0, 1999.5, 39999.5]
    clock.now += 1
    paced.admit()  # a new window of 5 minutes, of which nothing but its length is known
    assert paced.seen()[0] == (300, 299, 300)


def test_only_requests_without_an_answer_are_under_way() -> None:
    paced = quota(Clock())
    for _ in range(2):
        paced.admit()
    told(paced, "300/3000/12000", "10/2999/11000", "120/2000/40000")
    assert paced.left().startswith("8/300")


@pytest.mark.parametrize(("reset", "left"), [("120", 297), ("121", 297), ("122", 299)])
def test_a_window_that_ends_a_second_later_is_the_same(reset: str, left: int) -> None:
    paced = told(quota(Clock()), "300/3000/12000", "297/2997/11000", "120/2000/40000")
    paced.learn(headers("300/3000/12000", "299/2999/11000", f"{reset}/2000/40000"))
    assert paced.left().startswith(f"{left}/300")


def test_the_first_request_goes_at_once() -> None:
    clock = Clock(0.0)
    quota(clock).admit()
    assert clock.now == 0.0


def test_waits_are_counted_and_told_of(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock(0.0)
    paced = told(quota(clock), "300/3000/12000", "30/2900/11000", "1/2000/40000")
    with caplog.at_level(logging.INFO):
        paced.admit()
    assert (paced.waits, paced.waited) == (1, 2.0)
    assert caplog.messages == ["waiting 2 s for the quota of 5 minutes"]
    paced.learn(headers("300/3000/12000", "30/2900/11000", "120/2000/40000"))
    paced.admit()
    assert (paced.waits, paced.waited) == (2, 123.0)


def test_a_wait_that_ends_a_second_later_is_the_same_wait() -> None:
    paced = told(quota(Clock()), "300/3000/12000", "30/2900/11000", "120/2000/40000")
    for reset, waits in (("120", 1), ("121", 1), ("124", 2)):
        paced.learn(headers("300/3000/12000", "30/2900/11000", f"{reset}/2000/40000"))
        paced._take(Use.LIST)  # noqa: SLF001  # a thread that asks, and does not sleep yet
        assert paced.waits == waits
    assert paced.waited == 125.0


@pytest.mark.parametrize(("reset", "seconds"), [("0", 1.0), ("120", 121.0)])
def test_a_wait_ends_with_its_window(reset: str, seconds: float) -> None:
    for wait in (Quota.wait, Quota.admit):
        clock = Clock()
        paced = told(quota(clock, reserve=0), "300/3000/12000", "0/2900/11000", f"{reset}/2000/40000")
        start = clock.now
        wait(paced, Use.LIST)
        assert clock.now - start == seconds


def test_refusals_a_second_apart_slow_down_twice() -> None:
    clock = Clock()
    paced = quota(clock, per_second=10)
    paced.refused()
    clock.now += 1
    paced.refused()
    assert pause(paced, clock) == pytest.approx(1 / (10 * 0.7 * 0.7 + 0.1))


@pytest.mark.parametrize(("left", "rate"), [("0", 10), ("1", 7)])
def test_only_a_refusal_with_requests_left_slows_down(left: str, rate: float) -> None:
    clock = Clock()
    paced = told(
        quota(clock, per_second=10, reserve=0), "300/3000/12000", f"{left}/2999/11999", "9/2000/40000"
    )
    paced.refused()
    paced.learn(headers("300/3000/12000", "299/2999/11999", "300/2000/40000"))
    assert pause(paced, clock) == pytest.approx(1 / rate, rel=0.01)


@pytest.mark.parametrize("limit", [12_000, 12_001])
def test_runs_that_need_more_than_there_is_leave_half_of_it(limit: int) -> None:
    paced = told(quota(Clock(), live_cost=100), f"300/3000/{limit}", "299/2999/11000", "120/2000/36000")
    assert paced.fits(11_000 - 1_200 - 5_400)
    assert not paced.fits(11_000 - 1_200 - 5_400 + 1)
    hours = paced.seconds_for(11_000 - 1_200 - 5_400)
    assert hours is not None
    assert hours < 36_000
    late = paced.seconds_for(11_000 - 1_200 - 5_400 + 1)
    assert late is not None
    assert late > 36_000


def test_before_the_first_answer_only_the_rate_counts() -> None:
    assert quota(Clock(), per_second=10).seconds_for(100) == 10


@pytest.mark.parametrize(
    ("details", "seconds"), [(8_880, 8_880 * PACE), (8_881, 36_000 + PACE), (8_890, 36_000 + 10 * PACE)]
)
def test_what_changes_takes_its_part_of_the_day(details: int, seconds: float) -> None:
    """Of 11,000 left 1,200 are for others, 720 for lists, and of 480 a day 200 for what changes."""
    paced = quota(Clock(), live_cost=6, changed=480)
    told(paced, "300/3000/12000", "299/2999/11000", "120/2000/36000")
    assert paced.seconds_for(details) == pytest.approx(seconds)


def test_a_day_that_leaves_nothing_leaves_it_to_the_next() -> None:
    paced = told(quota(Clock(), live_cost=6), "300/3000/12000", "299/2999/100", "120/2000/36000")
    assert paced.seconds_for(1) == pytest.approx(36_000 + PACE)


def test_a_slow_pace_takes_longer_than_the_windows_allow() -> None:
    paced = quota(Clock(), per_second=0.1, live_cost=6)
    told(paced, "300/3000/12000", "299/2999/11000", "120/2000/36000")
    assert paced.seconds_for(10) == pytest.approx(100)


@pytest.mark.parametrize(
    ("hour", "changed", "ever"),
    [(3000, 5399, True), (3000, 5400, False), (3000, 5401, False), (1, 0, True), (0, 0, False)],
)
def test_where_nothing_is_left_it_never_ends(hour: int, changed: int, ever: bool) -> None:  # noqa: FBT001  # a table
    paced = quota(Clock(), live_cost=100, changed=changed)
    told(paced, f"300/{hour}/12000", "299/2999/11000", "120/2000/36000")
    assert (paced.seconds_for(10) is not None) is ever


def test_what_is_spent_to_the_reserve_is_not_said_to_be_kept_for_runs() -> None:
    paced = told(quota(Clock(), live_cost=6), "300/3000/12000", "299/2999/1200", "120/2000/36000")
    with pytest.raises(QuotaSpentError) as refused:
        paced.admit(Use.CHANGED)
    assert str(refused.value) == "the key's requests per day are used up (resets in 36001 s)"


def test_at_the_end_of_a_window_nothing_is_kept_for_the_runs_in_it() -> None:
    clock = Clock()
    paced = told(quota(clock, live_cost=6), "300/3000/12000", "31/2999/11000", "10/2000/36000")
    clock.now += 10
    start = clock.now
    paced.wait(Use.CHANGED)
    assert clock.now == start


@pytest.mark.parametrize(("interval", "kept"), [(300, 54), (0, 0)])
def test_changes_that_need_more_than_there_is_leave_half_of_it_to_a_first_load(
    interval: int, kept: int
) -> None:
    paced = quota(Clock(), per_second=1e9, changed=9_000, run_interval=interval)
    told(paced, "9999/9999/120", "9998/9998/110", "120/2000/86400")
    for use, count in ((Use.BACKFILL, 110 - 12 - kept), (Use.CHANGED, kept)):
        for _ in range(count):
            paced.admit(use)
        with pytest.raises(QuotaSpentError):
            paced.admit(use)
        assert paced.spent[use] == count


def test_a_new_day_begins_on_its_second() -> None:
    clock = Clock()
    paced = told(quota(clock), "300/3000/12000", "299/2999/0", "120/2000/10")
    clock.now += 11
    paced.admit()
    assert paced.left().endswith("11999/12000 in day")


def test_requests_under_way_count_in_a_window_that_begins_anew() -> None:
    clock = Clock()
    paced = told(quota(clock), "300/3000/12000", "299/2999/11999", "10/2000/40000")
    for _ in range(2):
        paced.admit()
    clock.now += 11
    paced.admit()
    assert paced.left().startswith("297/300")


def test_where_all_of_a_new_window_is_under_way_an_answer_is_awaited() -> None:
    clock = Clock()
    paced = told(quota(clock, reserve=0), "1/3000/12000", "1/2999/11999", "10/2000/40000")
    paced.admit()
    clock.now += 11
    assert paced._take(Use.LIST) == 1.0  # noqa: SLF001  # asks again in a second
    assert paced.waits == 0


def test_details_wait_as_long_as_the_setting_says() -> None:
    clock = Clock()
    paced = told(quota(clock, max_wait=310), "300/3000/12000", "30/2999/11999", "309/2000/40000")
    start = clock.now
    paced.admit(Use.CHANGED)
    assert clock.now - start == 310
