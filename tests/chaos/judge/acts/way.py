"""What lies between the programs and the APIs: every kind of answer that is none, once and in bursts."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import partial
from random import Random
from types import MappingProxyType
from typing import Any

from chaos.judge.acts.act import act, add
from chaos.judge.conditions import refused_from
from chaos.judge.world import World

KIND = "way"
FORKED = "forked"
PROGRAMS = MappingProxyType({"seoshop": "tap-seoshop", "copernica": "target-copernica"})
BURST = 10
"""Requests of a burst."""
HTML = "<html><title>Bad</title><body>not now</body></html>"
FAULTS: Mapping[str, Mapping[str, Any]] = {
    "429 with seconds": {"do": "status", "status": 429, "body": "", "headers": {"Retry-After": "1"}},
    "429 with a date": {"do": "status", "status": 429, "body": ""},
    "429 without a word": {"do": "status", "status": 429, "body": ""},
    "500 with HTML": {"do": "status", "status": 500, "body": HTML},
    "502 with HTML": {"do": "status", "status": 502},
    "503 with HTML": {"do": "status", "status": 503},
    "504 with HTML": {"do": "status", "status": 504},
    "401": {"do": "status", "status": 401, "body": "{}"},
    "403": {"do": "status", "status": 403, "body": "{}"},
    "404 in other words": {"do": "status", "status": 404, "body": HTML},
    "reset before": {"do": "drop_before"},
    "reset after": {"do": "drop_after"},
    "body cut": {"do": "cut"},
    "half a body": {"do": "half"},
    "no JSON": {"do": "garbage"},
    "no body": {"do": "empty"},
    "a slow drip": {"do": "drip", "seconds": 0.05},
    "slow calls": {"do": "slow", "seconds": 1},
    "silence": {"do": "hang_before"},
    "silence after it was done": {"do": "hang_after"},
}
SLOW = frozenset({"429 with seconds", "429 with a date", "silence", "silence after it was done"})
"""Each of these takes a second or more."""


def _rule(world: World, kind: str) -> Mapping[str, Any]:
    if kind != "429 with a date":
        return FAULTS[kind]
    at = datetime.fromisoformat(world.sandbox.status()["now"]) + timedelta(seconds=2)
    return {**FAULTS[kind], "headers": {"Retry-After": format_datetime(at, usegmt=True)}}


def _once(world: World, dice: Random, side: str, kind: str) -> None:
    """Exactly one request."""
    _fault(world, side, kind, nth=dice.randrange(1, 60))


def _burst(world: World, dice: Random, side: str, kind: str) -> None:
    """Among some requests many."""
    nth, chance = dice.randrange(1, 60), dice.choice([0.1, 0.5, 1.0])
    _fault(world, side, kind, nth=nth, times=BURST, chance=chance, seed=dice.randrange(1000))


def _fault(world: World, side: str, kind: str, **rule: Any) -> None:
    if kind in SLOW:
        rule["times"] = min(rule.get("times", 1), 2)
    world.sandbox.fault(side, "", **_rule(world, kind), **rule)


for _side in PROGRAMS:
    for _kind in FAULTS:
        _pipelines = (FORKED,) if _kind.startswith("silence") else ()
        add(KIND, f"{_side}: {_kind}, once", partial(_once, side=_side, kind=_kind), *_pipelines)
        add(KIND, f"{_side}: {_kind}, often", partial(_burst, side=_side, kind=_kind), *_pipelines)


def _refuses(world: World, _dice: Random, side: str) -> None:
    world.conditions.refusing.add(side)


def _refuses_for_a_while(world: World, dice: Random, side: str) -> None:
    first = dice.randrange(2, 40)
    world.conditions.add(refused_from(first, first + dice.choice([0, 4])), PROGRAMS[side])


for _side in PROGRAMS:
    add(KIND, f"{_side}: connections refused", partial(_refuses, side=_side), FORKED, "programs")
    add(KIND, f"{_side}: connections refused for a while", partial(_refuses_for_a_while, side=_side), FORKED)


@act(KIND, "copernica: tokens expire")
def tokens_expire(world: World, dice: Random) -> None:
    """In the middle."""
    call = {"path": "/admin/copernica/tokens/expire"}
    world.sandbox.fault("copernica", "", "call_before", nth=dice.randrange(1, 60), call=call)
