"""Imports as a queue: taken in, told about, and carried out when their time has come.

Asynchronous as in docs/api/copernica.md, section 10: an import takes time by the sandbox's clock, and is
carried out at the first request after that time, as of that time.
"""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from sandbox.copernica import answers, places
from sandbox.copernica.answers import ApiError
from sandbox.copernica.importing import ACTIONS, Plan, carry_out
from sandbox.copernica.session import Session
from sandbox.copernica.structure import flag
from sandbox.copernica.switches import chosen
from sandbox.copernica.zone import stamp

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from sandbox.copernica.answers import Answer
    from sandbox.copernica.calls import Call

_DELIMITERS: Final = {"tab": "\t", "\t": "\t", ",": ",", ";": ";"}


def create(call: Call) -> Answer:
    """`POST imports`."""
    sent = call.properties
    place = places.database(call.db, call.text("database"))
    action = call.text("action", "add")
    if action not in ACTIONS:
        raise ApiError("Invalid data provided")
    columns, rows = _source(call)
    keys = sent.get("keyFields")
    options = {
        "action": action,
        "keys": [str(key) for key in keys] if isinstance(keys, list) else [],
        "followups": flag(sent.get("followups", False)),
        "ignore_empty": flag(sent.get("ignoreEmptyFields", False)),
        "remove_missing": flag(sent.get("removeMissing", False)),
        "delete_target": call.text("deleteTarget", "profile"),
        "fails": call.settings.imports_end == "halfway",
    }
    starts = call.session.now.timestamp() if flag(sent.get("autostart", True)) else None
    endless = call.settings.imports_end == "never"
    ends = None if starts is None or endless else starts + _seconds(call.settings.import_seconds, len(rows))
    cursor = call.db.execute(
        "INSERT INTO imports (database, name, options, source, total, starts, ends)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            place.id,
            call.text("name"),
            json.dumps(options),
            json.dumps([columns, rows], ensure_ascii=False),
            len(rows),
            starts,
            ends,
        ),
    )
    new_id = int(cursor.lastrowid or 0)
    if call.session.switch("import_answer") == "none":
        return answers.created_unnamed()
    return answers.created(call.address(f"import/{new_id}"), new_id)


def read(call: Call) -> Answer:
    """`GET import/{import}`."""
    row = call.db.execute(
        "SELECT * FROM imports WHERE CAST(id AS TEXT) = ?", (call.path["import"],)
    ).fetchone()
    if row is None:
        raise ApiError("No entity with supplied ID")
    return answers.body(_form(row, call.session.now, call.session.switches))


def settle(db: sqlite3.Connection, now: datetime, switches: Mapping[str, str]) -> None:
    """Carry out every import whose time has come, as of that time.

    Args:
        db: The open transaction.
        now: The clock.
        switches: The setting.
    """
    due = db.execute(
        "SELECT * FROM imports WHERE done IS NULL AND ends <= ? ORDER BY ends, id", (now.timestamp(),)
    ).fetchall()
    for row in due:
        options = json.loads(row["options"])
        columns, rows = json.loads(row["source"])
        at = datetime.fromtimestamp(row["ends"], UTC)
        session = Session(db, at, switches, "import", runs=options["followups"], import_id=row["id"])
        if options.get("fails"):
            rows = rows[: len(rows) // 2]
        results = carry_out(session, Plan(places.database(db, str(row["database"])), columns, rows, options))
        db.execute(
            "UPDATE imports SET done = ?, outcomes = ?, source = NULL WHERE id = ?",
            (stamp(at), json.dumps(results), row["id"]),
        )


def outcomes(db: sqlite3.Connection, now: datetime, switches: Mapping[str, str]) -> list[dict[str, Any]]:
    """All imports with what became of their rows, which the API does not tell."""
    rows = db.execute("SELECT * FROM imports ORDER BY id").fetchall()
    return [
        _form(row, now, switches)
        | {
            "database": row["database"],
            "options": json.loads(row["options"]),
            "rows": json.loads(row["outcomes"] or "[]"),
        }
        for row in rows
    ]


def _form(row: sqlite3.Row, now: datetime, switches: Mapping[str, str]) -> dict[str, Any]:
    """An import as the API shows it."""
    ended = row["done"] is not None
    options = json.loads(row["options"])
    failed = ended and bool(options.get("fails"))
    tells = ended and chosen(switches, "import_end_state") == "finished"
    running = not ended and row["starts"] is not None and now.timestamp() > row["starts"]
    return {
        "ID": str(row["id"]),
        "name": row["name"],
        "type": options["action"],
        "status": "failed"
        if failed
        else "finished"
        if tells
        else "running"
        if running
        else "ready for start",
        "totallines": str(row["total"]),
        "processedLines": str(_processed(row, now, ended=ended, failed=failed)),
        "lastrun": row["done"] if tells else False,
        "nextrun": False,
        "lasterror": "The import was aborted" if failed else False,
    }


def _processed(row: sqlite3.Row, now: datetime, *, ended: bool, failed: bool) -> int:
    """Lines done so far; never all before the end."""
    total = int(row["total"])
    if ended:
        return total // 2 if failed else total
    if row["starts"] is None or row["ends"] is None or row["ends"] <= row["starts"]:
        return 0
    share: float = (now.timestamp() - row["starts"]) / (row["ends"] - row["starts"])
    return max(0, min(int(total * share), total - 1))


def _seconds(setting: float, rows: int) -> float:
    """How long an import takes: the setting for 1,000 rows, half of it for next to none."""
    return setting * (0.5 + rows / 2000)


def _source(call: Call) -> tuple[list[str], list[list[Any]]]:
    """Columns and rows. The columns of the **first** row count for all.

    A row with its columns in another order therefore puts its values into the wrong ones: the documentation
    says that it "will not work".
    """
    source = call.properties.get("source")
    if isinstance(source, str) and call.text("format", "json").lower() == "csv":
        delimiter = _DELIMITERS.get(call.text("delimiter", ","), ",")
        header, *lines = list(csv.reader(io.StringIO(source), delimiter=delimiter, escapechar="\\")) or [[]]
        return header, [_fitted(list[Any](line), len(header)) for line in lines if line]
    if isinstance(source, str):
        try:
            source = json.loads(source)
        except ValueError:
            raise ApiError("Invalid data provided") from None
    if not isinstance(source, list) or not all(isinstance(row, dict) for row in source):
        # A `location` would be fetched by Copernica; the sandbox makes no calls.
        raise ApiError("Invalid data provided")
    columns = list(source[0]) if source else []
    return columns, [_fitted(list(row.values()), len(columns)) for row in source]


def _fitted(values: list[Any], width: int) -> list[Any]:
    return (values + [""] * width)[:width]
