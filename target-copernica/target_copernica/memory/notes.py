"""When what is unchanged was read, and when something was refused: noted a thousand at a time.

Of what is written the ledger keeps it beside what was written. A kill loses what was not noted yet: an
older time is told then, never a newer one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_copernica.mapping.model import Moment

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from datetime import datetime

    from target_copernica.memory.forgotten import Forgotten

__all__ = ["Notes"]

_MOST: Final = 1000


class Notes:
    """A part of the ledger.

    Args:
        db: The ledger's file.
        forgotten: Of whom nothing is noted.
    """

    def __init__(self, db: sqlite3.Connection, forgotten: Forgotten) -> None:
        self._db = db
        self._forgotten = forgotten
        self._run = 0
        self._clock: Callable[[], datetime] | None = None
        self._read: dict[tuple[str, str, str], Moment] = {}
        self._refused: dict[tuple[str, str, str], tuple[Moment, str]] = {}

    def begin(self, run: int, clock: Callable[[], datetime]) -> None:
        """A run begins.

        Args:
            run: Its number.
            clock: The server's time.
        """
        self._run, self._clock = run, clock

    def now(self) -> Moment | None:
        """This moment of the run; None outside of runs."""
        return Moment(self._run, int(self._clock().timestamp())) if self._clock is not None else None

    def read(self, place: str, key: str, stream: str, when: Moment | None) -> None:
        """What was read is as it was written."""
        if when is not None:
            self._read[place, key, stream] = when
            self._flush_if_full()

    def refused(self, place: str, key: str, stream: str, reason: str) -> None:
        """A record, or a field of it, was refused.

        Args:
            place: Where it goes.
            key: Its key.
            stream: Its stream.
            reason: Why, without a value.
        """
        if (when := self.now()) is not None:
            self._refused[place, key, stream] = when, reason
            self._flush_if_full()

    def refusal(self, place: str, key: str, stream: str) -> tuple[Moment, str] | None:
        """When and why something of a stream was refused last."""
        row = self._db.execute(
            "SELECT run, at, reason FROM refusal WHERE place = ? AND key = ? AND stream = ?",
            (place, key, stream),
        ).fetchone()
        return (Moment(row[0], row[1]), str(row[2])) if row else None

    def flush(self) -> None:
        """Note it all."""
        if not self._read and not self._refused:
            return
        refused = {
            of: said
            for of, said in self._refused.items()
            if not self._forgotten.holds(self._forgotten.key(of[0], of[1]))
        }
        is_own = not self._db.in_transaction
        if is_own:
            self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(
            "UPDATE fragment SET read_run = ?, read_at = ? WHERE place = ? AND key = ? AND stream = ?",
            [(*when, *of) for of, when in self._read.items()],
        )
        self._db.executemany(
            "INSERT OR REPLACE INTO refusal (run, at, reason, place, key, stream) VALUES (?, ?, ?, ?, ?, ?)",
            [(*when, reason, *of) for of, (when, reason) in refused.items()],
        )
        if is_own:
            self._db.execute("COMMIT")
        self._read.clear()
        self._refused.clear()

    def _flush_if_full(self) -> None:
        if len(self._read) + len(self._refused) >= _MOST:
            self.flush()
