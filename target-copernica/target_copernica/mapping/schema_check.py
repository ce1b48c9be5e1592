"""Records are checked against the JSON schema of their stream (draft 7, as Singer has it).

Only what stands in the schema itself counts: a reference to another address is never followed, and anything
fits there. A property whose schema cannot be used is not checked; all others still are.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NoReturn
from urllib.parse import urldefrag, urljoin

import fastjsonschema

from target_copernica.errors import RejectedRecordError
from target_copernica.mapping.values import whole_number

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterator, Mapping

    Validate = Callable[[Any], object]

__all__ = ["SchemaCheck"]


_DRAFT: Final = "http://json-schema.org/draft-07/schema#"
_REFERRED_TO: Final = ("$defs", "$id", "definitions")
"""Keywords that check nothing themselves."""

_HUGE: Final = 10**100
"""Stands for whole numbers beyond it, which would take long to write out."""


class SchemaCheck:
    """Says whether a record fits the schema of its stream.

    Args:
        schema: The JSON schema.

    Attributes:
        unchecked: Properties and keywords of the schema that cannot be used, for a warning.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.unchecked: list[str] = []
        base = _text(schema.get("$id"))
        inside = {urljoin(base, address) for address in ("", *_addresses(schema))}
        usable = self._without_references(dict(schema), base, inside)
        self._validate: Validate = _compiled(usable) or self._of_usable_parts(usable)

    def __call__(self, record: dict[str, Any]) -> None:
        """Check a record.

        Args:
            record: As the tap sent it; numbers with a fraction as Decimal.

        Raises:
            RejectedRecordError: It does not fit. The property and the rule are named, the value is not.
        """
        try:
            self._validate(record)
        except fastjsonschema.JsonSchemaValueException:
            # `7.0` and `1e1` are integers in JSON Schema, and the bounds of a schema are binary fractions.
            # Few records get here, so that most are not copied.
            try:
                self._validate(_with_plain_numbers(record))
            except fastjsonschema.JsonSchemaValueException as error:
                raise RejectedRecordError(
                    f"{error.name} does not fit the stream's schema ({error.rule})"
                ) from None

    def warn(self, stream: str, log: logging.Logger) -> None:
        """Say which parts of the schema are not used."""
        if self.unchecked:
            log.warning(
                "stream %s: parts of its schema cannot be used to check records: %s; the others are used",
                stream,
                ", ".join(self.unchecked),
            )

    def _of_usable_parts(self, schema: Mapping[str, Any]) -> Validate:
        properties = schema.get("properties", {})
        bad = {name for name, part in properties.items() if not _is_usable(part, schema)}
        rest = {
            key: part
            for key, part in schema.items()
            if key in _REFERRED_TO or _is_usable({key: part}, schema)
        }
        self.unchecked += [*sorted(bad), *(key for key in schema if key not in rest and key != "properties")]
        if bad:
            rest.pop("additionalProperties", None)  # what is not checked may be there all the same
        rest["properties"] = {name: part for name, part in properties.items() if name not in bad}
        if (validate := _compiled(rest)) is not None:
            return validate
        self.unchecked = ["all of it"]
        return _anything_fits

    def _without_references(self, part: Any, base: str, inside: set[str]) -> Any:  # noqa: ANN401 - any JSON
        """A copy of a schema in which anything fits where it refers to another address."""
        if isinstance(part, list):
            return [self._without_references(entry, base, inside) for entry in part]
        if not isinstance(part, dict):
            return part
        if (reference := _text(part.get("$ref"))) and urldefrag(urljoin(base, reference)).url not in inside:
            self.unchecked.append(f"$ref {reference}")
            return {}
        return {name: self._without_references(entry, base, inside) for name, entry in part.items()}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _addresses(part: object) -> Iterator[str]:
    """The addresses that parts of a schema give themselves."""
    if isinstance(part, dict):
        yield from (urldefrag(address).url for address in [_text(part.get("$id"))] if address)
        for entry in part.values():
            yield from _addresses(entry)
    elif isinstance(part, list):
        for entry in part:
            yield from _addresses(entry)


def _is_usable(part: object, schema: Mapping[str, Any]) -> bool:
    """Whether a part of a schema can be used, by itself, with what it refers to in the schema."""
    # What stands beside `$ref` only counts where something refers to it.
    return _compiled({**schema, "$ref": "#/~part", "~part": part}) is not None


def _compiled(schema: Mapping[str, Any]) -> Validate | None:
    draft = {**_prepared(schema), "$schema": _DRAFT}
    try:
        validate: Validate = fastjsonschema.compile(
            draft, handlers=_NO_FETCHING, use_formats=False, use_default=False
        )
    except Exception:  # noqa: BLE001 - whatever a schema of any tap makes its compiler raise
        return None
    return validate


def _anything_fits(_record: object) -> None:
    """Check nothing."""


def _never_fetched(_uri: str) -> NoReturn:
    raise LookupError("a reference to another address")


_NO_FETCHING: Final = dict.fromkeys(("", "data", "file", "ftp", "http", "https"), _never_fetched)
"""All kinds of addresses that the compiler would open, if a reference were overlooked here."""


def _prepared(schema: Any) -> Any:  # noqa: ANN401 - any JSON
    """A copy of a schema without `multipleOf`, which is reckoned in binary fractions."""
    if isinstance(schema, dict):
        return {
            name: _prepared(part)
            for name, part in schema.items()
            if name != "multipleOf" or isinstance(part, dict)  # a property may have that name
        }
    return [_prepared(part) for part in schema] if isinstance(schema, list) else _with_plain_numbers(schema)


def _with_plain_numbers(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """A copy with numbers as every JSON reader has them: whole ones as int, others as float."""
    if isinstance(value, dict):
        return {name: _with_plain_numbers(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_with_plain_numbers(part) for part in value]
    if not isinstance(value, (Decimal, float)):
        return value
    if (whole := whole_number(value)) is not None:
        return whole
    number = float(value)
    if abs(number) >= _HUGE:
        return int(math.copysign(1, number)) * _HUGE
    return value if number.is_integer() else number
