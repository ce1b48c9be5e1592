"""How many requests a run costs on both sides, against the least that is possible, and how much memory.

Exact numbers, the same on every machine: `make bench`. A shop is synced three times: the first load, a run in
which nothing has changed, and a run after some life in the shop.
"""

from __future__ import annotations

import math
import resource
import sys
import tempfile
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.programs import pipe  # the tests' own way of running both programs
from support.sandbox import Sandbox, running_sandbox

CUSTOMERS, ORDERS, ROWS = 300, 700, 1800
PAGE = 250
LIFE = {"new_customers": 5, "new_orders": 10, "payments": 5, "shipments": 5, "address_changes": 5}
LISTS = ("customers", "orders", "shipments", "products", "variants", "invoices")


def least(sandbox: Sandbox) -> int:
    """The fewest requests that can read this shop: full pages, one request for the lines of each order."""
    shop: dict[str, int] = sandbox.status()["shop"]
    small = ("groups", "groups_customers", "brands", "customstatuses")
    pages = sum(max(1, math.ceil(shop[name] / PAGE)) for name in (*LISTS, *small))

    return pages + shop["orders"] + 1  # and the shop itself


def run(sandbox: Sandbox, folder: Path) -> Counter[str]:
    """One run; requests by side and kind."""
    before = sandbox.last()
    fast = sandbox.tap_config(requests_per_second=900)
    done = pipe(folder, fast, sandbox.target_config(folder / "state"))
    if done.tap.code or done.target.code:
        raise SystemExit(done.tap.err + done.target.err)
    kinds: Counter[str] = Counter()
    for one in sandbox.requests(before):
        kind = (
            "imports" if one["path"].endswith("/imports") else "reads" if one["method"] == "GET" else "writes"
        )
        kinds["SEOshop" if one["side"] == "seoshop" else f"Copernica {kind}"] += (
            one["side"] != "copernica_token"
        )
    return kinds


def main() -> None:
    """Print the table."""
    table = Table(title=f"{CUSTOMERS} customers, {ORDERS} orders, {ROWS} order rows")
    for column in ("run", "SEOshop", "least possible", "Copernica reads", "writes", "imports"):
        table.add_column(column, justify="left" if column == "run" else "right")
    sizes = {"customers": CUSTOMERS, "orders": ORDERS, "order_rows": ROWS, "per_second": 1000}
    with running_sandbox(**sizes) as sandbox, tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name, fewest in (
            ("first load", least(sandbox)),
            ("nothing changed", len(LISTS)),
            ("some life", None),
        ):
            if fewest is None:
                sandbox.clock(advance=300)
                changed = sandbox.move(seed=1, **LIFE)
                fewest = len(LISTS) + len(changed["orders"])  # noqa: PLW2901 # known only now
            made = run(sandbox, folder)
            kinds = ("Copernica reads", "Copernica writes", "Copernica imports")
            table.add_row(name, str(made["SEOshop"]), str(fewest), *(str(made[kind]) for kind in kinds))
    Console().print(table)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    Console().print(f"largest of all programs: {peak} MB (tap, target and sandbox were started by this one)")


if __name__ == "__main__":
    main()
