"""What the judge does when a program stops: what its message says, and nothing else (docs/operations.md)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chaos.judge.world import World

__all__ = ["command", "do", "of"]

KEY = "external_key"
PASSES = ("again later", "does not accept the API token")
"""Words of a line that is true only while a fault goes on."""
ENOUGH = 20
"""Times that a scenario may ask for one thing: it has fewer acts."""


@dataclass(frozen=True)
class Remedy:
    """What to do.

    Attributes:
        said: A pattern of the line.
        done: Does what it says.
    """

    said: str
    done: Callable[["World", "re.Match[str]"], None]


def of(world: "World", *files: str) -> "tuple[Remedy, re.Match[str]] | None":
    """The remedy that the last run asked for, or whatever ended with its line in these logs."""
    for line in world.told(*files):
        for remedy in REMEDIES:
            if found := re.search(remedy.said, line):
                return remedy, found
    return None


def do(world: "World", *files: str) -> bool:
    """Do what the last run, or these logs, asked for; whether they asked for something."""
    asked = of(world, *files)
    if asked is None:
        return False
    remedy, said = asked
    world.asked[remedy.said] += 1
    assert world.asked[remedy.said] <= ENOUGH, f"this leads round in circles: {said.string}"
    remedy.done(world, said)
    return True


def command(world: "World", *words: str) -> None:
    """One of the target's commands, and first what it asks for; if a fault is in its way, that ends."""
    while world.command(*words):
        said = world.told("command.log")
        if any(part in line for part in PASSES for line in said):
            assert world.sandbox.faults()["faults"], (words, said)
            world.end_faults()
        else:
            assert do(world, "command.log"), (words, said)


def _number(world: "World", place: str) -> tuple[int, str]:
    """The id of a place, and what the sandbox calls its kind."""
    database, _, collection = place.partition(".")
    number = world.place(database, collection)
    assert number is not None, place
    return number, "collections" if collection else "databases"


def _rename_back(world: "World", said: "re.Match[str]") -> None:
    number, kind = _number(world, said["place"])
    if "another field has its name" in said.string:
        world.sandbox.remove_field(number, KEY, of=kind)
    world.sandbox.rename_field(number, said["name"], KEY, of=kind)


def _restore(world: "World", _said: "re.Match[str]") -> None:
    command(world, "apply", "--restore", "--yes")
    world.read_all_again()


def _retype_back(world: "World", said: "re.Match[str]") -> None:
    number, kind = _number(world, said["place"])
    world.sandbox.retype_field(number, KEY, of=kind, type="text", length=64)
    # The keys became numbers: nothing tells duplicates from our own any more but the colleague who made them.
    for one in world.sandbox.profiles("SEOshop") if "SEOshop" in world.sandbox.databases() else ():
        if int(one["ID"]) in world.foreign and one["fields"].get(KEY):
            world.sandbox.remove_profile(int(one["ID"]))
    command(world, "check")


def _take_over(world: "World", _said: "re.Match[str]") -> None:
    command(world, "apply", "--take-over", "--yes")


def _rebuild(world: "World", _said: "re.Match[str]") -> None:
    world.forget()
    command(world, "check", "--rebuild")
    world.read_all_again()


def _move_away(world: "World", said: "re.Match[str]") -> None:
    (world.state / said["file"]).rename(world.folder / said["file"])
    if said["file"].startswith("tombstones"):
        world.forget()


def _one_folder_for_each_account(world: "World", _said: "re.Match[str]") -> None:
    """The other account's token goes; where its folder is the one in use, another folder comes."""
    if "api_url" in world.settings:
        world.mend()
    else:
        world.begin_anew()


def _without_selections(world: "World", _said: "re.Match[str]") -> None:
    world.settings["selections"] = "off"


def _only_people(world: "World", _said: "re.Match[str]") -> None:
    """People whose key and whose ledger are both lost are as good as someone else's: they stay beside."""
    world.settings["existing_people"] = "beside"
    without_key = (one for one in world.sandbox.profiles("SEOshop") if not one["fields"].get(KEY))
    world.foreign |= {int(one["ID"]) for one in without_key}


REMEDIES = (
    Remedy(
        rf"(?P<place>\S+)\.{KEY}, which holds the keys, is called (?P<name>\w+) in Copernica", _rename_back
    ),
    Remedy(rf"(?P<place>\S+)\.{KEY}, which holds the keys, was renamed or removed", _restore),
    Remedy(r"the collection \(id \d+\) was removed in Copernica", _restore),
    Remedy(r"`target-copernica apply` makes (it|them)", lambda world, _: command(world, "apply")),
    Remedy(r"it had the id \d+, which is gone from the account", lambda world, _: world.begin_anew()),
    Remedy(rf"(?P<place>\S+)\.{KEY}.* must be a text of 64", _retype_back),
    Remedy(r"leave them out here by `selections: off`", _without_selections),
    Remedy(r"it is for the account", _one_folder_for_each_account),
    Remedy(r"is kept by another state_dir", _take_over),
    Remedy(r"is damaged, or no ledger of target-copernica", _rebuild),
    Remedy(r"holds people who did not come from here", _only_people),
    Remedy(r"(?P<file>\w+\.jsonl) is not as this program wrote it", _move_away),
    Remedy(r"(?P<file>\w+\.jsonl), line \d+: not written by this program", _move_away),
    Remedy(r"cannot be (used|written)", lambda world, _: world.mend()),
    Remedy(
        r"state file .*(not valid JSON|not a state of this tap)|begin with a new state|the state is of shop",
        lambda world, _: world.read_all_again(),
    ),
    Remedy(
        r"Nothing was written|while the run was under way|line \d+ of the input|the tap sent nothing",
        lambda *_: None,
    ),
    Remedy(r"HTTP 404\); is `api_url` right", lambda *_: None),  # it is
)
