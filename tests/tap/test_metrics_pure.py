"""Each derived field by itself."""

import sqlite3
from contextlib import closing
from datetime import date
from decimal import Decimal
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest

from tap_seoshop.summaries import metrics
from tap_seoshop.summaries.history import DAY, Line, Order, counting, recent
from tap_seoshop.summaries.order_book import OrderBook, day_of, quarter_of
from tap_seoshop.summaries.order_state import order_state
from tap_seoshop.summaries.segments import FIXED, SEGMENTS, Fifths, Scores, scores, segment

TODAY = day_of(date(2026, 11, 2))


def sold(days_ago: int, price: float = 10, **more: Any) -> Order:
    number = more.pop("id", 10_000 - days_ago)
    return Order(number, (TODAY - days_ago) * DAY + 100, round(price * 10_000), **more)


def line(brand: str = "Vink", price: float = 10, **more: Any) -> Line:
    given = {"category": None, "reorder_days": None, "ordered": 1, "back": 0, **more}
    return Line(brand, units=round(price * 10_000), **given)


def test_an_order_counts_unless_it_is_cancelled_or_worth_nothing() -> None:
    kept, cancelled, free = sold(1), sold(2, cancelled=True), sold(3, price=0)
    assert counting((kept, cancelled, free)) == (kept,)
    assert counting((sold(1), sold(5))) == (sold(5), sold(1))


def test_the_last_365_days_have_today_in_them() -> None:
    assert [one.day for one in recent((sold(365), sold(364), sold(0)), TODAY, 365)] == [TODAY - 364, TODAY]
    assert metrics.orders_365((sold(365), sold(364)), TODAY) == 1


def test_what_is_credited_and_returned_counts_once() -> None:
    back = (line(price=40, ordered=4, back=1),)
    assert sold(1, 40, lines=back).net == 300_000
    assert sold(1, 40, credited=100_000, lines=back).net == 300_000
    assert sold(1, 40, credited=150_000, lines=back).net == 250_000
    assert metrics.net_365((sold(1, 40, lines=back), sold(400, 40)), TODAY) == Decimal("30.00")


def test_more_credit_than_the_order_was_worth_counts_in_full_but_no_rate_is_above_one() -> None:
    over, other = sold(10, 20, credited=500_000), sold(5, 30)
    assert over.net == -300_000
    assert metrics.net_365((over,), TODAY) == Decimal("-30.00")
    assert metrics.net_365((over, other), TODAY) == Decimal("0.00")
    assert metrics.return_rate((over,), TODAY) == Decimal("1.00")
    assert metrics.return_rate((over, sold(5, 80)), TODAY) == Decimal("0.50")
    more_than_ordered = (line(price=20, ordered=2, back=5),)
    assert sold(1, 20, lines=more_than_ordered).net == 0


@pytest.mark.parametrize(("ago", "between", "following", "late"), [
    ((), None, None, None),
    ((10,), None, TODAY - 10 + 90, "on time"),
    ((80, 40), Decimal("40.0"), TODAY - 40 + 90, "on time"),
    ((120, 79, 40), Decimal("40.0"), TODAY, "late"),
    ((119, 79, 39), Decimal("40.0"), TODAY + 1, "on time"),
    ((121, 111, 101, 81), Decimal("13.3"), TODAY - 71, "very late"),
    ((30, 20, 20), Decimal("5.0"), TODAY - 15, "very late"),
    ((40, 30, 20), Decimal("10.0"), TODAY - 10, "late"),
])  # fmt: skip
def test_when_the_next_order_is_expected(
    ago: tuple[int, ...], between: Decimal | None, following: int | None, late: str | None
) -> None:
    orders = tuple(sold(days) for days in ago)
    assert metrics.days_between(orders) == between
    assert metrics.next_order_day(orders, 90) == following
    assert metrics.lateness(orders, 90, TODAY) == late


def test_without_a_usual_gap_the_second_order_is_not_expected() -> None:
    assert metrics.next_order_day((sold(3),), None) is None
    assert metrics.lateness((sold(3),), None, TODAY) is None


def test_the_favourite_is_what_most_was_spent_on_net_and_of_equals_the_newest() -> None:
    brand = attrgetter("brand")
    dear = sold(20, lines=(line("A", 50, ordered=2, back=1), line("B", 30)))
    assert metrics.favourite((dear,), TODAY, brand) == "B"
    assert metrics.favourite((dear, sold(9, lines=(line("A", 5),))), TODAY, brand) == "A"
    assert metrics.favourite((sold(730, lines=(line("A"),)),), TODAY, brand) is None
    assert metrics.favourite((sold(3, lines=(line("A", 5, back=1),)),), TODAY, brand) is None


def test_rates_are_parts_of_24_months() -> None:
    orders = (sold(800, 99, credited=990_000), sold(20, 30, credited=100_000), sold(10, 30, discounted=True))
    assert metrics.return_rate(orders, TODAY) == Decimal("0.17")
    assert metrics.discount_share(orders, TODAY) == Decimal("0.50")
    assert (metrics.return_rate((), TODAY), metrics.discount_share((), TODAY)) == (Decimal(0), Decimal(0))


def test_what_was_bought_last_runs_out() -> None:
    shampoo = line(reorder_days=30, ordered=3, back=1)
    orders = (
        sold(100, lines=(shampoo,)),
        sold(50, lines=(shampoo, line(reorder_days=45))),
        sold(5, lines=(line(),)),
    )
    assert metrics.reorder_day(orders) == TODAY - 50 + 45
    assert metrics.reorder_day(orders[2:]) is None


def test_lines_are_known_when_those_of_24_months_were_read() -> None:
    assert metrics.lines_known((sold(731), sold(3, lines=())), TODAY)
    assert not metrics.lines_known((sold(3, lines=()), sold(2)), TODAY)


def test_the_hold_out_is_a_stable_share_that_a_key_draws_anew() -> None:
    drawn = {one for one in range(5000) if metrics.holdout(7, one, "", 10)}
    assert 420 < len(drawn) < 580
    assert drawn <= {one for one in range(5000) if metrics.holdout(7, one, "", 20)}
    other = {one for one in range(5000) if metrics.holdout(7, one, "spring", 10)}
    assert len(drawn & other) < 100
    assert not any(metrics.holdout(7, one, "", 0) for one in range(100))
    assert all(metrics.holdout(7, one, "", 100) for one in range(100))


@pytest.mark.parametrize(("ago", "price", "rfm", "name"), [
    ((1, 2, 3, 4), 100, "544", "champion"),
    ((1,), 10, "511", "new"),
    ((1,), 600, "515", "new"),
    ((100, 120, 130, 140), 10, "341", "loyal"),
    ((100, 120), 200, "324", "big spender"),
    ((1, 2), 10, "521", "promising"),
    ((200, 210, 220, 230), 10, "241", "at risk"),
    ((200,), 10, "211", "sleeping"),
    ((500,), 10, "111", "lost"),
    ((900,), 999, "111", "lost"),
])  # fmt: skip
def test_a_segment_says_what_the_scores_mean(ago: tuple[int, ...], price: float, rfm: str, name: str) -> None:
    orders = counting(tuple(sold(days, price) for days in ago))
    told = scores(orders, FIXED, TODAY)
    assert told is not None
    assert (str(told), segment(told, orders=len(orders))) == (rfm, name)


def test_every_score_has_a_segment_and_a_person_who_never_bought_has_none() -> None:
    fives = range(1, 6)
    names = {segment(Scores(r, f, m), orders=n) for r in fives for f in fives for m in fives for n in (1, 2)}
    assert names == set(SEGMENTS)
    assert scores((), FIXED, TODAY) is None


@pytest.mark.parametrize(("status", "paid", "shipped", "state"), [
    ("new", "not_paid", "not_shipped", "open"),
    ("offer", "not_paid", "not_shipped", "open"),
    ("on_hold", "partially_paid", "not_shipped", "open"),
    ("processing_awaiting_shipment", "paid", "not_shipped", "paid"),
    ("processing_awaiting_shipment", "paid", "partially_shipped", "paid"),
    ("processing_awaiting_payment", "not_paid", "shipped", "shipped"),
    ("completed", "paid", "shipped", "complete"),
    ("completed_shipped", "not_paid", "shipped", "complete"),
    ("completed_picked_up", "paid", "shipped", "complete"),
    ("cancelled", "paid", "shipped", "cancelled"),
    (None, None, None, "open"),
])  # fmt: skip
def test_the_state_of_an_order_is_the_first_that_holds(
    status: str | None, paid: str | None, shipped: str | None, state: str
) -> None:
    raw = {"status": status, "paymentStatus": paid, "shipmentStatus": shipped}
    assert order_state(raw) == state
    assert order_state(raw, returned=True) == ("cancelled" if state == "cancelled" else "returned")


def body(number: int, customer: int, day: str, price: float = 10) -> dict[str, Any]:
    return {
        "id": number, "customer": {"resource": {"id": customer}}, "createdAt": f"{day}T09:00:00Z",
        "priceIncl": price, "status": "new",
    }  # fmt: skip


def test_the_limits_are_those_of_the_quarters_first_day() -> None:
    book = OrderBook(None, "a", {})
    for number in range(100):
        book.put("orders", body(number + 1, number, "2026-09-01", price=number + 1))
        book.put("orders", body(number + 501, number, "2026-09-11", price=0.5))
    for number in range(2):  # an order of no customer is no buyer
        book.put("orders", body(number + 801, 0, f"2026-09-0{number + 1}", price=9_999) | {"customer": False})
    frozen = book.freeze("2026-Q4")
    assert frozen.limits == Fifths((20, 20, 20, 20), (2, 2, 2, 2), (205_000, 405_000, 605_000, 805_000))
    assert frozen.usual == 10
    book.put("orders", body(901, 1, "2026-10-01", price=9_999))
    assert book.freeze("2026-Q4") == frozen
    book.put("orders", body(100, 99, "2020-09-01"))
    assert book.freeze("2026-Q3").limits == FIXED


@pytest.mark.parametrize(("made", "day"), [
    ("2026-10-01T00:30:00+02:00", date(2026, 9, 30)),  # in the shop it is the next quarter already
    ("2026-10-01T02:00:00+02:00", date(2026, 10, 1)),
    ("2026-09-30T19:59:59-04:00", date(2026, 9, 30)),
    ("2026-09-30T20:00:00-04:00", date(2026, 10, 1)),  # in the shop it is the old quarter still
])  # fmt: skip
def test_an_order_belongs_to_the_day_and_the_quarter_of_utc(made: str, day: date) -> None:
    book = OrderBook(None, "a", {})
    for number in range(100):
        book.put("orders", body(number + 1, number, "2026-09-01") | {"createdAt": made})
    assert book.orders(50)[0].day == day_of(day)
    counted = book.freeze("2026-Q4").limits != FIXED
    assert counted == (quarter_of(day) == "2026-Q3")


def test_a_year_has_four_quarters() -> None:
    found = [quarter_of(date(2026, month, 1)) for month in (1, 3, 4, 12)]
    assert found == ["2026-Q1", "2026-Q1", "2026-Q2", "2026-Q4"]


# Orders that came back ----------------------------------------------------------------------------


def row(number: int, ordered: float, returned: float = 0, refunded: float = 0) -> dict[str, Any]:
    told = {"quantityOrdered": ordered, "quantityReturned": returned, "quantityRefunded": refunded}
    return {"id": number, "priceIncl": 10, **told}


@pytest.mark.parametrize(("rows", "back"), [
    ([], False),
    ([row(1, 2)], False),
    ([row(1, 2, 1)], False),
    ([row(1, 2, 2), row(2, 1)], False),  # one of two rows
    ([row(1, 2, 2), row(2, 1, 0, 1)], True),  # one was returned, the other refunded
    ([row(1, 2, 1, 1)], False),  # it may be the same piece
    ([row(1, 2, 3)], True),
    ([row(1, 0.5, 0.5)], True),
    ([row(1, 2, 2), row(2, 0)], True),  # of nothing, nothing is to come back
    ([row(1, 0)], False),
])  # fmt: skip
def test_an_order_is_back_when_every_piece_of_every_row_is(rows: list[dict[str, Any]], *, back: bool) -> None:
    book = OrderBook(None, "a", {})
    book.put("orders", body(5, 1, "2026-09-01"))
    book.put_lines(5, rows)
    assert (book.came_back(5), list(book.turned())) == (back, [5] if back else [])


def write(book: OrderBook) -> list[int]:
    """Write the orders that are due."""
    due = list(book.turned())
    for number in due:
        book.wrote(number)
    return due


def test_an_order_is_due_once_for_each_change_of_returned_and_again_after_an_older_state() -> None:
    book = OrderBook(None, "a", {})
    turns = []
    for returned in (0, 1, 2, 2, 1):
        book.put("orders", body(5, 1, "2026-09-01", price=returned + 1))  # it changes, and is read first
        book.put_lines(5, [row(1, 2, returned)])
        turns.append(write(book))
        book.commit()
        book.arrived(book.seq)
    assert turns == [[], [], [5], [], [5]]
    book.arrived(4)  # what the last run wrote did not arrive
    assert (write(book), book.came_back(5)) == ([5], False)
    book.keep("orders", [])
    book.arrived(0)
    assert (write(book), book.came_back(5)) == ([], False)


def test_a_book_of_the_previous_form_is_upgraded_and_emits_returned_orders(tmp_path: Path) -> None:
    file = tmp_path / "book.sqlite"
    book = OrderBook(file, "a", {})
    for number, returned in ((5, 2), (6, 1)):
        book.put("orders", body(number, 1, "2026-09-01"))
        book.put_lines(number, [row(number, 2, returned), row(number + 10, 1, 1)])
    book.put("orders", body(7, 1, "2026-09-01"))
    book.commit()
    orders = book.orders(1)
    book.close()
    with closing(sqlite3.connect(file)) as old:
        old.executescript("DROP TABLE turned; UPDATE placed SET flags = flags & 7; PRAGMA user_version = 3")
    book = OrderBook(file, "b", {})
    assert (book.name, book.seq, book.orders(1)) == ("a", 1, orders)
    assert (write(book), book.came_back(5), book.came_back(6)) == ([5], True, False)
    book.commit()
    book.close()
    book = OrderBook(file, "b", {})
    assert write(book) == []
    book.close()
