"""What a line of a mapping that defines a field means, and what is possible there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from target_copernica.errors import SettingsError
from target_copernica.mapping.lines import boolean, lines_of, only, paths, text_of
from target_copernica.mapping.model import FieldMap
from target_copernica.mapping.names import check_field_name
from target_copernica.mapping.transforms import TRANSFORMS, steps_of
from target_copernica.mapping.values import FIELD_TYPES, BadValueError, Column, convert

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["fields_of", "fitting"]

_KEYS: Final = frozenset(
    {
        "name", "from", "type", "length", "index", "choices", "on_too_long", "never_live", "description",
        *TRANSFORMS,
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
    steps = steps_of(body, where)
    results = [result for step in steps for result in step.results()]
    column = _column(body, tuple(dict.fromkeys(text for _, text in results)), where)
    for line, text in results:
        fitting(text, column, f"{where}.{line}")
    sources = body.get("from", key)
    return FieldMap(
        name=check_field_name(str(body.get("name", key)), f"mapping, {where}"),
        column=column,
        sources=()
        if any(step.transform.makes_its_own for step in steps)
        else paths(sources if isinstance(sources, list) else [sources], f"{where}.from"),
        index=_index(body, column, where),
        steps=steps,
        never_live=boolean(body, "never_live", where),
        key=key,
        description=text_of(body.get("description", ""), f"{where}.description"),
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
    found = tuple(text_of(entry, where) for entry in value)
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
    text = text_of(value, where)
    try:
        convert(text, column, ZoneInfo("UTC"))
    except BadValueError as bad:
        raise SettingsError(f"mapping, {where}: {bad.reason}") from None
    return text
