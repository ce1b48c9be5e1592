"""Who would have been in a selection on a day of the past: only what was known then counts."""

import csv
import io
from datetime import date, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.account import Account
from support.colleague import Colleague
from target_copernica.selections.backtest import (
    AS_OF,
    Day,
    Order,
    PersonHistory,
    backtest,
    is_in,
    shop_gap,
    taken_from_today,
)
from target_copernica.selections.chart import chart
from target_copernica.selections.load import load_selections, read_selections
from target_copernica.selections.model import levels_of

SVG = "{http://www.w3.org/2000/svg}"
NOW = datetime(2026, 6, 15, 12)  # noqa: DTZ001 - Copernica's wall clock
STARTERS = load_selections("starters")
FROM_ORDERS = ["new_customers", "one_time_buyers_due", "vip", "win_back_180", "win_back_365"]

orders = st.lists(
    st.builds(
        lambda days, value, cancelled: Order(NOW - timedelta(days=days), value, cancelled),
        st.integers(-30, 900),
        st.integers(0, 400),
        st.booleans(),
    ),
    max_size=8,
)


def ago(days: float, value: float = 100, *, cancelled: bool = False) -> Order:
    return Order(NOW - timedelta(days=days), value, cancelled)


def value(name: str, *placed: Order, gap: float | None = None) -> str:
    known = PersonHistory({}, placed).until(NOW)
    return AS_OF[name](known, NOW, None if gap is None else timedelta(days=gap))


@settings(max_examples=60, deadline=None)
@given(orders, st.integers(0, 365), st.sampled_from(FROM_ORDERS))
def test_what_came_later_changes_nothing(placed: list[Order], back: int, name: str) -> None:
    day, gap = NOW - timedelta(days=back), timedelta(days=40)
    levels = levels_of(STARTERS, name)
    known = [one for one in placed if one.at <= day]
    assert is_in(PersonHistory({}, placed), levels, day, gap) == is_in(
        PersonHistory({}, known), levels, day, gap
    )


@settings(max_examples=60, deadline=None)
@given(orders)
def test_the_facts_are_those_of_a_recount(placed: list[Order]) -> None:
    past = [one for one in placed if one.at <= NOW]
    year = [one.value for one in past if not one.cancelled and one.value > 0 and (NOW - one.at).days < 365]
    assert value("orders_365", *placed) == str(len(year))
    assert float(value("net_365", *placed)) == sum(year)
    assert value("order_count", *placed) == str(len(past))
    days = sorted(one.at.date() for one in past if not one.cancelled and one.value > 0)
    gaps = len(days) - 1
    assert float(value("days_between", *placed)) == ((days[-1] - days[0]).days / gaps if gaps > 0 else 0)
    assert value("last_order_at", *placed) == (str(max(one.at for one in past)) if past else "")


@pytest.mark.parametrize(
    ("placed", "gap", "due"),
    [
        ([], 40, ""),
        ([ago(10)], None, ""),
        ([ago(10)], 40, NOW + timedelta(days=30)),
        ([ago(90), ago(49), ago(10)], 7, NOW + timedelta(days=30)),  # gaps of 41 and 39, median 40
        ([ago(90), ago(49), ago(10, cancelled=True)], 7, NOW - timedelta(days=42)),
        ([ago(90), ago(49, 0)], 7, NOW - timedelta(days=83)),
    ],
)
def test_when_the_next_order_is_due(placed: list[Order], gap: float | None, due: datetime | str) -> None:
    assert value("next_order_at", *placed, gap=gap) == str(due)


def test_the_shops_gap_is_the_median_of_first_to_second() -> None:
    people = [
        PersonHistory({}, [ago(100), ago(70), ago(1)]),
        PersonHistory({}, [ago(60), ago(10)]),
        PersonHistory({}, [ago(5)]),
    ]
    assert shop_gap(people) == timedelta(days=40)
    assert shop_gap(people[2:]) is None


def test_each_day_counts_who_is_in_and_who_bought_anyway() -> None:
    levels = levels_of(STARTERS, "win_back_180")
    people = [
        PersonHistory({}, [ago(300)]),  # in it since day -120
        PersonHistory({}, [ago(300), ago(20)]),  # came back
        PersonHistory({}, [ago(300), ago(20, cancelled=True)]),  # did not buy
        PersonHistory({}, [ago(2)]),
    ]
    days = [NOW - timedelta(days=back) for back in (130, 100, 40, 10, 0)]
    found = list(backtest(people, levels, days, timedelta(days=30)))
    assert [day.members for day in found] == [0, 3, 3, 1, 1]
    assert [day.bought for day in found] == [0, 0, 1, None, None]


def test_a_person_is_not_in_before_the_shop_knew_them() -> None:
    levels = levels_of(STARTERS, "may_be_mailed")
    person = PersonHistory({"newsletter": "yes", "registered_at": "2026-06-01 09:00:00"}, [])
    assert is_in(person, levels, NOW)
    assert not is_in(person, levels, NOW - timedelta(days=30))
    assert taken_from_today(levels) == ["newsletter"]
    assert taken_from_today(levels_of(STARTERS, "review")) == ["Orders.order_state"]


def test_below_another_selection_both_hold_and_subprofiles_count_from_their_date() -> None:
    rows = [{"brand": "X", "ordered_at": "2026-06-01 09:00:00"}]
    other = [*rows, {"brand": "Y", "ordered_at": "2026-06-10 09:00:00"}]
    levels = levels_of(STARTERS, "bought_brand_not_other")
    person = PersonHistory({}, [], {"OrderItems": other})
    assert [is_in(person, levels, NOW - timedelta(days=back)) for back in (20, 10, 0)] == [False, True, False]
    assert is_in(PersonHistory({}, [], {"OrderItems": rows}), levels, NOW)


@pytest.mark.parametrize(
    ("condition", "inside"),
    [
        ({"field": "city", "equals": "utrecht"}, True),
        ({"field": "city", "not_equals": "Utrecht"}, False),
        ({"field": "city", "contains": "TRE"}, True),
        ({"field": "city", "not_contains": "TRE"}, False),
        ({"field": "age", "less": 30}, False),
        ({"field": "age", "equals": 30}, True),
        ({"field": "born", "after": "today", "before": "+1 day", "every_year": True}, True),
        ({"field": "born", "after": "-2 hours"}, False),
    ],
)
def test_a_condition_holds_as_copernica_reads_it(condition: dict[str, object], inside: bool) -> None:  # noqa: FBT001
    rules = {"mine": {"name": "Mine", "rules": [{"all": [condition]}]}}
    person = PersonHistory({"city": "Utrecht", "age": "30.0", "born": "1990-06-15"}, [])
    assert is_in(person, levels_of(read_selections(rules), "mine"), NOW) is inside


@pytest.mark.parametrize("count", [2, 40, 366])
def test_the_chart_needs_nothing_else_and_shows_each_day(count: int) -> None:
    first = date(2025, 11, 29)
    found = [Day(first + timedelta(days=at), at, at // 2 if at < count - 1 else None) for at in range(count)]
    drawn = ET.fromstring(chart("<Those> & Others", found, 30).encode())  # noqa: S314  # our own
    texts = [one.text for one in drawn.iter(f"{SVG}text")]
    assert {"<Those> & Others", "in the selection", "of them bought within 30 days anyway"} <= set(texts)
    assert not [name for one in drawn.iter() for name in one.attrib if "href" in name or name == "style"]
    members, bought = (one.attrib["d"].split() for one in drawn.iter(f"{SVG}path"))
    assert (len(members) // 3, len(bought) // 3) == (count, count - 1)
    heights = [float(one) for one in members[2::3]]
    assert heights == sorted(heights, reverse=True)  # downwards is more
    assert ("2026-01" in texts) is (count == 366)


def test_the_command_reads_a_thousand_a_call_and_writes_nothing(account: Account, tmp_path: Path) -> None:
    account.sandbox.clock(to="2026-06-15T10:00:00+00:00")
    account.command("apply", selections="off")
    colleague = Colleague(account.sandbox, "SEOshop")
    orders = next(
        one["id"] for one in account.sandbox.databases()["SEOshop"]["collections"] if one["name"] == "Orders"
    )
    for bought in (["2025-11-01 12:00:00"], ["2025-11-01 12:00:00", "2026-05-20 12:00:00"]):
        number = colleague.creates({"firstname": "Person"})
        for at in bought:
            colleague.creates_below(number, orders, {"ordered_at": at, "total": "10", "status": "completed"})
    since, file, picture = account.sandbox.last(), tmp_path / "days.csv", tmp_path / "days.svg"
    files = ("--csv", str(file), "--chart", str(picture))
    said = account.command("selections", "backtest", "win_back_180", *files, existing_people="beside").out
    assert "2 people and 3 subprofiles: about 2 calls" in said
    assert "bought within 30 days anyway" in said
    days = {row["day"]: row for row in csv.DictReader(io.StringIO(file.read_text()))}
    assert len(days) == 366
    assert (days["2026-05-10"]["members"], days["2026-05-10"]["bought_within_30_days"]) == ("2", "1")
    assert (days["2026-06-15"]["members"], days["2026-06-15"]["bought_within_30_days"]) == ("1", "")
    assert f"{STARTERS['win_back_180'].name_in('en')}: people on each day" in picture.read_text()
    calls = account.calls(since)
    assert not [call for call in calls if not call.startswith("GET")]
    assert [call for call in calls if "profiles" in call].count("GET collection/N/subprofiles") == 2
    wrong = account.command("selections", "backtest", "nothing", check=False)
    assert wrong.code == 2
    assert "there is no selection 'nothing': one of may_be_mailed, " in wrong.err
