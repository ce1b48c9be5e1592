"""Checks of a whole mapping before the first record: no name used twice, no limit of Copernica exceeded.

Copernica compares names without case. A database and a collection hold at most one field of type email,
phone_fax and phone_gsm and 64 indexes (docs/api/copernica.md sections 4 and 5).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from target_copernica.errors import SettingsError
from target_copernica.mapping.keys import KEY_FIELD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_copernica.mapping.model import AccountMap, FieldMap, StreamMap

__all__ = ["check_clashes"]

_ONCE: Final = ("email", "phone_fax", "phone_gsm")
_MOST_INDEXES: Final = 64


def check_clashes(mapping: AccountMap) -> None:
    """See that everything in a mapping can be made and has one owner.

    Raises:
        SettingsError: With the path of the first line that cannot be.
    """
    _check_databases(mapping)
    _check_collections(mapping)
    _check_owners(mapping)
    _check_limits(mapping)


def _check_databases(mapping: AccountMap) -> None:
    taken: dict[str, str] = {}
    for alias, database in mapping.databases.items():
        if other := taken.get(database.name.lower()):
            raise SettingsError(
                f"mapping, databases.{alias}: databases.{other} is {database.name} already: what has the "
                "same key in both would become one; give each a database of its own"
            )
        taken[database.name.lower()] = alias


def _check_collections(mapping: AccountMap) -> None:
    written: dict[tuple[str, str], str] = {}
    for stream in mapping.streams.values():
        if collection := stream.place.collection:
            first = written.setdefault((stream.place.database, collection.lower()), collection)
            if first != collection:
                raise SettingsError(
                    f"mapping, streams.{stream.stream}.subprofiles_of: written as {first} elsewhere, and "
                    "Copernica takes both for one"
                )


def _check_owners(mapping: AccountMap) -> None:
    """No two streams may own one field, and no two definitions of one field may differ."""
    owners: dict[tuple[str, str | None, str], tuple[StreamMap, FieldMap]] = {}
    for stream, entry, where in _fields(mapping):
        name = entry.name.lower()
        place = (stream.place.database, stream.place.collection, name)
        if name == KEY_FIELD:
            raise SettingsError(f"mapping, {where}: {KEY_FIELD} is where the target keeps its own key")
        if stream.place.collection is None and name == _shared_email(mapping, stream):
            raise SettingsError(
                f"mapping, {where}: databases.{stream.place.database}.shared_email has that name already"
            )
        owner, owned = owners.setdefault(place, (stream, entry))
        if owned is not entry and not (stream.own_rows or owner.own_rows):
            raise SettingsError(
                f"mapping, {where}: streams.{owner.stream} has a field of that name there already"
            )
        if owned.column != entry.column:
            raise SettingsError(f"mapping, {where}: differs from streams.{owner.stream}.fields.{owned.name}")
    for stream in mapping.streams.values():
        for entry in stream.stub:
            _, known = owners.get((stream.place.database, None, entry.name.lower()), (None, None))
            if known is not None and known.column != entry.column:
                raise SettingsError(
                    f"mapping, streams.{stream.stream}.stub.{entry.name}: differs from the field of that name"
                )


def _check_limits(mapping: AccountMap) -> None:
    kinds: Counter[tuple[str, str | None, str]] = Counter()
    indexes: Counter[tuple[str, str | None]] = Counter()
    met: set[tuple[str, str | None, str]] = set()
    for stream, entry, where in _fields(mapping):
        place = (stream.place.database, stream.place.collection)
        if (*place, entry.name.lower()) in met:
            continue
        met.add((*place, entry.name.lower()))
        kinds[*place, entry.column.type] += 1
        indexes[place] += entry.index
        if entry.column.type in _ONCE and kinds[*place, entry.column.type] > 1:
            raise SettingsError(
                f"mapping, {where}.type: there is a field of type {entry.column.type} already, and Copernica "
                "takes one in a database or collection"
            )
        if indexes[place] > _MOST_INDEXES - 1:  # one is the key's
            raise SettingsError(f"mapping, {where}.index: more than {_MOST_INDEXES} indexes in one place")


def _fields(mapping: AccountMap) -> Iterator[tuple[StreamMap, FieldMap, str]]:
    for stream in mapping.streams.values():
        for entry in stream.fields:
            yield stream, entry, f"streams.{stream.stream}.fields.{entry.name}"


def _shared_email(mapping: AccountMap, stream: StreamMap) -> str | None:
    name = mapping.databases[stream.place.database].shared_email
    return name.lower() if name else None
