"""What a mapping names and the tap does not have is told, with the nearest name."""

import json
import logging
from typing import Any

import pytest

from support.account import Account
from support.programs import BIN, run
from support.singer import customer, schema, state
from target_copernica.errors import SettingsError
from target_copernica.mapping.load import PRESETS, load_mapping
from target_copernica.mapping.model import AccountMap
from target_copernica.mapping.sources import SourceCheck, missing_properties

TEXT = {"type": "string"}
SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "since": TEXT,
        "status": TEXT,
        "language": {"type": ["object", "null"], "properties": {"code": TEXT, "title": TEXT}},
        "image": {"anyOf": [{"type": "null"}, {"type": "object", "properties": {"src": TEXT}}]},
        "custom": {"type": "object"},
        "open": {"type": "object", "properties": {"a": TEXT}, "additionalProperties": True},
        "elsewhere": {"$ref": "#/definitions/x"},
    },
}


def mapping_with(**body: Any) -> AccountMap:
    """A mapping of one stream."""
    stream = {"profiles_of": "people", "key": ["id"], "creates": True, "fields": {}, **body}
    own = {"databases": {"people": {"name": "People"}}, "streams": {"members": stream}}
    mapping = load_mapping(None, [own], {})
    assert mapping is not None
    return mapping


def missing(**body: Any) -> str | None:
    """What a mapping of one stream names and the schema does not have."""
    return missing_properties(mapping_with(**body).streams["members"], SCHEMA)


@pytest.mark.parametrize(
    ("body", "line", "nearest"),
    [
        ({"fields": {"member_since": {"from": "sinse"}}}, "fields.member_since", "since"),
        ({"fields": {"member_since": {"from": "Since"}}}, "fields.member_since", "since"),
        ({"fields": {"l": {"from": "language.cod"}}}, "fields.l", "language.code"),
        ({"fields": {"l": {"from": "langauge.code"}}}, "fields.l", "language"),
        ({"fields": {"i": {"from": "image.scr"}}}, "fields.i", "image.src"),
        ({"fields": {"a": {"from": ["sinse", "sence"]}}}, "fields.a", "since"),
        ({"fields": {"a": {"from": "since", "when": {"statis": "x"}}}}, "fields.a.when", "status"),
        ({"key": ["ids"]}, "key", "id"),
        ({"version": "sinc"}, "version", "since"),
        ({"created_time": "sinc"}, "created_time", "since"),
        ({"changed_time": "sinc"}, "changed_time", "since"),
    ],
)
def test_a_misspelled_property_is_named_with_its_line_and_the_nearest(
    body: dict[str, Any], line: str, nearest: str
) -> None:
    told = missing(**body)
    assert told is not None
    assert told.startswith("mapping, streams.members: the stream has no ")
    assert told.endswith(f" ({line}; did you mean {nearest}?)")


def test_a_property_that_is_like_no_other_is_named_without_a_guess() -> None:
    told = missing(fields={"a": {"from": "zzzz"}})
    assert told == "mapping, streams.members: the stream has no zzzz (fields.a)"


def test_several_properties_of_a_stream_are_one_line() -> None:
    fields = {"since": {"from": "sinse"}, "a": {"from": "zzzz"}, "l": {"from": ["langauge.code", "b"]}}
    assert missing(fields=fields) == (
        "mapping, streams.members: the stream has no sinse (fields.since; did you mean since?), "
        "zzzz (fields.a), langauge.code or b (fields.l; did you mean language?)"
    )


@pytest.mark.parametrize(
    "source",
    [
        "id",
        "language.code",
        "image.src",
        "custom.anything",
        "open.b",
        "elsewhere.x",
        "_sdc_deleted_at",
        ["x", "id"],
    ],
)
def test_what_may_be_there_is_not_told(source: Any) -> None:
    assert missing(fields={"a": {"from": source}}) is None


def test_a_schema_that_names_no_properties_tells_nothing() -> None:
    declared = mapping_with(fields={"a": {"from": "sinse"}}).streams["members"]
    assert missing_properties(declared, {"type": "object"}) is None
    open_ended = {"properties": {"id": {}}, "additionalProperties": True}
    assert missing_properties(declared, open_ended) is None


def test_it_is_reported_once_and_streams_that_never_came_at_the_end(caplog: pytest.LogCaptureFixture) -> None:
    check = SourceCheck(
        load_mapping("seoshop-lite", [], {"database": "x"}), "warn", logging.getLogger("sources")
    )
    for _ in range(3):
        check.see("custommers", SCHEMA)
    check.finish()
    (line,) = caplog.messages
    assert "customers (did you mean custommers?)" in line
    caplog.clear()
    check = SourceCheck(mapping_with(fields={"a": {"from": "sinse"}}), "warn", logging.getLogger("sources"))
    for _ in range(3):
        check.see("members", SCHEMA)
    check.finish()
    assert len(caplog.messages) == 1


def test_a_complete_list_that_is_not_due_is_not_missed(caplog: pytest.LogCaptureFixture) -> None:
    mapping = mapping_with(absent="empty", creates=False)
    check = SourceCheck(mapping, "error", logging.getLogger("sources"))
    check.see("others", SCHEMA)
    check.finish()
    assert caplog.messages == []


def test_the_policy_decides(caplog: pytest.LogCaptureFixture) -> None:
    mapping = mapping_with(fields={"a": {"from": "sinse"}})
    log = logging.getLogger("sources")
    with pytest.raises(SettingsError, match="did you mean since"):
        SourceCheck(mapping, "error", log).see("members", SCHEMA)
    absent = SourceCheck(mapping, "error", log)
    absent.see("others", SCHEMA)
    with pytest.raises(SettingsError, match="members"):
        absent.finish()
    quiet = SourceCheck(mapping, "ignore", log)
    quiet.see("members", SCHEMA)
    quiet.finish()
    assert caplog.messages == []


@pytest.mark.parametrize("preset", PRESETS)
def test_the_presets_name_only_what_the_tap_has(preset: str) -> None:
    catalog = json.loads(run(BIN / "tap-seoshop", "--discover").out)
    schemas = {entry["tap_stream_id"]: entry["schema"] for entry in catalog["streams"]}
    mapping = load_mapping(preset, [], {"database": "a", "products_database": "b"})
    assert mapping is not None
    told = {missing_properties(stream, schemas[name]) for name, stream in mapping.streams.items()}
    assert told == {None}


def test_run_and_plan_say_it_and_an_option_makes_it_an_error(account: Account) -> None:
    properties = dict.fromkeys(("email", "firstname", "createdAt", "updatedAt"), TEXT)
    message = schema("customers", {"id": {"type": "integer"}, "shopId": {"type": "integer"}, **properties})
    lines = {"remark": {"from": "firstnam"}, **dict.fromkeys(("lastname", "seoshop_id"))}
    own = {"streams": {"customers": {"fields": lines}}}
    settings: dict[str, Any] = {"preset": "seoshop-lite", "mapping": own}
    told = "streams.customers: the stream has no firstnam (fields.remark; did you mean firstname?)"
    refused = account.send(message, customer(1), check=False, missing_sources="error", **settings)
    assert refused.code == 2
    assert told in refused.err.splitlines()[-1]
    ended = account.send(message, customer(1), state(n=1), **settings)
    assert ended.err.count(told) == 1
    assert list(account.people()) == ["7:1"]
    assert told in account.command("plan", **settings).out
