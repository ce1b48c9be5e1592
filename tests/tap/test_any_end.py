"""Whatever happens in the shop, and wherever a run ends: nothing is lost, and sums are right in time."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap.imagined import CORE, Copy, KilledError, Shop, link
from tap_seoshop.errors import QuotaSpentError

HOUR = 3_700
WEEK = 7 * 86_400 + 60

events = st.lists(
    st.tuples(
        st.sampled_from(
            ["order", "cancel", "note", "revise", "move", "person", "delete", "give", "run", "wait"]
        ),
        st.integers(0, 50),
        st.sampled_from([None, KilledError, QuotaSpentError]),
    ),
    max_size=25,
)


def happen(shop: Shop, what: str, which: int) -> bool:
    """One event; whether it is one of which no list tells."""
    people, orders = list(shop.held["customers"]), list(shop.held["orders"])
    person = people[which % len(people)]
    if what == "order":
        shop.order(person, price=which)
    elif what == "person":
        shop.make("customers")
    elif what == "note":
        shop.make("invoices", customer=link(person), priceIncl=which, isCreditNote=bool(which % 3))
    elif what == "revise" and (notes := list(shop.held["invoices"])):
        shop.change("invoices", notes[which % len(notes)])
    elif orders and what == "cancel":
        shop.change("orders", orders[which % len(orders)], status="cancelled")
    elif orders and what == "move":
        shop.change("orders", orders[which % len(orders)])
    elif orders and what == "delete":
        del shop.held["orders"][orders[which % len(orders)]]
        return True
    elif orders and what == "give":
        shop.change("orders", orders[which % len(orders)], customer=link(person))
        return True  # no list shows that the order had another customer
    return False


def a_shop(people: int = 3) -> Shop:
    shop = Shop()
    for _ in range(people):
        shop.order(shop.make("customers"))
    shop.pass_time(86_400)
    return shop


def lines_are_right(shop: Shop, copy: Copy) -> None:
    """Every order's line was read after the order last changed."""
    lines = {row["orderId"]: row["productTitle"] for row in copy.rows.get("order_products", {}).values()}
    for number, order in shop.held["orders"].items():
        assert lines[number] == order["updatedAt"]


def items_are_right(shop: Shop, copy: Copy) -> None:
    """The same of invoices and their items."""
    items = {row["invoiceId"]: row["title"] for row in copy.rows.get("invoice_items", {}).values()}
    assert items == {number: invoice["updatedAt"] for number, invoice in shop.held["invoices"].items()}


@given(events, st.booleans())
def test_nothing_is_lost_wherever_a_run_ends(
    events: list[tuple[str, int, type[BaseException] | None]],
    cheap: bool,  # noqa: FBT001  # drawn
) -> None:
    shop, copy = a_shop(), Copy()
    healing = False
    for what, which, ends in events:
        shop.pass_time(which % 4)
        healing = happen(shop, what, which) or healing
        if what == "wait":
            shop.pass_time(which * 100)
        if what == "run":
            shop.ends_after, shop.ends_with = (which, ends) if ends else (None, KilledError)
            if cheap and copy.state:  # else so small a shop is always added up as a whole
                copy.state["bookmarks"].setdefault("customer_summaries", {})["requests"] = 1000
            copy.read(shop, select=(*CORE, "invoice_items"))
    shop.pass_time(5)
    copy.read(shop, select=(*CORE, "invoice_items"))
    lines_are_right(shop, copy)
    items_are_right(shop, copy)
    assert set(shop.held["orders"]) <= set(copy.rows.get("orders", {}))
    assert set(shop.held["customers"]) == set(copy.rows["customers"])
    shop.pass_time(WEEK if healing else HOUR)
    copy.read(shop)
    assert copy.summaries() == shop.truth()
    shop.pass_time(HOUR)
    copy.read(shop)
    assert copy.written == {}
    marks = copy.state["bookmarks"]
    assert marks["customer_summaries"]["pending"] == []
    owed = {number for number, _ in marks["order_products"]["pending"]}
    assert owed.isdisjoint(shop.held["orders"])  # a deleted order is looked for in some more runs


def test_a_customer_is_read_once_in_an_interval_and_in_the_end_right() -> None:
    shop, copy = a_shop(20), Copy()
    copy.read(shop)
    copy.state["bookmarks"]["customer_summaries"]["requests"] = 1000
    person = next(iter(shop.held["customers"]))
    reads = 0
    for step in range(24):  # two hours, an order every five minutes
        shop.pass_time(300)
        shop.order(person, price=step)
        shop.pass_time(2)
        copy.read(shop)
        reads += shop.sent["orders"] - 1
        assert shop.sent["invoices"] == 1  # no credit notes: none are asked for
    assert reads == 2
    assert copy.state["bookmarks"]["customer_summaries"]["pending"] == [person]
    shop.pass_time(HOUR)
    copy.read(shop)
    assert copy.summaries() == shop.truth()


def test_a_credit_note_moves_its_customer() -> None:
    shop, copy = a_shop(20), Copy()
    copy.read(shop)
    copy.state["bookmarks"]["customer_summaries"]["requests"] = 1000
    person = next(iter(shop.held["customers"]))
    for price in (3, 4):
        shop.pass_time(HOUR)
        shop.make("invoices", customer=link(person), priceIncl=price, isCreditNote=True)
        shop.pass_time(2)
        copy.read(shop)
        assert copy.written["customer_summaries"] == 1
        assert copy.summaries() == shop.truth()


def test_a_pass_is_made_where_it_is_cheaper_than_many_readings() -> None:
    shop, copy = a_shop(300), Copy()
    copy.read(shop)
    cost = copy.state["bookmarks"]["customer_summaries"]["requests"]
    assert cost < 10
    shop.pass_time(HOUR)
    for person in shop.held["customers"]:
        shop.order(person)
    shop.pass_time(2)
    copy.read(shop, select=("customer_summaries",))
    assert len(shop.asked) < 20
    assert copy.summaries() == shop.truth()


def test_a_filter_by_customer_that_is_ignored_is_noticed(caplog: pytest.LogCaptureFixture) -> None:
    shop, copy = a_shop(20), Copy()
    shop.honours_customer = False
    copy.read(shop)
    copy.state["bookmarks"]["customer_summaries"]["requests"] = 1000
    person = next(iter(shop.held["customers"]))
    shop.order(person)
    shop.pass_time(2)
    copy.read(shop)
    assert copy.state["bookmarks"]["customer_summaries"]["filter_ignored"] is True
    assert "ignores the filter" in caplog.text
    assert copy.written["customer_summaries"] == 0
    shop.pass_time(86_400)
    copy.read(shop)
    assert copy.summaries() == shop.truth()


def test_a_list_cut_by_the_end_of_the_day_goes_on_from_its_place() -> None:
    shop, copy = Shop(), Copy()
    for _ in range(1_000):
        shop.pass_time(600)
        shop.make("customers")
    shop.ends_after, shop.ends_with = 4, QuotaSpentError  # the shop, the count and two pages
    copy.read(shop, select=("customers",))
    assert copy.written["customers"] == 500
    place = copy.state["bookmarks"]["customers"]["place"]
    assert (place["last_id"], place["met"]) == (1501, 500)
    shop.pass_time(3_600)
    changed = max(shop.held["customers"])
    shop.change("customers", changed)
    new = shop.make("customers")
    shop.pass_time(86_400)
    copy.read(shop, select=("customers",))
    assert copy.written["customers"] == 500
    assert len(shop.asked) <= 5  # the count, two pages, and two of overlap: a page, and 26 hours
    copy.read(shop, select=("customers",))
    assert set(copy.rows["customers"]) == set(shop.held["customers"])
    assert copy.rows["customers"][changed]["updatedAt"] == copy.rows["customers"][new]["createdAt"]
    assert copy.state["bookmarks"]["customers"]["place"]["last_id"] is None


@pytest.mark.parametrize("deleted", [0, 10, 300, 990])
def test_a_cut_list_misses_no_record_whatever_its_dates_and_deletions(deleted: int) -> None:
    shop, copy = Shop(), Copy()
    for _ in range(1_000):
        shop.pass_time(600)
        shop.make("customers")
    ids = sorted(shop.held["customers"])
    shop.held["customers"][ids[0]]["createdAt"] = shop.stamp()  # the lowest id with the latest date
    shop.ends_after, shop.ends_with = 4, QuotaSpentError  # the shop, the count and two pages
    copy.read(shop, select=("customers",))
    for number in reversed(ids[-deleted:] if deleted else []):
        del shop.held["customers"][number]
    shop.pass_time(86_400)
    shop.make("customers")
    copy.read(shop, select=("customers",))
    assert set(ids) & set(shop.held["customers"]) <= set(copy.rows["customers"])
    copy.read(shop, select=("customers",))  # what was made meanwhile comes with the next run
    assert set(shop.held["customers"]) <= set(copy.rows["customers"])


def test_lines_and_summaries_do_not_miss_what_a_cut_list_told() -> None:
    shop, copy = a_shop(600), Copy()
    copy.read(shop)
    shop.pass_time(HOUR)
    for number in shop.held["orders"]:
        shop.change("orders", number, status="cancelled")
    shop.pass_time(HOUR)
    shop.ends_after, shop.ends_with = 5, QuotaSpentError
    copy.read(shop)
    assert 0 < len(copy.state["bookmarks"]["order_products"]["pending"]) < 600
    copy.read(shop)
    lines_are_right(shop, copy)
    assert copy.summaries() == shop.truth()


def test_a_bookmark_in_the_future_reads_all_anew() -> None:
    shop, copy = a_shop(), Copy()
    copy.read(shop)
    marks = copy.state["bookmarks"]
    future = "2031-01-01T00:00:00Z"
    marks["customers"]["replication_key_value"] = marks["orders"]["replication_key_value"] = future
    marks["order_products"]["since"] = future
    for name in ("customers", "orders", "invoices"):
        marks["customer_summaries"][f"{name}_since"] = future
    shop.order(next(iter(shop.held["customers"])))
    shop.pass_time(5)
    copy.read(shop)
    lines_are_right(shop, copy)
    assert copy.written["customers"] == 3
    assert copy.written["orders"] == 4
    assert copy.summaries() == shop.truth()
    assert copy.state["bookmarks"]["orders"]["replication_key_value"] < future


def test_two_changes_in_the_second_of_a_reading_are_both_read() -> None:
    shop, copy = a_shop(), Copy()
    copy.read(shop)
    shop.pass_time(HOUR)
    number = next(iter(shop.held["orders"]))
    shop.change("orders", number, status="paid")
    copy.read(shop)  # in the same second
    shop.change("orders", number, status="cancelled")
    shop.pass_time(HOUR)
    copy.read(shop)
    assert copy.summaries() == shop.truth()


def test_a_change_while_a_slow_answer_is_on_its_way_is_told() -> None:
    """A list is read, then a record changes again in that second; the answer bears a later time."""
    shop, copy = a_shop(), Copy()
    number = next(iter(shop.held["orders"]))
    shop.change("orders", number, status="paid")

    def meanwhile() -> None:
        if shop.asked[-1][0] == "orders":
            shop.change("orders", number, status="cancelled")
            shop.pass_time(2)

    shop.before_date = meanwhile
    copy.read(shop)
    assert copy.summaries() != shop.truth()
    shop.before_date = lambda: None
    shop.pass_time(HOUR)
    copy.read(shop)
    assert copy.summaries() == shop.truth()
    assert copy.rows["orders"][number]["status"] == "cancelled"


@pytest.mark.parametrize(
    ("path", "named", "read"),
    [
        ("returns", {"orderId": 1002}, True),
        ("shipments", {"order": link(1002)}, True),
        ("invoices", {"order": link(1002), "isCreditNote": True}, True),
        ("invoices", {"order": link(1002), "isCreditNote": False}, False),
        ("returns", {"orderId": None}, False),
    ],
)
def test_an_order_counts_as_changed_with_its_papers(path: str, named: dict[str, Any], read: bool) -> None:  # noqa: FBT001  # a table
    shop, copy = a_shop(20), Copy()
    select = ("orders", "order_products", path)
    customer = link(next(iter(shop.held["customers"])))
    shop.make(path, customer=customer, priceIncl=1, **named)
    shop.pass_time(60)
    copy.read(shop, select)
    shop.pass_time(300)
    for change in (True, False, True):
        if change:
            for number in list(shop.held[path]):
                shop.change(path, number)
        shop.pass_time(5)
        copy.read(shop, select)
        lines = [asked for asked, _ in shop.asked if asked.endswith("/products")]
        assert lines == (["orders/1002/products"] if change and read else [])
        shop.pass_time(300)


def test_papers_that_are_selected_later_move_no_order_at_first() -> None:
    shop, copy = a_shop(20), Copy()
    shop.make("returns", orderId=1002)
    copy.read(shop, ("orders", "order_products"))
    shop.pass_time(300)
    assert ("returns", ()) not in shop.asked
    copy.read(shop, ("orders", "order_products", "returns"))
    assert not any(asked.endswith("/products") for asked, _ in shop.asked)
    shop.pass_time(300)
    new = shop.make("returns", orderId=1004)
    shop.pass_time(5)
    shop.ends_after, shop.ends_with = 2, QuotaSpentError  # the lists of orders and of returns
    copy.read(shop, ("orders", "order_products", "returns"))
    assert copy.state["bookmarks"]["order_products"]["pending"] == [[1004, 0]]
    assert new in copy.rows["returns"]


@pytest.mark.parametrize("since", [None, "2026-10-01T00:00:00Z"])
def test_the_backfill_reaches_back_as_far_as_is_set(since: str | None) -> None:
    shop, copy = Shop(), Copy()
    person = shop.make("customers")
    for day in range(60):
        shop.clock = shop.clock.replace(month=9 + day // 30, day=1 + day % 30)
        shop.order(person)
    old = next(iter(shop.held["orders"]))
    shop.pass_time(86_400)
    wanted = {
        number
        for number, order in shop.held["orders"].items()
        if since is None or order["createdAt"] >= since[:19]
    }
    shop.ends_after, shop.ends_with = 10, QuotaSpentError
    for _ in range(2):  # the first is cut, the second resumes
        copy.read(shop, select=("orders", "order_products"), backfill_since=since)
    assert {row["orderId"] for row in copy.rows["order_products"].values()} == wanted
    assert copy.state["bookmarks"]["shop"]["progress"] == {
        "done": len(wanted),
        "total": len(wanted),
        "eta": None,
    }
    shop.change("orders", old)
    shop.pass_time(10)
    copy.read(shop, select=("orders", "order_products"), backfill_since=since)
    assert copy.rows["order_products"][old * 10]["orderId"] == old


def test_the_same_request_is_never_sent_twice_in_a_run() -> None:
    shop, copy = a_shop(600), Copy()
    select = (*CORE, "customer_group_memberships", "customer_group_sets", "customer_groups", "brands", "shop")
    for seconds in (0, HOUR, WEEK):
        shop.pass_time(seconds)
        shop.order(next(iter(shop.held["customers"])))
        shop.pass_time(5)
        copy.read(shop, select=(*select, "invoices"), full_table_interval=0, membership_interval=0)
        repeated: list[Any] = [one for one in set(shop.asked) if shop.asked.count(one) > 1]
        assert repeated == []


@pytest.mark.parametrize(
    ("zone", "change"),
    [
        ("America/New_York", "2026-11-01T06:00"),
        ("America/New_York", "2026-03-08T07:00"),
        ("Europe/Amsterdam", "2026-10-25T01:00"),
        ("Europe/London", "2026-10-25T01:00"),
    ],
)
def test_no_change_is_missed_while_the_clocks_change(zone: str, change: str) -> None:
    """The filter takes its time for a local one, and one that occurs twice for the later."""
    shop, copy = Shop(), Copy()
    shop.zone = ZoneInfo(zone)
    shop.clock = datetime.fromisoformat(change).replace(tzinfo=UTC)
    shop.pass_time(-90 * 60)
    orders = [shop.order(shop.make("customers")) for _ in range(30)]
    shop.pass_time(5)
    for step in range(60):
        shop.pass_time(150)
        shop.change("orders", orders[step % 30])
        shop.pass_time(150)
        copy.read(shop, select=("orders", "order_products"))
        lines_are_right(shop, copy)
