"""Keys: one to one, also under Copernica's comparison without case, trimmed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_copernica.errors import RejectedRecordError
from target_copernica.mapping.keys import KEY_LENGTH, email_key, external_key, fold_email, order_key

PARTS = st.lists(st.one_of(st.integers(), st.text(min_size=1).filter(str.strip)), min_size=1, max_size=3)


def test_a_shop_key_is_readable() -> None:
    assert external_key([300001, 42]) == "300001:42"


@pytest.mark.parametrize("part", [None, "", "  ", True, 1.5, Decimal("1.5"), [], {}])
def test_what_is_no_key_is_refused(part: object) -> None:
    with pytest.raises(RejectedRecordError):
        external_key([7, part])


@given(PARTS, PARTS)
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
