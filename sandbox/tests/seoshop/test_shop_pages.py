"""Pages of a list: the right records, and found in few steps of SQLite's own machine."""

import json
import operator
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.shop import db, resources
from sandbox.shop.db import Shop, Where, is_sought

from .conftest import NOW

YEAR = 365 * 86400
RANGES: tuple[dict[str, Any], ...] = (
    {},
    {"updated >=": int(NOW.timestamp())},
    {"updated >=": int(NOW.timestamp()) - YEAR},
    {"created <": int(NOW.timestamp()) - 4 * YEAR},
    {"created >=": int(NOW.timestamp()) - 3 * YEAR, "created <": int(NOW.timestamp()) - 2 * YEAR},
    {"status =": "completed_shipped", "updated >": int(NOW.timestamp()) - YEAR},
    {"id >": 219_000_500},
)


def steps(shop: Shop, ask: Callable[[], object]) -> int:
    """How many instructions SQLite carries out for `ask`."""
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return 0

    shop.connection.set_progress_handler(count, 1)
    try:
        ask()
    finally:
        shop.connection.set_progress_handler(None, 0)
    return counted


def fits(record: dict[str, Any], conditions: dict[str, Any]) -> bool:
    """What the conditions mean, said another way."""
    columns: dict[str, Any] = {name: column(record) for name, column in resources.ORDERS.columns.items()}
    columns["id"] = record["id"]
    signs = {"=": operator.eq, ">": operator.gt, ">=": operator.ge, "<": operator.lt}
    return all(
        signs[sign](columns[name], value)
        for condition, value in conditions.items()
        for name, sign in (condition.split(),)
    )


@pytest.mark.parametrize("way", ["sought", "walked to"])
@pytest.mark.parametrize("conditions", RANGES, ids=str)
def test_a_page_is_the_same_whichever_way_it_is_found(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, conditions: dict[str, Any], way: str
) -> None:
    monkeypatch.setattr(db, "is_sought", lambda *_: way == "sought")
    every = [shop.get(resources.ORDERS, row["id"]) or {} for row, _ in shop.every(resources.ORDERS)]
    wanted = [one["id"] for one in reversed(every) if fits(one, conditions)][7:27]
    page = shop.page(resources.ORDERS, Where(conditions), limit=20, offset=7)
    assert [json.loads(text)["id"] for text in page] == wanted


def test_a_list_of_nothing_new_is_not_searched_record_by_record(shop: Shop) -> None:
    """The page that every run of a client asks for first."""
    orders = shop.count(resources.ORDERS)
    nothing_new = Where({"updated >=": int(datetime(2030, 1, 1, tzinfo=UTC).timestamp())})
    assert steps(shop, lambda: shop.page(resources.ORDERS, nothing_new, limit=250)) < orders


def test_a_page_deep_in_a_list_is_not_read_from_its_start(shop: Shop) -> None:
    """Records before the page are passed over in the narrow table: a few steps each, and no body."""

    def page(offset: int) -> int:
        return steps(shop, lambda: shop.page(resources.ORDERS, Where(), limit=10, offset=offset))

    passed = 250
    assert page(passed) - page(0) < 5 * passed


@pytest.mark.parametrize(
    ("window", "sought"),
    [
        ((None, None), False),
        ((990, None), True),
        ((2000, None), True),
        ((500, None), False),
        ((None, 100), True),
        ((None, 900), False),
        ((300, 350), True),
        ((None, -5), True),
    ],
)
def test_what_is_little_or_long_ago_is_sought(window: tuple[int | None, int | None], sought: bool) -> None:  # noqa: FBT001  # what is expected
    assert is_sought(window, 0, 1000) is sought
