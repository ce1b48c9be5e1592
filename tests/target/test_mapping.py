"""Mappings: what a line means, and what an unclear one is told."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_copernica.errors import RejectedRecordError, SettingsError
from target_copernica.mapping.apply import emptied, fragment_of
from target_copernica.mapping.load import PRESETS, load_mapping, mapping_of
from target_copernica.mapping.model import AccountMap, Fragment, StreamMap
from target_copernica.mapping.names import check_field_name, safe_names
from target_copernica.mapping.values import Column

ZONE = ZoneInfo("Europe/Amsterdam")
NAMES = {"database": "SEOshop", "products_database": "SEOshop_products"}


def stream_of(name: str = "things", **body: Any) -> StreamMap:
    """One stream of a mapping with one database."""
    stream = {"profiles_of": "people", "key": ["id"], "creates": True, "fields": {}, **body}
    stream = {line: value for line, value in stream.items() if value is not None}
    own = {"databases": {"people": {"name": "People"}}, "streams": {name: stream}}
    mapping = load_mapping(None, [own], {})
    assert mapping is not None
    return mapping.streams[name]


def fields_of(record: dict[str, Any], **fields: Any) -> dict[str, str]:
    """What becomes of a record."""
    return fragment_of({"id": 1, **record}, stream_of(fields=fields), ZONE).fields


@pytest.mark.parametrize("preset", PRESETS)
def test_the_presets_are_sound(preset: str) -> None:
    mapping = load_mapping(preset, [], NAMES)
    assert mapping is not None
    assert "customers" in mapping.streams


def test_products_can_be_switched_off() -> None:
    mapping = load_mapping("seoshop", [], {**NAMES, "products_database": None})
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
    mapping = load_mapping("seoshop", [own], NAMES)
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
    assert emptied(stream, "1", ZONE).fields == {"groups": "", "count": "0"}


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
        ({"creates": "yes"}, "streams.things.creates: true or false"),
        ({"fields": {"a": {"index": 1}}}, "streams.things.fields.a.index: true or false"),
        ({"fields": {"a": {"type": "big", "index": True}}}, "fields.a.index: Copernica cannot index"),
        ({"fields": {"a": {"type": "integer", "length": 5}}}, "fields.a.length: a field of type integer"),
        (
            {"fields": {"a": {"type": "float", "on_too_long": "truncate"}}},
            "on_too_long: only a text",
        ),
        ({"fields": {"a": {"choices": ["x"]}}}, "fields.a.choices: only a select"),
        ({"fields": {"a": {"type": "select", "choices": ["x", "x"]}}}, "fields.a.choices: each once"),
        ({"fields": {"a": {"type": "select", "choices": ["x"], "values": {"1": "y"}}}}, "fields.a.values.1:"),
        ({"fields": {"a": {"type": "integer", "constant": "many"}}}, "fields.a.constant: not a number"),
        ({"fields": {"a": {"constant": "x", "from": "b"}}}, "fields.a: a `constant`"),
        ({"fields": {"a": {"join": ["x"]}}}, "fields.a.join: expected a text"),
        ({"fields": {"external_key": {}}}, "fields.external_key: external_key is where"),
        ({"fields": {"a": {"type": "email"}, "b": {"type": "email"}}}, "fields.b.type: there is a field of"),
        ({"fields": {f"f{n}": {"index": True} for n in range(64)}}, "fields.f63.index: more than 64"),
        ({"absent": {"set": {"b": "gone"}}}, "streams.things.absent.set.b: the stream has no field"),
        (
            {"fields": {"n": {"type": "integer"}}, "absent": {"set": {"n": "x"}}},
            "streams.things.absent.set.n: not a number",
        ),
    ],
)
def test_an_unclear_line_is_named_with_its_path(body: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError) as stopped:
        stream_of(**body)
    assert told in str(stopped.value)


def test_a_database_needs_a_name_that_copernica_takes() -> None:
    with pytest.raises(SettingsError, match="setting database: a database name"):
        load_mapping("seoshop", [], {**NAMES, "database": "my shop!"})


def seoshop(*own: dict[str, Any]) -> AccountMap:
    """The preset with mappings of a user's own over it."""
    mapping = load_mapping("seoshop", list(own), NAMES)
    assert mapping is not None
    return mapping


def test_a_field_that_is_renamed_or_dropped_is_so_in_the_stub_of_a_profile_too() -> None:
    lines = {"firstname": {"name": "voornaam"}, "lastname": None}
    mapping = seoshop({"streams": {"customers": {"fields": lines}}})
    for stream in ("orders", "order_products"):
        stub = {entry.name: entry for entry in mapping.streams[stream].stub}
        assert set(stub) == {"seoshop_id", "shop_id", "email", "voornaam"}
        assert stub["voornaam"].column == Column("text", 100, truncate=True)
        assert stub["voornaam"].sources == (("firstname",),)


def test_a_field_of_a_fieldset_is_renamed_and_dropped_like_any_other() -> None:
    lines = {"billing_name": {"name": "invoice_name"}, "billing_region": None}
    fields = seoshop({"streams": {"orders": {"fields": lines}}}).streams["orders"].fields
    names = {entry.name: entry.sources for entry in fields}
    assert names["invoice_name"] == (("addressBillingName",),)
    assert "billing_region" not in names
    assert "billing_name" not in names


def test_a_field_that_was_dropped_comes_back_in_a_later_layer() -> None:
    dropped = {"streams": {"customers": {"fields": {"lastname": None}}}}
    back = {"streams": {"customers": {"fields": {"lastname": "surname"}}}}
    mapping = seoshop(dropped, back)
    assert "lastname" in {entry.name for entry in mapping.streams["customers"].fields}
    assert "lastname" in {entry.name for entry in mapping.streams["orders"].stub}


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ({"streams": {"orders": {"fields": {"totaal": None}}}}, "streams.orders.fields.totaal: null drops"),
        ({"streams": {"ordres": None}}, "streams.ordres: null drops"),
        ({"streams": {"orders": {"stub": {"nickname": {}}}}}, "streams.orders.stub.nickname: no stream"),
        ({"streams": {"orders": {"stub": {"email": {"type": "text"}}}}}, "stub.email: differs"),
        ({"streams": {"customers": {"fields": {"shared_email": {}}}}}, "shared_email has that name"),
        (
            {"streams": {"shipments": {"subprofiles_of": "people.orders"}}},
            "shipments.subprofiles_of",
        ),
        (
            {"databases": {"products": {"setting": None, "name": "seoshop"}}},
            "databases.products:",
        ),
        ({"stream": {"orders": {"fields": {}}}}, "unknown stream"),
        ({"streams": []}, "streams: expected `name: value` lines"),
    ],
)
def test_a_line_over_the_preset_that_cannot_be_is_named(own: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError) as stopped:
        seoshop(own)
    assert told in str(stopped.value)


def test_a_file_says_what_people_mean(tmp_path: Path) -> None:
    text = """
    databases: {people: {name: People}}
    streams:
      things:
        profiles_of: people
        key: [id]
        fields:
          news: {type: select, values: {true: yes, false: no}}
          since: {type: empty_date, constant: 2026-01-02}
          at: {constant: 12:30}
          off: {constant: off}
    """
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    mapping = mapping_of(None, str(file), None, {})
    assert mapping is not None
    record = {"id": 1, "news": True}
    found = fragment_of(record, mapping.streams["things"], ZONE).fields
    assert found == {"news": "yes", "since": "2026-01-02", "at": "12:30", "off": "off"}
    over = mapping_of(None, str(file), {"streams": {"things": {"fields": {"since": None}}}}, {})
    assert over is not None
    assert [entry.name for entry in over.streams["things"].fields] == ["news", "at", "off"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("streams:\n  a: {}\n  a: {}\n", 'line 3: found duplicate key "a"'),
        ("streams:\n  a: {n: 1, n: 2}\n", 'line 2: found duplicate key "n"'),
        ("a: 1\n---\nb: 2\n", "line 2:"),
        ("a: !!python/object:os.system x\n", "line 1:"),
        ("a: \x07\n", "not YAML"),
        ("streams:\n  - [\n", "line 3:"),
        ("just words", "expected `name: value` lines"),
    ],
)
def test_a_file_that_is_no_mapping_is_reported_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError) as stopped:
        mapping_of(None, str(file), None, {})
    assert told in str(stopped.value)


def test_a_file_that_is_not_there_is_reported(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="mapping_file"):
        mapping_of(None, str(tmp_path / "none.yaml"), None, {})


def test_several_properties_are_joined() -> None:
    name = {"from": ["first", "middle", "last"], "join": " "}
    assert fields_of({"first": "Zoë", "middle": None, "last": "d'Hondt"}, name=name) == {
        "name": "Zoë d'Hondt"
    }
    assert fields_of({"last": "d'Hondt"}, name=name) == {"name": "d'Hondt"}
    assert fields_of({}, name=name) == {}
    assert fields_of({"tags": ["a", "b"], "more": "c"}, t={"from": ["tags", "more"], "join": ","}) == {
        "t": "a,b,c"
    }


def test_a_vanished_record_leaves_what_the_mapping_says() -> None:
    fields = {"status": {"name": "Status"}, "count": {"type": "integer"}}
    stream = stream_of(absent={"set": {"status": "gone"}}, fields=fields)
    assert emptied(stream, "1", ZONE).fields == {"Status": "gone"}
    assert stream_of(fields=fields).absent is None


NAMES_OF_PROPERTIES = st.lists(
    st.text(max_size=80) | st.sampled_from(["a-b", "a_b", "A_B", "id", "f_id", "1"])
)


@given(NAMES_OF_PROPERTIES.map(lambda names: list(dict.fromkeys(names))), st.randoms())
def test_any_properties_get_names_that_copernica_takes_whatever_their_order(
    properties: list[str], chance: Random
) -> None:
    names = safe_names(properties, {"external_key"})
    assert len({name.lower() for name in names.values()}) == len(properties)
    for name in names.values():
        check_field_name(name, "")
    shuffled = list(properties)
    chance.shuffle(shuffled)
    assert safe_names(shuffled, {"external_key"}) == names
