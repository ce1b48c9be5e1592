"""Mappings: what a line means, and what an unclear one is told."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from target_copernica.errors import RejectedRecordError, SettingsError
from target_copernica.mapping import Fragment, StreamMap, emptied, fragment_of
from target_copernica.mapping_file import PRESETS, load_mapping

ZONE = ZoneInfo("Europe/Amsterdam")
NAMES = {"database": "SEOshop", "products_database": "SEOshop_products"}


def stream_of(name: str = "things", **body: Any) -> StreamMap:
    """One stream of a mapping with one database."""
    stream = {"profiles_of": "people", "key": ["id"], "creates": True, "fields": {}, **body}
    mapping = load_mapping(None, {"databases": {"people": {"name": "People"}}, "streams": {name: stream}}, {})
    assert mapping is not None
    return mapping.streams[name]


def fields_of(record: dict[str, Any], **fields: Any) -> dict[str, str]:
    """What becomes of a record."""
    return fragment_of({"id": 1, **record}, stream_of(fields=fields), ZONE).fields


@pytest.mark.parametrize("preset", PRESETS)
def test_the_presets_are_sound(preset: str) -> None:
    mapping = load_mapping(preset, None, NAMES)
    assert mapping is not None
    assert "customers" in mapping.streams


def test_products_can_be_switched_off() -> None:
    mapping = load_mapping("seoshop", None, {**NAMES, "products_database": None})
    assert mapping is not None
    assert "products" not in mapping.streams
    assert "variants" not in mapping.streams
    assert list(mapping.databases) == ["people"]


def test_a_users_line_renames_drops_and_adds() -> None:
    own = {
        "streams": {
            "shipments": None,
            "orders": {
                "fields": {"total": {"name": "amount"}, "weight": None, "remark": {"from": "comment"}}
            },
        }
    }
    mapping = load_mapping("seoshop", own, NAMES)
    assert mapping is not None
    names = {entry.name: entry for entry in mapping.streams["orders"].fields}
    assert "shipments" not in mapping.streams
    assert "weight" not in names
    assert names["amount"].sources == (("priceIncl",),)
    assert names["remark"].sources == (("comment",),)


def test_absent_is_not_empty() -> None:
    assert fields_of({}, phone={}) == {}
    assert fields_of({"phone": None}, phone={}) == {"phone": ""}


def test_a_path_through_null_is_empty_and_through_nothing_is_absent() -> None:
    field = {"from": "language.code"}
    assert fields_of({"language": {"code": "nl"}}, language=field) == {"language": "nl"}
    assert fields_of({"language": None}, language=field) == {"language": ""}
    assert fields_of({}, language=field) == {}


def test_small_transforms() -> None:
    assert fields_of({"a": ["x", None, 2]}, a={"join": ", "}) == {"a": "x, 2"}
    assert fields_of({}, a={"constant": "shop"}) == {"a": "shop"}
    assert fields_of({"x": "", "y": "2"}, a={"from": ["x", "y"]}) == {"a": "2"}
    assert fields_of({"x": "", "y": None}, a={"from": ["x", "y"]}) == {"a": ""}
    assert fields_of({"x": 0, "y": 5}, a={"from": ["x", "y"], "type": "integer"}) == {"a": "0"}
    assert fields_of({"on": False}, on={"type": "select", "values": {"true": "yes", "false": "no"}}) == {
        "on": "no"
    }
    when = {"from": "at", "when": {"status": "shipped"}}
    assert fields_of({"at": "now", "status": "shipped"}, a=when) == {"a": "now"}
    assert fields_of({"at": "now", "status": "open"}, a=when) == {"a": ""}


def test_numbers_keep_their_digits() -> None:
    assert fields_of({"price": Decimal("6.2475")}, price={"type": "float"}) == {"price": "6.2475"}


def test_versions_and_times_compare_as_instants() -> None:
    stream = stream_of(version="updatedAt", created_time="createdAt", changed_time="updatedAt")

    def seen(at: str) -> Fragment:
        return fragment_of({"id": 1, "updatedAt": at, "createdAt": at}, stream, ZONE)

    summer, winter = seen("2026-10-25T02:30:00+02:00"), seen("2026-10-25T02:10:00+01:00")
    assert summer.version is not None
    assert winter.version is not None
    assert summer.version < winter.version
    assert summer.created == datetime(2026, 10, 25, 0, 30, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    assert fragment_of({"id": 1}, stream, ZONE).created == ""  # a record without its time is history
    numbered = stream_of(version="id")
    versions = [fragment_of({"id": number}, numbered, ZONE).version or "" for number in (9, 10)]
    assert versions == sorted(versions)


def test_a_vanished_record_empties_the_fields_of_its_stream_only() -> None:
    stream = stream_of(absent="empty", fields={"groups": {}, "count": {"type": "integer"}})
    assert emptied(stream, "1").fields == {"groups": "", "count": "0"}


def test_a_subprofile_names_its_profile() -> None:
    stream = stream_of(
        profiles_of=None,
        subprofiles_of="people.Orders",
        parent={"key": ["shop", "person"], "email": "email", "order": "id"},
    )

    def person(**record: Any) -> str:
        found = fragment_of({"id": 5, "shop": 7, **record}, stream, ZONE).person
        assert found is not None
        return found.key

    assert person(person=3, email="a@example.com") == "7:3"
    assert person(person=None, email="A@Example.com") == person(person="", email="a@example.com ")
    assert person(person=None, email=None) == "7:order:5"


def test_a_subprofile_of_nobody_is_refused() -> None:
    stream = stream_of(profiles_of=None, subprofiles_of="people.Orders", parent={"key": ["person"]})
    with pytest.raises(RejectedRecordError, match="profile"):
        fragment_of({"id": 5}, stream, ZONE)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"fields": {"total": {"type": "money"}}}, "streams.things.fields.total.type: one of"),
        ({"fields": {"total": {"lenght": 5}}}, "streams.things.fields.total: unknown lenght"),
        ({"fields": {"id": {}}}, "streams.things.fields.id: a field name"),
        ({"fields": {"a b": {}}}, "streams.things.fields.a b: a field name"),
        ({"fields": {"a": {"length": 500}}}, "streams.things.fields.a.length"),
        ({"fields": {"a": {"type": "select"}}}, "needs `choices`"),
        ({"fields": {"a": {}, "b": {"name": "A"}}}, "has a field of that name"),
        ({"key": []}, "streams.things.key: expected a list"),
        ({"absent": "delete"}, "streams.things.absent"),
        ({"profiles_of": "people.Orders"}, "streams.things"),
        ({"profiles_of": "nowhere"}, "no database 'nowhere'"),
        (
            {"profiles_of": None, "subprofiles_of": "people.Orders2", "parent": {"key": ["a"]}},
            "a collection name",
        ),
        ({"profiles_of": None, "subprofiles_of": "people.Orders"}, "need a `parent`"),
        ({"unknown": 1}, "unknown unknown"),
        ({"use": ["addresses"]}, "no fieldset 'addresses'"),
    ],
)
def test_an_unclear_line_is_named_with_its_path(body: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError) as stopped:
        stream_of(**body)
    assert told in str(stopped.value)


def test_a_database_needs_a_name_that_copernica_takes() -> None:
    with pytest.raises(SettingsError, match="setting database: a database name"):
        load_mapping("seoshop", None, {**NAMES, "database": "my shop!"})
