"""What was survived, gathered over many sessions: a file of numbers, and the page that shows them."""

import json
import re
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chaos.judge.machine import Tally
from chaos.judge.pipelines import PIPELINES
from support.programs import ROOT

__all__ = ["Session", "commit", "kinds", "noted", "table"]

PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- figures:begin -->", "<!-- figures:end -->"
KINDS = ("lost", "doubled", "wrong", "leaked")
BADLY = "ended badly"
"""What failed without a verdict: a run ended in a way that no run may."""
ROWS = ("scenarios", "pipeline runs", "records checked", *KINDS, BADLY)


@dataclass
class Session:
    """What a session saw.

    Attributes:
        commit: What was judged.
        pipeline: How tap and target were run.
        first_seed: The first one; each is one more than the one before.
        seeds: How many.
        scenarios: Scenarios for each seed.
        played: Scenarios that came to a verdict.
        runs: Runs of the pipeline in them.
        checked: Records compared.
        troubles: How often each kind of trouble struck.
        found: What was found wrong, by kind.
    """

    commit: str
    pipeline: str
    first_seed: int
    scenarios: int
    seeds: int = 0
    played: int = 0
    runs: int = 0
    checked: int = 0
    troubles: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)

    def add(self, tally: Tally) -> None:
        """Count what one seed brought."""
        self.seeds += 1
        self.played += tally.scenarios
        self.runs += tally.runs
        self.checked += tally.checked
        self.troubles.update(tally.acts)
        for verdict in tally.verdicts:
            self.found.update(kinds(verdict))


def kinds(verdict: str) -> Counter[str]:
    """How often each kind of fault stands in a verdict.

    Args:
        verdict: As a session tells it; what follows its first line is a program's own log.
    """
    line = verdict.partition("\n")[0]
    found = Counter(re.findall(rf"\b({'|'.join(KINDS)}): ", line))
    found["leaked"] += 0 if found else len(re.findall(" stands in |others may read ", line))
    return +found or Counter({BADLY: 1})


def noted(session: Session, page: Path = PAGE) -> None:
    """Write a session into the numbers, instead of what it wrote before, and the page anew.

    Args:
        session: It may go on.
        page: Where the figures stand between two marks; the numbers stand beside it.
    """
    numbers = page.with_suffix(".json")
    kept = [_session(one) for one in json.loads(numbers.read_text())] if numbers.exists() else []
    sessions = [*(one for one in kept if _identity(one) != _identity(session)), session]
    lines = ",\n".join(json.dumps(vars(one)) for one in sessions)
    numbers.write_text(f"[\n{lines}\n]\n")
    head, _, rest = page.read_text().partition(BEGIN)
    _, _, tail = rest.partition(END)
    page.write_text(f"{head}{BEGIN}\n{table(sessions)}{END}{tail}")


def _session(kept: dict[str, Any]) -> Session:
    return Session(**kept | {name: Counter(kept[name]) for name in ("troubles", "found")})


def _identity(session: Session) -> tuple[Any, ...]:
    return session.commit, session.pipeline, session.first_seed


def table(sessions: list[Session]) -> str:
    """The figures of the page.

    Args:
        sessions: All of them.
    """
    sums = {
        how: sum((_numbers(one) for one in sessions if one.pipeline == how), Counter()) for how in PIPELINES
    }
    everything = sum((_numbers(one) for one in sessions), Counter())
    troubles = sum((one.troubles for one in sessions), Counter())
    return "\n".join(
        (
            "",
            _row("", *PIPELINES, "all"),
            f"|---|{'---:|' * (len(PIPELINES) + 1)}",
            *(_row(name, *(sums[how][name] for how in PIPELINES), everything[name]) for name in ROWS),
            "",
            "| trouble | times |",
            "|---|---:|",
            *(_row(name, number) for name, number in sorted(troubles.items())),
            "",
            "| commit | pipeline | seeds | scenarios for each | runs |",
            "|---|---|---:|---:|---:|",
            *(
                _row(one.commit, one.pipeline, _range(one), one.scenarios, one.runs)
                for one in sorted(sessions, key=lambda one: (one.pipeline, one.first_seed))
            ),
            "",
        )
    )


def commit() -> str:
    """What is judged: the commit, and whether this checkout differs from it."""
    differs = _git("status", "--porcelain", "--", ".", ":!docs/reliability.*")
    return _git("rev-parse", "--short=10", "HEAD") + (" with changes" if differs else "")


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()


def _numbers(session: Session) -> Counter[str]:
    return session.found + Counter(
        {"scenarios": session.played, "pipeline runs": session.runs, "records checked": session.checked}
    )


def _range(session: Session) -> str:
    return f"{session.first_seed} to {session.first_seed + session.seeds - 1}"


def _row(*cells: str | int) -> str:
    return f"| {' | '.join(f'{cell:,}' if isinstance(cell, int) else cell for cell in cells)} |"
