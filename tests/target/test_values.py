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
    convert,
    empty_value,
    parse_instant,
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
        (0, "text", "0"),
        (Decimal("12.50"), "text", "12.50"),
        ({"a": [1]}, "big", '{"a":[1]}'),
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
        ("a@example.com", "email", "a@example.com"),
        (" a@example.com ", "email", "a@example.com"),
        ("+31 6 12345678", "phone_gsm", "+31 6 12345678"),
        ("1980-09-03", "empty_date", "1980-09-03"),
        ("2026-07-01T22:30:00Z", "empty_date", "2026-07-02"),
        ("2026-07-01T22:30:00Z", "empty_datetime", "2026-07-02 00:30:00"),
        ("2026-01-01T00:00:00+01:00", "datetime", "2026-01-01 00:00:00"),
        ("2026-10-25T00:30:00Z", "datetime", "2026-10-25 02:30:00"),
        ("2026-10-25T01:30:00Z", "datetime", "2026-10-25 02:30:00"),
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


@pytest.mark.parametrize(
    "value", ["none", "a@b", "a b@example.com", "@example.com", 5, "a@example.com,b@example.com"]
)
def test_a_bad_address_empties_the_field_so_that_the_old_one_is_not_mailed(value: object) -> None:
    with pytest.raises(BadValueError) as refused:
        converted(value, "email")
    assert refused.value.empties


def test_a_select_takes_its_choices_only() -> None:
    assert converted("yes", "select", choices=YES_NO) == "yes"
    assert converted(1, "select", choices=("1",)) == "1"
    for value in ("Yes", "yes ", "maybe"):
        with pytest.raises(BadValueError):
            converted(value, "select", choices=YES_NO)


def test_long_texts_are_cut_only_where_the_mapping_says_so() -> None:
    assert converted("abcdef", "text", length=3, truncate=True) == "abc"
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
