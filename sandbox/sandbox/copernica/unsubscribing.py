"""What happens on an unsubscribe, and doing it (docs/api/copernica.md, section 11)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sandbox.copernica import answers, optouts, places, profiles, records, search
from sandbox.copernica.answers import ApiError
from sandbox.copernica.selection import selected_for_writing

if TYPE_CHECKING:
    import sqlite3

    from sandbox.copernica.answers import Answer
    from sandbox.copernica.calls import Call
    from sandbox.copernica.places import Place
    from sandbox.copernica.records import Record
    from sandbox.copernica.session import Session

NOTHING: Final = "nothing"
BEHAVIORS: Final = (NOTHING, "remove", "update")


def read(call: Call) -> Answer:
    """`GET database/{database}/unsubscribe`, `GET collection/{collection}/unsubscribe`."""
    behavior, fields = _setting(call.db, _place(call))
    return answers.body({"behavior": behavior, "fields": fields or []})


def update(call: Call) -> Answer:
    """`PUT database/{database}/unsubscribe`: a body without `behavior` sets nothing.

    Raises:
        ApiError: A behaviour that there is not.
    """
    place = _place(call)
    if "behavior" in call.properties:
        behavior, fields = call.text("behavior").lower(), call.properties.get("fields")
        if behavior not in BEHAVIORS:
            raise ApiError("Invalid data provided")
        call.db.execute(
            "INSERT OR REPLACE INTO unsubscribe VALUES (?, ?, ?, ?)",
            (place.kind, place.id, behavior, json.dumps(fields if isinstance(fields, dict) else {})),
        )
    return answers.changed(call.session.switch("put_answer"), call.url)


def one(call: Call) -> Answer:
    """`PUT profile/{profile}/unsubscribe`, `PUT subprofile/{subprofile}/unsubscribe`."""
    kind = "profile" if "profile" in call.path else "subprofile"
    record = records.read(call.db, f"{kind}s", call.path[kind])
    if record is None:
        raise ApiError(
            "No entity with supplied ID" if kind == "profile" else "No subprofile with supplied ID"
        )
    find = places.database if kind == "profile" else places.collection
    carry_out(call.session, find(call.db, str(record.place)), record)
    return answers.changed(call.session.switch("put_answer"), call.url)


def many(call: Call) -> Answer:
    """`PUT database/{database}/unsubscribes?fields[]=`: all that match, which can be all that there are."""
    place = _place(call)
    matching = list(search.find(call.db, place, selected_for_writing(call, place)))
    for record in matching:
        carry_out(call.session, place, record)
    return answers.changed(call.session.switch("put_answer"), call.url, many=bool(matching))


def carry_out(session: Session, place: Place, record: Record) -> None:
    """Do to a (sub)profile what is set for its place.

    Args:
        session: Who unsubscribes it.
        place: Its database or collection.
        record: One that was removed already is left alone.
    """
    behavior, fields = _setting(session.db, place)
    if record.removed:
        return
    if behavior == "update":
        records.change(session, place, record, fields)
    elif behavior == "remove" and place.kind == "database":
        profiles.remove(session, place, record)
    elif behavior == "remove":
        records.remove(session, place, record)


def on_demand(session: Session, record: Record, system: str, kind: str) -> None:
    """A person opts out, as by the link in a mail or by a complaint: it is listed and carried out.

    Args:
        session: Of the sandbox's own.
        record: The profile.
        system: One of `optouts.SYSTEMS`.
        kind: One of `optouts.KINDS`.

    Raises:
        ValueError: There is no such list.
    """
    if system not in optouts.SYSTEMS or kind not in optouts.KINDS:
        raise ValueError("no such list")
    optouts.note(session, record, system, kind, "link")
    carry_out(session, places.database(session.db, str(record.place)), record)


def _setting(db: sqlite3.Connection, place: Place) -> tuple[str, dict[str, Any]]:
    row = db.execute(
        "SELECT behavior, fields FROM unsubscribe WHERE kind = ? AND place = ?", (place.kind, place.id)
    ).fetchone()
    return (row["behavior"], json.loads(row["fields"])) if row else (NOTHING, {})


def _place(call: Call) -> Place:
    if "database" in call.path:
        return places.database(call.db, call.path["database"])
    return places.collection(call.db, call.path["collection"])
