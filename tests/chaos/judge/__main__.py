"""`make chaos SEED=... RUNS=...`: play scenarios for that many runs, and report what went wrong."""

import argparse
import random
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from chaos.judge.figures import Mended, Session, commit, mended, noted
from chaos.judge.machine import Tally
from chaos.judge.pipelines import PIPELINES
from chaos.judge.sabotage import SABOTAGE
from chaos.judge.session import directed, played

CHUNK = 10
"""Scenarios that share one seed: a failing one is found again by the seed and this number."""


def main() -> None:
    """Play, and print what was seen; exit code 1 if a scenario failed."""
    options = _options()
    if options.mended:
        mended(Mended(commit(), options.mended, options.mistaken, options.anew))
        return
    _say(f"seed {options.seed}")
    play = _play(options)
    session = Session(commit(), options.pipeline, options.seed, options.scenarios)
    began = time.monotonic()
    verdicts: list[str] = []
    # Spawned: what forks programs must have no other threads in it.
    with ProcessPoolExecutor(options.jobs, get_context("spawn")) as pool:
        while not verdicts and session.runs < options.runs and time.monotonic() - began < options.seconds:
            first = options.seed + session.seeds
            for tally in pool.map(play, range(first, first + options.jobs)):
                session.add(tally)
                verdicts += tally.verdicts
            _say(
                f"{session.runs} runs, {session.played} scenarios, {session.checked} records checked, "
                f"{time.monotonic() - began:.0f} s"
            )
            if options.write:
                noted(session)
    for line in verdicts:
        _say(line)
    for seed in dict.fromkeys(line.split()[1].rstrip(":") for line in verdicts):
        _say(f"once more: {_again(options, seed)}")
    sys.exit(1 if verdicts else 0)


def _play(options: argparse.Namespace) -> Callable[[int], Tally]:
    """What is played with a seed."""
    if options.sabotage and not options.undirected:
        return partial(directed, course=options.sabotage, broken=not options.sound)
    return partial(
        played,
        scenarios=options.scenarios,
        pipeline=options.pipeline,
        sabotage=options.sabotage,
        shrink=not options.no_shrink,
    )


def _again(options: argparse.Namespace, seed: str) -> str:
    """The command that plays the failing scenarios again."""
    words = f"make chaos SEED={seed} SCENARIOS={options.scenarios} RUNS=1"
    words += f" PIPELINE={options.pipeline}" if options.pipeline != "forked" else ""
    return words + (f' SABOTAGE="{options.sabotage}"' if options.sabotage else "")


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a program's output


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--runs", type=int, default=100, help="play until so many runs were made")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin nothing after that")
    parser.add_argument("--scenarios", type=int, default=CHUNK, help="scenarios for each seed")
    parser.add_argument("--pipeline", choices=sorted(PIPELINES), default="forked", help="how it is run")
    parser.add_argument("--sabotage", choices=SABOTAGE, help="break a program on purpose, in a fit course")
    parser.add_argument("--undirected", action="store_true", help="break it in random scenarios instead")
    parser.add_argument("--sound", action="store_true", help="play the course with a sound program")
    parser.add_argument("--no-shrink", action="store_true", help="show a failing scenario as it was drawn")
    parser.add_argument("--jobs", type=int, default=2, help="how many play side by side")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/reliability.md")
    parser.add_argument(
        "--mended", metavar="WHAT", help="write down that a fault was mended, and play nothing"
    )
    parser.add_argument(
        "--mistaken",
        metavar="SEED",
        type=int,
        nargs="+",
        default=[],
        help="first seeds of sessions that the judge's own fault ended, with --mended",
    )
    parser.add_argument(
        "--anew", action="store_true", help="with --mended: it lost, doubled, falsified or leaked"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
