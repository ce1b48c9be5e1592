"""The settings of runs that write nothing."""

from __future__ import annotations

from typing import Final

from singer_sdk import typing as th

__all__ = ["DRY"]

DRY: Final = (
    th.Property(
        "dry_run",
        th.BooleanType,
        default=False,
        title="Dry run",
        description=(
            "Read, map and compare, but write nothing and emit no STATE: report what a real run would "
            "create, update, skip and refuse, with three masked examples of each."
        ),
    ),
    th.Property(
        "reconcile",
        th.DateTimeType,
        title="Reconcile",
        description=(
            "Compare the records on input, read completely from the source, with all of Copernica, read a "
            "thousand a call; write nothing. The value is the moment up to which Copernica should reflect "
            "the source. Standard output gets one JSON line for each stream and month, and for each "
            "difference with its reason. `seoshop-copernica reconcile` takes care of all this."
        ),
    ),
)
