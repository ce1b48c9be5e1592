"""What is remembered of a stream's fields: which version filled which last."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_copernica.mapping.model import Fragment, Moment
from target_copernica.memory.parts import DIGEST_SIZE, UNKNOWN, Part, is_newer, newest, overlaid
from target_copernica.writing.plan import Said

WHOLE = Part("1", None, b"whole")  # of an early ledger, which kept no names


@pytest.mark.parametrize(
    ("version", "other", "wanted"),
    [("2", "1", True), ("1", "2", False), ("1", "1", False), ("1", None, True), (None, "1", False),
     (None, None, False), ("X", None, True)],
)  # fmt: skip
def test_which_version_is_newer(version: str | None, other: str | None, wanted: bool) -> None:  # noqa: FBT001 # a table
    assert is_newer(version, other) is wanted


def test_the_newest_of_some_versions() -> None:
    assert newest(["1", None, "3", "2"]) == "3"
    assert newest([None]) is None
    assert newest([]) is None


def test_a_part_loses_what_another_fills_and_then_its_digest_says_nothing() -> None:
    part = Part("1", ("a", "b"), b"digest")
    assert part.without(["c"]) == part
    assert part.without(["b"]) == Part("1", ("a",), UNKNOWN)
    assert part.without(["a", "b"]) is None
    assert WHOLE.without(["a"]) is None
    assert Part("1", (), b"digest").without(["a"]) is None


def test_one_version_that_fills_all_is_one_part() -> None:
    new = Part("2", ("a", "b"), b"new")
    assert overlaid([], new) == (new,)
    assert overlaid([Part("1", ("a", "b"), b"old")], new) == (new,)
    assert overlaid([WHOLE], new) == (new,)


def test_a_version_that_comes_late_takes_nothing_from_a_newer_one() -> None:
    newer, late = Part("3", ("a",), b"newer"), Part("2", ("b",), b"late")
    oldest = Part("1", ("b", "c"), b"oldest")
    assert overlaid([oldest, newer], late) == (Part("1", ("c",), UNKNOWN), late, newer)


def test_a_newer_version_is_remembered_though_it_fills_nothing() -> None:
    newer, late = Part("3", (), b"newer"), Part("2", ("a",), b"late")
    assert overlaid([newer], late) == (late, newer)


def test_what_fills_nothing_leaves_all_as_it_is() -> None:
    held = Part("1", ("a",), b"held")
    assert overlaid([held], Part("2", None, b"")) == (held, Part("2", None, b""))


def test_parts_without_a_version_are_the_oldest() -> None:
    held, new = Part("1", ("a",), b"held"), Part(None, ("b",), b"new")
    assert overlaid([held], new) == (new, held)


@given(
    st.lists(st.tuples(st.sampled_from([None, "1", "2", "3"]), st.sets(st.sampled_from("abcd"), min_size=1)))
)
def test_each_field_belongs_to_the_newest_version_that_filled_it(
    written: list[tuple[str | None, set[str]]],
) -> None:
    parts: tuple[Part, ...] = ()
    owner: dict[str, str | None] = {}
    for version, names in written:
        mine = [name for name in sorted(names) if not is_newer(owner.get(name), version)]
        if not mine:
            continue
        owner |= dict.fromkeys(mine, version)
        parts = overlaid(parts, Part(version, (*mine,), b"digest"))
        assert {name: part.version for part in parts for name in part.names or ()} == owner
        assert sum(len(part.names or ()) for part in parts) == len(owner)
        assert [part.version or "" for part in parts] == sorted(part.version or "" for part in parts)


@given(st.binary(min_size=DIGEST_SIZE, max_size=DIGEST_SIZE))
def test_a_part_that_is_unconfirmed_equals_no_content_until_it_is_confirmed(digest: bytes) -> None:
    part = Part("1", ("a", "b"), digest)
    unsure = part.unconfirmed()
    assert unsure.unconfirmed() == unsure
    assert (part.is_unconfirmed, unsure.is_unconfirmed) == (False, True)
    assert unsure.digest != digest
    assert unsure.confirmed() == part == part.confirmed()
    rest, rest_of_unsure = part.without(["a"]), unsure.without(["a"])
    assert rest is not None
    assert rest_of_unsure is not None
    assert (rest.is_unconfirmed, rest_of_unsure.is_unconfirmed) == (False, True)


def test_a_part_was_written_when_what_it_overlays_was_until_it_is_written_itself() -> None:
    first, later = Moment(1, 100), Moment(2, 200)
    old = (Part("1", ("a",), b"x" * 16, first, first), Part("2", ("b",), b"y" * 16, first, later))
    (new,) = overlaid(old, Part("3", ("a", "b"), b"z" * 16, later))
    assert (new.read, new.wrote) == (later, later)
    left, new = overlaid(old[:1], Part("3", ("c",), b"z" * 16, later))
    assert (left.wrote, new.wrote) == (first, None)
    newer, kept = overlaid((Part("9", ("a",), b"x" * 16, first, first),), Part("3", ("b",), b"z" * 16))[::-1]
    assert (newer.wrote, kept.wrote) == (first, None)
    (rest, _) = overlaid((Part("1", ("a", "b"), b"x" * 16, first, later),), Part("2", ("a",), b"z" * 16))
    assert (rest.names, rest.read, rest.wrote) == (("b",), first, later)


def test_only_what_differs_is_noted_as_written() -> None:
    old, when = Moment(1, 100), Moment(2, 200)
    same, new = Fragment("s", "k", {"a": "1"}, version="2"), Fragment("s", "k", {"b": "2"}, version="3")
    parts = [Part("2", ("a",), b"x" * 16, old, old), Part("3", ("b",), b"y" * 16, when, old)]
    assert [part.wrote for part in Said("s", [same, new], [new], parts).written(when)] == [old, when]
    assert [part.read for part in Said("s", [same, new], [new], parts).written(when)] == [old, when]
