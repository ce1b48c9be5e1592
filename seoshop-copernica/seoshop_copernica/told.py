"""How a status is told: lines for one shop, a table for many."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seoshop_copernica.status import Reconciled, Status

__all__ = ["WORDS", "lines", "table"]

WORDS = {"fresh": "fresh", "rejects": "rejects waiting", "stale": "stale", "never": "never ran"}


def lines(found: Status) -> Iterator[str]:
    """What `status` says about a shop, line by line."""
    if found.verdict == "never":
        yield f"{found.shop}: never ran by a tick; `seoshop-copernica tick {found.shop}` starts a run"
        return
    yield f"{found.shop}: {WORDS[found.verdict]}"
    if found.true_to:
        yield f"Copernica reflects the shop as of {spoken(found.true_to)}."
    yield f"Last complete run: {spoken(found.complete) if found.complete else 'none yet'}."
    if found.at_work:
        yield f"A run has been going since {spoken(found.at_work)}."
    if found.loading and found.load:
        end = f"; all of them by {spoken(found.load_end)} at this pace" if found.load_end else ""
        yield f"First load: order rows of {found.load[0]} of {found.load[1]} orders read{end}."
    if found.owed:
        yield f"Rows of {found.owed} changed orders are still to be read."
    if found.quota:
        yield f"Requests left at the shop, as last seen: {quota(found)}."
    yield f"Rejects waiting: {found.rejects}." if found.rejects else "No rejects waiting."
    yield from (f"  {number} x {reason}" for reason, number in found.reasons)
    yield f"Calls to Copernica this month: {calls(found)}; the month before: {found.calls_before}."
    if found.followups:
        yield f"Writes of this month that may have started follow-ups: {found.followups}."
    if found.reconciled:
        yield f"Last compared {spoken(found.reconciled.at)}: {reconciled(found.reconciled)}."
    if found.failure:
        when = "Last failure (now over):" if found.failure.over else "Failing, most recently at"
        yield f"{when} {spoken(found.failure.at)}, exit code {found.failure.code}: {found.failure.cause}"


def table(found: Sequence[Status]) -> None:
    """Print a row for each shop."""
    from rich.console import Console  # noqa: PLC0415  # one shop does without
    from rich.table import Table  # noqa: PLC0415  # likewise

    shown = Table("shop", "status", "true to", "first load", "rejects", "calls", "failing", box=None)
    for one in found:
        failing = f"{one.failure.code}: {one.failure.cause}" if one.failure and not one.failure.over else ""
        shown.add_row(
            one.shop,
            WORDS[one.verdict],
            spoken(one.true_to) if one.true_to else "",
            f"{one.load[0]} of {one.load[1]}" if one.loading and one.load else "",
            str(one.rejects or ""),
            calls(one),
            failing,
        )
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 200, markup=False)
    console.print(shown)


def spoken(time: str) -> str:
    """A time as people read it: `2026-11-02 12:05:10 UTC`."""
    return time.replace("T", " ").removesuffix("Z") + " UTC"


def calls(found: Status) -> str:
    """Calls of this month, against the budget where there is one."""
    return f"{found.calls} of {found.budget}" if found.budget else str(found.calls)


def reconciled(found: Reconciled) -> str:
    """What `reconcile` found."""
    if not found.differences:
        return "both sides are the same"
    return f"{found.differences} records differ, {found.to_heal} of them for no good reason"


def quota(found: Status) -> str:
    """What is left of each of the shop's windows."""
    seen = found.quota or {}
    names = ("in 5 minutes", "in the hour", "today")
    pairs = zip(seen.get("remaining", ()), seen.get("limit", ()), names, strict=False)
    return ", ".join(f"{left} of {limit} {name}" for left, limit, name in pairs)
