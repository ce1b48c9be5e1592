"""Copernica moves: colleagues, other users of the API, and Copernica's own imports."""

import json
from contextlib import suppress
from functools import partial
from random import Random
from typing import Any

import requests

from chaos.judge.acts.act import act, add
from chaos.judge.world import World
from support.colleague import Colleague
from support.sandbox import SandboxError

KIND = "copernica"
KEY = "external_key"
PEOPLE, ORDERS = "SEOshop", "Orders"
COLLECTIONS = (ORDERS, "OrderItems", "OrderEvents", "Returns", "CartItems")
PLACES = ((PEOPLE, ""), *((PEOPLE, name) for name in COLLECTIONS), ("SEOshop_products", ""))
OTHER_ACCOUNT = json.dumps({"id": "2", "name": "Other", "description": "", "company": "Other BV"})
TWO_HOURS = {"path": "/admin/clock", "body": {"advance": 7200}}


@act(KIND, "a profile is removed by hand")
def remove_profile(world: World, dice: Random) -> None:
    """As an opt-out."""
    if profiles := world.profiles():
        profile = dice.choice(profiles)
        world.sandbox.remove_profile(int(profile["ID"]))
        world.note_removed(profile["fields"][KEY])


@act(KIND, "an order is removed by hand")
def remove_order(world: World, dice: Random) -> None:
    """Its subprofile alone."""
    if orders := world.subprofiles(ORDERS):
        order = dice.choice(orders)
        world.sandbox.remove_subprofile(int(order["ID"]))
        world.orders_removed.add(order["fields"][KEY])


@act(KIND, "a field is emptied by hand")
def empty_field(world: World, dice: Random) -> None:
    """Only a check finds that."""
    _edit(world, dice, firstname="")


@act(KIND, "a field is changed by hand")
def change_field(world: World, dice: Random) -> None:
    """Likewise."""
    _edit(world, dice, lastname="By hand", order_count="77")


@act(KIND, "the key of a profile is emptied")
def empty_key(world: World, dice: Random) -> None:
    """The ledger knows its id."""
    _edit(world, dice, **{KEY: ""})


@act(KIND, "the key of a profile is changed")
def change_key(world: World, dice: Random) -> None:
    """To one that none has."""
    _edit(world, dice, **{KEY: "by hand"})


def _edit(world: World, dice: Random, **fields: str) -> None:
    if (KEY not in fields or world.settled) and (profiles := world.profiles()):
        profile = dice.choice(profiles)
        world.sandbox.edit_profile(int(profile["ID"]), **fields)
        if KEY in fields:
            world.keys_lost.add(profile["fields"][KEY])
        world.doubtful = True


@act(KIND, "the key of an order is emptied")
def empty_key_of_order(world: World, dice: Random) -> None:
    """The ledger knows its id."""
    if world.settled and (orders := world.subprofiles(ORDERS)):
        order = dice.choice(orders)
        world.sandbox.edit_subprofile(int(order["ID"]), **{KEY: ""})
        world.keys_lost.add(order["fields"][KEY])
        world.doubtful = True


@act(KIND, "a duplicate is made by someone else")
def duplicate(world: World, dice: Random) -> None:
    """With the key and the address of a profile of ours."""
    if profiles := world.profiles():
        fields = dice.choice(profiles)["fields"]
        with suppress(requests.HTTPError):  # a fault may strike the colleague's own call, too
            made = Colleague(world.sandbox, PEOPLE).creates({KEY: fields[KEY], "email": fields["email"]})
            world.foreign.add(made)


@act(KIND, "a person is added by someone else")
def stranger(world: World, dice: Random) -> None:
    """Without a key of ours."""
    address = f"own{dice.randrange(99)}@example.com"
    if world.profiles():
        with suppress(requests.HTTPError):  # see above
            world.foreign.add(Colleague(world.sandbox, PEOPLE).creates({"email": address}))


# The structure --------------------------------------------------------------------------------


def _rename_key(world: World, number: int, kind: str) -> None:
    world.sandbox.rename_field(number, KEY, "nr", of=kind)


def _remove_key(world: World, number: int, kind: str) -> None:
    world.sandbox.remove_field(number, KEY, of=kind)


def _retype_key(world: World, number: int, kind: str) -> None:
    world.sandbox.retype_field(number, KEY, of=kind, type="integer")


def _structure(world: World, dice: Random, does: Any) -> None:
    there = [place for place in PLACES if world.place(*place) is not None]
    database, collection = dice.choice(there or PLACES)
    number, kind = world.place(database, collection), "collections" if collection else "databases"
    if number is not None and world.settled:
        rows = world.subprofiles(collection, database) if collection else world.profiles(database)
        world.keys_lost |= {row["fields"][KEY] for row in rows}
        with suppress(SandboxError):  # it was done before
            does(world, number, kind)
            world.doubtful = True


for _name, _change in {
    "renamed": _rename_key,
    "removed": _remove_key,
    "given another type": _retype_key,
}.items():
    add(KIND, f"a key field is {_name}", partial(_structure, does=_change))


@act(KIND, "a collection is removed")
def remove_collection(world: World, dice: Random) -> None:
    """With all that is in it."""
    numbers = [number for name in COLLECTIONS if (number := world.place(PEOPLE, name)) is not None]
    if numbers:
        number = dice.choice(numbers)
        world.sandbox.remove_place(number, of="collections")
        world.doubtful = True


@act(KIND, "a database is removed")
def remove_database(world: World, _dice: Random) -> None:
    """With all that is in it."""
    number = world.place(PEOPLE)
    if number is not None and world.has_all_keys():
        world.sandbox.remove_place(number)
        world.forget()
        world.consents.lose_database()
        world.foreign.clear()
        world.doubtful = True


@act(KIND, "a field is removed")
def remove_field(world: World, dice: Random) -> None:
    """It is made anew; the next full run fills it."""
    number = world.place(PEOPLE)
    if number is not None:
        with suppress(SandboxError):
            world.sandbox.remove_field(number, dice.choice(["phone", "order_count", "billing_city"]))
            world.doubtful = True


@act(KIND, "another account is behind the same names")
def another_account(world: World, _dice: Random) -> None:
    """The token was exchanged for one of another account, in which the same databases stand."""
    if world.place(PEOPLE) is not None:
        world.sandbox.fault("copernica", "/identity$", "status", status=200, body=OTHER_ACCOUNT, times=None)
        address = world.sandbox.url.replace("127.0.0.1", "localhost")
        world.settings["api_url"] = f"{address}/copernica/v4"


# Imports --------------------------------------------------------------------------------------


@act(KIND, "imports fail halfway")
def imports_fail(world: World, _dice: Random) -> None:
    """Until all is calm again."""
    world.sandbox.settings(imports_end="halfway")


@act(KIND, "an import fails halfway")
def import_fails(world: World, _dice: Random) -> None:
    """The next one."""
    world.sandbox.settings(imports_end="halfway")
    heal = {"path": "/admin/settings", "body": {"imports_end": "done"}}
    world.sandbox.fault("copernica", "/imports$", "call_after", method="POST", call=heal)


@act(KIND, "imports never end")
def imports_never_end(world: World, _dice: Random) -> None:
    """Each look at one takes two hours by Copernica's clock."""
    world.sandbox.settings(imports_end="never")
    world.sandbox.fault("copernica", "/import/[0-9]+$", "call_after", times=None, nth=2, call=TWO_HOURS)
