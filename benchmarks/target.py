"""What the target costs: records a second, calls a record, memory over size, and what workers gain.

Ratios and numbers of calls hold on every machine; seconds are only ever set beside other seconds of the same
run. `make bench`, or `python benchmarks/target.py --records 1000000` for the large sizes.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

sys.path += [str(Path(__file__).parents[1] / "tests"), str(Path(__file__).parent)]

from slow_proxy import slowed
from support.programs import BIN, clean_environment, run, written
from support.sandbox import Sandbox, running_sandbox
from support.singer import customer, order, order_row, schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NOW = "2026-11-02T09:20:00Z"
LATENCY = 0.1
LIVE_PEOPLE = 160
LOADED = 10_000
SHOP = 4000  # customers, and as many orders: what the speed is measured with
DO_NOTHING: list[str | Path] = [sys.executable, Path(__file__).parent / "do_nothing_target.py"]
STRUCTURE = re.compile(r"/(databases|fields|collections|intentions)$")


@dataclass
class Cost:
    """Calls of one run, the token aside."""

    reads: int
    writes: int
    structure: int


def people(records: int, keys: int) -> Iterator[str]:
    """So many customers over so many keys, as lines."""
    yield json.dumps(schema("customers"))
    for number in range(records):
        yield json.dumps(customer(number % keys + 1, phone="+31 6 12345678", companyName="Sample plants"))


def live_day() -> Iterator[str]:
    """100 new people, each with a new order of three rows."""
    numbers = range(1_000_001, 1_000_101)
    people = [customer(number, at=NOW) for number in numbers]
    orders = [order(number, number, at=NOW) for number in numbers]
    rows = [order_row(3 * number + row, number, number, at=NOW) for number in numbers for row in range(3)]
    for messages in (people, orders, rows):
        yield json.dumps(schema(messages[0]["stream"]))
        yield from map(json.dumps, messages)


def fed(command: list[str | Path], lines: Iterable[str]) -> str:
    """Feed lines to a program, without keeping them; what it said on standard output."""
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env=clean_environment(),
    )  # fmt: skip
    assert process.stdin is not None  # noqa: S101 - a pipe
    for line in lines:
        process.stdin.write(line + "\n")
    out, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    return out


def target(sandbox: Sandbox, folder: Path, **settings: Any) -> list[str | Path]:  # noqa: ANN401
    """The command that writes to a sandbox."""
    config = sandbox.target_config(folder / "state", max_live=1_000_000, **settings)
    return [BIN / "target-copernica", "--config", written(folder / "target.json", config)]


def cost(sandbox: Sandbox, folder: Path, lines: Iterable[str]) -> Cost:
    """One run of the target."""
    before = sandbox.last()
    fed(target(sandbox, folder), lines)
    made = sandbox.requests(before, side="copernica")
    reads = sum(one["method"] == "GET" for one in made)
    structure = sum(one["method"] != "GET" and bool(STRUCTURE.search(one["path"])) for one in made)
    return Cost(reads, len(made) - reads - structure, structure)


def calls(table: Table) -> None:
    """The life of one account: first load, nothing new, a live day."""
    with running_sandbox(**empty()) as sandbox, tempfile.TemporaryDirectory() as place:
        for name, count, lines in (
            ("first load", LOADED, people(LOADED, LOADED)),
            ("nothing changed", LOADED, people(LOADED, LOADED)),
            ("100 people, 100 orders of 3 rows, live", 500, live_day()),
        ):
            made = cost(sandbox, Path(place), lines)
            each = (made.reads + made.writes) / count
            table.add_row(
                name, f"{count:,}", str(made.reads), str(made.writes), f"{each:.4f}", str(made.structure)
            )


def speed(table: Table) -> None:
    """The records of a shop as the tap writes them, a second time: all of the way, and nothing to write."""
    sizes = {"customers": SHOP, "orders": SHOP, "order_rows": SHOP, "per_second": 1000}
    no_wait = ("--import-seconds", "0")
    with running_sandbox(**sizes, more=no_wait) as sandbox, tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        lines = shop_records(sandbox, folder)
        heads = [line for line in lines if not line.startswith('{"type":"RECORD"')]
        records = len(lines) - len(heads)
        command = target(sandbox, folder)
        fed(command, lines)
        seconds = {}
        for name, program in (("target-copernica", command), ("SDK sink that does nothing", DO_NOTHING)):
            whole, start = (min(timed(program, what, folder) for _ in range(3)) for what in (lines, heads))
            seconds[name] = whole - start
        for name, taken in seconds.items():
            ratio = seconds["SDK sink that does nothing"] / taken
            table.add_row(name, f"{records / taken:,.0f}", f"{ratio:.1f}")
        size = sum(map(len, lines)) // records
        table.caption = f"{records:,} customers and orders, about {size:,} bytes each; start-up taken off"


def shop_records(sandbox: Sandbox, folder: Path) -> list[str]:
    """Customers and orders of a shop, as lines of the tap."""
    config = written(folder / "tap.json", sandbox.tap_config(requests_per_second=900))
    catalog = json.loads(run(BIN / "tap-seoshop", "--discover").out)
    for stream in catalog["streams"]:
        top = next(one for one in stream["metadata"] if not one["breadcrumb"])
        top["metadata"]["selected"] = stream["tap_stream_id"] in ("customers", "orders")
    chosen = written(folder / "catalog.json", catalog)
    return run(BIN / "tap-seoshop", "--config", config, "--catalog", chosen).out.splitlines()


def timed(command: list[str | Path], lines: Iterable[str], folder: Path) -> float:
    """Seconds that a program takes for some lines, out of a file."""
    file = folder / "input.jsonl"
    file.write_text("".join(line + "\n" for line in lines))
    start = time.monotonic()
    with file.open() as source:
        subprocess.run(
            command, stdin=source, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True,
            env=clean_environment(),
        )  # fmt: skip
    return time.monotonic() - start


def workers(table: Table) -> None:
    """The same number of live people by single calls, one call at a time and eight."""
    with running_sandbox(**empty()) as sandbox, tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        fed(target(sandbox, folder), people(0, 1))  # the structure is made before
        seconds = {}
        for number in (1, 8):
            first = number * 1000
            messages = [customer(one, at=NOW) for one in range(first, first + LIVE_PEOPLE)]
            lines = [json.dumps(one) for one in (schema("customers"), *messages)]
            with slowed(sandbox.url, LATENCY) as url:
                distant = Sandbox.at(url)
                command = target(distant, folder, write_route="single", concurrency=number)
                seconds[number] = timed(command, lines, folder)
            table.add_row(str(number), f"{seconds[number]:.1f}", f"{seconds[1] / seconds[number]:.1f}")


def memory(sizes: list[int], table: Table) -> None:
    """Largest memory of the target alone, with nothing changed."""
    script = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)"
    )
    with running_sandbox(**empty()) as sandbox, tempfile.TemporaryDirectory() as place:
        command = [sys.executable, "-c", script, *target(sandbox, Path(place))]
        fed(command, people(LOADED, LOADED))
        for size in sizes:
            table.add_row(f"{size:,}", fed(command, people(size, LOADED)).strip())


def empty() -> dict[str, Any]:
    """A sandbox whose Copernica is empty and whose imports take no time."""
    return {"customers": 0, "orders": 0, "order_rows": 0, "more": ("--import-seconds", "0", "--no-curated")}


def columns(title: str, *names: str) -> Table:
    """An empty table."""
    table = Table(title=title, title_justify="left", caption_justify="left")
    for place, name in enumerate(names):
        table.add_column(name, justify="right" if place else "left")
    return table


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="What the target costs.")
    parser.add_argument("--records", type=int, default=100_000, help="the larger size for memory")
    most = parser.parse_args().records
    load = columns("Calls to Copernica", "run", "records", "reads", "writes", "a record", "structure")
    fast = columns("Speed, nothing changed", "program", "records a second", "times the SDK's")
    far = columns(f"{LIVE_PEOPLE} live people, {LATENCY:g} s away", "side by side", "seconds", "gain")
    for table, measure in ((load, calls), (fast, speed), (far, workers)):
        measure(table)
        Console().print(table)
    sizes = columns("Largest memory, nothing changed", "records", "MB")
    memory([LOADED, most], sizes)
    Console().print(sizes)


if __name__ == "__main__":
    main()
