"""The fields of databases and collections (docs/api/copernica.md, sections 4 and 5)."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from sandbox.copernica import answers, places, records, search
from sandbox.copernica.answers import ApiError
from sandbox.copernica.structure import flag, paged
from sandbox.copernica.values import TYPES, FieldDef, convert, default, php_int, zero

if TYPE_CHECKING:
    import sqlite3

    from sandbox.copernica.answers import Answer
    from sandbox.copernica.calls import Call
    from sandbox.copernica.places import Place
    from sandbox.copernica.session import Session

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_NOT_CREATED: Final = frozenset({"id", "code"})
_ONCE: Final = frozenset({"email", "phone_fax", "phone_gsm"})
_MOST_INDEXES: Final = 64
_MOST_TEXT: Final = 255
_DEFAULTS: Final[dict[str, Any]] = {
    "type": "text", "value": "", "displayed": True, "ordered": False, "length": 100, "textlines": 1,
    "hidden": False, "index": False, "lock": False,
}  # fmt: skip
_COLUMNS: Final = {"index": "indexed", "lock": "locked"}
_FLAGS: Final = frozenset({"displayed", "ordered", "hidden", "index", "lock"})


def listed(call: Call) -> Answer:
    """`GET .../fields`."""
    place = _place(call)
    return paged(call, [places.field_form(row) for row in places.field_rows(call.db, place.kind, place.id)])


def create(call: Call) -> Answer:
    """`POST .../fields`.

    In records that are there already a new number or date field stays at zero, whatever its default.
    """
    place = _place(call)
    name = call.text("name")
    if name.lower() in _NOT_CREATED:
        # Not created, and not refused either.
        return answers.Answer(201)
    _check_name(call, place, name)
    wanted = {key: _value(key, call.properties.get(key, usual)) for key, usual in _DEFAULTS.items()}
    _check(place, wanted)
    if wanted["type"] in ("integer", "float", "foreign_key") and not wanted["value"]:
        wanted["value"] = "0"
    draft = FieldDef(0, name, wanted["type"], wanted["value"], wanted["length"])
    old = (
        default(draft, call.session.rules)
        if call.session.switch("added_field_values") == "default"
        else zero(draft.type)
    )
    columns = {"kind": place.kind, "place": place.id, "name": name, "backfill": old}
    columns |= {_COLUMNS.get(key, key): value for key, value in wanted.items()}
    cursor = call.db.execute(
        f"INSERT INTO fields ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",  # noqa: S608 - constants
        tuple(columns.values()),
    )
    new_id = int(cursor.lastrowid or 0)
    _settle(call.db, place, new_id)
    return answers.created(call.address(f"{place.kind}/{place.id}/field/{new_id}"), new_id)


def update(call: Call) -> Answer:
    """`PUT .../field/{field}`: stored values stay as they are, whatever type or length becomes."""
    place = _place(call)
    field = _field(call, place)
    sent = call.properties
    name = call.text("name", "" if place.kind == "database" else field.name)
    if name.lower() != field.name.lower():
        _check_name(call, place, name)
    row = call.db.execute("SELECT * FROM fields WHERE id = ?", (field.id,)).fetchone()
    wanted = {key: _value(key, sent.get(key, row[_COLUMNS.get(key, key)])) for key in _DEFAULTS}
    _check(place, wanted, field)
    columns = {"name": name} | {_COLUMNS.get(key, key): value for key, value in wanted.items()}
    settings = ", ".join(f"{column} = ?" for column in columns)
    call.db.execute(f"UPDATE fields SET {settings} WHERE id = ?", (*columns.values(), field.id))  # noqa: S608 - constants
    _settle(call.db, place, field.id)
    return answers.changed(call.session.switch("put_answer"), call.url)


def delete(call: Call) -> Answer:
    """`DELETE .../field/{field}`."""
    place = _place(call)
    field = _field(call, place)
    _drop(call.db, field)
    return answers.deleted(f"field {field.id}")


def rename(db: sqlite3.Connection, place: Place, name: str, new_name: str | None) -> bool:
    """Rename or delete a field by hand, in the interface.

    Args:
        db: The open transaction.
        place: Database or collection.
        name: As it is called now.
        new_name: As it shall be called; None deletes it.

    Returns:
        Whether it was done: a locked field can be changed by the API only.

    Raises:
        ApiError: There is no such field.
    """
    field = place.field(name)
    if field is None:
        raise ApiError("Failed to get the field")
    if db.execute("SELECT locked FROM fields WHERE id = ?", (field.id,)).fetchone()["locked"]:
        return False
    if new_name is None:
        _drop(db, field)
    else:
        db.execute("UPDATE fields SET name = ? WHERE id = ?", (new_name, field.id))
    return True


def retype(session: Session, place: Place, name: str, new_type: str, length: int) -> None:
    """Give a field another type or length by hand, in the interface.

    Args:
        session: Who does it.
        place: Database or collection.
        name: Name of the field.
        new_type: Its type from now on.
        length: Its length from now on.

    Raises:
        ApiError: There is no such field.
    """
    field = place.field(name)
    if field is None:
        raise ApiError("Failed to get the field")
    session.db.execute("UPDATE fields SET type = ?, length = ? WHERE id = ?", (new_type, length, field.id))
    if session.switch("retyped_values") == "kept":
        return
    new = replace(field, type=new_type, length=length)
    for record in list(search.find(session.db, place, ())):
        values = record.values | {field.id: convert(new, record.value(field), session.rules)}
        session.db.execute(
            f"UPDATE {place.table} SET vals = ? WHERE id = ?",  # noqa: S608 - one of two names
            (json.dumps(values, ensure_ascii=False), record.id),
        )
    records.index(session.db, place, new)


def _place(call: Call) -> Place:
    if "database" in call.path:
        return places.database(call.db, call.path["database"])
    return places.collection(call.db, call.path["collection"])


def _field(call: Call, place: Place) -> FieldDef:
    ref = call.path["field"]
    found = next((field for field in place.fields if str(field.id) == ref), None) or place.field(ref)
    if found is None:
        raise ApiError("Failed to get the field")
    return found


def _value(key: str, sent: Any) -> Any:  # noqa: ANN401 - any JSON
    if key in _FLAGS:
        return flag(sent)
    return php_int(sent) if key in ("length", "textlines") else str("" if sent is None else sent)


def _check_name(call: Call, place: Place, name: str) -> None:
    """The words of both refusals are made up: the real ones are unknown."""
    if not _NAME.fullmatch(name):
        raise ApiError("Invalid field name")
    if place.field(name) and call.session.switch("duplicate_name") == "400":
        raise ApiError("A field with this name already exists")


def _check(place: Place, wanted: dict[str, Any], changed: FieldDef | None = None) -> None:
    """Bring what is wanted into Copernica's bounds; the words of the refusals are made up."""
    kind = wanted["type"]
    others = [field for field in place.fields if changed is None or field.id != changed.id]
    if kind not in TYPES:
        raise ApiError("Invalid field type")
    if kind in _ONCE and any(field.type == kind for field in others):
        raise ApiError(f"There is a field of type {kind} already")
    if kind == "big":
        wanted["index"] = False
    if wanted["index"] and sum(field.index for field in others) >= _MOST_INDEXES:
        raise ApiError("Too many indexes")
    if wanted["length"] < 1:
        wanted["length"] = _DEFAULTS["length"]
    if kind != "big":
        wanted["length"] = min(wanted["length"], _MOST_TEXT)


def _settle(db: sqlite3.Connection, place: Place, field_id: int) -> None:
    """After a field was made or changed: one ordered field at most, and its lookup as the index says."""
    row = db.execute("SELECT ordered FROM fields WHERE id = ?", (field_id,)).fetchone()
    if row["ordered"]:
        db.execute(
            "UPDATE fields SET ordered = 0 WHERE kind = ? AND place = ? AND id <> ?",
            (place.kind, place.id, field_id),
        )
    anew = places.again(db, place)
    records.index(db, anew, next(field for field in anew.fields if field.id == field_id))


def drop_place(db: sqlite3.Connection, place: Place) -> None:
    """Delete a database or collection by hand, in the interface, with all that is in it.

    Args:
        db: The open transaction.
        place: Which one; the collections of a database first.
    """
    for field in place.fields:
        _drop(db, field)
    db.execute(f"DELETE FROM {place.table} WHERE place = ?", (place.id,))  # noqa: S608 - one of two names
    table = "databases" if place.kind == "database" else "collections"
    db.execute(f"DELETE FROM {table} WHERE id = ?", (place.id,))  # noqa: S608 - one of two names


def _drop(db: sqlite3.Connection, field: FieldDef) -> None:
    db.execute("DELETE FROM fields WHERE id = ?", (field.id,))
    db.execute("DELETE FROM lookup WHERE field = ?", (field.id,))
