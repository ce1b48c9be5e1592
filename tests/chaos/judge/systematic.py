"""What random scenarios leave to chance, one after the other: every kind of act, a strike at every request.

`python -m chaos.judge.systematic acts` or `requests`, with `--seed`, `--step` and `--only`.
"""

import argparse
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from chaos.judge.acts import ACTS
from chaos.judge.acts.listed import LISTED, acts_of
from chaos.judge.acts.runs import ran, said
from chaos.judge.forked import Strike
from chaos.judge.pipelines import PIPELINES
from chaos.judge.verdict import judge
from chaos.judge.world import World, new_world

Scenario = Callable[[World, Random], None]
STRIKES = (
    (signal.SIGKILL, False),
    (signal.SIGKILL, True),
    (signal.SIGTERM, False),
    (signal.SIGINT, True),
)
"""The signals, each before a request or after Copernica has carried it out: in turn."""


def _shows(pattern: str) -> Scenario:
    """After a first load: an act of this kind, while there is something to write."""

    def scenario(world: World, dice: Random) -> None:
        assert world.run().well
        ACTS["machine"]["a backup is made"].does(world, dice)
        world.sandbox.move(seed=dice.randrange(50), new_customers=1, new_orders=1, address_changes=1)
        act = dice.choice(acts_of(pattern))
        print(f"  {act.name}", flush=True)  # noqa: T201 - a program's output
        act.does(world, dice)
        ran(world)

    return scenario


def _struck(program: str, request: int) -> Scenario:
    """A strike at this request of a first load."""

    def scenario(world: World, _dice: Random) -> None:
        number, answered = STRIKES[request % len(STRIKES)]
        strike = Strike(number, request=request, answered=answered)
        ended = ran(world, tap=strike) if program == "tap" else ran(world, target=strike)
        assert not ended.well, "nothing was struck"

    return scenario


def _acts(options: argparse.Namespace) -> Iterator[tuple[str, Scenario]]:
    for name, pattern in LISTED.items():
        if options.only in name:
            yield name, _shows(pattern)


def _requests(options: argparse.Namespace) -> Iterator[tuple[str, Scenario]]:
    with _world(options.seed) as world:
        since = world.sandbox.last()  # a colleague has called Copernica before
        assert world.run().well
        sides = {"tap": "seoshop", "target": "copernica"}
        numbers = {
            program: len(world.sandbox.requests(side=side, since=since)) for program, side in sides.items()
        }
    for program, number in numbers.items():
        for request in range(1 + options.seed % options.step, number + 1, options.step):
            yield f"request {request} of the {program}", _struck(program, request)


@contextmanager
def _world(seed: int) -> Iterator[World]:
    """With the extras for every other seed."""
    with (
        tempfile.TemporaryDirectory(prefix="judge-") as folder,
        new_world(Path(folder), PIPELINES["forked"], {}) as world,
    ):
        world.extras = bool(seed % 2)
        yield world


def main() -> None:
    """Play all of them; exit code 1 if one went wrong."""
    options = _options()
    wrong = 0
    for name, scenario in {"acts": _acts, "requests": _requests}[options.what](options):
        print(name, flush=True)  # noqa: T201 - a program's output
        with _world(options.seed) as world:
            try:
                scenario(world, Random(f"{options.seed} {name}"))  # noqa: S311 - the same each time is the point
                ended = world.calm_down()
                assert ended.well, (ended, said(world))
                assert not (lines := judge(world).lines()), lines
            except AssertionError as error:
                wrong += 1
                print(f"  {error}", flush=True)  # noqa: T201 - a program's output
    sys.exit(1 if wrong else 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m chaos.judge.systematic", description=__doc__)
    parser.add_argument("what", choices=["acts", "requests"])
    parser.add_argument("--seed", type=int, default=1, help="decides on details, and where steps begin")
    parser.add_argument("--step", type=int, default=1, help="strike at each nth request only")
    parser.add_argument("--only", default="", help="kinds of acts whose name has this in it")
    return parser.parse_args()


if __name__ == "__main__":
    main()
