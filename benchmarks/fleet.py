"""What a tick costs: CPU, memory, disk and calls, idle and busy, by the pipe and by Meltano.

A shop is loaded; ticks follow in which nothing has moved, and ticks in which much has. `make bench-fleet`.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import msgspec
import yaml
from rich.console import Console
from rich.table import Table

from seoshop_copernica.history import Figures, History
from support.fleet import Fleet
from support.programs import BIN, ROOT, clean_environment
from support.sandbox import running_sandbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from support.sandbox import Sandbox

IDLE_AIM = 1.2
"""CPU seconds of both programs together in an idle tick of the pipe."""
MELTANO_AIM = 0.5
"""CPU seconds of an idle tick by Meltano beyond Meltano itself and the two programs."""
EVERY = 300
"""Seconds between two ticks of a shop."""
PROGRAMS = ("tap-seoshop", "target-copernica")


def measured(fleet: Fleet, name: str, times: int, before: tuple[Sandbox, int] | None) -> dict[str, float]:
    """The medians over some ticks; `before` each, a shop moves by so many orders."""
    found: list[dict[str, float]] = []
    for number in range(times):
        if before is not None:
            sandbox, orders = before
            sandbox.clock(advance=EVERY)
            sandbox.move(seed=number, new_customers=orders // 3, new_orders=orders, payments=orders // 2)
        size, usage, start = on_disk(fleet, name), spent(), time.monotonic()
        fleet.tick(name)
        run: dict[str, Any] = fleet.runs(name)[0]
        found.append(
            {
                "programs": run["cpu"],
                "all": spent() - usage,
                "seconds": time.monotonic() - start,
                "memory": run["memory"] / 1024,
                "disk": (on_disk(fleet, name) - size) / 1024,
                "requests": run["requests"],
                "calls": run["calls"],
            }
        )
    return {key: statistics.median(one[key] for one in found) for key in found[0]}


def spent() -> float:
    """CPU seconds of all processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def on_disk(fleet: Fleet, name: str) -> int:
    """Bytes that a shop's folder holds."""
    return sum(file.stat().st_size for file in (fleet.home / "state" / name).rglob("*") if file.is_file())


def held(sandbox: Sandbox) -> int:
    """People, orders and order rows of the shop."""
    shop = sandbox.status()["shop"]
    return int(shop["customers"] + shop["orders"] + shop["order_rows"])


def databases(fleet: Fleet, name: str) -> int:
    """Bytes of what tap and target remember of each record: order book and ledger."""
    folder = fleet.home / "state" / name
    return sum(file.stat().st_size for part in PROGRAMS for file in (folder / part).rglob("*.sqlite*"))


def record_of_a_day(file: Path) -> int:
    """Bytes by which the record of the runs grows in a day of ticks like the last."""
    history = History(file)
    last = msgspec.structs.asdict(history.last("code = 0")[0])
    figures = Figures(**{name: last[name] for name in Figures.__struct_fields__})
    before = file.stat().st_size
    for _ in range(86_400 // EVERY):
        history.end(history.begin(last["runner"]), 0, last["cause"], figures)
    return file.stat().st_size - before


def floor(folder: Path, times: int) -> float:
    """CPU seconds of `meltano run` by our own definitions, with programs that do nothing."""
    folder.mkdir()
    nothing = folder / "nothing"
    nothing.write_text("#!/bin/sh\ncat > /dev/null\n")
    nothing.chmod(0o755)
    (folder / "catalog.json").write_text('{"streams": []}')
    project = yaml.safe_load((ROOT / "meltano.yml").read_text())
    for plugin in (*project["plugins"]["extractors"], *project["plugins"]["loaders"]):
        plugin.pop("pip_url", None)
        plugin["executable"] = str(nothing)
    (folder / "meltano.yml").write_text(yaml.safe_dump(project, sort_keys=False))
    environment = clean_environment() | {
        "MELTANO_PROJECT_ROOT": str(folder),
        "XDG_STATE_HOME": str(folder / "xdg"),
        "TAP_SEOSHOP__CATALOG": str(folder / "catalog.json"),
        **dict.fromkeys(("TAP_SEOSHOP_API_KEY", "TAP_SEOSHOP_API_SECRET", "TARGET_COPERNICA_API_TOKEN"), "x"),
    }
    command: list[str | Path] = [BIN / "meltano", "--log-format=json", "--environment=prod", "run"]
    command += ["tap-seoshop", "target-copernica"]
    found = []
    for _ in range(times + 1):  # the first one makes Meltano's database
        before = spent()
        subprocess.run(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=True
        )
        found.append(spent() - before)
    return statistics.median(found[1:])


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 1 where an idle tick costs more than the aim."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--times", type=int, default=5, help="ticks of each kind")
    parser.add_argument("--orders", type=int, default=20, help="orders that a busy tick finds")
    asked = parser.parse_args(arguments)
    shown = Table(
        "runner", "tick", "CPU s, programs", "CPU s, all", "seconds", "MB", "disk kB", "requests", "calls"
    )
    idle: dict[str, dict[str, float]] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        running_sandbox(
            customers=100, orders=200, order_rows=500, import_seconds=0, per_second=1000
        ) as sandbox,
    ):
        fleet = Fleet(Path(folder) / "home")
        fleet.prepare_meltano("meltano")
        for runner in ("pipe", "meltano"):
            fleet.add(runner, sandbox, runner=runner)
            fleet.shops[runner]["tap"]["requests_per_second"] = 900
            fleet.write()
            fleet.tick(runner)
            sandbox.clock(advance=EVERY)
            fleet.tick(runner)
            size, records = databases(fleet, runner), held(sandbox)
            for kind, before in (("idle", None), ("busy", (sandbox, asked.orders))):
                found = measured(fleet, runner, asked.times, before)
                if kind == "idle":
                    idle[runner] = found
                figures = [f"{found[key]:.2f}" for key in ("programs", "all", "seconds")]
                figures += [f"{found[key]:.0f}" for key in ("memory", "disk", "requests", "calls")]
                shown.add_row(runner, kind, *figures)
            remembered = (databases(fleet, runner) - size) / (held(sandbox) - records)
        folder_of_one = fleet.home / "state" / "pipe"
        day = record_of_a_day(folder_of_one / "runs.sqlite")
        catalog = (folder_of_one / "catalog.json").stat().st_size
        least = floor(Path(folder) / "floor", asked.times)
    console = Console()
    console.print(shown)
    console.print(
        f"disk of a shop: {remembered:.0f} bytes a record, {day / 1000:.0f} kB a day for the record of runs, "
        f"{catalog / 1000:.0f} kB for what the tap can read"
    )
    cores = os.cpu_count() or 1
    for runner, found in idle.items():
        console.print(
            f"{runner}: {cores * EVERY / found['all']:.0f} idle shops every five minutes on {cores} cores"
        )
    beyond = idle["meltano"]["all"] - idle["pipe"]["all"] - least
    console.print(
        f"meltano alone, with programs that do nothing: {least:.2f} CPU s; beyond both: {beyond:.2f}"
    )
    if idle["pipe"]["programs"] > IDLE_AIM:
        console.print(f"An idle tick of the pipe is to cost at most {IDLE_AIM} CPU seconds.")
    if beyond > MELTANO_AIM:
        console.print(
            f"Our own part of an idle tick by Meltano is to cost at most {MELTANO_AIM} CPU seconds."
        )
    return int(idle["pipe"]["programs"] > IDLE_AIM or beyond > MELTANO_AIM)


if __name__ == "__main__":
    sys.exit(main())
