"""Every JSON value either arrives as it is meant or is refused: Copernica itself converts without a word."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_copernica.mapping.values import (
    FIELD_TYPES,
    BadValueError,
    Column,
    comparable,
    convert,
    empty_value,
    parse_instant,
    whole_number,
)

ZONE = ZoneInfo("Europe/Amsterdam")
YES_NO = ("yes", "no")
EARLIEST, LATEST = (datetime(year, 1, 1) for year in (1990, 2090))  # noqa: DTZ001 - what st.datetimes takes


def converted(value: Any, kind: str, **more: Any) -> str:
    return convert(value, Column(kind, **more), ZONE)


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("Zoë", "text", "Zoë"),
        (" a ", "text", " a "),
        ("😀 العربية", "text", "😀 العربية"),
        ("a\x00b\x1fc\td", "text", "abc\td"),
        (True, "text", "true"),
        (False, "text", "false"),
        (0, "text", "0"),
        (Decimal("12.50"), "text", "12.50"),
        (Decimal("1E+100"), "big", "1" + "0" * 100),
        ({"a": [1]}, "big", '{"a":[1]}'),
        ({"a": Decimal("1.50")}, "big", '{"a":"1.50"}'),
        (["x", "é"], "text", '["x","é"]'),
        ("\ud83d", "text", "?"),
        (3, "integer", "3"),
        (Decimal("3.0"), "integer", "3"),
        ("3", "integer", "3"),
        (" -7 ", "integer", "-7"),
        (Decimal("47.95"), "float", "47.95"),
        (Decimal("6.2475"), "float", "6.2475"),
        (Decimal("1E+3"), "float", "1000"),
        ("0.000", "float", "0.000"),
        (Decimal("-0.0"), "float", "0.0"),
        ("-0", "float", "0"),
        ("-0", "integer", "0"),
        (0, "float", "0"),
        (Decimal("-0"), "float", "0"),
        (Decimal("1.00000000000000"), "float", "1.00000000000000"),
        (Decimal("1.000000000000000"), "float", "1.0"),
        ("a@example.com", "email", "a@example.com"),
        (" a@example.com ", "email", "a@example.com"),
        ("+31 6 12345678", "phone_gsm", "+31 6 12345678"),
        (" 06 12345678 ", "phone", "06 12345678"),
        ("1980-09-03", "empty_date", "1980-09-03"),
        ("2026-07-01T22:30:00Z", "empty_date", "2026-07-02"),
        ("2026-07-01T22:30:00Z", "empty_datetime", "2026-07-02 00:30:00"),
        ("2026-01-01T00:00:00+01:00", "datetime", "2026-01-01 00:00:00"),
        ("2026-10-25T00:30:00Z", "datetime", "2026-10-25 02:30:00"),
        ("2026-10-25T01:30:00Z", "datetime", "2026-10-25 02:30:00"),
        ("9998-12-31T12:00:00Z", "datetime", "9998-12-31 13:00:00"),
        ("2026-01-01T00:00:00.999Z", "datetime", "2026-01-01 01:00:00"),
    ],
)
def test_a_value_arrives(value: object, kind: str, expected: str) -> None:
    assert converted(value, kind) == expected


@pytest.mark.parametrize("kind", sorted(FIELD_TYPES))
@pytest.mark.parametrize("value", [None, ""])
def test_nothing_empties_a_field(kind: str, value: object) -> None:
    assert converted(value, kind) == ("0" if kind in ("integer", "float") else "")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("abc", "integer"),
        ("12abc", "integer"),
        (True, "integer"),
        (False, "float"),
        (Decimal("2.5"), "integer"),
        (2**63, "integer"),
        ([1], "integer"),
        ({}, "float"),
        ("1,5", "float"),
        ("NaN", "float"),
        ("1e999", "float"),
        ("1959", "date"),
        ("now", "date"),
        ("2021-02-30", "empty_date"),
        ("31/12/2020", "empty_date"),
        (0, "date"),
        ("0000-00-00", "empty_date"),
        ("0001-01-01", "empty_date"),
        (1577934245, "datetime"),
        ("2020-01", "datetime"),
        ("tomorrow", "empty_datetime"),
        (True, "datetime"),
        ("9999-12-31T23:59:59Z", "datetime"),
    ],
)
def test_what_copernica_would_turn_into_something_else_is_refused(value: object, kind: str) -> None:
    with pytest.raises(BadValueError) as refused:
        converted(value, kind)
    assert not refused.value.empties


NUMBER, WHOLE, WIDE = "not a number", "not a whole number", "a number beyond 64 bits"
DATE = "not a date of the form YYYY-MM-DD"
TIME = "not a time of the form YYYY-MM-DDTHH:MM:SS with its offset"


@pytest.mark.parametrize(
    ("value", "kind", "reason"),
    [
        ("x", "integer", NUMBER),
        ([1], "float", NUMBER),
        (Decimal("2.5"), "integer", WHOLE),
        (2**63, "integer", WIDE),
        (-(2**63) - 1, "integer", WIDE),
        ("x", "date", DATE),
        (5, "empty_date", DATE),
        ("x", "datetime", TIME),
        (5, "empty_datetime", TIME),
        ("x", "select", "not one of the field's choices"),
        ("x", "email", "not an e-mail address; the field was emptied"),
        (Decimal("Infinity"), "text", "not a number that can be written out"),
        (Decimal("1E+101"), "text", "not a number that can be written out"),
        (Decimal("1E-101"), "text", "not a number that can be written out"),
    ],
)
def test_a_refusal_says_why(value: object, kind: str, reason: str) -> None:
    with pytest.raises(BadValueError) as refused:
        converted(value, kind)
    assert (str(refused.value), refused.value.reason) == (reason, reason)


@pytest.mark.parametrize(
    "value",
    [
        "none",
        "a@b",
        "a b@example.com",
        "@example.com",
        5,
        "a@example.com,b@example.com",
        "a\u200b@example.com",
        "a" * 243 + "@example.com",
    ],
)
def test_a_bad_address_empties_the_field_so_that_the_old_one_is_not_mailed(value: object) -> None:
    with pytest.raises(BadValueError) as refused:
        converted(value, "email")
    assert refused.value.empties


def test_an_address_may_be_as_long_as_its_field() -> None:
    longest = "a" * 242 + "@example.com"
    assert converted(longest, "email") == longest
    assert converted("a@example.com", "email", length=13) == "a@example.com"
    with pytest.raises(BadValueError):
        converted("a@example.com", "email", length=12)


def test_a_select_takes_its_choices_only() -> None:
    assert converted("yes", "select", choices=YES_NO) == "yes"
    assert converted(1, "select", choices=("1",)) == "1"
    for value in ("Yes", "yes ", "maybe"):
        with pytest.raises(BadValueError):
            converted(value, "select", choices=YES_NO)


def test_long_texts_are_cut_only_where_the_mapping_says_so() -> None:
    assert converted("abcdef", "text", length=3, truncate=True) == "abc"
    assert converted(" b def", "text", length=3, truncate=True) == " b"
    assert converted("abc", "text", length=3) == "abc"
    with pytest.raises(BadValueError, match="longer than 3"):
        converted("abcdef", "text", length=3)


@given(
    st.one_of(
        st.text().map("☃".__add__),
        st.integers(),
        st.booleans(),
        st.none(),
        st.decimals(),
        st.dictionaries(st.text(), st.text()),
    )
)
def test_no_value_of_any_kind_breaks_a_conversion(value: object) -> None:
    for kind in FIELD_TYPES:
        reason = ""
        try:
            converted(value, kind, choices=YES_NO)
        except BadValueError as refused:
            reason = refused.reason
        assert "☃" not in reason  # a reason never quotes the value


@given(st.datetimes(EARLIEST, LATEST, timezones=st.just(UTC)))
def test_an_instant_is_read_whatever_its_offset(instant: datetime) -> None:
    assert parse_instant(instant.isoformat()) == instant
    assert parse_instant(instant.astimezone(ZONE).isoformat()) == instant
    assert parse_instant(instant.replace(tzinfo=None).isoformat(sep=" ")) == instant


def test_empty_values_by_type() -> None:
    assert {empty_value(kind) for kind in FIELD_TYPES} == {"", "0"}


@pytest.mark.parametrize("value", ["2026-11-02", "tomorrow, at nine", "", None, 5, ["2026-11-02T09:00:00Z"]])
def test_what_is_no_date_and_time_is_no_instant(value: object) -> None:
    assert parse_instant(value) is None


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("7", "integer", "7"),
        ("100", "integer", "100"),
        ("007", "integer", "7"),
        (" 7 ", "integer", "7"),
        ("", "integer", "0"),
        (" ", "float", "0"),
        ("0", "integer", "0"),
        ("1.50", "float", "1.5"),
        ("1E+3", "float", "1000"),
        ("-0.5", "float", "-0.5"),
        ("-0", "float", "0"),
        ("1.000000000000004", "float", "1"),
        ("123456789012346", "float", "123456789012350"),
        ("123456789012346", "integer", "123456789012346"),
        ("abc", "float", "abc"),
        ("0000-00-00", "date", ""),
        ("0000-00-00 00:00:00", "empty_datetime", ""),
        ("0000-00-00", "text", "0000-00-00"),
        ("2020-01-01", "date", "2020-01-01"),
        ("1.50", "text", "1.50"),
        ("", "text", ""),
    ],
)
def test_two_prints_of_one_value_compare_as_one(value: str, kind: str, expected: str) -> None:
    assert comparable(value, kind) == expected


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (7, 7),
        (7.0, 7),
        (Decimal("7.0"), 7),
        (Decimal("7E0"), 7),
        (-7, -7),
        (Decimal("1E+99"), 10**99),
        (Decimal("1E+100"), None),
        (True, None),
        (False, None),
        (7.5, None),
        (Decimal("7.5"), None),
        (Decimal("NaN"), None),
        (Decimal("Infinity"), None),
        (float("inf"), None),
        ("7", None),
        (None, None),
        ([], None),
    ],
)
def test_which_values_are_whole_numbers(value: object, number: int | None) -> None:
    found = whole_number(value)
    assert (found, type(found)) == (number, type(number))
