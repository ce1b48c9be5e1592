"""The calls on profiles (docs/api/copernica.md, section 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.copernica import answers, places, records, search
from sandbox.copernica.answers import ApiError
from sandbox.copernica.selection import ids, record_list, selected_for_writing
from sandbox.copernica.structure import flag
from sandbox.copernica.values import truth

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from sandbox.copernica.answers import Answer
    from sandbox.copernica.calls import Call
    from sandbox.copernica.places import Place
    from sandbox.copernica.records import Record
    from sandbox.copernica.session import Session


def profile_form(
    db: sqlite3.Connection, place: Place, record: Record, *, data_only: bool = False
) -> dict[str, Any]:
    """A profile as the API shows it."""
    form: dict[str, Any] = {
        "ID": str(record.id),
        "fields": record.fields(place),
        "interests": _names(db, record),
    }
    if data_only:
        return form | {"modified": record.modified}
    return form | {
        "database": str(record.place),
        "secret": record.secret,
        "created": record.created,
        "modified": record.modified,
        "removed": record.removed or False,
    }


def listed(call: Call) -> Answer:
    """`GET database/{database}/profiles`."""
    place = places.database(call.db, call.path["database"])
    data_only = truth(call.query.get("dataonly"))
    return record_list(call, place, lambda record: profile_form(call.db, place, record, data_only=data_only))


def listed_ids(call: Call) -> Answer:
    """`GET database/{database}/profileids`."""
    return ids(call, places.database(call.db, call.path["database"]))


def create(call: Call) -> Answer:
    """`POST database/{database}/profiles`: always a new one, also an empty one."""
    place = places.database(call.db, call.path["database"])
    sent = _fields_of_many(call)
    new_id = records.create(call.session, place, sent, interests=_interests(call, place.id, set()) or ())
    return answers.created(call.address(f"profile/{new_id}"), new_id)


def change_all(call: Call) -> Answer:
    """`PUT database/{database}/profiles?fields[]=`: all that match, or with `create` a new one.

    The new one is made from the body alone: a key that stands in the condition only is lost.
    """
    place = places.database(call.db, call.path["database"])
    conditions = selected_for_writing(call, place)
    sent = _fields_of_many(call)
    form = call.session.switch("put_answer")
    matching = list(search.find(call.db, place, conditions))
    for record in matching:
        records.change(call.session, place, record, sent, _interests(call, place.id, set(record.interests)))
    if matching or not truth(call.query.get("create")):
        return answers.changed(form, call.url, many=bool(matching))
    new_id = records.create(call.session, place, sent, interests=_interests(call, place.id, set()) or ())
    if truth(call.query.get("async")):
        # Answered before it is done, so the id cannot be told.
        return answers.later(call.session.switch("async_answer"), form, call.url)
    return answers.made_by_put(form, call.url, call.address(f"profile/{new_id}"), new_id)


def delete_many(call: Call) -> Answer:
    """`DELETE database/{database}/profiles` with `{"profiles": [1, 2]}`: unknown ids are passed over."""
    place = places.database(call.db, call.path["database"])
    wanted = call.properties.get("profiles")
    if not isinstance(wanted, list):
        raise ApiError("Invalid data provided")
    for profile_id in wanted:
        record = records.read(call.db, "profiles", str(profile_id))
        if record and record.place == place.id and not record.removed:
            remove(call.session, place, record)
    return answers.deleted("profiles")


def read(call: Call) -> Answer:
    """`GET profile/{profile}`: a removed one too."""
    place, record = _profile(call)
    return answers.body(profile_form(call.db, place, record))


def update(call: Call) -> Answer:
    """`PUT profile/{profile}`: a `fields` that is no object is ignored here."""
    place, record = _profile(call)
    sent = call.properties.get("fields")
    interests = _interests(call, place.id, set(record.interests))
    records.change(call.session, place, record, sent if isinstance(sent, dict) else {}, interests)
    if isinstance(secret := call.properties.get("secret"), str):
        records.set_secret(call.session, place.table, record, secret)
    return answers.changed(call.session.switch("put_answer"), call.url)


def fields(call: Call) -> Answer:
    """`GET profile/{profile}/fields`."""
    place, record = _profile(call)
    return answers.body(record.fields(place))


def update_fields(call: Call) -> Answer:
    """`PUT profile/{profile}/fields`: a flat body."""
    place, record = _profile(call)
    records.change(call.session, place, record, call.properties)
    return answers.changed(call.session.switch("put_answer"), call.url.removesuffix("/fields"))


def delete(call: Call) -> Answer:
    """`DELETE profile/{profile}`."""
    place, record = _profile(call)
    completely = call.text("completely", "No").lower() == "yes"
    if record.removed and not completely:
        raise ApiError("This profile has already been removed")
    remove(call.session, place, record, completely=completely)
    return answers.deleted(f"profile {record.id}")


def remove(session: Session, place: Place, record: Record, *, completely: bool = False) -> None:
    """Remove a profile, and its subprofiles with it.

    Args:
        session: Who removes.
        place: Its database.
        record: The profile.
        completely: Also from the back end: it cannot be read any more.
    """
    rows = session.db.execute(
        "SELECT * FROM subprofiles WHERE profile = ? AND removed IS NULL", (record.id,)
    ).fetchall()
    for row in rows:
        records.remove(session, places.collection(session.db, str(row["place"])), records.record_of(row))
    if completely:
        records.erase(session, place, record)
        session.db.execute("DELETE FROM subprofiles WHERE profile = ?", (record.id,))
    else:
        records.remove(session, place, record)


def interests(call: Call) -> Answer:
    """`GET profile/{profile}/interests`."""
    _, record = _profile(call)
    wanted = call.query.get("return")
    rows = [row for row in places.interest_rows(call.db, record.place) if row["id"] in record.interests]
    if wanted == "objects":
        return answers.body([places.interest_form(row) for row in rows])
    return answers.body([str(row["id"]) if wanted == "ids" else row["name"] for row in rows])


def add_interests(call: Call) -> Answer:
    """`POST profile/{profile}/interests`: those that are named only."""
    place, record = _profile(call)
    on = switched(call.db, place.id, call.body, set(record.interests))
    records.change(call.session, place, record, {}, on)
    return answers.Answer(201)


def set_interests(call: Call) -> Answer:
    """`PUT profile/{profile}/interests`: each that is not named is switched off."""
    place, record = _profile(call)
    records.change(call.session, place, record, {}, switched(call.db, place.id, call.body, set()))
    return answers.changed(call.session.switch("put_answer"), call.url)


def switched(db: sqlite3.Connection, database: int, sent: Any, before: set[int]) -> set[int]:  # noqa: ANN401 - any JSON
    """Ids of the interests that are on afterwards.

    Args:
        db: The open transaction.
        database: Whose interests.
        sent: `{"Football": 1, "Tennis": 0}` or `["Football"]`; unknown names are ignored.
        before: Those that are on.
    """
    named: dict[str, object] = {}
    if isinstance(sent, list):
        named = dict.fromkeys(map(str, sent), True)
    elif isinstance(sent, dict):
        named = sent
    wanted = {name.lower(): flag(value) for name, value in named.items()}
    after = set(before)
    for row in places.interest_rows(db, database):
        belongs = wanted.get(row["name"].lower())
        if belongs is True:
            after.add(row["id"])
        elif belongs is False:
            after.discard(row["id"])
    return after


def _interests(call: Call, database: int, before: set[int]) -> set[int] | None:
    if "interests" not in call.properties:
        return None
    kept = before if call.session.switch("interests_in_put") == "add" else set[int]()
    return switched(call.db, database, call.properties["interests"], kept)


def _names(db: sqlite3.Connection, record: Record) -> list[str]:
    if not record.interests:
        return []
    return [row["name"] for row in places.interest_rows(db, record.place) if row["id"] in record.interests]


def _profile(call: Call) -> tuple[Place, Record]:
    record = records.read(call.db, "profiles", call.path["profile"])
    if record is None:
        raise ApiError("No entity with supplied ID")
    return places.database(call.db, str(record.place)), record


def _fields_of_many(call: Call) -> Mapping[str, Any]:
    """The `fields` of a body to `database/{id}/profiles`, where alone they are checked."""
    if not isinstance(call.body, dict):
        raise ApiError("Invalid data provided")
    sent = call.body.get("fields") or {}
    if not isinstance(sent, dict):
        raise ApiError("Invalid data provided")
    return sent
