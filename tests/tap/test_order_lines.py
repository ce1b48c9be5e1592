"""The work list of orders, where a program cannot show it soon enough."""

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tap_seoshop.api.client import Answer
from tap_seoshop.bookmarks.state import LINES, bookmark
from tap_seoshop.errors import QuotaSpentError
from tap_seoshop.reading import details as order_lines
from tap_seoshop.reading.details import OrderLines
from tap_seoshop.reading.incremental import End
from tap_seoshop.streams.orders import OrderProducts, Orders

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


def order(number: int, day: int) -> dict[str, Any]:
    made = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)).isoformat()
    return {"id": number, "createdAt": made, "updatedAt": made, "customer": {"resource": {"id": 1}}}


class Shop:
    """As much of a client as lines need, over a fixed list of orders; the quota ends after `most` lines."""

    def __init__(self, orders: Iterable[dict[str, Any]], most: int) -> None:
        self.orders = sorted(orders, key=lambda one: -one["id"])
        self.most = most
        self.read: list[int] = []
        self.created_max: list[str] = []

    def get(self, path: str, params: dict[str, str] | None = None, *, detail: bool = False) -> Answer:
        del detail
        query = dict(params or {})
        limit = query.get("created_at_max")
        until = datetime.fromisoformat(limit).replace(tzinfo=UTC) if limit else NOW
        held = [one for one in self.orders if datetime.fromisoformat(one["createdAt"]) <= until]
        if path == "orders/count":
            self.created_max += [limit] if limit else []
            return Answer({"count": len(held)}, NOW)
        if path == "orders":
            place = (int(query["page"]) - 1) * 250
            return Answer({"orders": held[place : place + 250]}, NOW)
        if len(self.read) >= self.most:
            raise QuotaSpentError("spent")
        number = int(path.split("/")[1])
        self.read.append(number)
        return Answer({"orderProducts": [{"id": number * 10}]}, NOW)

    def ahead(self, make: Callable[[Any], Any], given: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        for one in given:
            try:
                yield one, make(one)
            except QuotaSpentError as error:
                yield one, error


class Stream:
    """Collects what is written."""

    parent, parent_key, place, name = Orders, "order", OrderProducts.place, "order_products"

    def __init__(self) -> None:
        self.lines: list[int] = []

    def chosen(self, record: dict[str, Any]) -> dict[str, Any]:
        return record

    def normalizer(self, raw: dict[str, Any]) -> dict[str, Any]:
        return raw

    def emit(self, record: dict[str, Any], shop_id: int) -> None:
        assert shop_id == 7
        self.lines.append(record["id"])


class Quiet:
    """A progress that tells nothing."""

    def tell(self, count: int) -> None:
        """Not told."""

    def end(self, count: int) -> None:
        """Not told."""


def end(*, whole: bool) -> End:
    return End(NOW, NOW, whole=whole)


def lines_of(
    shop: Shop, mark: dict[str, Any], stream: Stream, *, backfill_since: datetime | None = None
) -> OrderLines:
    return OrderLines(
        shop,  # type: ignore[arg-type]  # all of a client that lines use
        stream,  # type: ignore[arg-type]  # all of a stream that they use
        mark,
        logging.getLogger("test"),
        shop_id=7,
        start=None,
        backfill_since=backfill_since,
        in_time=lambda: True,
        write_state=lambda: None,
        state_every=lambda: 50,
        progress=Quiet(),  # type: ignore[arg-type]  # all of it that lines use
    )


@pytest.mark.parametrize("most", [1, 7, 100, 255, 600])
def test_a_first_load_in_pieces_reads_each_order_and_lists_less_each_time(most: int) -> None:
    orders = [order(number, number // 2) for number in range(1, 600)]
    orders.append(order(5000, 3))  # entered late, under an old date
    mark = bookmark({}, "order_products", LINES)
    stream = Stream()
    shop = Shop(orders, most)
    lines = lines_of(shop, mark, stream)
    for raw in shop.orders:
        lines.take(raw, whole=True)
    lines.reached(end(whole=True))
    for piece in range(1, 700):
        try:
            lines.read_backfill()
            break
        except QuotaSpentError:
            shop.most = (piece + 1) * most
            lines = lines_of(shop, mark, stream)
    assert mark["backfill"]["open"] is False
    assert mark["backfill"]["done"] == len(orders)
    assert sorted(shop.read) == sorted(one["id"] for one in orders)
    assert len(stream.lines) == len(orders)
    assert shop.created_max == sorted(shop.created_max, reverse=True)
    assert mark["pending"] == []


def test_more_moved_orders_than_the_state_should_name_open_the_first_load_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(order_lines, "MOST_PENDING", 5)
    orders = [order(number, number) for number in range(1, 20)]
    mark = bookmark({}, "order_products", LINES)
    mark["since"] = "2025-01-01T00:00:00Z"
    stream = Stream()
    shop = Shop(orders, 1000)
    lines = lines_of(shop, mark, stream)
    for raw in orders:
        lines.take(raw, whole=False)
    lines.reached(end(whole=False))
    assert mark["pending"] == []
    assert mark["backfill"]["open"] is True
    lines.read_moved()
    assert stream.lines == []
    lines.read_backfill()
    assert sorted(shop.read) == list(range(1, 20))


def test_a_cut_leaves_exactly_what_is_owed() -> None:
    mark = bookmark({}, "order_products", LINES)
    mark["since"] = "2025-01-01T00:00:00Z"
    stream = Stream()
    shop = Shop([order(number, number) for number in range(1, 20)], 8)
    lines = lines_of(shop, mark, stream)
    for raw in shop.orders:
        lines.take(raw, whole=False)
    lines.reached(end(whole=False))
    assert len(mark["pending"]) == 19
    with pytest.raises(QuotaSpentError):
        lines.read_moved()
    assert shop.read == list(range(19, 11, -1))
    assert mark["pending"] == [[number, 0] for number in range(11, 0, -1)]
