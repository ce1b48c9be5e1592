"""Any stream without a mapping: a database of its own, its fields from the stream's JSON schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from target_copernica.mapping.keys import KEY_FIELD
from target_copernica.mapping.model import DatabaseMap, FieldMap, PlaceMap, StreamMap
from target_copernica.mapping.names import safe_names
from target_copernica.mapping.transforms import TRANSFORMS, Step
from target_copernica.mapping.values import Column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["CONTENT_KEY", "generic_mapping"]

CONTENT_KEY: Final = ("~content",)
"""Path under which a record without a key carries the hash of its content: equal records are one."""

_LONGEST_TEXT: Final = 255
_DATES: Final = {"date-time": "empty_datetime", "date": "empty_date"}
_YES_OR_NO: Final = Step(TRANSFORMS["values"], {"true": "yes", "false": "no"})
_EMAIL_NAMES: Final = frozenset({"email", "e_mail", "email_address"})


def generic_mapping(
    stream: str, schema: Mapping[str, Any], key_properties: Sequence[str]
) -> tuple[DatabaseMap, StreamMap]:
    """The mapping of a stream that the user did not map.

    Args:
        stream: Its name.
        schema: Its JSON schema.
        key_properties: Its key; without one, equal records are one.

    Returns:
        A database named after the stream, and one field for each property.
    """
    names = safe_names(schema.get("properties", {}), {KEY_FIELD})
    emails = 0
    fields = []
    for name, definition in schema.get("properties", {}).items():
        column = _column(name, definition, may_be_email=emails == 0)
        emails += column.type == "email"
        steps = (_YES_OR_NO,) if column.type == "select" else ()
        fields.append(
            FieldMap(
                names[name],
                column,
                ((name,),),
                name in key_properties and column.type != "big",
                steps=steps,
            )
        )
    alias = f"~{stream}"  # no database of a mapping has such a name
    return DatabaseMap(alias, safe_names([stream], set())[stream]), StreamMap(
        stream,
        PlaceMap(alias, creates=True),
        tuple((name,) for name in key_properties) or (CONTENT_KEY,),
        tuple(fields),
    )


def _column(name: str, definition: Mapping[str, Any], *, may_be_email: bool) -> Column:
    kinds = _kinds(definition) if isinstance(definition, dict) else set()
    if kinds == {"boolean"}:
        return Column("select", None, ("yes", "no"))
    if kinds == {"integer"}:
        return Column("integer")
    if kinds and kinds <= {"integer", "number"}:
        return Column("float")
    if kinds == {"string"}:
        return _text_column(name, definition, may_be_email=may_be_email)
    return Column("big")  # nested values as JSON text


def _text_column(name: str, definition: Mapping[str, Any], *, may_be_email: bool) -> Column:
    text_format = definition.get("format")
    if text_format in _DATES:
        return Column(_DATES[text_format])
    if may_be_email and (text_format == "email" or name.lower() in _EMAIL_NAMES):
        return Column("email")
    longest = definition.get("maxLength")
    if isinstance(longest, int) and 0 < longest <= _LONGEST_TEXT:
        return Column("text", longest)
    return Column("big")  # of unknown length: nothing is cut


def _kinds(definition: Mapping[str, Any]) -> set[str]:
    """The JSON types that a property may have, null aside."""
    kinds = definition.get("type")
    found = {kinds} if isinstance(kinds, str) else set(kinds or ())
    for branch in (*definition.get("anyOf", ()), *definition.get("oneOf", ())):
        found |= _kinds(branch)
    return found - {"null"}
