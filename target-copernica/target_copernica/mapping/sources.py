"""Streams and properties that a mapping names and the tap does not have: mostly spelling mistakes."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from target_copernica.errors import SettingsError

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator, Mapping

    from target_copernica.mapping.model import AccountMap, FieldMap, StreamMap
    from target_copernica.mapping.paths import Path

__all__ = ["SourceCheck", "missing_properties"]

_ADDED_BY_TAPS: Final = "_sdc_"
"""Properties that a tap adds to its records, mostly without a word in the schema."""


class SourceCheck:
    """Reports once a run what a mapping names and the tap does not have.

    Args:
        mapping: The mapping; None where there is none.
        policy: The setting `missing_sources`: `warn`, `error` or `ignore`.
        log: Where it is told.
    """

    def __init__(self, mapping: AccountMap | None, policy: str, log: logging.Logger) -> None:
        self._streams = mapping.streams if mapping is not None else {}
        self._policy = policy
        self._log = log
        self._came: dict[str, str | None] = {}

    def see(self, stream: str, schema: Mapping[str, Any]) -> None:
        """The schema of a stream came.

        Args:
            stream: Its name.
            schema: Its JSON schema.

        Raises:
            SettingsError: It lacks a property that the mapping names, and the policy is `error`.
        """
        declared = self._streams.get(stream)
        missing = missing_properties(declared, schema) if declared is not None else None
        if missing is not None and missing != self._came.get(stream):
            self._tell(missing)
        self._came[stream] = missing

    def finish(self) -> None:
        """The input has ended: name the streams that never came.

        Raises:
            SettingsError: There are some, and the policy is `error`.
        """
        if not self._came:
            return  # a tap that sent nothing is told by another line
        others = [stream for stream in self._came if stream not in self._streams]
        # A stream that is sent as a complete list comes only when the tap's list is due.
        absent = [
            f"{stream}{_meant(stream, others)}"
            for stream, declared in self._streams.items()
            if stream not in self._came and not (declared.lists_acts or declared.empties_absent)
        ]
        if absent:
            self._tell(f"the mapping has streams that the tap did not send: {', '.join(absent)}")

    def _tell(self, line: str) -> None:
        if self._policy == "error":
            raise SettingsError(f"{line} (setting missing_sources: error)")
        if self._policy == "warn":
            self._log.warning("%s", line)


def missing_properties(stream: StreamMap, schema: Mapping[str, Any]) -> str | None:
    """Which lines of a mapping take a property that a stream's schema does not have.

    Args:
        stream: The mapping of the stream.
        schema: Its JSON schema.

    Returns:
        One line, with the path of each line of the mapping, its property and the nearest one that is there;
        None where all are there. Where several properties are given, the first that holds a value counts,
        and one that is there is enough.
    """
    missing = [
        f"{' or '.join('.'.join(path) for path in paths)} ({line}{_nearest(paths, schema)})"
        for line, paths in _lines(stream)
        if not any(path[0].startswith(_ADDED_BY_TAPS) or _has(schema, path) for path in paths)
    ]
    return f"mapping, streams.{stream.stream}: the stream has no {', '.join(missing)}" if missing else None


def _lines(stream: StreamMap) -> Iterator[tuple[str, tuple[Path, ...]]]:
    """Each line of a mapping that takes a property, with the properties any of which is enough."""
    for path in stream.key:
        yield "key", (path,)
    for name, found in (
        ("created_time", stream.times.created),
        ("changed_time", stream.times.changed),
        ("version", stream.times.version),
        ("ends", stream.ends),
        ("coupon.code", stream.coupon.code if stream.coupon else None),
        ("cart_line.cart", stream.cart_line.cart if stream.cart_line else None),
        ("cart_line.sku", stream.cart_line.sku if stream.cart_line else None),
        ("cart_line.count", stream.cart_line.count if stream.cart_line else None),
        ("cart_line.gone", stream.cart_line.gone if stream.cart_line else None),
    ):
        if found is not None:
            yield name, (found,)
    if stream.place.parent is not None:
        for path in stream.place.parent.key:
            yield "parent.key", (path,)
        for name, found in (("email", stream.place.parent.email), ("order", stream.place.parent.order)):
            if found is not None:
                yield f"parent.{name}", (found,)
    for section, fields in (("fields", stream.fields), ("stub", stream.stub)):
        for entry in fields:
            yield from _of_field(f"{section}.{entry.name}", entry)


def _of_field(line: str, entry: FieldMap) -> Iterator[tuple[str, tuple[Path, ...]]]:
    if entry.sources:
        yield line, entry.sources
    for step in entry.steps:
        for path in step.transform.takes(step.option):
            yield f"{line}.{step.transform.name}", (path,)


def _has(schema: object, path: Path) -> bool:
    """Whether records may have a property, as far as the schema tells."""
    for step in path:
        properties = _properties(schema)
        if not properties:
            return True
        if step not in properties:
            return False
        schema = properties[step]
    return True


def _properties(schema: object) -> dict[str, Any]:
    """The properties of an object; none where it may have others, or the schema does not tell."""
    if not isinstance(schema, dict) or schema.get("additionalProperties") not in (None, False):
        return {}
    if "$ref" in schema or "patternProperties" in schema:
        return {}
    found = dict(schema.get("properties") or {})
    for keyword in ("allOf", "anyOf", "oneOf"):
        for branch in schema.get(keyword) or ():
            if isinstance(branch, dict) and branch.get("type") != "null":
                inner = _properties(branch)
                if not inner and not found:
                    return {}
                found.update(inner)
    return found


def _nearest(paths: tuple[Path, ...], schema: Mapping[str, Any]) -> str:
    for path in paths:
        inner: object = schema
        for place, step in enumerate(path):
            properties = _properties(inner)
            if step not in properties:
                near = _near(step, list(properties))
                return f"; did you mean {'.'.join([*path[:place], near])}?" if near else ""
            inner = properties[step]
    return ""


def _meant(name: str, others: list[str]) -> str:
    near = _near(name, others)
    return f" (did you mean {near}?)" if near else ""


def _near(name: str, others: list[str]) -> str | None:
    by_lower = {other.lower(): other for other in others}
    found = get_close_matches(name.lower(), by_lower, n=1)
    return by_lower[found[0]] if found else None
