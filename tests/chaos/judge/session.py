"""Scenarios of one seed, played in a process of their own: random ones, or a course of events."""

import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

from chaos.judge.machine import Tally, judged
from chaos.judge.pipelines import PIPELINES
from chaos.judge.sabotage import SABOTAGE
from chaos.judge.verdict import judge
from chaos.judge.world import new_world

__all__ = ["directed", "played"]


def played(seed: int, scenarios: int, pipeline: str, sabotage: str | None, *, shrink: bool) -> Tally:
    """Play random scenarios; what a verdict or a failure says stands in the tally.

    Args:
        seed: The same one plays the same scenarios.
        scenarios: How many.
        pipeline: How tap and target are run.
        sabotage: The name of what is broken on purpose, if anything.
        shrink: Whether a scenario that fails is made smaller first.
    """
    try:
        return judged(seed, scenarios, pipeline, shrink=shrink, sabotage=_broken(sabotage))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a verdict with a seed
        # A scenario that ends well when it is played once more comes with what failed at first.
        first = [f"{type(one).__name__}: {one}" for one in getattr(error, "exceptions", ())]
        notes = "\n".join([*first, *getattr(error, "__notes__", ())])
        return Tally(verdicts=[f"seed {seed}: {type(error).__name__}: {error}\n{notes}"])


def directed(seed: int, course: str, *, broken: bool) -> Tally:
    """Play the course of events of a sabotage, and judge.

    Args:
        seed: Decides on what the course leaves open.
        course: The name of the sabotage.
        broken: Whether the program is broken; a sound one must come through the same course.
    """
    tally = Tally()
    sabotage = _broken(course) if broken else {}
    with (
        tempfile.TemporaryDirectory(prefix="judge-") as folder,
        new_world(Path(folder), PIPELINES["forked"], sabotage) as world,
    ):
        try:
            SABOTAGE[course].course(world, Random(seed))  # noqa: S311 - the same course each time is the point
            ended = world.calm_down()
            assert ended.well, ended
            verdict = judge(world)
            tally.verdicts += [f"seed {seed}: {line}" for line in verdict.lines()]
            tally.checked = verdict.checked
        except AssertionError as error:
            tally.verdicts.append(f"seed {seed}: {error}")
        tally.scenarios, tally.runs, tally.acts = 1, world.runs, Counter({course: 1})
    return tally


def _broken(name: str | None) -> Mapping[str, Callable[[], None]]:
    return {} if name is None else {SABOTAGE[name].program: SABOTAGE[name].breaks}
