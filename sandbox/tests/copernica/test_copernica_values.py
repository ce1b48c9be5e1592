"""What a field makes of a value: the table of docs/api/copernica.md, section 5."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.copernica.values import TYPES, FieldDef, Rules, TooLongError, comparable, convert, default, truth

RULES = Rules(datetime(2026, 11, 2, 9, 30, tzinfo=UTC))
ZERO_DAY, ZERO = "0000-00-00", "0000-00-00 00:00:00"


def stored(kind: str, sent: Any, rules: Rules = RULES, **field: Any) -> str:
    return convert(FieldDef(1, "field", kind, **field), sent, rules)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (" a ", " a "), (True, "1"), (False, ""), (0, "0"), (2.99, "2.99"), (12.0, "12"),
        (1e25, "1.0E+25"), (None, ""),
        ([], ""), (["a"], ""), ({"a": 1}, ""), ("é 😀 שלום", "é 😀 שלום"),
    ],
)  # fmt: skip
def test_text_takes_scalars_as_they_print_and_nothing_else(value: Any, text: str) -> None:
    assert stored("text", value) == text
    assert stored("email", value) == text


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (" 3 ", "3"), ("value", "0"), ("true", "0"), (True, "1"), (False, "0"), (2.99, "2"), (-2.99, "-2"),
        (None, "0"),
        ([], "0"), ([0], "1"), ("12abc", "12"), ("1e3", "1000"), ("1,5", "1"), ("", "0"), ("-7", "-7"),
        (".5", "0"),
        ("9" * 30, str(2**63 - 1)), ("0x1A", "0"),
    ],
)  # fmt: skip
def test_integer_is_cast_as_php_casts(value: Any, number: str) -> None:
    assert stored("integer", value) == number


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (" 2.99 ", "2.99"), ("value", "0"), (12.5, "12.5"), ("12.50", "12.50"), (40, "40"), ("1,5", "1"),
        ("1e3", "1000"),
        (None, "0"), ("", "0"), (True, "1"), ("-0.10", "-0.10"),
    ],
)  # fmt: skip
def test_float_is_cast_as_php_casts_and_keeps_its_digits_under_the_switch(value: Any, number: str) -> None:
    assert stored("float", value, Rules(RULES.now, printing="as_sent")) == number


@pytest.mark.parametrize(
    ("sent", "php", "shortest"),
    [
        ("12.50", "12.5", "12.5"),
        ("0.30000000000000004", "0.3", "0.30000000000000004"),
        ("123456789012345678", "1.2345678901235E+17", "1.2345678901234568E+17"),
        ("-9223372036854775808", "-9.2233720368548E+18", "-9.223372036854776E+18"),
        ("100000000000000", "1.0E+14", "100000000000000"),
        ("0.00001", "1.0E-5", "1.0E-5"),
        ("-0.0", "-0", "0"),
    ],
)
def test_float_is_given_back_in_the_digits_of_the_switch(sent: str, php: str, shortest: str) -> None:
    assert stored("float", sent) == php
    assert stored("float", sent, Rules(RULES.now, printing="shortest")) == shortest


@pytest.mark.parametrize(
    ("value", "stamp"),
    [
        ("2020-01-02 03:04:05", "2020-01-02 03:04:05"), ("2020-01-02t03:04:05", "2020-01-02 03:04:05"),
        ("2020-01-02T03:04:05.678", "2020-01-02 03:04:05"), ("2020-01-02T03:04:05Z", "2020-01-02 04:04:05"),
        ("2020-07-02T03:04:05Z", "2020-07-02 05:04:05"), ("2020-01-02T03:04:05+03:00", "2020-01-02 01:04:05"),
        ("2020-01-02 03:04", "2020-01-02 03:04:00"), ("2020-2", "2020-02-01 00:00:00"),
        ("20210203", "2021-02-03 00:00:00"),
        ("2021-02-30", "2021-03-02 00:00:00"), ("2026-10-25T02:30:00+02:00", "2026-10-25 02:30:00"),
        ("2026-10-25T01:30:00Z", "2026-10-25 02:30:00"), ("2026-03-29 02:30:00", "2026-03-29 03:30:00"),
        ("@1577934245", "2020-01-02 04:04:05"), ("31-12-2020", "2020-12-31 00:00:00"),
        ("12/31/2020", "2020-12-31 00:00:00"), ("2 January 2020", "2020-01-02 00:00:00"),
        ("1959", "2026-11-02 19:59:00"), ("1960", "1960-11-02 10:30:00"),
        ("now", "2026-11-02 10:30:00"), ("yesterday", "2026-11-01 00:00:00"), ("a", "2026-11-02 10:30:00"),
        ("z", "2026-11-02 11:30:00"), ("+1 day", "2026-11-03 10:30:00"),
    ],
)  # fmt: skip
def test_date_is_read_as_strtotime_reads_in_amsterdam(value: str, stamp: str) -> None:
    assert stored("datetime", value) == stored("empty_datetime", value) == stamp
    assert stored("date", value) == stored("empty_date", value) == stamp[:10]


@pytest.mark.parametrize(
    "value",
    ["", None, False, True, 1577934245, "1577934245", "31/12/2020", "0000-00-00", "0000-00-01",
    "0000-00-00 00:00:00",
     "nonsense", "2020-13-01", "2020-01-32", [], {}, "j"],
)  # fmt: skip
def test_date_that_is_not_understood_becomes_the_zero_date_or_nothing(value: Any) -> None:
    assert (stored("date", value), stored("datetime", value)) == (ZERO_DAY, ZERO)
    assert (stored("empty_date", value), stored("empty_datetime", value)) == ("", "")


def test_select_takes_exactly_one_of_its_choices_and_no_asterisk() -> None:
    assert [
        stored("select", value, value="no*\r\nyes") for value in ("yes", "no", "Yes", "yes ", "no*", None)
    ] == [
        "yes",
        "no",
        *[""] * 4,
    ]
    assert default(FieldDef(1, "field", "select", "no*\r\nyes"), RULES) == "no"


def test_over_long_text_is_cut_and_refused_under_the_switch() -> None:
    assert stored("text", "abcdef", length=3) == "abc"
    assert stored("big", "abcdef", length=3) == "abcdef"
    with pytest.raises(TooLongError):
        stored("text", "abcdef", Rules(RULES.now, cut=False), length=3)


@pytest.mark.parametrize(
    ("value", "truthful"),
    [
        ("true", True),
        ("YES", True),
        ("1", True),
        ("-2", True),
        ("0.5", False),
        ("0", False),
        ("on", False),
        ("", False),
    ],
)
def test_boolean_of_the_query(value: str, truthful: bool) -> None:  # noqa: FBT001
    assert truth(value) is truthful


@given(
    st.sampled_from(sorted(TYPES)),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    ),
)
def test_conversion_never_fails_and_what_it_stored_stays_as_it_is(kind: str, value: Any) -> None:
    once = stored(kind, value, value="a\nb")
    assert comparable(kind, stored(kind, once, value="a\nb")) == comparable(kind, once)
