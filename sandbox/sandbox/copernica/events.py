"""The events API: each event is kept as it came, nothing hangs on it (docs/api/copernica.md, section 13b).

The pages [D2] tell which properties an event needs; others may come with it. What it answers is not known:
here it is what a POST answers that makes nothing with an id.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.copernica import answers
from sandbox.copernica.answers import ApiError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from sandbox.copernica.answers import Answer
    from sandbox.copernica.calls import Call


def taking(kind: str, *needed: str) -> Callable[[Call], Answer]:
    """`POST events/{kind}`.

    Args:
        kind: Of the event, `user/register`.
        needed: Properties that it must have; `email` must be an address.

    Returns:
        A handler that refuses an event without one of them, and keeps it otherwise.
    """

    def take(call: Call) -> Answer:
        missing = not all(call.text(name).strip() for name in needed)
        if missing or ("email" in needed and "@" not in call.text("email")):
            raise ApiError("Invalid data provided")
        call.db.execute(
            "INSERT INTO events (at, kind, body) VALUES (?, ?, ?)",
            (call.session.now.isoformat(), kind, json.dumps(call.properties)),
        )
        return answers.created_unnamed()

    return take


def listed(db: sqlite3.Connection) -> list[dict[str, Any]]:
    """All that came, in order."""
    rows = db.execute("SELECT * FROM events ORDER BY seq")
    return [dict(row) | {"body": json.loads(row["body"])} for row in rows]
