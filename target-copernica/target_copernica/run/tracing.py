"""Where a person or an order stands in Copernica and in what this program keeps; ids and times, no values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from target_copernica.account.content import content_of
from target_copernica.account.person import Held, held_of, rows
from target_copernica.mapping.keys import KEY_FIELD, fold_email
from target_copernica.run.dossier import refused_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_copernica.account.structure import Place
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
    held = held_of(work.client, places, wanted)[0] if folded else list(_held(work, wanted, keys))
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
            for entry in refused
        ],
    }


def _held(work: Workspace, wanted: str, keys: set[tuple[str, str]]) -> Iterator[Held]:
    """What Copernica has under these keys, and the orders with this number."""
    for place in work.places.values():
        asked = [(KEY_FIELD, key) for code, key in sorted(keys) if code == place.code]
        for name, value in [*asked, *((name, wanted) for name in _numbers(work, place))]:
            for one in rows(work.client, place, place.list_path, ("fields[]", f"{name}=={value}")):
                if one.fields.get(name, "").casefold() != value.casefold():
                    break  # the condition was not understood, and everything came
                yield one


def _numbers(work: Workspace, place: Place) -> list[str]:
    """Fields of a place that hold the number of an order."""
    return [
        entry.name
        for stream in (work.mapping.streams.values() if work.mapping else ())
        if stream.place.creates and work.places[stream.place.database, stream.place.collection] == place
        for entry in stream.fields
        if entry.plain == _NUMBER
    ]


def _thing(work: Workspace, place: Place, key: str, held: Held | None) -> dict[str, Any]:
    entry = work.ledger.entry(place.code, key) if key else None
    standing = "there" if held else "removed" if entry is not None else "not there"
    found: dict[str, Any] = {"place": place.name, "key": key, "standing": standing, "streams": []}
    if held is not None:
        changed = _utc(work, held.modified)
        found |= {"id": held.id, "profile": held.profile, "made": _utc(work, held.created)}
        found |= {"changed": changed, "run": work.ledger.journal.run_at(changed) if changed else None}
    for stream, parts in work.ledger.all_parts(place.code, key).items():
        version = max((part.version or "" for part in parts), default="")
        is_as_written = held is not None and all(
            part.written == work.ledger.digest(content_of(place, _read(place, held, part.names or ())))
            for part in parts
        )
        found["streams"].append({"stream": stream, "version": version, "as_written": is_as_written})
    found["waiting"] = sorted({str(body["stream"]) for _, body in work.ledger.waiting_for(place.code, key)})
    return found


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
