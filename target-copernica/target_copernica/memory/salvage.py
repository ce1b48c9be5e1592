"""Replacing a ledger: the old one is kept, and what Copernica cannot tell is taken over from it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final

from target_copernica.memory.files import named

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["is_sound", "replaced", "take_over"]

_EVENTS: Final = ("api_event", "api_cart_line")
_TAKEN_OVER: Final = ("meta", "month", "unmapped", "import_job", "maybe_gone", *_EVENTS)
"""The account, calls spent, schemas of streams without a mapping, imports under way, deletions to come, and
what Copernica's events API was told."""


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Move a ledger away for a new one; it comes back if that is not made.

    Args:
        path: The file, or whatever stands there by now.

    Yields:
        Where it is kept, if there was one.

    Raises:
        SettingsError: It cannot be moved.
    """
    aside = path.with_name(f"{path.name}.damaged")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.damaged.{number}")
    with named(path):
        _move(path, aside)
    try:
        yield aside
    except BaseException:
        if aside.exists():
            _move(aside, path)
        raise


def _move(path: Path, to: Path) -> None:
    """Move a ledger, with the journal of a write that a kill cut off: without it the file cannot be read."""
    for suffix in ("-journal", ""):
        file = path.with_name(path.name + suffix)
        target = to.with_name(to.name + suffix)
        if file.exists():
            file.replace(target)
        elif suffix:
            target.unlink(missing_ok=True)


def is_sound(ledger: Path) -> bool:
    """Whether every page of a ledger can be read."""
    if not ledger.is_file():
        return False
    try:
        with closing(sqlite3.connect(ledger)) as db:
            return bool(db.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)])
    except sqlite3.DatabaseError:
        return False


def take_over(db: sqlite3.Connection, old: Path) -> None:
    """Copy what an old ledger still tells and Copernica does not.

    Args:
        db: The new ledger.
        old: The old one; it may be no ledger at all.
    """
    if not old.is_file():
        return
    damaged = set()
    with closing(sqlite3.connect(old)) as source:
        for table in _TAKEN_OVER:
            known = {row[1] for row in db.execute(f"PRAGMA table_info({table})")}
            try:
                cursor = source.execute(f"SELECT * FROM {table}")  # noqa: S608 - names of ours
                names = [column[0] for column in cursor.description]
                rows = cursor.fetchall()
            except sqlite3.DatabaseError:
                damaged.add(table)
                continue
            if known.issuperset(names):
                values = ", ".join("?" * len(names))
                statement = f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({values})"  # noqa: S608 - likewise
                db.executemany(statement, (row for row in rows if all(map(_is_whole, row))))
    if damaged.intersection(_EVENTS):  # what was told is unknown: there are events from the next run on only
        db.execute("DELETE FROM meta WHERE name = 'api_events'")
    db.execute("DELETE FROM meta WHERE name = 'consent_read'")  # who opted out is read again from its file


def _is_whole(value: object) -> bool:
    """Whether a value can be read: JSON of a damaged page must not stop each run to come."""
    if not isinstance(value, str) or not value.startswith(("{", "[")):
        return True
    try:
        json.loads(value)
    except ValueError:
        return False
    return True
