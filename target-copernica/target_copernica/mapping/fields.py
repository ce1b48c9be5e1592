"""What a line of a mapping that defines a field means, and what is possible there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from target_copernica.errors import SettingsError
from target_copernica.mapping.model import FieldMap, Path
from target_copernica.mapping.names import check_field_name
from target_copernica.mapping.values import FIELD_TYPES, BadValueError, Column, convert

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["boolean", "fields_of", "fitting", "lines_of", "only", "optional_path", "paths"]

_KEYS: Final = frozenset(
    {
        "name", "from", "type", "length", "index", "constant", "join", "values", "choices", "when",
        "on_too_long",
    }
)  # fmt: skip
_LENGTHS: Final = range(1, 256)
_WITH_LENGTH: Final = frozenset({"text", "email", "phone", "phone_fax", "phone_gsm"})


def fields_of(section: Mapping[str, Any], where: str) -> dict[str, FieldMap]:
    """The fields that lines define.

    Args:
        section: The lines.
        where: The path of their section.

    Returns:
        The declarations, by the name of their line.

    Raises:
        SettingsError: A line cannot be understood.
    """
    return {
        name: _field(name, lines_of(body, f"{where}.{name}"), f"{where}.{name}")
        for name, body in section.items()
    }


def _field(key: str, body: Mapping[str, Any], where: str) -> FieldMap:
    only(body, _KEYS, where)
    values = {
        _text(source, where): _text(value, f"{where}.values.{source}")
        for source, value in lines_of(body.get("values", {}), f"{where}.values").items()
    }
    column = _column(body, tuple(dict.fromkeys(values.values())), where)
    for source, value in values.items():
        fitting(value, column, f"{where}.values.{source}")
    if "constant" in body and not {"from", "join", "values"}.isdisjoint(body):
        raise SettingsError(f"mapping, {where}: a `constant` comes from nowhere: no from, join or values")
    constant = fitting(body["constant"], column, f"{where}.constant") if "constant" in body else None
    sources = body.get("from", key)
    when = lines_of(body.get("when", {}), f"{where}.when")
    return FieldMap(
        name=check_field_name(str(body.get("name", key)), f"mapping, {where}"),
        column=column,
        sources=()
        if constant is not None
        else paths(sources if isinstance(sources, list) else [sources], f"{where}.from"),
        index=_index(body, column, where),
        constant=constant,
        join=_text(body["join"], f"{where}.join") if "join" in body else None,
        values=values,
        when=tuple((_path(path, f"{where}.when"), _text(text, where)) for path, text in when.items()),
    )


def _column(body: Mapping[str, Any], mapped: tuple[str, ...], where: str) -> Column:
    kind = body.get("type", "text")
    if kind not in FIELD_TYPES:
        raise SettingsError(f"mapping, {where}.type: one of {', '.join(sorted(FIELD_TYPES))}")
    length = body.get("length", 255 if kind == "text" else None)
    if length is not None and kind not in _WITH_LENGTH:
        raise SettingsError(f"mapping, {where}.length: a field of type {kind} has none")
    if length is not None and (isinstance(length, bool) or length not in _LENGTHS):
        raise SettingsError(f"mapping, {where}.length: a whole number from 1 to 255")
    if body.get("on_too_long", "omit") not in ("omit", "truncate"):
        raise SettingsError(f"mapping, {where}.on_too_long: `omit` or `truncate`")
    if "on_too_long" in body and kind != "text":
        raise SettingsError(f"mapping, {where}.on_too_long: only a text can be cut")
    if "choices" in body and kind != "select":
        raise SettingsError(f"mapping, {where}.choices: only a select has choices")
    choices = _choices(body["choices"], f"{where}.choices") if "choices" in body else mapped
    if kind == "select" and not choices:
        raise SettingsError(f"mapping, {where}: a select needs `choices` (or `values`)")
    return Column(
        kind, length, choices if kind == "select" else (), truncate=body.get("on_too_long") == "truncate"
    )


def _choices(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise SettingsError(f"mapping, {where}: expected a list of texts")
    found = tuple(_text(entry, where) for entry in value)
    if any(not entry or "\n" in entry or "*" in entry for entry in found) or len(set(found)) < len(found):
        raise SettingsError(
            f"mapping, {where}: each once, on one line, without an asterisk (it marks defaults)"
        )
    return found


def _index(body: Mapping[str, Any], column: Column, where: str) -> bool:
    wanted = boolean(body, "index", where)
    if wanted and column.type == "big":
        raise SettingsError(f"mapping, {where}.index: Copernica cannot index a field of type big")
    return wanted


def fitting(value: object, column: Column, where: str) -> str:
    """A value that stands in a mapping, checked against its field.

    Raises:
        SettingsError: The field cannot hold it.
    """
    text = _text(value, where)
    try:
        convert(text, column, ZoneInfo("UTC"))
    except BadValueError as bad:
        raise SettingsError(f"mapping, {where}: {bad.reason}") from None
    return text


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
    return tuple(_path(entry, where) for entry in value)


def optional_path(value: object, where: str) -> Path | None:
    """A property name, or nothing.

    Raises:
        SettingsError: It is something else.
    """
    return None if value is None else _path(value, where)


def _path(value: object, where: str) -> Path:
    if not isinstance(value, str) or not value:
        raise SettingsError(
            f"mapping, {where}: expected a property name such as `createdAt` or `language.code`"
        )
    return tuple(value.split("."))


def _text(value: object, where: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, (str, int, float)):
        raise SettingsError(f"mapping, {where}: expected a text or a number")
    return str(value)
