"""The lines of a mapping that speak of consent: which fields keep it, and which records are acts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from target_copernica.consent.model import ROLES
from target_copernica.errors import SettingsError
from target_copernica.mapping.lines import lines_of, only, optional_path, path_of
from target_copernica.mapping.model import AccountMap, ActMap
from target_copernica.mapping.names import check_field_name

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["act_of", "consent_fields", "keeping_consent"]

_KINDS: Final = ("subscription", "order")
_ACT_KEYS: Final = frozenset({"kind", "email", "id", "at", "confirmed", "confirmed_at", "ticked"})


def consent_fields(section: Mapping[str, Any], where: str) -> dict[str, str]:
    """Names of the fields that keep consent, by role.

    Args:
        section: The lines, `role: name`.
        where: Their path.

    Raises:
        SettingsError: A line is no such role, or no name.
    """
    lines = lines_of(section, where)
    only(lines, frozenset(ROLES), where)
    if lines and "newsletter" not in lines:
        raise SettingsError(f"mapping, {where}: without `newsletter` there is nothing to keep")
    return {
        role: check_field_name(str(lines[role]), f"mapping, {where}.{role}")
        for role in ROLES
        if role in lines
    }


def act_of(body: object, where: str) -> ActMap:
    """How the records of a stream tell that a person wants mail.

    Args:
        body: The lines.
        where: Their path.

    Raises:
        SettingsError: A line cannot be understood.
    """
    act = lines_of(body, where)
    only(act, _ACT_KEYS, where)
    if act.get("kind") not in _KINDS:
        raise SettingsError(f"mapping, {where}.kind: one of {', '.join(_KINDS)}")
    return ActMap(
        str(act["kind"]),
        path_of(act.get("email"), f"{where}.email"),
        path_of(act.get("id"), f"{where}.id"),
        path_of(act.get("at"), f"{where}.at"),
        optional_path(act.get("confirmed"), f"{where}.confirmed"),
        optional_path(act.get("confirmed_at"), f"{where}.confirmed_at"),
        optional_path(act.get("ticked"), f"{where}.ticked"),
    )


def keeping_consent(mapping: AccountMap, *, is_on: bool = True) -> AccountMap:
    """A mapping without consent where none is kept, and without fields that its streams fill themselves.

    A field `newsletter` of the user's own is the user's: then no consent is kept in that database.

    Args:
        mapping: As it was read.
        is_on: Whether the settings want consent.
    """
    databases = {}
    for alias, database in mapping.databases.items():
        streams = [one for one in mapping.streams.values() if one.place.database == alias]
        taken = {
            entry.name.lower()
            for one in streams
            for entry in (*(() if one.place.collection else one.fields), *one.stub)
        }
        names = {role: name for role, name in database.consent.items() if name.lower() not in taken}
        databases[alias] = replace(database, consent=names if is_on and "newsletter" in names else {})
    streams_left = {}
    for name, stream in mapping.streams.items():
        keeps = databases[stream.place.database].consent
        if stream.act is not None and not keeps and not stream.fields and not stream.place.creates:
            continue
        streams_left[name] = stream if keeps else replace(stream, act=None)
    return AccountMap(databases, streams_left)
