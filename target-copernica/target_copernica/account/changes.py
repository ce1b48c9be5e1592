"""What people changed in the account since the last run, and what comes of it.

Copernica's names can be changed, its ids cannot. What was renamed is found by the id that the ledger
remembers. What holds the keys, and what holds the records, is never made anew by itself: everything that was
written would be without its key, or gone, and would be written beside it once more. So that stops a run
before it writes. A ledger of version 0.1 knows no ids of fields; it learns them at the first run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final

from target_copernica.mapping.keys import KEY_FIELD, KEY_LENGTH
from target_copernica.mapping.values import FIELD_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_copernica.account.structure import (
        ActualCollection,
        ActualDatabase,
        ActualField,
        WantedDatabase,
        WantedField,
    )
    from target_copernica.memory.known_account import KnownPlace

__all__ = ["Change", "Examined", "Kind", "examined"]

_ZONES: Final = timedelta(hours=26)  # no two zones of the world are further apart
_QUARTER: Final = timedelta(minutes=15)


class Kind(Enum):
    """What comes of a change."""

    NOTE = "note"
    """The run goes on."""
    STOPS = "stops"
    """The run stops; people have to undo it."""
    KEYS_GONE = "keys gone"
    """The run stops; `apply --restore` can write the keys again."""
    COLLECTION_GONE = "collection gone"
    """The run stops; `apply --restore` can start the collection anew."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as it was left, or cannot be written to.

    Attributes:
        place: Code of the database or collection.
        name: Its name: `SEOshop` or `SEOshop.Orders`.
        line: What was found and what to do, for people.
        kind: What comes of it.
    """

    place: str
    name: str
    line: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Examined:
    """A database held against the ledger.

    Attributes:
        actual: With everything that was renamed under its name in the mapping, too.
        changes: What was found.
    """

    actual: ActualDatabase
    changes: tuple[Change, ...]

    @property
    def stops(self) -> tuple[Change, ...]:
        """What stops a run."""
        return tuple(change for change in self.changes if change.kind is not Kind.NOTE)

    @property
    def notes(self) -> tuple[str, ...]:
        """What people should know."""
        return tuple(change.line for change in self.changes if change.kind is Kind.NOTE)


def examined(wanted: WantedDatabase, actual: ActualDatabase, known: Mapping[str, KnownPlace]) -> Examined:
    """Hold a database against what the ledger remembers of it.

    Args:
        wanted: What the mapping needs.
        actual: What is there.
        known: What the ledger remembers, by code.
    """
    code = f"d{actual.id}"
    ours = known.get(code)
    if ours and _is_another(ours.created, actual.created):
        return Examined(
            actual, (Change(code, wanted.name, _other_database(wanted, actual, ours), Kind.STOPS),)
        )
    look = _Fields(wanted.name, code, ours)
    fields = look.fields(wanted.fields, actual.fields)
    changes = look.changes
    collections = dict(actual.collections)
    for name, wanted_fields in wanted.collections.items():
        there, remembered, found = _collection(wanted, name, actual, ours, known)
        changes += found
        if there is not None:
            inside = _Fields(f"{wanted.name}.{name}", f"c{there.id}", remembered)
            collections[name.lower()] = replace(there, fields=inside.fields(wanted_fields, there.fields))
            changes += inside.changes
    return Examined(replace(actual, fields=fields, collections=collections), tuple(changes))


def _is_another(remembered: str | None, created: str | None) -> bool:
    """Whether two printed moments cannot be the same one, whatever zones they were printed in."""
    if remembered is None or created is None:
        return False
    try:
        apart = abs(datetime.fromisoformat(remembered) - datetime.fromisoformat(created))
    except (ValueError, TypeError):
        return False
    return bool(apart % _QUARTER) or apart > _ZONES


def _other_database(wanted: WantedDatabase, actual: ActualDatabase, ours: KnownPlace) -> str:
    return (
        f"database {wanted.name} (id {actual.id}) was made at {actual.created}, the one that was written to "
        f"at {ours.created}: is the token for another account? Give each account a state_dir of its own"
    )


def _collection(
    wanted: WantedDatabase,
    name: str,
    actual: ActualDatabase,
    ours: KnownPlace | None,
    known: Mapping[str, KnownPlace],
) -> tuple[ActualCollection | None, KnownPlace | None, list[Change]]:
    """The collection that is meant, what the ledger remembers of it, and what was changed about it."""
    place = f"{wanted.name}.{name}"
    by_name = actual.collections.get(name.lower())
    remembered = _remembered(name, ours, known)
    if remembered is None:
        return by_name, known.get(f"c{by_name.id}") if by_name else None, []
    by_id = next((found for found in actual.collections.values() if found.id == remembered.id), None)
    if by_id is None:
        beside = "" if by_name is None else f", and another one of this name (id {by_name.id}) is there"
        line = (
            f"{place}: the collection (id {remembered.id}) was removed in Copernica{beside}: "
            "`target-copernica apply --restore` starts it anew (then run the tap in full), or leave its "
            "streams out of the mapping"
        )
        return by_name, None, [Change(remembered.code, place, line, Kind.COLLECTION_GONE)]
    if by_id is by_name:
        return by_id, remembered, []
    if by_id.name.lower() in (other.lower() for other in wanted.collections):
        return by_name, None, []  # the mapping gave it the new name, too
    line = f"{place} is called {by_id.name} in Copernica now: written there all the same"
    return by_id, remembered, [Change(remembered.code, place, line, Kind.NOTE)]


def _remembered(name: str, ours: KnownPlace | None, known: Mapping[str, KnownPlace]) -> KnownPlace | None:
    if ours is None:
        return None
    full = f"{ours.name}.{name}".lower()
    return next(
        (place for code, place in known.items() if code[0] == "c" and place.name.lower() == full), None
    )


class _Fields:
    """Holds the fields of one place against the ledger.

    Args:
        place: Its name.
        code: Its code.
        remembered: What the ledger remembers; None where nothing was written yet.
    """

    def __init__(self, place: str, code: str, remembered: KnownPlace | None) -> None:
        self._place = place
        self._code = code
        self._ours = remembered is not None
        self._ids = remembered.fields if remembered else {}
        self.changes: list[Change] = []

    def fields(
        self, wanted: Sequence[WantedField], actual: Mapping[str, ActualField]
    ) -> dict[str, ActualField]:
        """The fields that are there, with those that were renamed under their names in the mapping, too."""
        by_id = {there.id: there for there in actual.values()}
        found = dict(actual)
        names = {entry.name.lower() for entry in wanted}
        for entry in wanted:
            name = entry.name.lower()
            renamed = by_id.get(self._ids.get(name, 0))
            if name == KEY_FIELD:
                self._look_at_key(actual.get(name), renamed)
                continue
            if name not in actual and renamed is not None and renamed.name.lower() not in names:
                found[name] = renamed
                self._add(
                    f"{entry.name} is called {renamed.name} in Copernica now: written there all the same; "
                    "give it this name in the mapping",
                    Kind.NOTE,
                )
            elif name not in actual and name in self._ids:
                self._add(
                    f"{entry.name} was removed in Copernica: it is made anew, and stands empty until the "
                    "next full run of the tap; leave it out of the mapping if it is not wanted",
                    Kind.NOTE,
                )
            if (there := found.get(name)) is not None and there.column.type not in FIELD_TYPES:
                self._add(
                    f"{there.name} has the type {there.column.type}, which this target does not write: "
                    "map to another field",
                    Kind.STOPS,
                )
        return found

    def _look_at_key(self, there: ActualField | None, before: ActualField | None) -> None:
        remembered = self._ids.get(KEY_FIELD)
        if self._ours and (there is None or remembered not in (None, there.id)):
            beside = "" if there is None else ", and another field has its name"
            if before is not None:
                self._add(
                    f"{KEY_FIELD}, which holds the keys, is called {before.name} in Copernica now{beside}: "
                    f"rename it back to {KEY_FIELD}, then run again",
                    Kind.STOPS,
                )
            else:
                self._add(
                    f"{KEY_FIELD}, which holds the keys, was renamed or removed in Copernica{beside}: rename "
                    "it back, or let `target-copernica apply --restore` write the keys again",
                    Kind.KEYS_GONE,
                )
        elif there is not None and not _holds_keys(there):
            self._add(
                f"{KEY_FIELD} must be a text of {KEY_LENGTH} characters: make it one, or (where it is not "
                "ours) rename the field that has this name or use another database",
                Kind.STOPS,
            )

    def _add(self, line: str, kind: Kind) -> None:
        self.changes.append(Change(self._code, self._place, f"{self._place}.{line}", kind))


def _holds_keys(there: ActualField) -> bool:
    return there.column.type == "text" and (there.column.length or KEY_LENGTH) >= KEY_LENGTH
