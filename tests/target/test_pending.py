"""Writes to come: how fragments merge into one, and in which order they are taken."""

import json
from typing import Any

import pytest

from target_copernica.account.structure import ActualField, Place
from target_copernica.mapping.model import Fragment, Moment, Person
from target_copernica.mapping.values import Column
from target_copernica.writing.pending import (
    STUB,
    PendingWrite,
    PendingWrites,
    apart,
    fitted,
    fragment_from_json,
    fragment_to_json,
    merged,
    without_overridden,
)


def place(collection: int | None = None, *names: str) -> Place:
    fields = {name.lower(): ActualField(n, name, Column("text")) for n, name in enumerate(names)}
    return Place(1, collection, "Shop", None if collection is None else "Orders", fields)


PEOPLE, ORDERS = place(None, "a", "B"), place(2, "a")


def said(version: str | None = None, stream: str = "people", /, **more: Any) -> Fragment:
    own = ("problems", "person", "creates", "arrival", "never_live")
    told = {name: more.pop(name) for name in [*more] if name in own}
    return Fragment(stream, "1", more, version=version, **told)


def write(*fragments: Fragment, where: Place = PEOPLE, key: str = "1", **more: Any) -> PendingWrite:
    pending = PendingWrite(where, key, more.pop("since", 0.0), **more)
    for fragment in fragments:
        assert pending.add(fragment)
    return pending


BAD_A = (("a", "no good"),)


@pytest.mark.parametrize(
    ("held", "left"),
    [
        ([], said("2", a="1", b="1")),
        ([("1", ["a", "b"])], said("2", a="1", b="1")),
        ([("2", ["a", "b"])], said("2", a="1", b="1")),
        ([("3", ["a"])], said("2", b="1")),
        ([("3", ["c"])], said("2", a="1", b="1")),
        ([("3", ["a"]), ("4", ["b"])], None),
        ([("3", ["a", "b"])], None),
        ([("3", None)], None),
        ([("1", ["b"]), ("3", ["a"])], said("2", b="1")),
        ([("1", None), ("3", ["a"])], said("2", b="1")),
    ],
)
def test_a_fragment_loses_the_fields_that_newer_versions_fill(held: list[Any], left: Fragment | None) -> None:
    assert without_overridden(said("2", a="1", b="1"), held) == left


def test_a_value_that_was_left_out_is_no_news_where_a_newer_one_is_there() -> None:
    bad = said("2", b="1", problems=BAD_A)
    assert without_overridden(bad, [("3", ["a"])]) == said("2", b="1")
    assert without_overridden(bad, [("3", ["b"])]) == said("2", problems=BAD_A)
    assert without_overridden(bad, [("3", ["a", "b"])]) is None


@pytest.mark.parametrize(
    ("fragments", "fragment", "wanted"),
    [
        ([], said("1", a="1"), [said("1", a="1")]),
        ([said("1", a="1")], said("2", a="2"), [said("2", a="2")]),
        ([said("1", a="1")], said("1", a="2"), [said("1", a="2")]),
        ([said("2", a="2")], said("1", a="1"), None),
        ([said("1", a="1", b="1")], said("2", a="2"), [said("1", b="1"), said("2", a="2")]),
        ([said("2", a="2")], said("1", a="1", b="1"), [said("1", b="1"), said("2", a="2")]),
        (
            [said("1", a="1"), said("3", c="3"), said("4", d="4")],
            said("2", b="2"),
            [said("1", a="1"), said("2", b="2"), said("3", c="3"), said("4", d="4")],
        ),
        ([said("1", a="1"), said("2", b="1")], said("3", a="3", b="3"), [said("3", a="3", b="3")]),
        # A value that was left out never takes the place of an older good one, but is told of once.
        ([said("1", a="1")], said("2", problems=BAD_A), [said("1", a="1"), said("2", problems=BAD_A)]),
        # An older good one that arrives later does not settle that the newer one was refused.
        (
            [said("2", b="2", problems=BAD_A)],
            said("1", a="1"),
            [said("1", a="1"), said("2", b="2", problems=BAD_A)],
        ),
        ([said("1", problems=BAD_A)], said("2", a="2"), [said("2", a="2")]),
        ([said("1", problems=BAD_A)], said("2", problems=BAD_A), [said("2", problems=BAD_A)]),
        (
            [said("1", b="1", problems=BAD_A)],
            said("2", problems=BAD_A),
            [said("1", b="1"), said("2", problems=BAD_A)],
        ),
        (
            [said("1", b="1", problems=(*BAD_A, ("c", "no good")))],
            said("2", a="2"),
            [said("1", b="1", problems=(("c", "no good"),)), said("2", a="2")],
        ),
    ],
)
def test_each_field_belongs_to_the_newest_version(
    fragments: list[Fragment], fragment: Fragment, wanted: list[Fragment] | None
) -> None:
    assert merged(fragments, fragment) == wanted


def test_what_waited_for_a_field_that_was_removed_loses_it() -> None:
    assert fitted(PEOPLE, said(a="1", b="1")) == said(a="1", b="1")
    told = (*BAD_A, ("c", "the field is not there any more"))
    assert fitted(PEOPLE, said(B="1", c="1", problems=BAD_A)) == said(B="1", problems=told)


def test_a_write_collects_the_streams_of_one_thing() -> None:
    pending = write(said("1", a="1"), said("2", a="2"), said("1", "extra", c="1"))
    assert not pending.add(said("1", a="9"))
    assert pending.fields() == {"a": "2", "c": "1"}
    assert pending.streams == ["people", "extra"]
    assert [pending.creates, pending.add(said("3", creates=True, b="3")), pending.creates] == [
        False,
        True,
        True,
    ]
    assert [one.version for one in pending.each] == ["2", "3", "1"]


def test_a_stub_gives_way_to_records() -> None:
    pending = write(said(None, STUB, a="stub", b="stub", creates=True), said("1", a="1"))
    assert pending.fields() == {"a": "1", "b": "stub"}
    assert pending.streams == ["people"]
    assert write().fields() == {}


def test_the_first_record_that_may_create_a_person_decides_which_one() -> None:
    pending = write(said(person=Person("7:0"), a="0"))
    assert pending.person is None
    for key in ("7:1", "7:2"):
        pending.add(said(person=Person(key), creates=True, a=key))
    assert pending.person == Person("7:1")


def test_what_waited_goes_before_what_came_since() -> None:
    pending = write(said(a="new", person=Person("7:2"), creates=True, arrival=2))
    pending.add_earlier(said(a="old", B="old", c="old", person=Person("7:1"), creates=True))
    assert pending.fields() == {"a": "new", "B": "old"}
    assert pending.person == Person("7:1")
    pending.add_earlier(said(person=Person("7:0"), a="older"))
    assert pending.person == Person("7:1")
    assert pending.fields()["a"] == "new"
    other = write(said(a="1"))
    other.add_earlier(said(None, "extra", B="2"))
    assert other.fields() == {"a": "1", "B": "2"}


def test_what_came_since_is_merged_in_the_order_of_arrival() -> None:
    pending = write(said("2", a="2", b="2", arrival=1), said("1", c="1", arrival=2))
    assert [one.version for one in pending.fragments["people"]] == ["1", "2"]
    pending.add_earlier(said("1", B="0", a="0"))
    assert pending.fields() == {"a": "2", "b": "2", "c": "1", "B": "0"}
    # Without versions the last one to arrive is right, and what was held before a newer version is kept.
    late = write(said("3", a="3", arrival=2))
    late.add_earlier(said("1", a="1", B="1"))
    late.add_earlier(said("4", a="4"))
    assert late.fields() == {"a": "4", "B": "1"}
    mixed = PendingWrite(PEOPLE, "1", 0.0)
    mixed.fragments["people"] = [said(a="second", arrival=2), said(a="first", arrival=1)]
    mixed.add_earlier(said(a="zeroth", B="0"))
    assert mixed.fields() == {"a": "second", "B": "0"}


def keys(found: list[PendingWrite]) -> list[str]:
    return [one.key for one in found]


def test_pending_writes_are_found_kept_and_dropped_by_place_and_key() -> None:
    pending = PendingWrites()
    assert pending.find("d1", "1") is None
    assert pending.drop("d1", "1") is None
    assert pending.size("d1") == 0
    one, other = write(key="1"), write(key="2")
    for each in (one, other, one):
        pending.keep(each)
    assert pending.find("d1", "1") is one
    assert pending.find("c2", "1") is None
    assert pending.size("d1") == 2
    assert list(pending) == [one, other]
    assert pending.drop("d1", "1") is one
    assert pending.drop("d1", "1") is None
    assert list(pending) == [other]


def test_live_writes_and_history_are_taken_apart() -> None:
    pending = PendingWrites()
    for key, live in (("1", True), ("2", False), ("3", True), ("4", False)):
        pending.keep(write(key=key, live=live, since=10.0 * int(key)))
    assert pending.oldest(live=True) == 10.0
    assert pending.oldest(live=False) == 20.0
    assert keys(pending.take("d1", live=True)) == ["1", "3"]
    assert pending.oldest(live=True) is None
    assert pending.take("d1", live=True) == []
    assert keys(pending.take("d1", live=False)) == ["2", "4"]
    assert pending.places() == []
    pending.keep(write(key="5", live=True))
    pending.keep(write(key="6"))
    assert keys(pending.take("d1")) == ["5", "6"]
    assert pending.take("d1") == []


def test_parents_come_first() -> None:
    pending = PendingWrites()
    pending.keep(write(where=ORDERS))
    pending.keep(write(where=PEOPLE))
    assert pending.places() == [PEOPLE, ORDERS]
    pending.drop("d1", "1")
    assert pending.places() == [ORDERS]


@pytest.mark.parametrize("person", [None, Person("7:1", "a@example.com", {"a": "1"}, "7:0")])
def test_a_fragment_is_kept_as_it_is_but_for_its_place_in_the_run(person: Person | None) -> None:
    fragment = Fragment(
        "orders", "7:1", {"a": "1"}, person, True, "2", "c", "d", BAD_A, True, "7:9", 12, ("a",),  # noqa: FBT003
        read=Moment(3, 1_762_000_000),
    )  # fmt: skip
    found = fragment_from_json(json.loads(json.dumps(fragment_to_json(fragment))))
    fragment.arrival = 0
    assert found == fragment
    early = {
        name: value
        for name, value in fragment_to_json(fragment).items()
        if name not in {"never_live", "read"}
    }
    assert (fragment_from_json(early).never_live, fragment_from_json(early).read) == ((), None)


def test_fields_that_never_run_follow_ups_are_a_fragment_of_their_own() -> None:
    assert apart(said(a="1", b="2")) == [said(a="1", b="2")]
    all_quiet = said(a="1", b="2", never_live=("a", "b", "c"))
    assert apart(all_quiet) == [all_quiet]
    mixed = said(a="1", b="2", never_live=("b",))
    assert apart(mixed) == [said(a="1", never_live=("b",)), said(b="2", never_live=("b",))]


def test_what_never_runs_follow_ups_is_written_after_the_rest_and_settles_the_records() -> None:
    loud, quiet = said("1", a="1", never_live=("b",)), said("1", b="2", never_live=("b",))
    sums = said("1", "sums", total="3", never_live=("total",))
    pending = write(loud, quiet, sums, live=True, numbers=[4, 5], since=7.0)
    first, rest = pending.halves() or pytest.fail("two halves")
    assert first == PendingWrite(PEOPLE, "1", 7.0, live=True, fragments={"people": [loud]}, numbers=[])
    assert rest == PendingWrite(
        PEOPLE, "1", 7.0, fragments={"people": [quiet], "sums": [sums]}, numbers=[4, 5], is_rest=True
    )
    assert write(loud, live=True).halves() is None
    assert write(sums, live=True).halves() is None
