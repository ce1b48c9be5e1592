"""What a run did, counted: one line for people, one JSON line for machines."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Report", "Spent"]

_ALWAYS: Final = ("read", "created", "updated", "unchanged", "rejected")
_OUTCOMES: Final = (
    "created", "updated", "unchanged", "emptied", "deleted", "stale", "waiting", "removed", "forgotten",
    "blocked", "asked", "unmapped", "rejected", "fields_rejected",
)  # fmt: skip


@dataclass(slots=True)
class Spent:
    """What was spent.

    Attributes:
        calls: Calls to Copernica, not counting exchanges of the token.
        waited: Seconds in which the run waited for Copernica: between tries, for the end of imports.
        seconds: Time on the clock.
    """

    calls: int = 0
    waited: float = 0.0
    seconds: float = 0.0


class Report:
    """Counts by stream and outcome.

    Args:
        calls: Tells how many calls there were so far.
        waited: Tells how many seconds were waited so far.
    """

    def __init__(self, calls: Callable[[], int], waited: Callable[[], float]) -> None:
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._spent: defaultdict[str | None, Spent] = defaultdict(Spent)
        self._calls = calls
        self._waited = waited
        self._last = self._reading()
        self._stream: str | None = None
        self.stubs = 0  # people who were made of what their orders know of them
        self.followups = (0, 0)  # writes that may have started follow-ups: to people, to others
        self.old = 0  # things that came as history because they were too old for follow-ups

    def add(self, stream: str, outcome: str, number: int = 1) -> None:
        """Count an outcome of a stream's record."""
        self._counts[stream][outcome] += number

    def total(self, outcome: str) -> int:
        """All streams together."""
        return sum(counts[outcome] for counts in self._counts.values())

    @contextmanager
    def spending(self, stream: str) -> Iterator[None]:
        """What is spent inside is spent for this stream, unless for another one further inside."""
        before = self._stream
        self._spend(stream)
        try:
            yield
        finally:
            self._spend(before)

    def as_json(self, calls: Counter[str]) -> dict[str, Any]:
        """For machines.

        Args:
            calls: API calls by kind.

        Returns:
            For each stream its counts, and the calls, the seconds waited and the seconds that its writes took
            (a write for several streams counts for the one with the most records in it); the same for the
            whole run.
        """
        self._spend(self._stream)
        streams = {
            stream: {**dict.fromkeys(_ALWAYS, 0), **counts, **_rounded(self._spent[stream])}
            for stream, counts in sorted(self._counts.items())
        }
        whole = Spent(
            sum(spent.calls for spent in self._spent.values()),
            sum(spent.waited for spent in self._spent.values()),
            sum(spent.seconds for spent in self._spent.values()),
        )
        people, others = self.followups
        made = {
            "stubs": self.stubs,
            "history": self.old,
            "followups": people + others,
            "followups_people": people,
        }
        return {"streams": streams, **_rounded(whole), "calls_by_kind": {**calls}, **made}

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
        if self.stubs:
            words.append(f"{self.stubs} people made of their orders")
        if sum(self.followups):
            words.append(f"{sum(self.followups)} may have started follow-ups")
        if self.old:
            words.append(f"{self.old} without follow-ups, being history")
        asked = ", ".join(f"{number} {kind}" for kind, number in sorted(calls.items()) if number)
        return f"{'; '.join(words)}; calls to Copernica: {asked or 'none'}"

    def _spend(self, stream: str | None) -> None:
        now = self._reading()
        spent = self._spent[self._stream]
        spent.calls += now.calls - self._last.calls
        spent.waited += now.waited - self._last.waited
        spent.seconds += now.seconds - self._last.seconds
        self._last = now
        self._stream = stream

    def _reading(self) -> Spent:
        return Spent(self._calls(), self._waited(), time.monotonic())


def _rounded(spent: Spent) -> dict[str, Any]:
    return {"calls": spent.calls, "waited": round(spent.waited, 1), "seconds": round(spent.seconds, 1)}
