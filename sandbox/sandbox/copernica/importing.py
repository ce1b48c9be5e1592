"""What an import does with its rows (docs/api/copernica.md, section 10)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from sandbox.copernica import places, profiles, records, search
from sandbox.copernica.answers import ApiError
from sandbox.copernica.conditions import Condition
from sandbox.copernica.values import FieldDef, Rules, comparable, convert, truth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.copernica.places import Place
    from sandbox.copernica.records import Record
    from sandbox.copernica.session import Session

ACTIONS: Final = frozenset({"add", "update", "update or add", "ignore or add", "delete"})
_ADDS: Final = frozenset({"add", "update or add", "ignore or add"})
_UPDATES: Final = frozenset({"update", "update or add"})

Outcome = dict[str, Any]


@dataclass(slots=True)
class Plan:
    """One import.

    Attributes:
        database: Where its profiles go.
        columns: Names, `Collection.Field` and `interest.Name` among them.
        rows: Values in the order of the columns.
        options: `action keys followups ignore_empty remove_missing delete_target`.
        seen: Ids of profiles that a row spoke of.
    """

    database: Place
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    options: dict[str, Any]
    seen: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Row:
    """One row, its columns sorted by where they go."""

    own: dict[str, Any]
    interests: dict[str, Any]
    collections: dict[str, dict[str, Any]]


def carry_out(session: Session, plan: Plan) -> list[Outcome]:
    """Do all rows of an import, in order.

    Args:
        session: Stamped with the import's end.
        plan: The import.

    Returns:
        Per row what became of it: `profile` and `subprofile` tell the ids, `did` and `sub_did` what was done.
    """
    run = _Run(session, plan)
    outcomes = [_one(run, _sorted_out(plan, values)) for values in plan.rows]
    if plan.options["remove_missing"]:
        for record in list(search.find(session.db, plan.database, ())):
            if record.id not in plan.seen:
                profiles.remove(session, plan.database, record)
    return outcomes


def _sorted_out(plan: Plan, values: Sequence[Any]) -> _Row:
    row = _Row({}, {}, defaultdict(dict))
    for column, value in zip(plan.columns, values, strict=True):
        head, dot, name = column.partition(".")
        if not dot:
            row.own[column] = value
        elif head.lower() == "interest":
            row.interests[name] = truth(str(value))
        else:
            row.collections[head.lower()][name] = value
    return row


def _one(run: _Run, row: _Row) -> Outcome:
    action = run.plan.options["action"]
    try:
        found = [] if action == "add" else run.profiles(row.own)
        run.plan.seen.update(record.id for record in found)
        if action == "delete":
            return _delete(run, found, row)
        return _write(run, found, row)
    except ApiError as error:
        return {"did": "refused", "reason": error.message}


def _write(run: _Run, found: list[Record], row: _Row) -> Outcome:
    action = run.plan.options["action"]
    outcome: Outcome = {"did": "nothing", "profile": None}
    if found and action in _UPDATES:
        sent = _without_empty(run.plan, row.own)
        for record in found:
            on = (
                profiles.switched(run.session.db, run.plan.database.id, row.interests, set(record.interests))
                if row.interests
                else None
            )
            records.change(run.session, run.plan.database, record, sent, on)
        outcome = {"did": "updated", "profile": found[0].id, "matched": len(found)}
        owners = [record.id for record in found]
    elif found:
        outcome = {"did": "ignored", "profile": found[0].id}
        owners = [record.id for record in found]
    elif action in _ADDS:
        on = (
            profiles.switched(run.session.db, run.plan.database.id, row.interests, set())
            if row.interests
            else set()
        )
        new_id = records.create(run.session, run.plan.database, row.own, interests=on)
        run.plan.seen.add(new_id)
        outcome = {"did": "created", "profile": new_id}
        owners = [new_id]
    else:
        owners = []
    for name, sent in row.collections.items():
        place = run.collection(name)
        if place is None or _left_out(run.session, sent):
            continue
        for owner in owners:
            outcome |= _write_below(run, place, owner, sent)
    return outcome


def _write_below(run: _Run, place: Place, owner: int, sent: dict[str, Any]) -> Outcome:
    """The subprofile of a row. One whose columns are all empty is made empty: nothing says otherwise."""
    action = run.plan.options["action"]
    found = [] if action == "add" else run.subprofiles(place, owner, sent)
    if found and action in _UPDATES:
        for record in found:
            records.change(run.session, place, record, _without_empty(run.plan, sent))
        return {"sub_did": "updated", "subprofile": found[0].id}
    if found:
        return {"sub_did": "ignored", "subprofile": found[0].id}
    if action in _ADDS:
        return {"sub_did": "created", "subprofile": records.create(run.session, place, sent, profile=owner)}
    return {"sub_did": "nothing", "subprofile": None}


def _delete(run: _Run, found: list[Record], row: _Row) -> Outcome:
    if run.plan.options["delete_target"] != "subprofile":
        for record in found:
            profiles.remove(run.session, run.plan.database, record)
        return {"did": "removed" if found else "nothing", "profile": found[0].id if found else None}
    gone = []
    for name, sent in row.collections.items():
        place = run.collection(name)
        if place is None:
            continue
        for owner in found:
            for record in run.subprofiles(place, owner.id, sent):
                records.remove(run.session, place, record)
                gone.append(record.id)
    return {
        "did": "nothing",
        "profile": found[0].id if found else None,
        "sub_did": "removed" if gone else "nothing",
        "subprofile": gone[:1],
    }


def _left_out(session: Session, sent: dict[str, Any]) -> bool:
    empty = all(value in (None, "") for value in sent.values())
    return empty and session.switch("empty_subprofile_columns") == "skips"


def _without_empty(plan: Plan, sent: dict[str, Any]) -> dict[str, Any]:
    if not plan.options["ignore_empty"]:
        return sent
    return {name: value for name, value in sent.items() if value not in (None, "")}


class _Run:
    """An import on its way; it finds records by its key fields, which compare as conditions do.

    A key field that there is none of counts for nothing; none left: everything matches.
    """

    def __init__(self, session: Session, plan: Plan) -> None:
        self.session = session
        self.plan = plan
        self._own = [key for key in plan.options["keys"] if "." not in key]
        self._below: dict[str, list[str]] = defaultdict(list)
        for key in plan.options["keys"]:
            head, dot, name = key.partition(".")
            if dot:
                self._below[head.lower()].append(name)
        self._collections: dict[str, Place | None] = {}
        plan.database = self._keyed(plan.database, self._own)

    def collection(self, name: str) -> Place | None:
        """The collection that a column names."""
        if name not in self._collections:
            place = places.collection_of(self.session.db, self.plan.database.id, name)
            self._collections[name] = place and self._keyed(place, self._below[name])
        return self._collections[name]

    def _keyed(self, place: Place, keys: Sequence[str]) -> Place:
        """The place with its key fields looked up from now on: no row shall read all records."""
        for key in filter(None, map(place.field, keys)):
            if not key.looked_up:
                self.session.db.execute("INSERT INTO keyed VALUES (?)", (key.id,))
                records.index(self.session.db, place, replace(key, keyed=True))
        return places.again(self.session.db, place)

    def profiles(self, own: dict[str, Any]) -> list[Record]:
        """All profiles with the keys of a row."""
        return self._found(self.plan.database, self._own, own, None)

    def subprofiles(self, place: Place, owner: int, sent: dict[str, Any]) -> list[Record]:
        """All subprofiles of a profile with the keys of a row."""
        return self._found(place, self._below[place.name.lower()], sent, owner)

    def _found(
        self, place: Place, keys: Sequence[str], sent: dict[str, Any], owner: int | None
    ) -> list[Record]:
        by_name = {name.lower(): value for name, value in sent.items()}
        conditions = [
            Condition(None, entry, "==", _key(entry, by_name.get(key.lower()), self.session.rules))
            for key in keys
            if (entry := place.field(key)) is not None
        ]
        return list(search.find(self.session.db, place, conditions, owner))


def _key(entry: FieldDef, value: Any, rules: Rules) -> str | float:  # noqa: ANN401 - any JSON
    unbounded = FieldDef(entry.id, entry.name, entry.type, entry.value, length=2**31)
    return comparable(
        entry.type, convert(unbounded, value.strip() if isinstance(value, str) else value, rules)
    )
