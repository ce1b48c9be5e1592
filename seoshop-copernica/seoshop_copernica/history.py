"""The record of a shop's runs: SQLite, with views that any reader of SQLite can open (`docs/fleet.md`)."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from seoshop_copernica.errors import TroubleError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["KEEP", "Figures", "History", "moment"]

KEEP: Final = timedelta(days=100)
"""How long a run is remembered: this month and the last two."""

_VERSION: Final = 4
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS run (
    run INTEGER PRIMARY KEY,
    runner TEXT NOT NULL,          -- pipe or meltano
    started TEXT NOT NULL,         -- UTC, by this machine's clock
    ended TEXT,                    -- empty: at work, or cut off
    code INTEGER,                  -- exit code, see docs/fleet.md
    cause TEXT,                    -- why it ended, in one line
    records INTEGER,               -- read by the tap
    written INTEGER,               -- made or changed in Copernica
    orders INTEGER,                -- orders made in Copernica
    rejected INTEGER,              -- records refused in this run
    waiting INTEGER,               -- rejects that wait in the file
    followups INTEGER,             -- writes that may have started follow-ups
    requests INTEGER,              -- to the shop
    calls INTEGER,                 -- to Copernica
    true_to TEXT,                  -- Copernica holds what the shop held at this moment, by the shop's clock
    load_done INTEGER,             -- first load of order rows: orders done,
    load_total INTEGER,            -- of so many,
    load_eta TEXT,                 -- and when all are done at this pace
    owed INTEGER,                  -- changed orders whose rows are still to be read
    quota TEXT,                    -- the shop's three windows as last seen, JSON
    cpu REAL,                      -- seconds of CPU of both programs
    memory INTEGER,                -- most memory of either, KiB
    target_run INTEGER,            -- number of the run in the target's ledger
    month_calls INTEGER            -- to Copernica in this month, by the ledger: also of runs that were killed
);
CREATE INDEX IF NOT EXISTS run_started ON run (started);
CREATE VIEW IF NOT EXISTS runs AS SELECT
    run, runner, started, ended, round((julianday(ended) - julianday(started)) * 86400, 1) AS seconds,
    CASE WHEN ended IS NULL THEN 'at work or cut off' WHEN code = 0 THEN 'done'
         WHEN code > 128 THEN 'stopped' ELSE 'failed' END AS outcome,
    code, cause, records, written, orders, rejected, waiting, followups, requests, calls, true_to, cpu, memory
    FROM run ORDER BY run DESC;
CREATE VIEW IF NOT EXISTS days AS SELECT
    substr(started, 1, 10) AS day, count(*) AS runs, sum(code <> 0) AS failed, sum(records) AS records,
    sum(written) AS written, sum(orders) AS orders, sum(rejected) AS rejected, sum(requests) AS requests,
    sum(calls) AS calls, round(avg((julianday(ended) - julianday(started)) * 86400), 1) AS seconds,
    round(sum(cpu), 1) AS cpu, max(memory) AS memory
    FROM run GROUP BY day ORDER BY day DESC;
CREATE VIEW IF NOT EXISTS months AS SELECT
    substr(started, 1, 7) AS month, count(*) AS runs, sum(code <> 0) AS failed, sum(written) AS written,
    sum(orders) AS orders, sum(followups) AS followups, sum(requests) AS requests,
    max(coalesce(sum(calls), 0), coalesce(max(month_calls), 0)) AS calls
    FROM run GROUP BY month ORDER BY month DESC;
CREATE VIEW IF NOT EXISTS failures AS SELECT run, started, ended, code, cause
    FROM run WHERE code <> 0 ORDER BY run DESC;
CREATE TABLE IF NOT EXISTS alarm (
    cause TEXT NOT NULL,           -- see docs/reference/alarms.md
    line TEXT NOT NULL,            -- what was told
    since TEXT NOT NULL,           -- when it was told, UTC
    over TEXT                      -- when it was told that it is over; empty: it is not
);
CREATE TABLE IF NOT EXISTS reconciliation (
    ended TEXT NOT NULL,           -- UTC
    requests INTEGER NOT NULL,     -- to the shop
    calls INTEGER NOT NULL,        -- to Copernica
    differences INTEGER NOT NULL,  -- records that are not the same on both sides
    to_heal INTEGER NOT NULL       -- of these: not explained, or changed in Copernica by others
);
CREATE VIEW IF NOT EXISTS reconciliations AS SELECT * FROM reconciliation ORDER BY ended DESC;
CREATE VIEW IF NOT EXISTS alarms AS SELECT cause, line, since, over FROM alarm ORDER BY since DESC;
"""


_CHANGES: Final = {
    3: "ALTER TABLE run ADD COLUMN target_run INTEGER;",
    4: "ALTER TABLE run ADD COLUMN month_calls INTEGER; DROP VIEW IF EXISTS months;",
}
"""What each later version changed in a file of an earlier one."""


class Figures(msgspec.Struct, kw_only=True):
    """What a run did. See the table `run` for each; None where it is not known."""

    records: int = 0
    written: int = 0
    orders: int = 0
    rejected: int = 0
    waiting: int | None = None
    followups: int | None = None
    requests: int = 0
    calls: int = 0
    true_to: str | None = None
    load_done: int | None = None
    load_total: int | None = None
    load_eta: str | None = None
    owed: int | None = None
    quota: str | None = None
    cpu: float | None = None
    memory: int | None = None
    target_run: int | None = None
    month_calls: int | None = None


class Row(Figures, kw_only=True):
    """A run as it is remembered."""

    run: int
    runner: str
    started: str
    ended: str | None = None
    code: int | None = None
    cause: str | None = None


def moment(time: datetime | None = None) -> str:
    """A time as the record writes it; now by default."""
    return (time or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")


class History:
    """The runs of one shop.

    Args:
        file: Where they stand; made when the first one begins.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def begin(self, runner: str, now: datetime | None = None) -> int:
        """A run begins; what is older than `KEEP` is forgotten.

        Args:
            runner: `pipe` or `meltano`.
            now: The time; by default this machine's.

        Returns:
            Its number.

        Raises:
            TroubleError: The file cannot be used.
        """
        now = now or datetime.now(UTC)
        with self._open() as db:
            db.execute("DELETE FROM run WHERE started < ?", (moment(now - KEEP),))
            db.execute("DELETE FROM alarm WHERE over < ?", (moment(now - KEEP),))
            db.execute("DELETE FROM reconciliation WHERE ended < ?", (moment(now - KEEP),))
            made = db.execute("INSERT INTO run (runner, started) VALUES (?, ?)", (runner, moment(now)))
            return int(made.lastrowid or 0)

    def end(self, run: int, code: int, cause: str, figures: Figures, now: datetime | None = None) -> None:
        """A run ended.

        Args:
            run: Its number.
            code: Exit code.
            cause: In one line.
            figures: What it did.
            now: The time; by default this machine's.

        Raises:
            TroubleError: The file cannot be used.
        """
        values = {"ended": moment(now), "code": code, "cause": cause, **msgspec.structs.asdict(figures)}
        named = ", ".join(f"{name} = :{name}" for name in values)
        with self._open() as db:
            db.execute(f"UPDATE run SET {named} WHERE run = :run", {**values, "run": run})  # noqa: S608  # names of ours

    def forget(self, run: int) -> None:
        """A run was none: another one was at work.

        Raises:
            TroubleError: The file cannot be used.
        """
        with self._open() as db:
            db.execute("DELETE FROM run WHERE run = ?", (run,))

    def last(self, where: str = "TRUE", number: int = 1) -> list[Row]:
        """The newest runs, newest first.

        Args:
            where: An SQL condition; never text from outside.
            number: How many at most.
        """
        return [
            msgspec.convert({name: value for name, value in row.items() if value is not None}, Row)
            for row in self.ask(f"SELECT * FROM run WHERE {where} ORDER BY run DESC LIMIT ?", number)  # noqa: S608
        ]

    def orders(self) -> list[datetime]:
        """When runs began that made new orders in Copernica, the first load left out; oldest first."""
        rows = self.ask(
            "SELECT started FROM run WHERE orders > 0 AND load_done IS load_total AND run > "
            "(SELECT min(run) FROM run WHERE orders > 0) ORDER BY run"
        )
        return [datetime.fromisoformat(row["started"]) for row in rows]

    def alarms(self) -> dict[str, str]:
        """The alarms that were told and are not over: since when, by cause."""
        return {
            row["cause"]: row["since"]
            for row in self.ask("SELECT cause, since FROM alarm WHERE over IS NULL")
        }

    def alarm_begins(self, cause: str, line: str, now: datetime) -> None:
        """Note that an alarm was told.

        Args:
            cause: Its name.
            line: What was said.
            now: The time.
        """
        with self._open() as db:
            db.execute("INSERT INTO alarm (cause, line, since) VALUES (?, ?, ?)", (cause, line, moment(now)))

    def alarm_is_over(self, cause: str, now: datetime) -> None:
        """Note that it was told that an alarm is over.

        Args:
            cause: Its name.
            now: The time.
        """
        with self._open() as db:
            db.execute("UPDATE alarm SET over = ? WHERE cause = ? AND over IS NULL", (moment(now), cause))

    def reconciled(
        self, requests: int, calls: int, differences: int, to_heal: int, now: datetime | None = None
    ) -> None:
        """Note what a reconciliation cost and found; see the table for each."""
        row = (moment(now), requests, calls, differences, to_heal)
        with self._open() as db:
            db.execute("INSERT INTO reconciliation VALUES (?, ?, ?, ?, ?)", row)

    def ask(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Rows of a query; none where no run has begun yet.

        Raises:
            TroubleError: The file cannot be used.
        """
        if not self._file.exists():
            return []
        with self._open() as db:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute(query, values)]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._file.exists():
                os.close(os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
            with closing(sqlite3.connect(self._file, timeout=30)) as db, db:
                if _version(db) > _VERSION:
                    raise TroubleError(
                        f"{self._file} was written by a later version of seoshop-copernica: update this one"
                    )
                _bring_up(db)
                yield db
        except OSError as error:
            raise TroubleError(f"{self._file}: {error.strerror}") from None
        except sqlite3.Error as error:
            raise TroubleError(
                f"{self._file}: {error}; move the file away, and the record begins anew"
            ) from None


def _bring_up(db: sqlite3.Connection) -> None:
    """Make the tables, or those that an earlier version did not have."""
    if (found := _version(db)) == _VERSION:
        return
    changes = " ".join(change for version, change in _CHANGES.items() if 0 < found < version)
    try:
        db.executescript(f"BEGIN IMMEDIATE; {changes} {_SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT;")
    except sqlite3.OperationalError:
        db.rollback()
        if _version(db) != _VERSION:  # else another process was first
            raise


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])
