"""How the API's `false`, `""`, `[]`, links and local times are normalized.

A schema says what a value is; from it a `Normalizer` is made once, and then it only looks up and calls. The
API's habits are listed in `docs/api/seoshop.md`, section 5.1: an unset value is often `false`, sometimes
`null` or `""`, and the same field can differ between records; times carry the shop's offset; links are
objects.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

__all__ = [
    "Normalizer",
    "boolean",
    "carries",
    "day",
    "integer",
    "link_id",
    "moment",
    "number",
    "parse_moment",
    "text",
    "west_of_utc",
]

Convert = Callable[[Any], Any]
Extra = Callable[[str, Any], Mapping[str, Any]]


def text(value: object) -> str | None:
    """Text. `false` and null mean unset, `""` stays; a number (of a house) and `true` become text."""
    if isinstance(value, str):
        return value
    if value is None or value is False or isinstance(value, list | dict):
        return None
    return "true" if value is True else str(value)


def integer(value: object) -> int | None:
    """A whole number. A boolean, `""` and what is no whole number mean unset; 0 stays 0."""
    found = number(value)
    return int(found) if found is not None and found == int(found) else None


def number(value: object) -> Decimal | int | None:
    """A number with its digits, also where it comes as text ("0.000"). A boolean and `""` mean unset."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | Decimal):
        return value
    if isinstance(value, str | float):
        try:
            found = Decimal(str(value).strip())
        except InvalidOperation:
            return None
        return found if found.is_finite() else None
    return None


def boolean(value: object) -> bool | None:
    """A boolean; 0 and 1 count as one, all else is unset."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    return None


@lru_cache(maxsize=4096)
def _moment_of_text(value: str) -> str | None:
    found = parse_moment(value)
    if found is None:
        return None
    return found.isoformat(timespec="microseconds" if found.microsecond else "seconds").replace("+00:00", "Z")


def moment(value: object) -> str | None:
    """A time as UTC, `2026-11-02T09:00:00Z`; unset if it is no time."""
    return _moment_of_text(value) if isinstance(value, str) and value else None


def parse_moment(value: str) -> datetime | None:
    """The instant of an ISO 8601 stamp, in UTC; one without an offset is taken as UTC; None if it is none."""
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    try:
        if found.tzinfo is None:
            return found.replace(tzinfo=UTC)
        return found.astimezone(UTC)
    except OverflowError:
        return None


def day(value: object) -> str | None:
    """A date, `YYYY-MM-DD`; it has no zone, so that a stamp's own day counts. Unset if it is none."""
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value[:10]).isoformat()
    except ValueError:
        return None


def link_id(value: object) -> int | None:
    """The id behind a link; None where the link is unset or stands for a collection."""
    resource = value.get("resource") if isinstance(value, dict) else None
    return integer(resource.get("id")) if isinstance(resource, dict) else None


def carries(value: object) -> bool:
    """Whether a value of a field that no schema names says anything: not if unset, nor a link to a list."""
    if isinstance(value, dict) and "resource" in value:
        return link_id(value) is not None
    return not (value is None or value is False or value in ("", [], {}))


def west_of_utc(stamp: object) -> int | None:
    """Seconds by which the offset of a stamp lies west of UTC, negative east of it; None without one."""
    if isinstance(stamp, str) and len(stamp) > len("-00:00") and stamp[-6] in "+-":
        hours, _, minutes = stamp[-5:].partition(":")
        if hours.isdecimal() and minutes.isdecimal() and "T" in stamp:
            offset = int(hours) * 3600 + int(minutes) * 60
            return offset if stamp[-6] == "-" else -offset
    return None


class Normalizer:
    """Makes records of one stream from the API's.

    What the schema does not name is left out, and what the API does not send stays absent. A property with
    a name in `links` is read from the link of that name without `Id`.

    Args:
        schema: JSON schema of an object, with only what is wanted of it.
        links: Names of the properties that hold the id behind a link.
        extra: Told of each field that `schema` does not name, with its value; what it returns is added.
    """

    def __init__(
        self, schema: Mapping[str, Any], links: Iterable[str] = (), extra: Extra | None = None
    ) -> None:
        linked = frozenset(links)
        self._extra = extra
        self._fields: dict[str, tuple[str, Convert]] = {}
        for name, wanted in schema.get("properties", {}).items():
            if name in linked:
                self._fields[name.removesuffix("Id")] = (name, link_id)
            else:
                self._fields[name] = (name, _converter(wanted))

    def __call__(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """One record; `raw` is left as it is."""
        fields = self._fields
        record: dict[str, Any] = {}
        for key, value in raw.items():
            found = fields.get(key)
            if found is not None:
                record[found[0]] = found[1](value)
            elif self._extra is not None:
                record |= self._extra(key, value)
        return record


def _converter(schema: Mapping[str, Any]) -> Convert:
    types = schema.get("type", [])
    kinds = [types] if isinstance(types, str) else types
    if "object" in kinds:
        return _object(schema)
    if "array" in kinds:
        return _array(schema)
    if "boolean" in kinds:
        return boolean
    if "integer" in kinds:
        return integer
    if "number" in kinds:
        return number
    formats = {"date-time": moment, "date": day}
    return formats.get(schema.get("format", ""), text)


def _object(schema: Mapping[str, Any]) -> Convert:
    if not schema.get("properties"):
        return _free
    inner = Normalizer(schema)
    return lambda value: inner(value) if isinstance(value, dict) else None


def _array(schema: Mapping[str, Any]) -> Convert:
    inner = _converter(schema.get("items", {}))

    def convert(value: object) -> list[Any] | None:
        if isinstance(value, dict):
            value = [value] if value else []  # PHP makes an object of some lists
        if not isinstance(value, list):
            return None
        return [made for one in value if (made := inner(one)) is not None]

    return convert


def _free(value: object) -> dict[str, Any] | None:
    """An object of no fixed form. An empty one can come as `[]`, and some come as a JSON text."""
    if isinstance(value, dict):
        return value
    if value == []:
        return {}
    if isinstance(value, str) and value:
        try:
            found = json.loads(value, parse_float=Decimal)
        except (ValueError, RecursionError):
            return {"text": value}
        return found if isinstance(found, dict) else {} if found == [] else {"text": value}
    return None
