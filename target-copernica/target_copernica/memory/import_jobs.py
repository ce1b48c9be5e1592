"""Imports under way: about to be sent, or sent and not seen to end."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

__all__ = ["ImportJob", "ImportJobs"]


@dataclass(frozen=True, slots=True)
class ImportJob:
    """An import that was not seen to end.

    Attributes:
        job: Number in this ledger.
        place: Where it wrote.
        import_id: Copernica's id; None where its answer was lost.
        sent_at: Server time, ISO.
        new_keys: Keys of what it was to create.
    """

    job: int
    place: str
    import_id: int | None
    sent_at: str
    new_keys: list[str]


class ImportJobs:
    """A part of the ledger.

    Args:
        db: The ledger's file.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def open(self, place: str, now: str, new_keys: Iterable[str]) -> int:
        """Note, ahead of the call, that an import is about to be sent.

        Returns:
            Its number here.
        """
        row = self._db.execute(
            "INSERT INTO import_job (place, sent_at, new_keys) VALUES (?, ?, ?)",
            (place, now, json.dumps(list(new_keys))),
        )
        return int(row.lastrowid or 0)

    def name(self, job: int, import_id: int) -> None:
        """Note Copernica's id of an import."""
        self._db.execute("UPDATE import_job SET import_id = ? WHERE job = ?", (import_id, job))

    def close(self, job: int) -> None:
        """Forget an import that was seen to end."""
        self._db.execute("DELETE FROM import_job WHERE job = ?", (job,))

    def still_open(self, places: Iterable[str]) -> list[ImportJob]:
        """Imports into these places that were not seen to end."""
        rows = self._db.execute(
            "SELECT job, place, import_id, sent_at, new_keys FROM import_job ORDER BY job"
        ).fetchall()
        wanted = set(places)
        return [
            ImportJob(row[0], row[1], row[2], row[3], json.loads(row[4])) for row in rows if row[1] in wanted
        ]
