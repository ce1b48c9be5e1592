"""When a shop is due."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from seoshop_copernica.cadence import LONGEST, SHORTEST, Recent, interval, is_due, recent
from seoshop_copernica.history import Figures, History

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def ago(minutes: float) -> datetime:
    return NOW - minutes * MINUTE


def test_a_fixed_cadence_is_kept_whatever_moves() -> None:
    assert interval("15m", Recent(ago(1), ago(1))) == 15 * MINUTE
    assert interval("2h", Recent(ago(1), ago(600))) == 120 * MINUTE
    assert is_due("15m", Recent(ago(15)), NOW)
    assert not is_due("15m", Recent(ago(13)), NOW)


def test_auto_goes_from_five_minutes_to_thirty_as_nothing_moves() -> None:
    waits = [interval("auto", Recent(NOW, ago(quiet))) / MINUTE for quiet in (0, 30, 60, 120, 180, 1000)]
    assert waits == [5, 5, 10, 20, 30, 30]


def test_the_first_tick_and_one_after_the_clock_went_back_are_due() -> None:
    assert is_due("auto", Recent(), NOW)
    assert is_due("1d", Recent(NOW + 5 * MINUTE), NOW)


def test_a_clock_that_was_ahead_for_one_run_does_not_make_the_shop_due_for_ever(tmp_path: Path) -> None:
    history = History(tmp_path / "runs.sqlite")
    for began in (ago(20), NOW + timedelta(days=365), ago(1)):
        history.end(history.begin("pipe", began), 0, "done", Figures(), began)
    assert recent(history).started == ago(1)
    assert not is_due("5m", recent(history), NOW)


@given(st.floats(0, 1e5), st.floats(0, 1e5))
def test_the_auto_cadence_stays_in_bounds_and_grows_with_the_quiet_time(one: float, other: float) -> None:
    less, more = sorted((one, other))
    waits = [interval("auto", Recent(NOW, ago(quiet))) for quiet in (less, more)]
    assert SHORTEST <= waits[0] <= waits[1] <= LONGEST
