"""Tap and target are struck by signals, at a request or at a moment; what is between them breaks."""

import signal
from functools import partial
from random import Random

from chaos.judge.acts.act import act, add
from chaos.judge.acts.runs import ran
from chaos.judge.conditions import BROKEN, CLOSED, FULL
from chaos.judge.forked import Strike
from chaos.judge.world import World

KIND = "signals"
FORKED = "forked"
NUMBERS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
OUTPUTS = {
    "the reader of the states is gone": BROKEN,
    "standard output is closed": CLOSED,
    "the disk is full for states": FULL,
}


def _strike(dice: Random, number: signal.Signals) -> Strike:
    """At one of the first requests, more often at one of the very first, or by the clock."""
    if dice.random() < 0.25:
        return Strike(number, seconds=dice.uniform(0.05, 1.5))
    return Strike(
        number,
        request=dice.choice([5, 40, 250]) * dice.randrange(1, 100) // 100 + 1,
        answered=dice.random() < 0.5,
    )


def _tap(world: World, dice: Random, number: signal.Signals) -> None:
    ran(world, tap=_strike(dice, number))


def _target(world: World, dice: Random, number: signal.Signals) -> None:
    ran(world, target=_strike(dice, number))


def _both(world: World, dice: Random, number: signal.Signals) -> None:
    ran(world, _strike(dice, dice.choice(NUMBERS)), _strike(dice, number))


def _twice(world: World, dice: Random, number: signal.Signals) -> None:
    for _ in range(2):
        ran(world, target=_strike(dice, number))


def _first_second(world: World, dice: Random, number: signal.Signals) -> None:
    ran(world, *(Strike(number, seconds=dice.uniform(0.001, 0.2)) for _ in range(2)))


for _number in NUMBERS:
    for _name, _does in {
        "of the tap": _tap,
        "of the target": _target,
        "of both": _both,
        "of the target, twice": _twice,
        "of both in the first second": _first_second,
    }.items():
        add(KIND, f"{_number.name} {_name}", partial(_does, number=_number))


@act(KIND, "SIGKILL while it drains after SIGTERM", FORKED)
def killed_in_a_drain(world: World, dice: Random) -> None:
    """The target has been asked to stop, and is killed while it writes what it still holds."""
    request, patience = dice.randrange(1, 40), dice.uniform(0.001, 0.1)
    ran(world, target=Strike(signal.SIGTERM, request=request, killed_after=patience))


@act(KIND, "the target's input is cut", FORKED)
def input_is_cut(world: World, dice: Random) -> None:
    """In any byte."""
    world.conditions.input_ends = dice.randrange(dice.choice([100, 20_000, 300_000]))
    ran(world)


def _output(world: World, _dice: Random, what: str) -> None:
    world.conditions.output = what
    ran(world)


for _name, _what in OUTPUTS.items():
    add(KIND, _name, partial(_output, what=_what), FORKED)


@act(KIND, "Meltano's own timeout", "meltano")
def meltano_timeout(world: World, dice: Random) -> None:
    """`meltano run --timeout` asks the programs to end, and ends them."""
    world.conditions.seconds = dice.randrange(1, 9)
    ran(world)
