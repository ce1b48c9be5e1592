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
OF_GROUP: Mapping[str, tuple[str, ...]] = {
    "customers": ("customers", "groups", "subscriptions"),
    "orders": ("orders", "events", "invoices", "shipments", "returns", "quotes", "discounts"),
    "products": ("products", "variants", "brands", "categories", "tags", "suppliers", "reviews"),
    "settings": ("shop", "languages", "countries", "taxes"),
}
WINDOW_NAMES = ("limit5Min", "limitHour", "limitDay")


def account() -> Mapping[str, Any]:
    """Body of `account`: of a plain key, which belongs to no app."""
    links = {
        name: to_many(f"account/{name}") for name in ("signout", "permissions", "ratelimit", "metafields")
    }
    return {"id": ACCOUNT_ID, "appId": False, "apiKey": SEOSHOP_KEY, **links}


def permissions(lacking: str) -> Mapping[str, Any]:
    """Body of `account/permissions`: reads everything but the group `lacking`, writes nothing."""
    return {name: {"read": name != lacking, "write": False} for name in GROUPS}


def group_of(path: str) -> str | None:
    """The group that a path below the language is taken to belong to; None when every key may read it.

    Inferred from the names alone: which resource needs which group is undocumented.
    """
    start = path.partition("/")[0].removesuffix(".json")
    return next((group for group, starts in OF_GROUP.items() if start in starts), None)


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
