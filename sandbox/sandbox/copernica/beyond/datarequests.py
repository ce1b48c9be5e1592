"""Requests for all data of a person: pending for a while, then there (docs/api/copernica.md, section 13)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sandbox.copernica import answers, places, records, search
from sandbox.copernica.answers import ApiError
from sandbox.copernica.profiles import profile_form
from sandbox.copernica.subprofiles import subprofile_form

if TYPE_CHECKING:
    import sqlite3

    from sandbox.copernica.answers import Answer
    from sandbox.copernica.calls import Call
    from sandbox.copernica.records import Record

_NOT_THERE: Final = 404


def create(call: Call) -> Answer:
    """`POST profile/{profile}/datarequest`, `subprofile/{subprofile}/...`, `email/{address}/...`.

    A `report` address is kept and nothing is sent to it. It takes as long as an import.
    """
    kind = next(name for name in ("profile", "subprofile", "address") if name in call.path)
    if kind != "address" and records.read(call.db, f"{kind}s", call.path[kind]) is None:
        raise ApiError("No entity with supplied ID")
    ready = call.session.now.timestamp() + call.settings.import_seconds
    body = {"kind": kind, "subject": call.path[kind], "report": call.text("report"), "ready": ready}
    cursor = call.db.execute("INSERT INTO data_requests (body) VALUES (?)", (json.dumps(body),))
    new_id = int(cursor.lastrowid or 0)
    return answers.created(call.address(f"datarequest/{new_id}"), new_id)


def status(call: Call) -> Answer:
    """`GET datarequest/{request}/status`."""
    body = _found(call)
    if body is None:
        return answers.body({"status": "not available"})
    return answers.body({"status": "available" if _is_ready(call, body) else "pending"})


def data(call: Call) -> Answer:
    """`GET datarequest/{request}/data`: 404 until it is there."""
    body = _found(call)
    if body is None or not _is_ready(call, body):
        raise ApiError("No data available", _NOT_THERE)
    return answers.body({"profiles": [_all_of(call.db, one) for one in _meant(call.db, body)]})


def _found(call: Call) -> dict[str, Any] | None:
    row = call.db.execute(
        "SELECT body FROM data_requests WHERE CAST(id AS TEXT) = ?", (call.path["request"],)
    ).fetchone()
    return dict(json.loads(row["body"])) if row else None


def _is_ready(call: Call, body: dict[str, Any]) -> bool:
    return call.session.now.timestamp() >= float(body["ready"])


def _meant(db: sqlite3.Connection, body: dict[str, Any]) -> list[Record]:
    """The profiles that a request is about; for an address, all that have it in a field of type email."""
    if body["kind"] != "address":
        record = records.read(db, f"{body['kind']}s", body["subject"])
        if record is not None and body["kind"] == "subprofile":
            record = records.read(db, "profiles", str(record.profile))
        return [record] if record else []
    wanted = str(body["subject"]).lower()
    found = []
    for row in db.execute("SELECT id FROM databases ORDER BY id").fetchall():
        place = places.database(db, str(row["id"]))
        of_mail = [entry for entry in place.fields if entry.type == "email"]
        found += [
            record
            for record in search.find(db, place, ())
            if any(record.value(entry).lower() == wanted for entry in of_mail)
        ]
    return found


def _all_of(db: sqlite3.Connection, record: Record) -> dict[str, Any]:
    rows = db.execute(
        "SELECT * FROM subprofiles WHERE profile = ? AND removed IS NULL ORDER BY id", (record.id,)
    ).fetchall()
    below = [
        subprofile_form(places.collection(db, str(row["place"])), records.record_of(row)) for row in rows
    ]
    form = profile_form(db, places.database(db, str(record.place)), record)
    return {**form, "subprofiles": below}
