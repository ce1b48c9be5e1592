"""What the tap costs: requests, the share of the rate that it uses, speed, memory, and what threads gain.

Numbers of requests hold on every machine; seconds are only ever set beside other seconds of the same run.
`python benchmarks/tap_cost.py --records 1000000` measures memory over that many records too.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from requests.structures import CaseInsensitiveDict
from rich.console import Console
from rich.table import Table

sys.path += [str(Path(__file__).parents[1] / "tests"), str(Path(__file__).parent)]

from sandbox.clock import Clock
from sandbox.context import Context
from sandbox.requestlog import RequestLog
from sandbox.seoshop.ratelimit import RateLimiter
from sandbox.settings import Settings
from slow_proxy import slowed
from support.sandbox import Sandbox, running_sandbox
from tap.conftest import Read, read_shop
from tap.imagined import Copy, Shop, default_streams
from tap_seoshop.api.quota import PLAIN_DAY, Pace, Quota, Reserved, Use
from tap_seoshop.errors import QuotaSpentError

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = 250
CUSTOMERS, ORDERS, ROWS = 1_000, 1_300, 3_000
CORE = ("customers", "orders", "order_products")
ROUNDS = 3
"""Times that speeds are measured; the median counts."""
RECORDS = 20_000
LATENCY = 0.1
RUNS = 288
BIG_CUSTOMERS, BIG_ORDERS = 50_000, 100_000
LARGE = {
    "customer_group_memberships": BIG_CUSTOMERS // PAGE + 1,
    "customer_group_sets": BIG_CUSTOMERS // PAGE + 1,
    "subscriptions": BIG_CUSTOMERS // PAGE + 1,
    "customer_summaries": (BIG_CUSTOMERS + 2 * BIG_ORDERS) // PAGE + 3,
}
"""Requests of a whole list of the large shop: with a membership and a subscription for each customer."""
WALKS = {"groups/customers": "customer_group_memberships", "subscriptions": "subscriptions"}
ORDERS_A_DAY = 90
"""About 100,000 orders in three years."""

PEER, OURS = 1_663, 1_073
"""Requests of another Singer tap and of this one for the same 14 streams of a shop of 200 customers and 500
orders: measured once, in November 2026, since the other one is not a part of this project."""

Row = tuple[str, str, str, bool | None]


def requests_of_a_shop() -> Iterator[Row]:
    """A full load and a run in which nothing is due, against the least that is possible."""
    sizes = {"customers": CUSTOMERS, "orders": ORDERS, "order_rows": ROWS, "per_second": 1000}
    with running_sandbox(**sizes) as sandbox, tempfile.TemporaryDirectory() as place:
        first, made = _counted(Path(place), sandbox, None)
        least = {
            "customers": math.ceil(CUSTOMERS / PAGE),
            "orders": math.ceil(ORDERS / PAGE),
            "orders/{id}/products": ORDERS,
        }
        for path, fewest in least.items():
            got = sum(count for name, count in made.items() if name in (path, f"{path}/count"))
            yield f"full load: {path}", str(got), f"least {fewest}", None
        share = made.total() / sum(least.values())
        yield "full load: all", f"{made.total()} requests", f"{share - 1:+.1%} (aim: 3 %)", share <= 1.03  # noqa: PLR2004
        _, idle = _counted(Path(place), sandbox, first.state)
        yield "idle run", f"{idle.total()} requests", "aim: one for each live list, 2", idle.total() == 2  # noqa: PLR2004


def _counted(folder: Path, sandbox: Sandbox, state: dict[str, Any] | None) -> tuple[Read, Counter[str]]:
    before = sandbox.last()
    read = read_shop(folder, sandbox, state=state, select=CORE, requests_per_second=900, max_run_seconds=0)
    if read.ended.code:
        raise SystemExit(read.ended.err)
    asked = sandbox.requests(before)
    paths = (one["path"].removeprefix("/seoshop/nl/").removesuffix(".json") for one in asked)
    made = Counter("orders/{id}/products" if path.endswith("/products") else path for path in paths)
    del made["shop"]  # once in the life of a state
    return read, made


def beside_a_peer() -> Iterator[Row]:
    """What another tap took for the same; not measured anew."""
    yield "14 streams, 200 customers", f"{OURS:,} requests", f"the other tap: {PEER:,} (fixed)", None


def rate() -> Iterator[Row]:
    """Order lines without end for a day, in runs every 5 minutes, against the limits of a plain key."""
    seconds = [0.0]

    def sleep(more: float) -> None:
        seconds[0] += more

    clock = Clock(datetime(2026, 11, 2, tzinfo=UTC), real_time=lambda: seconds[0])
    limiter = RateLimiter(Context(clock, Settings(), RequestLog(), Path()), ZoneInfo("UTC"))
    pace = Pace(per_second=18, reserve=0.1, max_wait=310, run_interval=300)
    log = logging.getLogger("benchmark")
    used, refused, left = 0, 0, 0
    for run in range(RUNS):
        seconds[0] = max(seconds[0], run * 300.0)
        # Time passes only here; the changed lists take 6 requests in each run.
        kept = Reserved(live_cost=6, details_seconds=240)
        paced = Quota(pace, kept, sleep=sleep, log=log, clock=lambda: seconds[0])
        for number in range(100_000):
            try:
                paced.admit(Use.BACKFILL if number >= 6 else Use.LIST)  # noqa: PLR2004  # the changed lists come first
            except QuotaSpentError:
                break
            verdict = limiter.take()
            seconds[0] += 0.05
            paced.learn(CaseInsensitiveDict(verdict.headers))
            used, refused = used + verdict.allowed, refused + (not verdict.allowed)
        left = paced.seen()[-1][0]
    allowed = left * 0.9
    yield "rate of a day", f"{used} of {allowed:.0f} allowed", "aim: 95 %", used >= 0.95 * allowed
    yield "refused (429)", str(refused), "aim: 0", refused == 0


def speed() -> Iterator[Row]:
    """Records a second without network, beside a tap of the SDK's template."""
    rates: dict[str, list[float]] = {"ours": [], "sdk": []}
    for _ in range(ROUNDS):
        for kind, found in rates.items():
            made = without_network(kind, RECORDS)
            found.append(made["records"] / made["seconds"])
    ours, sdk = (statistics.median(rates[kind]) for kind in ("ours", "sdk"))
    beside = f"{ours / sdk:.2f} x the SDK's {sdk:,.0f} (aim: 2)"
    yield "records a second", f"{ours:,.0f}", beside, ours >= 2 * sdk


def memory(records: list[int]) -> Iterator[Row]:
    """The largest memory of the tap, at several sizes of one list."""
    for count in records:
        made = without_network("ours", count)
        peak = made["peak_mb"]
        yield f"memory at {count:,} records", f"{peak} MB", "aim: below 150 MB", peak < 150  # noqa: PLR2004


def without_network(kind: str, records: int) -> dict[str, Any]:
    """What `no_network.py` measured."""
    command = [sys.executable, str(Path(__file__).with_name("no_network.py")), kind, str(records)]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stderr.strip().splitlines()[-1])
    return found


def threads() -> Iterator[Row]:
    """The lines of 60 orders behind a line of 100 ms, with one request at a time and with four."""
    took = {}
    with (
        running_sandbox(customers=20, orders=60, order_rows=120, per_second=1000) as sandbox,
        slowed(sandbox.url, LATENCY) as url,
        tempfile.TemporaryDirectory() as place,
    ):
        for concurrency in (1, 4):
            began = time.monotonic()
            away = f"{url}/seoshop"
            read = read_shop(Path(place), sandbox, select=CORE, api_url=away, concurrency=concurrency)
            took[concurrency] = time.monotonic() - began
            if read.ended.code:
                raise SystemExit(read.ended.err)
    gain = took[1] / took[4]
    yield "100 ms away, 1 thread", f"{took[1]:.1f} s", "", None
    yield "100 ms away, 4 threads", f"{took[4]:.1f} s", f"{gain:.1f} times as fast", None


def day() -> Iterator[Row]:
    """A day of runs over all that is selected by default; lists have the length of a large shop.

    Every run is a real one over a small shop, with time standing still within it. What a whole list costs is
    told to the tap as if the shop were large, and counted so each time that the tap reads one.
    """
    shop, copy = Shop(), Copy()
    for _ in range(400):
        shop.order(shop.make("customers"))
    select = default_streams()
    shop.pass_time(86_400)
    copy.read(shop, select=select)
    spent: Counter[str] = Counter()
    orders = list(shop.held["orders"])
    moves = 3 * ORDERS_A_DAY  # made, paid, shipped
    for run in range(RUNS):
        for step in range(run * moves // RUNS, (run + 1) * moves // RUNS):
            if step % 3 == 0:
                orders.append(shop.order(shop.make("customers")))
            shop.change("orders", orders[-1 - step % 3], status=f"step {step % 3}")
        for name, cost in LARGE.items():
            copy.state["bookmarks"][name]["requests"] = cost
        shop.pass_time(300)
        copy.read(shop, select=select)
        spent += _of_a_large_shop(shop.sent)
    spent["pass over all summaries"] = round(LARGE["customer_summaries"] / 7)
    total = spent.total()
    told = ", ".join(f"{name} {count}" for name, count in spent.items())
    aim = f"{total / PLAIN_DAY:.1%} of 12,000 (aim: 35 %)"
    yield "a day of 288 runs", f"{total} requests", aim, total <= 0.35 * PLAIN_DAY
    yield f"with {ORDERS_A_DAY} new orders", told, "", None


def _of_a_large_shop(sent: Counter[str]) -> Counter[str]:
    """What a run over the small shop would have cost over the large one."""
    spent: Counter[str] = Counter()
    for path, count in sent.items():
        if path in WALKS:
            spent["long full lists"] += LARGE[WALKS[path]]
        elif path.removesuffix("/count") not in WALKS:
            spent["lines" if path.endswith("/products") else "other"] += count
    return spent


def main() -> None:
    """Print the table."""
    logging.disable(logging.WARNING)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, nargs="*", default=[10_000, 100_000])
    records = parser.parse_args().records
    table = Table(title="tap-seoshop")
    for column in ("what", "measured", "beside", ""):
        table.add_column(column)
    for rows in (requests_of_a_shop(), beside_a_peer(), rate(), speed(), memory(records), threads(), day()):
        for what, measured, beside, met in rows:
            table.add_row(what, measured, beside, "" if met is None else "met" if met else "NOT met")
    Console(width=130).print(table)


if __name__ == "__main__":
    main()
