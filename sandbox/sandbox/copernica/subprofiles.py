"""The calls on subprofiles (docs/api/copernica.md, section 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.copernica import answers, places, records, search
from sandbox.copernica.answers import ApiError
from sandbox.copernica.selection import ids, record_list, selected_for_writing
from sandbox.copernica.values import truth

if TYPE_CHECKING:
    from sandbox.copernica.answers import Answer
    from sandbox.copernica.calls import Call
    from sandbox.copernica.places import Place
    from sandbox.copernica.records import Record


def subprofile_form(place: Place, record: Record, *, data_only: bool = False) -> dict[str, Any]:
    """A subprofile as the API shows it."""
    fields = record.fields(place)
    parents = {"profile": str(record.profile), "collection": str(record.place)}
    if data_only:
        return {"ID": str(record.id), "fields": fields, **parents, "modified": record.modified}
    return {
        "ID": str(record.id),
        "secret": record.secret,
        "fields": fields,
        **parents,
        "created": record.created,
        "modified": record.modified,
        "removed": record.removed or False,
    }


def of_profile(call: Call) -> Answer:
    """`GET profile/{profile}/subprofiles/{collection}`."""
    profile, place = _profile_and_collection(call, "No collection with given ID")
    data_only = truth(call.query.get("dataonly"))
    filtered = call.session.switch("profile_subprofiles_fields") == "used"
    return record_list(
        call,
        place,
        lambda record: subprofile_form(place, record, data_only=data_only),
        profile.id,
        filtered=filtered,
    )


def create(call: Call) -> Answer:
    """`POST profile/{profile}/subprofiles/{collection}`: a flat body; the profile may be a removed one."""
    profile, place = _profile_and_collection(call, "Subprofile could not be created")
    new_id = records.create(call.session, place, call.properties, profile=profile.id)
    return answers.created(call.address(f"subprofile/{new_id}"), new_id)


def change_of_profile(call: Call) -> Answer:
    """`PUT profile/{profile}/subprofiles/{collection}?fields[]=`: all that match, or a new one."""
    profile, place = _profile_and_collection(call, "No collection with given ID")
    special = call.session.switch("subprofile_put_by_id") == "known"
    conditions = selected_for_writing(call, place, special=special, strict=True)
    form = call.session.switch("put_answer")
    matching = list(search.find(call.db, place, conditions, profile.id))
    for record in matching:
        records.change(call.session, place, record, call.properties)
    if matching or not truth(call.query.get("create")):
        return answers.changed(form, call.url, many=bool(matching))
    new_id = records.create(call.session, place, call.properties, profile=profile.id)
    if truth(call.query.get("async")):
        return answers.later(call.session.switch("async_answer"), form, call.url)
    return answers.made_by_put(form, call.url, call.address(f"subprofile/{new_id}"), new_id, tells_id=False)


def listed(call: Call) -> Answer:
    """`GET collection/{collection}/subprofiles`: over all profiles."""
    place = places.collection(call.db, call.path["collection"])
    data_only = truth(call.query.get("dataonly"))
    return record_list(call, place, lambda record: subprofile_form(place, record, data_only=data_only))


def listed_ids(call: Call) -> Answer:
    """`GET collection/{collection}/subprofileids`."""
    return ids(call, places.collection(call.db, call.path["collection"]))


def change_all(call: Call) -> Answer:
    """`PUT collection/{collection}/subprofiles?fields[]=`: all that match.

    A flat body, or wrapped in `fields`: the documentation shows both.
    """
    place = places.collection(call.db, call.path["collection"])
    conditions = selected_for_writing(call, place)
    wrapped = call.properties.get("fields")
    sent = wrapped if isinstance(wrapped, dict) else call.properties
    matching = list(search.find(call.db, place, conditions))
    for record in matching:
        records.change(call.session, place, record, sent)
    return answers.changed(call.session.switch("put_answer"), call.url, many=bool(matching))


def read(call: Call) -> Answer:
    """`GET subprofile/{subprofile}`: a removed one too."""
    place, record = _subprofile(call)
    return answers.body(subprofile_form(place, record))


def fields(call: Call) -> Answer:
    """`GET subprofile/{subprofile}/fields`."""
    place, record = _subprofile(call)
    return answers.body(record.fields(place))


def update(call: Call) -> Answer:
    """`PUT subprofile/{subprofile}`."""
    place, record = _subprofile(call)
    sent = call.properties.get("fields")
    records.change(call.session, place, record, sent if isinstance(sent, dict) else {})
    if isinstance(secret := call.properties.get("secret"), str):
        records.set_secret(call.session, place.table, record, secret)
    return answers.changed(call.session.switch("put_answer"), call.url)


def update_fields(call: Call) -> Answer:
    """`PUT subprofile/{subprofile}/fields`: a flat body."""
    place, record = _subprofile(call)
    records.change(call.session, place, record, call.properties)
    return answers.changed(call.session.switch("put_answer"), call.url.removesuffix("/fields"))


def delete(call: Call) -> Answer:
    """`DELETE subprofile/{subprofile}`."""
    place, record = _subprofile(call)
    completely = call.text("completely", "No").lower() == "yes"
    if record.removed and not completely:
        raise ApiError("This subprofile has already been removed")
    if not record.removed:
        records.remove(call.session, place, record)
    if completely:
        records.erase(call.session, place, record)
    return answers.deleted(f"subprofile {record.id}")


def _profile_and_collection(call: Call, refusal: str) -> tuple[Record, Place]:
    profile = records.read(call.db, "profiles", call.path["profile"])
    if profile is None:
        raise ApiError("No entity with supplied ID")
    place = places.collection_of(call.db, profile.place, call.path["collection"])
    if place is None:
        raise ApiError(refusal)
    return profile, place


def _subprofile(call: Call) -> tuple[Place, Record]:
    record = records.read(call.db, "subprofiles", call.path["subprofile"])
    if record is None:
        raise ApiError("No subprofile with supplied ID")
    return places.collection(call.db, str(record.place)), record
