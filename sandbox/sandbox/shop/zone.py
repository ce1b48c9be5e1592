"""The shop's time zone, and its stamps: local time with an offset that changes with summer time."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sandbox.shop.db import Shop

DEFAULT_ZONE = "Europe/Amsterdam"


def zone_of(shop: Shop) -> ZoneInfo:
    """The zone the shop was made in."""
    return ZoneInfo(shop.fact("zone") or DEFAULT_ZONE)


def stamped(seconds: float, zone: ZoneInfo) -> str:
    """A moment (seconds since the epoch) as the API writes it, such as `2026-06-02T10:24:43+02:00`."""
    return datetime.fromtimestamp(int(seconds), tz=zone).isoformat(timespec="seconds")
