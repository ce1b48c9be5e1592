"""Records against their schema: what JSON Schema says, no address asked, no part that hides the others."""

import socket
from decimal import Decimal
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from target_copernica.errors import RejectedRecordError
from target_copernica.mapping.schema_check import SchemaCheck


def fits(schema: dict[str, Any], record: dict[str, Any]) -> bool:
    """Whether a record fits a schema, all of which can be used."""
    check = SchemaCheck(schema)
    assert check.unchecked == []
    return passes(check, record)


def passes(check: SchemaCheck, record: dict[str, Any]) -> bool:
    """Whether a record passes a check."""
    try:
        check(record)
    except RejectedRecordError:
        return False
    return True


def one(definition: Any) -> dict[str, Any]:
    """The schema of a stream with one property."""
    return {"type": "object", "properties": {"n": definition}}


@pytest.mark.parametrize("number", ["7", "7.0", "1e1", "-0.0", "7e30", "1e400", "123456789012345678901.0"])
def test_whole_numbers_are_integers_however_they_are_written(number: str) -> None:
    assert fits(one({"type": "integer"}), {"n": Decimal(number)})
    assert fits(one({"type": ["null", "integer"]}), {"n": Decimal(number)})
    nested = one({"type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "boolean"}]}})
    assert fits(nested, {"n": [True, Decimal(number)]})


@pytest.mark.parametrize("value", [Decimal("7.5"), Decimal("1e-400"), "7", True, [7], float("nan")])
def test_what_is_no_whole_number_is_still_refused(value: Any) -> None:
    assert not fits(one({"type": "integer"}), {"n": value})


@pytest.mark.parametrize("rule", [{"minimum": Decimal("0.01")}, {"maximum": Decimal("0.01")}])
@pytest.mark.parametrize("value", [Decimal("0.01"), Decimal("0.010")])
def test_a_bound_of_a_fraction_takes_in_that_fraction(rule: dict[str, Any], value: Decimal) -> None:
    assert fits(one(rule), {"n": value})


NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=2) | st.integers() | st.booleans()
RULES = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["integer", "number", "string", ["integer", "null"]]),
        "minimum": st.integers(-5, 5),
        "enum": st.lists(st.integers(-3, 3), min_size=1),
    },
)


@given(RULES, NUMBERS)
def test_it_says_what_the_reference_says(rule: dict[str, Any], value: Any) -> None:
    plain = float(value) if isinstance(value, Decimal) else value
    assert fits(one(rule), {"n": value}) is Draft7Validator(one(rule)).is_valid({"n": plain})


REFERENCES = [
    "http://192.0.2.1/schema.json",
    "https://schemas.example.com/x#/definitions/y",
    "ftp://192.0.2.1/x",
    "file:///etc/hostname",
    "data:application/json,{}",
    "other.json#/a",
    "//192.0.2.1/x",
]


@pytest.mark.parametrize("reference", REFERENCES)
@pytest.mark.parametrize("base", [None, "http://192.0.2.1/base.json"])
def test_a_reference_to_another_address_is_never_followed(
    reference: str, base: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> NoReturn:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    schema = {
        "type": "object",
        "properties": {
            "address": {"type": "object", "properties": {"geo": {"$ref": reference}}},
            "via": {"$ref": "#/components/geo"},
            "code": {"type": "string"},
        },
        "components": {"geo": {"$ref": reference}},
    }
    check = SchemaCheck(schema if base is None else {**schema, "$id": base})
    assert check.unchecked == [f"$ref {reference}"] * 2
    assert passes(check, {"address": {"geo": 1}, "via": 2, "code": "x"})
    assert not passes(check, {"address": 1})
    assert not passes(check, {"address": {"geo": 1}, "code": 1})


@pytest.mark.parametrize("base", [None, "https://example.com/schema.json"])
def test_a_reference_within_the_schema_is_followed(base: str | None) -> None:
    schema = {
        "properties": {"a": {"$ref": "#/definitions/code"}},
        "definitions": {"code": {"type": "string"}},
    }
    whole: dict[str, Any] = {**schema} if base is None else {**schema, "$id": base}
    assert fits(whole, {"a": "x"})
    assert not fits(whole, {"a": 1})


BAD = [
    {"pattern": "("},
    {"type": "money"},
    {"minimum": "low"},
    {"$ref": "#/definitions/nowhere"},
    {"properties": {"x": {"required": "y"}}},
    {"pattern": r"^\p{L}+$"},
]


@pytest.mark.parametrize("bad", BAD)
def test_one_bad_property_leaves_the_checks_of_all_others(bad: dict[str, Any]) -> None:
    properties = {"bad": bad, "code": {"type": "string"}, "n": {"type": "integer"}}
    schema = {"type": "object", "properties": properties, "required": ["code"], "additionalProperties": False}
    check = SchemaCheck(schema)
    assert check.unchecked == ["bad"]
    assert passes(check, {"bad": "anything", "code": "x", "n": Decimal("7.0")})
    assert not passes(check, {"bad": "anything", "code": 1})
    assert not passes(check, {"bad": "anything"})


def test_parts_with_addresses_of_their_own_are_found() -> None:
    item = {"$id": "item.json", "type": "integer"}
    schema = {
        "$id": "https://example.com/order.json",
        "properties": {
            "a": {"$ref": "item.json"},
            "b": {"$ref": "https://example.com/order.json#/definitions/i"},
        },
        "definitions": {"i": item},
    }
    assert fits(schema, {"a": 1, "b": 2})
    assert not fits(schema, {"a": "x"})
    assert not fits(schema, {"b": "x"})


def test_parts_may_refer_to_each_other_and_what_refers_to_a_bad_one_is_not_checked() -> None:
    properties = {
        "bad": {"pattern": "("},
        "like_bad": {"$ref": "#/properties/bad"},
        "code": {"type": "string"},
        "like_code": {"$ref": "#/properties/code"},
        "like_more": {"$ref": "#/more/a"},
    }
    check = SchemaCheck({"properties": properties, "more": {"a": {"type": "integer"}}})
    assert check.unchecked == ["bad", "like_bad"]
    assert passes(check, {"bad": 1, "like_bad": 2, "like_code": "x", "like_more": 1})
    assert not passes(check, {"like_code": 1})
    assert not passes(check, {"like_more": "x"})


def test_a_bad_keyword_beside_the_properties_leaves_them_checked() -> None:
    check = SchemaCheck({"required": "code", "properties": {"code": {"type": "string"}}})
    assert check.unchecked == ["required"]
    assert not passes(check, {"code": 1})


def test_a_property_named_like_a_keyword_is_one() -> None:
    schema = {
        "properties": {
            "$id": {"type": "string"},
            "id": {"type": "integer"},
            "multipleOf": {"type": "integer"},
        }
    }
    check = SchemaCheck(schema)
    assert passes(check, {"$id": "x", "id": 1, "multipleOf": 3})
    assert not passes(check, {"id": "x"})
    assert not passes(check, {"multipleOf": "x"})


def test_a_refusal_names_the_property_and_not_the_value() -> None:
    with pytest.raises(RejectedRecordError) as refused:
        SchemaCheck(one({"type": "integer"}))({"n": "secret"})
    assert "data.n" in str(refused.value)
    assert "secret" not in str(refused.value)
