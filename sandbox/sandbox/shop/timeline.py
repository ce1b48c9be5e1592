"""What happens at many places at once, put into the order of its time."""

from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import count
from math import inf
from typing import Generic, TypeVar

T = TypeVar("T")


class Timeline(Generic[T]):
    """Takes what comes nearly in the order of time, and keeps no more of it than still has to wait."""

    def __init__(self) -> None:
        """Start empty."""
        self._waiting: list[tuple[float, int, T]] = []
        self._number = count()

    def add(self, at: float, happened: T) -> None:
        """Take what happened at `at`; of two at the same moment, the one added first stays first."""
        heappush(self._waiting, (at, next(self._number), happened))

    def until(self, moment: float = inf) -> Iterator[T]:
        """What happened before `moment`, when nothing earlier than that can be added any more."""
        while self._waiting and self._waiting[0][0] < moment:
            yield heappop(self._waiting)[2]
