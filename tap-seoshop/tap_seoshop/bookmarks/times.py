"""Times as bookmarks keep them, and when something is due."""

from __future__ import annotations

from datetime import UTC, datetime

from tap_seoshop.errors import SettingsError
from tap_seoshop.records.normalize import parse_moment

__all__ = ["due", "read_time", "written_time"]


def read_time(value: str | None) -> datetime | None:
    """A time of the state.

    Raises:
        SettingsError: It is none.
    """
    if value is None:
        return None
    found = parse_moment(value)
    if found is None:
        raise SettingsError("a time in the state cannot be read: begin with a new state")
    return found


def written_time(at: datetime) -> str:
    """A time as the state keeps it: UTC, whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def due(read_at: str | None, interval: float, now: datetime) -> bool:
    """Whether a list read at `read_at` (a time of the state) is to be read again after `interval` seconds."""
    last = read_time(read_at)
    return last is None or last > now or (now - last).total_seconds() >= interval
