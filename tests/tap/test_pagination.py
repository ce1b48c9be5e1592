"""A list is read without losing a record, whatever happens to it between two pages."""

import logging
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_seoshop.api.client import Answer
from tap_seoshop.api.pages import PAGE, PagedList, Query
from tap_seoshop.streams.place import ListPlace

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
LOG = logging.getLogger("test")
PLACE = ListPlace("things", "things")
OLD = "2025-01-01T00:00:00+01:00"
LATER = "2026-11-02T10:05:00+01:00"
FRESH = 10_000
NEW = "2026-11-02T09:59:00+01:00"


class List:
    """A list of the API, newest first; after each answer something may happen to it."""

    def __init__(
        self,
        ids: Iterable[int],
        *,
        happens: Callable[[int, list[int]], None] | None = None,
        stamp: str = OLD,
        count: int | None = None,
        filters: bool = True,
    ) -> None:
        self.ids = sorted(ids, reverse=True)
        self.asked: list[str] = []
        self.queries: list[dict[str, str]] = []
        self._happens = happens
        self._stamp = stamp
        self._count = count
        self._filters = filters

    def get(self, path: str, params: dict[str, str] | None = None, *, detail: bool = False) -> Answer:
        assert not detail
        query = dict(params or {})
        self.queries.append(query)
        if path.endswith("/count"):
            self.asked.append("count")
            body: dict[str, Any] = {"count": len(self.ids) if self._count is None else self._count}
        else:
            page = int(query["page"])
            self.asked.append(str(page))
            ids = self.ids[(page - 1) * PAGE : page * PAGE]
            if "updated_at_min" in query and self._filters and self._stamp == OLD:
                ids = []
            body = {
                "things": [
                    {"id": one, "createdAt": LATER if one >= FRESH else OLD, "updatedAt": self._stamp}
                    for one in ids
                ]
            }
        if self._happens:
            self._happens(len(self.asked), self.ids)
        return Answer(body, NOW)

    def ahead(self, make: Callable[[Any], Any], given: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        for one in given:
            yield one, make(one)


def read(api: List, *, sample: bool = False, **options: Any) -> tuple[list[int], PagedList]:
    found = PagedList(api, PLACE, LOG, Query(**options), sample=sample)  # type: ignore[arg-type]  # all of a client that it uses
    return [raw["id"] for raw in found], found


@pytest.mark.parametrize("size", [0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 3 * PAGE + 7])
def test_all_records_come_once(size: int) -> None:
    api = List(range(size))
    got, found = read(api)
    assert sorted(got) == list(range(size))
    assert found.complete
    assert found.started == NOW
    assert len(api.asked) <= size // PAGE + 3
    if size < PAGE:
        assert api.asked == ["1"]


@pytest.mark.parametrize("size", [0, 1, PAGE, PAGE + 1, 3 * PAGE + 7])
def test_a_large_list_is_counted_and_then_read_without_a_page_twice(size: int) -> None:
    api = List(range(size))
    got, found = read(api, large=True)
    assert sorted(got) == list(range(size))
    assert found.complete
    assert api.asked[0] == "count"
    assert len(api.asked) == len(set(api.asked))


@given(
    size=st.integers(0, 3 * PAGE + 10),
    events=st.lists(st.tuples(st.integers(1, 6), st.booleans(), st.integers(0, 3 * PAGE)), max_size=4),
    large=st.booleans(),
)
def test_records_that_stay_are_never_lost(
    size: int,
    events: list[tuple[int, bool, int]],
    large: bool,  # noqa: FBT001  # drawn
) -> None:
    stays = set(range(size))
    fresh = iter(range(FRESH, FRESH + 100))

    def happens(step: int, ids: list[int]) -> None:
        for at, added, place in events:
            if at == step and added:
                ids.insert(0, next(fresh))
            elif at == step and place < len(ids):
                stays.discard(ids.pop(place))

    api = List(range(size), happens=happens)
    got, found = read(api, large=large)
    assert len(got) == len(set(got))
    if found.complete:
        assert stays <= set(got)


def test_a_record_pulled_to_an_earlier_page_is_found_by_a_second_pass() -> None:
    def delete_one(step: int, ids: list[int]) -> None:
        if step == 3:  # after page 1, the count, and page 1 again
            ids.pop(10)

    got, found = read(List(range(2 * PAGE + 50), happens=delete_one))
    assert set(got) == set(range(2 * PAGE + 50))
    assert found.complete


def test_a_count_that_never_agrees_is_no_complete_list() -> None:
    got, found = read(List(range(PAGE + 1), count=PAGE + 9))
    assert len(got) == PAGE + 1
    assert not found.complete


def test_the_filter_is_utc_and_has_no_upper_end() -> None:
    api = List(range(3))
    since = datetime(2026, 10, 25, 2, 30, tzinfo=UTC).astimezone()
    read(api, since=since)
    assert api.queries[0]["updated_at_min"] == "2026-10-25 02:30:00"
    assert not any("max" in name for query in api.queries for name in query)


def test_an_ignored_filter_is_noticed() -> None:
    got, found = read(List(range(5), filters=False), since=NOW - timedelta(minutes=10))
    assert len(got) == 5
    assert found.ignored
    _, found = read(List(range(5), stamp=NEW), since=NOW - timedelta(minutes=10))
    assert not found.ignored


def test_a_filter_read_in_another_zone_is_not_an_ignored_one() -> None:
    stamp = (NOW - timedelta(hours=14)).isoformat()
    _, found = read(List(range(5), stamp=stamp), since=NOW - timedelta(minutes=10))
    assert not found.ignored


def test_a_bookmark_in_the_future_reads_the_whole_list() -> None:
    got, found = read(List(range(5)), since=NOW + timedelta(days=1))
    assert sorted(got) == list(range(5))
    assert not found.ignored


def test_an_answer_without_the_list_is_no_complete_list() -> None:
    class Empty(List):
        def get(self, path: str, params: dict[str, str] | None = None, *, detail: bool = False) -> Answer:
            del path, params, detail
            return Answer({}, NOW)

    got, found = read(Empty([]))
    assert got == []
    assert not found.complete


def test_the_offset_west_of_utc_is_seen() -> None:
    _, found = read(List(range(2), stamp="2026-11-02T01:00:00-08:00"))
    assert found.west == 8 * 3600


def test_a_sample_is_one_page() -> None:
    api = List(range(5 * PAGE))
    got, _ = read(api, sample=True)
    assert len(got) == PAGE
    assert api.asked == ["1"]
    assert not re.search("count", "".join(api.asked))
