"""When a STATE may leave: not before every record that came before it has found its place.

A record's place is Copernica, the rejects file, or a counted reason for leaving it out. Until then
a crash would lose it, were the tap told to go on from behind it.
"""

from __future__ import annotations

from collections import deque
from typing import Any

__all__ = ["StateGate"]

State = dict[str, Any]


from mutmut.mutation.trampoline import wrap_in_trampoline as _mutmut_mutated, MutantDict
mutants_xǁStateGateǁ__init____mutmut: MutantDict = {}  # type: ignore
mutants_xǁStateGateǁadmit__mutmut: MutantDict = {}  # type: ignore
mutants_xǁStateGateǁsettle__mutmut: MutantDict = {}  # type: ignore
mutants_xǁStateGateǁhold__mutmut: MutantDict = {}  # type: ignore
mutants_xǁStateGateǁrelease__mutmut: MutantDict = {}  # type: ignore


class StateGate:
    """Holds states back until all records before them are settled.

    Pure bookkeeping: no clock, no output. Records are numbered by the gate and may be settled in
    any order.
    """

    @_mutmut_mutated(mutants_xǁStateGateǁ__init____mutmut)
    def __init__(self) -> None:
        self._last = 0
        self._open: set[int] = set()
        self._order: deque[int] = deque()  # as admitted; a settled number goes when it comes to the front
        self._waiting: deque[tuple[int, State]] = deque()
        self._ready: State | None = None

    def xǁStateGateǁ__init____mutmut_orig(self) -> None:
        self._last = 0
        self._open: set[int] = set()
        self._order: deque[int] = deque()  # as admitted; a settled number goes when it comes to the front
        self._waiting: deque[tuple[int, State]] = deque()
        self._ready: State | None = None

    def xǁStateGateǁ__init____mutmut_1(self) -> None:
        self._last = None
        self._open: set[int] = set()
        self._order: deque[int] = deque()  # as admitted; a settled number goes when it comes to the front
        self._waiting: deque[tuple[int, State]] = deque()
        self._ready: State | None = None

    def xǁStateGateǁ__init____mutmut_2(self) -> None:
        self._last = 1
        self._open: set[int] = set()
        self._order: deque[int] = deque()  # as admitted; a settled number goes when it comes to the front
        self._waiting: deque[tuple[int, State]] = deque()
        self._ready: State | None = None

    def xǁStateGateǁ__init____mutmut_3(self) -> None:
        self._last = 0
        self._open: set[int] = None
        self._order: deque[int] = deque()  # as admitted; a settled number goes when it comes to the front
        self._waiting: deque[tuple[int, State]] = deque()
        self._ready: State | None = None

    def xǁStateGateǁ__init____mutmut_4(self) -> None:
        self._last = 0
        self._open: set[int] = set()
        self._order: deque[int] = None  # as admitted; a settled number goes when it comes to the front
        self._waiting: deque[tuple[int, State]] = deque()
        self._ready: State | None = None

    def xǁStateGateǁ__init____mutmut_5(self) -> None:
        self._last = 0
        self._open: set[int] = set()
        self._order: deque[int] = deque()  # as admitted; a settled number goes when it comes to the front
        self._waiting: deque[tuple[int, State]] = None
        self._ready: State | None = None

    def xǁStateGateǁ__init____mutmut_6(self) -> None:
        self._last = 0
        self._open: set[int] = set()
        self._order: deque[int] = deque()  # as admitted; a settled number goes when it comes to the front
        self._waiting: deque[tuple[int, State]] = deque()
        self._ready: State | None = ""

    @_mutmut_mutated(mutants_xǁStateGateǁadmit__mutmut)
    def admit(self) -> int:
        """A record came in.

        Returns:
            Its number, to be settled exactly once.
        """
        self._last += 1
        self._open.add(self._last)
        self._order.append(self._last)
        return self._last

    def xǁStateGateǁadmit__mutmut_orig(self) -> int:
        """A record came in.

        Returns:
            Its number, to be settled exactly once.
        """
        self._last += 1
        self._open.add(self._last)
        self._order.append(self._last)
        return self._last

    def xǁStateGateǁadmit__mutmut_1(self) -> int:
        """A record came in.

        Returns:
            Its number, to be settled exactly once.
        """
        self._last = 1
        self._open.add(self._last)
        self._order.append(self._last)
        return self._last

    def xǁStateGateǁadmit__mutmut_2(self) -> int:
        """A record came in.

        Returns:
            Its number, to be settled exactly once.
        """
        self._last -= 1
        self._open.add(self._last)
        self._order.append(self._last)
        return self._last

    def xǁStateGateǁadmit__mutmut_3(self) -> int:
        """A record came in.

        Returns:
            Its number, to be settled exactly once.
        """
        self._last += 2
        self._open.add(self._last)
        self._order.append(self._last)
        return self._last

    def xǁStateGateǁadmit__mutmut_4(self) -> int:
        """A record came in.

        Returns:
            Its number, to be settled exactly once.
        """
        self._last += 1
        self._open.add(None)
        self._order.append(self._last)
        return self._last

    def xǁStateGateǁadmit__mutmut_5(self) -> int:
        """A record came in.

        Returns:
            Its number, to be settled exactly once.
        """
        self._last += 1
        self._open.add(self._last)
        self._order.append(None)
        return self._last

    @_mutmut_mutated(mutants_xǁStateGateǁsettle__mutmut)
    def settle(self, number: int) -> None:
        """The record of this number has found its place.

        Args:
            number: As `admit` gave it.

        Raises:
            KeyError: It is not open: an accounting error, never to be passed over.
        """
        self._open.remove(number)
        # Most records are settled as soon as they came, unchanged: they leave no trace behind an open one.
        while self._order and self._order[-1] not in self._open:
            self._order.pop()

    def xǁStateGateǁsettle__mutmut_orig(self, number: int) -> None:
        """The record of this number has found its place.

        Args:
            number: As `admit` gave it.

        Raises:
            KeyError: It is not open: an accounting error, never to be passed over.
        """
        self._open.remove(number)
        # Most records are settled as soon as they came, unchanged: they leave no trace behind an open one.
        while self._order and self._order[-1] not in self._open:
            self._order.pop()

    def xǁStateGateǁsettle__mutmut_1(self, number: int) -> None:
        """The record of this number has found its place.

        Args:
            number: As `admit` gave it.

        Raises:
            KeyError: It is not open: an accounting error, never to be passed over.
        """
        self._open.remove(None)
        # Most records are settled as soon as they came, unchanged: they leave no trace behind an open one.
        while self._order and self._order[-1] not in self._open:
            self._order.pop()

    def xǁStateGateǁsettle__mutmut_2(self, number: int) -> None:
        """The record of this number has found its place.

        Args:
            number: As `admit` gave it.

        Raises:
            KeyError: It is not open: an accounting error, never to be passed over.
        """
        self._open.remove(number)
        # Most records are settled as soon as they came, unchanged: they leave no trace behind an open one.
        while self._order or self._order[-1] not in self._open:
            self._order.pop()

    def xǁStateGateǁsettle__mutmut_3(self, number: int) -> None:
        """The record of this number has found its place.

        Args:
            number: As `admit` gave it.

        Raises:
            KeyError: It is not open: an accounting error, never to be passed over.
        """
        self._open.remove(number)
        # Most records are settled as soon as they came, unchanged: they leave no trace behind an open one.
        while self._order and self._order[+1] not in self._open:
            self._order.pop()

    def xǁStateGateǁsettle__mutmut_4(self, number: int) -> None:
        """The record of this number has found its place.

        Args:
            number: As `admit` gave it.

        Raises:
            KeyError: It is not open: an accounting error, never to be passed over.
        """
        self._open.remove(number)
        # Most records are settled as soon as they came, unchanged: they leave no trace behind an open one.
        while self._order and self._order[-2] not in self._open:
            self._order.pop()

    def xǁStateGateǁsettle__mutmut_5(self, number: int) -> None:
        """The record of this number has found its place.

        Args:
            number: As `admit` gave it.

        Raises:
            KeyError: It is not open: an accounting error, never to be passed over.
        """
        self._open.remove(number)
        # Most records are settled as soon as they came, unchanged: they leave no trace behind an open one.
        while self._order and self._order[-1] in self._open:
            self._order.pop()

    @_mutmut_mutated(mutants_xǁStateGateǁhold__mutmut)
    def hold(self, state: State) -> None:
        """A STATE came in: it covers every record admitted so far.

        Args:
            state: The value of the message.
        """
        last_open = self._order[-1] if self._order else 0
        if self._waiting and last_open <= self._waiting[-1][0]:
            self._waiting.pop()  # no record between them is open: the newer one can leave as soon
        self._waiting.append((self._last, state))

    def xǁStateGateǁhold__mutmut_orig(self, state: State) -> None:
        """A STATE came in: it covers every record admitted so far.

        Args:
            state: The value of the message.
        """
        last_open = self._order[-1] if self._order else 0
        if self._waiting and last_open <= self._waiting[-1][0]:
            self._waiting.pop()  # no record between them is open: the newer one can leave as soon
        self._waiting.append((self._last, state))

    def xǁStateGateǁhold__mutmut_1(self, state: State) -> None:
        """A STATE came in: it covers every record admitted so far.

        Args:
            state: The value of the message.
        """
        last_open = None
        if self._waiting and last_open <= self._waiting[-1][0]:
            self._waiting.pop()  # no record between them is open: the newer one can leave as soon
        self._waiting.append((self._last, state))

    def xǁStateGateǁhold__mutmut_2(self, state: State) -> None:
        """A STATE came in: it covers every record admitted so far.

        Args:
            state: The value of the message.
        """
        last_open = self._order[-1] if (self._order) and False else 0
        if self._waiting and last_open <= self._waiting[-1][0]:
            self._waiting.pop()  # no record between them is open: the newer one can leave as soon
        self._waiting.append((self._last, state))

    def xǁStateGateǁhold__mutmut_3(self, state: State) -> None:
        """A STATE came in: it covers every record admitted so far.

        Args:
            state: The value of the message.
        """
        last_open = self._order[-1] if (self._order) or True else 0
        if self._waiting and last_open <= self._waiting[-1][0]:
            self._waiting.pop()  # no record between them is open: the newer one can leave as soon
        self._waiting.append((self._last, state))

    def xǁStateGateǁhold__mutmut_4(self, state: State) -> None:
        """A STATE came in: it covers every record admitted so far.

        Args:
            state: The value of the message.
        """
        last_open = self._order[+1] if self._order else 0
        if self._waiting and last_open <= self._waiting[-1][0]:
            self._waiting.pop()  # no record between them is open: the newer one can leave as soon
        self._waiting.append((self._last, state))

    def xǁStateGateǁhold__mutmut_5(self, state: State) -> None:
        """A STATE came in: it covers every record admitted so far.

        Args:
            state: The value of the message.
        """
        last_open = self._order[-2] if self._order else 0
        if self._waiting and last_open <= self._waiting[-1][0]:
            self._waiting.pop()  # no record between them is open: the newer one can leave as soon
        self._waiting.append((self._last, state))

    def xǁStateGateǁhold__mutmut_6(self, state: State) -> None:
        """A STATE came in: it covers every record admitted so far.

        Args:
            state: The value of the message.
        """
        last_open = self._order[-1] if self._order else 1
        if self._waiting and last_open <= self._waiting[-1][0]:
            self._waiting.pop()  # no record between them is open: the newer one can leave as soon
        self._waiting.append((self._last, state))

    def xǁStateGateǁhold__mutmut_7(self, state: State) -> None:
        """A STATE came in: it covers every record admitted so far.

        Args:
            state: The value of the message.
        """
        last_open = self._order[-1] if self._order else 0
        if self._waiting or last_open <= self._waiting[-1][0]:
            self._waiting.pop()  # no record between them is open: the newer one can leave as soon
        self._waiting.append((self._last, state))

    def xǁStateGateǁhold__mutmut_8(self, state: State) -> None:
        """A STATE came in: it covers every record admitted so far.

        Args:
            state: The value of the message.
        """
        last_open = self._order[-1] if self._order else 0
        if self._waiting and last_open < self._waiting[-1][0]:
            self._waiting.pop()  # no record between them is open: the newer one can leave as soon
        self._waiting.append((self._last, state))

    def xǁStateGateǁhold__mutmut_9(self, state: State) -> None:
        """A STATE came in: it covers every record admitted so far.

        Args:
            state: The value of the message.
        """
        last_open = self._order[-1] if self._order else 0
        if self._waiting and last_open <= self._waiting[+1][0]:
            self._waiting.pop()  # no record between them is open: the newer one can leave as soon
        self._waiting.append((self._last, state))

    def xǁStateGateǁhold__mutmut_10(self, state: State) -> None:
        """A STATE came in: it covers every record admitted so far.

        Args:
            state: The value of the message.
        """
        last_open = self._order[-1] if self._order else 0
        if self._waiting and last_open <= self._waiting[-2][0]:
            self._waiting.pop()  # no record between them is open: the newer one can leave as soon
        self._waiting.append((self._last, state))

    def xǁStateGateǁhold__mutmut_11(self, state: State) -> None:
        """A STATE came in: it covers every record admitted so far.

        Args:
            state: The value of the message.
        """
        last_open = self._order[-1] if self._order else 0
        if self._waiting and last_open <= self._waiting[-1][1]:
            self._waiting.pop()  # no record between them is open: the newer one can leave as soon
        self._waiting.append((self._last, state))

    def xǁStateGateǁhold__mutmut_12(self, state: State) -> None:
        """A STATE came in: it covers every record admitted so far.

        Args:
            state: The value of the message.
        """
        last_open = self._order[-1] if self._order else 0
        if self._waiting and last_open <= self._waiting[-1][0]:
            self._waiting.pop()  # no record between them is open: the newer one can leave as soon
        self._waiting.append(None)

    @_mutmut_mutated(mutants_xǁStateGateǁrelease__mutmut)
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

    def xǁStateGateǁrelease__mutmut_orig(self) -> State | None:
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

    def xǁStateGateǁrelease__mutmut_1(self) -> State | None:
        """The newest state that may leave now.

        Returns:
            It, once; None where no further state has become free since the last call.
        """
        while self._order or self._order[0] not in self._open:
            self._order.popleft()
        first_open = self._order[0] if self._order else self._last + 1
        while self._waiting and self._waiting[0][0] < first_open:
            self._ready = self._waiting.popleft()[1]
        released, self._ready = self._ready, None
        return released

    def xǁStateGateǁrelease__mutmut_2(self) -> State | None:
        """The newest state that may leave now.

        Returns:
            It, once; None where no further state has become free since the last call.
        """
        while self._order and self._order[1] not in self._open:
            self._order.popleft()
        first_open = self._order[0] if self._order else self._last + 1
        while self._waiting and self._waiting[0][0] < first_open:
            self._ready = self._waiting.popleft()[1]
        released, self._ready = self._ready, None
        return released

    def xǁStateGateǁrelease__mutmut_3(self) -> State | None:
        """The newest state that may leave now.

        Returns:
            It, once; None where no further state has become free since the last call.
        """
        while self._order and self._order[0] in self._open:
            self._order.popleft()
        first_open = self._order[0] if self._order else self._last + 1
        while self._waiting and self._waiting[0][0] < first_open:
            self._ready = self._waiting.popleft()[1]
        released, self._ready = self._ready, None
        return released

    def xǁStateGateǁrelease__mutmut_4(self) -> State | None:
        """The newest state that may leave now.

        Returns:
            It, once; None where no further state has become free since the last call.
        """
        while self._order and self._order[0] not in self._open:
            self._order.popleft()
        first_open = None
        while self._waiting and self._waiting[0][0] < first_open:
            self._ready = self._waiting.popleft()[1]
        released, self._ready = self._ready, None
        return released

    def xǁStateGateǁrelease__mutmut_5(self) -> State | None:
        """The newest state that may leave now.

        Returns:
            It, once; None where no further state has become free since the last call.
        """
        while self._order and self._order[0] not in self._open:
            self._order.popleft()
        first_open = self._order[0] if (self._order) and False else self._last + 1
        while self._waiting and self._waiting[0][0] < first_open:
            self._ready = self._waiting.popleft()[1]
        released, self._ready = self._ready, None
        return released

    def xǁStateGateǁrelease__mutmut_6(self) -> State | None:
        """The newest state that may leave now.

        Returns:
            It, once; None where no further state has become free since the last call.
        """
        while self._order and self._order[0] not in self._open:
            self._order.popleft()
        first_open = self._order[0] if (self._order) or True else self._last + 1
        while self._waiting and self._waiting[0][0] < first_open:
            self._ready = self._waiting.popleft()[1]
        released, self._ready = self._ready, None
        return released

    def xǁStateGateǁrelease__mutmut_7(self) -> State | None:
        """The newest state that may leave now.

        Returns:
            It, once; None where no further state has become free since the last call.
        """
        while self._order and self._order[0] not in self._open:
            self._order.popleft()
        first_open = self._order[1] if self._order else self._last + 1
        while self._waiting and self._waiting[0][0] < first_open:
            self._ready = self._waiting.popleft()[1]
        released, self._ready = self._ready, None
        return released

    def xǁStateGateǁrelease__mutmut_8(self) -> State | None:
        """The newest state that may leave now.

        Returns:
            It, once; None where no further state has become free since the last call.
        """
        while self._order and self._order[0] not in self._open:
            self._order.popleft()
        first_open = self._order[0] if self._order else self._last - 1
        while self._waiting and self._waiting[0][0] < first_open:
            self._ready = self._waiting.popleft()[1]
        released, self._ready = self._ready, None
        return released

    def xǁStateGateǁrelease__mutmut_9(self) -> State | None:
        """The newest state that may leave now.

        Returns:
            It, once; None where no further state has become free since the last call.
        """
        while self._order and self._order[0] not in self._open:
            self._order.popleft()
        first_open = self._order[0] if self._order else self._last + 2
        while self._waiting and self._waiting[0][0] < first_open:
            self._ready = self._waiting.popleft()[1]
        released, self._ready = self._ready, None
        return released

    def xǁStateGateǁrelease__mutmut_10(self) -> State | None:
        """The newest state that may leave now.

        Returns:
            It, once; None where no further state has become free since the last call.
        """
        while self._order and self._order[0] not in self._open:
            self._order.popleft()
        first_open = self._order[0] if self._order else self._last + 1
        while self._waiting or self._waiting[0][0] < first_open:
            self._ready = self._waiting.popleft()[1]
        released, self._ready = self._ready, None
        return released

    def xǁStateGateǁrelease__mutmut_11(self) -> State | None:
        """The newest state that may leave now.

        Returns:
            It, once; None where no further state has become free since the last call.
        """
        while self._order and self._order[0] not in self._open:
            self._order.popleft()
        first_open = self._order[0] if self._order else self._last + 1
        while self._waiting and self._waiting[1][0] < first_open:
            self._ready = self._waiting.popleft()[1]
        released, self._ready = self._ready, None
        return released

    def xǁStateGateǁrelease__mutmut_12(self) -> State | None:
        """The newest state that may leave now.

        Returns:
            It, once; None where no further state has become free since the last call.
        """
        while self._order and self._order[0] not in self._open:
            self._order.popleft()
        first_open = self._order[0] if self._order else self._last + 1
        while self._waiting and self._waiting[0][1] < first_open:
            self._ready = self._waiting.popleft()[1]
        released, self._ready = self._ready, None
        return released

    def xǁStateGateǁrelease__mutmut_13(self) -> State | None:
        """The newest state that may leave now.

        Returns:
            It, once; None where no further state has become free since the last call.
        """
        while self._order and self._order[0] not in self._open:
            self._order.popleft()
        first_open = self._order[0] if self._order else self._last + 1
        while self._waiting and self._waiting[0][0] <= first_open:
            self._ready = self._waiting.popleft()[1]
        released, self._ready = self._ready, None
        return released

    def xǁStateGateǁrelease__mutmut_14(self) -> State | None:
        """The newest state that may leave now.

        Returns:
            It, once; None where no further state has become free since the last call.
        """
        while self._order and self._order[0] not in self._open:
            self._order.popleft()
        first_open = self._order[0] if self._order else self._last + 1
        while self._waiting and self._waiting[0][0] < first_open:
            self._ready = None
        released, self._ready = self._ready, None
        return released

    def xǁStateGateǁrelease__mutmut_15(self) -> State | None:
        """The newest state that may leave now.

        Returns:
            It, once; None where no further state has become free since the last call.
        """
        while self._order and self._order[0] not in self._open:
            self._order.popleft()
        first_open = self._order[0] if self._order else self._last + 1
        while self._waiting and self._waiting[0][0] < first_open:
            self._ready = self._waiting.popleft()[2]
        released, self._ready = self._ready, None
        return released

    def xǁStateGateǁrelease__mutmut_16(self) -> State | None:
        """The newest state that may leave now.

        Returns:
            It, once; None where no further state has become free since the last call.
        """
        while self._order and self._order[0] not in self._open:
            self._order.popleft()
        first_open = self._order[0] if self._order else self._last + 1
        while self._waiting and self._waiting[0][0] < first_open:
            self._ready = self._waiting.popleft()[1]
        released, self._ready = None
        return released

    @property
    def unsettled(self) -> int:
        """How many records have no place yet."""
        return len(self._open)

mutants_xǁStateGateǁ__init____mutmut['_mutmut_orig'] = StateGate.xǁStateGateǁ__init____mutmut_orig # type: ignore # mutmut generated
mutants_xǁStateGateǁ__init____mutmut['xǁStateGateǁ__init____mutmut_1'] = StateGate.xǁStateGateǁ__init____mutmut_1 # type: ignore # mutmut generated
mutants_xǁStateGateǁ__init____mutmut['xǁStateGateǁ__init____mutmut_2'] = StateGate.xǁStateGateǁ__init____mutmut_2 # type: ignore # mutmut generated
mutants_xǁStateGateǁ__init____mutmut['xǁStateGateǁ__init____mutmut_3'] = StateGate.xǁStateGateǁ__init____mutmut_3 # type: ignore # mutmut generated
mutants_xǁStateGateǁ__init____mutmut['xǁStateGateǁ__init____mutmut_4'] = StateGate.xǁStateGateǁ__init____mutmut_4 # type: ignore # mutmut generated
mutants_xǁStateGateǁ__init____mutmut['xǁStateGateǁ__init____mutmut_5'] = StateGate.xǁStateGateǁ__init____mutmut_5 # type: ignore # mutmut generated
mutants_xǁStateGateǁ__init____mutmut['xǁStateGateǁ__init____mutmut_6'] = StateGate.xǁStateGateǁ__init____mutmut_6 # type: ignore # mutmut generated

mutants_xǁStateGateǁadmit__mutmut['_mutmut_orig'] = StateGate.xǁStateGateǁadmit__mutmut_orig # type: ignore # mutmut generated
mutants_xǁStateGateǁadmit__mutmut['xǁStateGateǁadmit__mutmut_1'] = StateGate.xǁStateGateǁadmit__mutmut_1 # type: ignore # mutmut generated
mutants_xǁStateGateǁadmit__mutmut['xǁStateGateǁadmit__mutmut_2'] = StateGate.xǁStateGateǁadmit__mutmut_2 # type: ignore # mutmut generated
mutants_xǁStateGateǁadmit__mutmut['xǁStateGateǁadmit__mutmut_3'] = StateGate.xǁStateGateǁadmit__mutmut_3 # type: ignore # mutmut generated
mutants_xǁStateGateǁadmit__mutmut['xǁStateGateǁadmit__mutmut_4'] = StateGate.xǁStateGateǁadmit__mutmut_4 # type: ignore # mutmut generated
mutants_xǁStateGateǁadmit__mutmut['xǁStateGateǁadmit__mutmut_5'] = StateGate.xǁStateGateǁadmit__mutmut_5 # type: ignore # mutmut generated

mutants_xǁStateGateǁsettle__mutmut['_mutmut_orig'] = StateGate.xǁStateGateǁsettle__mutmut_orig # type: ignore # mutmut generated
mutants_xǁStateGateǁsettle__mutmut['xǁStateGateǁsettle__mutmut_1'] = StateGate.xǁStateGateǁsettle__mutmut_1 # type: ignore # mutmut generated
mutants_xǁStateGateǁsettle__mutmut['xǁStateGateǁsettle__mutmut_2'] = StateGate.xǁStateGateǁsettle__mutmut_2 # type: ignore # mutmut generated
mutants_xǁStateGateǁsettle__mutmut['xǁStateGateǁsettle__mutmut_3'] = StateGate.xǁStateGateǁsettle__mutmut_3 # type: ignore # mutmut generated
mutants_xǁStateGateǁsettle__mutmut['xǁStateGateǁsettle__mutmut_4'] = StateGate.xǁStateGateǁsettle__mutmut_4 # type: ignore # mutmut generated
mutants_xǁStateGateǁsettle__mutmut['xǁStateGateǁsettle__mutmut_5'] = StateGate.xǁStateGateǁsettle__mutmut_5 # type: ignore # mutmut generated

mutants_xǁStateGateǁhold__mutmut['_mutmut_orig'] = StateGate.xǁStateGateǁhold__mutmut_orig # type: ignore # mutmut generated
mutants_xǁStateGateǁhold__mutmut['xǁStateGateǁhold__mutmut_1'] = StateGate.xǁStateGateǁhold__mutmut_1 # type: ignore # mutmut generated
mutants_xǁStateGateǁhold__mutmut['xǁStateGateǁhold__mutmut_2'] = StateGate.xǁStateGateǁhold__mutmut_2 # type: ignore # mutmut generated
mutants_xǁStateGateǁhold__mutmut['xǁStateGateǁhold__mutmut_3'] = StateGate.xǁStateGateǁhold__mutmut_3 # type: ignore # mutmut generated
mutants_xǁStateGateǁhold__mutmut['xǁStateGateǁhold__mutmut_4'] = StateGate.xǁStateGateǁhold__mutmut_4 # type: ignore # mutmut generated
mutants_xǁStateGateǁhold__mutmut['xǁStateGateǁhold__mutmut_5'] = StateGate.xǁStateGateǁhold__mutmut_5 # type: ignore # mutmut generated
mutants_xǁStateGateǁhold__mutmut['xǁStateGateǁhold__mutmut_6'] = StateGate.xǁStateGateǁhold__mutmut_6 # type: ignore # mutmut generated
mutants_xǁStateGateǁhold__mutmut['xǁStateGateǁhold__mutmut_7'] = StateGate.xǁStateGateǁhold__mutmut_7 # type: ignore # mutmut generated
mutants_xǁStateGateǁhold__mutmut['xǁStateGateǁhold__mutmut_8'] = StateGate.xǁStateGateǁhold__mutmut_8 # type: ignore # mutmut generated
mutants_xǁStateGateǁhold__mutmut['xǁStateGateǁhold__mutmut_9'] = StateGate.xǁStateGateǁhold__mutmut_9 # type: ignore # mutmut generated
mutants_xǁStateGateǁhold__mutmut['xǁStateGateǁhold__mutmut_10'] = StateGate.xǁStateGateǁhold__mutmut_10 # type: ignore # mutmut generated
mutants_xǁStateGateǁhold__mutmut['xǁStateGateǁhold__mutmut_11'] = StateGate.xǁStateGateǁhold__mutmut_11 # type: ignore # mutmut generated
mutants_xǁStateGateǁhold__mutmut['xǁStateGateǁhold__mutmut_12'] = StateGate.xǁStateGateǁhold__mutmut_12 # type: ignore # mutmut generated

mutants_xǁStateGateǁrelease__mutmut['_mutmut_orig'] = StateGate.xǁStateGateǁrelease__mutmut_orig # type: ignore # mutmut generated
mutants_xǁStateGateǁrelease__mutmut['xǁStateGateǁrelease__mutmut_1'] = StateGate.xǁStateGateǁrelease__mutmut_1 # type: ignore # mutmut generated
mutants_xǁStateGateǁrelease__mutmut['xǁStateGateǁrelease__mutmut_2'] = StateGate.xǁStateGateǁrelease__mutmut_2 # type: ignore # mutmut generated
mutants_xǁStateGateǁrelease__mutmut['xǁStateGateǁrelease__mutmut_3'] = StateGate.xǁStateGateǁrelease__mutmut_3 # type: ignore # mutmut generated
mutants_xǁStateGateǁrelease__mutmut['xǁStateGateǁrelease__mutmut_4'] = StateGate.xǁStateGateǁrelease__mutmut_4 # type: ignore # mutmut generated
mutants_xǁStateGateǁrelease__mutmut['xǁStateGateǁrelease__mutmut_5'] = StateGate.xǁStateGateǁrelease__mutmut_5 # type: ignore # mutmut generated
mutants_xǁStateGateǁrelease__mutmut['xǁStateGateǁrelease__mutmut_6'] = StateGate.xǁStateGateǁrelease__mutmut_6 # type: ignore # mutmut generated
mutants_xǁStateGateǁrelease__mutmut['xǁStateGateǁrelease__mutmut_7'] = StateGate.xǁStateGateǁrelease__mutmut_7 # type: ignore # mutmut generated
mutants_xǁStateGateǁrelease__mutmut['xǁStateGateǁrelease__mutmut_8'] = StateGate.xǁStateGateǁrelease__mutmut_8 # type: ignore # mutmut generated
mutants_xǁStateGateǁrelease__mutmut['xǁStateGateǁrelease__mutmut_9'] = StateGate.xǁStateGateǁrelease__mutmut_9 # type: ignore # mutmut generated
mutants_xǁStateGateǁrelease__mutmut['xǁStateGateǁrelease__mutmut_10'] = StateGate.xǁStateGateǁrelease__mutmut_10 # type: ignore # mutmut generated
mutants_xǁStateGateǁrelease__mutmut['xǁStateGateǁrelease__mutmut_11'] = StateGate.xǁStateGateǁrelease__mutmut_11 # type: ignore # mutmut generated
mutants_xǁStateGateǁrelease__mutmut['xǁStateGateǁrelease__mutmut_12'] = StateGate.xǁStateGateǁrelease__mutmut_12 # type: ignore # mutmut generated
mutants_xǁStateGateǁrelease__mutmut['xǁStateGateǁrelease__mutmut_13'] = StateGate.xǁStateGateǁrelease__mutmut_13 # type: ignore # mutmut generated
mutants_xǁStateGateǁrelease__mutmut['xǁStateGateǁrelease__mutmut_14'] = StateGate.xǁStateGateǁrelease__mutmut_14 # type: ignore # mutmut generated
mutants_xǁStateGateǁrelease__mutmut['xǁStateGateǁrelease__mutmut_15'] = StateGate.xǁStateGateǁrelease__mutmut_15 # type: ignore # mutmut generated
mutants_xǁStateGateǁrelease__mutmut['xǁStateGateǁrelease__mutmut_16'] = StateGate.xǁStateGateǁrelease__mutmut_16 # type: ignore # mutmut generated
