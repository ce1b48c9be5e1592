"""`POST database/{database}/copy`: a database made anew, with as much of it as is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sandbox.copernica import answers, places, records, search, structure
from sandbox.copernica.beyond import building
from sandbox.copernica.structure import flag

if TYPE_CHECKING:
    import sqlite3

    from sandbox.copernica.answers import Answer
    from sandbox.copernica.calls import Call
    from sandbox.copernica.places import Place
    from sandbox.copernica.session import Session


@dataclass
class _Ids:
    """New ids by old ones."""

    fields: dict[int, int] = field(default_factory=dict)
    views: dict[tuple[str, int], int] = field(default_factory=dict)
    profiles: dict[int, int] = field(default_factory=dict)
    interests: dict[int, int] = field(default_factory=dict)


def copy(call: Call) -> Answer:
    """With `options`: collections, miniviews, views, profiles, subprofiles; nothing of it unless it is named.

    No follow-ups run for what is copied: the documentation does not say whether they do.
    """
    source = places.database(call.db, call.path["database"])
    name = structure.free_database_name(call)
    options = call.properties.get("options")
    wanted = {key for key, value in (options if isinstance(options, dict) else {}).items() if flag(value)}
    session = replace(call.session, runs=False)
    db, ids = call.db, _Ids()
    cursor = db.execute(
        "INSERT INTO databases (name, description, archived, intentions, created)"
        " SELECT ?, description, archived, intentions, ? FROM databases WHERE id = ?",
        (name, session.stamp, source.id),
    )
    target = int(cursor.lastrowid or 0)
    _copy_fields(db, source, target, ids)
    for row in places.interest_rows(db, source.id):
        made = db.execute(
            "INSERT INTO interests (database, name, grouped) VALUES (?, ?, ?)",
            (target, row["name"], row["grouped"]),
        )
        ids.interests[row["id"]] = int(made.lastrowid or 0)
    collections = _copy_collections(db, source, target, ids) if "collections" in wanted else []
    if "miniviews" in wanted:
        for old, new in collections:
            _copy_views(session, "miniview", old.id, new, ids)
    if "views" in wanted:
        _copy_views(session, "view", source.id, target, ids)
    if "profiles" in wanted:
        _copy_profiles(session, source, target, ids)
    if {"profiles", "subprofiles"} <= wanted:
        for old, new in collections:
            _copy_subprofiles(session, old, new, ids)
    return answers.created(call.address(f"database/{target}"), target)


def _copy_fields(db: sqlite3.Connection, source: Place, target: int, ids: _Ids) -> None:
    names = (
        "kind, name, type, value, displayed, ordered, length, textlines, hidden, indexed, locked, backfill"
    )
    for entry in source.fields:
        made = db.execute(
            f"INSERT INTO fields (place, {names}) SELECT ?, {names} FROM fields WHERE id = ?",  # noqa: S608 - constants
            (target, entry.id),
        )
        ids.fields[entry.id] = int(made.lastrowid or 0)


def _copy_collections(
    db: sqlite3.Connection, source: Place, target: int, ids: _Ids
) -> list[tuple[Place, int]]:
    found = []
    rows = db.execute("SELECT id FROM collections WHERE database = ? ORDER BY id", (source.id,)).fetchall()
    for row in rows:
        old = places.collection(db, str(row["id"]))
        made = db.execute(
            "INSERT INTO collections (database, name, description, intentions)"
            " SELECT ?, name, description, intentions FROM collections WHERE id = ?",
            (target, old.id),
        )
        new = int(made.lastrowid or 0)
        _copy_fields(db, old, new, ids)
        found.append((old, new))
    return found


def _copy_views(session: Session, kind: str, old_place: int, new_place: int, ids: _Ids) -> None:
    for row in building.views_of(session.db, kind, old_place, deep=True):  # by id: parents come first
        parent = ids.views.get((kind, row["parent"])) if row["parent"] else None
        new = building.add_view(session, kind, new_place, parent, row["name"], row["description"])
        ids.views[kind, row["id"]] = new
        building.copy_rules(session.db, row, new, lambda body: _translated(body, ids))


def _translated(body: dict[str, Any], ids: _Ids) -> dict[str, Any]:
    """The settings of a condition, with what they refer to in the copy."""
    new = dict(body)
    for name in ("field", "other-field"):
        if name in body:
            new[name] = ids.fields.get(body[name], False)
    for name, kind in (("mini-view", "miniview"), ("refer-view", "view")):
        if str(body.get(name, "")).isdigit():
            new[name] = ids.views.get((kind, int(body[name])), body[name])
    return new


def _copy_profiles(session: Session, source: Place, target: int, ids: _Ids) -> None:
    place = places.database(session.db, str(target))
    for record in list(search.find(session.db, source, ())):
        interests = {ids.interests[one] for one in record.interests if one in ids.interests}
        ids.profiles[record.id] = records.create(session, place, record.fields(source), interests=interests)


def _copy_subprofiles(session: Session, source: Place, target: int, ids: _Ids) -> None:
    place = places.collection(session.db, str(target))
    for record in list(search.find(session.db, source, ())):
        if record.profile in ids.profiles:
            owner = ids.profiles[record.profile]
            records.create(session, place, record.fields(source), profile=owner)
