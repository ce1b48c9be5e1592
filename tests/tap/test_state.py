"""Bookmarks: their form, when something is due, and what a follower has dealt with."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_seoshop.errors import SettingsError
from tap_seoshop.state import (
    FULL,
    LINES,
    LIVE,
    MOST_SEEN,
    SHOP,
    SUMMARIES,
    Follower,
    bookmark,
    due,
    written_time,
)

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize("form", [FULL, LINES, LIVE, SHOP, SUMMARIES])
def test_a_bookmark_has_all_its_keys_and_shares_nothing(form: dict[str, Any]) -> None:
    one, other = bookmark({}, "x", form), bookmark({}, "x", form)
    assert set(one) == set(form)
    for key, value in one.items():
        assert not isinstance(value, dict) or set(value) == set(form[key])
        assert not isinstance(value, list | dict) or value is not other[key]


def test_a_bookmark_keeps_what_it_has() -> None:
    state = {"bookmarks": {"x": {"pending": [[1, 0]], "backfill": {"done": 3}, "progress_markers": {}}}}
    found = bookmark(state, "x", LINES)
    assert found is state["bookmarks"]["x"]
    assert found["pending"] == [[1, 0]]
    assert found["backfill"] == {**LINES["backfill"], "done": 3}
    assert "progress_markers" not in found


@pytest.mark.parametrize(
    "state",
    [
        {"bookmarks": []},
        {"bookmarks": {"x": 5}},
        {"bookmarks": {"x": {"seen": "yes"}}},
    ],
)
def test_a_state_of_somebody_else_is_refused(state: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        bookmark(state, "x", LINES)


@pytest.mark.parametrize(
    ("read_at", "interval", "wanted"),
    [
        (None, 60, True),
        (NOW, 60, False),
        (NOW - timedelta(seconds=59), 60, False),
        (NOW - timedelta(seconds=60), 60, True),
        (NOW, 0, True),
        (NOW + timedelta(days=1), 60, True),
    ],
)
def test_due(read_at: datetime | None, interval: float, wanted: bool) -> None:  # noqa: FBT001  # a table
    assert due(read_at and written_time(read_at), interval, NOW) is wanted


def stamp(seconds: float) -> str:
    return written_time(NOW + timedelta(seconds=seconds))


def test_a_first_reader_takes_everything() -> None:
    mark = bookmark({}, "x", LINES)
    follower = Follower(mark)
    assert follower.first
    assert follower.moved(1, stamp(-(10**8)))
    assert follower.moved(2, None)
    assert mark["since"] is None
    follower.reach(NOW - timedelta(seconds=600), NOW)
    assert mark["since"] is None
    follower.commit()
    assert mark == {**LINES, "since": stamp(-600)}


def test_what_was_dealt_with_in_the_look_back_is_not_new() -> None:
    mark = bookmark({}, "x", LINES)
    follower = Follower(mark)
    follower.moved(1, stamp(-100))
    follower.moved(2, stamp(-700))
    follower.reach(NOW - timedelta(seconds=600), NOW)
    follower.commit()
    assert mark["seen"] == [[1, stamp(-100)]]
    later = Follower(mark)
    assert not later.first
    assert not later.moved(1, stamp(-100))
    assert later.moved(1, stamp(-99))
    assert later.moved(3, stamp(-100))
    assert not later.moved(4, stamp(-5000))


def test_seen_is_bounded() -> None:
    mark = bookmark({}, "x", LINES)
    follower = Follower(mark)
    for number in range(MOST_SEEN + 100):
        follower.moved(number, stamp(number))
    follower.reach(NOW - timedelta(seconds=600), NOW + timedelta(days=1))
    follower.commit()
    assert len(mark["seen"]) == MOST_SEEN
    assert mark["seen"][-1] == [MOST_SEEN + 99, stamp(MOST_SEEN + 99)]


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 3)), max_size=30))
def test_every_change_is_new_exactly_once(changes: list[tuple[int, int]]) -> None:
    """Records change at random moments; runs every 100 s look 600 s back. Each change is taken once."""
    mark = bookmark({}, "x", LINES)
    Follower(mark).commit()
    clock, held = 1, {0: 0}
    taken: list[tuple[int, int]] = []

    def read() -> None:
        follower = Follower(mark)
        for number, at in held.items():
            wanted = follower.since is None or NOW + timedelta(seconds=at) >= follower.since
            if wanted and follower.moved(number, stamp(at)):
                taken.append((number, at))
        follower.reach(NOW + timedelta(seconds=clock - 600), NOW + timedelta(seconds=clock))
        follower.commit()

    read()
    changed = [(0, 0)]
    for number, runs in changes:
        clock += 7
        held[number] = clock
        changed.append((number, clock))
        for _ in range(runs):
            clock += 100
            read()
        if runs == 0:
            clock += 1  # else the change would lie in the second of the reading
            read()
    assert sorted(taken) == sorted(changed)
