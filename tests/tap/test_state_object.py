"""The state of a run as the streams use it: versions taken over, STATE messages, times, followers."""

import time
from copy import copy, deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from tap_seoshop.bookmarks.follower import MOST_SEEN, Follower
from tap_seoshop.bookmarks.forms import (
    VERSION,
    DetailMark,
    IncrementalMark,
    SeenMark,
    ShopMark,
    SourceQuota,
)
from tap_seoshop.bookmarks.state import STATE_EVERY, State, migrate
from tap_seoshop.bookmarks.store import Bookmarks
from tap_seoshop.bookmarks.times import read_time, written_time
from tap_seoshop.errors import SettingsError

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
REFUSED = "the state's bookmark of x is not what this tap writes"
BEGIN = "begin with a new state"
EMPTY_BACKFILL = {"open": False, "before": None, "last_id": None, "days": 8, "done": 0, "total": 0}


def state_of(version: int, **marks: Any) -> dict[str, Any]:
    return {"bookmarks": {"shop": {"version": version}, **marks}}


def backfill(**of: Any) -> dict[str, Any]:
    return {"backfill": {**EMPTY_BACKFILL, **of}}


def migrated(state: dict[str, Any]) -> list[str]:
    marks = Bookmarks(state)
    again = migrate(marks)
    marks.save()
    return again


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
    assert migrated(state) == (["lines"] if again else [])
    assert state["bookmarks"]["shop"]["version"] == VERSION
    if again:
        assert state["bookmarks"]["lines"]["backfill"] == {**EMPTY_BACKFILL, "open": True}


def test_summaries_are_all_added_up_again_once_and_only_where_there_are_any() -> None:
    state = state_of(1)
    migrated(state)
    assert set(state["bookmarks"]) == {"shop"}
    for version, read_at in ((1, None), (2, written_time(NOW))):
        state = state_of(version, customer_summaries={"read_at": written_time(NOW)})
        migrated(state)
        assert state["bookmarks"]["customer_summaries"]["read_at"] == read_at


def test_a_newer_version_is_named() -> None:
    with pytest.raises(SettingsError) as refused:
        migrated(state_of(VERSION + 1))
    told = f"the state has form {VERSION + 1}, which a newer version of this tap wrote: upgrade the tap"
    assert str(refused.value) == told


@pytest.mark.parametrize(
    ("marks", "message"),
    [
        ([], f"the state's bookmarks are not what this tap writes: {BEGIN}"),
        ({"x": 5}, f"{REFUSED} (it is no object): {BEGIN}"),
        ({"x": {"pending": "yes"}}, f"{REFUSED} (Expected `array`, got `str` - at `pending`): {BEGIN}"),
        ({"x": {"backfill": []}}, f"{REFUSED} (Expected `object`, got `array` - at `backfill`): {BEGIN}"),
    ],
)
def test_what_another_wrote_is_named(marks: Any, message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Bookmarks({"bookmarks": marks}).of("x", DetailMark)
    assert str(refused.value) == message


def test_a_bookmark_loses_what_other_taps_keep_there_and_nothing_else() -> None:
    mark = {"starting_replication_value": 1, "replication_key_signpost": 2, "progress_markers": {}, "own": 3}
    state = {"bookmarks": {"x": mark}}
    marks = Bookmarks(state)
    found = marks.of("x", IncrementalMark)
    marks.save()
    assert mark == {**msgspec.to_builtins(found), "own": 3}
    assert found == IncrementalMark()


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
    orders = state.bookmark("orders", IncrementalMark)
    assert orders is state.bookmark("orders", IncrementalMark)
    assert "orders" not in held["bookmarks"]
    state.write()
    assert emitted.count == 1
    assert held["bookmarks"]["shop"] == {**msgspec.to_builtins(ShopMark()), "version": VERSION}
    assert held["bookmarks"]["orders"] == msgspec.to_builtins(orders)
    state.write(SourceQuota(limit=[1]))
    assert emitted.count == 2
    assert held["bookmarks"]["shop"]["source_quota"] == {"limit": [1], "remaining": [], "resets_at": []}


def test_a_frozen_state_is_not_written() -> None:
    emitted = Emitted()
    held: dict[str, Any] = {}
    state = State(held, emitted, account="digest", frozen=True)
    state.shop.shop_id = 7
    state.write(SourceQuota(limit=[1]))
    assert emitted.count == 0
    assert held == {"bookmarks": {}}
    assert state.shop.source_quota == SourceQuota()
    assert state.begun_again == []


def test_a_large_state_is_written_less_often() -> None:
    state = State({}, Emitted(), account="digest")
    assert state.every == STATE_EVERY
    state.bookmark("lines", DetailMark).pending = [(1, 0)] * (STATE_EVERY * 80)
    state.write()
    assert state.every == 80
    assert Bookmarks({"bookmarks": {"lines": {"pending": [1, 2], "since": "2026"}, "x": 5}}).entries() == 2


def test_times_of_the_state() -> None:
    assert read_time(None) is None
    assert read_time("2026-11-02T10:00:00+01:00") == NOW
    assert written_time(NOW.astimezone(tz=None) + timedelta(microseconds=999_999)) == "2026-11-02T09:00:00Z"
    for bad in ("yesterday", ""):
        with pytest.raises(SettingsError) as refused:
            read_time(bad)
        assert str(refused.value) == "a time in the state cannot be read: begin with a new state"


def stamp(seconds: float) -> str:
    return written_time(NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(("at", "first"), [(-1, True), (0, False), (1, False)])
def test_a_bookmark_of_the_future_counts_for_nothing(at: float, first: bool) -> None:  # noqa: FBT001  # a table
    follower = Follower(SeenMark(since=stamp(0)))
    follower.not_after(NOW + timedelta(seconds=at))
    assert follower.first is first


def test_a_bookmark_that_is_not_there_lies_in_no_future() -> None:
    follower = Follower(SeenMark())
    follower.not_after(NOW)
    assert follower.first


def test_without_a_stamp_only_a_first_reading_takes_a_record() -> None:
    assert Follower(SeenMark()).changed(1, None)
    assert not Follower(SeenMark(since=stamp(0))).changed(1, None)


def test_a_follower_goes_on_from_where_it_committed() -> None:
    mark = SeenMark()
    follower = Follower(mark)
    follower.commit()
    assert mark == SeenMark()
    for number, at in ((1, 10), (2, -1), (3, 0), (4, 19), (5, 20), (6, 5)):
        assert follower.changed(number, stamp(at))
    follower.reach(NOW, NOW + timedelta(seconds=20))
    follower.commit()
    # What changed before the next reading's begin, or in the second of this one, is not kept as seen.
    seen = [(3, stamp(0)), (6, stamp(5)), (1, stamp(10)), (4, stamp(19))]
    assert mark == SeenMark(stamp(0), seen)
    assert follower.since == NOW
    assert not follower.first
    assert not follower.changed(6, stamp(5))
    assert follower.changed(5, stamp(20))
    assert not follower.changed(2, stamp(-1))
    held = copy(mark)
    follower.commit()  # nothing was reached since
    assert mark == held
    follower.reach(NOW, NOW + timedelta(seconds=30))
    follower.commit()
    assert mark.seen == [(6, stamp(5)), (5, stamp(20))]


def test_the_newest_are_kept_as_seen() -> None:
    mark = SeenMark()
    follower = Follower(mark)
    for number in range(MOST_SEEN + 1, 0, -1):
        follower.changed(number, stamp(number))
    follower.reach(NOW, NOW + timedelta(days=1))
    follower.commit()
    assert [mark.seen[0][0], mark.seen[-1][0], len(mark.seen)] == [2, MOST_SEEN + 1, MOST_SEEN]


def test_two_followers_share_one_bookmark() -> None:
    state = {"bookmarks": {"x": {"orders_since": stamp(0), "orders_seen": [[7, stamp(1)]]}}}
    marks = Bookmarks(state)
    marks.of("x", SeenMark)
    follower = Follower(marks.of("x", SeenMark, "orders_"))
    assert not follower.changed(7, stamp(1))
    assert follower.changed(7, stamp(2))
    follower.reach(NOW + timedelta(seconds=1), NOW + timedelta(seconds=9))
    follower.commit()
    marks.save()
    assert state["bookmarks"]["x"] == {
        "since": None,
        "seen": [],
        "orders_since": stamp(1),
        "orders_seen": [[7, stamp(2)]],
    }


def test_a_reader_of_several_lists_has_a_bookmark_for_each_in_that_of_its_stream() -> None:
    held: dict[str, Any] = {}
    state = State(held, lambda: None, account="shop")
    state.bookmark("x", SeenMark).since = stamp(1)
    state.bookmark("x", SeenMark, "orders_").since = stamp(2)
    state.write()
    mark = held["bookmarks"]["x"]
    assert (mark["since"], mark["orders_since"]) == (stamp(1), stamp(2))
