"""Profiles and subprofiles as they are stored: made, changed, removed, each with its follow-up.

Both are records of a place (`places.Place`): a database or a collection.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.copernica import followups, words
from sandbox.copernica.answers import ApiError
from sandbox.copernica.followups import Event
from sandbox.copernica.values import FieldDef, TooLongError, comparable, convert, default

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from sandbox.copernica.places import Place
    from sandbox.copernica.session import Session

_SECRET_BYTES = 14


@dataclass(frozen=True, slots=True)
class Record:
    """A stored profile or subprofile.

    Attributes:
        id: Its id.
        place: Id of its database or collection.
        profile: Id of a subprofile's profile, else None.
        secret: The code.
        created: Printed stamp, as are the next two.
        modified: When a stored value last changed.
        removed: None while it is there.
        values: By field id, without fields that were added later.
        interests: Ids of the interests that are on.
    """

    id: int
    place: int
    profile: int | None
    secret: str
    created: str
    modified: str
    removed: str | None
    values: dict[int, str]
    interests: list[int]

    def value(self, field: FieldDef) -> str:
        """What it holds in a field, as the API prints it."""
        return "" if self.removed else self.values.get(field.id, field.backfill)

    def fields(self, place: Place) -> dict[str, str]:
        """All values by name, in the order of the fields."""
        return {field.name: self.value(field) for field in place.fields}


def record_of(row: sqlite3.Row) -> Record:
    """Read a row of `profiles` or `subprofiles`."""
    values = {int(field): value for field, value in json.loads(row["vals"]).items()}
    return Record(
        row["id"], row["place"], row["profile"], row["secret"], row["created"], row["modified"],
        row["removed"], values, json.loads(row["interests"]),
    )  # fmt: skip


def read(db: sqlite3.Connection, table: str, record_id: str) -> Record | None:
    """One record by its id, also a removed one.

    Args:
        db: The open transaction.
        table: `profiles` or `subprofiles`.
        record_id: As it stands in a path.
    """
    if not (record_id.isascii() and record_id.isdigit()) or len(record_id) > 18:  # noqa: PLR2004 - what SQLite holds
        return None
    row = db.execute(f"SELECT * FROM {table} WHERE id = ?", (int(record_id),)).fetchone()  # noqa: S608 - one of two names
    return None if row is None else record_of(row)


def count(db: sqlite3.Connection, place: Place) -> int:
    """How many records a place holds, without the removed ones; kept as they come and go."""
    query = "SELECT count FROM held WHERE kind = ? AND place = ?"
    row = db.execute(query, (place.table, place.id)).fetchone()
    return int(row["count"]) if row else 0


def create(
    session: Session,
    place: Place,
    sent: Mapping[str, Any],
    *,
    profile: int | None = None,
    interests: Iterable[int] = (),
) -> int:
    """Make a record. There is no unique key in Copernica: this always makes a new one.

    Args:
        session: Who writes.
        place: Where.
        sent: Values by name; unknown names are ignored, missing fields take their default.
        profile: The profile of a subprofile, which may be a removed one.
        interests: Ids of interests to switch on.

    Returns:
        Its id.
    """
    given = _converted(session, place, sent)
    _restrict(session, place, given, None)
    values = {
        field.id: given[field.id] if field.id in given else default(field, session.rules)
        for field in place.fields
    }
    cursor = session.db.execute(
        f"INSERT INTO {place.table} (place, profile, secret, created, modified, vals, interests)"  # noqa: S608 - one of two names
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            place.id,
            profile,
            secrets.token_hex(_SECRET_BYTES),
            session.stamp,
            session.stamp,
            _packed(values),
            json.dumps(sorted(interests)),
        ),
    )
    record_id = int(cursor.lastrowid or 0)
    session.db.executemany(
        "INSERT OR IGNORE INTO lookup VALUES (?, ?, ?)",
        [
            (field.id, comparable(field.type, values[field.id]), record_id)
            for field in place.fields
            if field.looked_up
        ],
    )
    if text := words.text_of(place, lambda field: values[field.id]):
        words.put(session.db, record_id, text)
    filled = tuple(field.name for field in place.fields if given.get(field.id))
    followups.note(session, place, Event("created", record_id, profile, _key(place, values), filled))
    _move_owner(session, profile)
    return record_id


def change(
    session: Session,
    place: Place,
    record: Record,
    sent: Mapping[str, Any],
    interests: Iterable[int] | None = None,
) -> list[str]:
    """Change a record. `modified` and the follow-up come only where a stored value really changed.

    A removed record takes everything and keeps nothing, without a word.

    Args:
        session: Who writes.
        place: Its database or collection.
        record: As it is stored.
        sent: Values by name; unknown names are ignored, missing fields stay.
        interests: All interests that shall be on; None leaves them.

    Returns:
        Names of the fields that changed.
    """
    given = _converted(session, place, sent)
    if record.removed:
        return []
    _restrict(session, place, given, record.id)
    moved = [
        field
        for field in place.fields
        if field.id in given and _differs(field, record.value(field), given[field.id])
    ]
    if interests is not None and sorted(interests) != sorted(record.interests):
        session.db.execute(
            "UPDATE profiles SET interests = ? WHERE id = ?", (json.dumps(sorted(interests)), record.id)
        )
        if session.switch("interests_move_modified") == "yes":
            _touch(session, record.id)
    if not moved:
        return []
    values = record.values | {field.id: given[field.id] for field in moved}
    session.db.execute(
        f"UPDATE {place.table} SET vals = ?, modified = ? WHERE id = ?",  # noqa: S608 - one of two names
        (_packed(values), session.stamp, record.id),
    )
    for field in moved:
        if field.looked_up:
            old = comparable(field.type, record.value(field))
            session.db.execute(
                "DELETE FROM lookup WHERE field = ? AND key = ? AND record = ?", (field.id, old, record.id)
            )
            session.db.execute(
                "INSERT OR IGNORE INTO lookup VALUES (?, ?, ?)",
                (field.id, comparable(field.type, values[field.id]), record.id),
            )
    text = words.text_of(place, lambda field: values.get(field.id, field.backfill))
    if text != words.text_of(place, record.value):
        words.put(session.db, record.id, text)
    names = tuple(field.name for field in moved)
    followups.note(session, place, Event("changed", record.id, record.profile, _key(place, values), names))
    _move_owner(session, record.profile)
    return list(names)


def set_secret(session: Session, table: str, record: Record, secret: str) -> None:
    """Set the code; anything beyond ASCII becomes `?`, `modified` stays."""
    if not record.removed:
        text = secret.encode("ascii", "replace").decode()
        session.db.execute(f"UPDATE {table} SET secret = ? WHERE id = ?", (text, record.id))  # noqa: S608 - one of two names


def remove(session: Session, place: Place, record: Record) -> None:
    """Take a record out: it stays as a removed one, its fields empty. A profile's subprofiles go with it."""
    _unindex(session, place, record)
    session.db.execute(
        f"UPDATE {place.table} SET removed = ?, vals = '{{}}', interests = '[]' WHERE id = ?",  # noqa: S608 - one of two names
        (session.stamp, record.id),
    )
    if place.kind == "collection":
        followups.note(
            session, place, Event("removed", record.id, record.profile, _key(place, record.values))
        )


def erase(session: Session, place: Place, record: Record) -> None:
    """Take a record out for good, also one that was removed before."""
    _unindex(session, place, record)
    session.db.execute(f"DELETE FROM {place.table} WHERE id = ?", (record.id,))  # noqa: S608 - one of two names


def index(db: sqlite3.Connection, place: Place, field: FieldDef) -> None:
    """Write the lookup rows of a field anew, or take them away where it is not indexed."""
    db.execute("DELETE FROM lookup WHERE field = ?", (field.id,))
    if field.looked_up:
        rows = db.execute(f"SELECT * FROM {place.table} WHERE place = ? AND removed IS NULL", (place.id,))  # noqa: S608 - one of two names
        keys = [
            (field.id, comparable(field.type, record.value(field)), record.id)
            for record in map(record_of, rows)
        ]
        db.executemany("INSERT INTO lookup VALUES (?, ?, ?)", keys)


def _unindex(session: Session, place: Place, record: Record) -> None:
    keys = [
        (field.id, comparable(field.type, record.value(field)), record.id)
        for field in place.fields
        if field.looked_up
    ]
    session.db.executemany("DELETE FROM lookup WHERE field = ? AND key = ? AND record = ?", keys)
    if place.kind == "database":
        words.drop(session.db, record.id)


def _converted(session: Session, place: Place, sent: Mapping[str, Any]) -> dict[int, str]:
    """The stored form of what was sent, by field id; of one name in two cases the last counts."""
    shut = _shut(session, place)
    by_name = {field.name.lower(): field for field in reversed(place.fields) if field.id not in shut}
    try:
        return {
            field.id: convert(field, value, session.rules)
            for name, value in sent.items()
            if (field := by_name.get(name.lower())) is not None
        }
    except TooLongError as error:
        raise ApiError(f"Value for field {error} is too long") from None


def _shut(session: Session, place: Place) -> set[int]:
    """Ids of the locked fields, where they take no values from the API."""
    if session.route == "interface" or session.switch("locked_field_values") == "taken":
        return set()
    rows = session.db.execute(
        "SELECT id FROM fields WHERE kind = ? AND place = ? AND locked", (place.kind, place.id)
    ).fetchall()
    return {row["id"] for row in rows}


def _restrict(session: Session, place: Place, given: Mapping[int, str], own: int | None) -> None:
    """Refuse a value that another profile has in a field without doubles, where that binds the API.

    Raises:
        ApiError: Another profile has it.
    """
    if session.switch("restrictions") == "idle":
        return
    for row in session.db.execute("SELECT field FROM single").fetchall():
        field = next((one for one in place.fields if one.id == row["field"] and one.id in given), None)
        if field is None or not given[field.id]:
            continue
        wanted = comparable(field.type, given[field.id])
        alive = f"SELECT * FROM {place.table} WHERE place = ? AND removed IS NULL"  # noqa: S608 - one of two names
        rows = session.db.execute(alive, (place.id,))
        others = (record for record in map(record_of, rows) if record.id != own)
        if any(comparable(field.type, other.value(field)) == wanted for other in others):
            raise ApiError(f"Failed to create {place.table[:-1]}")


def _move_owner(session: Session, profile: int | None) -> None:
    if profile is not None and session.switch("subprofiles_move_modified") == "yes":
        _touch(session, profile)


def _touch(session: Session, profile: int) -> None:
    session.db.execute("UPDATE profiles SET modified = ? WHERE id = ?", (session.stamp, profile))


def _differs(field: FieldDef, old: str, new: str) -> bool:
    if field.type == "float":
        return comparable("float", old) != comparable("float", new)
    return old != new


def _packed(values: Mapping[int, str]) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def _key(place: Place, values: Mapping[int, str]) -> str | None:
    field = place.field(followups.KEY_FIELD)
    return None if field is None else values.get(field.id, field.backfill)
