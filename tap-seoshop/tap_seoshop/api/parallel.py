"""Several requests at a time, with their results in order."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tap_seoshop.api.interrupt import Interrupt

__all__ = ["Parallel"]

Given = TypeVar("Given")
Made = TypeVar("Made")


class Parallel:
    """A few threads.

    Args:
        concurrency: How many.
        interrupt: Says when the run is to end.
    """

    def __init__(self, concurrency: int, interrupt: Interrupt) -> None:
        self._concurrency = concurrency
        self._interrupt = interrupt
        self._pool: ThreadPoolExecutor | None = None

    def ahead(
        self, make: Callable[[Given], Made], given: Iterable[Given]
    ) -> Iterator[tuple[Given, Made | Exception]]:
        """Call `make` for each of `given` in the threads; the results in order, a failure as a value.

        Args:
            make: Sends the requests for one.
            given: What to do; read only a little ahead.

        Yields:
            Each one with what was made of it.

        Raises:
            InterruptedRunError: A signal came.
        """
        if self._concurrency == 1:
            for one in given:
                with self._interrupt.waiting():
                    outcome = _outcome(make, one)
                yield one, outcome
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._concurrency, thread_name_prefix="fetch")
        waiting: deque[tuple[Given, Future[Made | Exception]]] = deque()
        rest = iter(given)
        try:
            while True:
                while len(waiting) < self._concurrency:
                    try:
                        one = next(rest)
                    except StopIteration:
                        break
                    waiting.append((one, self._pool.submit(_outcome, make, one)))
                if not waiting:
                    return
                one, future = waiting.popleft()
                with self._interrupt.waiting():
                    outcome = future.result()
                yield one, outcome
        finally:
            for _, future in waiting:
                future.cancel()

    def close(self) -> None:
        """Let go of the threads; does not wait for a request under way."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)


def _outcome(make: Callable[[Given], Made], one: Given) -> Made | Exception:
    try:
        return make(one)
    except Exception as error:  # noqa: BLE001  # handed over to the thread that asked
        return error
