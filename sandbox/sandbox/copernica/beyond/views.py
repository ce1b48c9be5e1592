"""Selections of a database and miniselections of a collection (docs/api/copernica.md, section 12)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sandbox.copernica import answers, places, profiles, subprofiles
from sandbox.copernica.answers import ApiError
from sandbox.copernica.beyond import building
from sandbox.copernica.selection import ids, record_list
from sandbox.copernica.structure import flag, paged
from sandbox.copernica.values import truth

if TYPE_CHECKING:
    import sqlite3

    from sandbox.copernica.answers import Answer
    from sandbox.copernica.calls import Call
    from sandbox.copernica.places import Place
    from sandbox.copernica.records import Record

_LONGEST_NAME: Final = 255


@dataclass(frozen=True)
class View:
    """A selection, or a miniselection.

    Attributes:
        row: As it is stored.
        place: Whose (sub)profiles it selects from.
    """

    row: sqlite3.Row
    place: Place

    @property
    def id(self) -> int:
        """Its id; selections and miniselections count for themselves."""
        return int(self.row["id"])


def found(call: Call) -> View:
    """The (mini)selection that a path names.

    Raises:
        ApiError: There is none.
    """
    kind = "view" if "view" in call.path else "miniview"
    row = building.view_row(call.db, kind, call.path[kind])
    if row is None:
        raise ApiError("No entity with supplied ID")
    find = places.database if kind == "view" else places.collection
    return View(row, find(call.db, str(row["place"])))


def listed(call: Call) -> Answer:
    """`GET database/{database}/views`, `view/{view}/views`, `collection/{collection}/miniviews`."""
    if "view" in call.path:
        rows = building.below(call.db, found(call).id)
    else:
        place = _place(call)
        rows = building.views_of(call.db, building.kind_of(place), place.id)
    return paged(call, [form(call, row) for row in rows])


def of_miniview(call: Call) -> Answer:
    """`GET miniview/{miniview}/views`: the selections that count its subprofiles."""
    mini = found(call)
    rows = [row for row in building.all_views(call.db) if mini.id in building.miniviews_in(call.db, row)]
    return paged(call, [form(call, row) for row in rows])


def create(call: Call) -> Answer:
    """`POST` to one of the lists: names are unique in a database, or collection."""
    parent = found(call) if "view" in call.path else None
    place = parent.place if parent else _place(call)
    kind = building.kind_of(place)
    name = _free_name(call, kind, place.id)
    new_id = building.add_view(
        call.session, kind, place.id, parent.id if parent else None, name, call.text("description")
    )
    return answers.created(call.address(f"{kind}/{new_id}"), new_id)


def read(call: Call) -> Answer:
    """`GET view/{view}`, `GET miniview/{miniview}`."""
    return answers.body(form(call, found(call).row))


def update(call: Call) -> Answer:
    """`PUT view/{view}`, `PUT miniview/{miniview}`."""
    view = found(call)
    name = call.text("name", view.row["name"])
    if name.lower() != view.row["name"].lower():
        name = _free_name(call, view.row["kind"], view.place.id)
    description = call.text("description", view.row["description"])
    _set(call, view, "name = ?, description = ?", (name, description))
    return _put(call)


def set_intentions(call: Call) -> Answer:
    """`PUT view/{view}/intentions`, `PUT miniview/{miniview}/intentions`: one not named stays."""
    view = found(call)
    stored = json.loads(view.row["intentions"])
    named = {name: flag(call.properties[name]) for name in places.INTENTIONS if name in call.properties}
    _set(call, view, "intentions = ?", (json.dumps(stored | named),))
    return _put(call)


def delete(call: Call) -> Answer:
    """`DELETE view/{view}`, `DELETE miniview/{miniview}`: with its rules, and the selections below it."""
    view = found(call)
    building.remove_view(call.db, view.row)
    return answers.deleted(f"{view.row['kind']} {view.id}")


def rebuild(call: Call) -> Answer:
    """`POST view/{view}/rebuild`, `POST miniview/{miniview}/rebuild`."""
    view = found(call)
    building.build(call.session, view.row)
    return answers.Answer(204)


def copy(call: Call) -> Answer:
    """`POST view/{view}/copy`: with its rules; with `options.views` also the selections below it."""
    view = found(call)
    name = _free_name(call, view.row["kind"], view.place.id)
    options = call.properties.get("options")
    deep = isinstance(options, dict) and flag(options.get("views", False))
    new_id = building.copy_view(call.session, view.row, name, deep=deep)
    return answers.created(call.address(f"{view.row['kind']}/{new_id}"), new_id)


def records(call: Call) -> Answer:
    """`GET view/{view}/profiles`, `GET miniview/{miniview}/subprofiles`: as of its last build."""
    view = found(call)
    building.build_if_due(call.session, view.row)
    data_only = truth(call.query.get("dataonly"))

    def shown(record: Record) -> dict[str, Any]:
        if view.place.kind == "database":
            return profiles.profile_form(call.db, view.place, record, data_only=data_only)
        return subprofiles.subprofile_form(view.place, record, data_only=data_only)

    return record_list(call, view.place, shown, view=(view.row["kind"], view.id))


def record_ids(call: Call) -> Answer:
    """`GET view/{view}/profileids`, `GET miniview/{miniview}/subprofileids`."""
    view = found(call)
    building.build_if_due(call.session, view.row)
    return ids(call, view.place, view=(view.row["kind"], view.id))


def form(call: Call, row: sqlite3.Row) -> dict[str, Any]:
    """A (mini)selection as the API shows it."""
    building.build_if_due(call.session, row)
    row = building.view_row(call.db, row["kind"], str(row["id"])) or row
    shown: dict[str, Any] = {"ID": str(row["id"]), "name": row["name"], "description": row["description"]}
    stored = json.loads(row["intentions"])
    intentions = {name: bool(stored.get(name, False)) for name in places.INTENTIONS}
    if row["kind"] == "miniview":
        return shown | {
            "parent-type": "collection",
            "parent-id": str(row["place"]),
            "collection": str(row["place"]),
            "last-built": row["built"] or False,
        }
    return shown | {
        "parent-type": "view" if row["parent"] else "database",
        "parent-id": str(row["parent"] or row["place"]),
        "has-children": bool(building.below(call.db, row["id"])),
        "has-referred": building.is_referred(call.db, row["id"]),
        "has-rules": bool(building.rules_of(call.db, row)),
        "database": str(row["place"]),
        "last-built": row["built"] or False,
        "intentions": intentions,
    }


def _place(call: Call) -> Place:
    if "database" in call.path:
        return places.database(call.db, call.path["database"])
    return places.collection(call.db, call.path["collection"])


def _free_name(call: Call, kind: str, place: int) -> str:
    name = call.text("name")
    if not name or len(name) > _LONGEST_NAME:
        raise ApiError("Invalid data provided")
    taken = any(
        row["name"].lower() == name.lower() for row in building.views_of(call.db, kind, place, deep=True)
    )
    if taken and call.session.switch("duplicate_name") == "400":
        raise ApiError(f"A {kind} with this name already exists")
    return name


def _set(call: Call, view: View, what: str, values: tuple[object, ...]) -> None:
    call.db.execute(
        f"UPDATE views SET {what} WHERE kind = ? AND id = ?",  # noqa: S608 - constants
        (*values, view.row["kind"], view.id),
    )


def _put(call: Call) -> Answer:
    return answers.changed(call.session.switch("put_answer"), call.url)
