"""Lists without a filter together take no more than their share of the day."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap.imagined import Copy, Shop, link
from tap_seoshop.bookmarks.forms import DetailRequests
from tap_seoshop.reading.intervals import DAY, Need, counted, stretched

MEMBERSHIPS = ("customer_group_memberships", "customer_group_sets")
needs = st.dictionaries(
    st.sampled_from("abcdef"),
    st.builds(Need, st.sampled_from([0, 300, 3_600, 86_400]), st.integers(0, 5_000)),
)


@given(needs, st.integers(10, 50_000))
def test_all_together_cost_at_most_the_budget_and_none_more_often_than_set(
    needs: dict[str, Need], budget: int
) -> None:
    found = stretched(needs, budget, 300)
    assert set(found) == set(needs)
    assert all(found[name] >= need.interval for name, need in needs.items())
    daily = {name: need.cost * DAY / max(found[name], 300) for name, need in needs.items()}
    total = sum(need.daily(300) for need in needs.values())
    assert sum(daily.values()) == pytest.approx(min(total, budget))


def test_a_short_list_does_not_wait_for_a_long_one() -> None:
    found = stretched({"brands": Need(86_400, 2), "memberships": Need(3_600, 201)}, 1_800, 300)
    assert found["brands"] == 86_400
    assert found["memberships"] == pytest.approx(201 * DAY / 1_798)


@pytest.mark.parametrize(("day", "hours"), [(12_000, 1), (260, 4)])
def test_a_key_with_few_requests_reads_full_lists_less_often(day: int, hours: int) -> None:
    shop, copy = Shop(), Copy()
    for _ in range(1_000):
        shop.make("groups/customers", customer=link(shop.make("customers")), group=link(5))
    shop.make("groups", title="Group")

    def spent() -> None:
        left = f"{day}/{day}/{day}"
        shop.quota.learn(
            {"X-RateLimit-Limit": left, "X-RateLimit-Remaining": left, "X-RateLimit-Reset": "1/1/1"}
        )

    shop.before_answer = spent
    reads: list[Any] = []
    for hour in range(13):
        copy.read(shop, select=("customers", *MEMBERSHIPS), full_table_interval=86_400)
        if shop.sent["groups/customers"]:
            reads.append(hour)
        shop.pass_time(3_600)
    assert reads == list(range(0, 13, hours))


def test_requests_are_counted_by_day() -> None:
    known = DetailRequests()
    for day, requests, count, before in (
        (1, 5, 5, 0),
        (1, 3, 8, 0),
        (2, 1, 1, 8),
        (2, 0, 1, 8),
        (5, 2, 2, 0),
    ):
        known = counted(known, date(2026, 11, day), requests)
        assert known == DetailRequests(f"2026-11-0{day}", count, before)
