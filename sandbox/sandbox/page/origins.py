"""Which field came from where, as far as values tell.

This page is not told how fields were mapped: it compares what Copernica holds with what the shop holds, in
the forms in which one becomes the other, and prefers places whose name is like the field's.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.copernica.zone import stamp
from sandbox.page.fields import KEY, filled
from sandbox.page.languages import english
from sandbox.page.shopside import Source

MOST_TOLD = 3
"""Places that are told for one field."""

_NUMBER = re.compile(r"-?(0|[1-9]\d{0,17})(\.\d{1,10})?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_CENT = Decimal("0.01")
_TELLING = 4
"""Shortest text that tells its origin although no name speaks for it."""
_CUT = 40
"""Shortest text of which a longer one's beginning may be meant."""


@dataclass(frozen=True)
class Fact:
    """One value of the shop: `place` is the source's name and the path in its body."""

    source: Source
    path: str
    value: Any

    @property
    def place(self) -> str:
        """Where it stands, for people."""
        return f"{self.source.name}: {self.path}"


def facts(source: Source) -> list[Fact]:
    """The values of a source by their path; a link to one record is its id, unset values are left out."""
    return [Fact(source, path, value) for path, value in _flat(source.body)]


def origins(fields: Mapping[str, str], sources: Iterable[Source]) -> dict[str, list[Fact]]:
    """For each field that holds something the places that it may have come from, the likeliest first.

    A field whose value no place holds is absent: it was put together, or does not come from the shop.
    """
    index: defaultdict[str, list[Fact]] = defaultdict(list)
    texts: list[tuple[str, Fact]] = []
    for source in sources:
        for fact in facts(source):
            for form in _forms(fact.value):
                index[form].append(fact)
            if isinstance(fact.value, str) and len(fact.value) > _CUT:
                texts.append((_folded(fact.value), fact))
    found: dict[str, list[Fact]] = {}
    for name, value in filled(fields).items():
        same = [fact for form in _forms(value) for fact in index.get(form, ())]
        if not same and len(value) >= _CUT:
            same = [fact for text, fact in texts if text.startswith(_folded(value))]
        if name.lower() != KEY and (told := _likeliest(name, value, same)):
            found[name] = told
    return found


def score(fields: Mapping[str, str], source: Source) -> int:
    """How many fields a source explains by a place whose name is like theirs."""
    told = origins(fields, [source])
    return sum(any(_likeness(name, fact) > 0 for fact in places) for name, places in told.items())


def _likeliest(name: str, value: str, same: Sequence[Fact]) -> list[Fact]:
    places = {(id(fact.source), fact.path): fact for fact in same}.values()
    rated = sorted(((_likeness(name, fact), fact) for fact in places), key=lambda one: -one[0])
    like = [(rate, fact) for rate, fact in rated if rate > 0]
    if like:
        return [fact for rate, fact in like if rate == like[0][0]][:MOST_TOLD]
    telling = len(value) >= _TELLING and len(places) <= MOST_TOLD
    return [fact for _, fact in rated] if telling else []


def _likeness(name: str, fact: Fact) -> float:
    """Above 0 where the path shares a word with the field's name; what it says beside that counts less."""
    wanted, path = _words(english(name)), _words(fact.path)
    shared = len(wanted & path)
    if not shared:
        return 0.0
    return 3 * shared + 2 * len(wanted & _words(fact.source.name)) - 0.1 * len(path - wanted)


def _words(name: str) -> set[str]:
    return {word.lower().removesuffix("s") for word in _WORD.findall(name)}


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        if isinstance(link := value.get("resource"), dict):
            if link.get("id"):
                yield f"{path} id", link["id"]
            return
        for name, inner in value.items():
            yield from _flat(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for place, inner in enumerate(value, 1):
            yield from _flat(inner, f"{path} {place}")
    elif path.startswith("is") if value is False else value not in (None, ""):
        yield path, value


def _forms(value: Any) -> set[str]:  # noqa: ANN401 - any JSON value that is no list or object
    """The forms under which a value of either side is known: equal values share one."""
    if isinstance(value, bool):
        return {"yes", "true"} if value else {"no", "false"}
    if isinstance(value, int | float):
        return _numbers(str(value))
    text = _folded(value)
    found = {text}
    if _NUMBER.fullmatch(text):
        found |= _numbers(text)
    if _MOMENT.match(value):
        found |= _moments(value)
    return found


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _numbers(text: str) -> set[str]:
    try:
        exact = Decimal(text)
        cents = exact.quantize(_CENT, ROUND_HALF_UP)
    except ArithmeticError:
        return set()
    return {f"#{exact.normalize():f}", f"#{cents.normalize():f}"}


def _moments(text: str) -> set[str]:
    """As Copernica prints it, with the date alone; what has no offset is Copernica's own."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return set()
    printed = stamp(moment) if moment.tzinfo else text.replace("T", " ")[:19]
    return {f"@{printed}", printed[:10]} if moment.tzinfo else {f"@{printed}"}
