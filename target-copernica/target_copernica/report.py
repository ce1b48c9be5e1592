"""What a run did, counted: one line for people, one JSON line for machines."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any, Final

__all__ = ["Report"]

_OUTCOMES: Final = (
    "created", "updated", "unchanged", "emptied", "stale", "waiting", "removed", "unmapped",
    "rejected", "fields_rejected",
)  # fmt: skip


class Report:
    """Counts by stream and outcome."""

    def __init__(self) -> None:
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.old = 0  # things that came as history because they were too old for follow-ups

    def add(self, stream: str, outcome: str, number: int = 1) -> None:
        """Count an outcome of a stream's record."""
        self._counts[stream][outcome] += number

    def total(self, outcome: str) -> int:
        """All streams together."""
        return sum(counts[outcome] for counts in self._counts.values())

    def as_json(self, calls: Counter[str], seconds: float) -> dict[str, Any]:
        """For machines.

        Args:
            calls: API calls by kind.
            seconds: How long the run took.
        """
        return {
            "streams": {stream: {**counts} for stream, counts in sorted(self._counts.items())},
            "calls": {**calls},
            "seconds": round(seconds, 1),
            "history": self.old,
        }

    def for_people(self, calls: Counter[str]) -> str:
        """One line.

        Args:
            calls: API calls by kind.
        """
        words = [f"{self.total('read')} records read"]
        words += [
            f"{number} {outcome.replace('_', ' ')}"
            for outcome in _OUTCOMES
            if (number := self.total(outcome))
        ]
        if self.old:
            words.append(f"{self.old} without follow-ups, being history")
        asked = ", ".join(f"{number} {kind}" for kind, number in sorted(calls.items()))
        return f"{'; '.join(words)}; calls to Copernica: {asked or 'none'}"
