"""A first load in any number of runs: whatever ids, dates and cuts do, every parent's details are read."""

import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tap import imagined
from tap.conftest import Reader
from tap.imagined import BEGIN, Copy, KilledError, Shop, link
from tap_seoshop.api import pages
from tap_seoshop.bookmarks.forms import DetailMark
from tap_seoshop.bookmarks.store import Bookmarks
from tap_seoshop.errors import QuotaSpentError
from tap_seoshop.reading import details, worklist
from tap_seoshop.reading.worklist import TOP, Place, next_days, next_slice

SELECT = ("orders", "order_products")
SMALL_PAGE = 4
YEARS = 20 * 365 * 86_400

orders = st.lists(
    st.tuples(
        st.integers(1, 200),
        st.one_of(st.integers(0, 300_000), st.integers(0, YEARS)),
        st.integers(0, YEARS),
    ),
    min_size=1,
    max_size=40,
    unique_by=lambda one: one[0],
)
listings = st.sampled_from(
    [
        lambda one: -int(one["id"]),
        lambda one: int(one["id"]),
        lambda one: one["createdAt"],
        lambda one: (one["id"] * 7919) % 211,
    ]
)
cuts = st.lists(
    st.tuples(
        st.sampled_from(["kill", "quota", "time", "delete", "change", "late", "none"]), st.integers(0, 30)
    ),
    max_size=8,
)


def ago(seconds: int, zone: str = "UTC") -> str:
    return (BEGIN - timedelta(seconds=seconds)).astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")


def a_shop(held: list[tuple[int, int, int]], zone: str = "UTC") -> Shop:
    shop = Shop()
    shop.zone = ZoneInfo(zone)
    person = shop.make("customers")
    for number, made, changed in held:
        stamps = {"createdAt": ago(made, zone), "updatedAt": ago(changed, zone)}
        shop.held["orders"][number] = {
            "id": number,
            "number": str(number),
            "customer": link(person),
            **stamps,
        }
    return shop


def small_pages() -> ExitStack:
    """Pages and slices so small that a few orders fill many of them."""
    patches = ExitStack()
    for module, name in ((pages, "PAGE"), (imagined, "PAGE"), (worklist, "PER_SLICE")):
        patches.enter_context(patch.object(module, name, SMALL_PAGE))
    return patches


def read(shop: Shop, copy: Copy, how: str, number: int) -> None:
    """One run that ends after some requests: killed, without quota, out of time, or by itself."""
    settings: dict[str, Any] = {}
    shop.ends_after = None
    shop.before_answer = lambda: None
    if how in ("kill", "quota"):
        shop.ends_after, shop.ends_with = number, KilledError if how == "kill" else QuotaSpentError
    if how == "time":
        settings["max_run_seconds"] = number + 1
        shop.before_answer = lambda: shop.pass_time(1)
    with patch.object(time, "monotonic", lambda: shop.clock.timestamp()):  # noqa: PLW0108  # the clock moves
        copy.read(shop, SELECT, **settings)
    shop.before_answer = lambda: None


def done_means_done(copy: Copy) -> None:
    mark = Bookmarks(copy.state).of("order_products", DetailMark)
    assert mark.backfill.open or mark.backfill.done == mark.backfill.total


@example([(1, 0, 0)], lambda one: one["id"], [("delete", 0), ("late", 0)], "America/New_York")  # first empty
@given(orders, listings, cuts, st.sampled_from(["UTC", "America/New_York", "Pacific/Kiritimati"]))
def test_every_order_is_read_whatever_ids_and_dates_and_cuts_do(
    held: list[tuple[int, int, int]], listed: Any, cuts: list[tuple[str, int]], zone: str
) -> None:
    shop, copy = a_shop(held, zone), Copy()
    shop.listed = listed
    with small_pages():
        for what, number in cuts:
            shop.pass_time(300)
            there = list(shop.held["orders"])
            if what == "delete" and there:
                del shop.held["orders"][there[number % len(there)]]
            elif what == "change" and there:
                shop.change("orders", there[number % len(there)])
            elif what == "late":
                made = shop.order(next(iter(shop.held["customers"])))
                shop.held["orders"][made]["createdAt"] = ago(number * 1_000_000, zone)
            shop.pass_time(2)
            read(shop, copy, what, number)
            done_means_done(copy)
        shop.pass_time(300)
        read(shop, copy, "none", 0)
    lines = {row["orderId"]: row["productTitle"] for row in copy.rows.get("order_products", {}).values()}
    wanted = {number: order["updatedAt"] for number, order in shop.held["orders"].items()}
    assert {number: stamp for number, stamp in lines.items() if number in wanted} == wanted
    done_means_done(copy)
    assert copy.state["bookmarks"]["order_products"]["backfill"]["open"] is False


@pytest.mark.parametrize(
    ("zone", "begin"),
    [
        ("America/New_York", "2026-11-02T09:00:00Z"),
        ("Etc/GMT+12", "2026-11-02T09:00:00Z"),
        ("Atlantic/Azores", "2026-10-25T00:45:00Z"),  # until 01:00, its clocks show UTC
    ],
)
@pytest.mark.parametrize("first", ["an empty list", "a start_date"])
def test_what_is_made_west_of_utc_is_met_from_the_first_read_on(zone: str, begin: str, first: str) -> None:
    shop, copy = Shop(), Copy()
    shop.zone, shop.clock = ZoneInfo(zone), datetime.fromisoformat(begin)
    wanted, settings = set(), {}
    if first == "a start_date":
        settings["start_date"] = shop.stamp()
        shop.pass_time(300)
        wanted.add(shop.make("returns"))
    for _ in range(6):
        copy.read(shop, ["returns"], **settings)
        shop.pass_time(300)
        wanted.add(shop.make("returns"))
        shop.pass_time(5)
    copy.read(shop, ["returns"], **settings)
    assert set(copy.rows["returns"]) == wanted


@given(orders, st.integers(1, 12))
def test_a_first_load_in_pieces_reads_no_order_twice(held: list[tuple[int, int, int]], most: int) -> None:
    shop, copy = a_shop([(number, made, changed + 3_600) for number, made, changed in held]), Copy()
    read_of: list[str] = []
    with small_pages():
        for piece in range(len(held) + 2):
            # The first run lists the orders; later ones may take many short slices before the next order.
            read(shop, copy, "quota", 40 + most if piece else len(held) + most)
            read_of += [path for path, _ in shop.asked if path.endswith("/products")]
            mark = copy.state["bookmarks"]["order_products"]
            if mark["since"] and not mark["backfill"]["open"]:
                break
            shop.pass_time(300)
    assert sorted(read_of) == sorted(f"orders/{number}/products" for number, _, _ in held)


def test_a_first_load_lists_little_in_each_run_that_goes_on() -> None:
    shop, copy = (
        a_shop([(number, (2_001 - number) * 3_600, (2_001 - number) * 3_600) for number in range(1, 2_001)]),
        Copy(),
    )
    read(shop, copy, "quota", 100)
    listed = []
    for _ in range(6):
        shop.pass_time(300)
        read(shop, copy, "quota", 250)
        listed.append(sum(not path.endswith("/products") for path, _ in shop.asked))
    assert max(listed[1:]) <= 6  # what changed, a count, and two or three pages


def test_a_shop_that_ignores_the_bounds_is_listed_once_in_a_run() -> None:
    shop, copy = a_shop([(number, number * 86_400, number * 86_400) for number in range(1, 1_000)]), Copy()
    shop.honours_created = False
    read(shop, copy, "quota", 100)
    read(shop, copy, "none", 0)
    assert len({row["orderId"] for row in copy.rows["order_products"].values()}) == 999
    assert sum(path == "orders" for path, _ in shop.asked) <= 1 + 4


def test_an_order_without_a_date_is_owed_by_its_id() -> None:
    shop, copy = a_shop([(number, number * 86_400, 0) for number in range(1, 10)]), Copy()
    shop.held["orders"][5]["createdAt"] = False
    shop.honours_created = False  # it cannot be compared
    read(shop, copy, "quota", 3)
    assert copy.state["bookmarks"]["order_products"]["pending"] == [[5, 0]]
    read(shop, copy, "none", 0)
    assert {row["orderId"] for row in copy.rows["order_products"].values()} == set(range(1, 10))


def test_more_changed_orders_than_the_state_should_name_open_the_first_load_again() -> None:
    shop, copy = a_shop([(number, number * 86_400, number * 86_400) for number in range(1, 20)]), Copy()
    read(shop, copy, "none", 0)
    shop.pass_time(300)
    for number in range(1, 10):
        shop.change("orders", number)
    shop.pass_time(2)
    with patch.object(details, "MOST_PENDING", 5):
        read(shop, copy, "quota", 8)
    mark = copy.state["bookmarks"]["order_products"]
    assert (mark["pending"], mark["backfill"]["open"], mark["backfill"]["total"]) == ([], True, 19)
    read(shop, copy, "none", 0)
    assert copy.rows["order_products"][10]["productTitle"] == shop.held["orders"][1]["updatedAt"]
    done_means_done(copy)


def test_a_cut_leaves_exactly_what_is_owed() -> None:
    shop, copy = a_shop([(number, number * 86_400, number * 86_400) for number in range(1, 20)]), Copy()
    read(shop, copy, "none", 0)
    shop.pass_time(300)
    for number in range(1, 20):
        shop.change("orders", number)
    shop.pass_time(2)
    read(shop, copy, "quota", 1 + 8)
    assert [path for path, _ in shop.asked[1:]] == [
        f"orders/{number}/products" for number in range(19, 11, -1)
    ]
    assert copy.state["bookmarks"]["order_products"]["pending"] == [
        [number, 0] for number in range(11, 0, -1)
    ]


@given(
    st.integers(1, 36_500),
    st.integers(-100_000, 100_000),
    st.one_of(st.none(), st.integers(0, 40_000)),
)
def test_slices_go_down_to_the_end(days: int, position: int, since: int | None) -> None:
    now = datetime(2026, 11, 2, tzinfo=UTC)
    floor = None if since is None else now - timedelta(days=since)
    part = next_slice(TOP, days, since=floor, now=now)
    assert part.created_max is None
    below = Place((now - timedelta(hours=position)).strftime("%Y-%m-%dT%H:%M:%SZ"), 7)
    for _ in range(100):
        part = next_slice(below, days, since=floor, now=now)
        if part.begin is None:
            break
        assert part.begin < datetime.fromisoformat(below.made)
        assert part.created_min is not None
        below = Place(part.begin.strftime("%Y-%m-%dT%H:%M:%SZ"), 0)
        days = next_days(days, 0)
    assert part.begin is None
    assert part.created_min is None or floor is not None


@given(st.integers(1, 36_500), st.integers(0, 10**6))
def test_slices_grow_and_shrink_towards_a_page(days: int, found: int) -> None:
    new = next_days(days, found)
    assert 1 <= new <= 36_500
    assert new <= 8 * days
    if found >= 250:
        assert new <= days
    else:
        assert new >= days


def test_a_first_load_of_the_old_form_begins_again() -> None:
    shop, copy = a_shop([(number, number * 86_400, 0) for number in range(1, 31)]), Copy()
    read(shop, copy, "none", 0)
    for backfill in (
        {"open": True, "before": "2026-10-20T09:00:00Z", "last_id": 12, "done": 12, "total": 30},
        {"open": False, "before": "2026-10-20T09:00:00Z", "last_id": 1, "done": 29, "total": 30},
    ):
        copy.state["bookmarks"]["shop"]["version"] = 2
        copy.state["bookmarks"]["order_products"]["backfill"] = backfill
        shop.pass_time(300)
        read(shop, copy, "none", 0)
        asked = {path for path, _ in shop.asked}
        assert {f"orders/{number}/products" for number in range(1, 31)} <= asked
        ended = copy.state["bookmarks"]["order_products"]["backfill"]
        assert (ended["open"], ended["done"], ended["total"]) == (False, 30, 30)
    shop.pass_time(300)
    read(shop, copy, "none", 0)
    assert not any(path.endswith("/products") for path, _ in shop.asked)


def test_a_first_load_of_the_curated_shop_in_several_runs(start_sandbox: Any, reader: Reader) -> None:
    sandbox = start_sandbox(customers=40, orders=80, order_rows=160, per_second=1000)
    held = sandbox.shop("orders")
    oldest = min(held, key=lambda one: one["id"])
    sandbox.change("orders", oldest["id"], createdAt=max(one["createdAt"] for one in held))
    state, got = None, set()
    for _ in range(20):
        done = reader(sandbox, select=SELECT, state=state, max_run_seconds=1, requests_per_second=25)
        got |= {one["orderId"] for one in done.records("order_products")}
        state = done.state
        backfill = state["bookmarks"]["order_products"]["backfill"]
        assert backfill["open"] or backfill["done"] == backfill["total"]
        if not backfill["open"]:
            break
    assert got == {one["id"] for one in held}
