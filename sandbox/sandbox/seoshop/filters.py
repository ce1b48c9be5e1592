"""Query parameters of a list: which records, which page, which fields. Those it does not know it ignores."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sandbox.seoshop.answers import ApiError
from sandbox.seoshop.switches import FILTER_BOUND, FILTER_ZONE, LIMIT_ABOVE
from sandbox.settings import Settings
from sandbox.shop.db import Where
from sandbox.shop.resources import Resource

DEFAULT_LIMIT = 50
MAX_LIMIT = 250
LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Page:
    """Which part of a list is asked for."""

    limit: int
    offset: int


def page_of(query: Mapping[str, str], settings: Settings) -> Page:
    """Read `page` and `limit`.

    Raises:
        ApiError: 400 for a limit above 250 when the switch says so.
    """
    limit = _number(query.get("limit"), DEFAULT_LIMIT)
    if limit > MAX_LIMIT and settings.switch(LIMIT_ABOVE) == "refused":
        raise ApiError(400, "The limit is too large.")
    limit = min(limit, MAX_LIMIT)
    return Page(limit, min((_number(query.get("page"), 1) - 1) * limit, LARGEST))


def fields_of(query: Mapping[str, str]) -> list[str] | None:
    """The top-level keys that `fields` asks for; None when it asks for no less than all."""
    names = [name.strip() for name in query.get("fields", "").split(",")]
    return [name for name in names if name] or None


def where_of(resource: Resource, query: Mapping[str, str], settings: Settings, zone: ZoneInfo) -> Where:
    """The conditions of a list or count of `resource`.

    Raises:
        ApiError: 400 for a time that cannot be read.
    """
    conditions: dict[str, int | str] = {}
    for name, column in resource.filters.items():
        if name in query:
            conditions[f"{column} ="] = _value(column, query[name])
    if resource.timed and "since_id" in query:
        conditions["id >"] = _number(query["since_id"], 0)
    equal = "=" if settings.switch(FILTER_BOUND) == "inclusive" else ""
    for column in resource.timed:
        for end, sign in (("min", ">"), ("max", "<")):
            if moment := query.get(f"{column}_at_{end}"):
                conditions[f"{column} {sign}{equal}"] = _seconds(moment, settings, zone)
    return Where(conditions)


def _value(column: str, given: str) -> int | str:
    return _number(given, 0) if column.endswith("_id") else given


def _number(given: str | None, default: int) -> int:
    """A positive whole number; `default` for anything else, as the API answers such a request too."""
    if given is None or not (given.isascii() and given.isdecimal()) or int(given) < 1:
        return default
    return min(int(given), LARGEST)


def _seconds(given: str, settings: Settings, zone: ZoneInfo) -> int:
    """The moment that `YYYY-MM-DD HH:MM:SS` (or just the date) stands for, in seconds since the epoch."""
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise ApiError(400, f"Invalid date: {given[:40]}") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC if settings.switch(FILTER_ZONE) == "utc" else zone)
    return int(moment.timestamp())
