"""How single lines of a mapping are read; what is wrong with one is told with its path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_copernica.errors import SettingsError
from target_copernica.mapping.paths import as_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_copernica.mapping.paths import Path

__all__ = ["boolean", "lines_of", "only", "optional_path", "path_of", "paths", "text_of"]


def boolean(body: Mapping[str, Any], key: str, where: str) -> bool:
    """A line that says true or false; false where there is none.

    Raises:
        SettingsError: It says something else.
    """
    value = body.get(key, False)
    if not isinstance(value, bool):
        raise SettingsError(f"mapping, {where}.{key}: true or false")
    return value


def lines_of(value: object, where: str) -> Mapping[str, Any]:
    """The lines of a value that has to have some.

    Raises:
        SettingsError: It has none.
    """
    if not isinstance(value, dict):
        raise SettingsError(f"mapping, {where}: expected `name: value` lines")
    return value


def only(body: Mapping[str, Any], allowed: frozenset[str], where: str) -> None:
    """See that no line has a name that means nothing.

    Raises:
        SettingsError: One has.
    """
    if unknown := sorted(set(map(str, body)) - allowed):
        raise SettingsError(
            f"mapping, {where}: unknown {', '.join(unknown)}; possible: {', '.join(sorted(allowed))}"
        )


def paths(value: object, where: str) -> tuple[Path, ...]:
    """A list of property names.

    Raises:
        SettingsError: It is none.
    """
    if not isinstance(value, list) or not value:
        raise SettingsError(f"mapping, {where}: expected a list of property names")
    return tuple(path_of(entry, where) for entry in value)


def optional_path(value: object, where: str) -> Path | None:
    """A property name, or nothing.

    Raises:
        SettingsError: It is something else.
    """
    return None if value is None else path_of(value, where)


def path_of(value: object, where: str) -> Path:
    """A property name, as steps.

    Raises:
        SettingsError: It is something else.
    """
    if not isinstance(value, str) or not value:
        raise SettingsError(
            f"mapping, {where}: expected a property name such as `createdAt` or `language.code`"
        )
    return tuple(value.split("."))


def text_of(value: object, where: str) -> str:
    """A text or a number, as text.

    Raises:
        SettingsError: It is something else.
    """
    if not isinstance(value, (str, int, float)):
        raise SettingsError(f"mapping, {where}: expected a text or a number")
    return as_text(value)
