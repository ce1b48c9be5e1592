"""Which follow-ups would have run: noted with every write, to see what a campaign would have mailed.

Triggers: docs/api/copernica.md, section 13.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import sqlite3

    from sandbox.copernica.places import Place
    from sandbox.copernica.session import Session

KEY_FIELD: Final = "external_key"
"""The field that names a record in the notes, where there is one."""

_COLUMNS: Final = (
    "at", "trigger", "route", "runs", "database", "collection", "profile", "subprofile", "import", "path",
    "fields", "key",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to a record.

    Attributes:
        name: `created`, `changed` or `removed`.
        record: The record's id.
        profile: Id of its profile, for a subprofile.
        key: Its key.
        fields: Names of the fields that moved.
    """

    name: str
    record: int
    profile: int | None
    key: str | None
    fields: tuple[str, ...] = ()


def note(session: Session, place: Place, event: Event) -> None:
    """Write down one follow-up.

    Args:
        session: Clock, route, whether it runs.
        place: The database or collection of the record.
        event: What happened.
    """
    sub = place.kind == "collection"
    session.db.execute(
        f"INSERT INTO followups ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})",  # noqa: S608 - constants
        (
            session.now.isoformat(),
            f"{'subprofile' if sub else 'profile'} {event.name}",
            session.route,
            session.runs,
            place.database,
            place.id if sub else None,
            event.profile if sub else event.record,
            event.record if sub else None,
            session.import_id,
            session.path,
            json.dumps(event.fields),
            event.key,
        ),
    )


def listed(db: sqlite3.Connection, since: int) -> list[dict[str, Any]]:
    """What was noted after a number, in order.

    Args:
        db: The open transaction.
        since: The last `seq` that is known.
    """
    rows = db.execute("SELECT * FROM followups WHERE seq > ? ORDER BY seq", (since,))
    return [dict(row) | {"runs": bool(row["runs"]), "fields": json.loads(row["fields"])} for row in rows]
