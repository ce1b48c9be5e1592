"""Carts of which the state does not know: it was lost, comes from a backup, or the first run was cut."""

from copy import deepcopy

import pytest

from tap.carts import DAY, HOUR, Carts
from tap.imagined import KilledError
from tap_seoshop.errors import QuotaSpentError


def test_a_lost_state_closes_what_was_ordered_meanwhile() -> None:
    shop = Carts()
    ordered, standing = shop.cart(), shop.cart(2)
    shop.pass_time(HOUR)
    shop.run()
    shop.pass_time(DAY)
    shop.buy(0, cart=ordered)
    shop.pass_time(60)
    shop.copy.state.clear()
    shop.run()
    assert shop.state(ordered) == ("cancelled", "ordered")
    shop.pass_time(60)
    shop.buy(2, cart=standing)
    shop.run()
    assert shop.state(standing) == ("cancelled", "ordered")


@pytest.mark.parametrize("filtered", [True, False])
@pytest.mark.parametrize(
    ("happens", "closed"),
    [
        ("nothing", "given up"),
        ("an order", "ordered"),
        ("a late order", "ordered"),
        ("it empties", "emptied"),
    ],
)
def test_a_lost_state_and_a_long_pause_close_what_was_released(
    happens: str, closed: str, *, filtered: bool
) -> None:
    shop = Carts()
    shop.honours_time = filtered
    cart = shop.cart()
    shop.pass_time(HOUR)
    shop.run()
    assert shop.state(cart) == ("basket", None)
    shop.copy.state.clear()
    shop.pass_time(DAY)
    if happens == "it empties":
        shop.fill(cart, 0)
    elif happens == "an order":
        shop.buy(0, cart=cart)
    elif happens == "a late order":  # the buyer moved it, and ordered within the hour
        shop.fill(cart, 12.0)
        shop.buy(0)
    shop.pass_time(20 * DAY)
    shop.run()
    assert shop.state(cart) == ("cancelled", closed)
    assert shop.copy.state["bookmarks"]["carts"]["waiting"] == []
    shop.pass_time(60)
    shop.run()
    assert shop.copy.written["carts"] == 0, "it is told once"


def test_a_first_run_looks_ninety_days_back_for_carts_that_can_have_stood() -> None:
    shop = Carts()
    forgotten = shop.cart()
    shop.pass_time(2 * DAY)
    stood = [shop.cart() for _ in range(300)]
    quick = shop.cart(2)
    shop.pass_time(60)
    shop.buy(2, cart=quick)
    never = [quick, shop.cart(None), shop.cart(0, 0)]
    shop.pass_time(89 * DAY)
    shop.copy.state.clear()
    assert shop.run().count("quotes") == 3, "a first page, and the two that there are"
    assert {shop.state(cart) for cart in stood} == {("cancelled", "given up")}
    assert [shop.state(cart) for cart in (forgotten, *never)] == [None] * 4
    kept = shop.copy.state["bookmarks"]["carts"]
    assert (kept.get("waiting", []), kept.get("open", []), kept.get("decided", [])) == ([], [], [])
    shop.pass_time(300)
    assert shop.run() == ["orders", "quotes"]
    assert shop.copy.written["carts"] == 0


@pytest.mark.parametrize("ends_with", [QuotaSpentError, KilledError])
@pytest.mark.parametrize("more", [(), ("quotes",)])
def test_a_first_run_that_was_cut_closes_them_later(
    ends_with: type[BaseException], more: tuple[str, ...]
) -> None:
    for request in range(1, 7):
        shop = Carts()
        old = [shop.cart(2) for _ in range(260)]
        shop.pass_time(20 * DAY)
        ordered, emptied, standing = shop.cart(), shop.cart(), shop.cart(2)
        shop.pass_time(HOUR)
        shop.run()
        shop.copy.state.clear()
        shop.copy.rows.clear()
        shop.ends_after, shop.ends_with = request, ends_with
        shop.run(*more)
        shop.ends_with = KilledError
        shop.pass_time(1_800)
        shop.fill(emptied, 0)
        shop.buy(0, cart=ordered)
        shop.pass_time(60)
        for _ in range(2):
            shop.run(*more)
            shop.pass_time(60)
        assert {shop.state(cart) for cart in old} == {("cancelled", "given up")}, request
        assert shop.state(ordered) == ("cancelled", "ordered"), request
        assert shop.state(emptied) in {("cancelled", "emptied"), ("cancelled", "ordered")}, request
        assert shop.state(standing) == ("basket", None), request


def test_the_state_of_a_backup_closes_what_was_released_since() -> None:
    shop = Carts()
    backup = deepcopy(shop.copy.state)
    ordered, moved = shop.cart(), shop.cart(2)
    shop.pass_time(HOUR)
    shop.run()
    shop.pass_time(DAY)
    shop.buy(0, cart=ordered)
    shop.fill(moved, 20.0)
    shop.buy(2)
    shop.copy.state = backup
    shop.run()
    assert shop.state(ordered) == shop.state(moved) == ("cancelled", "ordered")
