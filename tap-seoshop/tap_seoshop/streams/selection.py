"""Which properties a person selected by name: wildcards never select personal data."""

from __future__ import annotations

import json
import os
from typing import Final

__all__ = ["selected_by_name"]

_PATTERNS: Final = "MELTANO_EXTRACT__SELECT"
"""Meltano writes what its `select` patterns match into the catalog, so that `orders.*` and `orders.memo` look
the same there; it hands the patterns themselves over in this variable."""


def selected_by_name(stream: str) -> set[str] | None:
    """The properties of a stream that Meltano's patterns name without a wildcard.

    Args:
        stream: Name of the stream.

    Returns:
        Their names; None outside Meltano, where a catalog names each property.
    """
    try:
        patterns = json.loads(os.environ.get(_PATTERNS, ""))
    except ValueError:
        return None
    if not isinstance(patterns, list):
        return None
    parts = [pattern.split(".", 1) for pattern in patterns if isinstance(pattern, str) and "." in pattern]
    return {name for where, name in parts if where in (stream, "*")}
