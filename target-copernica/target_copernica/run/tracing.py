"""Where a person or an order stands in Copernica and in what this program keeps; ids and times, no values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from target_copernica.account.content import content_of
from target_copernica.account.person import Held, held_of, rows
from target_copernica.mapping.keys import KEY_FIELD, fold_email
from target_copernica.run.dossier import refused_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from target_copernica.account.structure import Place
    from target_copernica.mapping.model import FieldMap, Moment, StreamMap
    from target_copernica.memory.parts import Part
    from target_copernica.run.workspace import Workspace

__all__ = ["traced"]

_NUMBER: Final = "number"
"""The property that holds the number which people give an order."""


def traced(work: Workspace, wanted: str) -> dict[str, Any]:
    """What is known of a person or an order.

    Args:
        work: An open workspace, with its places prepared.
        wanted: An address, an id at the source, the number of an order, or a key.

    Returns:
        `things`: profiles and subprofiles that are there, or were; `refused`: what waits in the rejects file.
    """
    folded = fold_email(wanted) if "@" in wanted else None
    places = list(work.places.values())
    keys = {
        (place.code, key)
        for place in places
        for key in (
            work.ledger.addresses.keys(place.code, folded)
            if folded
            else work.ledger.scan.keys_of(place.code, wanted)
        )
    }
    held = held_of(work.client, places, wanted)[0] if folded else _held(work, wanted, keys)
    there = {(one.place.code, one.key): one for one in held}
    by_code = {place.code: place for place in places}
    asked = {key for _, key in {*keys, *there}}
    if not folded:
        asked |= {one["key"] for one in work.rejects.records() if f":{one['key']}".endswith(f":{wanted}")}
    refused = refused_of(work, {folded} if folded else set(), asked)
    return {
        "things": [
            _thing(work, by_code[code], key, there.get((code, key))) for code, key in sorted({*keys, *there})
        ],
        "refused": [
            {name: entry.get(name) for name in ("stream", "key", "reason", "time", "run")}
            | {"run_id": work.ledger.journal.name_of(entry.get("run", 0))}
            for entry in refused
        ],
    }


def _held(work: Workspace, wanted: str, keys: set[tuple[str, str]]) -> list[Held]:
    """What Copernica has under these keys, the orders with this id or number, and all that is below."""
    found: dict[tuple[str, int], Held] = {}
    places = list(work.places.values())
    for place in places:
        for key in sorted(key for code, key in keys if code == place.code):
            _add(found, _with(work, place, KEY_FIELD, key))
        for name in _fields(work, place, _is_number):
            _add(found, _with(work, place, name, wanted))
    orders = {
        one.fields.get(name, "") for one in found.values() for name in _fields(work, one.place, _is_order)
    } - {""}
    for place in places:
        for name in _fields(work, place, _is_order):
            for order in sorted({*orders, *([wanted] if wanted.isdecimal() else [])}):
                _add(found, _with(work, place, name, order))
    for profile in [one for one in found.values() if one.place.collection_id is None]:
        for place in places:
            if place.database_id == profile.place.database_id and place.collection_id is not None:
                path = f"profile/{profile.id}/subprofiles/{place.collection_id}"
                _add(found, rows(work.client, place, path))
    return list(found.values())


def _add(found: dict[tuple[str, int], Held], more: Iterable[Held]) -> None:
    found.update(((one.place.code, one.id), one) for one in more)


def _with(work: Workspace, place: Place, name: str, value: str) -> Iterator[Held]:
    """What has this value in a field."""
    for one in rows(work.client, place, place.list_path, ("fields[]", f"{name}=={value}")):
        if one.fields.get(name, "").casefold() != value.casefold():
            break  # the condition was not understood, and everything came
        yield one


def _is_number(_stream: StreamMap, entry: FieldMap) -> bool:
    """Whether a field holds the number of an order."""
    return entry.plain == _NUMBER


def _is_order(stream: StreamMap, entry: FieldMap) -> bool:
    """Whether a field holds the id of the order that something belongs to."""
    parent = stream.place.parent
    return parent is not None and parent.order is not None and parent.order in entry.sources


def _fields(work: Workspace, place: Place, is_meant: Callable[[StreamMap, FieldMap], bool]) -> list[str]:
    """Names of the fields of a place that are meant."""
    return sorted({
        entry.name
        for stream in (work.mapping.streams.values() if work.mapping else ())
        if stream.place.creates and work.places[stream.place.database, stream.place.collection] == place
        for entry in stream.fields
        if is_meant(stream, entry)
    })  # fmt: skip


def _thing(work: Workspace, place: Place, key: str, held: Held | None) -> dict[str, Any]:
    ledger = work.ledger
    entry = ledger.entry(place.code, key) if key else None
    standing = "there" if held else "removed" if entry is not None else "not there"
    found: dict[str, Any] = {"place": place.name, "key": key, "standing": standing, "streams": []}
    if held is not None:
        changed = _utc(work, held.modified)
        run = ledger.journal.run_at(changed) if changed else None
        found |= {"id": held.id, "profile": held.profile, "made": _utc(work, held.created)}
        found |= {"changed": changed, "run": run, "run_id": ledger.journal.name_of(run or 0)}
    for stream, parts in ledger.all_parts(place.code, key).items():
        told = [
            {
                "version": part.version or "",
                "fields": [*part.names] if part.names is not None else None,
                "as_written": _is_as_written(work, place, held, part),
                "read": _when(work, part.read),
                "written": _when(work, part.wrote),
            }
            for part in parts
        ]
        refusal = ledger.notes.refusal(place.code, key, stream)
        found["streams"].append({
            "stream": stream,
            "version": max((str(part["version"]) for part in told), default=""),
            "as_written": all(part["as_written"] for part in told),
            "parts": told,
            "refused": {**_when(work, refusal[0]), "reason": refusal[1]} if refusal else None,
        })  # fmt: skip
    waiting = [body for _, body in ledger.waiting_for(place.code, key)]
    found["waiting"] = sorted({str(body["stream"]) for body in waiting})
    return found


def _is_as_written(work: Workspace, place: Place, held: Held | None, part: Part) -> bool:
    if held is None:
        return False
    return part.written == work.ledger.digest(content_of(place, _read(place, held, part.names or ())))


def _when(work: Workspace, moment: Moment | None) -> dict[str, Any]:
    """A run and its time; nothing of what was noted by an earlier version, which kept neither."""
    if moment is None:
        return {}
    return {"run": moment.run, "run_id": work.ledger.journal.name_of(moment.run), "time": moment.time}


def _read(place: Place, held: Held, names: tuple[str, ...]) -> dict[str, str]:
    there = {name.lower(): value for name, value in held.fields.items()}
    known = [place.fields[name.lower()].name for name in names if name.lower() in place.fields]
    return {name: there.get(name.lower(), "") for name in known}


def _utc(work: Workspace, text: str) -> str:
    """A time as Copernica prints it, on its wall clock, in UTC; empty where it prints none."""
    try:
        local = datetime.fromisoformat(text).replace(tzinfo=work.zone)
    except ValueError:
        return ""
    return local.astimezone(UTC).isoformat(timespec="seconds")
