"""When a STATE may leave: not before every record ahead of it is settled.

A record is settled when it is in Copernica, in the rejects file, or left out for a counted reason. Until then
a STATE that covers it would lose it in a crash.
"""

from __future__ import annotations

from collections import deque
from typing import Any

__all__ = ["StateCheckpoint"]

State = dict[str, Any]


class StateCheckpoint:
    """Holds states back until all records before them are settled.

    Pure bookkeeping: no clock, no output. Records are numbered here and may be settled in
    any order.
    """

    def __init__(self) -> None:
        self._last = 0
        self._open: set[int] = set()
        self._order: deque[int] = deque()  # as admitted; a settled number goes when it comes to the front
        self._waiting: deque[tuple[int, State]] = deque()
        self._ready: State | None = None

    def admit(self) -> int:
        """Number a record that came in.

        Returns:
            Its number, to be settled exactly once.
        """
        self._last += 1
        self._open.add(self._last)
        self._order.append(self._last)
        return self._last

    def settle(self, number: int) -> None:
        """Settle the record of this number.

        Args:
            number: As `admit` gave it.

        Raises:
            KeyError: It is not open: a bug in the accounting.
        """
        self._open.remove(number)
        # Most records are settled as soon as they came, unchanged: they leave no trace behind an open one.
        while self._order and self._order[-1] not in self._open:
            self._order.pop()

    def hold(self, state: State) -> None:
        """Hold a STATE that came in: it covers every record admitted so far.

        Args:
            state: The value of the message.
        """
        last_open = self._order[-1] if self._order else 0
        if self._waiting and last_open <= self._waiting[-1][0]:
            self._waiting.pop()  # no record between them is open: the newer one can leave as soon
        self._waiting.append((self._last, state))

    def release(self) -> State | None:
        """The newest state that may leave now.

        Returns:
            It, once; None where no further state has become free since the last call.
        """
        while self._order and self._order[0] not in self._open:
            self._order.popleft()
        first_open = self._order[0] if self._order else self._last + 1
        while self._waiting and self._waiting[0][0] < first_open:
            self._ready = self._waiting.popleft()[1]
        released, self._ready = self._ready, None
        return released

    @property
    def unsettled(self) -> int:
        """How many records are not settled yet."""
        return len(self._open)
