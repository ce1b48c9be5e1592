"""Paths of properties in a record."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["ABSENT", "Path", "Record", "as_text", "value_at"]

Record = dict[str, Any]
Path = tuple[str, ...]

ABSENT: Final = object()
"""What a path finds where the record has no such property: the field is then left alone."""


def value_at(record: Any, path: Path) -> Any:  # noqa: ANN401 - any JSON
    """The value at a path of a record; None below a null, and `ABSENT` where there is no such property."""
    for step in path:
        if not isinstance(record, dict):
            return None if record is None else ABSENT
        if step not in record:
            return ABSENT
        record = record[step]
    return record


def as_text(value: object) -> str:
    """A JSON value as text, as mappings write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
