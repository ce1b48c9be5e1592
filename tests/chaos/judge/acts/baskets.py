"""Buyers fill carts and use coupons; only in scenarios with the extras."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from random import Random
from typing import Any

from chaos.judge.acts.act import act
from chaos.judge.acts.runs import ran
from chaos.judge.extras import CODES
from chaos.judge.world import World
from support.expected import folded
from support.sandbox import SandboxError

KIND = "shop"
AN_HOUR = 3_600
WAITS = (60, AN_HOUR, 2 * AN_HOUR)
REGISTER, ADD = "user/register", "webshop/cart/add"


@act(KIND, "a cart is left standing")
def cart_left(world: World, dice: Random) -> None:
    """Time passes, so that the next run may release it."""
    customer = dice.choice(world.sandbox.shop("customers"))["id"]
    with suppress(SandboxError):  # the shop has no cart at all to be like
        fill_cart(world, dice, customer)
        world.sandbox.clock(advance=dice.choice(WAITS))


@act(KIND, "what is in a cart changes")
def cart_changes(world: World, dice: Random) -> None:
    """More pieces of an article, another article, or one less."""
    if not world.carts:
        cart_left(world, dice)
        ran(world)
    lines = [one for one in world.sandbox.shop("quote_products") if one["quoteId"] in world.carts]
    if lines:
        cart = dice.choice(lines)["quoteId"]
        dice.choice(CHANGES)(world, [one for one in lines if one["quoteId"] == cart])
        add_up(world, cart)
        world.sandbox.clock(advance=dice.choice(WAITS))


@act(KIND, "a new customer leaves a cart")
def new_customer_leaves_cart(world: World, dice: Random) -> None:
    """If all was well before and goes well then, both events are told: nothing explains a loss.

    The first cart of all is history: what a collection holds from its first run on is.
    """
    is_calm = world.is_calm() and ran(world).well and world.is_calm()
    has_carts = bool(world.subprofiles("CartItems"))
    (number,) = world.sandbox.move(seed=dice.randrange(50), new_customers=1)["customers"]
    with suppress(SandboxError):  # see above
        cart, line = fill_cart(world, dice, number)
        world.sandbox.clock(advance=AN_HOUR)
        if is_calm and ran(world).well and world.is_calm():
            customer = next(one for one in world.sandbox.shop("customers") if one["id"] == number)
            world.owed[REGISTER, folded(customer)] = f"of new customer {number}"
            if has_carts:
                world.owed[ADD, f"{cart['id']} {line['sku']} {line['quantity']}"] = f"of cart {cart['id']}"


@act(KIND, "a coupon is used")
def coupon_used(world: World, dice: Random) -> None:
    """One of a campaign in Copernica, in whatever case the buyer wrote it."""
    (order,) = world.sandbox.move(seed=dice.randrange(50), new_orders=1)["orders"]
    code = dice.choice(CODES)
    world.sandbox.change("orders", order, discountCouponCode=dice.choice([code, code.lower()]))


def fill_cart(world: World, dice: Random, customer: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """A cart of a customer, and the line in it.

    Raises:
        SandboxError: The shop has no cart at all to be like.
    """
    link = {"resource": {"id": customer, "url": f"customers/{customer}", "link": "x"}}
    cart = world.sandbox.insert("quotes", {"customer": link, "priceIncl": dice.randrange(1, 99)})
    world.carts.add(cart["id"])
    line = _add_line(world, cart["id"], dice.randrange(1, 4))
    return add_up(world, cart["id"]), line


def _add_line(world: World, cart: int, pieces: int) -> dict[str, Any]:
    """A line with an article of its own, so that what is told of it can be told apart."""
    sku = f"L-{len(world.sandbox.shop('quote_products'))}-{world.sandbox.last()}"
    body = {"quoteId": cart, "productTitle": f"Article {sku}", "sku": sku, "quantity": pieces}
    found: dict[str, Any] = world.sandbox.insert("quote_products", body)
    return found


def add_up(world: World, cart: int) -> dict[str, Any]:
    """After a change, a cart tells its pieces, and costs more each time: so all of it is another content."""
    lines = [one for one in world.sandbox.shop("quote_products") if one["quoteId"] == cart]
    (body,) = [one for one in world.sandbox.shop("quotes") if one["id"] == cart]
    pieces = sum(one["quantity"] for one in lines)
    found: dict[str, Any] = world.sandbox.change(
        "quotes", cart, priceIncl=body["priceIncl"] + 1, productsCount=len(lines), productsQuantity=pieces
    )
    return found


def more_pieces(world: World, lines: Sequence[Mapping[str, Any]]) -> None:
    """Of the article in the first of these lines of a cart."""
    world.sandbox.change("quote_products", lines[0]["id"], quantity=lines[0]["quantity"] + 2)


def another_line(world: World, lines: Sequence[Mapping[str, Any]]) -> None:
    """Another article comes into the cart."""
    _add_line(world, lines[0]["quoteId"], 1)


def first_line_goes(world: World, lines: Sequence[Mapping[str, Any]]) -> None:
    """The buyer takes the article out."""
    world.sandbox.delete("quote_products", lines[0]["id"])


def _one_of_two_goes(world: World, lines: Sequence[Mapping[str, Any]]) -> None:
    (first_line_goes if len(lines) > 1 else another_line)(world, lines)


CHANGES = (more_pieces, another_line, _one_of_two_goes)
