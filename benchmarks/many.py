"""Many shops on one machine, in real time: the lines that `timers cron` prints, interval after interval.

Each shop has its tick at its own moment of every five minutes, while in each interval the shops of one
sandbox move. At the end both sides of every shop are compared. `make bench-many`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from rich.console import Console
from rich.table import Table

from processes import memory, spent
from support.checkout import BARE
from support.expected import Shop, differences
from support.fleet import PROGRAM, Fleet
from support.programs import clean_environment
from support.sandbox import Sandbox, running_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MINUTE = 60
INTERVAL = timedelta(minutes=5)
LOOK = 0.5
"""Seconds between two looks at what is at work."""


@dataclass
class Line:
    """A line of the crontab: it strikes `minute` after each five, and sleeps for `second`."""

    shop: str
    minute: int
    second: int
    command: str
    running: subprocess.Popen[bytes] | None = None

    @classmethod
    def read(cls, shop: str, line: str) -> Line:
        """What `timers cron` printed for a shop."""
        when, *_, rest = line.split(maxsplit=5)
        return cls(shop, int(when.partition("-")[0]), int(rest.split()[1].rstrip(";")), rest)

    def start(self, environment: dict[str, str]) -> None:
        """As cron does."""
        self.running = subprocess.Popen(
            ["/bin/sh", "-c", self.command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@dataclass
class Seen:
    """What was seen while the intervals passed."""

    began: datetime
    intervals: int
    overlaps: int = 0
    memory: float = 0
    cpu: float = 0
    sandbox: float = 0
    seconds: float = 0
    delays: list[float] = field(default_factory=list)
    """Seconds from a tick's moment to its beginning."""
    lengths: list[float] = field(default_factory=list)
    late: int = 0
    """Ticks that ended after the shop's next moment."""
    missing: int = 0
    failed: int = 0
    most: int = 0
    """Ticks at work at a time."""
    written: int = 0


def wait_until(moment: datetime) -> None:
    """Sleep till then."""
    time.sleep(max((moment - datetime.now(UTC)).total_seconds(), 0))


def pass_intervals(fleet: Fleet, lines: list[Line], sandboxes: list[Sandbox], intervals: int) -> Seen:
    """Be cron for so long, look what it costs, and let shops move.

    An interval before them is not counted: a shop whose first load has just ended is not due.
    """
    whole = INTERVAL.total_seconds()
    began = datetime.fromtimestamp((time.time() // whole + 1) * whole, UTC) + INTERVAL
    environment = {**BARE, **fleet.environ, "HOME": str(fleet.home), "NO_PROXY": "127.0.0.1"}
    servers = [one.process.pid for one in sandboxes if one.process]
    seen = Seen(began, intervals)
    before: list[float] = []
    for number in range(-5, intervals * 5):
        wait_until(began + timedelta(minutes=number))
        if number == 0:
            before = costs(servers)
        for line in lines:
            if line.minute == number % 5:
                seen.overlaps += line.running is not None and line.running.poll() is None
                line.start(environment)
        if number % 5 == 0:
            moving = sandboxes[number // 5 % len(sandboxes)]
            moving.move(seed=100 + number, new_customers=2, new_orders=6, payments=3, shipments=2)
        while datetime.now(UTC) < began + timedelta(minutes=number + 1):
            if number >= 0:
                seen.memory = max(seen.memory, memory(os.getpid(), frozenset(servers)))
            time.sleep(LOOK)
    for line in lines:
        if line.running:
            line.running.wait()
    seen.seconds = (datetime.now(UTC) - began).total_seconds()
    seen.cpu, *served = (now - then for now, then in zip(costs(servers), before, strict=True))
    seen.sandbox = max(served) / seen.seconds
    return seen


def costs(servers: list[int]) -> list[float]:
    """CPU seconds so far: of all ticks, and of each sandbox."""
    served = [spent(server) for server in servers]
    return [spent(os.getpid()) - sum(served) - time.process_time(), *served]


def read_records(fleet: Fleet, lines: list[Line], seen: Seen) -> None:
    """Find each tick that was to be in the shops' own records."""
    changes = []
    for line in lines:
        runs = [(datetime.fromisoformat(one["started"]), one) for one in fleet.runs(line.shop)]
        for number in range(seen.intervals):
            due = seen.began + number * INTERVAL + timedelta(minutes=line.minute, seconds=line.second)
            tick = next((one for start, one in runs if due <= start < due + INTERVAL), None)
            if tick is None:
                seen.missing += 1
                continue
            start, end = (datetime.fromisoformat(tick[key]) for key in ("started", "ended"))
            seen.delays.append((start - due).total_seconds())
            seen.lengths.append((end - start).total_seconds())
            seen.late += end > due + INTERVAL
            seen.failed += tick["code"] != 0
            seen.written += tick["written"] > 0
            changes += [(start, 1), (end, -1)]
    at_work = 0
    for _, step in sorted(changes):
        at_work += step
        seen.most = max(seen.most, at_work)


def untrue(fleet: Fleet, placed: dict[str, Sandbox]) -> Iterator[str]:
    """Each shop whose Copernica does not hold what the shop holds, with the first difference."""
    for sandbox, names in groupby(placed, key=placed.__getitem__):
        shop, content = Shop(sandbox, categories=False), sandbox.content()
        people, orders, rows = shop.people(), shop.order_fields(), shop.rows()
        for name in names:
            at = fleet.people(name)
            found = [*differences(people, content[at]), *differences(orders, content[f"{at}/Orders"])]
            found += differences(rows, content[f"{at}/OrderItems"], frozenset({"position"}))
            if found:
                yield f"{name}: {len(found)} differences, such as {found[0]}"


def prepared(fleet: Fleet, sandboxes: list[Sandbox], shops: int, runner: str) -> dict[str, Sandbox]:
    """Write the list and do the first loads; the shops in groups, one for each sandbox."""
    placed = {f"shop_{one:03}": sandboxes[one * len(sandboxes) // shops] for one in range(shops)}
    if runner == "meltano":
        fleet.prepare_meltano(*placed)
    for name, sandbox in placed.items():
        fleet.add(name, sandbox, cadence="5m", runner=runner)
        # Orders added up at once, so that all can be compared; and many shops of one key.
        fleet.shops[name]["tap"] |= {"summary_interval": 0, "requests_per_second": 900}
    fleet.write()
    jobs = str(2 * (os.cpu_count() or 1))
    subprocess.run(
        [PROGRAM, "tick", "--all", "--jobs", jobs, "--own-log"],
        cwd=fleet.home,
        env=clean_environment() | fleet.environ,
        check=True,
    )
    return placed


def rows_of(seen: Seen, shops: int) -> Iterator[tuple[str, str]]:
    """What was seen, in words."""
    cores = os.cpu_count() or 1
    ticks = len(seen.delays)
    yield "ticks begun", f"{ticks} of {shops * seen.intervals}"
    yield "of these, ended before the shop's next moment", f"{ticks - seen.late}"
    yield "failed", f"{seen.failed}"
    yield "found the last one at work", f"{seen.overlaps}"
    yield "had something to write", f"{seen.written}"
    yield "longest delay of a beginning", f"{max(seen.delays, default=0):.0f} s"
    yield (
        "length of a tick, half and longest",
        f"{median(seen.lengths or [0]):.0f} s, {max(seen.lengths, default=0):.0f} s",
    )
    yield "most at work at a time", f"{seen.most}"
    yield "CPU seconds of a tick", f"{seen.cpu / max(ticks, 1):.2f}"
    yield f"of {cores} cores", f"{seen.cpu / seen.seconds / cores:.0%}"
    yield "most memory at a time, sum of RSS", f"{seen.memory:.0f} MB"
    yield "the busiest sandbox, of one core", f"{seen.sandbox:.1%}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; 1 where a tick was missed, late or failed, or a shop is not true at the end."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--shops", type=int, default=200)
    parser.add_argument("--runner", choices=["pipe", "meltano"], default="pipe")
    parser.add_argument("--intervals", type=int, default=3, help="of five minutes")
    parser.add_argument("--sandboxes", type=int, default=10)
    asked = parser.parse_args(arguments)
    console = Console()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        sandboxes = [
            stack.enter_context(
                running_sandbox(
                    customers=20,
                    orders=40,
                    order_rows=80,
                    import_seconds=0,
                    per_second=1000,
                    seed=seed,
                    shop_id=300_001 + seed,
                )
            )
            for seed in range(asked.sandboxes)
        ]
        fleet = Fleet(Path(folder, "home"))
        placed = prepared(fleet, sandboxes, asked.shops, asked.runner)
        printed = fleet("timers", "cron").out.splitlines()
        lines = [Line.read(name, line) for name, line in zip(placed, printed, strict=True)]
        seen = pass_intervals(fleet, lines, sandboxes, asked.intervals)
        read_records(fleet, lines, seen)
        wrong: list[Any] = list(untrue(fleet, placed))
    table = Table(f"{asked.shops} shops, {asked.runner}, {asked.intervals} intervals of five minutes", "")
    for row in rows_of(seen, asked.shops):
        table.add_row(*row)
    table.add_row("shops true at the end", f"{asked.shops - len(wrong)} of {asked.shops}")
    console.print(table)
    for one in wrong[:10]:
        console.print(one)
    return int(bool(wrong or seen.missing or seen.late or seen.failed))


if __name__ == "__main__":
    sys.exit(main())
