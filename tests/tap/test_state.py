"""Bookmarks: their form, when something is due, and what a follower has dealt with."""

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_seoshop.bookmarks.state import (
    DETAIL_FORM,
    FULL_TABLE_FORM,
    INCREMENTAL_FORM,
    MOST_SEEN,
    SHOP_FORM,
    SUMMARY_FORM,
    VERSION,
    Follower,
    bookmark,
    due,
    entries,
    migrate,
    written_time,
)
from tap_seoshop.errors import SettingsError
from tap_seoshop.reading import details, moved_customers
from tap_seoshop.reading.lookups import MOST_TITLES
from tap_seoshop.streams.orders import OrderProducts

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize("form", [FULL_TABLE_FORM, DETAIL_FORM, INCREMENTAL_FORM, SHOP_FORM, SUMMARY_FORM])
def test_a_bookmark_has_all_its_keys_and_shares_nothing(form: dict[str, Any]) -> None:
    one, other = bookmark({}, "x", form), bookmark({}, "x", form)
    assert set(one) == set(form)
    for key, value in one.items():
        assert not isinstance(value, dict) or set(value) == set(form[key])
        assert not isinstance(value, list | dict) or value is not other[key]


def test_a_bookmark_keeps_what_it_has() -> None:
    state = {"bookmarks": {"x": {"pending": [[1, 0]], "backfill": {"done": 3}, "progress_markers": {}}}}
    found = bookmark(state, "x", DETAIL_FORM)
    assert found is state["bookmarks"]["x"]
    assert found["pending"] == [[1, 0]]
    assert found["backfill"] == {**DETAIL_FORM["backfill"], "done": 3}
    assert "progress_markers" not in found


@pytest.mark.parametrize(
    "state",
    [
        {"bookmarks": []},
        {"bookmarks": {"x": 5}},
        {"bookmarks": {"x": {"seen": "yes"}}},
    ],
)
def test_a_state_of_another_tap_is_refused(state: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        bookmark(state, "x", DETAIL_FORM)


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
    mark = bookmark({}, "x", DETAIL_FORM)
    follower = Follower(mark)
    assert follower.first
    assert follower.moved(1, stamp(-(10**8)))
    assert follower.moved(2, None)
    assert mark["since"] is None
    follower.reach(NOW - timedelta(seconds=600), NOW)
    assert mark["since"] is None
    follower.commit()
    assert mark == {**DETAIL_FORM, "since": stamp(-600)}


def test_what_was_dealt_with_in_the_look_back_is_not_new() -> None:
    mark = bookmark({}, "x", DETAIL_FORM)
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
    mark = bookmark({}, "x", DETAIL_FORM)
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
    mark = bookmark({}, "x", DETAIL_FORM)
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


def test_the_state_of_an_older_version_is_taken_over() -> None:
    old: dict[str, Any] = {
        "bookmarks": {
            "shop": {"version": 1, "shop_id": 7, "account": "a", "read_at": None},
            "customer_summaries": {
                **{f"{name}_since": stamp(0) for name in ("customers", "orders", "invoices")},
                **{f"{name}_seen": [] for name in ("customers", "orders", "invoices")},
                "read_at": stamp(0),
            },
            "orders": {"replication_key": "updatedAt", "replication_key_value": stamp(0), "west": 0},
        }
    }
    migrate(old)
    marks = old["bookmarks"]
    assert marks["shop"]["version"] == VERSION
    assert marks["shop"]["shop_id"] == 7
    assert marks["customer_summaries"]["read_at"] is None  # all of them are added up once more
    assert bookmark(old, "customer_summaries", SUMMARY_FORM)["credited"] is None
    assert marks["customer_summaries"]["orders_since"] == stamp(0)
    again = deepcopy(old)
    marks["customer_summaries"]["read_at"] = again["bookmarks"]["customer_summaries"]["read_at"] = stamp(1)
    migrate(again)
    assert again == old


def test_the_state_of_a_newer_version_is_refused() -> None:
    with pytest.raises(SettingsError, match="newer version"):
        migrate({"bookmarks": {"shop": {"version": VERSION + 1}}})


def test_a_state_at_all_its_bounds_is_below_five_megabytes() -> None:
    number, at = 2_147_483_647, stamp(0)
    seen = [[number, at]] * MOST_SEEN
    papers = {f"{paper.name}_seen": seen for paper in OrderProducts.moved_by}
    lines = {**DETAIL_FORM, **papers, "seen": seen, "pending": [[number, 4]] * details.MOST_PENDING}
    summaries = {
        **SUMMARY_FORM,
        **{f"{name}_seen": seen for name in ("customers", "orders", "invoices")},
        "pending": [number] * moved_customers.MOST_PENDING,
        "recent": [[number, at]] * moved_customers.MOST_RECENT,
        "credited": [number] * moved_customers.MOST_CREDITED,
    }
    full = {
        **FULL_TABLE_FORM,
        "titles": [[number, "A title of forty characters, as they are."]] * MOST_TITLES,
    }
    state = {"order_products": lines, "customer_summaries": summaries, "brands": full}
    assert len(json.dumps({"bookmarks": state})) < 5_000_000


@pytest.mark.parametrize(
    "value", ["2026-11-02T09:00:00Z", "2026-11-02T10:00:00+01:00", "2026-11-02T04:00:00-05:00"]
)
def test_bookmarks_are_instants(value: str) -> None:
    mark = bookmark({}, "x", DETAIL_FORM)
    mark["since"] = value
    follower = Follower(mark)
    assert not follower.moved(1, stamp(-1))
    assert follower.moved(2, stamp(0))


def test_a_large_state_is_written_less_often() -> None:
    assert entries({}) == 0
    assert entries({"bookmarks": {"x": {"pending": [1, 2], "titles": [[1, "a"]]}, "y": {"seen": [3]}}}) == 4
