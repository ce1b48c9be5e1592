"""A declared selection as Copernica's calls make it, and whether what Copernica shows is the same.

The forms are those of docs/api/copernica.md section 12. How Copernica reads a time that moves along
(`after-mutation`) is documented in two forms; the one here is that of the page of 2022.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from target_copernica.selections.model import offset_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_copernica.mapping.model import AccountMap
    from target_copernica.selections.model import Condition, Language, Offset, Selection

__all__ = [
    "MINI", "PEOPLE", "WantedMini", "WantedRule", "WantedView", "digest_of", "field_names", "misread",
    "wanted", "without_noise",
]  # fmt: skip

PEOPLE: Final = "people"
"""Alias of the database whose profiles are selected."""

MINI: Final = "mini-view"
_WORDS: Final = {
    "equals": "equals", "not_equals": "not equals", "contains": "contains", "not_contains": "not contains",
    "less": "less", "more": "more",
}  # fmt: skip
_NUMERIC: Final = frozenset({"less", "more"})

Names = dict[tuple[str | None, str], str]
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class WantedRule:
    """A rule.

    Attributes:
        conditions: The bodies of the calls that make them; a field stands there by its name in Copernica,
            a miniselection by its place among `minis`.
        inverted: Whether those of whom not all hold satisfy it.
    """

    conditions: tuple[Body, ...]
    inverted: bool = False


@dataclass(frozen=True, slots=True)
class WantedMini:
    """A miniselection: which subprofiles of a collection count."""

    collection: str
    name: str
    rule: WantedRule


@dataclass(frozen=True, slots=True)
class WantedView:
    """A selection.

    Attributes:
        key: Its name in the file.
        name: Its name in Copernica.
        below: Key of the selection that it stands below.
        rules: Its rules.
        minis: The miniselections that its conditions count.
        lacks: Fields and collections that it needs and the mapping has not: then it cannot be made.
        may_mail: Whether mail may be sent to it.
    """

    key: str
    name: str
    below: str | None
    rules: tuple[WantedRule, ...]
    minis: tuple[WantedMini, ...]
    lacks: tuple[str, ...]
    may_mail: bool

    @property
    def digest(self) -> str:
        """Tells whether the definition changed."""
        minis = [[mini.collection, mini.rule.conditions] for mini in self.minis]
        return digest_of([self.below, [[rule.conditions, rule.inverted] for rule in self.rules], minis])


def field_names(mapping: AccountMap) -> Names:
    """Copernica's names of the fields of people, by collection (None: the profile) and name in the preset."""
    names: Names = {}
    for stream in mapping.streams.values():
        if stream.place.database == PEOPLE:
            names.update({(stream.place.collection, one.key): one.name for one in stream.fields})
    if (database := mapping.databases.get(PEOPLE)) is not None:
        names.update({(None, role): name for role, name in database.consent.items()})
        if database.shared_email is not None:
            names[None, "shared_email"] = database.shared_email
    return names


def wanted(selections: Mapping[str, Selection], names: Names, language: Language) -> list[WantedView]:
    """The selections as they are to stand in Copernica.

    Args:
        selections: As declared, parents first.
        names: What `field_names` says.
        language: Of their names.
    """
    made: dict[str, WantedView] = {}
    for key, one in selections.items():
        writer = _Writer(one.name_in(language), names)
        rules = tuple(
            WantedRule(tuple(writer.body(None, part) for part in rule.all), rule.inverted)
            for rule in one.rules
        )
        lacks = [*writer.lacks, *(made[one.below].lacks if one.below else ())]
        made[key] = WantedView(
            key,
            one.name_in(language),
            one.below,
            rules,
            tuple(writer.minis),
            tuple(dict.fromkeys(lacks)),
            one.may_mail,
        )
    return list(made.values())


class _Writer:
    """Writes the conditions of one selection."""

    def __init__(self, name: str, names: Names) -> None:
        self._name = name
        self._names = names
        self.minis: list[WantedMini] = []
        self.lacks: list[str] = []

    def body(self, collection: str | None, condition: Condition) -> Body:
        if condition.collection is not None:
            rule = WantedRule(tuple(self.body(condition.collection, one) for one in condition.all))
            name = self._name if not self.minis else f"{self._name} ({len(self.minis) + 1})"
            self.minis.append(WantedMini(condition.collection, name, rule))
            return {
                "type": "MiniView",
                MINI: len(self.minis) - 1,
                "min-subprofiles": str(condition.at_least),
            }
        field = self._names.get((collection, str(condition.field)))
        if field is None:
            self.lacks.append(f"{collection}.{condition.field}" if collection else str(condition.field))
            field = str(condition.field)
        if condition.compares is None:
            body = {"type": "Date", "field": field}
            body["compare-mode"] = "ignoreyear" if condition.every_year else "full"
            for side, moment in (("after", condition.after), ("before", condition.before)):
                if moment is not None:
                    body[f"{side}-mutation"] = _mutation(offset_of(moment))
            return body
        how, value = condition.compares
        text = f"{value:g}" if isinstance(value, float) else str(value)
        body = {"type": "Field", "field": field, "comparison": _WORDS[how], "value": text}
        return {**body, "numeric-comparison": True} if how in _NUMERIC else body


def misread(sent: Iterable[Body], shown: Mapping[str, Any]) -> list[str]:
    """What Copernica did not take of a rule as it was sent.

    A condition that is lost or misunderstood holds for everybody (docs/api/copernica.md section 17).

    Args:
        sent: Bodies of the conditions, with ids of fields and miniselections.
        shown: The rule, as `GET rule/{id}` or `GET minirule/{id}` shows it.

    Returns:
        A line for each difference.
    """
    there = [dict(one) for one in shown.get("conditions", {}).get("data", ())]
    lines = []
    for body in sent:
        found = next((one for one in there if _holds(body, one)), None)
        if found is None:
            lines.append(f"a condition of type {body['type']} was not taken as it was sent")
        else:
            there.remove(found)
    if there:
        lines.append(f"{len(there)} conditions more than were sent")
    return lines


def without_noise(shown: object) -> object:
    """What Copernica shows, with a thing that it shows whole (a field) by its id: its name may change."""
    if isinstance(shown, dict):
        if "type" in shown and "name" in shown and "ID" in shown:
            return str(shown["ID"])
        return {name: without_noise(value) for name, value in shown.items()}
    return [without_noise(one) for one in shown] if isinstance(shown, list) else shown


def digest_of(value: object) -> str:
    """Tells whether something changed."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _holds(body: Body, shown: Mapping[str, Any]) -> bool:
    return all(_same(value, shown.get(name)) for name, value in body.items())


def _same(sent: object, shown: object) -> bool:
    if isinstance(shown, dict):  # a field comes back whole
        shown = shown.get("ID")
    if isinstance(sent, bool):
        return str(shown).lower() in (("true", "1") if sent else ("false", "0", "none", ""))
    return shown is not None and str(sent).lower() == str(shown).lower()


def _mutation(offset: Offset) -> str:
    """A time that moves along, as text: sign, count, unit, and what it is floored to."""
    sign = "minus" if offset.count < 0 else "plus"
    return json.dumps([sign, str(abs(offset.count)), offset.unit, offset.unit], separators=(",", ":"))
