"""Runs of the pipeline, and what must hold of every one of them."""

import re
import signal
from random import Random
from typing import Any

from chaos.judge import remedies
from chaos.judge.acts.act import act
from chaos.judge.forked import Strike
from chaos.judge.leaks import leaks
from chaos.judge.world import SETTLED, Ended, World

__all__ = ["KIND", "ran", "said"]

KIND = "runs"
DONE, STOPPED, NOT_ALLOWED = 0, 2, 3
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGALRM)
CODES = {
    DONE,
    1,
    STOPPED,
    NOT_ALLOWED,
    4,
    *(-number for number in SIGNALS),
    *(128 + number for number in SIGNALS),
}
"""How a program may end; an alarm stands for `kill -9` at a moment."""
REFUSALS = (401, 403)
STARTING = re.compile(
    r"Traceback \(most recent call last\):\n"
    r"(?:(?!.*(?:tap_seoshop|target_copernica)/(?!__main__\.py\", line \d+, in <module>))(?: .*)?\n)*"
    r"KeyboardInterrupt$",
    re.MULTILINE,
)
"""A traceback in which nothing of ours runs but the imports at the top of `__main__`."""


@act(KIND, "a run")
def run(world: World, _dice: Random) -> None:
    """Through whatever is wrong."""
    ran(world)


@act(KIND, "a run, and what its line asks for")
def run_and_mend(world: World, _dice: Random) -> None:
    """If the run stops, people do what its line says."""
    ran(world)
    remedies.do(world)


@act(KIND, "time passes")
def time_passes(world: World, dice: Random) -> None:
    """The clock of both APIs moves on."""
    world.sandbox.clock(advance=dice.choice([1, 60, 3600, 90_000]))


@act(KIND, "faults end")
def faults_end(world: World, _dice: Random) -> None:
    """For a while."""
    world.end_faults()


def ran(world: World, tap: Strike | None = None, target: Strike | None = None) -> Ended:
    """One run, in which nothing untoward is said."""
    ended = world.run(tap, target)
    checked(world, ended)
    # Else each run would wait a real minute for calls that may be under way.
    world.sandbox.clock(advance=SETTLED)
    return ended


def checked(world: World, ended: Ended) -> None:
    """What must hold after every run, however it ended.

    Raises:
        AssertionError: An exit code that nothing explains, a line that says nothing, a secret in a log.
    """
    codes = {ended.tap, ended.target}
    assert codes <= CODES, (ended, said(world))
    assert STOPPED not in codes or remedies.of(world), ("no remedy is known", ended, said(world))
    assert NOT_ALLOWED not in codes or _refuses(world), (ended, said(world))
    assert not (found := leaks(world)), found
    assert "please report it" not in said(world), said(world)
    assert not has_traceback(said(world)), said(world)


def has_traceback(text: str) -> bool:
    """Whether a program of ours left a traceback.

    Python leaves one of its own where SIGINT comes while it starts, before the first line of `main`. Meltano
    draws boxes around its own.
    """
    return "Traceback (most recent call last):" in STARTING.sub("", text)


def said(world: World) -> str:
    """The lines that programs ended with, and the end of each log."""
    ends = (f"{name}: {text[-1500:]}" for name, text in world.logs())
    return "\n".join([*world.told("tap.log", "target.log", "command.log"), *ends])


def _refuses(world: World) -> bool:
    rules: list[dict[str, Any]] = world.sandbox.faults()["faults"]
    return any(rule["hits"] and rule["status"] in REFUSALS for rule in rules)
