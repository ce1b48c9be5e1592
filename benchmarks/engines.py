"""What an idle tick costs under Dagster and under the queue, PostgreSQL and all (`make bench-engines`)."""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from rich.console import Console
from rich.table import Table

from processes import spent
from seoshop_copernica.history import History
from support.dagster_daemon import running_daemon
from support.engines import until
from support.fleet import Fleet
from support.postgres import Postgres, running_postgres, server_programs
from support.queue_workers import VOLUMES, Queue
from support.sandbox import running_sandbox

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    Engine = tuple["subprocess.Popen[bytes]", Callable[[], str]]
    """Its process, and what it said."""

QUIET = 60
"""Seconds without a shop that is due, for what the engine costs by itself."""


def pass_time(fleet: Fleet) -> None:
    """Let every shop be due."""
    for name in fleet.shops:
        with closing(sqlite3.connect(fleet.home / "state" / name / "runs.sqlite", timeout=30)) as db, db:
            db.execute("UPDATE run SET started = strftime('%Y-%m-%dT%H:%M:%SZ', started, '-1 hour')")


def measured(
    fleet: Fleet, postgres: Postgres, engine: subprocess.Popen[bytes], rounds: int, log: Callable[[], str]
) -> list[float]:
    """CPU seconds of an idle tick.

    Returns:
        Those of tap and target, of the engine with the tick in all, of PostgreSQL; and what both cost in a
        minute in which nothing is due.
    """

    def done(name: str, number: int) -> bool:
        record = History(fleet.home / "state" / name / "runs.sqlite")
        return len(record.last("code = 0", number)) == number

    def wait_for(number: int) -> None:
        until(lambda: all(done(name, number) for name in fleet.shops), engine, log)

    server = int((postgres.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    roots = engine.pid, server
    wait_for(1)
    time.sleep(QUIET / 4)
    began, before = time.monotonic(), [spent(root) for root in roots]
    time.sleep(QUIET)
    quiet = [
        (spent(root) - was) / (time.monotonic() - began) for root, was in zip(roots, before, strict=True)
    ]
    began, before = time.monotonic(), [spent(root) for root in roots]
    for number in range(rounds):
        pass_time(fleet)
        wait_for(2 + number)
    time.sleep(QUIET / 4)  # what has to be written down is written down
    took, ticks = time.monotonic() - began, rounds * len(fleet.shops)
    cost = [
        (spent(root) - was - idle * took) / ticks
        for root, was, idle in zip(roots, before, quiet, strict=True)
    ]
    programs = sum(run["cpu"] for name in fleet.shops for run in fleet.runs(name)[:rounds]) / ticks
    return [programs, *cost, sum(quiet) * 60]


@contextmanager
def by_dagster(folder: Path, fleet: Fleet, postgres: Postgres) -> Iterator[Engine]:
    """A daemon."""
    with running_daemon(folder, fleet.home, postgres.url, 20) as dagster:
        yield dagster.process, dagster.log


@contextmanager
def by_queue(folder: Path, fleet: Fleet, postgres: Postgres) -> Iterator[Engine]:
    """A worker."""
    folder.mkdir()
    queue = Queue(folder, [fleet.home], postgres)
    with queue.worker(VOLUMES[0]) as worker:
        yield worker, queue.log


def main() -> None:
    """Measure both."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--shops", type=int, default=20)
    options.add_argument("--rounds", type=int, default=3)
    asked = options.parse_args()
    programs = server_programs()
    if programs is None:
        sys.exit("the machine has no PostgreSQL server")
    table = Table("engine", "tap and target", "engine and tick", "PostgreSQL", "a quiet minute")
    for engine in (by_dagster, by_queue):
        with (
            tempfile.TemporaryDirectory() as folder,
            running_sandbox(
                customers=20, orders=40, order_rows=80, import_seconds=0, per_second=1000
            ) as sandbox,
            running_postgres(programs) as postgres,
        ):
            fleet = Fleet(Path(folder, "home"))
            keys = {"api_key": "SHOP_KEY", "api_secret": "SHOP_SECRET"}
            for name, variable in keys.items():
                (fleet.home / "keys" / name).write_text(fleet.environ[variable])
            secrets = {name: f"file:keys/{name}" for name in keys} | {"api_token": "file:keys/token"}
            for number in range(asked.shops):
                fleet.add(f"shop_{number:02}", sandbox, cadence="1h", secrets=secrets)
            with engine(Path(folder, "engine"), fleet, postgres) as (process, log):
                found = measured(fleet, postgres, process, asked.rounds, log)
        table.add_row(engine.__name__.removeprefix("by_"), *(f"{one:.2f}" for one in found))
    Console().print(table)


if __name__ == "__main__":
    main()
