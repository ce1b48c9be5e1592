"""Query parameters of a list: which records, which page, which fields. Those it does not know it ignores."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sandbox.seoshop.answers import ApiError
from sandbox.seoshop.switches import (
    DEEP_PAGES,
    FILTER_BOUND,
    FILTER_ZONE,
    LIMIT_ABOVE,
    LIST_ORDER,
    PAGE_ZERO,
    SINCE_ID_ORDER,
    UNKNOWN_FILTER,
    UNPROVEN_FILTERS,
)
from sandbox.settings import Settings
from sandbox.shop.db import Where
from sandbox.shop.resources import ORDERS, STAMPS, Resource

DEFAULT_LIMIT = 50
MAX_LIMIT = 250
LARGEST = 2**63 - 1
# Behind this page a list may end, by a switch: someone says so, and does not say where.
DEEP = 100
PAGING = frozenset({"page", "limit", "fields"})


@dataclass(frozen=True)
class Page:
    """Which part of a list is asked for."""

    limit: int
    offset: int


def page_of(query: Mapping[str, str], settings: Settings) -> Page:
    """Read `page` and `limit`.

    Raises:
        ApiError: 400 for a limit above 250, or for page 0, when a switch says so.
    """
    limit = _number(query.get("limit"), DEFAULT_LIMIT)
    if limit > MAX_LIMIT and settings.switch(LIMIT_ABOVE) == "refused":
        raise ApiError(400, "The limit is too large.")
    limit = min(limit, MAX_LIMIT)
    page = _number(query.get("page"), 1)
    if query.get("page") == "0" and settings.switch(PAGE_ZERO) != "first":
        if settings.switch(PAGE_ZERO) == "refused":
            raise ApiError(400, "Pages are counted from 1.")
        limit = 0
    if page > DEEP and settings.switch(DEEP_PAGES) == "empty":
        limit = 0
    return Page(limit, min((page - 1) * limit, LARGEST))


def refuse_unknown(query: Mapping[str, str], known: Collection[str], settings: Settings) -> None:
    """See to it that no parameter is unknown, when the switch says so; `known` is besides those of paging.

    Raises:
        ApiError: 400 for one that is.
    """
    if settings.switch(UNKNOWN_FILTER) == "refused":
        for name in query.keys() - PAGING - set(known):
            raise ApiError(400, f"Unknown parameter: {name[:40]}")


def newest_first(resource: Resource, query: Mapping[str, str], settings: Settings) -> bool:
    """Whether a list comes by falling ids: that of orders was seen to, of others it is taken for likely."""
    if "since_id" in query and resource.timed and settings.switch(SINCE_ID_ORDER) == "oldest_first":
        return False
    return resource is ORDERS or settings.switch(LIST_ORDER) == "newest_first"


def _timed(resource: Resource, settings: Settings) -> tuple[str, ...]:
    """The times that a list is filtered by, undocumented ones included."""
    if settings.switch(UNPROVEN_FILTERS) == "honoured" and resource.told is None:
        return tuple(name for name in STAMPS if name in resource.columns)
    return resource.timed


def fields_of(query: Mapping[str, str]) -> list[str] | None:
    """The top-level keys that `fields` asks for; None when it asks for no less than all."""
    names = [name.strip() for name in query.get("fields", "").split(",")]
    return [name for name in names if name] or None


def where_of(resource: Resource, query: Mapping[str, str], settings: Settings, zone: ZoneInfo) -> Where:
    """The conditions of a list or count of `resource`.

    Raises:
        ApiError: 400 for a time that cannot be read, and for an unknown parameter when the switch says so.
    """
    timed = _timed(resource, settings)
    times = {f"{column}_at_{end}" for column in timed for end in ("min", "max")}
    refuse_unknown(query, {*resource.filters, *times, *(("since_id",) if resource.timed else ())}, settings)
    conditions: dict[str, int | str] = {}
    for name, column in resource.filters.items():
        if name in query:
            conditions[f"{column} ="] = _value(column, query[name])
    if resource.timed and "since_id" in query:
        conditions["id >"] = _number(query["since_id"], 0)
    equal = "=" if settings.switch(FILTER_BOUND) == "inclusive" else ""
    for column in timed:
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
