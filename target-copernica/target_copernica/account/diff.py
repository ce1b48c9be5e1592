"""What an account lacks, and where it is otherwise than the mapping says.

What is missing is created. Nothing is deleted, no type changed, no length shortened: what differs is
reported, and values are then converted for the field as it really is.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_copernica.account.structure import ActualDatabase, ActualField, WantedDatabase, WantedField

__all__ = ["Line", "Missing", "State", "compared", "differences", "missing"]


class State(Enum):
    """How a field stands in the account."""

    THERE = "there"
    MISSING = "missing"
    DIFFERS = "differs"


@dataclass(frozen=True, slots=True)
class Line:
    """One field of a plan.

    Attributes:
        place: `SEOshop` or `SEOshop.Orders`.
        field: Its name.
        type: The type that the mapping says, with its length.
        state: How it stands.
        note: Where it differs: how, and what comes of it.
    """

    place: str
    field: str
    type: str
    state: State
    note: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """What is to be created."""

    fields: tuple[WantedField, ...]
    collections: Mapping[str, tuple[WantedField, ...]]  # new ones and those that lack fields

    def __bool__(self) -> bool:
        """Whether anything is missing."""
        return bool(self.fields or self.collections)


def missing(wanted: WantedDatabase, actual: ActualDatabase) -> Missing:
    """What has to be created.

    Args:
        wanted: What must be there.
        actual: What is there.
    """
    collections = {}
    for name, fields in wanted.collections.items():
        there = actual.collections.get(name.lower())
        lacking = tuple(entry for entry in fields if there is None or entry.name.lower() not in there.fields)
        if lacking:
            collections[name] = lacking
    return Missing(
        tuple(entry for entry in wanted.fields if entry.name.lower() not in actual.fields), collections
    )


def compared(wanted: WantedDatabase, actual: ActualDatabase | None) -> list[Line]:
    """Every field that a mapping needs, and how it stands.

    Args:
        wanted: What must be there.
        actual: What is there; None where there is no such database.
    """
    lines = _compared(wanted.name, wanted.fields, actual.fields if actual else {})
    for name, fields in wanted.collections.items():
        there = actual.collections.get(name.lower()) if actual else None
        lines += _compared(f"{wanted.name}.{name}", fields, there.fields if there else {})
    return lines


def differences(wanted: WantedDatabase, actual: ActualDatabase) -> list[str]:
    """What is there but otherwise than wanted: one line each, for the user to decide about.

    Args:
        wanted: What must be there.
        actual: What is there.
    """
    found = (line for line in compared(wanted, actual) if line.state is State.DIFFERS)
    return [f"{line.place}.{line.field} {line.note}" for line in found]


def _compared(place: str, wanted: Iterable[WantedField], actual: Mapping[str, ActualField]) -> list[Line]:
    lines = []
    for entry in wanted:
        there = actual.get(entry.name.lower())
        note = _difference(entry, there) if there is not None else ""
        state = State.MISSING if there is None else State.DIFFERS if note else State.THERE
        kind = f"{entry.type} {entry.length}" if entry.type == "text" and entry.length else entry.type
        lines.append(Line(place, entry.name, kind, state, note))
    return lines


def _difference(wanted: WantedField, there: ActualField) -> str:
    """In words, or empty: what differs, and what becomes of values."""
    column = there.column
    if column.type != wanted.type:
        return f"is {column.type}, the mapping says {wanted.type}: values are converted for {column.type}"
    if wanted.length and column.length and column.length < wanted.length:
        return f"holds {column.length} characters, the mapping says {wanted.length}: longer texts do not fit"
    lacking = [choice for choice in wanted.value.splitlines() if choice not in column.choices]
    if wanted.type == "select" and lacking:
        return f"lacks the choices {', '.join(lacking)}: such values are left out"
    if wanted.index and not there.index:
        return "is not indexed: looking things up by it takes long in a large database"
    return ""
