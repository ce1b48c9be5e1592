"""Which follow-ups would have run: noted with every write, so that a test can see what a campaign would have mailed.

Triggers: docs/api/copernica.md, section 13.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from sandbox.copernica.places import Place
    from sandbox.copernica.session import Session

__all__ = ["listed", "note"]

KEY_FIELD = "external_key"
"""The field that names a record to whoever reads the notes, where there is one."""


def note(
    session: Session,
    place: Place,
    record: tuple[int, int | None],
    event: str,
    fields: Iterable[str],
    key: str | None,
) -> None:
    """Write down one follow-up.

    Args:
        session: Clock, route, whether it runs.
        place: The database or collection of the record.
        record: Its id, and that of its profile for a subprofile.
        event: `created`, `changed` or `removed`.
        fields: Names of the fields that moved.
        key: The record's key.
    """
    thing, parent = record
    sub = place.kind == "collection"
    session.db.execute(
        "INSERT INTO followups (at, trigger, route, runs, database, collection, profile, subprofile, import, fields, key)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            session.now.isoformat(), f"{'subprofile' if sub else 'profile'} {event}", session.route, session.runs,
            place.database, place.id if sub else None, parent if sub else thing, thing if sub else None,
            session.import_id, json.dumps(list(fields)), key,
        ),
    )  # fmt: skip


def listed(db: sqlite3.Connection, since: int) -> list[dict[str, Any]]:
    """What was noted after a number, in order.

    Args:
        db: The open transaction.
        since: The last `seq` that is known.
    """
    rows = db.execute("SELECT * FROM followups WHERE seq > ? ORDER BY seq", (since,))
    return [dict(row) | {"runs": bool(row["runs"]), "fields": json.loads(row["fields"])} for row in rows]
