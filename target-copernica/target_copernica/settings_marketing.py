"""Settings for what a marketer may add to a preset; each is off until it is asked for."""

from __future__ import annotations

from typing import Final

from singer_sdk import typing as th

from target_copernica.mapping.load import EXTRAS

__all__ = ["MARKETING"]

MARKETING: Final = (
    th.Property(
        "extras",
        th.ArrayType(th.StringType(allowed_values=list(EXTRAS))),
        title="Extras",
        description=(
            f"What is laid over the preset, each named after the tap's stream that it needs: "
            f"{', '.join(f'`{extra}`' for extra in EXTRAS)} (docs/in-copernica.md). "
            'For example `["returns"]`. None by default.'
        ),
    ),
)
