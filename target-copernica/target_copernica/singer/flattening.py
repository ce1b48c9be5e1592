"""Flattening by the SDK, of properties without a `type` (`{}`, `anyOf`, `enum`, `$ref`).

The SDK takes such a property for a text, or for the first branch, leaves it out, or fails on it. The
tap did not say that it is a text: it may hold anything, and no record is refused for what it holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["with_bare_properties", "with_untyped_properties"]


def with_bare_properties(schema: Any) -> Any:  # noqa: ANN401 - any JSON
    """A schema as the SDK can flatten it.

    Args:
        schema: The schema of a SCHEMA message.

    Returns:
        A copy in which a property without a type has the empty schema.
    """
    if not isinstance(schema, dict) or not isinstance(schema.get("properties"), dict):
        return schema
    properties = {
        name: with_bare_properties(part) if _is_typed(part) else {}
        for name, part in schema["properties"].items()
    }
    return {**schema, "properties": properties}


def with_untyped_properties(
    flat: Mapping[str, Any], raw: Mapping[str, Any], separator: str, levels: int
) -> dict[str, Any]:
    """A flattened schema in which a property without a type may hold anything.

    Args:
        flat: What the SDK made of a schema.
        raw: That schema.
        separator: What stands between two names of a path.
        levels: How many levels were flattened.
    """
    untyped: dict[str, Any] = {separator.join(path): {} for path in _untyped(raw, levels)}
    known = {name: part for name, part in untyped.items() if name in flat.get("properties", {})}
    return {**flat, "properties": {**flat.get("properties", {}), **known}}


def _untyped(schema: Mapping[str, Any], levels: int) -> Iterator[tuple[str, ...]]:
    for name, part in schema.get("properties", {}).items():
        if not _is_typed(part):
            yield (name,)
        elif levels and "object" in part["type"]:
            for path in _untyped(part, levels - 1):
                yield (name, *path)


def _is_typed(part: object) -> bool:
    return isinstance(part, dict) and "type" in part
