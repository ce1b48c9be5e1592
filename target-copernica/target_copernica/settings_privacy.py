"""The settings that say what becomes of people who want to be forgotten, or are gone from the shop."""

from __future__ import annotations

from typing import Final

from singer_sdk import typing as th

__all__ = ["PRIVACY"]

PRIVACY: Final = (
    th.Property(
        "on_shop_deletion",
        th.StringType,
        allowed_values=["keep", "flag", "forget"],
        title="Deleted in the shop",
        description=(
            "What a record with `_sdc_deleted_at` does to people: `keep` them, `flag` them in a field "
            "`deleted_at`, or `forget` them for good, as the command `forget` does (at most `max_deletes` "
            "in a run). By default the same as `deletes`. The tap reports deletions if its setting "
            "`find_deleted` is on."
        ),
    ),
    th.Property(
        "on_return",
        th.StringType,
        allowed_values=["ask", "block", "welcome"],
        default="ask",
        title="Return of the forgotten",
        description=(
            "What happens to a later order or account of a forgotten person: it waits in the rejects file "
            "(`ask`) until `replay` runs with one of the other two, is left out (`block`), or makes a new "
            "profile (`welcome`). Records from before never do."
        ),
    ),
)
