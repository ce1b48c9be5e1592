"""A fortnight of a large shop with a plain key, simulated: nothing new waits for the first load."""

import logging
import time
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from requests.structures import CaseInsensitiveDict

from sandbox.clock import Clock
from sandbox.context import Context
from sandbox.requestlog import RequestLog
from sandbox.seoshop.ratelimit import RateLimiter
from sandbox.settings import Settings
from tap.imagined import BEGIN, Copy, Shop
from tap_seoshop.api.client import Answer
from tap_seoshop.api.quota import Pace, Quota, Use

SELECT = ("customers", "orders", "invoices", "shipments", "products", "variants", "order_products")
NEW_A_DAY, RUNS_A_DAY = 90, 288
MOVES_A_DAY = 3 * NEW_A_DAY
"""An order is made, paid and shipped."""
PACE = Pace(per_second=18, reserve=0.1, max_wait=310, run_interval=300)
ALLOWED = 0.9 * 12_000
LOOKED_AT = ("id", "orderId", "productTitle")


class LargeShop(Shop):
    """A shop that finds its orders fast, and keeps the limits of a plain key."""

    def __init__(self, orders: int) -> None:
        super().__init__()
        self.by_id: list[int] = []
        self.made: list[datetime] = []
        self.changes: list[tuple[datetime, int]] = []
        self.next_id = 0
        now = self.clock
        for number in range(orders):
            self.clock = now - timedelta(minutes=16 * (orders - number))
            self.add()
        self.clock = now
        self.changes.clear()
        clock = Clock(BEGIN, real_time=self.seconds)
        self.limiter = RateLimiter(Context(clock, Settings(), RequestLog(), Path()), ZoneInfo("UTC"))
        self.admitted = 0
        self.paced = lambda kept: Quota(
            PACE, kept, sleep=self.pass_time, log=logging.getLogger("test"), clock=self.seconds
        )

    def seconds(self) -> float:
        return (self.clock - BEGIN).total_seconds()

    def add(self) -> int:
        number = self.order(1)
        self.by_id.append(number)
        self.made.append(self.clock.replace(microsecond=0))
        self.changes.append((self.clock, number))
        return number

    def change(self, path: str, number: int, **fields: Any) -> None:
        super().change(path, number, **fields)
        self.changes.append((self.clock, number))

    def get(self, path: str, params: Mapping[str, str] | None = None, *, use: Use = Use.LIST) -> Answer:
        answer = super().get(path, params, use=use)
        verdict = self.limiter.take()
        assert verdict.allowed
        self.admitted += 1
        self.pass_time(0.05)
        self.quota.learn(CaseInsensitiveDict(verdict.headers))
        return answer

    def _found(self, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
        if path != "orders":
            return super()._found(path, query)
        held = self.held["orders"]
        if since := query.get("updated_at_min"):
            first = bisect_left(self.changes, (bound(since), 0))
            moved = {number for _, number in self.changes[first:]}
            return [held[number] for number in sorted(moved, reverse=True)]
        low = bisect_left(self.made, bound(query["created_at_min"])) if "created_at_min" in query else 0
        high = len(self.made)
        if "created_at_max" in query:
            high = bisect_right(self.made, bound(query["created_at_max"]))
        return [held[number] for number in reversed(self.by_id[low:high])]


class SlimCopy(Copy):
    """Keeps of each record what is looked at; whole records of this shop would fill two gigabytes."""

    def _kept(self, record: dict[str, Any]) -> dict[str, Any]:
        return {key: record.get(key) for key in LOOKED_AT}


def bound(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BEGIN.tzinfo)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("days", "orders"), [(1, 30_000), pytest.param(14, 100_000, marks=pytest.mark.slow)])
def test_each_changed_order_has_its_lines_with_the_next_run(
    days: int, orders: int, caplog: pytest.LogCaptureFixture
) -> None:
    # pytest keeps each line that is logged, with the exception in it, and so all that its run held.
    caplog.set_level(logging.CRITICAL, "test")
    shop, copy = LargeShop(orders), SlimCopy()
    spent: list[int] = []
    with patch.object(time, "monotonic", shop.seconds):
        for run in range(days * RUNS_A_DAY):
            begins = BEGIN + timedelta(seconds=300 * run)
            shop.clock = max(shop.clock, begins)
            moved = set()
            for step in range(run * MOVES_A_DAY // RUNS_A_DAY, (run + 1) * MOVES_A_DAY // RUNS_A_DAY):
                number = shop.add() if step % 3 == 0 else shop.by_id[-1 - step % 3]
                shop.change("orders", number)
                moved.add(number)
            shop.pass_time(2)
            copy.read(shop, SELECT)
            if run == 0:
                continue  # what changed before the first run is a part of the first load
            lines = copy.rows["order_products"]
            for number in moved:
                assert lines[number * 10]["productTitle"] == shop.held["orders"][number]["updatedAt"]
            if run % RUNS_A_DAY == RUNS_A_DAY - 1:
                spent.append(shop.admitted)
                shop.admitted = 0
    backfill = copy.state["bookmarks"]["order_products"]["backfill"]
    assert spent[0] >= 0.9 * 2 * ALLOWED  # it began in the morning, so that a day of the key began in it
    if days > 1:
        assert sum(spent[:8]) >= 0.95 * 8 * ALLOWED
        assert not backfill["open"]
        assert backfill["done"] >= orders
        assert len({one["orderId"] for one in copy.rows["order_products"].values()}) == len(shop.by_id)
    else:
        assert backfill["open"]
