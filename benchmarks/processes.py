"""What a process and all that it has started cost, as Linux tells it below /proc."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["memory", "spent"]

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def spent(root: int) -> float:
    """CPU seconds of a process and of all that it has started, at work or gone."""
    return sum(_family(root).values())


def memory(root: int, without: frozenset[int] = frozenset()) -> float:
    """Megabytes of memory that a process's descendants hold, those they share counted for each.

    Args:
        root: The process.
        without: Children of it that are left out, with their own.
    """
    pages = 0
    for process in _family(root, without).keys() - {root}:
        try:
            pages += int(Path(f"/proc/{process}/statm").read_text().split()[1])
        except OSError:  # it has ended
            continue
    return pages * _PAGE / 1e6


def _family(root: int, without: frozenset[int] = frozenset()) -> dict[int, float]:
    """CPU seconds of each, with its children that are gone."""
    stats = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        stats[int(process.name)] = int(fields[1]), sum(map(int, fields[11:15])) / _TICKS_A_SECOND
    found: dict[int, float] = {}
    family = {root}
    while family:
        found |= {one: stats[one][1] for one in family if one in stats}
        family = {one for one, (parent, _) in stats.items() if parent in family} - without
    return found
