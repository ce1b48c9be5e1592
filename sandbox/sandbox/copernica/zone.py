"""The server's zone, for all that Copernica prints or reads without an offset (docs/api/copernica.md, 16)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from datetime import datetime

AMSTERDAM: Final = ZoneInfo("Europe/Amsterdam")


def stamp(instant: datetime) -> str:
    """Print an instant as Copernica does: `YYYY-MM-DD hh:mm:ss`, local, without an offset.

    Args:
        instant: Any aware instant.
    """
    return instant.astimezone(AMSTERDAM).strftime("%Y-%m-%d %H:%M:%S")
