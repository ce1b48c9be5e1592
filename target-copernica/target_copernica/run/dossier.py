"""The answer to a person who asks what is stored: for machines, and as a page."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final

from target_copernica.mapping.keys import fold_email
from target_copernica.mapping.register import origins
from target_copernica.memory.addresses import SHARED_STREAM
from target_copernica.memory.consents import CONSENT_STREAM

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from target_copernica.account.person import Held
    from target_copernica.run.workspace import Workspace

__all__ = ["dossier_of", "page_of", "refused_of"]

_NEVER_COPIED: Final = (
    "what no field of the mapping names: it does not leave the machine on which the connection runs",
    "passwords and payment data",
    "IP addresses, and notes of the shop's staff, unless their stream was selected by name",
    "the content of messages between the shop and a customer",
)

_KEPT_HERE: Final = (
    "ledger.sqlite: ids, keyed hashes of contents and addresses, and what waits (below)",
    "consent.jsonl: what was heard of the consent of the address (below), under a keyed hash",
    "tombstones.jsonl: a keyed hash, if the person was removed",
    "rejects.jsonl: records that Copernica refused (below)",
)

_OWN_STREAMS: Final = {CONSENT_STREAM: "the rules of consent", SHARED_STREAM: "the mark of a shared address"}

_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>What is stored</title>
<style>body {{ font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }}
table {{ border-collapse: collapse }} td, th {{ border: 1px solid #ccc; padding: .2rem .5rem;
text-align: left; vertical-align: top; overflow-wrap: anywhere }}</style></head>
<body>
{body}
</body></html>
"""

Dossier = dict[str, Any]


def dossier_of(work: Workspace, wanted: str, held: Iterable[Held], addresses: set[str]) -> Dossier:
    """All that is stored of a person.

    Args:
        work: An open workspace, with its places prepared.
        wanted: The address or key that was asked for.
        held: What Copernica holds.
        addresses: The person's, and no one else's.
    """
    found = list(held)
    of_profiles = {one for thing in found for one in thing.addresses if thing.place.collection_id is None}
    said_of = addresses if "@" in wanted else of_profiles
    profiles = {thing.id for thing in found if thing.place.collection_id is None}
    consents = work.ledger.consents
    return {
        "asked_at": work.client.now().isoformat(timespec="seconds"),
        "asked_for": wanted,
        "profiles": [_shown(work, one) for one in found if one.place.collection_id is None],
        "below": [
            _shown(work, one) | {"below_another_person": one.profile not in profiles}
            for one in found
            if one.place.collection_id is not None
        ],
        "consent": [line for one in sorted(said_of) for line in consents.heard_of(consents.who(one))],
        "waiting": [body for one in found for _, body in work.ledger.waiting_for(one.place.code, one.key)],
        "refused": refused_of(work, addresses, {one.key for one in found if one.key}),
        "kept_on_this_machine": list(_KEPT_HERE),
        "never_copied": list(_NEVER_COPIED),
    }


def page_of(dossier: Mapping[str, Any]) -> str:
    """The same as a page of HTML that needs nothing else.

    Args:
        dossier: See `dossier_of`; with `copernica`, the answer of Copernica itself, where there is one.
    """
    parts = [f"<h1>What is stored</h1><p>Asked on {escape(dossier['asked_at'])}.</p>"]
    if not dossier["profiles"] and not dossier["below"]:
        parts.append("<p>Copernica holds nothing of this person in what this connection writes.</p>")
    for thing in (*dossier["profiles"], *dossier["below"]):
        other = " (below another person, with this address)" if thing.get("below_another_person") else ""
        parts.append(
            f"<h2>{escape(thing['place'])} {thing['id']}{other}</h2><p>Made {escape(thing['created'])}, "
            f"changed {escape(thing['modified'])}.</p>{_table(thing['fields'])}"
        )
    parts += [
        f"<h2>{title}</h2>{_table(dossier[name])}"
        for name, title in (("consent", "Consent, as it was heard"), ("waiting", "Waiting to be written"))
        if dossier[name]
    ]
    if dossier["refused"]:
        parts.append(f"<h2>Refused by Copernica</h2>{_table(dossier['refused'])}")
    if "copernica" in dossier:
        parts.append(f"<h2>Copernica's own data request</h2>{_tree(dossier['copernica'])}")
    parts.append(f"<h2>Kept on the shop's machine</h2>{_tree(dossier['kept_on_this_machine'])}")
    parts.append(f"<h2>Never copied</h2>{_tree(dossier['never_copied'])}")
    return _PAGE.format(body="\n".join(parts))


def _shown(work: Workspace, thing: Held) -> Dossier:
    place, mapping = thing.place, work.mapping
    alias, collection = next(names for names, one in work.places.items() if one.code == place.code)
    is_mapped = mapping is not None and alias in mapping.databases
    sources = origins(mapping, alias, collection) if mapping is not None and is_mapped else {}
    unknown = "not from this connection" if is_mapped else f"{place.name} (a stream without a mapping)"
    written = _written(work, thing)
    return {
        "place": place.name,
        "id": thing.id,
        "profile": thing.profile,
        "key": thing.key,
        "created": thing.created,
        "modified": thing.modified,
        "fields": [
            {
                "field": name,
                "value": value,
                "source": ", ".join(sources.get(name.lower(), [unknown])),
                **written.get(name.lower(), {"last_write": "", "of": "", "at": ""}),
            }
            for name, value in thing.fields.items()
        ],
    }


def _written(work: Workspace, thing: Held) -> dict[str, dict[str, str]]:
    """By lower-case field: the stream that wrote it last, the time of the record that it wrote, and when."""
    code, key = thing.place.code, thing.key
    entry = work.ledger.entry(code, key) if key else None
    if entry is None or entry.id != thing.id:
        return {}
    found: dict[str, dict[str, str]] = {}
    for stream, parts in work.ledger.all_parts(code, key).items():
        for part in parts:
            changed = "; changed by others since" if part.is_unconfirmed else ""
            writer = _OWN_STREAMS.get(stream, stream) + changed
            at = part.wrote.time if part.wrote is not None else ""
            for name in part.names or ():
                found[name.lower()] = {"last_write": writer, "of": part.version or "", "at": at}
    return found


def refused_of(work: Workspace, addresses: set[str], keys: set[str]) -> list[Dossier]:
    """What waits to be sent again: of these keys, or with one of these addresses in it."""
    return [
        {name: value for name, value in entry.items() if value is not None}
        for entry in work.rejects.records()
        if entry["key"] in keys or not addresses.isdisjoint(_folded_texts(entry.get("content")))
    ]


def _folded_texts(value: object) -> Iterator[str]:
    """The texts in a JSON value, as addresses are folded."""
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _folded_texts(inner)
    elif folded := fold_email(value):
        yield folded


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    lines = (
        "".join(f"<td>{_tree(row[name]) if name in row else ''}</td>" for name in columns) for row in rows
    )
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def _tree(value: object) -> str:
    """Any JSON value."""
    if isinstance(value, dict):
        items = (f"<li>{escape(str(name))}: {_tree(inner)}</li>" for name, inner in value.items())
        return f"<ul>{''.join(items)}</ul>"
    if isinstance(value, list):
        return f"<ul>{''.join(f'<li>{_tree(inner)}</li>' for inner in value)}</ul>"
    return "" if value is None else escape(str(value))
