"""Deleted customers: who vanished from a complete list is asked for, and told once the shop says 404."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap.imagined import Copy, Shop
from tap_seoshop.errors import NotFoundError
from tap_seoshop.reading.departed import DELETED_AT, packed, unpacked
from tap_seoshop.settings import SETTINGS
from tap_seoshop.tap import TapSeoshop

WEEK = 604_800
SELECT = ("customers", "orders", "customer_summaries")


def a_shop(people: int = 5) -> tuple[Shop, list[int]]:
    shop = Shop()
    made = [shop.make("customers") for _ in range(people)]
    shop.order(made[0])
    shop.pass_time(60)
    return shop, made


def told(copy: Copy) -> dict[Any, Any]:
    return {key: one[DELETED_AT] for key, one in copy.rows["customers"].items() if DELETED_AT in one}


def asked_for(shop: Shop) -> list[str]:
    return [path for path, _ in shop.asked if path.startswith("customers/") and path[10:].isdigit()]


@given(st.sets(st.integers(1, 2**40)))
def test_ids_come_out_as_they_went_in(numbers: set[int]) -> None:
    assert unpacked(packed(numbers)) == sorted(numbers)


def test_ids_take_little_room() -> None:
    assert len(packed(range(20_000_000, 20_000_000 + 100_000 * 30, 30))) < 1_000
    assert len(packed(number * number for number in range(4000, 104_000))) < 300_000


def test_a_vanished_customer_is_asked_for_and_told_once() -> None:
    (shop, people), copy = a_shop(), Copy()
    copy.read(shop, SELECT, find_deleted=10)
    assert asked_for(shop) == []
    gone = people[2]
    del shop.held["customers"][gone]
    shop.pass_time(300)
    copy.read(shop, SELECT, find_deleted=10)
    assert told(copy) == {}, "the list was not read whole: nothing is known"
    shop.pass_time(WEEK)
    copy.read(shop, SELECT, find_deleted=10)
    assert set(told(copy)) == {gone}
    assert asked_for(shop) == [f"customers/{gone}"]
    shop.pass_time(WEEK)
    copy.read(shop, SELECT, find_deleted=10)
    assert asked_for(shop) == []


def test_one_that_slipped_between_pages_is_there_all_the_same() -> None:
    (shop, people), copy = a_shop(), Copy()
    copy.read(shop, SELECT, find_deleted=10)
    hidden = shop.held["customers"].pop(people[2])
    shop.before_answer = lambda: shop.held["customers"].__setitem__(people[2], hidden) if (
        shop.asked and shop.asked[-1][0] == "customers"
    ) else None  # fmt: skip
    shop.pass_time(WEEK)
    copy.read(shop, SELECT, find_deleted=10)
    assert told(copy) == {}


def test_a_404_of_the_way_is_no_word_of_the_shop(monkeypatch: pytest.MonkeyPatch) -> None:
    (shop, people), copy = a_shop(), Copy()
    copy.read(shop, SELECT, find_deleted=10)
    gone = people[2]
    del shop.held["customers"][gone]
    answer = shop._answer  # noqa: SLF001 - the imagined shop's own

    def by_a_gateway(path: str, query: dict[str, str]) -> dict[str, Any]:
        if path.startswith("customers/") and path[10:].isdigit():
            raise NotFoundError(path, in_json=False)
        return answer(path, query)

    shop.pass_time(WEEK)
    with monkeypatch.context() as way:
        way.setattr(shop, "_answer", by_a_gateway)
        copy.read(shop, SELECT, find_deleted=10)
    assert told(copy) == {}
    shop.pass_time(WEEK)
    copy.read(shop, SELECT, find_deleted=10)
    assert set(told(copy)) == {gone}


def test_a_cut_list_deletes_no_one(caplog: pytest.LogCaptureFixture) -> None:
    (shop, people), copy = a_shop(), Copy()
    copy.read(shop, SELECT, find_deleted=2)
    held = {number: shop.held["customers"].pop(number) for number in people[2:]}
    shop.pass_time(WEEK)
    copy.read(shop, SELECT, find_deleted=2)
    assert told(copy) == {}
    assert asked_for(shop) == []
    assert "3 customers are not in the list any more, more than the 2" in caplog.text
    shop.held["customers"] |= held
    del shop.held["customers"][people[1]]
    shop.pass_time(WEEK)
    copy.read(shop, SELECT, find_deleted=2)
    assert set(told(copy)) == {people[1]}


def test_off_by_default_and_then_the_state_holds_nothing() -> None:
    (shop, people), copy = a_shop(), Copy()
    copy.read(shop, SELECT)
    del shop.held["customers"][people[2]]
    shop.pass_time(WEEK)
    copy.read(shop, SELECT)
    assert told(copy) == {}
    assert "known_ids" not in copy.state["bookmarks"]["customers"]
    assert SETTINGS["properties"]["find_deleted"]["default"] == 0


def test_a_webhooks_word_is_asked_for_as_well() -> None:
    (shop, people), copy = a_shop(), Copy()
    copy.read(shop, SELECT)
    del shop.held["customers"][people[2]]
    copy.read(shop, SELECT, reread={"customers": people[1:3]}, find_deleted=1)
    assert set(told(copy)) == {people[2]}


def test_the_schema_names_it_only_where_it_is_looked_for() -> None:
    config = {"api_key": "k" * 32, "api_secret": "s" * 32}
    schemas = [
        TapSeoshop(config={**config, **more}, validate_config=False).streams["customers"].schema["properties"]
        for more in ({}, {"find_deleted": 5})
    ]
    assert [DELETED_AT in one for one in schemas] == [False, True]
