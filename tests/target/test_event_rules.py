"""Which events are sent to Copernica, and which have become history: pure decisions."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from target_copernica.errors import TooManyFollowUpsError
from target_copernica.mapping.model import STAMP
from target_copernica.memory.api_events import ApiEvent, ApiEvents, CartLine, EventMarks
from target_copernica.run.cart_events import CART_ADD, CART_REMOVE, Told, acts
from target_copernica.run.event_sink import advanced, split
from target_copernica.writing.brake import MailBrake

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
WINDOW = timedelta(days=1)


def stamp(at: datetime) -> str:
    return at.strftime(STAMP)


def test_the_first_run_begins_and_knows_no_time_of_an_opt_out_yet() -> None:
    marks = advanced(None, START, WINDOW)
    assert marks == EventMarks(stamp(START), stamp(START + WINDOW), stamp(START))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(min_value=1, max_value=72), max_size=12))
def test_opt_outs_have_a_time_only_after_a_window_without_a_pause(gaps: list[int]) -> None:
    """Against a plain reading: the last pause, or the first run, is a window ago."""
    now, marks, quiet_since = START, advanced(None, START, WINDOW), START
    for hours in gaps:
        before, now = now, now + timedelta(hours=hours)
        marks = advanced(marks, now, WINDOW)
        if now - before > WINDOW:
            quiet_since = now
        assert (marks.begun, marks.last) == (stamp(START), stamp(now))
        assert marks.dated_from == stamp(quiet_since + WINDOW)


def test_an_event_that_has_become_too_old_is_history() -> None:
    old, new = (ApiEvent(b"", "user/register", "d1", "7:1", at) for at in ("2026-11-01", "2026-11-02"))
    assert split([old, new], "2026-11-02") == ([new], [old])


@pytest.fixture
def known() -> Iterator[ApiEvents]:
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID")
        yield ApiEvents(db, lambda text: blake2b(text.encode(), digest_size=8).digest())


def test_a_sent_event_is_remembered_for_good_without_its_key(known: ApiEvents) -> None:
    known.note("user/register", "d1", "7:1", "1")
    known.note("user/register", "d1", "7:2", "2")
    first, second = known.open()
    known.write_ahead(first)
    assert known.open() == [second]
    known.take_back(first)
    assert known.open() == [first, second]
    known.write_ahead(first)
    assert known.close_interrupted() == 1
    known.close([second])
    known.note("user/register", "d1", "7:1", "3")
    known.note("user/register", "d1", "7:2", "3")
    assert known.open() == []
    assert known.close_interrupted() == 0


def test_marks_are_kept(known: ApiEvents) -> None:
    assert known.marks() is None
    for marks in (EventMarks("a", "b", "c"), EventMarks("a", "d", "e")):
        known.mark(marks)
        assert known.marks() == marks


def test_events_count_for_the_mail_brake() -> None:
    brake = MailBrake(3)
    brake.start_events(2)
    assert brake.people == 2
    with pytest.raises(TooManyFollowUpsError, match="no event is sent"):
        brake.start_events(2)
    brake.start_events(1)
    brake.start_events(0)
    assert brake.people == 3


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 4)))
def test_the_events_of_a_cart_add_up_to_its_content(counts: list[int]) -> None:
    """Following the events alone gives the same number of pieces at each moment."""
    before, held = None, 0.0
    for count in counts:
        told = list(acts(before, Told("5", "S", count)))
        for kind, event in told:
            assert (kind, event["id"], event["sku"]) in {(CART_ADD, "5", "S"), (CART_REMOVE, "5", "S")}
            held = held + event["count"] if kind == CART_ADD else 0
            assert event["quantity"] == count
        assert held == count
        assert bool(told) == (count != (before.pieces if before else 0))
        before = CartLine("S", count, "1")
