"""What is to happen with a pending write, decided from what is remembered."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_copernica.account.structure import Place
from target_copernica.mapping.model import Fragment
from target_copernica.memory.ledger import Entry
from target_copernica.memory.parts import Part
from target_copernica.writing.pending import STUB, PendingWrite
from target_copernica.writing.plan import (
    Create,
    Delete,
    Memory,
    Over,
    Parent,
    Plan,
    Removed,
    Stale,
    Unchanged,
    Update,
    Wait,
    is_unchanged,
    plan,
    plan_deletion,
)

PEOPLE = Place(1, None, "Shop", None, {})
THERE, GONE = (Entry(5, None, removed) for removed in (False, True))
IN_DOUBT = Entry(5, None, removed=False, in_doubt=True)


def digest(fields: Mapping[str, str]) -> bytes:
    return repr(list(fields.items())).encode()


def said_by(stream: str, fields: dict[str, str], **more: Any) -> Fragment:
    return Fragment(stream, "1", fields, **more)


def part_of(version: str | None = None, **fields: str) -> Part:
    return Part(version, (*fields,), digest(fields))


def decided(*fragments: Fragment, **memory: Any) -> Plan:
    write = PendingWrite(PEOPLE, "1", 0.0)
    for fragment in fragments:
        write.fragments.setdefault(fragment.stream, []).append(fragment)
    return plan(write, Memory(**memory), digest)


def maker(**fields: str) -> Fragment:
    return said_by("people", fields, creates=True)


def test_what_is_not_there_is_made_where_the_stream_may() -> None:
    made = decided(maker(a="1"))
    assert isinstance(made, Create)
    assert made.parent is None
    assert made.fields == {"a": "1"}
    waits = decided(said_by("people", {"a": "1"}))
    assert isinstance(waits, Wait)
    assert waits.parent is None
    assert waits.fields == {"a": "1"}


def test_what_is_there_is_changed_and_only_where_it_differs() -> None:
    parts = {"people": [part_of(a="1")]}
    assert isinstance(decided(maker(a="1"), entry=THERE, parts=parts), Unchanged)
    changed = decided(maker(a="2"), entry=THERE, parts=parts)
    assert isinstance(changed, Update)
    assert changed.entry == THERE
    assert changed.fields == {"a": "2"}
    assert isinstance(decided(maker(a="2"), entry=THERE), Update)


def test_what_was_remembered_of_an_entry_that_is_not_known_counts_for_nothing() -> None:
    assert isinstance(decided(maker(a="1"), parts={"people": [part_of(a="1")]}), Create)


def test_what_was_removed_in_copernica_is_not_changed() -> None:
    removed = decided(maker(a="1"), entry=GONE)
    assert isinstance(removed, Removed)
    assert [one.stream for one in removed.said] == ["people"]
    assert isinstance(decided(maker(a="1"), entry=GONE, parts={"people": [part_of(a="1")]}), Unchanged)


def test_what_may_be_gone_waits() -> None:
    waits = decided(maker(a="1"), entry=IN_DOUBT)
    assert isinstance(waits, Wait)
    assert waits.parent is None
    assert isinstance(decided(maker(a="1"), entry=IN_DOUBT, parts={"people": [part_of(a="1")]}), Unchanged)


def test_what_newer_versions_have_said_is_stale() -> None:
    old = said_by("people", {"a": "1"}, version="1")
    stale = decided(old, entry=THERE, parts={"people": [part_of("2", a="2")]})
    assert isinstance(stale, Stale)
    assert [one.idle for one in stale.said] == ["stale"]
    assert stale.fields == {}
    same = decided(old, entry=THERE, parts={"people": [part_of("1", a="1")]})
    assert isinstance(same, Unchanged)
    assert [one.idle for one in same.said] == ["unchanged"]


def test_of_a_late_version_only_the_fields_are_written_that_no_newer_one_fills() -> None:
    late = said_by("people", {"a": "1", "b": "1"}, version="1")
    partly = decided(late, entry=THERE, parts={"people": [part_of("2", a="2")]})
    assert isinstance(partly, Update)
    assert partly.fields == {"b": "1"}
    assert partly.said[0].parts == (part_of("1", b="1"), part_of("2", a="2"))


def test_streams_are_decided_one_by_one() -> None:
    parts = {"people": [part_of(a="1")], "extra": [part_of(c="1")]}
    both = decided(maker(a="1"), said_by("extra", {"c": "2"}), entry=THERE, parts=parts)
    assert isinstance(both, Update)
    assert both.fields == {"c": "2"}
    assert [(one.stream, one.changes, tuple(one.parts)) for one in both.said] == [
        ("people", False, (part_of(a="1"),)),
        ("extra", True, (part_of(c="2"),)),
    ]
    old = said_by("extra", {"c": "1"}, version="1")
    newer = {**parts, "extra": [part_of("2", c="2")]}
    assert isinstance(decided(maker(a="1"), old, entry=THERE, parts=newer), Unchanged)


def test_a_stub_gives_way_to_records_and_is_no_news_of_what_is_there() -> None:
    stub = said_by(STUB, {"a": "stub", "b": "stub"}, creates=True)
    made = decided(maker(a="1"), stub)
    assert made.fields == {"a": "1", "b": "stub"}
    assert decided(stub, maker(a="1")).fields == {"a": "1", "b": "stub"}
    assert isinstance(decided(stub), Create)
    assert isinstance(decided(stub, entry=THERE), Stale)
    assert decided(maker(a="1"), stub, entry=THERE).fields == {"a": "1"}


def test_several_versions_are_written_as_one_and_remembered_as_several() -> None:
    older, newer = said_by("people", {"a": "1"}, version="1"), said_by("people", {"b": "2"}, version="2")
    both = decided(older, newer, entry=THERE)
    assert both.fields == {"a": "1", "b": "2"}
    assert both.said[0].parts == (part_of("1", a="1"), part_of("2", b="2"))
    assert both.said[0].fragments == [older, newer]


@pytest.mark.parametrize(
    ("entry", "kind"), [(None, Wait), (IN_DOUBT, Wait), (GONE, Removed), (THERE, Create)]
)
def test_a_subprofile_needs_its_profile(entry: Entry | None, kind: type[Plan]) -> None:
    parent = Parent("d1", "7:1", entry)
    made = decided(maker(a="1"), parent=parent)
    assert isinstance(made, kind)
    if isinstance(made, Wait):
        assert made.parent == ("d1", "7:1")
    if isinstance(made, Create):
        assert made.parent == parent
    assert made.fields == {"a": "1"}


def test_a_subprofile_that_is_there_needs_no_profile() -> None:
    assert isinstance(decided(maker(a="1"), entry=THERE, parent=Parent("d1", "7:1", GONE)), Update)


@pytest.mark.parametrize(
    ("version", "held", "entry", "kind"),
    [
        (None, [], THERE, Delete),
        ("2", [part_of("1", a="1")], THERE, Delete),
        ("2", [part_of("2", a="1")], THERE, Delete),
        ("1", [part_of("2", a="1")], THERE, Stale),
        ("1", [part_of("1", a="1"), part_of("2", b="1")], THERE, Stale),
        ("1", [part_of("2", a="1")], GONE, Stale),
        (None, [part_of("2", a="1")], THERE, Delete),
        (None, [], None, Removed),
        (None, [], GONE, Removed),
    ],
)
def test_a_deletion_is_decided_by_what_its_stream_wrote(
    version: str | None, held: list[Part], entry: Entry | None, kind: type[Any]
) -> None:
    gone = said_by("people", {}, version=version)
    found = plan_deletion(gone, Memory(entry, {"people": held, "extra": [part_of("9", c="1")]}))
    assert type(found) is kind
    if isinstance(found, Delete):
        assert found.entry == entry
    else:
        assert list(found.said) == []


def test_a_deletion_by_a_stream_that_wrote_nothing() -> None:
    assert plan_deletion(said_by("people", {}, version="1"), Memory(THERE)) == Delete(THERE)


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        ([], False),
        ([part_of(a="1", b="2")], True),
        ([part_of(b="2", a="1")], True),  # the order of fields is the mapping's
        ([part_of(a="1", b="3")], False),
        ([part_of(a="1")], False),
        ([part_of(a="1"), part_of(b="2")], True),
        ([part_of(a="1"), part_of(b="3")], False),
        ([part_of(a="9"), part_of(b="2")], False),
        ([part_of(a="1"), part_of(b="2"), part_of(c="3")], True),
        ([part_of(c="3"), part_of(a="1"), part_of(b="2")], True),
        ([part_of(a="1"), part_of(c="3")], False),
        ([part_of(a="1", b="2", c="3")], False),  # its digest tells nothing of two of them
        ([Part("1", None, digest({"a": "1", "b": "2"}))], True),
        ([Part("1", None, digest({"a": "1"}))], False),
        ([Part("1", None, digest({"a": "1", "b": "2"})), part_of(c="3")], False),
        ([part_of(a="1"), part_of(b="2"), Part("1", None, b"")], False),
    ],
)
def test_whether_all_was_written(held: Sequence[Part], wanted: bool) -> None:  # noqa: FBT001 # a table
    assert is_unchanged(said_by("people", {"a": "1", "b": "2"}), held, digest) is wanted


FRAGMENTS = st.lists(
    st.builds(
        lambda version, fields: said_by("people", dict(sorted(fields.items())), version=version),
        st.sampled_from([None, "1", "2"]),
        st.dictionaries(st.sampled_from("abc"), st.sampled_from("xy"), min_size=1),
    ),
    max_size=6,
)


@given(FRAGMENTS)
def test_what_was_written_as_planned_is_nothing_to_write_again(sent: list[Fragment]) -> None:
    there: dict[str, str] = {}
    parts: Sequence[Part] = ()
    for fragment in sent:
        for again in (False, True):
            found = decided(fragment, entry=THERE, parts={"people": parts})
            assert isinstance(found, (Unchanged, Stale) if again else (Unchanged, Stale, Update))
            there |= found.fields
            parts = found.said[0].parts
    newest: dict[str, tuple[str, str]] = {}
    for fragment in sent:
        for name, value in fragment.fields.items():
            if (fragment.version or "") >= newest.get(name, ("", ""))[0]:
                newest[name] = (fragment.version or "", value)
    assert there == {name: value for name, (_, value) in newest.items()}


def test_what_only_ends_something_ends_what_is_there_and_makes_nothing() -> None:
    made, over = said_by("carts", {"a": "1", "b": "2"}, creates=True), said_by("carts", {"a": "0"}, ends=True)
    assert isinstance(decided(over), Over)
    assert isinstance(decided(over, entry=THERE, parts={"carts": [part_of(a="1")]}), Update)
    assert isinstance(decided(over, entry=GONE), Removed)
    assert isinstance(decided(over, said_by("shipments", {"c": "3"})), Wait), "another stream's waits"
    for one in (made, replace(made, fields={"a": "1"})):
        write = PendingWrite(PEOPLE, "1", 0.0)
        assert write.add(one)
        assert write.add(replace(over))
        found = plan(write, Memory(), digest)
        assert isinstance(found, Create), "one batch makes what two would"
        assert found.fields == one.fields | {"a": "0"}
