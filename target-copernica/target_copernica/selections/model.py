"""A selection as its file declares it: rules joined by OR, the conditions of a rule by AND.

Copernica's own model (docs/api/copernica.md section 12), with the fields by their names in the preset.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, Literal

from msgspec import Struct

__all__ = [
    "Condition",
    "Language",
    "Levels",
    "Offset",
    "Selection",
    "SelectionRule",
    "levels_of",
    "offset_of",
]

Language = Literal["en", "nl", "de"]

_COMPARISONS: Final = ("equals", "not_equals", "contains", "not_contains", "less", "more")
_OFFSET: Final = re.compile(r"(?P<sign>[+-])(?P<count>\d{1,4}) (?P<unit>hour|day)s?|today")


class Offset(Struct, frozen=True):
    """A time that moves along: so many hours or days from now, from the beginning of that hour or day.

    Attributes:
        count: How many; below zero in the past.
        unit: `hour` or `day`.
    """

    count: int
    unit: str


class Condition(Struct, frozen=True, forbid_unknown_fields=True):
    """What must hold of a profile: one comparison, one span of time, or a number of subprofiles.

    Attributes:
        field: Name of the field in the preset (also where it is renamed).
        equals: The field holds this; likewise the other comparisons. `less` and `more` compare numbers.
        after: The field's time is this or later: `-30 days`, `today`, `+3 days`, `-1 hour`.
        before: The field's time is earlier than this.
        every_year: The year does not count (birthdays).
        collection: Name of the collection whose subprofiles are counted.
        all: What must hold of a subprofile for it to count.
        at_least: How many must be there.
    """

    field: str | None = None
    equals: str | float | None = None
    not_equals: str | float | None = None
    contains: str | None = None
    not_contains: str | None = None
    less: float | None = None
    more: float | None = None
    after: str | None = None
    before: str | None = None
    every_year: bool = False
    collection: str | None = None
    all: tuple[Condition, ...] = ()
    at_least: int = 1

    def __post_init__(self) -> None:
        """Check that it says one thing.

        Raises:
            ValueError: It says nothing, or too much.
        """
        said = [self.compares is not None, bool(self.after or self.before), self.collection is not None]
        compared = [name for name in _COMPARISONS if getattr(self, name) is not None]
        if sum(said) != 1 or len(compared) > 1 or (self.field is None) != (self.collection is not None):
            raise ValueError(
                "a condition is a `field` with one comparison, a `field` with `after` and `before`, "
                "or a `collection` with `all`"
            )
        if self.collection is not None and (not self.all or any(one.collection for one in self.all)):
            raise ValueError("a `collection` needs conditions on its fields under `all`")
        for moment in (self.after, self.before):
            if moment is not None:
                offset_of(moment)

    @property
    def compares(self) -> tuple[str, str | float] | None:
        """Name and value of its comparison, if it is one."""
        found = ((name, getattr(self, name)) for name in _COMPARISONS)
        return next((one for one in found if one[1] is not None), None)


class SelectionRule(Struct, frozen=True, forbid_unknown_fields=True):
    """One way to be in a selection.

    Attributes:
        all: Conditions that all hold.
        inverted: Whether it is satisfied by those of whom they do not all hold.
    """

    all: tuple[Condition, ...]
    inverted: bool = False

    def __post_init__(self) -> None:
        """Check that it has conditions: without one, everybody would be in.

        Raises:
            ValueError: It has none.
        """
        if not self.all:
            raise ValueError("a rule needs at least one condition, else it holds for everybody")


class Selection(Struct, frozen=True, forbid_unknown_fields=True):
    """A selection.

    Attributes:
        name: What it is called in Copernica, by language or in one.
        rules: One of them must be satisfied.
        about: What it is for, for the page about selections.
        below: Another selection whose members alone are looked at.
        may_mail: Whether mail may be sent to it; otherwise that is switched on in Copernica by hand.
    """

    name: str | Mapping[Language, str]
    rules: tuple[SelectionRule, ...]
    about: str = ""
    below: str | None = None
    may_mail: bool = False

    def __post_init__(self) -> None:
        """Check that it has rules: without one, everybody would be in.

        Raises:
            ValueError: It has none.
        """
        if not self.rules:
            raise ValueError("a selection needs at least one rule, else everybody is in it")

    def name_in(self, language: Language) -> str:
        """Its name in a language; the first that there is where it has none in this one."""
        if isinstance(self.name, str):
            return self.name
        return self.name.get(language) or next(iter(self.name.values()))


Levels = Sequence[Sequence[SelectionRule]]
"""Rules of a selection and of those that it stands below: one of each must be satisfied."""


def levels_of(selections: Mapping[str, Selection], name: str) -> Levels:
    """The rules of a selection, and of those that it stands below."""
    one = selections[name]
    return [one.rules, *(levels_of(selections, one.below) if one.below else ())]


def offset_of(text: str) -> Offset:
    """Read `-30 days`, `+1 hour` or `today`.

    Raises:
        ValueError: It is none of them.
    """
    found = _OFFSET.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a time such as `-30 days`, `today`, `+3 days` or `-1 hour`")
    if found["count"] is None:
        return Offset(0, "day")
    return Offset(int(found["sign"] + found["count"]), found["unit"])
