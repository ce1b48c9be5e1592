"""What the ledger keeps of runs: how each ended, what was spent, which streams came without a mapping."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

__all__ = ["WHOLE", "Journal", "LastRun", "PlaceCount"]

WHOLE: Final = timedelta(days=35)
"""How long the summary of a run is kept whole: with many streams that is 1.4 kB, and 100,000 runs a year."""


@dataclass(frozen=True, slots=True)
class LastRun:
    """The run that began last.

    Attributes:
        run: Its number.
        started: When, by the server's time, ISO.
        ended: When; None where it was cut off.
        exit_code: Of the process; None where it was cut off.
        cause: Why it ended, in one line.
        summary: Its line for machines.
    """

    run: int
    started: str
    ended: str | None
    exit_code: int | None
    cause: str | None
    summary: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class PlaceCount:
    """How much is known of a database or collection.

    Attributes:
        name: Its name.
        known: How many profiles or subprofiles are known in it.
        removed: How many were found removed in Copernica.
    """

    name: str
    known: int
    removed: int


class Journal:
    """A part of the ledger.

    Args:
        db: The ledger's file.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    # Calls --------------------------------------------------------------------------------

    def calls_of(self, month: str) -> int:
        """How many calls were made in a month (`YYYY-MM`)."""
        row = self._db.execute("SELECT calls FROM month WHERE month = ?", (month,)).fetchone()
        return int(row[0]) if row else 0

    def add_calls(self, month: str, calls: int) -> None:
        """Add to the calls of a month."""
        self._db.execute(
            "INSERT INTO month VALUES (?, ?) ON CONFLICT DO UPDATE SET calls = calls + excluded.calls",
            (month, calls),
        )

    # Schemas of streams -------------------------------------------------------------------------

    def know_schema(
        self, stream: str, schema: Mapping[str, Any], key: Sequence[str], *, is_mapped: bool
    ) -> None:
        """Keep the schema of a stream: a refused record of it may be replayed.

        Args:
            stream: Its name.
            schema: Its JSON schema.
            key: Its key.
            is_mapped: Whether a mapping says where it goes; else its database is made of the schema.
        """
        row = (stream, json.dumps(schema, default=str), json.dumps(list(key)), is_mapped)
        known = self._db.execute(
            "SELECT stream, schema, key, mapped FROM unmapped WHERE stream = ?", (stream,)
        ).fetchone()
        if known != row:
            self._db.execute("INSERT OR REPLACE INTO unmapped VALUES (?, ?, ?, ?)", row)

    def schemas(self, *, mapped: bool = False) -> list[tuple[str, dict[str, Any], list[str]]]:
        """Stream, schema and key of all streams without a mapping, or of all with one."""
        rows = self._db.execute(
            "SELECT stream, schema, key FROM unmapped WHERE mapped = ? ORDER BY stream", (mapped,)
        ).fetchall()
        return [(row[0], json.loads(row[1]), json.loads(row[2])) for row in rows]

    def schema_of(self, stream: str) -> tuple[dict[str, Any], list[str]]:
        """Schema and key as they were last; empty where nothing is known."""
        row = self._db.execute("SELECT schema, key FROM unmapped WHERE stream = ?", (stream,)).fetchone()
        return (json.loads(row[0]), json.loads(row[1])) if row else ({}, [])

    # Runs ---------------------------------------------------------------------------------

    def begin_run(self, now: str, name: str | None = None) -> int:
        """Note that a run begins; the first of a day drops the counts by stream of runs older than `WHOLE`.

        Args:
            now: When, by the server's time, ISO.
            name: Its id in the record of what started it.

        Returns:
            Its number.
        """
        last = self._db.execute("SELECT started FROM run ORDER BY run DESC LIMIT 1").fetchone()
        if last is not None and last[0][:10] != now[:10]:
            self._shorten((datetime.fromisoformat(now) - WHOLE).isoformat(timespec="seconds"))
        made = self._db.execute("INSERT INTO run (started, id) VALUES (?, ?)", (now, name))
        return int(made.lastrowid or 0)

    def _shorten(self, before: str) -> None:
        """Drop the counts by stream of runs that began before a time."""
        rows = self._db.execute(
            "SELECT run, started, ended, exit_code, cause, "
            "json_remove(summary, '$.streams', '$.calls_by_kind'), id "
            "FROM run WHERE started < ? AND json_type(summary, '$.streams') IS NOT NULL",
            (before,),
        ).fetchall()
        if not rows:
            return
        self._db.execute("BEGIN IMMEDIATE")
        # A row that is only made shorter leaves its page to itself: no room in the file would be gained.
        self._db.executemany("DELETE FROM run WHERE run = ?", [row[:1] for row in rows])
        self._db.executemany("INSERT INTO run VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        self._db.execute("COMMIT")

    def name_of(self, run: int) -> str | None:
        """The id of a run in the record of what started it; None where it gave none, or is not known."""
        row = self._db.execute("SELECT id FROM run WHERE run = ?", (run,)).fetchone()
        return None if row is None or row[0] is None else str(row[0])

    def end_run(self, run: int, now: str, exit_code: int, cause: str, summary: dict[str, Any]) -> None:
        """Note how a run ended, and why."""
        self._db.execute(
            "UPDATE run SET ended = ?, exit_code = ?, cause = ?, summary = ? WHERE run = ?",
            (now, exit_code, cause, json.dumps(summary), run),
        )

    def busiest_runs(self, today: str) -> list[int]:
        """How many writes to people may have started follow-ups in the busiest run of each day.

        Args:
            today: A date, ISO. Only earlier days of the same weekday count.
        """
        rows = self._db.execute(
            "SELECT max(json_extract(summary, '$.followups_people')) FROM run WHERE date(started) < ? "
            "AND strftime('%w', started) = strftime('%w', ?) AND json_type(summary, '$.followups_people') "
            "IS NOT NULL GROUP BY date(started)",
            (today, today),
        )
        return [int(row[0]) for row in rows]

    def allow_once(self, now: str) -> None:
        """The next run may pass the mail brake.

        Args:
            now: When that was said, ISO.
        """
        self._db.execute("INSERT OR REPLACE INTO meta VALUES ('pass_once', ?)", (now,))

    def is_allowed_once(self, since: str) -> bool:
        """Whether that was said, and not before `since` (ISO)."""
        row = self._db.execute("SELECT value FROM meta WHERE name = 'pass_once'").fetchone()
        return row is not None and str(row[0]) >= since

    def end_pass(self) -> None:
        """The run that was allowed has ended well."""
        self._db.execute("DELETE FROM meta WHERE name = 'pass_once'")

    def run_at(self, moment: str) -> int | None:
        """Number of the run that was at work at a moment (ISO, UTC); None where none was."""
        row = self._db.execute(
            # Runs do not overlap: one that was killed, and has no end, was over when the next one began.
            "SELECT run FROM (SELECT run, ended FROM run WHERE started <= ? ORDER BY run DESC LIMIT 1) "
            "WHERE ended IS NULL OR ended >= ?",
            (moment, moment),
        ).fetchone()
        return int(row[0]) if row else None

    def last_run(self) -> LastRun | None:
        """The run that began last; None before the first."""
        row = self._db.execute(
            "SELECT run, started, ended, exit_code, cause, summary FROM run ORDER BY run DESC LIMIT 1"
        ).fetchone()
        if row is None:
            return None
        run, started, ended, exit_code, cause, summary = row
        return LastRun(run, started, ended, exit_code, cause, json.loads(summary or "null"))

    def overview(self) -> list[PlaceCount]:
        """Each place with the number of what is known there, and of what was found removed."""
        rows = self._db.execute(
            "SELECT name, count(key) - count(removed), count(removed) "
            "FROM place LEFT JOIN entry USING (place) GROUP BY place ORDER BY name"
        )
        return [PlaceCount(*row) for row in rows]

    def number_waiting(self) -> int:
        """How many fragments wait for what they belong to."""
        return int(self._db.execute("SELECT count(*) FROM waiting").fetchone()[0])
