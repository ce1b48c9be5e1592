"""How selections are kept and built: who is in one, as of the last build.

A selection is built on request, and by itself every six hours: a profile that is written now
is in it after the next build (docs/api/copernica.md, section 12).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sandbox.copernica import places, search
from sandbox.copernica.beyond import matching

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from sandbox.copernica.places import Place
    from sandbox.copernica.session import Session

_EVERY: Final = timedelta(hours=6)


def kind_of(place: Place) -> str:
    """What selects from a place."""
    return "view" if place.kind == "database" else "miniview"


def view_row(db: sqlite3.Connection, kind: str, ref: str) -> sqlite3.Row | None:
    """A (mini)selection by its id."""
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM views WHERE kind = ? AND CAST(id AS TEXT) = ?", (kind, ref)
    ).fetchone()
    return row


def views_of(db: sqlite3.Connection, kind: str, place: int, *, deep: bool = False) -> list[sqlite3.Row]:
    """The (mini)selections of a place; with `deep` those below others too."""
    rows = db.execute(
        "SELECT * FROM views WHERE kind = ? AND place = ? ORDER BY id", (kind, place)
    ).fetchall()
    return [row for row in rows if deep or row["parent"] is None]


def all_views(db: sqlite3.Connection) -> list[sqlite3.Row]:
    """All selections of all databases."""
    return db.execute("SELECT * FROM views WHERE kind = 'view' ORDER BY id").fetchall()


def below(db: sqlite3.Connection, view: int) -> list[sqlite3.Row]:
    """The selections right below one."""
    return db.execute(
        "SELECT * FROM views WHERE kind = 'view' AND parent = ? ORDER BY id", (view,)
    ).fetchall()


def rules_of(db: sqlite3.Connection, view: sqlite3.Row) -> list[sqlite3.Row]:
    """The rules of a (mini)selection."""
    return db.execute(
        "SELECT * FROM rules WHERE kind = ? AND view = ? ORDER BY id", (view["kind"], view["id"])
    ).fetchall()


def rule_row(db: sqlite3.Connection, kind: str, ref: str) -> sqlite3.Row | None:
    """A rule by its id."""
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM rules WHERE kind = ? AND CAST(id AS TEXT) = ?", (kind, ref)
    ).fetchone()
    return row


def conditions_of(db: sqlite3.Connection, rule: int) -> list[sqlite3.Row]:
    """The conditions of a rule."""
    return db.execute("SELECT * FROM conditions WHERE rule = ? ORDER BY id", (rule,)).fetchall()


def miniviews_in(db: sqlite3.Connection, view: sqlite3.Row) -> set[int]:
    """Ids of the miniselections that a selection counts."""
    return {int(ref) for ref in _referred(db, view, "MiniView", "mini-view") if ref.isdigit()}


def is_referred(db: sqlite3.Connection, view: int) -> bool:
    """Whether another selection refers to this one."""
    return any(str(view) in _referred(db, row, "ReferView", "refer-view") for row in all_views(db))


def _referred(db: sqlite3.Connection, view: sqlite3.Row, kind: str, name: str) -> set[str]:
    return {
        str(json.loads(one["body"]).get(name, ""))
        for rule in rules_of(db, view)
        for one in conditions_of(db, rule["id"])
        if one["type"] == kind
    }


def add_view(session: Session, kind: str, place: int, parent: int | None, name: str, description: str) -> int:
    """Make a (mini)selection; it is empty before its first build."""
    last = session.db.execute("SELECT max(id) FROM views WHERE kind = ?", (kind,)).fetchone()[0] or 0
    new_id = max(int(last), int(_last_gone(session.db, kind))) + 1
    session.db.execute(
        "INSERT INTO views (kind, id, place, parent, name, description, made) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (kind, new_id, place, parent, name, description, session.now.timestamp()),
    )
    session.db.execute("INSERT OR REPLACE INTO account VALUES (?, ?)", (f"last_{kind}", str(new_id)))
    return new_id


def _last_gone(db: sqlite3.Connection, kind: str) -> str:
    row = db.execute("SELECT value FROM account WHERE name = ?", (f"last_{kind}",)).fetchone()
    return str(row[0]) if row else "0"


def remove_view(db: sqlite3.Connection, view: sqlite3.Row) -> None:
    """Remove a (mini)selection, its rules, and what lies below it."""
    for row in below(db, view["id"]) if view["kind"] == "view" else ():
        remove_view(db, row)
    for rule in rules_of(db, view):
        remove_rule(db, rule)
    for table, column in (("members", "view"), ("views", "id")):
        db.execute(f"DELETE FROM {table} WHERE kind = ? AND {column} = ?", (view["kind"], view["id"]))  # noqa: S608 - constants


def remove_rule(db: sqlite3.Connection, rule: sqlite3.Row) -> None:
    """Remove a rule and its conditions."""
    db.execute("DELETE FROM conditions WHERE rule = ?", (rule["id"],))
    db.execute("DELETE FROM rules WHERE id = ?", (rule["id"],))


def copy_view(
    session: Session, view: sqlite3.Row, name: str, *, deep: bool, parent: int | None = None
) -> int:
    """Copy a (mini)selection with its rules; with `deep` also those below it, whose names get a number."""
    db = session.db
    new_id = add_view(
        session, view["kind"], view["place"], parent or view["parent"], name, view["description"]
    )
    copy_rules(db, view, new_id, lambda body: body)
    for row in below(db, view["id"]) if deep and view["kind"] == "view" else ():
        copy_view(session, row, f"{row['name']}_{new_id}", deep=True, parent=new_id)
    return new_id


def copy_rules(
    db: sqlite3.Connection,
    view: sqlite3.Row,
    new_id: int,
    translated: Callable[[dict[str, Any]], dict[str, Any]],
) -> None:
    """Copy the rules of a (mini)selection into another one, the settings of conditions `translated`."""
    for rule in rules_of(db, view):
        cursor = db.execute(
            "INSERT INTO rules (kind, view, name, inversed, disabled) VALUES (?, ?, ?, ?, ?)",
            (rule["kind"], new_id, rule["name"], rule["inversed"], rule["disabled"]),
        )
        for one in conditions_of(db, rule["id"]):
            body = json.dumps(translated(json.loads(one["body"])))
            db.execute(
                "INSERT INTO conditions (rule, type, body) VALUES (?, ?, ?)",
                (cursor.lastrowid, one["type"], body),
            )


def build_if_due(session: Session, view: sqlite3.Row) -> None:
    """Build by the clock, every six hours."""
    now = session.now.timestamp()
    last = datetime.fromtimestamp(now - now % _EVERY.total_seconds(), UTC).timestamp()
    if (view["built_at"] or view["made"]) < last:
        build(session, view)


def build(session: Session, view: sqlite3.Row) -> None:
    """See who is in a (mini)selection now; the miniselections that it counts are built first.

    Without a rule that counts, everybody is in it, or everybody of the selection above it.
    """
    db, kind = session.db, view["kind"]
    find = places.database if kind == "view" else places.collection
    place = find(db, str(view["place"]))
    above = view_row(db, "view", str(view["parent"])) if view["parent"] else None
    if above is not None:
        build(session, above)
    for mini in miniviews_in(db, view):
        if (row := view_row(db, "miniview", str(mini))) is not None:
            build(session, row)
    rules = [
        (
            bool(rule["inversed"]),
            [(one["type"], json.loads(one["body"])) for one in conditions_of(db, rule["id"])],
        )
        for rule in rules_of(db, view)
        if not rule["disabled"]
    ]
    db.execute("DELETE FROM members WHERE kind = ? AND view = ?", (kind, view["id"]))
    of = ("view", above["id"]) if above is not None else None
    for record in search.find(db, place, (), view=of):
        if matching.is_in(session, place, record, rules):
            db.execute("INSERT INTO members VALUES (?, ?, ?)", (kind, view["id"], record.id))
    db.execute(
        "UPDATE views SET built = ?, built_at = ? WHERE kind = ? AND id = ?",
        (session.stamp, session.now.timestamp(), kind, view["id"]),
    )


Rules = list[tuple[bool, list[tuple[str, dict[str, Any]]]]]
