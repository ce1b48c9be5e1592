"""The API's quirks become clean values: each rule, and then every schema against every quirk."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from tap_seoshop.records.normalize import (
    Normalizer,
    boolean,
    day,
    integer,
    link_id,
    moment,
    number,
    text,
    west_of_utc,
)
from tap_seoshop.streams import STREAMS
from tap_seoshop.streams.customers import Customers
from tap_seoshop.streams.orders import OrderProducts
from tap_seoshop.tap import TapSeoshop


@pytest.mark.parametrize(
    ("make", "raw", "wanted"),
    [
        (text, "", ""),
        (text, False, None),
        (text, True, "true"),
        (text, None, None),
        (text, 313, "313"),
        (text, Decimal("12.50"), "12.50"),
        (text, [], None),
        (integer, 0, 0),
        (integer, "0", 0),
        (integer, "000001", 1),
        (integer, False, None),
        (integer, True, None),
        (integer, "", None),
        (integer, Decimal("3.0"), 3),
        (integer, Decimal("3.5"), None),
        (number, 0, 0),
        (number, Decimal("6.2475"), Decimal("6.2475")),
        (number, "0.000", Decimal("0.000")),
        (number, "", None),
        (number, "NaN", None),
        (number, False, None),
        (boolean, False, False),
        (boolean, 0, False),
        (boolean, 1, True),
        (boolean, "", None),
        (boolean, None, None),
        (moment, "2026-10-25T02:30:00+02:00", "2026-10-25T00:30:00Z"),
        (moment, "2026-10-25T02:30:00+01:00", "2026-10-25T01:30:00Z"),
        (moment, "2019-08-21T17:15:00+00:00", "2019-08-21T17:15:00Z"),
        (moment, "2019-08-21 17:15:00", "2019-08-21T17:15:00Z"),
        (moment, "0000-00-00 00:00:00", None),
        (moment, "0001-01-01T00:00:00+01:00", None),
        (moment, False, None),
        (moment, "", None),
        (day, "1990-02-28", "1990-02-28"),
        (day, "2026-01-01T00:30:00+01:00", "2026-01-01"),
        (day, "0000-00-00", None),
        (day, False, None),
        (link_id, {"resource": {"id": 7}}, 7),
        (link_id, {"resource": {"id": False, "url": "groups/customers?customer=1"}}, None),
        (link_id, {"resource": False}, None),
        (link_id, False, None),
        (west_of_utc, "2026-01-01T00:00:00-05:00", 18_000),
        (west_of_utc, "2026-01-01T00:00:00+02:00", -7_200),
        (west_of_utc, "2026-01-01", None),
        (west_of_utc, None, None),
    ],
)
def test_a_value(make: Any, raw: Any, wanted: Any) -> None:
    got = make(raw)
    assert got == wanted
    assert type(got) is type(wanted)


def test_an_empty_object_may_be_a_list_and_a_text_may_hold_one() -> None:
    free = Normalizer({"properties": {"data": {"type": ["object", "null"], "properties": {}}}})
    assert free({"data": []}) == {"data": {}}
    assert free({"data": '{"a": 1}'}) == {"data": {"a": 1}}
    assert free({"data": "[]"}) == {"data": {}}
    assert free({"data": "plain"}) == {"data": {"text": "plain"}}
    assert free({"data": False}) == {"data": None}


def test_what_a_buyer_filled_in_keeps_what_it_says() -> None:
    """Unset values are `false` or null (docs/api/seoshop.md, sections 5.1 and 5.4); all others are kept."""
    fields: Any = OrderProducts.schema
    values: list[Any] = ["Anna", "", 7, Decimal("1.50"), True, False, None]
    raw = {"customFields": [{"id": 1, "title": "Name", "values": [{"value": value} for value in values]}]}
    (field,) = Normalizer(fields)(raw)["customFields"]
    assert [one["value"] for one in field["values"]] == ["Anna", "", "7", "1.50", "true", None, None]


def test_what_the_api_does_not_send_stays_absent_and_what_is_unknown_is_left_out() -> None:
    normalizer = Normalizer({"properties": {"a": {"type": "string"}, "b": {"type": "string"}}})
    assert normalizer({"a": "x", "c": "y"}) == {"a": "x"}


@given(st.datetimes(timezones=st.timezones(), min_value=datetime(1990, 1, 1)))  # noqa: DTZ001  # as the strategy asks
def test_a_moment_is_the_same_instant(at: datetime) -> None:
    got = moment(at.isoformat())
    assert got is not None
    assert got.endswith("Z")
    assert datetime.fromisoformat(got) == datetime.fromisoformat(at.isoformat()).astimezone(UTC)


quirks = st.one_of(
    st.none(),
    st.booleans(),
    st.just(""),
    st.just([]),
    st.just({}),
    st.integers(-(2**40), 2**40),
    st.decimals(allow_nan=False, allow_infinity=False, places=4),
    st.text(max_size=20),
    st.datetimes().map(lambda at: at.strftime("%Y-%m-%dT%H:%M:%S+02:00")),
    st.dates().map(str),
    st.sampled_from(["0.000", "NaN", "Infinity", "1e5", "0000-00-00", "-0"]),
    st.fixed_dictionaries(
        {"resource": st.fixed_dictionaries({"id": st.one_of(st.integers(1), st.sampled_from([False]))})}
    ),
    st.lists(st.one_of(st.none(), st.booleans(), st.fixed_dictionaries({"id": st.integers()})), max_size=3),
)


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
@given(data=st.data())
def test_every_quirk_of_every_field_fits_the_schema(stream: Any, data: st.DataObject) -> None:
    names = sorted(stream.schema["properties"])
    raw = data.draw(
        st.fixed_dictionaries(
            {},
            optional={name.removesuffix("Id") if name in stream.links else name: quirks for name in names},
        )
    )
    record = Normalizer(stream.schema, stream.links)(raw)
    schema = {**stream.schema, "required": []}
    keys = {"shopId", *stream.primary_keys}  # never null in the API; the tap itself fills the shop's
    record = {name: value for name, value in record.items() if name not in keys}
    errors = [
        f"{list(error.absolute_path)}: {error.message}"
        for error in Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(record)
    ]
    assert errors == []


NUMBERS = [0, 7, *map(Decimal, ("0", "0.00", "6.2475", "-12.50", "100000000000.0001"))]


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_every_schema_keeps_zero_false_and_all_digits(stream: Any) -> None:
    make = Normalizer(stream.schema, stream.links)
    for name, schema in stream.schema["properties"].items():
        if "boolean" in schema["type"]:
            assert [make({name: value})[name] for value in (False, True)] == [False, True]
        if "integer" in schema["type"] and name not in stream.links:
            assert make({name: 0})[name] == 0
            assert make({name: False})[name] is None
        if "number" in schema["type"]:
            for value in NUMBERS:
                # Also where the API writes a number as text.
                assert str(make({name: value})[name]) == str(make({name: str(value)})[name]) == str(value)
            assert make({name: False})[name] is None


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_every_property_is_described(stream: Any) -> None:
    def bare(schema: dict[str, Any], place: str = "") -> list[str]:
        found = []
        for name, inner in schema.get("properties", {}).items():
            found += [] if inner.get("description") else [f"{place}{name}"]
            found += bare(inner, f"{place}{name}.")
            found += bare(inner.get("items", {}), f"{place}{name}[].")
        return found

    assert bare(stream.schema) == []
    assert set(stream.private) | set(stream.links) <= set(stream.schema["properties"])


class Told:
    """Takes what a stream tells of fields that its schema does not name."""

    def __init__(self, choice: str) -> None:
        self.config = {"api_key": "k", "api_secret": "s", "extra_fields": choice}
        self.stream = Customers(TapSeoshop(config=self.config))

    def record(self, **raw: Any) -> dict[str, Any]:
        return self.stream.normalizer({"id": 1, **raw})


NEW_FIELDS = {
    "creditBalance": Decimal("1.5"),
    "agent": {"resource": {"id": 7}},
    "wishes": {"resource": {"id": False}},
    "blank": False,
}


def test_a_field_that_no_schema_names_is_left_out_and_reported_once(caplog: pytest.LogCaptureFixture) -> None:
    told = Told("drop")
    with caplog.at_level("INFO"):
        assert told.record(**NEW_FIELDS) == told.record(**NEW_FIELDS) == {"id": 1}
    lines = [line for line in caplog.messages if "new to this tap" in line]
    assert [line.split("'")[1] for line in lines] == ["creditBalance", "agent"]
    assert "1.5" not in caplog.text


def test_a_field_that_no_schema_names_is_passed_on_where_a_setting_says_so() -> None:
    assert Told("pass").record(**NEW_FIELDS) == {"id": 1, "creditBalance": Decimal("1.5"), "agentId": 7}


@pytest.mark.parametrize("choice", ["drop", "pass"])
def test_a_private_field_is_no_extra_one(choice: str) -> None:
    assert "remoteIp" not in Told(choice).record(remoteIp="192.0.2.1", memo="no")
