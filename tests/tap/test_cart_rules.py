"""The rules of carts one by one: each test fails when one rule is broken."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tap.carts import DAY, HOUR, Carts, line
from tap.imagined import BEGIN, Copy, Shop, link
from tap_seoshop.errors import QuotaSpentError
from tap_seoshop.reading import carts as reading_carts
from tap_seoshop.reading.context import Limits
from tap_seoshop.summaries.carts import Bought, Cart, Closed, Fate, Purchases, fate, record_of

NINE, TEN, LATER = (f"2026-11-02T{time}:00Z" for time in ("09:00", "10:00", "10:30"))
CART = Cart(1, 2, NINE, NINE, "10", "1", "hash")


# Decisions ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "stands"), [("0.01", True), ("0", False), ("-1", False), ("", False)])
def test_a_cart_of_a_cent_may_stand_and_one_of_nothing_may_not(value: str, stands: bool) -> None:  # noqa: FBT001  # a parameter
    assert replace(CART, value=value).may_stand is stands
    assert not replace(CART, value=value, customer=None).may_stand


def test_ordered_takes_precedence_over_emptied_and_emptied_over_given_up() -> None:
    empty = replace(CART, value="0")
    assert fate(empty, Bought(TEN, 5), BEGIN + timedelta(days=20)) is Fate.ORDERED
    assert fate(empty, None, BEGIN + timedelta(days=20)) is Fate.EMPTIED


def test_the_first_order_since_the_cart_changed_counts() -> None:
    def order(number: int, at: str, **fields: Any) -> dict[str, Any]:
        return {"id": number, "createdAt": at, **fields}

    purchases = Purchases()
    purchases.add(order(3, TEN, customer=link(2)), None)
    purchases.add(order(4, LATER), "hash")
    assert purchases.first(CART) == Bought(TEN, 3), "by the customer alone"
    assert purchases.first(replace(CART, customer=None)) == Bought(LATER, 4), "by the address"
    assert purchases.first(replace(CART, customer=None, address=None)) is None
    assert purchases.first(replace(CART, changed=TEN)) == Bought(TEN, 3), "in the same second"
    assert purchases.first(replace(CART, changed="2026-11-02T11:00:00Z")) is None, "before it changed"


@pytest.mark.parametrize("other", [{"customer": 3}, {"value": "11"}, {"pieces": "2"}])
def test_another_customer_value_or_number_of_pieces_is_another_content(other: dict[str, Any]) -> None:
    assert replace(CART, **other).content != CART.content
    assert replace(CART, changed=TEN, address=None).content == CART.content


def test_a_cart_that_moved_after_its_order_is_closed_at_the_later_of_the_two() -> None:
    closed = record_of(replace(CART, changed=TEN), Closed.ORDERED, Bought(NINE, 5))
    assert (closed["stateAt"], closed["orderId"]) == (TEN, 5)


# Runs -----------------------------------------------------------------------------------------


def test_carts_are_read_before_orders_so_that_an_order_between_the_two_counts() -> None:
    shop = Carts()
    cart = shop.cart()
    shop.pass_time(HOUR)

    def bought() -> None:
        if len(shop.asked) == 1:
            shop.buy(0, cart=cart)

    shop.before_answer = bought
    shop.run()
    assert [path for path, _ in shop.asked] == ["quotes", "orders"]
    assert shop.state(cart) == ("cancelled", "ordered")


def test_nothing_is_decided_unless_all_orders_were_read() -> None:
    shop = Carts()
    old = shop.cart(2)
    shop.pass_time(HOUR)
    shop.run()
    shop.pass_time(15 * DAY)
    shop.cart(0)
    for _ in range(260):
        shop.make("orders", customer=link(None), email="other@x.nl")
    shop.pass_time(60)
    shop.buy(2)
    shop.buy(1)  # of the same address as the new cart
    shop.pass_time(HOUR)
    told = list(shop.copy.told)
    for requests in (1, 4):  # the carts; and of the orders all but the last page
        shop.ends_after, shop.ends_with = requests, QuotaSpentError
        shop.run()
        assert shop.copy.told == told
    shop.run()  # which goes on with the second page
    assert shop.copy.told == told
    shop.pass_time(60)
    shop.run()
    assert shop.copy.told == [*told, (old, "cancelled", "ordered")]


def test_a_list_of_carts_that_was_cut_short_is_continued_and_no_cart_is_lost() -> None:
    shop = Carts()
    carts = [shop.cart() for _ in range(260)]
    shop.pass_time(HOUR)
    shop.ends_after, shop.ends_with = 3, QuotaSpentError  # all but the last page
    shop.run()
    shop.run()
    assert [shop.state(cart) for cart in carts] == [("basket", None)] * 260


def test_a_cart_emptied_or_bought_before_it_was_due_is_never_emitted() -> None:
    shop = Carts()
    emptied, bought = shop.cart(0), shop.cart(2)
    shop.run()
    shop.fill(emptied, 0)
    shop.buy(2, cart=bought)
    shop.pass_time(60)
    shop.run()
    shop.pass_time(HOUR)
    shop.run()
    assert shop.copy.told == []


def test_a_cart_that_has_ended_is_closed_once_and_leaves_the_state() -> None:
    shop = Carts()
    ordered, _ = shop.cart(0), shop.cart(3)
    shop.cart(2, 0)
    shop.pass_time(HOUR)
    shop.run(look_back=6 * HOUR)
    shop.buy(0, cart=ordered)
    for _ in range(3):
        shop.pass_time(60)
        assert shop.run(look_back=6 * HOUR) == ["orders", "quotes"], "met again, and decided already"
    assert shop.copy.told == [(ordered, "basket", None), (ordered, "cancelled", "ordered")]
    shop.pass_time(DAY)
    shop.run()
    kept = shop.copy.state["bookmarks"]["carts"]
    assert not any(kept.get(name) for name in ("open", "waiting", "decided"))


def test_without_a_time_filter_decided_carts_are_not_requested_again() -> None:
    shop = Carts()
    shop.honours_time = False
    cart = shop.cart(0)
    shop.cart(3)  # without an address
    shop.pass_time(2 * DAY)
    shop.run()
    shop.buy(0, cart=cart)
    for _ in range(3):
        shop.pass_time(HOUR)
        assert not [path for path in shop.run() if path.startswith("customers/")]
    shop.pass_time(2 * DAY)
    assert not [path for path in shop.run() if path.startswith("customers/")]
    assert not shop.copy.state["bookmarks"]["carts"].get("waiting")


def test_a_released_cart_that_changes_is_decided_by_its_new_content_and_known_address() -> None:
    shop = Carts()
    kept, bought = shop.cart(2), shop.cart(0)
    shop.pass_time(HOUR)
    shop.run()
    shop.pass_time(15 * DAY - 2 * HOUR)
    shop.fill(kept, 25.0)
    shop.fill(bought, 25.0)
    shop.pass_time(60)
    shop.buy(1)  # of the address of the other
    shop.pass_time(60 * 58)
    shop.run()
    assert shop.state(bought) == ("cancelled", "ordered"), "in the run that read the order"
    shop.pass_time(DAY)
    shop.run()
    assert shop.state(kept) == ("basket", None), "its fifteen days began anew"


def test_a_line_that_was_in_a_cart_only_for_minutes_is_not_emitted() -> None:
    shop = Carts()
    back, without = shop.cart(0), shop.cart(2)
    shop.pass_time(HOUR)
    shop.run()
    told = list(shop.copy.told)
    shop.fill(back, 25.0)
    shop.fill(without, 25.0)
    shop.pass_time(60)
    shop.run()
    shop.fill(back, 10.0)
    shop.change("quotes", without, customer=False)
    shop.pass_time(HOUR)
    shop.run()
    assert shop.copy.told == [*told, (without, "cancelled", "emptied")]
    assert float(shop.copy.rows["carts"][back]["priceIncl"]) == 10.0


def test_a_clock_that_was_ahead_does_not_hide_carts() -> None:
    shop = Carts()
    shop.pass_time(2 * DAY)
    shop.run()
    shop.pass_time(-2 * DAY)
    cart = shop.cart()
    shop.pass_time(HOUR)
    shop.run()
    assert shop.state(cart) == ("basket", None)


def test_the_oldest_cart_is_released_first_when_requests_run_out() -> None:
    shop = Carts()
    first, second = shop.cart(0), shop.cart(2)
    shop.pass_time(60)
    shop.fill(second, 25.0)
    shop.pass_time(HOUR)
    shop.ends_after, shop.ends_with = 3, QuotaSpentError  # two lists, and one customer
    shop.run()
    assert (shop.state(first), shop.state(second)) == (("basket", None), None)
    shop.run()
    assert shop.state(second) == ("basket", None)


def test_when_time_runs_out_carts_come_with_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Carts()
    cart = shop.cart()
    shop.pass_time(HOUR)
    with monkeypatch.context() as late:
        late.setattr(Limits, "in_time", lambda _: False)
        assert shop.run() == ["orders", "quotes"]
    shop.run()
    assert shop.state(cart) == ("basket", None)


@pytest.mark.parametrize(("more", "most"), [((), "MOST_OPEN"), (("cart_products",), "MOST_WITH_LINES")])
def test_with_more_open_carts_than_the_state_holds_the_oldest_are_given_up(
    more: tuple[str, ...], most: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_carts, most, 2)
    shop = Carts()
    carts = []
    for _ in range(3):
        carts.append(shop.cart(2))
        shop.pass_time(60)
    shop.pass_time(HOUR)
    shop.run(*more)
    states = [("cancelled", "given up"), ("basket", None), ("basket", None)]
    assert [shop.state(cart) for cart in carts] == states
    lines = shop.copy.rows.get("cart_products", {})
    assert [lines[10 * cart]["state"] for cart in carts if more] == [state for state, _ in states if more]


def test_lines_that_cannot_be_read_once_stay_as_they_were_and_close_with_their_cart() -> None:
    shop = Carts()
    cart = shop.cart()
    shop.held["quotes"][cart]["lines"] = [line(1, 2), line(2, 1)]
    shop.pass_time(HOUR)
    shop.run("cart_products")
    shop.fill(cart, 25.0)
    shop.unknown_below.add("quotes")
    shop.pass_time(HOUR)
    shop.run("cart_products")
    rows = shop.copy.rows["cart_products"]
    assert {row["state"] for row in rows.values()} == {"basket"}
    shop.buy(0, cart=cart)
    shop.pass_time(60)
    shop.run("cart_products")
    assert {(row["state"], row["closed"]) for row in rows.values()} == {("cancelled", "ordered")}


# However the runs fall --------------------------------------------------------------------------

STREAMS = ["orders", "returns", "customer_summaries", "carts", "cart_products"]
ACTS = st.one_of(
    st.tuples(st.just("cart"), st.integers(0, 2)),
    st.tuples(st.just("fill"), st.integers(0, 3)),
    st.tuples(st.just("empty"), st.integers(0, 3)),
    st.tuples(st.just("buy"), st.integers(0, 2)),
    st.tuples(st.just("convert"), st.integers(0, 3)),
    st.tuples(st.just("return"), st.integers(0, 2)),
)
STEP = st.tuples(ACTS, st.sampled_from([60, 1_800, HOUR, 5 * HOUR, 6 * DAY]), st.booleans())


def play(steps: list[tuple[tuple[str, int], int, bool]], *, every: bool, has_lines: bool) -> Copy:
    """One history; a run after each step, or after those that say so, and one when all is quiet."""
    shop, copy = Shop(), Copy()
    people = [shop.make("customers", email=email) for email in ("a@x.nl", "A@x.nl", "b@x.nl")]
    carts: list[int] = []
    orders: list[int] = []
    if not has_lines:
        shop.unknown_below.add("quotes")
    copy.read(shop, STREAMS)

    def buy(who: int, cart: int | None = None) -> None:
        email = shop.held["customers"][who]["email"]
        order = {"email": email, "status": "new", "number": "1", "priceIncl": 10.0}
        orders.append(shop.make("orders", customer=link(who), quote=link(cart), **order))

    for worth, ((act, which), seconds, runs) in enumerate(steps, 1):
        shop.pass_time(seconds)
        if act == "cart":
            made = {"customer": link(people[which]), "priceIncl": float(worth), "productsQuantity": 1}
            carts.append(shop.make("quotes", **made, lines=[line(100 * worth, 1), line(100 * worth + 1, 1)]))
        elif act == "buy":
            buy(people[which])
        elif act == "return" and which < len(orders):
            shop.make("returns", orderId=orders[which], returnProducts=[])
        elif which < len(carts):
            cart = carts[which]
            if act == "convert":
                buy(shop.held["quotes"][cart]["customer"]["resource"]["id"], cart)
            else:
                left = shop.held["quotes"][cart]["lines"][:1]
                value = float(worth) if act == "fill" else 0.0
                shop.change("quotes", cart, priceIncl=value, lines=[*left, line(100 * worth, 1)])
        shop.pass_time(1)
        if runs or every:
            copy.read(shop, STREAMS)
    shop.pass_time(HOUR)
    copy.read(shop, STREAMS)
    return copy


@settings(max_examples=40, deadline=None)
@given(st.lists(STEP, max_size=12), st.booleans())
def test_the_result_does_not_depend_on_when_runs_happen(
    steps: list[tuple[tuple[str, int], int, bool]],
    has_lines: bool,  # noqa: FBT001  # drawn
) -> None:
    """A cart that was told and is over is a record of its own; of those that stand nothing differs."""
    often, seldom = (play(steps, every=every, has_lines=has_lines) for every in (True, False))
    for name in STREAMS:
        rows, others = (copy.rows.get(name, {}) for copy in (often, seldom))
        if name.startswith("cart"):
            rows, others = (
                {key: row for key, row in found.items() if row["state"] == "basket"}
                for found in (rows, others)
            )
        assert rows == others, name
    assert has_lines or "cart_products" not in often.rows
