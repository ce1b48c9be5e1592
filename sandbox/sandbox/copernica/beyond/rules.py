"""Rules of (mini)selections and their conditions (docs/api/copernica.md, section 12)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sandbox.copernica import answers, places
from sandbox.copernica.answers import ApiError
from sandbox.copernica.beyond import building, views
from sandbox.copernica.structure import flag, paged

if TYPE_CHECKING:
    import sqlite3

    from sandbox.copernica.answers import Answer
    from sandbox.copernica.calls import Call
    from sandbox.copernica.places import Place

_TYPES: Final = {
    name.lower(): name
    for name in (
        "Field", "Date", "Change", "Interest", "MiniView", "ReferView", "DoubleField", "LastContact", "ToDo",
        "Email", "Sms", "Fax", "Survey", "Part", "Export",
    )
}  # fmt: skip
_NAMED: Final = ("field", "other-field")


def listed(call: Call) -> Answer:
    """`GET view/{view}/rules`, `GET miniview/{miniview}/minirules`."""
    view = views.found(call)
    return paged(call, [_form(call.db, row, view.place) for row in building.rules_of(call.db, view.row)])


def create(call: Call) -> Answer:
    """`POST view/{view}/rules`, `POST miniview/{miniview}/minirules`: names are unique in a selection."""
    view = views.found(call)
    name = call.text("name")
    if not name or any(row["name"].lower() == name.lower() for row in building.rules_of(call.db, view.row)):
        raise ApiError("Invalid data provided")
    cursor = call.db.execute(
        "INSERT INTO rules (kind, view, name, inversed, disabled) VALUES (?, ?, ?, ?, ?)",
        (view.row["kind"], view.id, name, _inversed(call, was=False), flag(call.properties.get("disabled"))),
    )
    new_id = int(cursor.lastrowid or 0)
    return answers.created(call.address(f"{_word(view.row['kind'])}/{new_id}"), new_id)


def read(call: Call) -> Answer:
    """`GET rule/{rule}`, `GET view/{view}/rule/{rule}`, and the same of miniselections."""
    rule, place = _found(call)
    return answers.body(_form(call.db, rule, place))


def update(call: Call) -> Answer:
    """`PUT rule/{rule}`, `PUT minirule/{minirule}`."""
    rule, _ = _found(call)
    disabled = flag(call.properties.get("disabled", rule["disabled"]))
    call.db.execute(
        "UPDATE rules SET name = ?, inversed = ?, disabled = ? WHERE id = ?",
        (call.text("name", rule["name"]), _inversed(call, was=rule["inversed"]), disabled, rule["id"]),
    )
    return answers.changed(call.session.switch("put_answer"), call.url)


def delete(call: Call) -> Answer:
    """`DELETE rule/{rule}`, `DELETE minirule/{minirule}`: with its conditions."""
    rule, _ = _found(call)
    building.remove_rule(call.db, rule)
    return answers.deleted(f"{_word(rule['kind'])} {rule['id']}")


def create_condition(call: Call) -> Answer:
    """`POST rule/{rule}/conditions`, `POST minirule/{minirule}/conditions`."""
    rule, place = _found(call)
    kind = _TYPES.get(call.text("type").lower())
    if kind is None:
        raise ApiError("Invalid data provided")
    body = _settings(call, place, {"comparison": "equals"} if kind == "Field" else {})
    cursor = call.db.execute(
        "INSERT INTO conditions (rule, type, body) VALUES (?, ?, ?)", (rule["id"], kind, json.dumps(body))
    )
    new_id = int(cursor.lastrowid or 0)
    path = f"{'mini' if rule['kind'] == 'miniview' else ''}condition/{kind}/{new_id}"
    return answers.created(call.address(path), new_id)


def update_condition(call: Call) -> Answer:
    """`PUT condition/{type}/{condition}`, `PUT minicondition/{type}/{condition}`: what is not named stays."""
    condition, place = _condition(call)
    body = _settings(call, place, json.loads(condition["body"]))
    call.db.execute("UPDATE conditions SET body = ? WHERE id = ?", (json.dumps(body), condition["id"]))
    return answers.changed(call.session.switch("put_answer"), call.url)


def delete_condition(call: Call) -> Answer:
    """`DELETE condition/{type}/{condition}`, `DELETE minicondition/{type}/{condition}`."""
    condition, _ = _condition(call)
    call.db.execute("DELETE FROM conditions WHERE id = ?", (condition["id"],))
    return answers.deleted(f"condition {condition['id']}")


def _found(call: Call) -> tuple[sqlite3.Row, Place]:
    kind = "view" if "rule" in call.path else "miniview"
    row = building.rule_row(call.db, kind, call.path[_word(kind)])
    if row is None or call.path.get(kind, str(row["view"])) != str(row["view"]):
        raise ApiError("No entity with supplied ID")
    return row, _place_of(call.db, row)


def _condition(call: Call) -> tuple[sqlite3.Row, Place]:
    kind = "view" if "condition" in call.path else "miniview"
    ref = call.path["condition" if kind == "view" else "minicondition"]
    row = call.db.execute(
        "SELECT c.*, r.kind FROM conditions c JOIN rules r ON r.id = c.rule WHERE CAST(c.id AS TEXT) = ?",
        (ref,),
    ).fetchone()
    if row is None or row["kind"] != kind or row["type"].lower() != call.path["type"].lower():
        raise ApiError("No entity with supplied ID")
    rule = building.rule_row(call.db, kind, str(row["rule"]))
    assert rule is not None  # noqa: S101 - a condition goes with its rule
    return row, _place_of(call.db, rule)


def _place_of(db: sqlite3.Connection, rule: sqlite3.Row) -> Place:
    view = building.view_row(db, rule["kind"], str(rule["view"]))
    assert view is not None  # noqa: S101 - a rule goes with its selection
    find = places.database if rule["kind"] == "view" else places.collection
    return find(db, str(view["place"]))


def _word(kind: str) -> str:
    return "rule" if kind == "view" else "minirule"


def _inversed(call: Call, *, was: bool) -> bool:
    """Both names of it are in the vendor's pages."""
    sent = call.properties
    return flag(sent.get("inversed", sent.get("inverted", was)))


def _settings(call: Call, place: Place, before: dict[str, Any]) -> dict[str, Any]:
    """The settings of a condition; a field is kept by its id, an unknown one as false: no profile has it."""
    sent = {name: value for name, value in call.properties.items() if name != "type"}
    for name in _NAMED:
        if name in sent:
            wanted = str(sent[name]).lower()
            known = (one.id for one in place.fields if wanted in (one.name.lower(), str(one.id)))
            sent[name] = next(known, False)
    if call.session.switch("relative_dates") == "ignored":
        sent = {name: value for name, value in sent.items() if not name.endswith("-mutation")}
    if "value" in sent:
        before = {**before, "other-field": False}
    return before | sent


def _form(db: sqlite3.Connection, row: sqlite3.Row, place: Place) -> dict[str, Any]:
    conditions = [_condition_form(db, one, place) for one in building.conditions_of(db, row["id"])]
    return {
        "ID": str(row["id"]),
        "name": row["name"],
        "view": str(row["view"]),
        "conditions": answers.listing(conditions, total=len(conditions)),
        "inversed": bool(row["inversed"]),
        "disabled": bool(row["disabled"]),
    }


def _condition_form(db: sqlite3.Connection, row: sqlite3.Row, place: Place) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(row["body"])
    rows = {one["id"]: one for one in places.field_rows(db, place.kind, place.id)}
    for name in _NAMED:
        if name in body:
            body[name] = places.field_form(rows[body[name]]) if body[name] in rows else False
    head = {"ID": str(row["id"]), "type": row["type"], "rule": str(row["rule"])}
    if row["type"] != "Field":
        return head | body
    usual: dict[str, Any] = {
        "comparison": "equals",
        "field": False,
        "value": "",
        "other-field": False,
        "numeric-comparison": False,
    }
    return head | usual | body
