"""What a large shop costs the sandbox: time to fill it, disk, memory, and the first page of every list.

`python benchmarks/sandbox_size.py 1000 50000` measures shops of so many customers, each in a process of its
own. Times are of the processor, not of the clock, so that what else the machine does counts little.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from starlette.testclient import TestClient

from sandbox import app
from sandbox.clock import Clock
from sandbox.context import Context
from sandbox.requestlog import RequestLog
from sandbox.settings import SEOSHOP_KEY, SEOSHOP_SECRET, Settings
from sandbox.shop.db import Shop
from sandbox.shop.generate import generate
from sandbox.shop.plan import Plan
from sandbox.shop.resources import LISTED, ORDERS

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES = (1_000, 10_000, 50_000)
ORDERS_PER_CUSTOMER, ROWS_PER_ORDER = 1.2, 2.5
PAGE = 250
TRIES = 3
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
# Nothing new, a little, much; the oldest, the older half, and a month between.
RANGES = (
    {"{time}_at_min": "2026-11-02 09:00:00"},
    {"{time}_at_min": "2026-10-30"},
    {"{time}_at_min": "2023-01-01"},
    {"{time}_at_max": "2022-01-01"},
    {"{time}_at_max": "2024-05-01"},
    {"{time}_at_min": "2024-03-01", "{time}_at_max": "2024-04-01"},
)


@dataclass(frozen=True)
class Measured:
    """One shop: seconds and milliseconds of CPU, and megabytes."""

    customers: int
    orders: int
    order_rows: int
    fill_seconds: float
    disk_mb: float
    memory_mb: float
    slowest_page_ms: float
    slowest_page: str
    last_page_ms: float


def plan_of(customers: int) -> Plan:
    """A shop of so many customers with a usual number of orders."""
    orders = int(customers * ORDERS_PER_CUSTOMER)
    return Plan(customers=customers, orders=orders, order_rows=int(orders * ROWS_PER_ORDER), now=NOW)


def lists() -> Iterator[tuple[str, dict[str, str]]]:
    """Every list, whole and by each range of time that it can be asked for."""
    for one in LISTED:
        yield one.path, {}
        for column in one.timed:
            for given in RANGES:
                yield one.path, {name.format(time=column): value for name, value in given.items()}


def cpu_ms(http: TestClient, path: str, query: dict[str, str]) -> float:
    """Milliseconds of CPU that a page takes, the best of some tries.

    Raises:
        RuntimeError: it was not served.
    """
    best = float("inf")
    for _ in range(TRIES):
        started = time.process_time()
        answer = http.get(f"/seoshop/nl/{path}.json", params=query, auth=(SEOSHOP_KEY, SEOSHOP_SECRET))
        best = min(best, time.process_time() - started)
        if not answer.is_success:
            raise RuntimeError(f"{path}: {answer.status_code} {answer.text}")
    return best * 1000


def measure(customers: int, folder: Path) -> Measured:
    """Fill a shop in `folder` and ask it for its pages."""
    plan = plan_of(customers)
    shop = Shop(folder / "shop.sqlite")
    started = time.process_time()
    generate(shop, plan)
    filled = time.process_time() - started
    disk = sum(path.stat().st_size for path in folder.iterdir())

    many = 10**9
    settings = Settings(rate_limits=(many, many, many), per_second=many)
    context = Context(Clock(NOW, real_time=lambda: 0.0), settings, RequestLog(), folder)
    http = TestClient(app.build(context, shop), base_url="http://sandbox.test")
    first = {
        f"{path} {' '.join(f'{key}={value}' for key, value in query.items())}".strip(): cpu_ms(
            http, path, {**query, "limit": str(PAGE)}
        )
        for path, query in lists()
    }
    slowest = max(first, key=lambda name: first[name])
    last_page = str(max(1, plan.orders // PAGE))
    last = cpu_ms(http, ORDERS.path, {"limit": str(PAGE), "page": last_page})
    shop.close()
    # Not getrusage(), whose peak counts the memory of whoever started this process.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    memory = int(status.split("VmHWM:")[1].split()[0]) / 1024
    return Measured(
        plan.customers,
        plan.orders,
        plan.order_rows,
        round(filled, 1),
        round(disk / 1e6, 1),
        round(memory, 1),
        round(first[slowest], 1),
        slowest,
        round(last, 1),
    )


def apart(customers: int) -> Measured:
    """Measure in a process of its own, whose memory is the shop's alone."""
    command = [sys.executable, __file__, "--one", str(customers)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Measured(**json.loads(done.stdout))


def main(arguments: list[str]) -> None:
    """Print the table; with `--one N`, one shop as JSON."""
    if arguments[:1] == ["--one"]:
        with tempfile.TemporaryDirectory(prefix="sandbox-size-") as folder:
            print(json.dumps(asdict(measure(int(arguments[1]), Path(folder)))))
        return
    table = Table(title="CPU seconds, megabytes, and CPU milliseconds of pages of 250")
    for column in ("customers", "orders", "rows", "fill s", "disk", "memory", "first", "last"):
        table.add_column(column, justify="right")
    slowest = []
    for size in map(int, arguments) if arguments else SIZES:
        one = apart(size)
        numbers = (one.fill_seconds, one.disk_mb, one.memory_mb, one.slowest_page_ms, one.last_page_ms)
        counts = (one.customers, one.orders, one.order_rows)
        table.add_row(*(f"{count:,}" for count in counts), *map(str, numbers))
        slowest.append(f"{one.customers:,}: {one.slowest_page}")
    Console().print(table)
    Console().print("Slowest first page:", *slowest, sep="\n  ")


if __name__ == "__main__":
    main(sys.argv[1:])
