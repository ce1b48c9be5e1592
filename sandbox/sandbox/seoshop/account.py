"""What the API says about the key, its windows, its permissions, and the time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.seoshop.ratelimit import Window
from sandbox.settings import SEOSHOP_KEY
from sandbox.shop.links import to_many

ACCOUNT_ID = 19609
GROUPS = ("content", "products", "customers", "orders", "settings", "tracking")
WINDOW_NAMES = ("limit5Min", "limitHour", "limitDay")


def account() -> Mapping[str, Any]:
    """Body of `account`: of a plain key, which belongs to no app."""
    links = {
        name: to_many(f"account/{name}") for name in ("signout", "permissions", "ratelimit", "metafields")
    }
    return {"id": ACCOUNT_ID, "appId": False, "apiKey": SEOSHOP_KEY, **links}


def permissions() -> Mapping[str, Any]:
    """Body of `account/permissions`: reads everything, writes nothing."""
    return {name: {"read": True, "write": False} for name in GROUPS}


def ratelimit(windows: tuple[Window, ...], now: datetime, zone: ZoneInfo) -> Mapping[str, Any]:
    """Body of `account/ratelimit`."""
    return {
        name: {
            "limit": window.limit,
            "remaining": window.remaining,
            "reset": window.reset(now),
            "resetTime": window.ends.astimezone(zone).isoformat(timespec="seconds"),
        }
        for name, window in zip(WINDOW_NAMES, windows, strict=True)
    }


def time(now: datetime, zone: ZoneInfo) -> Mapping[str, Any]:
    """Body of `time`. Never seen in the wild: an inference from the other bodies."""
    return {"datetime": now.astimezone(zone).isoformat(timespec="seconds"), "timestamp": int(now.timestamp())}
