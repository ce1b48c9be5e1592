"""Abandoned carts: which are released, when they are closed, and what that costs."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tap.carts import DAY, HOUR, Carts, line
from tap.imagined import BEGIN, link
from tap_seoshop.summaries.carts import Bought, Cart, Fate, fate, may_have_stood


def test_a_cart_is_released_after_an_hour_and_closed_in_the_run_that_reads_the_order() -> None:
    shop = Carts()
    cart = shop.cart()
    shop.pass_time(3_590)
    assert shop.run() == ["orders", "quotes"]
    assert shop.state(cart) is None
    shop.pass_time(10)
    assert shop.run() == [f"customers/{shop.people[0]}", "orders", "quotes"], "one request for the customer"
    record = shop.copy.rows["carts"][cart]
    assert (record["state"], record["email"], str(record["priceIncl"])) == ("basket", "A@x.nl", "10.0")
    assert record["customerId"] == shop.people[0]
    shop.pass_time(300)
    assert shop.run() == ["orders", "quotes"]
    assert shop.copy.written["carts"] == 0
    order = shop.buy(0, cart=cart)
    shop.pass_time(1)
    assert shop.run() == ["orders", "quotes"]
    closed = shop.copy.rows["carts"][cart]
    assert (closed["state"], closed["closed"], closed["orderId"]) == ("cancelled", "ordered", order)
    assert closed["stateAt"] > record["stateAt"]


@pytest.mark.parametrize("buyer", ["the customer", "the address", "the cart"])
def test_a_cart_is_not_released_if_its_customer_or_address_ordered(buyer: str) -> None:
    shop = Carts()
    cart = shop.cart()
    shop.pass_time(1_800)
    shop.buy({"the customer": 0, "the address": 1, "the cart": 2}[buyer], cart=cart * (buyer == "the cart"))
    for _ in range(20):
        shop.pass_time(300)
        shop.run()
    assert shop.state(cart) is None


@pytest.mark.parametrize("buyer", ["the customer", "the address", "the cart"])
def test_an_order_closes_an_open_cart(buyer: str) -> None:
    shop = Carts()
    cart = shop.cart()
    shop.pass_time(HOUR)
    shop.run()
    shop.pass_time(2 * DAY)
    shop.run()
    shop.buy({"the customer": 0, "the address": 1, "the cart": 2}[buyer], cart=cart * (buyer == "the cart"))
    shop.run()
    assert shop.state(cart) == ("cancelled", "ordered")


def test_a_cart_without_an_address_a_customer_or_a_value_is_not_released() -> None:
    shop = Carts()
    carts = [shop.cart(3), shop.cart(None), shop.cart(0, 0)]
    shop.pass_time(HOUR)
    assert shop.run() == [f"customers/{shop.people[3]}", "orders", "quotes"]
    assert [shop.state(cart) for cart in carts] == [None, None, None]
    shop.pass_time(HOUR)
    assert shop.run() == ["orders", "quotes"], "it is not asked for twice"


def test_a_cart_is_released_once_for_each_content() -> None:
    shop = Carts()
    cart = shop.cart()
    shop.pass_time(HOUR)
    shop.run()
    shop.change("quotes", cart)  # the shop recalculated it
    shop.pass_time(HOUR)
    shop.run()
    shop.pass_time(HOUR)
    shop.run()
    assert shop.copy.told == [(cart, "basket", None)]
    shop.fill(cart, 25.0)
    shop.pass_time(1_800)
    shop.run()
    assert shop.copy.written["carts"] == 0, "the buyer is at it"
    shop.pass_time(1_800)
    shop.run()
    assert float(shop.copy.rows["carts"][cart]["priceIncl"]) == 25.0
    shop.fill(cart, 0)
    shop.pass_time(300)
    shop.run()
    assert shop.state(cart) == ("cancelled", "emptied")


def test_a_cart_is_given_up_after_fifteen_days_with_the_time_of_its_last_change() -> None:
    shop = Carts()
    cart = shop.cart()
    moved: str = shop.held["quotes"][cart]["updatedAt"]
    shop.pass_time(HOUR)
    shop.run()
    shop.pass_time(15 * DAY - HOUR - 1)
    shop.run()
    assert shop.state(cart) == ("basket", None)
    shop.pass_time(1)
    shop.run()
    assert shop.state(cart) == ("cancelled", "given up")
    assert datetime.fromisoformat(shop.copy.rows["carts"][cart]["stateAt"]) == datetime.fromisoformat(moved)


def test_a_cart_that_became_an_order_long_ago_is_asked_about_before_it_is_released() -> None:
    shop = Carts()
    cart = shop.cart()
    shop.pass_time(60)
    shop.buy(0, cart=cart)
    shop.pass_time(3 * DAY)
    shop.run()
    shop.fill(cart, 11.0)  # whatever moved it: it is an order already
    shop.pass_time(HOUR)
    assert shop.run() == [f"customers/{shop.people[0]}", "orders", "orders", "quotes"]
    assert shop.state(cart) is None
    other = shop.cart(2, 0)
    shop.pass_time(3 * DAY)
    shop.run()
    shop.honours_customer = False
    shop.fill(other, 12.0)
    shop.pass_time(HOUR)
    shop.run()
    assert shop.state(other) is None, "nothing can be told of its orders"


def test_without_a_time_filter_the_newest_carts_are_read_and_older_ones_once_more() -> None:
    shop = Carts()
    shop.honours_time = False
    shop.cart(None)
    shop.pass_time(2 * DAY)
    shop.run()
    cart, other = shop.cart(), shop.cart(2)
    shop.pass_time(300)
    assert shop.run().count("quotes") == 1
    later = [shop.cart(None) for _ in range(260)]
    shop.pass_time(HOUR)
    shop.change("quotes", other, priceIncl=99.0)
    asked = shop.run()
    assert shop.state(cart) == ("basket", None)
    assert shop.state(other) is None, "it moved, which the newest carts do not show"
    wanted = [f"quotes/{cart}", f"quotes/{other}", "quotes", f"customers/{shop.people[0]}"]
    assert Counter(asked) - Counter(["orders"]) == Counter(wanted)
    assert shop.state(later[0]) is None
    shop.pass_time(HOUR)
    shop.run()
    assert float(shop.copy.rows["carts"][other]["priceIncl"]) == 99.0


def test_a_run_that_was_cut_short_or_killed_loses_no_cart() -> None:
    shop = Carts()
    cart = shop.cart()
    shop.pass_time(HOUR)
    shop.ends_after = 1  # the carts are read, the orders are not
    shop.run()
    assert shop.state(cart) is None
    shop.run()
    assert shop.state(cart) == ("basket", None)


def test_lines_are_emitted_with_their_cart_and_closed_with_it_or_when_removed() -> None:
    shop = Carts()
    cart = shop.cart()
    shop.held["quotes"][cart]["lines"] = [
        line(1, 2, sku="S1", product=link(41), variant=link(51)),
        line(2, 1, sku="", articleCode="A2"),
        {"quantityOrdered": 3, "variant": link(53)},
    ]
    shop.pass_time(HOUR)
    asked = shop.run("cart_products")
    assert asked == [f"customers/{shop.people[0]}", "orders", "quotes", f"quotes/{cart}/products"]
    rows = shop.copy.rows["cart_products"]
    told = {key: (row["cartId"], row["position"], row["code"], row["quantity"]) for key, row in rows.items()}
    assert told == {1: (cart, 1, "S1", 2), 2: (cart, 2, "A2", 1), 53: (cart, 3, "53", 3)}
    assert {(row["state"], row["email"], row["customerId"]) for row in rows.values()} == {
        ("basket", "A@x.nl", shop.people[0])
    }
    assert (rows[1]["productTitle"], rows[1]["productId"], rows[1]["variantId"]) == ("Plant 1", 41, 51)
    shop.held["quotes"][cart]["lines"] = [line(1, 5)]
    shop.fill(cart, 25.0)
    shop.pass_time(HOUR)
    shop.run("cart_products")
    assert (rows[1]["state"], rows[1]["quantity"]) == ("basket", 5)
    assert {key: (rows[key]["state"], rows[key]["closed"]) for key in (2, 53)} == {
        2: ("cancelled", "removed"), 53: ("cancelled", "removed"),
    }  # fmt: skip
    order = shop.buy(0)
    shop.pass_time(60)
    assert shop.run("cart_products") == ["orders", "quotes"]
    assert shop.state(cart) == ("cancelled", "ordered")
    assert (rows[1]["closed"], rows[1]["stateAt"]) == ("ordered", shop.copy.rows["carts"][cart]["stateAt"])
    assert rows[2]["closed"] == "removed", "it was told once"
    assert shop.held["orders"][order]
    assert "email" not in rows[1]


def test_lines_can_be_selected_without_carts_and_carts_work_in_a_shop_without_lines() -> None:
    shop = Carts()
    cart = shop.cart()
    shop.pass_time(HOUR)
    shop.copy.read(shop, ["orders", "cart_products"])
    assert shop.copy.rows["cart_products"][10 * cart]["state"] == "basket"
    assert shop.state(cart) is None
    shop = Carts()
    cart = shop.cart()
    shop.unknown_below.add("quotes")
    shop.pass_time(HOUR)
    shop.run("cart_products")
    assert shop.state(cart) == ("basket", None)
    assert "cart_products" not in shop.copy.rows


def test_the_state_contains_no_personal_data() -> None:
    shop = Carts()
    shop.cart()
    shop.pass_time(HOUR)
    shop.run()
    (kept,) = shop.copy.state["bookmarks"]["carts"]["open"]
    assert kept[1] == shop.people[0]
    assert kept[6] == "hash of a@x.nl", "of the test's own client; the tap's is keyed with the API secret"


ACTS = st.one_of(
    st.tuples(st.just("cart"), st.sampled_from([0, 1, 2, 3, None]), st.sampled_from([0, 10])),
    st.tuples(st.sampled_from(["fill", "touch"]), st.integers(0, 5), st.sampled_from([0, 10, 20])),
    st.tuples(st.just("buy"), st.sampled_from([0, 1, 2, None]), st.integers(-3, 3)),
    st.tuples(st.just("wait"), st.sampled_from([1, 600, 1_800, HOUR, 5 * HOUR, 6 * DAY]), st.just(0)),
    st.tuples(st.just("run"), st.just(0), st.just(0)),
    st.tuples(st.just("kill"), st.integers(0, 5), st.just(0)),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(ACTS, max_size=25))
def test_any_course_of_events_ends_as_the_rules_say(acts: list[tuple[str, Any, Any]]) -> None:
    shop = Carts()
    for act, who, second in [*acts, ("wait", HOUR, 0), ("run", 0, 0)]:
        carts, first = list(shop.moved), who
        if act == "cart":
            shop.cart(first, second)
        elif act == "fill" and first < len(carts):
            shop.fill(carts[first], second)
        elif act == "touch" and first < len(carts):
            shop.change("quotes", carts[first])
        elif act == "buy":
            cart = carts[second] if 0 <= second < len(carts) else None
            owner = shop.held["quotes"][cart]["customer"] if cart else None
            if owner:  # what is made of a cart has its customer
                first = shop.people.index(owner["resource"]["id"])
            shop.buy(first, cart=cart, email="a@x.nl" if first is None else None)
        elif act == "wait":
            shop.pass_time(first)
        elif act in ("run", "kill"):
            shop.pass_time(1)
            if act == "kill":
                shop.ends_after = first
                shop.run()
            shop.run()
            see(shop)
    released = [cart for cart, state, _ in shop.copy.told if state == "basket"]
    closed = {cart for cart, state, _ in shop.copy.told if state != "basket"}
    made = [shop.held["quotes"][cart]["createdAt"] for cart in closed.difference(released)]
    hour_ago = shop.clock - timedelta(hours=1)
    assert all(datetime.fromisoformat(at) <= hour_ago for at in made), "it cannot have been released"


def see(shop: Carts) -> None:
    """Hold what stands against the shop's own records."""
    for number, cart in shop.held["quotes"].items():
        customer = cart["customer"] and cart["customer"]["resource"]["id"]
        email = shop.held["customers"].get(customer or 0, {}).get("email") or ""
        address = email.strip().lower()
        changed = datetime.fromisoformat(cart["updatedAt"])
        by_link, by_person = [], []
        for order in shop.held["orders"].values():
            made = datetime.fromisoformat(order["createdAt"])
            same = customer and order["customer"] == link(customer)
            if order["quote"] == link(number):
                by_link.append(made)
            elif same or (address and str(order["email"] or "").strip().lower() == address):
                by_person.append(made)
        stands = shop.state(number) == ("basket", None)
        if by_link or any(made >= changed for made in by_person):
            assert not stands, "it was ordered"
        may = bool(address) and cart["priceIncl"] > 0
        quiet = timedelta(hours=1) <= shop.clock - changed < timedelta(days=15)
        if may and quiet and not by_link and not any(made >= shop.moved[number] for made in by_person):
            assert stands, "it was left standing, and is not told"
            assert float(shop.copy.rows["carts"][number]["priceIncl"]) == cart["priceIncl"]


def test_the_time_limits_are_exact_to_the_second() -> None:
    cart = Cart(1, 2, "2026-11-02T09:00:00Z", "2026-11-02T09:00:00Z", "10", "1")
    ages = {
        timedelta(minutes=59, seconds=59): Fate.WAITS,
        timedelta(minutes=60): Fate.DUE,
        timedelta(days=14, hours=23, minutes=59): Fate.DUE,
        timedelta(days=15): Fate.GIVEN_UP,
    }
    assert {age: fate(cart, None, BEGIN + age) for age in ages} == ages
    assert fate(cart, Bought("2026-11-02T09:59:59Z", 1), BEGIN) is Fate.IN_TIME
    assert fate(cart, Bought("2026-11-02T10:00:00Z", 1), BEGIN) is Fate.ORDERED
    assert not may_have_stood(cart, Bought("2026-11-02T09:59:59Z", 1), BEGIN)
    assert may_have_stood(cart, Bought("2026-11-02T10:00:00Z", 1), BEGIN)
    assert not may_have_stood(replace(cart, customer=None), Bought("2026-11-02T10:00:00Z", 1), BEGIN)
    emptied = {
        name: replace(cart, value="0", changed=f"2026-11-02T{name}Z") for name in ("09:59:59", "10:00:00")
    }
    assert [may_have_stood(one, None, BEGIN + timedelta(days=1)) for one in emptied.values()] == [False, True]
