"""Scenarios drawn by hypothesis: both sides change, faults strike, runs are killed; then the verdict."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import ClassVar

from hypothesis import HealthCheck, Phase, assume, settings, strategies
from hypothesis import seed as seeded
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from chaos.judge.acts import ACTS, Act, runs
from chaos.judge.acts.runs import said
from chaos.judge.pipelines import PIPELINES
from chaos.judge.verdict import Verdict, judge
from chaos.judge.world import new_world

STEPS = 12
"""Acts of one scenario, at most."""
NOTHING: Mapping[str, Callable[[], None]] = MappingProxyType({})
OFTEN = ("runs", "runs", "signals")
"""Kinds that are chosen more often than the others: nothing shows without runs."""


def acts(pipeline: str) -> strategies.SearchStrategy[Act]:
    """The acts that can happen where tap and target are run in this way: first a kind, then an act of it."""
    fitting = {kind: [act for act in named.values() if act.fits(pipeline)] for kind, named in ACTS.items()}
    kinds = [*OFTEN, *(kind for kind, some in fitting.items() if some)]
    return strategies.sampled_from(kinds).flatmap(lambda kind: strategies.sampled_from(fitting[kind]))


@dataclass
class Tally:
    """What a session of judging saw.

    Attributes:
        runs: Runs of the pipeline.
        scenarios: Scenarios that came to a verdict.
        extras: Those of them that were played with the extras.
        acts: How often each kind of trouble struck.
        checked: Records compared.
        verdicts: What was found wrong.
    """

    runs: int = 0
    scenarios: int = 0
    extras: int = 0
    acts: Counter[str] = field(default_factory=Counter)
    checked: int = 0
    verdicts: list[str] = field(default_factory=list)


class Judge(RuleBasedStateMachine):
    """One scenario of acts; the verdict falls in `teardown`."""

    tally: ClassVar[Tally] = Tally()
    pipeline: ClassVar[str] = "forked"
    sabotage: ClassVar[Mapping[str, Callable[[], None]]] = NOTHING

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        folder = Path(tempfile.mkdtemp(prefix="judge-"))
        self._stack.callback(shutil.rmtree, folder, ignore_errors=True)
        self.world = self._stack.enter_context(new_world(folder, PIPELINES[self.pipeline], self.sabotage))
        self.is_played = False

    @initialize(load=strategies.booleans(), extras=strategies.booleans(), trial=strategies.integers(0, 2**16))
    def first_load(self, *, load: bool, extras: bool, trial: int) -> None:
        """Half of all scenarios begin with a first load that went well, half have what is off by default."""
        # Each session of hypothesis begins with the simplest scenario: the same dull runs for every seed.
        self.is_played = trial > 0
        assume(self.is_played)
        self.world.extras = extras
        if load:
            assert self.world.run().well, said(self.world)

    @rule(data=strategies.data(), dice=strategies.integers(0, 2**16))
    def something_happens(self, data: strategies.DataObject, dice: int) -> None:
        """One act of all."""
        act = data.draw(acts(self.pipeline))
        if act.kind != runs.KIND:
            type(self).tally.acts[f"{act.kind}: {act.name}"] += 1
        act.does(self.world, Random(dice))  # noqa: S311 - the same scenario each time is the point

    # The verdict ----------------------------------------------------------------------------

    def teardown(self) -> None:
        """One clean run, and all must be right."""
        if not self.is_played:
            self._stack.close()
            return
        tally = type(self).tally
        try:
            ended = self.world.calm_down()
            assert ended.well, (ended, said(self.world))
            verdict: Verdict = judge(self.world)
            tally.scenarios += 1
            tally.extras += self.world.extras
            tally.checked += verdict.checked
            assert not verdict.lines(), verdict.lines()
        finally:
            tally.runs += self.world.runs
            self._stack.close()


def judged(
    seed: int,
    scenarios: int,
    pipeline: str = "forked",
    *,
    shrink: bool = True,
    sabotage: Mapping[str, Callable[[], None]] = NOTHING,
) -> Tally:
    """Play scenarios.

    Args:
        seed: The same one plays the same scenarios.
        scenarios: How many.
        pipeline: How tap and target are run, one of `PIPELINES`.
        shrink: Whether a scenario that fails is made smaller first.
        sabotage: What breaks a program, by its name.

    Raises:
        AssertionError: A verdict; hypothesis prints the acts that led to it.
    """

    class Session(Judge):
        tally = Tally()

    Session.sabotage = sabotage
    Session.pipeline = pipeline
    phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)
    run_state_machine_as_test(
        seeded(seed)(Session),
        settings=settings(
            max_examples=scenarios,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=phases,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        ),
    )
    return Session.tally
