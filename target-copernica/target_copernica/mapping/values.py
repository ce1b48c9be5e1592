"""How a JSON value becomes a value of a Copernica field, or is refused by us.

Copernica refuses almost nothing: what it does not understand becomes 0, an empty text or a date of
today, without a word (API reference, "Field types"; docs/api/copernica.md section 5). So every value
is brought here to the one form of its type that Copernica stores as it is, and what has no such form
is a `BadValueError` and never sent.

Everything is sent as text: Copernica answers all values as text, numbers keep their digits, and a
time stands as the wall clock shows it, so that a zone cannot shift it on the way.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from zoneinfo import ZoneInfo

__all__ = [
    "FIELD_TYPES", "BadValueError", "Column", "comparable", "convert", "empty_value", "parse_instant",
    "whole_number",
]  # fmt: skip

FIELD_TYPES: Final = frozenset(
    {
        "text", "email", "phone", "phone_fax", "phone_gsm", "select", "big",
        "integer", "float", "date", "empty_date", "datetime", "empty_datetime",
    }
)  # fmt: skip
"""The types that this target writes. `foreign_key` holds a profile id, which no source knows."""

_NUMBERS: Final = frozenset({"integer", "float"})
_SIGNED_64_BIT: Final = range(-(2**63), 2**63)
_YEARS: Final = range(1000, 10000)  # what a DATE column of the usual databases holds
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_EMAIL: Final = re.compile(r"[^@\s,;<>()\[\]\\\"]+@[^@\s,;<>()\[\]\\\".]+(\.[^@\s,;<>()\[\]\\\".]+)+")
_EMAIL_LENGTH: Final = 254
_MOST_DIGITS: Final = 100  # 1e999999 is a short text and a long number
_FLOAT_DIGITS: Final = 15  # what every float of 64 bits keeps
_PRINTED_DIGITS: Final = 14
"""How many digits survive where PHP turns a float into text under its default `precision`."""
_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d{1,2})?")


class BadValueError(ValueError):
    """A value that its field cannot hold as it is.

    Args:
        reason: Why, without the value.
        empties: Whether the field must be emptied rather than left as it is.
    """

    def __init__(self, reason: str, *, empties: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.empties = empties


class Column(Struct, frozen=True):
    """What a value must fit into.

    Attributes:
        type: One of `FIELD_TYPES`.
        length: Longest text, in characters; None where the type has no limit of ours.
        choices: What a `select` offers.
        truncate: Cut a text that is too long, instead of refusing it.
    """

    type: str
    length: int | None = None
    choices: tuple[str, ...] = ()
    truncate: bool = False


def empty_value(column_type: str) -> str:
    """What empties a field: number fields are never empty in Copernica, they hold 0.

    Args:
        column_type: One of `FIELD_TYPES`.

    Returns:
        `"0"` for numbers, `""` for everything else.
    """
    return "0" if column_type in _NUMBERS else ""


def convert(value: Any, column: Column, zone: ZoneInfo) -> str:  # noqa: ANN401 - any JSON value
    """Bring a JSON value to the form of a field.

    Args:
        value: Any JSON value; numbers with a fraction as Decimal.
        column: The field.
        zone: The zone whose wall clock Copernica shows.

    Returns:
        What is to be sent. None and `""` empty the field.

    Raises:
        BadValueError: Copernica would store something else than this value means.
    """
    if value is None or value == "":
        return empty_value(column.type)
    return _CONVERTERS[column.type](value, column, zone)


def comparable(value: str, column_type: str) -> str:
    """A value as it is compared: Copernica may print a number or an empty date otherwise than it was sent.

    Two floats are equal when their first 14 digits are: more do not survive Copernica's own printing.

    Args:
        value: As it is sent, or as it was read.
        column_type: One of `FIELD_TYPES`.
    """
    if column_type in _NUMBERS:
        return _comparable_number(value, column_type)
    if column_type in _DATES and value.startswith("0000-00-00"):
        return ""
    return value


def whole_number(value: object) -> int | None:
    """The whole number that a value is: in JSON `7`, `7.0` and `7e0` are the same one.

    Args:
        value: Any JSON value; numbers with a fraction as Decimal.

    Returns:
        None for what is no whole number, and for one of more than a hundred digits.
    """
    if isinstance(value, int):
        return None if isinstance(value, bool) else value
    if isinstance(value, float):
        value = Decimal(value)
    if not isinstance(value, Decimal) or not value.is_finite() or value.adjusted() >= _MOST_DIGITS:
        return None
    return int(value) if value == value.to_integral_value() else None


def _comparable_number(value: str, column_type: str) -> str:
    if value.isdecimal() and value[0] != "0" and len(value) <= _PRINTED_DIGITS:
        return value
    try:
        number = Decimal(value.strip() or "0")
        if column_type == "float":
            number = Decimal(format(float(number), f".{_PRINTED_DIGITS}g"))
    except (InvalidOperation, OverflowError):
        return value
    return format(number.normalize(), "f") if number else "0"


def _text(value: Any, column: Column, _zone: ZoneInfo) -> str:  # noqa: ANN401
    if isinstance(value, str) and value.isprintable():  # so it holds no half of a surrogate pair
        text = value
    elif isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, (dict, list)):
        text = _encodable(json.dumps(value, ensure_ascii=False, default=str, separators=(",", ":")))
    elif isinstance(value, (int, Decimal, float)):
        number = Decimal(str(value))
        if not number.is_finite() or abs(number.adjusted()) > _MOST_DIGITS:
            raise BadValueError("not a number that can be written out")
        text = _plain(number)
    else:
        text = _encodable(_CONTROL.sub("", str(value)))
    if column.length is None or len(text) <= column.length:
        return text
    if column.truncate:
        return text[: column.length].rstrip()
    raise BadValueError(f"longer than {column.length} characters")


def _email(value: Any, column: Column, _zone: ZoneInfo) -> str:  # noqa: ANN401
    # An address that is no address empties the field: the old one must not stay mailed.
    address = value.strip() if isinstance(value, str) else ""
    too_long = len(address) > min(column.length or _EMAIL_LENGTH, _EMAIL_LENGTH)
    if too_long or not address.isprintable() or not _EMAIL.fullmatch(address):
        raise BadValueError("not an e-mail address; the field was emptied", empties=True)
    return address


def _encodable(text: str) -> str:
    """The text, with a `?` where half of a surrogate pair stands alone."""
    return text.encode("utf-8", "replace").decode()


def _phone(value: Any, column: Column, zone: ZoneInfo) -> str:  # noqa: ANN401
    return _text(value.strip() if isinstance(value, str) else value, column, zone)


def _select(value: Any, column: Column, zone: ZoneInfo) -> str:  # noqa: ANN401
    text = _text(value, Column("text"), zone)
    if text not in column.choices:
        raise BadValueError("not one of the field's choices")
    return text


def _integer(value: Any, _column: Column, _zone: ZoneInfo) -> str:  # noqa: ANN401
    if type(value) is int and value in _SIGNED_64_BIT:  # no boolean, and nothing to be weighed
        return str(value)
    number = _number(value)
    if number != number.to_integral_value():
        raise BadValueError("not a whole number")
    if int(number) not in _SIGNED_64_BIT:
        raise BadValueError("a number beyond 64 bits")
    return str(int(number))


def _float(value: Any, _column: Column, _zone: ZoneInfo) -> str:  # noqa: ANN401
    number = _number(value)
    if len(number.as_tuple().digits) > _FLOAT_DIGITS:  # a float keeps no more, however it is printed
        number = Decimal(repr(float(number)))
    return _plain(number)


def _number(value: Any) -> Decimal:  # noqa: ANN401
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, str)):
        raise BadValueError("not a number")
    text = str(value).strip()
    if not _NUMBER.fullmatch(text):
        raise BadValueError("not a number")
    return Decimal(text)


def _plain(number: Decimal) -> str:
    """Digits without an exponent: PHP reads `1e3` in its own ways. 12.50 stays 12.50, -0.0 becomes 0."""
    text = format(number or abs(number), "f")
    return "0" if not number and "." not in text else text


def _date(value: Any, _column: Column, zone: ZoneInfo) -> str:  # noqa: ANN401
    if isinstance(value, str):
        text = value.strip()
        try:
            return (
                _in_range(date.fromisoformat(text)).isoformat()
                if len(text) == len("2020-01-02")
                else _wall(text, zone)[:10]
            )
        except ValueError:
            pass
    raise BadValueError("not a date of the form YYYY-MM-DD")


def _datetime(value: Any, _column: Column, zone: ZoneInfo) -> str:  # noqa: ANN401
    if isinstance(value, str):
        try:
            return _wall(value.strip(), zone)
        except ValueError:
            pass
    raise BadValueError("not a time of the form YYYY-MM-DDTHH:MM:SS with its offset")


def _wall(text: str, zone: ZoneInfo) -> str:
    instant = parse_instant(text)
    if instant is None or instant.year not in _YEARS[:-1]:  # the last year's last evening has no next day
        raise ValueError
    local = instant.astimezone(zone).replace(tzinfo=None)
    _in_range(local)
    return local.isoformat(" ", "seconds")


def _in_range(day: date) -> date:
    if day.year not in _YEARS:
        raise ValueError
    return day


def parse_instant(value: object) -> datetime | None:
    """Read a time of a record.

    Args:
        value: ISO 8601 text with a date and a time; without an offset it is UTC, as in Singer.

    Returns:
        The instant in UTC, or None where the value is no such text.
    """
    return _instant(value) if isinstance(value, str) and len(value) > len("2020-01-02T") else None


@lru_cache(maxsize=1024)  # a record names one instant as a value, as its version and as its age
def _instant(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


_DATES: Final = frozenset({"date", "empty_date", "datetime", "empty_datetime"})
_CONVERTERS: Final[Mapping[str, Callable[[Any, Column, ZoneInfo], str]]] = {
    "text": _text,
    "big": _text,
    "email": _email,
    "phone": _phone,
    "phone_fax": _phone,
    "phone_gsm": _phone,
    "select": _select,
    "integer": _integer,
    "float": _float,
    "date": _date,
    "empty_date": _date,
    "datetime": _datetime,
    "empty_datetime": _datetime,
}
