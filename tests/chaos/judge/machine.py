"""Scenarios drawn by hypothesis: both sides change, faults strike, runs are killed; then the verdict."""

import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, settings, strategies
from hypothesis import seed as seeded
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chaos.judge.forked import Strike
from chaos.judge.leaks import leaks
from chaos.judge.pipelines import PIPELINES
from chaos.judge.verdict import Verdict, judge
from chaos.judge.world import LOST_FILES, new_world

STEPS = 12
"""Acts of one scenario, at most."""
NOTHING: Mapping[str, Callable[[], None]] = MappingProxyType({})
BURST = 10
"""Requests of a burst of faults: more would have each run wait for minutes."""
KNOWN_CODES = {
    0,
    1,
    2,
    4,
    -9,
    128 + signal.SIGTERM,
    128 + signal.SIGINT,
    -signal.SIGTERM,
    -signal.SIGINT,
    -signal.SIGALRM,
}

FAULTS: dict[str, dict[str, Any]] = {
    "429 with seconds": {"do": "status", "status": 429, "body": "", "headers": {"Retry-After": "1"}},
    "429 without a word": {"do": "status", "status": 429, "body": ""},
    "500": {"do": "status", "status": 500},
    "502, a gateway's page": {"do": "status", "status": 502},
    "503": {"do": "status", "status": 503},
    "404 of a proxy": {"do": "status", "status": 404, "body": "<html>not found</html>"},
    "reset before": {"do": "drop_before"},
    "reset after": {"do": "drop_after"},
    "body cut": {"do": "cut"},
    "half a body": {"do": "half"},
    "no JSON": {"do": "garbage"},
    "no body": {"do": "empty"},
    "drip": {"do": "drip", "seconds": 0.05},
}

strikes = strategies.one_of(
    strategies.builds(
        Strike,
        signum=strategies.sampled_from([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT]),
        request=strategies.integers(1, 40),
        answered=strategies.booleans(),
    ),
    strategies.builds(Strike, signum=strategies.just(signal.SIGKILL), seconds=strategies.floats(0.01, 1.5)),
)
moves = strategies.fixed_dictionaries(
    {},
    optional={
        name: strategies.integers(0, 2)
        for name in (
            "new_customers", "new_guests", "new_orders", "payments", "shipments", "credit_notes", "returns",
            "group_joins", "group_leaves", "address_changes", "email_changes",
        )
    },
)  # fmt: skip


@dataclass
class Tally:
    """What a session of judging saw.

    Attributes:
        runs: Runs of the pipeline.
        scenarios: Scenarios that came to a verdict.
        acts: How often each kind of trouble struck.
        checked: Records compared.
        verdicts: What was found wrong.
    """

    runs: int = 0
    scenarios: int = 0
    acts: Counter[str] = field(default_factory=Counter)
    checked: int = 0
    verdicts: list[str] = field(default_factory=list)


class Judge(RuleBasedStateMachine):
    """One scenario. Every rule is an act; the verdict falls in `teardown`."""

    tally: ClassVar[Tally] = Tally()
    pipeline: ClassVar[str] = "forked"
    sabotage: ClassVar[Mapping[str, Callable[[], None]]] = NOTHING

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        folder = Path(tempfile.mkdtemp(prefix="judge-"))
        self._stack.callback(shutil.rmtree, folder, ignore_errors=True)
        self.world = self._stack.enter_context(new_world(folder, PIPELINES[self.pipeline], self.sabotage))
        self.moved = 0

    def _struck(self, what: str) -> None:
        type(self).tally.acts[what] += 1

    # Runs -----------------------------------------------------------------------------------

    @initialize(load=strategies.booleans())
    def first_load(self, *, load: bool) -> None:
        """Half of all scenarios begin with a first load that went well."""
        if load:
            assert self.world.run().well, _said(self.world)

    @rule()
    def run(self) -> None:
        """A run, through whatever faults are about."""
        self._ran()

    @rule(strike=strikes)
    def run_and_strike_target(self, strike: Strike) -> None:
        """The target is struck."""
        self._struck(f"{strike.signum.name} of the target")
        self._ran(target=strike)

    @rule(strike=strikes)
    def run_and_strike_tap(self, strike: Strike) -> None:
        """The tap is struck."""
        self._struck(f"{strike.signum.name} of the tap")
        self._ran(tap=strike)

    @rule(first=strikes, second=strikes)
    def run_and_strike_both(self, first: Strike, second: Strike) -> None:
        """Both are struck."""
        self._struck(f"{first.signum.name} of the tap, {second.signum.name} of the target")
        self._ran(first, second)

    def _ran(self, tap: Strike | None = None, target: Strike | None = None) -> None:
        ended = self.world.run(tap, target)
        assert {ended.tap, ended.target} <= KNOWN_CODES, (ended, _said(self.world))
        assert not (found := leaks(self.world)), found
        assert "please report it" not in _said(self.world), _said(self.world)
        # Else each run would wait a real minute for calls that may be under way.
        self.world.sandbox.clock(advance=61)

    # The shop and the account move ----------------------------------------------------------

    @rule(numbers=moves, seed=strategies.integers(0, 50))
    def shop_moves(self, numbers: dict[str, int], seed: int) -> None:
        """Time passes in the shop."""
        for name, number in numbers.items():
            try:
                self.world.sandbox.move(seed=seed, **{name: number})
            except RuntimeError:  # it has no candidates for that
                continue
        self._struck("the shop moved")

    @rule(seconds=strategies.sampled_from([1, 60, 3600, 90_000]))
    def time_passes(self, seconds: int) -> None:
        """The clock of both APIs moves on."""
        self.world.sandbox.clock(advance=seconds)

    @rule(number=strategies.integers(0, 100))
    def colleague_removes_a_profile(self, number: int) -> None:
        """By hand, as an opt-out."""
        self.world.remove_profile(number)
        self._struck("a profile removed by hand")

    @rule(number=strategies.integers(0, 100), name=strategies.sampled_from(["firstname"]))
    def colleague_empties_a_field(self, number: int, name: str) -> None:
        """By hand."""
        self.world.empty_a_field(number, name)
        self._struck(f"{name} emptied by hand")

    # Trouble --------------------------------------------------------------------------------

    @rule(
        side=strategies.sampled_from(["seoshop", "copernica"]),
        kind=strategies.sampled_from(sorted(FAULTS)),
        chance=strategies.sampled_from([0.1, 0.5]),
        nth=strategies.integers(1, 60),
        seed=strategies.integers(0, 1000),
    )
    def a_burst_of_faults(self, side: str, kind: str, chance: float, nth: int, seed: int) -> None:
        """Among the next requests many go wrong."""
        burst: dict[str, Any] = {"nth": nth, "times": BURST, "chance": chance, "seed": seed}
        self.world.sandbox.fault(side, "", **burst | FAULTS[kind])
        self._struck(f"{side}: {kind}")

    @rule(
        side=strategies.sampled_from(["seoshop", "copernica"]),
        kind=strategies.sampled_from(sorted(FAULTS)),
        nth=strategies.integers(1, 60),
    )
    def one_request_goes_wrong(self, side: str, kind: str, nth: int) -> None:
        """Exactly one."""
        self.world.sandbox.fault(side, "", nth=nth, **FAULTS[kind])
        self._struck(f"{side}, once: {kind}")

    @rule()
    def faults_end(self) -> None:
        """For a while."""
        self.world.sandbox.clear_faults()

    @rule(what=strategies.sampled_from(sorted(LOST_FILES)))
    @precondition(lambda self: self.world.runs > 0)
    def files_are_lost(self, what: str) -> None:
        """The disk broke."""
        self.world.lose(what)
        self._struck(f"lost: {what}")

    @rule()
    def files_are_backed_up(self) -> None:
        """Nothing goes wrong by that."""
        self.world.back_up()

    @rule()
    def files_are_restored(self) -> None:
        """From a backup that is older than what was done since."""
        self.world.restore()
        self._struck("restored from a backup")

    # The verdict ----------------------------------------------------------------------------

    def teardown(self) -> None:
        """One clean run, and all must be right."""
        tally = type(self).tally
        try:
            ended = self.world.calm_down()
            assert ended.well, (ended, _said(self.world))
            verdict: Verdict = judge(self.world)
            tally.scenarios += 1
            tally.checked += verdict.checked
            assert not verdict.lines(), verdict.lines()
        finally:
            tally.runs += self.world.runs
            self._stack.close()


def _said(world: Any) -> str:
    return "\n".join(f"{name}: {text[-1500:]}" for name, text in world.logs())


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
