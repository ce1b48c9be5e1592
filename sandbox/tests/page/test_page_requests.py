"""The requests that the page lists: by kind, as far as the log goes."""

from datetime import UTC, datetime

import pytest

from sandbox.page.traffic import Tally
from sandbox.requestlog import Asked, RequestLog

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
KEPT = 6


@pytest.fixture
def log() -> RequestLog:
    return RequestLog(keep=KEPT)


def come(log: RequestLog, *paths: str) -> None:
    """Some requests of the shop."""
    for path in paths:
        log.add(Asked("GET", f"/seoshop/nl/{path}.json", ""), side="seoshop", at=NOW, status=200, cost=1)


def listed(tally: Tally, kind: str | None, start: int = 0, size: int = 50) -> list[int]:
    return [entry.seq for entry in tally.newest(kind, start, size)]


def test_requests_are_listed_by_kind_newest_first(log: RequestLog) -> None:
    tally = Tally(log)
    come(log, "orders", "shop", "orders/1", "orders")
    assert listed(tally, None) == [4, 3, 2, 1]
    assert listed(tally, "shop-list") == [4, 1]
    assert listed(tally, "shop-list", start=1) == [1]
    assert listed(tally, None, start=1, size=2) == [3, 2]
    assert listed(tally, "token") == []


def test_what_the_log_forgets_is_counted_and_not_listed(log: RequestLog) -> None:
    tally = Tally(log)
    come(log, "shop", *["orders"] * KEPT)
    assert listed(tally, "shop-about") == []
    assert len(tally.kept("shop-list")) == len(tally.kept(None)) == KEPT
    assert tally.counts()["shop-about"] == {"answered": 1}
    assert tally.calls()["shop-about"] == 1
    come(log, "orders")
    assert listed(tally, "shop-list")[-1] == 3


def test_nothing_is_listed_where_nothing_came(log: RequestLog) -> None:
    tally = Tally(log)
    assert listed(tally, None) == []
    assert log.entries() == []
