"""Bookmarks: their form, when something is due, and what a follower has dealt with."""

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from tap_seoshop.bookmarks.follower import MOST_SEEN, Follower
from tap_seoshop.bookmarks.forms import (
    VERSION,
    AppendOnlyMark,
    Backfill,
    DetailMark,
    FullTableMark,
    IncrementalMark,
    SeenMark,
    ShopMark,
    SummaryMark,
)
from tap_seoshop.bookmarks.state import migrate
from tap_seoshop.bookmarks.store import Bookmarks
from tap_seoshop.bookmarks.times import due, written_time
from tap_seoshop.errors import SettingsError
from tap_seoshop.reading import changed_customers, details
from tap_seoshop.reading.lookups import MOST_TITLES
from tap_seoshop.streams.orders import OrderProducts
from tap_seoshop.streams.summaries import CustomerSummaries

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
EMPTY_BACKFILL = {"open": False, "before": None, "last_id": None, "days": 8, "done": 0, "total": 0}


FORMS = (AppendOnlyMark, DetailMark, FullTableMark, IncrementalMark, SeenMark, ShopMark, SummaryMark)


@pytest.mark.parametrize("form", FORMS)
def test_a_bookmark_is_written_with_all_its_keys(form: type[Struct]) -> None:
    state: dict[str, Any] = {}
    marks = Bookmarks(state)
    assert marks.of("x", form) is marks.of("x", form)
    marks.save()
    assert state["bookmarks"]["x"] == json.loads(msgspec.json.encode(form()))
    assert set(state["bookmarks"]["x"]) == set(form.__struct_fields__)


def test_a_bookmark_keeps_what_it_has_and_keys_of_other_versions() -> None:
    state: dict[str, Any] = {
        "bookmarks": {
            "x": {
                "pending": [[1, 0]],
                "backfill": {"done": 3, "of_tomorrow": 1},
                "of_tomorrow": [2],
                "progress_markers": {},
            },
            "y": {"replication_key_value": "2026"},
        }
    }
    other = deepcopy(state["bookmarks"]["y"])
    marks = Bookmarks(state)
    mark = marks.of("x", DetailMark)
    assert mark.pending == [(1, 0)]
    assert mark.backfill == Backfill(done=3)
    mark.backfill = Backfill(open=True, total=9)
    marks.save()
    written = state["bookmarks"]["x"]
    assert written["backfill"] == {**EMPTY_BACKFILL, "open": True, "total": 9, "of_tomorrow": 1}
    assert written["of_tomorrow"] == [2]
    assert written["pending"] == [[1, 0]]
    assert "progress_markers" not in written
    assert state["bookmarks"]["y"] == other


def test_parts_of_a_bookmark_keep_their_own_keys() -> None:
    state: dict[str, Any] = {"bookmarks": {"x": {"returns_since": stamp(0), "seen": [[1, stamp(1)]]}}}
    marks = Bookmarks(state)
    assert marks.of("x", SeenMark, "returns_") == SeenMark(since=stamp(0))
    marks.of("x", SeenMark).since = stamp(2)
    marks.save()
    assert state["bookmarks"]["x"] == {
        "returns_since": stamp(0),
        "returns_seen": [],
        "since": stamp(2),
        "seen": [[1, stamp(1)]],
    }


def test_a_bookmark_that_is_only_looked_at_leaves_the_state_alone() -> None:
    state: dict[str, Any] = {}
    Bookmarks(state).of("x", DetailMark)
    assert state.get("bookmarks", {}) == {}


def test_null_stands_for_a_missing_key() -> None:
    state = {"bookmarks": {"x": {"backfill": None, "pending": None}}}
    assert Bookmarks(state).of("x", DetailMark) == DetailMark()


@pytest.mark.parametrize(
    ("state", "named"),
    [
        ({"bookmarks": []}, "bookmarks"),
        ({"bookmarks": {"x": 5}}, "bookmark of x"),
        ({"bookmarks": {"x": {"pending": "yes"}}}, "bookmark of x .*`pending`"),
        ({"bookmarks": {"x": {"pending": [[1]]}}}, r"bookmark of x .*`pending\[0\]`"),
        ({"bookmarks": {"x": {"backfill": {"done": "3"}}}}, r"bookmark of x .*`backfill\.done`"),
    ],
)
def test_a_state_of_another_tap_is_refused(state: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        Bookmarks(state).of("x", DetailMark)


def test_the_error_names_the_key_of_a_part() -> None:
    with pytest.raises(SettingsError, match=r"bookmark of x .*`returns_seen`"):
        Bookmarks({"bookmarks": {"x": {"returns_seen": {}}}}).of("x", SeenMark, "returns_")


@pytest.mark.parametrize(
    ("read_at", "interval", "wanted"),
    [
        (None, 60, True),
        (NOW, 60, False),
        (NOW - timedelta(seconds=59), 60, False),
        (NOW - timedelta(seconds=60), 60, True),
        (NOW, 0, True),
        (NOW + timedelta(days=1), 60, True),
        (NOW - timedelta(days=10), 10**30, False),
    ],
)
def test_due(read_at: datetime | None, interval: float, wanted: bool) -> None:  # noqa: FBT001  # a table
    assert due(None if read_at is None else written_time(read_at), interval, NOW) is wanted


def stamp(seconds: float) -> str:
    return written_time(NOW + timedelta(seconds=seconds))


def test_a_first_reader_takes_everything() -> None:
    mark = SeenMark()
    follower = Follower(mark)
    assert follower.first
    assert follower.changed(1, stamp(-(10**8)))
    assert follower.changed(2, None)
    assert mark.since is None
    follower.reach(NOW - timedelta(seconds=600), NOW)
    assert mark.since is None
    follower.commit()
    assert mark == SeenMark(since=stamp(-600))


def test_what_was_dealt_with_in_the_look_back_is_not_new() -> None:
    mark = SeenMark()
    follower = Follower(mark)
    follower.changed(1, stamp(-100))
    follower.changed(2, stamp(-700))
    follower.reach(NOW - timedelta(seconds=600), NOW)
    follower.commit()
    assert mark.seen == [(1, stamp(-100))]
    later = Follower(mark)
    assert not later.first
    assert not later.changed(1, stamp(-100))
    assert later.changed(1, stamp(-99))
    assert later.changed(3, stamp(-100))
    assert not later.changed(4, stamp(-5000))


def test_seen_is_bounded() -> None:
    mark = SeenMark()
    follower = Follower(mark)
    for number in range(MOST_SEEN + 100):
        follower.changed(number, stamp(number))
    follower.reach(NOW - timedelta(seconds=600), NOW + timedelta(days=1))
    follower.commit()
    assert len(mark.seen) == MOST_SEEN
    assert mark.seen[-1] == (MOST_SEEN + 99, stamp(MOST_SEEN + 99))


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 3)), max_size=30))
def test_every_change_is_new_exactly_once(changes: list[tuple[int, int]]) -> None:
    """Records change at random moments; runs every 100 s look 600 s back. Each change is taken once."""
    mark = SeenMark()
    Follower(mark).commit()
    clock, held = 1, {0: 0}
    taken: list[tuple[int, int]] = []

    def read() -> None:
        follower = Follower(mark)
        for number, at in held.items():
            wanted = follower.since is None or NOW + timedelta(seconds=at) >= follower.since
            if wanted and follower.changed(number, stamp(at)):
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
    assert migrated(old) == []
    marks = old["bookmarks"]
    assert marks["shop"]["version"] == VERSION
    assert marks["shop"]["shop_id"] == 7
    assert marks["customer_summaries"]["read_at"] is None  # all of them are added up once more
    assert marks["customer_summaries"]["credited"] is None
    assert marks["orders"]["west"] is None  # 0 stood for a list without records, too
    assert marks["customer_summaries"]["orders_since"] == stamp(0)
    marks["customer_summaries"]["read_at"] = stamp(1)
    again = deepcopy(old)
    assert migrated(again) == []
    assert again == old


def test_a_first_load_of_form_2_that_was_not_done_begins_again() -> None:
    done, cut = {"open": False, "done": 3, "total": 3}, {"open": False, "done": 2, "total": 3}
    old: dict[str, Any] = {
        "bookmarks": {
            "shop": {"version": 2},
            "order_products": {"pending": [[5, 0]], "backfill": {"open": True, "before": stamp(0)}},
            "invoice_items": {"backfill": done},
            "product_images": {"backfill": cut},
        }
    }
    assert migrated(old) == ["order_products", "product_images"]
    marks = old["bookmarks"]
    for name in ("order_products", "product_images"):
        assert marks[name]["backfill"] == {**EMPTY_BACKFILL, "open": True}
    assert marks["order_products"]["pending"] == [[5, 0]]
    assert marks["invoice_items"]["backfill"] == {**EMPTY_BACKFILL, **done}


def migrated(state: dict[str, Any]) -> list[str]:
    marks = Bookmarks(state)
    again = migrate(marks)
    marks.save()
    return again


def test_the_state_of_a_newer_version_is_refused() -> None:
    with pytest.raises(SettingsError, match="newer version"):
        migrate(Bookmarks({"bookmarks": {"shop": {"version": VERSION + 1}}}))


def test_a_state_at_all_its_bounds_is_below_five_megabytes() -> None:
    number, at = 2_147_483_647, stamp(0)
    seen = SeenMark(at, [(number, at)] * MOST_SEEN)
    state: dict[str, Any] = {}
    marks = Bookmarks(state)
    marks.of("order_products", DetailMark).pending = [(number, 4)] * details.MOST_PENDING
    summary = marks.of("customer_summaries", SummaryMark)
    summary.pending = [number] * changed_customers.MOST_PENDING
    summary.recent = [(number, at)] * changed_customers.MOST_RECENT
    summary.credited = [number] * changed_customers.MOST_CREDITED
    full = marks.of("brands", FullTableMark)
    full.titles = [(number, "A title of forty characters, as they are.")] * MOST_TITLES
    followed = {
        "order_products": ["", *(f"{one.name}_" for one in OrderProducts.changed_by)],
        "customer_summaries": [f"{one.name}_" for one in CustomerSummaries.sources],
    }
    for stream, prefixes in followed.items():
        for prefix in prefixes:
            mark = marks.of(stream, SeenMark, prefix)
            mark.since, mark.seen = seen.since, seen.seen
    marks.save()
    assert len(json.dumps(state)) < 5_000_000


@pytest.mark.parametrize(
    "value", ["2026-11-02T09:00:00Z", "2026-11-02T10:00:00+01:00", "2026-11-02T04:00:00-05:00"]
)
def test_bookmarks_are_instants(value: str) -> None:
    mark = SeenMark()
    mark.since = value
    follower = Follower(mark)
    assert not follower.changed(1, stamp(-1))
    assert follower.changed(2, stamp(0))


def test_a_large_state_is_written_less_often() -> None:
    assert Bookmarks({}).entries() == 0
    state = {"bookmarks": {"x": {"pending": [1, 2], "titles": [[1, "a"]]}, "y": {"seen": [3]}}}
    assert Bookmarks(state).entries() == 4
