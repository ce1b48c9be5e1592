"""Records under the SDK's flattening: a property without a type may hold anything."""

from typing import Any

import pytest
from singer_sdk.helpers._flattening import flatten_schema

from support.account import Account
from support.singer import schema, state
from target_copernica.singer.flattening import with_bare_properties, with_untyped_properties

UNTYPED: list[Any] = [
    {},
    True,
    {"description": "anything"},
    {"enum": ["a", 1]},
    {"$ref": "#/definitions/x"},
    {"anyOf": [{"type": "string"}, {"type": "integer"}]},
    {"anyOf": [{"type": "integer"}, {"type": "null"}]},
    {"oneOf": [{"$ref": "#/definitions/x"}]},
]


def flattened(properties: dict[str, Any]) -> dict[str, Any]:
    """The properties of a schema, flattened by the SDK between our two steps."""
    raw = with_bare_properties({"type": "object", "properties": properties})
    found: dict[str, Any] = with_untyped_properties(flatten_schema(raw, 2), raw, "__", 2)["properties"]
    return found


@pytest.mark.parametrize("definition", UNTYPED)
def test_a_property_without_a_type_may_hold_anything(definition: Any) -> None:
    inner = {"type": ["object", "null"], "properties": {"free": definition, "n": {"type": "integer"}}}
    assert flattened({"free": definition, "a": inner}) == {
        "free": {},
        "a__free": {},
        "a__n": {"type": "integer"},
    }


def test_what_has_a_type_is_flattened_as_ever() -> None:
    inner = {"type": "object", "properties": {"c": {"type": "object"}}}
    deep = {"type": "object", "properties": {"b": inner}}
    properties = {"id": {"type": "integer"}, "tags": {"type": ["array", "null"]}, "a": deep}
    assert flattened(properties) == flatten_schema({"properties": properties}, 2)["properties"]


def test_records_with_such_properties_are_written(account: Account) -> None:
    properties = {
        "id": {"type": "integer"},
        "free": {},
        "either": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
        "kind": {"enum": ["a", 1]},
        "a": {"type": "object", "properties": {"free": {}, "n": {"type": "integer"}}},
    }
    records = [
        {"id": 1, "free": 12, "either": 7, "kind": 1, "a": {"free": True, "n": 3}},
        {"id": 2, "free": {"x": [1]}, "either": "t", "kind": "a", "a": {"free": None, "n": 4}},
    ]
    rows = [{"type": "RECORD", "stream": "things", "record": record} for record in records]
    flat: dict[str, Any] = {"flattening_enabled": True, "flattening_max_depth": 2}
    ended = account.send(schema("things", properties, ["id"]), *rows, state(n=1), preset=None, **flat)
    assert account.rejects() == [], ended.err
    found = account.people("things")
    assert [found["1"][name] for name in ("free", "either", "kind", "a__free")] == ["12", "7", "1", "true"]
    assert [found["2"][name] for name in ("either", "kind", "a__n")] == ["t", "a", "4"]
    assert "[1]" in found["2"]["free"].replace(" ", "")
