"""Keys: one to one, also under Copernica's comparison without case, trimmed."""

import hashlib
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from target_copernica.errors import RejectedRecordError
from target_copernica.mapping.keys import (
    KEY_LENGTH,
    email_key,
    external_key,
    fold_email,
    former_fold,
    former_key,
    order_key,
)

PARTS = st.lists(st.one_of(st.integers(), st.text(min_size=1).filter(str.strip)), min_size=1, max_size=3)


def test_a_shop_key_is_readable() -> None:
    assert external_key([300001, 42]) == "300001:42"


@pytest.mark.parametrize("part", [None, "", "  ", True, 1.5, Decimal("1.5"), [], {}])
def test_what_is_no_key_is_refused(part: object) -> None:
    with pytest.raises(RejectedRecordError):
        external_key([7, part])


@given(PARTS, PARTS)
@example(["\u00eb"], ["e\u0308"])
@example(["\u00eb@a b"], ["e\u0308@a b"])
def test_different_keys_stay_different_in_copernica(one: list[int | str], other: list[int | str]) -> None:
    same = [str(part) for part in one] == [str(part) for part in other]
    first, second = external_key(one), external_key(other)
    assert (first.strip().lower() == second.strip().lower()) == same


@given(PARTS)
def test_a_key_survives_copernica_unchanged(parts: list[int | str]) -> None:
    key = external_key(parts)
    assert key == key.strip().lower()
    assert 0 < len(key) <= KEY_LENGTH
    assert not set(key) - set("abcdefghijklmnopqrstuvwxyz0123456789_-:.")


def test_a_long_key_is_no_prefix_of_another() -> None:
    assert external_key(["a" * 100]) != external_key(["a" * 101])


def test_people_without_an_id() -> None:
    assert email_key([7], "a@example.com").startswith("7:mail:")
    assert "example" not in email_key([7], "a@example.com")
    assert order_key([7], 12) == "7:order:12"
    assert fold_email(" Ann@Example.COM ") == "ann@example.com"
    assert fold_email("  ") is None


@pytest.mark.parametrize(
    ("parts", "key"),
    [
        (["Ab c_-9"], ".41b.20c_-9"),
        (["a:b", "c"], "a.3ab:c"),
        (["a", "b:c"], "a:b.3ac"),
        (["\ud83d"], ".ed.a0.bd"),
        ([Decimal("7.0"), 8], "7:8"),
        ([Decimal("1E+39")], "1" + "0" * 39),
        (["a" * 64], "a" * 64),
    ],
)
def test_a_key_is_written_out(parts: list[object], key: str) -> None:
    assert external_key(parts) == key


def test_a_key_that_is_too_long_is_a_hash_of_it() -> None:
    assert external_key(["a" * 65]) == "h.x" + hashlib.sha256(b"a" * 65).hexdigest()[:61]
    assert len(external_key(["a" * 65])) == KEY_LENGTH


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (None, "a key property is empty"),
        (True, "a key property is empty"),
        (" ", "a key property is empty"),
        ([], "a key property is neither text nor a whole number"),
        (Decimal("1.5"), "a key property is neither text nor a whole number"),
        (Decimal("1E+40"), "a key property is neither text nor a whole number"),
    ],
)
def test_a_refusal_says_why(part: object, message: str) -> None:
    with pytest.raises(RejectedRecordError) as refused:
        external_key([part])
    assert str(refused.value) == message


def test_a_key_of_version_0_1_differs_only_for_addresses_with_accents() -> None:
    for same in (
        [7, "a", None],
        ["\u2603"],
        ["\u2603@x"],
        [7, "a", "\u00eb"],
        ["e\u0308@"],
        ["a@b", "\u00eb"],
    ):
        assert former_key(same) is None, same
    assert former_key([7, "a", "\u00eb@b"]) == former_key([7, "a", "e\u0308@b"]) == "7:a:e.cc.88.40b"
    assert former_key(["\u00eb@b", "a"]) == "e.cc.88.40b:a"
    assert former_key(["e\u0308\u00eb@b"]) == "e.cc.88.c3.ab.40b"  # as it was sent


def test_an_address_is_folded_to_the_composed_form() -> None:
    assert fold_email(" ZO\u00cb@example.com ") == "zo\u00eb@example.com"
    assert fold_email("zoe\u0308@example.com") == "zo\u00eb@example.com"
    assert fold_email(None) is None
    assert fold_email(5) is None
    assert former_fold("zo\u00eb@example.com") == "zoe\u0308@example.com"
    assert former_fold("a@example.com") is None


def test_the_key_of_an_address_is_half_a_hash_of_it() -> None:
    digest = hashlib.sha256(b"a@example.com").hexdigest()
    assert email_key([7], "a@example.com") == f"7:mail:{digest[:32]}"
    assert email_key([7], "\ud83d@example.com").startswith("7:mail:")
