"""What a large shop costs the sandbox: time to fill it, disk, memory, first pages of lists, looks at it.

For the looks there is a profile in Copernica for each customer, and a subprofile for each order.

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
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from starlette.testclient import TestClient

from sandbox import app
from sandbox.clock import Clock
from sandbox.context import Context
from sandbox.requestlog import RequestLog
from sandbox.settings import COPERNICA_TOKEN, SEOSHOP_KEY, SEOSHOP_SECRET, Settings
from sandbox.shop.db import Shop
from sandbox.shop.generate import generate
from sandbox.shop.plan import Plan
from sandbox.shop.resources import LISTED, ORDERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from httpx2 import Response

SIZES = (1_000, 10_000, 50_000)
ORDERS_PER_CUSTOMER, ROWS_PER_ORDER = 1.2, 2.5
PAGE = 250
TRIES = 3
ROWS_OF_IMPORT = 1000
FIELDS = {"external_key": "text", "email": "email", "firstname": "text", "lastname": "text", "city": "text"}
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
    slowest_look_ms: float
    slowest_look: str


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


def cpu_ms(ask: Callable[[], Response]) -> float:
    """Milliseconds of CPU that an answer takes, the best of some tries.

    Raises:
        RuntimeError: it was not served.
    """
    best = float("inf")
    for _ in range(TRIES):
        started = time.process_time()
        answer = ask()
        best = min(best, time.process_time() - started)
        if not answer.is_success:
            raise RuntimeError(f"{answer.url}: {answer.status_code} {answer.text}")
    return best * 1000


def list_ms(http: TestClient, path: str, query: dict[str, str]) -> float:
    """As `cpu_ms`, of one page of a list."""
    auth = (SEOSHOP_KEY, SEOSHOP_SECRET)
    return cpu_ms(lambda: http.get(f"/seoshop/nl/{path}.json", params=query, auth=auth))


def fill_copernica(http: TestClient, customers: Sequence[int], orders: int) -> None:
    """Import a profile for each customer, and then a subprofile for each order, as a first load does."""
    token = http.post("/copernica/authenticate", data={"access_token": COPERNICA_TOKEN}).text
    headers = {"Authorization": f"Bearer {token}"}

    def post(path: str, body: dict[str, object]) -> None:
        http.post(f"/copernica/v4/{path}", json=body, headers=headers).raise_for_status()

    post("databases", {"name": "SEOshop"})
    for name, kind in FIELDS.items():
        post("database/1/fields", {"name": name, "type": kind})
    post("database/1/collections", {"name": "Orders"})
    for name in ("external_key", "number"):
        post("collection/1/fields", {"name": name})
    people = (
        {"external_key": f"300001:{number}", "email": f"jan.de.vries.{number}@example.com"}
        | {"firstname": f"Jan{number % 400}", "lastname": f"Vries{number % 3000}", "city": "Gouda"}
        for number in customers
    )
    sold = (
        {"external_key": f"300001:{customers[number % len(customers)]}"}
        | {"Orders.external_key": f"300001:{number}", "Orders.number": f"ORD{number:07}"}
        for number in range(orders)
    )
    for rows, keys in ((people, ["external_key"]), (sold, ["external_key", "Orders.external_key"])):
        while chunk := list(islice(rows, ROWS_OF_IMPORT)):
            named = {"database": 1, "action": "update or add", "keyFields": keys}
            post("imports", named | {"source": json.dumps(chunk)})


def looks(http: TestClient, customers: Sequence[int]) -> dict[str, float]:
    """Milliseconds of CPU that each look at the page takes, by what is looked at."""
    email = f"jan.de.vries.{customers[len(customers) // 2]}@example.com"
    paths = ("/", "/campaigns", "/requests", "/imports", "/databases/1", f"/profiles/{len(customers) // 2}")
    # One person; many people; two words that many have; the beginning of a word that all have; no person.
    words = (email, "vries17", "jan17 vries17", "ja", "jan17 vries18x")
    seen = {path: cpu_ms(partial(http.get, path)) for path in paths}
    return seen | {
        f"search: {typed}": cpu_ms(partial(http.post, "/search", data={"q": typed})) for typed in words
    }


def measure(customers: int, folder: Path) -> Measured:
    """Fill a shop in `folder` and ask it for its pages."""
    plan = plan_of(customers)
    shop = Shop(folder / "shop.sqlite")
    started = time.process_time()
    generate(shop, plan)
    filled = time.process_time() - started
    disk = sum(path.stat().st_size for path in folder.iterdir())

    many = 10**9
    settings = Settings(rate_limits=(many, many, many), per_second=many, import_seconds=0)
    context = Context(Clock(NOW, real_time=lambda: 0.0), settings, RequestLog(), folder)
    http = TestClient(app.build(context, shop), base_url="http://sandbox.test")
    first = {
        f"{path} {' '.join(f'{key}={value}' for key, value in query.items())}".strip(): list_ms(
            http, path, {**query, "limit": str(PAGE)}
        )
        for path, query in lists()
    }
    slowest = max(first, key=lambda name: first[name])
    last_page = str(max(1, plan.orders // PAGE))
    last = list_ms(http, ORDERS.path, {"limit": str(PAGE), "page": last_page})
    people = [row["id"] for row in shop.connection.execute("SELECT id FROM customers ORDER BY id")]
    fill_copernica(http, people, plan.orders)
    look = looks(http, people)
    slowest_look = max(look, key=lambda name: look[name])
    shop.close()
    # Not getrusage(), whose peak counts the memory of the parent process.
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
        round(look[slowest_look], 1),
        slowest_look,
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
    for column in ("customers", "orders", "rows", "fill s", "disk", "memory", "first", "last", "look"):
        table.add_column(column, justify="right")
    slowest = []
    for size in map(int, arguments) if arguments else SIZES:
        one = apart(size)
        numbers = (
            one.fill_seconds,
            one.disk_mb,
            one.memory_mb,
            one.slowest_page_ms,
            one.last_page_ms,
            one.slowest_look_ms,
        )
        counts = (one.customers, one.orders, one.order_rows)
        table.add_row(*(f"{count:,}" for count in counts), *map(str, numbers))
        slowest.append(f"{one.customers:,}: {one.slowest_page}; {one.slowest_look}")
    Console().print(table)
    Console().print("Slowest first page, slowest look:", *slowest, sep="\n  ")


if __name__ == "__main__":
    main(sys.argv[1:])
