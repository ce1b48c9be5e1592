"""Databases and collections with their fields: how they are found, and how the API shows them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

from sandbox.copernica.answers import ApiError, listing
from sandbox.copernica.values import FieldDef

if TYPE_CHECKING:
    import sqlite3

Kind = Literal["database", "collection"]
INTENTIONS: Final = ("email", "sms", "fax", "pdf")
_MOST: Final = 1000
_MOST_FIELDS: Final = 100
_NAMING: Final = frozenset({
    "firstname", "first_name", "middlename", "middle_name", "lastname", "last_name", "company", "email",
    "name", "title", "number", "external_key",
})  # fmt: skip


@dataclass(frozen=True)
class Place:
    """What holds records: a database its profiles, a collection its subprofiles.

    Attributes:
        kind: Which of the two.
        id: Its id.
        name: Its name.
        database: The id of the database, also of a collection's.
        fields: In the order in which they were made.
    """

    kind: Kind
    id: int
    name: str
    database: int
    fields: tuple[FieldDef, ...]

    @property
    def table(self) -> str:
        """The table of its records."""
        return "profiles" if self.kind == "database" else "subprofiles"

    @cached_property
    def naming(self) -> tuple[FieldDef, ...]:
        """The fields that tell who or what a record is: names, e-mail addresses, titles, the key."""
        return tuple(field for field in self.fields if field.type == "email" or field.name.lower() in _NAMING)

    def field(self, name: str) -> FieldDef | None:
        """The field of a name, without case; the first where a name is there twice."""
        return next((field for field in self.fields if field.name.lower() == name.lower()), None)


def again(db: sqlite3.Connection, place: Place) -> Place:
    """The same place as it is stored now."""
    find = database if place.kind == "database" else collection
    return find(db, str(place.id))


def database(db: sqlite3.Connection, ref: str) -> Place:
    """Find a database by its id or its name.

    Raises:
        ApiError: There is none.
    """
    row = db.execute("SELECT id, name FROM databases WHERE id = ?", (_id(ref),)).fetchone()
    row = (
        row
        or db.execute(
            "SELECT id, name FROM databases WHERE lower(name) = lower(?) ORDER BY id", (ref,)
        ).fetchone()
    )
    if row is None:
        raise ApiError("No database with supplied ID")
    return Place("database", row["id"], row["name"], row["id"], _fields(db, "database", row["id"]))


def collection(db: sqlite3.Connection, ref: str) -> Place:
    """Find a collection by its id alone.

    Raises:
        ApiError: There is none.
    """
    row = db.execute("SELECT * FROM collections WHERE id = ?", (_id(ref),)).fetchone()
    if row is None:
        raise ApiError("No collection with given ID")
    return _collection(db, row)


def collection_of(db: sqlite3.Connection, database_id: int, ref: str) -> Place | None:
    """Find a collection of one database by id or name."""
    row = db.execute(
        "SELECT * FROM collections WHERE database = ? AND (id = ? OR lower(name) = lower(?))"
        " ORDER BY id = ? DESC, id",
        (database_id, _id(ref), ref, _id(ref)),
    ).fetchone()
    return None if row is None else _collection(db, row)


def _collection(db: sqlite3.Connection, row: sqlite3.Row) -> Place:
    return Place("collection", row["id"], row["name"], row["database"], _fields(db, "collection", row["id"]))


def _id(ref: str) -> int | None:
    return int(ref) if ref.isascii() and ref.isdigit() and len(ref) <= 18 else None  # noqa: PLR2004 - what SQLite holds


def _fields(db: sqlite3.Connection, kind: Kind, place: int) -> tuple[FieldDef, ...]:
    return tuple(
        FieldDef(
            row["id"],
            row["name"],
            row["type"],
            row["value"],
            row["length"],
            bool(row["indexed"]),
            row["backfill"],
            bool(row["keyed"]),
        )
        for row in field_rows(db, kind, place)
    )


def field_rows(db: sqlite3.Connection, kind: Kind, place: int) -> list[sqlite3.Row]:
    """The fields of a database or collection as they are stored."""
    return db.execute(
        "SELECT *, id IN (SELECT field FROM keyed) AS keyed FROM fields"
        " WHERE kind = ? AND place = ? ORDER BY id",
        (kind, place),
    ).fetchall()


def interest_rows(db: sqlite3.Connection, database_id: int) -> list[sqlite3.Row]:
    """The interests of a database as they are stored."""
    return db.execute("SELECT * FROM interests WHERE database = ? ORDER BY id", (database_id,)).fetchall()


def field_form(row: sqlite3.Row) -> dict[str, Any]:
    """A field as the API shows it; the lock is shown nowhere."""
    return {
        "ID": str(row["id"]),
        "name": row["name"],
        "type": row["type"],
        "value": row["value"],
        "displayed": bool(row["displayed"]),
        "ordered": bool(row["ordered"]),
        "length": str(row["length"]),
        "textlines": str(row["textlines"]),
        "hidden": bool(row["hidden"]),
        "index": bool(row["indexed"]),
    }


def interest_form(row: sqlite3.Row) -> dict[str, Any]:
    """An interest as the API shows it."""
    return {"ID": str(row["id"]), "name": row["name"], "group": row["grouped"]}


def collection_form(db: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Any]:
    """A collection as the API shows it; its fields are cut at 100 here."""
    fields = [field_form(field) for field in field_rows(db, "collection", row["id"])]
    return {
        "ID": str(row["id"]),
        "name": row["name"],
        "database": str(row["database"]),
        "fields": listing(fields[:_MOST_FIELDS], limit=_MOST_FIELDS, total=len(fields)),
        "intentions": _intentions(row),
    }


def database_form(db: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Any]:
    """A database as the API shows it, with its fields, interests and collections."""
    fields = [field_form(field) for field in field_rows(db, "database", row["id"])]
    interests = [interest_form(interest) for interest in interest_rows(db, row["id"])]
    rows = db.execute("SELECT * FROM collections WHERE database = ? ORDER BY id", (row["id"],)).fetchall()
    collections = [collection_form(db, entry) for entry in rows]
    return {
        "ID": str(row["id"]),
        "name": row["name"],
        "description": row["description"],
        "archived": bool(row["archived"]),
        "created": row["created"],
        "fields": listing(fields[:_MOST], limit=_MOST, total=len(fields)),
        "interests": listing(interests[:_MOST], limit=_MOST, total=len(interests)),
        "collections": listing(collections[:_MOST], limit=_MOST, total=len(collections)),
        "intentions": _intentions(row),
    }


def _intentions(row: sqlite3.Row) -> dict[str, bool]:
    stored = json.loads(row["intentions"])
    return {name: bool(stored.get(name, False)) for name in INTENTIONS}
