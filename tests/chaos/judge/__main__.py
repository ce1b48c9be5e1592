"""`make chaos SEED=... RUNS=...`: play scenarios until so many runs were made, and say what was survived."""

import argparse
import random
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from chaos.judge.machine import Tally
from chaos.judge.pipelines import PIPELINES
from chaos.judge.sabotage import TAP, TARGET
from chaos.judge.session import played

CHUNK = 10
"""Scenarios that share one seed: a failing one is found again by `--seed N --scenarios 10`."""
BEGIN, END = "<!-- figures:begin -->", "<!-- figures:end -->"


def main() -> None:
    """Play, and print what was seen; exit code 1 if a scenario failed."""
    options = _options()
    print(f"seed {options.seed}", flush=True)  # noqa: T201 - a program's output
    total = Tally()
    seeds: list[int] = []
    began = time.monotonic()
    play = partial(
        played,
        scenarios=options.scenarios,
        pipeline=options.pipeline,
        sabotage=options.sabotage,
        shrink=not options.no_shrink,
    )
    # Spawned: what forks programs must have no other threads in it.
    with ProcessPoolExecutor(options.jobs, get_context("spawn")) as pool:
        while total.runs < options.runs and not total.verdicts:
            chunk = [options.seed + len(seeds) + number for number in range(options.jobs)]
            seeds += chunk
            for tally in pool.map(play, chunk):
                _add(total, tally)
            print(  # noqa: T201 - a program's output
                f"{total.runs} runs, {total.scenarios} scenarios, {total.checked} records checked, "
                f"{time.monotonic() - began:.0f} s",
                flush=True,
            )
    for line in total.verdicts:
        print(line)  # noqa: T201 - a program's output
    if options.write and not total.verdicts:
        _write(options.write, total, seeds)
    sys.exit(1 if total.verdicts else 0)


def _add(total: Tally, tally: Tally) -> None:
    total.runs += tally.runs
    total.scenarios += tally.scenarios
    total.checked += tally.checked
    total.acts += tally.acts
    total.verdicts += tally.verdicts


def figures(total: Tally, seeds: list[int]) -> str:
    """The table of `docs/reliability.md`.

    Args:
        total: What was seen.
        seeds: What was played.
    """
    rows = [
        ("scenarios", total.scenarios),
        ("runs of the pipeline", total.runs),
        ("records compared", total.checked),
        ("lost", 0),
        ("doubled", 0),
        ("wrong", 0),
        ("leaked", 0),
    ]
    kinds = "\n".join(f"| {name} | {number} |" for name, number in sorted(_kinds(total.acts).items()))
    table = "\n".join(f"| {name} | {number:,} |" for name, number in rows)
    return (
        f"| | |\n|---|---|\n{table}\n\nSeeds {seeds[0]} to {seeds[-1]}, {CHUNK} scenarios each.\n\n"
        f"| trouble | times |\n|---|---|\n{kinds}\n"
    )


def _kinds(acts: Counter[str]) -> Counter[str]:
    return Counter({name: number for name, number in acts.items() if number})


def _write(file: Path, total: Tally, seeds: list[int]) -> None:
    text = file.read_text()
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    file.write_text(f"{head}{BEGIN}\n\n{figures(total, seeds)}\n{END}{tail}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--runs", type=int, default=100, help="play until so many runs were made")
    parser.add_argument("--scenarios", type=int, default=CHUNK, help="scenarios for each seed")
    parser.add_argument("--pipeline", choices=sorted(PIPELINES), default="forked", help="how it is run")
    parser.add_argument("--sabotage", choices=[*TAP, *TARGET], help="break a program on purpose")
    parser.add_argument("--no-shrink", action="store_true", help="show a failing scenario as it was drawn")
    parser.add_argument("--jobs", type=int, default=2, help="how many play side by side")
    parser.add_argument("--write", type=Path, help="write the figures into this page")
    return parser.parse_args()


if __name__ == "__main__":
    main()
