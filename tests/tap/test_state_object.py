"""The state of a run as the streams use it: versions taken over, STATE messages, times, followers."""

import time
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tap_seoshop.bookmarks.state import (
    DETAIL_FORM,
    INCREMENTAL_FORM,
    MOST_SEEN,
    SHOP_FORM,
    STATE_EVERY,
    VERSION,
    Follower,
    State,
    bookmark,
    entries,
    migrate,
    read_time,
    written_time,
)
from tap_seoshop.errors import SettingsError

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
REFUSED = "is not what this tap writes: begin with a new state"


def state_of(version: int, **marks: Any) -> dict[str, Any]:
    return {"bookmarks": {"shop": {"version": version}, **marks}}


def backfill(**of: Any) -> dict[str, Any]:
    return {"backfill": {**DETAIL_FORM["backfill"], **of}}


@pytest.mark.parametrize(
    ("version", "mark", "again"),
    [
        (2, backfill(open=True), True),
        (2, backfill(done=8, total=30), True),
        (2, backfill(done=30, total=30), False),
        (2, backfill(done=31, total=30), False),
        (2, {"backfill": {"total": 1}}, True),
        (2, {"backfill": {"done": 0}}, False),
        (2, {"backfill": {}}, False),
        (2, {"backfill": None}, False),
        (2, {"read_at": None}, False),
        (1, backfill(open=True), True),
        (3, backfill(open=True), False),
    ],
)
def test_a_first_load_that_may_have_missed_records_begins_again(
    version: int,
    mark: dict[str, Any],
    again: bool,  # noqa: FBT001  # a table
) -> None:
    state = state_of(version, other=5, lines=deepcopy(mark))
    assert migrate(state) == (["lines"] if again else [])
    assert state["bookmarks"]["shop"]["version"] == VERSION
    if again:
        assert state["bookmarks"]["lines"]["backfill"] == {**DETAIL_FORM["backfill"], "open": True}


def test_summaries_are_all_added_up_again_once_and_only_where_there_are_any() -> None:
    state = state_of(1)
    migrate(state)
    assert set(state["bookmarks"]) == {"shop"}
    for version, read_at in ((1, None), (2, written_time(NOW))):
        state = state_of(version, customer_summaries={"read_at": written_time(NOW)})
        migrate(state)
        assert state["bookmarks"]["customer_summaries"]["read_at"] == read_at


def test_a_newer_version_is_named() -> None:
    with pytest.raises(SettingsError) as refused:
        migrate(state_of(VERSION + 1))
    told = "the state has form 4, which a newer version of this tap wrote: upgrade the tap"
    assert str(refused.value) == told


@pytest.mark.parametrize(
    ("marks", "message"),
    [
        ([], f"the state's bookmark of x {REFUSED}"),
        ({"x": 5}, f"the state's bookmark of x {REFUSED}"),
        ({"x": {"seen": "yes"}}, f"the state's x.seen {REFUSED}"),
        ({"x": {"backfill": []}}, f"the state's x.backfill {REFUSED}"),
    ],
)
def test_what_another_wrote_is_named(marks: Any, message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        bookmark({"bookmarks": deepcopy(marks)}, "x", DETAIL_FORM)
    assert str(refused.value) == message


def test_a_bookmark_loses_what_other_taps_keep_there_and_nothing_else() -> None:
    mark = {"starting_replication_value": 1, "replication_key_signpost": 2, "progress_markers": {}, "own": 3}
    found = bookmark({"bookmarks": {"x": mark}}, "x", INCREMENTAL_FORM)
    assert found == {**INCREMENTAL_FORM, "own": 3}


def test_null_is_kept_where_a_form_has_something() -> None:
    found = bookmark({"bookmarks": {"x": {"seen": None, "since": "2026"}}}, "x", DETAIL_FORM)
    assert (found["seen"], found["since"]) == (None, "2026")
    given = {"since": {"a": 1}, "backfill": None}
    found = bookmark({"bookmarks": {"x": dict(given)}}, "x", DETAIL_FORM)
    assert (found["since"], found["backfill"]) == ({"a": 1}, None)


def test_times_are_written_in_utc_in_any_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as zone:
        zone.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        written = written_time(NOW)
    time.tzset()
    assert written == "2026-11-02T09:00:00Z"


class Emitted:
    """Counts STATE messages."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


def test_the_state_of_a_run() -> None:
    held = state_of(2, lines=backfill(open=True))
    emitted = Emitted()
    state = State(held, emitted, account="digest")
    assert state.account == "digest"
    assert state.begun_again == ["lines"]
    assert state.shop is held["bookmarks"]["shop"]
    assert set(state.shop) == set(SHOP_FORM)
    assert state.bookmark("orders", INCREMENTAL_FORM) is held["bookmarks"]["orders"]
    assert held["bookmarks"]["orders"] == INCREMENTAL_FORM
    state.write()
    assert emitted.count == 1
    assert state.shop["source_quota"] == SHOP_FORM["source_quota"]
    state.write({"limit": [1]})
    assert emitted.count == 2
    assert state.shop["source_quota"] == {"limit": [1]}


def test_a_frozen_state_is_not_written() -> None:
    emitted = Emitted()
    state = State({}, emitted, account="digest", frozen=True)
    state.write({"limit": [1]})
    assert emitted.count == 0
    assert state.shop["source_quota"] == SHOP_FORM["source_quota"]
    assert state.begun_again == []


def test_a_large_state_is_written_less_often() -> None:
    state = State({}, Emitted(), account="digest")
    assert state.every == STATE_EVERY
    state.bookmark("lines", DETAIL_FORM)["pending"] = [[1, 0]] * (STATE_EVERY * 80)
    assert state.every == 80
    assert entries({"bookmarks": {"lines": {"pending": [1, 2], "since": "2026"}}}) == 2


def test_times_of_the_state() -> None:
    assert read_time(None) is None
    assert read_time("2026-11-02T10:00:00+01:00") == NOW
    assert written_time(NOW.astimezone(tz=None) + timedelta(microseconds=999_999)) == "2026-11-02T09:00:00Z"
    for bad in ("yesterday", "", 5, True):
        with pytest.raises(SettingsError) as refused:
            read_time(bad)
        assert str(refused.value) == "a time in the state cannot be read: begin with a new state"


def stamp(seconds: float) -> str:
    return written_time(NOW + timedelta(seconds=seconds))


def marked(**given: Any) -> dict[str, Any]:
    return bookmark({"bookmarks": {"x": given}}, "x", DETAIL_FORM)


@pytest.mark.parametrize(("at", "first"), [(-1, True), (0, False), (1, False)])
def test_a_bookmark_of_the_future_counts_for_nothing(at: float, first: bool) -> None:  # noqa: FBT001  # a table
    follower = Follower(marked(since=stamp(0)))
    follower.not_after(NOW + timedelta(seconds=at))
    assert follower.first is first


def test_a_bookmark_that_is_not_there_lies_in_no_future() -> None:
    follower = Follower(marked())
    follower.not_after(NOW)
    assert follower.first


def test_without_a_stamp_only_a_first_reading_takes_a_record() -> None:
    assert Follower(marked()).moved(1, None)
    assert not Follower(marked(since=stamp(0))).moved(1, None)


def test_a_follower_goes_on_from_where_it_committed() -> None:
    mark = marked()
    follower = Follower(mark)
    follower.commit()
    assert mark == DETAIL_FORM
    for number, at in ((1, 10), (2, -1), (3, 0), (4, 19), (5, 20), (6, 5)):
        assert follower.moved(number, stamp(at))
    follower.reach(NOW, NOW + timedelta(seconds=20))
    follower.commit()
    # What changed before the next reading's begin, or in the second of this one, is not kept as seen.
    seen = [[3, stamp(0)], [6, stamp(5)], [1, stamp(10)], [4, stamp(19)]]
    assert mark == {**DETAIL_FORM, "since": stamp(0), "seen": seen}
    assert follower.since == NOW
    assert not follower.first
    assert not follower.moved(6, stamp(5))
    assert follower.moved(5, stamp(20))
    assert not follower.moved(2, stamp(-1))
    held = {**mark}
    follower.commit()  # nothing was reached since
    assert mark == held
    follower.reach(NOW, NOW + timedelta(seconds=30))
    follower.commit()
    assert mark["seen"] == [[6, stamp(5)], [5, stamp(20)]]


def test_the_newest_are_kept_as_seen() -> None:
    mark = marked()
    follower = Follower(mark)
    for number in range(MOST_SEEN + 1, 0, -1):
        follower.moved(number, stamp(number))
    follower.reach(NOW, NOW + timedelta(days=1))
    follower.commit()
    assert [mark["seen"][0][0], mark["seen"][-1][0], len(mark["seen"])] == [2, MOST_SEEN + 1, MOST_SEEN]


def test_two_followers_share_one_bookmark() -> None:
    form = {"orders_since": stamp(0), "orders_seen": [["7", stamp(1)]]}
    follower = Follower(form, "orders_since", "orders_seen")
    assert not follower.moved(7, stamp(1))
    assert follower.moved(7, stamp(2))
    follower.reach(NOW + timedelta(seconds=1), NOW + timedelta(seconds=9))
    follower.commit()
    assert form == {"orders_since": stamp(1), "orders_seen": [[7, stamp(2)]]}
