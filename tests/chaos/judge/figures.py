"""What the judge found over many sessions: a file of numbers, and the page that shows them.

The file has one line for each session and each fault that was fixed, in order.
"""

import json
import re
import subprocess
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chaos.judge.acts.listed import LISTED, folded
from chaos.judge.machine import Tally
from chaos.judge.pipelines import PIPELINES
from support.programs import ROOT

__all__ = ["Mended", "Session", "commit", "entries", "figures", "kinds", "mended", "noted"]

PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- figures:begin -->", "<!-- figures:end -->"
KINDS = ("lost", "doubled", "wrong", "leaked")
BADLY = "ended badly"
"""A failure without a verdict: a run ended with an exit code or message that no run may end with."""
WITH_EXTRAS = "with carts, returns, timeline and events"
ROWS = ("scenarios", WITH_EXTRAS, "pipeline runs", "records checked", *KINDS, BADLY)


@dataclass
class Session:
    """What happened in one session of the judge.

    Attributes:
        commit: The commit under test.
        pipeline: How tap and target were run.
        first_seed: The first seed; each following seed is one more than the one before.
        seeds: Number of seeds.
        scenarios: Scenarios for each seed.
        played: Scenarios that reached a verdict.
        extras: Played scenarios with carts, returns, the timeline of orders and events switched on.
        runs: Pipeline runs in the played scenarios.
        checked: Records compared.
        troubles: How often each kind of trouble happened.
        found: What was found wrong, by kind.
    """

    commit: str
    pipeline: str
    first_seed: int
    scenarios: int
    seeds: int = 0
    played: int = 0
    extras: int = 0
    runs: int = 0
    checked: int = 0
    troubles: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)

    def add(self, tally: Tally) -> None:
        """Add the results of one seed."""
        self.seeds += 1
        self.played += tally.scenarios
        self.extras += tally.extras
        self.runs += tally.runs
        self.checked += tally.checked
        self.troubles.update(tally.acts)
        for verdict in tally.verdicts:
            self.found.update(kinds(verdict))


@dataclass
class Mended:
    """A fault that was found and fixed.

    Attributes:
        commit: The commit that fixed it.
        what: The fault and its effect.
        seeds: First seeds of the sessions that failed because of a mistake in the judge. They are not
            counted. Empty for a fault of the product.
        anew: Whether the product had lost, doubled, falsified or leaked something. If so, the totals start
            again from here.
    """

    commit: str
    what: str
    seeds: list[int] = field(default_factory=list)
    anew: bool = False


def kinds(verdict: str) -> Counter[str]:
    """How often a verdict names each kind of fault.

    Args:
        verdict: As a session reports it; everything after its first line is a program's own log.
    """
    line = verdict.partition("\n")[0]
    found = Counter(re.findall(rf"\b({'|'.join(KINDS)}): ", line))
    found["leaked"] += 0 if found else len(re.findall(" stands in |others may read ", line))
    return +found or Counter({BADLY: 1})


def noted(session: Session, page: Path = PAGE) -> None:
    """Save a session in place of its earlier numbers, and update the page.

    Args:
        session: May still be running; each call replaces what the last one saved.
        page: The page with the figures between two markers; the file of numbers is beside it.
    """
    kept = entries(page)
    _write([*(one for one in kept if _identity(one) != _identity(session)), session], page)


def mended(fault: Mended, page: Path = PAGE) -> None:
    """Record that a fault was fixed.

    Args:
        fault: The fault.
        page: See `noted`.
    """
    _write([*entries(page), fault], page)


def entries(page: Path = PAGE) -> "list[Session | Mended]":
    """All recorded sessions and faults, in order."""
    numbers = page.with_suffix(".json")
    kept = json.loads(numbers.read_text()) if numbers.exists() else []
    return [Mended(**one) if "what" in one else _session(one) for one in kept]


def _write(kept: "list[Session | Mended]", page: Path) -> None:
    lines = ",\n".join(json.dumps(vars(one)) for one in kept)
    page.with_suffix(".json").write_text(f"[\n{lines}\n]\n")
    head, _, rest = page.read_text().partition(BEGIN)
    _, _, tail = rest.partition(END)
    page.write_text(f"{head}{BEGIN}\n{figures(kept)}{END}{tail}")


def _session(kept: dict[str, Any]) -> Session:
    return Session(**kept | {name: Counter(kept[name]) for name in ("troubles", "found")})


def _identity(one: "Session | Mended") -> tuple[Any, ...]:
    return (one.commit, one.pipeline, one.first_seed) if isinstance(one, Session) else (one.commit, one.what)


def figures(kept: "list[Session | Mended]") -> str:
    """The figures of the page.

    Args:
        kept: All recorded sessions and faults, in order. Not all sessions count: see `Mended`.
    """
    mends = [one for one in kept if isinstance(one, Mended)]
    last = max((at for at, one in enumerate(kept) if isinstance(one, Mended) and one.anew), default=-1)
    mistaken = {seed for one in mends for seed in one.seeds}
    counted = {
        at: isinstance(one, Session) and at > last and one.first_seed not in mistaken
        for at, one in enumerate(kept)
    }
    now = [one for at, one in enumerate(kept) if isinstance(one, Session) and counted[at]]
    others = [one for at, one in enumerate(kept) if isinstance(one, Session) and not counted[at]]
    return "\n".join(
        (
            "",
            _claim(now, kept[last].commit if last >= 0 else ""),
            "",
            *_sums(now),
            "",
            _not_counted(others),
            "",
            *(f"* {_mend(one)}" for one in mends),
            "",
            "| what happened | times | in sessions not counted |",
            "|---|---:|---:|",
            *_troubles(now, others),
            "",
            "| commit | pipeline | seeds (scenarios for each) | runs |",
            "|---|---|---|---:|",
            *_seeds(now),
            "",
        )
    )


def _mend(one: Mended) -> str:
    seeds = f" (sessions from seed {', '.join(map(str, one.seeds))})" if one.seeds else ""
    return f"{'the judge' if one.seeds else 'the product'}: {one.what}{seeds}; fixed in {one.commit}"


def _claim(now: list[Session], since: str) -> str:
    total = sum((_numbers(one) for one in now), Counter())
    forked = sum(one.runs for one in now if one.pipeline == "forked")
    bad = ", ".join(f"{total[kind]} {kind}" for kind in (*KINDS, BADLY))
    return (
        f"**{forked:,} forked runs and {total['pipeline runs'] - forked:,} black-box runs**"
        f"{f' since {since}' if since else ''}, {total['records checked']:,} records compared: **{bad}**."
    )


def _sums(now: list[Session]) -> list[str]:
    sums = {how: sum((_numbers(one) for one in now if one.pipeline == how), Counter()) for how in PIPELINES}
    total = sum((_numbers(one) for one in now), Counter())
    return [
        _row("", *PIPELINES, "all"),
        f"|---|{'---:|' * (len(PIPELINES) + 1)}",
        *(_row(name, *(sums[how][name] for how in PIPELINES), total[name]) for name in ROWS),
    ]


def _not_counted(others: list[Session]) -> str:
    total = sum((_numbers(one) for one in others), Counter())
    found = ", ".join(f"{total[kind]} {kind}" for kind in (*KINDS, BADLY) if total[kind]) or "nothing"
    runs = total["pipeline runs"]
    return (
        f"Not counted: {len(others)} sessions with {runs:,} runs, which found {found}. "
        "The faults found so far:"
    )


def _troubles(now: list[Session], others: list[Session]) -> list[str]:
    times, aside = (folded(sum((one.troubles for one in some), Counter())) for some in (now, others))
    return [_row(name, times[name], aside[name]) for name in LISTED]


def _seeds(sessions: list[Session]) -> list[str]:
    runs: Counter[tuple[str, str]] = Counter()
    seeds: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for one in sessions:
        runs[one.commit, one.pipeline] += one.runs
        last = f" to {one.first_seed + one.seeds - 1}" if one.seeds > 1 else ""
        seeds[one.commit, one.pipeline].append(f"{one.first_seed}{last} ({one.scenarios})")
    return [_row(*what, ", ".join(some), runs[what]) for what, some in seeds.items()]


def commit() -> str:
    """The commit under test, and whether this checkout differs from it."""
    differs = _git("status", "--porcelain", "--", ".", ":!docs/reliability.*")
    return _git("rev-parse", "--short=10", "HEAD") + (" with changes" if differs else "")


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()


def _numbers(session: Session) -> Counter[str]:
    return session.found + Counter(
        {
            "scenarios": session.played,
            WITH_EXTRAS: session.extras,
            "pipeline runs": session.runs,
            "records checked": session.checked,
        }
    )


def _row(*cells: str | int) -> str:
    return f"| {' | '.join(f'{cell:,}' if isinstance(cell, int) else cell for cell in cells)} |"
