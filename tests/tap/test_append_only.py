"""A log is read from its newest record back to the bookmark; one in another order is read whole."""

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap.imagined import quota, reading
from tap_seoshop.api.client import Answer
from tap_seoshop.api.pages import PAGE
from tap_seoshop.bookmarks.state import State
from tap_seoshop.reading.append_only import AppendOnlyReader
from tap_seoshop.streams.orders import OrderEvents

NOW = datetime(2026, 10, 25, 9, tzinfo=UTC)
LOG = logging.getLogger("test")
DAY = 86_400


class Log:
    """A log of the API: a record a minute, the newest at `now`."""

    def __init__(self, size: int, *, newest_first: bool = True) -> None:
        self.size = size
        self.now = NOW
        self.newest_first = newest_first
        self.asked: list[str] = []
        self.grows: Callable[[], None] = lambda: None

    def add(self, count: int) -> None:
        self.size += count
        self.now += timedelta(minutes=count)

    def get(self, path: str, params: dict[str, str] | None = None) -> Answer:
        if path.endswith("/count"):
            self.asked.append("count")
            return Answer({"count": self.size}, self.now)
        page = int((params or {})["page"])
        self.asked.append(str(page))
        ids = sorted(range(1, self.size + 1), reverse=self.newest_first)[(page - 1) * PAGE : page * PAGE]
        answer = Answer({"ordersEvents": [self.record(one) for one in ids]}, self.now)
        self.grows()
        return answer

    def record(self, number: int) -> dict[str, Any]:
        made = self.now - timedelta(minutes=self.size - number)
        return {"id": number, "createdAt": made.astimezone().isoformat()}

    def ahead(self, make: Callable[[Any], Any], given: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        for one in given:
            yield one, make(one)


def read(log: Log, held: dict[str, Any], *, start: datetime | None = None) -> list[int]:
    """One run: the ids that were written."""
    got: list[int] = []
    stream: Any = SimpleNamespace(
        name="order_events",
        place=OrderEvents.place,
        begin=lambda: None,
        normalizer=lambda raw: raw,
        emit=lambda record, _: got.append(record["id"]),
    )
    client: Any = SimpleNamespace(get=log.get, ahead=log.ahead, now=lambda: log.now, quota=quota())
    state = State(held, lambda: None, account="a")
    state.shop.shop_id = 7
    log.asked.clear()
    AppendOnlyReader(reading(client, state, start_date=start), stream).read()
    state.write()
    return got


@given(size=st.integers(0, 3 * PAGE), more=st.integers(0, 2 * PAGE + 30))
def test_a_later_run_reads_what_is_new_and_no_page_more_than_that_takes(size: int, more: int) -> None:
    log = Log(size)
    held: dict[str, Any] = {}
    assert sorted(read(log, held)) == list(range(1, size + 1))
    log.add(more)
    got = read(log, held)
    assert len(got) == len(set(got))
    assert set(range(size + 1, size + more + 1)) <= set(got)
    assert min(got, default=size) >= size - 10  # the look-back, at a record a minute
    assert len(log.asked) <= (more + 11) // PAGE + 2


def test_records_that_come_while_a_log_is_read_are_not_lost() -> None:
    log = Log(10)
    held: dict[str, Any] = {}
    read(log, held)
    log.add(2 * PAGE)
    # Each answer is followed by three new records: they push others to the next page.
    log.grows = lambda: log.add(3)
    got = set(read(log, held))
    log.grows = lambda: None
    got |= set(read(log, held))
    assert set(range(11, log.size + 1)) <= got


def test_a_log_that_comes_oldest_first_is_read_whole_when_it_is_due(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log = Log(PAGE + 50, newest_first=False)
    held: dict[str, Any] = {}
    read(log, held)
    log.add(5)
    assert sorted(read(log, held)) == list(range(1, log.size + 1))
    assert caplog.text.count("do not come newest first") == 1
    assert read(log, held) == []
    assert log.asked == []
    log.now += timedelta(days=2)
    assert len(read(log, held)) == log.size
    assert caplog.text.count("do not come newest first") == 1


def test_older_records_than_the_start_date_are_left_out() -> None:
    log = Log(100)
    held: dict[str, Any] = {}
    assert sorted(read(log, held, start=NOW - timedelta(minutes=9))) == list(range(91, 101))
