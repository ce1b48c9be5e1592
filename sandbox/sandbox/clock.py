"""The one clock of both APIs: real time, started at any instant, moved by an admin call."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from pathlib import Path


class Clock:
    """Runs with real time from a start instant.

    With a `path` the distance to real time is kept there, so that after a restart the clock stands where it
    would stand had it never stopped.
    """

    def __init__(
        self, start: datetime, *, path: Path | None = None, real_time: Callable[[], float] = time.time
    ) -> None:
        """Start at `start` (aware), unless `path` holds the state of an earlier clock.

        Args:
            start: the instant the clock shows first; must be aware.
            path: file that keeps the clock over restarts; None keeps nothing.
            real_time: seconds since the epoch; replaced in tests.
        """
        self._real_time = real_time
        self._held: ContextVar[float | None] = ContextVar("held", default=None)
        self._path = path
        if path is not None and path.exists():
            self._ahead = float(path.read_text(encoding="ascii"))
        else:
            self.set(start)

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        return datetime.fromtimestamp(self.timestamp(), tz=UTC)

    def timestamp(self) -> float:
        """The present instant in seconds since the epoch."""
        return self._real() + self._ahead

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let the clock stand still in a `with` block, unless it is moved; for all others it runs."""
        token = self._held.set(self._real_time())
        try:
            yield
        finally:
            self._held.reset(token)

    def _real(self) -> float:
        held = self._held.get()
        return self._real_time() if held is None else held

    def advance(self, seconds: float) -> None:
        """Move the clock by `seconds`; a negative number turns it back."""
        self._keep(self._ahead + timedelta(seconds=seconds).total_seconds())

    def set(self, instant: datetime) -> None:
        """Put the clock at `instant`.

        Raises:
            ValueError: `instant` has no time zone.
        """
        if instant.tzinfo is None:
            raise ValueError("the clock needs an instant with a time zone, such as 2026-11-02T09:00:00Z")
        self._keep(instant.timestamp() - self._real())

    def _keep(self, ahead: float) -> None:
        self._ahead = ahead
        if self._path is not None:
            self._path.write_text(repr(ahead), encoding="ascii")
