"""The shop moves: between two runs, and while it is read."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from chaos.judge.acts.act import act, add
from chaos.judge.pipelines import meltano
from chaos.judge.world import World
from support.expected import Shop
from support.expected_extras import carts_closed_by
from support.sandbox import SandboxError

KIND = "shop"
MOVES = (
    "new_customers",
    "new_guests",
    "new_orders",
    "payments",
    "shipments",
    "credit_notes",
    "returns",
    "group_joins",
    "group_leaves",
    "address_changes",
    "email_changes",
)
MOVE = "/admin/shop/move"
DST_NIGHTS = ("2027-03-28T00:59:30Z", "2027-10-31T00:59:30Z", "2028-03-26T00:59:30Z")


@act(KIND, "it moves")
def moves(world: World, dice: Random) -> None:
    """Time passes in the shop."""
    for name in _seen(world, dice.sample(MOVES, dice.randrange(1, 6))):
        with suppress(SandboxError):  # it has no candidates for that
            world.sandbox.move(seed=dice.randrange(50), **{name: dice.randrange(1, 3)})


def _seen(world: World, moves: Iterable[str]) -> list[str]:
    """The moves that the pipeline sees: meltano.yml does not select returns (README of tap-seoshop)."""
    return [name for name in moves if name != "returns" or world.extras or world.pipeline is not meltano]


@act(KIND, "goods come back, and the order does not move")
def returns_without_a_trace(world: World, dice: Random) -> None:
    """Only the list of returns tells of it."""
    for step in _seen(world, ("new_orders", "payments", "shipments", "returns")):
        with suppress(SandboxError):
            world.sandbox.move(seed=dice.randrange(50), **{step: 1})


@act(KIND, "records change at one instant")
def equal_timestamps(world: World, dice: Random) -> None:
    """Several, with the very same `updatedAt`, a second ago."""
    now = datetime.fromisoformat(world.sandbox.status()["now"])
    at = (now - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%S+00:00")
    for one in dice.sample(world.sandbox.shop("customers"), 3):
        world.sandbox.change("customers", one["id"], firstname=f"Equal{dice.randrange(99)}", updatedAt=at)


@act(KIND, "a night in which the clock is turned")
def dst_night(world: World, dice: Random) -> None:
    """The next one; something happens just before it and just after."""
    now = world.sandbox.status()["now"]
    night = next((night for night in DST_NIGHTS if night > now), None)
    if night is None:
        return
    world.sandbox.clock(to=night)
    world.sandbox.move(seed=dice.randrange(50), new_customers=1, new_orders=1)
    world.sandbox.clock(advance=60)
    world.sandbox.move(seed=dice.randrange(50), new_customers=1, address_changes=1)


def _reads(world: World, dice: Random, call: Mapping[str, Any]) -> None:
    """The call is made between two requests of the tap."""
    nth, times = dice.randrange(1, 30), dice.choice([1, 1, 3])
    world.sandbox.fault(
        "seoshop", "", dice.choice(["call_before", "call_after"]), nth=nth, times=times, call=call
    )


def _while_it_is_read(world: World, dice: Random, numbers: Mapping[str, int]) -> None:
    _reads(world, dice, {"path": MOVE, "body": {"seed": dice.randrange(50), **numbers}})


ADDED = {"new_customers": 1, "new_orders": 1, "new_guests": 1}
CHANGED = {"address_changes": 1, "email_changes": 1}
for _name, _numbers in {"something is added": ADDED, "something changes": CHANGED}.items():
    add(KIND, f"{_name} while it is read", partial(_while_it_is_read, numbers=_numbers))


def _to_delete(world: World, dice: Random) -> dict[str, Any] | None:
    """An order; nothing hangs on the summary of its customer but the weekly reading."""
    orders = world.sandbox.shop("orders")
    if len(orders) < 3:
        return None
    world.weekly = True
    number = dice.choice(orders)["id"]
    world.carts_closed |= carts_closed_by(Shop(world.sandbox), number)
    return {"resource": "orders", "id": number}


@act(KIND, "an order is deleted")
def deleted(world: World, dice: Random) -> None:
    """Between two runs."""
    if body := _to_delete(world, dice):
        world.sandbox.delete(body["resource"], body["id"])


@act(KIND, "an order is deleted while it is read")
def deleted_while_read(world: World, dice: Random) -> None:
    """Between two requests."""
    if body := _to_delete(world, dice):
        _reads(world, dice, {"path": "/admin/shop/delete", "body": body})
