"""What people see of the demo: progress while it works, and the table at its end."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from demo.calls import KINDS

LINES_EVERY_LOOKS = 20
"""Where the output is no terminal, one line of progress for so many looks."""


class Look(Protocol):
    """Shows how far a run is."""

    def __call__(self, status: Mapping[str, Any]) -> None:
        """Show what the sandbox's `status` says."""


@dataclass(frozen=True)
class Part:
    """A part of the work as a bar: what counts as done, and how much there is."""

    label: str
    done: int
    total: int


def parts(status: Mapping[str, Any]) -> list[Part]:
    """How far the data has come, from the sandbox's status alone."""
    shop, arrived = status["shop"], counts(status)
    wanted = {
        "customers": ("SEOshop", shop["customers"]),
        "orders": ("SEOshop / Orders", shop["orders"]),
        "order rows": ("SEOshop / OrderItems", shop["order_rows"]),
        "products": ("SEOshop_products", shop["products"]),
        "variants": ("SEOshop_products / Variants", shop["variants"]),
    }
    return [Part(label, arrived.get(place, 0), total) for label, (place, total) in wanted.items()]


def counts(status: Mapping[str, Any]) -> dict[str, int]:
    """Profiles of each database and subprofiles of each collection, by name."""
    found: dict[str, int] = {}
    for database in status["copernica"]["databases"]:
        found[database["name"]] = database["profiles"]
        for collection in database["collections"]:
            found[f"{database['name']} / {collection['name']}"] = collection["subprofiles"]
    return found


@contextmanager
def progress(console: Console, status: Mapping[str, Any]) -> Iterator[Look]:
    """Show progress while the body runs: bars on a terminal, a line now and then elsewhere."""
    if not console.is_terminal:
        yield _Lines(console, status["requests"]["seoshop"])
        return
    columns = (
        TextColumn("  {task.description:<18}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        asked = bars.add_task("requests to SEOshop", total=None)
        before = status["requests"]["seoshop"]
        tasks = {part.label: bars.add_task(part.label, total=part.total) for part in parts(status)}

        def look(status: Mapping[str, Any]) -> None:
            bars.update(asked, completed=status["requests"]["seoshop"] - before)
            for part in parts(status):
                bars.update(tasks[part.label], completed=part.done, total=part.total)

        yield look


class _Lines:
    """Progress for a log file."""

    def __init__(self, console: Console, asked_before: int) -> None:
        self._console = console
        self._asked_before = asked_before
        self._looks = 0

    def __call__(self, status: Mapping[str, Any]) -> None:
        self._looks += 1
        if self._looks % LINES_EVERY_LOOKS == 0:
            said = ", ".join(f"{part.done} of {part.total} {part.label}" for part in parts(status))
            asked = status["requests"]["seoshop"] - self._asked_before
            self._console.print(f"  {asked} requests to SEOshop so far; arrived: {said}")


def result(
    console: Console, status: Mapping[str, Any], calls: Mapping[str, int], mailed: int, seconds: float
) -> None:
    """The table at the end of a run.

    Args:
        console: Where it is shown.
        status: The sandbox's status after the run.
        calls: API calls of this run by kind.
        mailed: Follow-ups that ran during it.
        seconds: How long it took.
    """
    table = Table(
        title=f"\nSEOshop to Copernica, in {seconds:.0f} seconds",
        title_justify="left",
        show_header=False,
        min_width=64,
    )
    table.add_column("")
    table.add_column("", justify="right")
    shop = status["shop"]
    for label in ("customers", "orders", "order rows", "products", "variants"):
        table.add_row(f"In the shop: {label}", f"{shop[label.replace(' ', '_')]:,}")
    table.add_section()
    for place, number in counts(status).items():
        kind = "subprofiles" if "/" in place else "profiles"
        table.add_row(f"In Copernica: {kind} of {place}", f"{number:,}")
    table.add_section()
    for kind, label in KINDS.items():
        table.add_row(f"API calls of this run: {label}", f"{calls.get(kind, 0):,}")
    table.add_section()
    table.add_row("Campaigns that this run would have triggered (follow-ups)", f"{mailed:,}")
    console.print(table)
    variants = next(part for part in parts(status) if part.label == "variants")
    if 0 < variants.done < variants.total:
        console.print("Not arrived: a variant of a product that the shop no longer has. It waits for it.")
