"""Fixed scenarios, each for one kind of fault that random scenarios would take many runs to find."""

import signal
from collections.abc import Callable
from random import Random

from chaos.judge.acts import ACTS, baskets
from chaos.judge.forked import Strike, fork, opened
from chaos.judge.leaks import leaks
from chaos.judge.world import DONE, SETTLED, World

__all__ = ["Course"]

Course = Callable[[World, Random], None]
"""What happens before the clean run that the verdict follows; the dice decide on the rest."""
A_MINUTE, AN_HOUR = 60, 3600
CREATION = "^POST .*/(profiles|subprofiles/[0-9]+)$"
WRITE = "^(PUT|POST) .*/(profiles?|subprofiles?|imports?)\\b"


def a_first_load(world: World, _dice: Random) -> None:
    """All of the shop comes."""
    assert world.run().well
    assert not (found := leaks(world)), found


def new_customers(world: World, dice: Random) -> None:
    """Some people register and order, and all of that is read within minutes."""
    a_first_load(world, dice)
    _moved(world, dice)
    assert world.run().well


def new_customers_with_extras(world: World, dice: Random) -> None:
    """The same, with carts, returns, the timeline of orders and events."""
    world.extras = True
    new_customers(world, dice)


def a_cart_and_a_coupon(world: World, dice: Random) -> None:
    """Someone uses a coupon; then new customers fill carts, and one takes an article out again."""
    world.extras = True
    a_first_load(world, dice)
    ACTS["shop"]["a coupon is used"].does(world, dice)
    for _ in range(2):
        ACTS["shop"]["a new customer leaves a cart"].does(world, dice)
    cart = max(world.carts)
    first = [one for one in world.sandbox.shop("quote_products") if one["quoteId"] == cart]
    for change in (baskets.another_line, baskets.first_line_goes):
        change(world, first)
        baskets.add_up(world, cart)
        world.sandbox.clock(advance=AN_HOUR)
        assert world.run().well


def an_opt_out_in_copernica(world: World, dice: Random) -> None:
    """Someone who is on the shop's list takes the link in a mail; hours later the shop is read again."""
    ACTS["consent"]["a customer subscribes in the shop"].does(world, dice)
    a_first_load(world, dice)
    world.sandbox.clock(advance=dice.randint(1, 10) * AN_HOUR)
    ACTS["consent"]["a customer opts out in Copernica"].does(world, dice)
    _moved(world, dice)
    assert world.run().well


def an_opt_out_in_the_shop(world: World, dice: Random) -> None:
    """Someone leaves the shop's list while the state folder is lost, so that no list of before is known."""
    ACTS["consent"]["a customer subscribes in the shop"].does(world, dice)
    a_first_load(world, dice)
    happen = [("machine", "the state folder is lost"), ("consent", "a customer leaves the shop's list")]
    for kind, name in dice.sample(happen, 2):
        ACTS[kind][name].does(world, dice)


def new_customers_of_yesterday(world: World, dice: Random) -> None:
    """Some people register and order; no run follows before the next day."""
    a_first_load(world, dice)
    _moved(world, dice)


def killed_before_a_write(world: World, dice: Random) -> None:
    """The target dies when it is about to write what is hours old: no look-back reads it again."""
    a_first_load(world, dice)
    _moved(world, dice)
    world.sandbox.clock(advance=dice.randint(6, 20) * AN_HOUR)
    world.run(target=Strike(signal.SIGKILL, dice.randint(1, 2), of=WRITE))


def killed_after_a_creation(world: World, dice: Random) -> None:
    """The target dies when Copernica has made something, before it hears of it."""
    a_first_load(world, dice)
    _moved(world, dice)
    world.run(target=Strike(signal.SIGKILL, dice.randint(1, 2), answered=True, of=CREATION))
    # An import would ask for the keys first; what is still live is written by single calls again.
    world.sandbox.clock(advance=SETTLED)
    assert world.run().well


def old_messages_after_a_refusal(world: World, dice: Random) -> None:
    """Copernica refuses a change; then messages come once more that were saved before it; then `replay`."""
    saved = world.folder / "records.jsonl"
    with opened(saved) as messages, opened(world.folder / "tap.log") as log:
        assert fork("tap-seoshop", world.tap_arguments(), stdout=messages, stderr=log).wait() == DONE
    a_first_load(world, dice)
    world.sandbox.clock(advance=dice.randint(1, 10) * A_MINUTE)
    customer = dice.choice(world.sandbox.shop("customers"))
    world.sandbox.change("customers", customer["id"], firstname=f"Changed {dice.randint(1, 99)}")
    refusal = {"status": 400, "body": '{"error": {"message": "Invalid fields"}}'}
    world.sandbox.fault("copernica", "/profile/", "status", method="PUT", times=None, **refusal)
    world.sandbox.fault("copernica", "/imports", "status", method="POST", times=None, **refusal)
    assert world.run().well
    # The next run would read the change once more, were it not so long after it.
    world.sandbox.clock(advance=dice.randint(6, 20) * AN_HOUR)
    assert world.run().well
    world.sandbox.clear_faults()
    with (
        saved.open() as messages,
        opened(world.states) as states,
        opened(world.folder / "target.log") as log,
    ):
        again = fork(
            "target-copernica",
            world.target_arguments(),
            stdin=messages.fileno(),
            stdout=states,
            stderr=log,
            sabotage=world.sabotage.get("target-copernica"),
        )
        assert again.wait() == DONE
    assert world.command("replay") == DONE


def _moved(world: World, dice: Random) -> None:
    world.sandbox.clock(advance=dice.randint(1, 600))
    numbers = {"new_customers": dice.randint(1, 3), "new_orders": dice.randint(1, 3)}
    world.sandbox.move(seed=dice.randint(1, 1000), **numbers)
