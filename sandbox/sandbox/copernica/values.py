"""What Copernica makes of a value: field type x JSON value -> the text that it stores and gives back.

It almost never refuses one (docs/api/copernica.md, section 5).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sandbox.copernica.dates import strtotime

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

TYPES: Final = frozenset(
    [
        "integer",
        "float",
        "date",
        "empty_date",
        "datetime",
        "empty_datetime",
        "text",
        "email",
        "phone",
        "phone_fax",
        "phone_gsm",
        "select",
        "big",
        "foreign_key",
    ]
)
TEXT_TYPES: Final = frozenset({"text", "email", "phone", "phone_fax", "phone_gsm"})
"""The types that have a longest length."""

_ZEROS: Final = {
    "integer": "0",
    "float": "0",
    "foreign_key": "0",
    "date": "0000-00-00",
    "datetime": "0000-00-00 00:00:00",
}
_NUMBER: Final = re.compile(r"[ \t\n\r\v\f]*([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)")
_PLAIN: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_INT_MAX: Final = 2**63 - 1
_SCIENTIFIC_FROM: Final = 1e15
_PRECISION: Final = 14


class TooLongError(Exception):
    """A text does not fit, under the switch `over_long_text: 400`."""


@dataclass(frozen=True, slots=True)
class FieldDef:
    """What the conversion needs to know of a field.

    Attributes:
        id: Its id.
        name: Its name.
        type: One of `TYPES`.
        value: The default, or the choices of a select.
        length: Longest text of a text type.
        index: Whether it is indexed.
        backfill: What records hold that are older than the field.
        keyed: Whether an import used it as a key.
    """

    id: int
    name: str
    type: str
    value: str = ""
    length: int = 255
    index: bool = False
    backfill: str = ""
    keyed: bool = False

    @property
    def looked_up(self) -> bool:
        """Whether its values can be found without reading all records; people ask for e-mail addresses."""
        return self.index or self.keyed or self.type == "email"

    @property
    def choices(self) -> list[str]:
        """The choices of a select, without the asterisk of the default."""
        return [line.removesuffix("*") for line in self.value.splitlines()]


@dataclass(frozen=True, slots=True)
class Rules:
    """What a conversion depends on beside the field.

    Attributes:
        now: The clock.
        cut: Whether an over-long text is cut; else it is refused.
        printing: How a number is given back: a choice of the switch `float_printing`.
    """

    now: datetime
    cut: bool = True
    printing: str = "php"


def convert(field: FieldDef, value: Any, rules: Rules) -> str:  # noqa: ANN401 - any JSON
    """The text that is stored for a value.

    Args:
        field: Where it goes.
        value: Any JSON value.
        rules: Clock and switches.

    Raises:
        TooLongError: See `Rules.cut`.
    """
    return _CONVERSIONS[field.type](field, value, rules)


def zero(kind: str) -> str:
    """What a field of a type holds that was never filled."""
    return _ZEROS.get(kind, "")


def default(field: FieldDef, rules: Rules) -> str:
    """What a new record holds in a field that its body does not name."""
    if field.type == "select":
        return next((line.removesuffix("*") for line in field.value.splitlines() if line.endswith("*")), "")
    return convert(field, field.value, rules)


def comparable(kind: str, stored: str) -> str | float:
    """A stored text in the form in which two are compared.

    Texts without case and trailing spaces, numbers by value.
    """
    if kind in ("integer", "float", "foreign_key"):
        number = php_float(stored)
        return 0.0 if number == 0 else number
    return stored.rstrip(" ").casefold() if kind in TEXT_TYPES or kind == "big" else stored


def php_text(value: Any) -> str:  # noqa: ANN401
    """A JSON value as PHP prints it; null, lists and objects come out empty."""
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, float):
        return _php_float_text(value)
    return str(value) if isinstance(value, (str, int)) else ""


def php_float(value: Any) -> float:  # noqa: ANN401
    """A JSON value cast to a number as PHP does: the number that it begins with, else 0."""
    if isinstance(value, str):
        found = _NUMBER.match(value)
        return float(found[1]) if found else 0.0
    if isinstance(value, (list, dict)):
        return 1.0 if value else 0.0
    return float(value or 0)


def php_int(value: Any) -> int:  # noqa: ANN401
    """A JSON value cast to a whole number as PHP does, cut towards 0, within 64 bits."""
    if isinstance(value, str) and (found := re.match(r"[ \t\n\r\v\f]*([+-]?[0-9]{1,19})(?![0-9.eE])", value)):
        value = int(found[1])
    if isinstance(value, int):
        return max(-_INT_MAX - 1, min(int(value), _INT_MAX))
    number = php_float(value)
    return php_int(int(number)) if abs(number) < float("inf") else 0


def truth(value: str | None, *, otherwise: bool = False) -> bool:
    """A boolean of the query: `true`, `yes`, or a number of size 1 or more.

    Args:
        value: What was sent; None where nothing was.
        otherwise: What holds then.
    """
    if value is None:
        return otherwise
    return value.strip().lower() in ("true", "yes") or abs(php_float(value)) >= 1


def _php_float_text(number: float) -> str:
    if abs(number) == float("inf"):
        return "INF" if number > 0 else "-INF"
    if number == int(number) and abs(number) < _SCIENTIFIC_FROM:
        return str(int(number))
    text = repr(number)
    mantissa, _, exponent = text.partition("e")
    if not exponent and abs(number) < _SCIENTIFIC_FROM:
        return text
    if not exponent:
        mantissa, exponent = f"{number:.16e}".split("e")
        mantissa = mantissa.rstrip("0")
    whole, _, fraction = mantissa.partition(".")
    return f"{whole}.{fraction or '0'}E{int(exponent):+d}"


def _php_echoed(number: float) -> str:
    """A float as PHP turns it into a text under its default `precision` of 14 digits; -0.0 is `-0` there."""
    mantissa, _, exponent = f"{number:.{_PRECISION}g}".partition("e")
    if not exponent:
        return mantissa
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent):+d}"


def _text(field: FieldDef, value: Any, rules: Rules) -> str:  # noqa: ANN401
    text = php_text(value)
    if len(text) <= field.length or field.type not in TEXT_TYPES:
        return text
    if not rules.cut:
        raise TooLongError(field.name)
    return text[: field.length]


def _select(field: FieldDef, value: Any, _rules: Rules) -> str:  # noqa: ANN401
    text = php_text(value)
    return text if text in field.choices else ""


def _integer(_field: FieldDef, value: Any, _rules: Rules) -> str:  # noqa: ANN401
    return str(php_int(value))


def _float(_field: FieldDef, value: Any, rules: Rules) -> str:  # noqa: ANN401
    if (
        isinstance(value, str)
        and rules.printing == "as_sent"
        and (found := _NUMBER.match(value))
        and _PLAIN.fullmatch(found[1])
    ):
        return found[1].lstrip("+")
    number = php_float(value)
    if abs(number) == float("inf"):
        return "0"
    return _php_echoed(number) if rules.printing == "php" else _php_float_text(number)


def _datetime(field: FieldDef, value: Any, rules: Rules) -> str:  # noqa: ANN401
    instant = None if isinstance(value, bool) else strtotime(php_text(value), rules.now)
    if instant is None:
        return zero(field.type)
    day = f"{instant.year:04}-{instant.month:02}-{instant.day:02}"
    return day if field.type.endswith("date") else f"{day} {instant:%H:%M:%S}"


_CONVERSIONS: Final[dict[str, Callable[[FieldDef, Any, Rules], str]]] = {
    **dict.fromkeys(TEXT_TYPES | {"big"}, _text),
    **dict.fromkeys(("integer", "foreign_key"), _integer),
    **dict.fromkeys(("date", "empty_date", "datetime", "empty_datetime"), _datetime),
    "select": _select,
    "float": _float,
}
