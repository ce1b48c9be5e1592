"""Copernica's imports: what was sent, and what became of its rows."""

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Import:
    """One import.

    Attributes:
        id: its id.
        name: as its sender called it.
        database: where it went: an id.
        action: such as `update or add`.
        followups: whether its follow-ups ran.
        total: its rows.
        status: `finished`, `running` or `waiting`.
        done: when it ended, as Copernica prints it; None before.
        outcomes: per row what became of it, once it has ended.
    """

    id: int
    name: str
    database: int
    action: str
    followups: bool
    total: int
    status: str
    done: str | None
    outcomes: Sequence[Mapping[str, Any]]

    @property
    def profiles(self) -> str:
        """What was done to profiles, counted."""
        return _counted(one.get("did") for one in self.outcomes)

    @property
    def subprofiles(self) -> str:
        """What was done to subprofiles, counted."""
        return _counted(one.get("sub_did") for one in self.outcomes)


def count(db: sqlite3.Connection) -> int:
    """How many imports there are."""
    return int(db.execute("SELECT count(*) FROM imports").fetchone()[0])


def listed(db: sqlite3.Connection, now: datetime, start: int, size: int) -> list[Import]:
    """Imports, newest first, with the outcomes of their rows."""
    rows = db.execute("SELECT * FROM imports ORDER BY id DESC LIMIT ? OFFSET ?", (size, start))
    return [_import(row, now, row["outcomes"]) for row in rows]


def newest(db: sqlite3.Connection, now: datetime, size: int) -> list[Import]:
    """The newest imports, without the outcomes of their rows, of which there may be a million."""
    rows = db.execute(
        "SELECT id, database, name, options, total, starts, done FROM imports ORDER BY id DESC LIMIT ?",
        (size,),
    )
    return [_import(row, now, None) for row in rows]


def read(db: sqlite3.Connection, now: datetime, identifier: int) -> Import | None:
    """One import; None when there is none of this id."""
    row = db.execute("SELECT * FROM imports WHERE id = ?", (identifier,)).fetchone()
    return _import(row, now, row["outcomes"]) if row else None


def _import(row: sqlite3.Row, now: datetime, outcomes: str | None) -> Import:
    options = json.loads(row["options"])
    running = row["starts"] is not None and now.timestamp() >= row["starts"]
    return Import(
        id=row["id"],
        name=row["name"],
        database=row["database"],
        action=options["action"],
        followups=bool(options["followups"]),
        total=row["total"],
        status="finished" if row["done"] else "running" if running else "waiting",
        done=row["done"],
        outcomes=json.loads(outcomes or "[]"),
    )


def _counted(words: Any) -> str:  # noqa: ANN401 - words, None among them
    counts = Counter(word for word in words if word)
    return ", ".join(f"{number:,} {word}" for word, number in counts.most_common())
