"""People subscribe and opt out, in the shop and in Copernica."""

from random import Random
from typing import Any

from chaos.judge.acts.act import act
from chaos.judge.world import World
from support.expected import folded

KIND = "consent"
FIRST = 900_000
"""Id of the first subscription: the shop gives none of a deleted one again."""
COMPLAINTS = 0.2
"""How many of those who opt out in Copernica complain."""


@act(KIND, "a customer subscribes in the shop")
def subscribes(world: World, dice: Random) -> None:
    """Anew too, after an opt-out: unless there was a complaint, that is an act of its own."""
    on_list = _listed(world)
    others = [one for one in world.sandbox.shop("customers") if folded(one) not in {"", *on_list}]
    if not others:
        return
    customer = dice.choice(others)
    body = {name: customer[name] for name in ("email", "firstname", "lastname")}
    body["id"] = FIRST + world.consents.subscribed
    world.sandbox.insert("subscriptions", {**body, "isConfirmed": True, "doNotifyConfirmed": False})
    world.consents.subscribes(folded(customer))


@act(KIND, "a customer leaves the shop's list")
def leaves(world: World, dice: Random) -> None:
    """Nothing but their absence tells it."""
    if on_list := _listed(world):
        address = dice.choice(sorted(on_list))
        for one in on_list[address]:
            world.sandbox.delete("subscriptions", one["id"])
        world.consents.leaves(address)


@act(KIND, "a customer opts out in Copernica")
def opts_out(world: World, dice: Random) -> None:
    """By the link in a mail, or by a complaint."""
    if profile := _mailable(world, dice):
        complains = dice.random() < COMPLAINTS
        kind, system = "abuses" if complains else "unsubscribes", dice.choice(["ms", "publisher"])
        world.sandbox.unsubscribe(int(profile["ID"]), kind=kind, system=system)
        world.consents.opts_out(folded(profile["fields"]), complains=complains)


@act(KIND, "a colleague says no for a customer")
def lowers(world: World, dice: Random) -> None:
    """In the field itself."""
    if profile := _mailable(world, dice):
        world.sandbox.edit_profile(int(profile["ID"]), newsletter="no")
        world.consents.lowers(int(profile["ID"]), folded(profile["fields"]))


def _listed(world: World) -> dict[str, list[dict[str, Any]]]:
    """Subscriptions by their address."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in world.sandbox.shop("subscriptions"):
        found.setdefault(folded(one), []).append(one)
    return found


def _mailable(world: World, dice: Random) -> dict[str, Any] | None:
    """A profile with an address: rather one that gets mail."""
    there = [one for one in world.profiles() if folded(one["fields"]) and "newsletter" in one["fields"]]
    fitting = [one for one in there if one["fields"]["newsletter"] == "yes"] or there
    return dice.choice(fitting) if fitting else None
