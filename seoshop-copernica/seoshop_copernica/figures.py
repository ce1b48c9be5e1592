"""What a run did: read off what the two programs say, and off the state that the target has acknowledged."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from seoshop_copernica.history import Figures

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Heard", "about_state", "read_to", "rejects_by_reason"]

_TAP: Final = re.compile(r"(\d+) records with (\d+) requests")
_TARGET: Final = re.compile(r"summary (\{.*\})$")
_CAUSE: Final = re.compile(r"^(?:tap-seoshop|target-copernica): (.+)$")
_EARLY: Final = re.compile(r"(stopped early: .+); what is left waits")
_ELSEWHERE: Final = "another run is writing with"
_LOG: Final = re.compile(r"^\S+ \S+ \| (\w+)\s*\| (\S+)\s*\| (.*)$")
_SKIPPED: Final = ("summary {", "Skipping parse of env var settings", "Reader 'target-copernica' completed")


class Heard:
    """Takes the lines of both programs.

    Attributes:
        figures: What they tell.
        causes: The line with which each ended, where it gave one; `tap` and `target`.
        elsewhere: Whether the target found another run at work on its directory.
        early: Why the tap stopped before it had read everything, though all is well.
    """

    def __init__(self) -> None:
        self.figures = Figures()
        self.causes: dict[str, str] = {}
        self.elsewhere = False
        self.early: str | None = None
        self._last: dict[str, str] = {}

    def line(self, side: str, text: str) -> str | None:
        """Take a line.

        Args:
            side: `tap` or `target`.
            text: What it said.

        Returns:
            The line for people; None for one that is for programs.
        """
        level, name, said = found.groups() if (found := _LOG.match(text)) else ("INFO", "", text)
        if cause := _CAUSE.match(said):
            self.causes[side] = cause[1]
            self.elsewhere |= _ELSEWHERE in said
        self._last[side] = said
        if early := _EARLY.search(said):
            self.early = early[1]
        if counted := _TAP.search(said):
            self.figures.records, self.figures.requests = int(counted[1]), int(counted[2])
        if (summary := _TARGET.search(said)) is not None:
            self._count(summary[1])
        if said.startswith(_SKIPPED) or not said.strip():
            return None
        return f"[{level.lower():<8}] {name + ': ' if name else ''}{said}"

    def cause(self, side: str) -> str:
        """Why a program failed, in one line."""
        return self.causes.get(side) or self._last.get(side) or "it said nothing"

    def _count(self, summary: str) -> None:
        try:
            found = msgspec.json.decode(summary)
            streams: Mapping[str, Mapping[str, Any]] = found["streams"]
            self.figures.calls = found["calls"]
            self.figures.followups = found.get("followups")
            self.figures.target_run = found.get("run")
            self.figures.month_calls = found.get("month_calls")
        except (msgspec.DecodeError, KeyError, TypeError):
            return
        for name, counts in streams.items():
            self.figures.written += counts.get("created", 0) + counts.get("updated", 0)
            self.figures.rejected += counts.get("rejected", 0)
            if name == "orders":
                self.figures.orders = counts.get("created", 0)


def about_state(state: Mapping[str, Any] | None, figures: Figures) -> None:
    """Add what the acknowledged state says: how far Copernica is true, and how far the first load is.

    Args:
        state: Of tap-seoshop; None where there is none yet.
        figures: Gets it.
    """
    marks = _in_use((state or {}).get("bookmarks") or {})
    # Each list that is filtered by time: read at this moment, and all that it held then is written. A list
    # whose read was cut is true only to where that read had begun.
    read = [read_to(mark) for mark in marks.values() if isinstance(mark, dict) and "replication_key" in mark]
    if known := [time for time in read if time is not None]:
        figures.true_to = min(known) if len(known) == len(read) else None
    rows = marks.get("order_products") or {}
    backfill = rows.get("backfill") or {}
    figures.owed = len(rows.get("pending") or ())
    shop = marks.get("shop") or {}
    progress = shop.get("progress") or {}
    figures.load_done, figures.load_total = progress.get("done"), progress.get("total")
    if not backfill.get("open") and backfill.get("total"):
        figures.load_done = figures.load_total
    elif not figures.load_total and (total := backfill.get("total")):  # ended before it came to the first row
        figures.load_done, figures.load_total = backfill.get("done", 0), total
    figures.load_eta = progress.get("eta")
    if quota := shop.get("source_quota"):
        figures.quota = msgspec.json.encode(quota).decode()


def _in_use(marks: Mapping[str, Any]) -> Mapping[str, Any]:
    """The bookmarks without those of streams that are not selected any more, which stand still."""
    shop = marks.get("shop") or {}
    if (reads := shop.get("reads")) is None:  # of an earlier version
        return marks
    kept = {name: mark for name, mark in marks.items() if name in reads}
    rows = {} if "order_products" in reads else {"progress": None}
    return {**kept, "shop": {**shop, **rows}}


def read_to(mark: Mapping[str, Any]) -> str | None:
    """The moment to which a list that is filtered by time was read; None where it never was.

    Args:
        mark: Its bookmark.
    """
    is_cut = (mark.get("place") or {}).get("began")
    found: str | None = mark.get("replication_key_value") if is_cut else mark.get("read_at")
    return found


def rejects_by_reason(file: Path) -> Counter[str]:
    """How many refused records wait, by the reason.

    Args:
        file: The target's rejects file.
    """
    from collections import Counter  # noqa: PLC0415  # only where something was refused

    found: dict[int, str] = {}
    try:
        with file.open("rb") as lines:
            for line in lines:
                entry = msgspec.json.decode(line, type=_Entry)
                if entry.kind == "record":
                    found[entry.number] = entry.reason
                elif entry.kind == "closed":
                    found.pop(entry.number, None)
    except (OSError, msgspec.DecodeError):  # cut in the middle by a kill, or being written
        pass
    return Counter(found.values())


class _Entry(msgspec.Struct):
    number: int
    kind: str
    reason: str = ""
