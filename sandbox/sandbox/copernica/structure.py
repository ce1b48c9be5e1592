"""Databases, collections, interests and intentions (docs/api/copernica.md, section 4)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from sandbox.copernica import answers, places
from sandbox.copernica.answers import ApiError
from sandbox.copernica.search import Paging
from sandbox.copernica.values import truth

if TYPE_CHECKING:
    import sqlite3

    from sandbox.copernica.answers import Answer
    from sandbox.copernica.calls import Call
    from sandbox.copernica.places import Place

_DATABASE_NAME: Final = re.compile(r"[A-Za-z0-9_]+")
_COLLECTION_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
"""Letters and underscores, says the documentation; its samples have hyphens, a client's fixture a digit."""

_NEEDED: Final = {"email": "email", "sms": "phone_gsm", "fax": "phone_fax"}


def paged(call: Call, data: list[Any]) -> Answer:
    """A list answer of a list that is short enough to be held whole."""
    paging = Paging.of(call.query)
    shown = data[paging.start :][: paging.limit] if paging.start >= 0 and paging.limit >= 0 else []
    return answers.body(
        answers.listing(
            shown, start=paging.start, limit=paging.limit, total=len(data) if paging.total else None
        )
    )


def flag(value: object) -> bool:
    """A boolean of a body, in JSON or as a form sends it."""
    return truth(value) if isinstance(value, str) else bool(value)


def databases(call: Call) -> Answer:
    """`GET databases`."""
    rows = call.db.execute("SELECT * FROM databases ORDER BY id").fetchall()
    return paged(call, [_shown(call, row) for row in rows])


def create_database(call: Call) -> Answer:
    """`POST databases`."""
    name = _free_name(call, _DATABASE_NAME, "databases", "database")
    cursor = call.db.execute(
        "INSERT INTO databases (name, description, archived, created) VALUES (?, ?, ?, ?)",
        (name, call.text("description"), flag(call.properties.get("archived")), call.session.stamp),
    )
    return _created(call, "database", cursor)


def free_database_name(call: Call) -> str:
    """The name in the body of a database to come.

    Raises:
        ApiError: It is not allowed, or taken.
    """
    return _free_name(call, _DATABASE_NAME, "databases", "database")


def database(call: Call) -> Answer:
    """`GET database/{database}`: all of its structure in one call."""
    place = places.database(call.db, call.path["database"])
    return answers.body(_shown(call, _row(call.db, "databases", place.id)))


def _shown(call: Call, row: sqlite3.Row) -> dict[str, Any]:
    form = places.database_form(call.db, row)
    hidden = () if call.session.switch("database_head") == "told" else ("description", "created")
    return {name: value for name, value in form.items() if name not in hidden}


def update_database(call: Call) -> Answer:
    """`PUT database/{database}`."""
    place = places.database(call.db, call.path["database"])
    row = _row(call.db, "databases", place.id)
    name = call.text("name", row["name"])
    if name.lower() != row["name"].lower():
        name = _free_name(call, _DATABASE_NAME, "databases", "database")
    archived = flag(call.properties.get("archived", row["archived"]))
    call.db.execute(
        "UPDATE databases SET name = ?, description = ?, archived = ? WHERE id = ?",
        (name, call.text("description", row["description"]), archived, place.id),
    )
    return _put(call)


def collections(call: Call) -> Answer:
    """`GET database/{database}/collections`."""
    place = places.database(call.db, call.path["database"])
    rows = call.db.execute("SELECT * FROM collections WHERE database = ? ORDER BY id", (place.id,)).fetchall()
    return paged(call, [places.collection_form(call.db, row) for row in rows])


def create_collection(call: Call) -> Answer:
    """`POST database/{database}/collections`."""
    place = places.database(call.db, call.path["database"])
    name = _free_name(call, _COLLECTION_NAME, "collections", "collection", place)
    cursor = call.db.execute(
        "INSERT INTO collections (database, name, description) VALUES (?, ?, ?)",
        (place.id, name, call.text("description")),
    )
    return _created(call, "collection", cursor)


def collection(call: Call) -> Answer:
    """`GET collection/{collection}`."""
    place = places.collection(call.db, call.path["collection"])
    return answers.body(places.collection_form(call.db, _row(call.db, "collections", place.id)))


def update_collection(call: Call) -> Answer:
    """`PUT collection/{collection}`."""
    place = places.collection(call.db, call.path["collection"])
    name = call.text("name", place.name)
    if name.lower() != place.name.lower():
        name = _free_name(
            call, _COLLECTION_NAME, "collections", "collection", places.database(call.db, str(place.database))
        )
    call.db.execute("UPDATE collections SET name = ? WHERE id = ?", (name, place.id))
    return _put(call)


def set_intentions(call: Call) -> Answer:
    """`PUT database/{database}/intentions`, `PUT collection/{collection}/intentions`: one not named stays.

    One whose field is missing cannot be switched on: it stays off without a word.
    """
    if "database" in call.path:
        place = places.database(call.db, call.path["database"])
    else:
        place = places.collection(call.db, call.path["collection"])
    table = "databases" if place.kind == "database" else "collections"
    stored = json.loads(_row(call.db, table, place.id)["intentions"])
    types = {field.type for field in place.fields}
    for name in places.INTENTIONS:
        if name in call.properties:
            stored[name] = flag(call.properties[name]) and _NEEDED.get(name, next(iter(types), "")) in types
    call.db.execute(f"UPDATE {table} SET intentions = ? WHERE id = ?", (json.dumps(stored), place.id))  # noqa: S608 - one of two names
    return _put(call)


def interests(call: Call) -> Answer:
    """`GET database/{database}/interests`."""
    place = places.database(call.db, call.path["database"])
    return paged(call, [places.interest_form(row) for row in places.interest_rows(call.db, place.id)])


def create_interest(call: Call) -> Answer:
    """`POST database/{database}/interests`."""
    place = places.database(call.db, call.path["database"])
    name = _free_name(call, re.compile(r".+"), "interests", "interest", place)
    cursor = call.db.execute(
        "INSERT INTO interests (database, name, grouped) VALUES (?, ?, ?)",
        (place.id, name, call.text("group")),
    )
    return _created(call, "interest", cursor)


def update_interest(call: Call) -> Answer:
    """`PUT interest/{interest}`."""
    row = _interest(call)
    name, group = call.text("name", row["name"]), call.text("group", row["grouped"])
    call.db.execute("UPDATE interests SET name = ?, grouped = ? WHERE id = ?", (name, group, row["id"]))
    return _put(call)


def delete_interest(call: Call) -> Answer:
    """`DELETE interest/{interest}`."""
    row = _interest(call)
    call.db.execute("DELETE FROM interests WHERE id = ?", (row["id"],))
    return answers.deleted(f"interest {row['id']}")


def _interest(call: Call) -> Any:  # noqa: ANN401 - a row
    row = call.db.execute(
        "SELECT * FROM interests WHERE CAST(id AS TEXT) = ?", (call.path["interest"],)
    ).fetchone()
    if row is None:
        raise ApiError("No entity with supplied ID")
    return row


def _row(db: sqlite3.Connection, table: str, thing: int) -> sqlite3.Row:
    row: sqlite3.Row = db.execute(f"SELECT * FROM {table} WHERE id = ?", (thing,)).fetchone()  # noqa: S608 - one of two names
    return row


def _free_name(call: Call, form: re.Pattern[str], table: str, thing: str, owner: Place | None = None) -> str:
    """The name in the body, allowed and free. The words of both refusals are made up."""
    name = call.text("name")
    if not form.fullmatch(name):
        raise ApiError(f"Invalid {thing} name")
    where, values = ("", ()) if owner is None else (" AND database = ?", (owner.id,))
    same = f"SELECT 1 FROM {table} WHERE lower(name) = lower(?){where}"  # noqa: S608 - constants
    taken = call.db.execute(same, (name, *values)).fetchone()
    if taken and call.session.switch("duplicate_name") == "400":
        raise ApiError(f"A {thing} with this name already exists")
    return name


def _created(call: Call, thing: str, cursor: sqlite3.Cursor) -> Answer:
    new_id = int(cursor.lastrowid or 0)
    return answers.created(call.address(f"{thing}/{new_id}"), new_id)


def _put(call: Call) -> Answer:
    return answers.changed(call.session.switch("put_answer"), call.url)
