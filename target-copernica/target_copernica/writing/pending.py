"""What is not written yet: the fragments of a profile or subprofile, merged field by field into one write."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from target_copernica.mapping.model import Fragment, Moment, Person
from target_copernica.memory.parts import is_newer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from target_copernica.account.structure import Place

__all__ = [
    "STUB", "PendingWrite", "PendingWrites", "apart", "fitted", "fragment_from_json", "fragment_to_json",
    "merged", "without_overridden",
]  # fmt: skip

STUB: Final = "~stub"
"""Stands for a stream where a profile is made because its subprofile needs it."""

Held = tuple[str | None, "Collection[str] | None"]
"""A version, and the names of the fields that it filled last; None stands for all."""


def without_overridden(fragment: Fragment, held: Iterable[Held]) -> Fragment | None:
    """What is left of a fragment beside newer versions: it loses the fields that those fill.

    Args:
        fragment: It arrived after all that is held.
        held: What other versions fill.

    Returns:
        The fragment, or what is left of it; None where nothing is: it is stale.
    """
    newer = [names for version, names in held if is_newer(version, fragment.version)]
    if not newer:
        return fragment
    if any(names is None for names in newer):
        return None
    taken = {name for names in newer for name in names or ()}
    left = _without(fragment, taken)
    return left if left.fields or left.problems else None


def merged(fragments: Sequence[Fragment], fragment: Fragment) -> list[Fragment] | None:
    """Fragments of one stream and key, with one more that arrived after them.

    Each field belongs to the newest version that has a good value for it, so a value that was left out
    never takes the place of an older good one.

    Args:
        fragments: Oldest version first, no field in two of them.
        fragment: The one that arrived.

    Returns:
        The same with it; None where newer ones fill all of its fields.
    """
    new = without_overridden(fragment, [(one.version, one.fields) for one in fragments])
    if new is None:
        return None
    bad = {name for name, _ in new.problems}
    older: list[Fragment] = []
    newer: list[Fragment] = []
    for one in fragments:
        if is_newer(one.version, new.version):
            newer.append(one)
            continue
        left = _without(one, new.fields)
        left = replace(left, problems=tuple(told for told in left.problems if told[0] not in bad))
        if left.fields or left.problems:
            older.append(left)
    if any(one.creates for one in fragments):
        new = replace(new, creates=True)  # what ends the other is made with it, as if that had been written
    return [*older, new, *newer]


def _without(fragment: Fragment, names: Collection[str]) -> Fragment:
    if not any(name in names for name in (*fragment.fields, *(name for name, _ in fragment.problems))):
        return fragment
    return replace(
        fragment,
        fields={name: value for name, value in fragment.fields.items() if name not in names},
        problems=tuple(told for told in fragment.problems if told[0] not in names),
    )


def apart(fragment: Fragment) -> list[Fragment]:
    """Split a fragment in two where some of its fields never run follow-ups and others may."""
    quiet = [name for name in fragment.fields if name in fragment.never_live]
    if not quiet or len(quiet) == len(fragment.fields):
        return [fragment]
    loud = [name for name in fragment.fields if name not in fragment.never_live]
    return [_without(fragment, quiet), _without(fragment, loud)]


def fitted(place: Place, fragment: Fragment) -> Fragment:
    """A fragment as it can be written: one that waited since before a field was removed loses that field."""
    gone = [name for name in fragment.fields if name.lower() not in place.fields]
    if not gone:
        return fragment
    return replace(
        fragment,
        fields={name: value for name, value in fragment.fields.items() if name not in gone},
        problems=(*fragment.problems, *((name, "the field is not there any more") for name in gone)),
    )


@dataclass(slots=True)
class PendingWrite:
    """One pending write.

    Attributes:
        place: Where.
        key: Which profile or subprofile.
        since: When the first of it came, by the monotonic clock, in seconds.
        live: Whether follow-ups are to run.
        fragments: By stream, oldest version first, no field twice.
        numbers: Records that are settled by this write.
        person: Of a subprofile that may be made: its profile, as its first record named it. A
            subprofile that is there keeps its profile, so that is where it would stand if each record had
            been written at once.
        is_rest: Whether its records are counted elsewhere: only what never runs follow-ups is left of them.
    """

    place: Place
    key: str
    since: float
    live: bool = False
    fragments: dict[str, list[Fragment]] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)
    person: Person | None = None
    is_rest: bool = False

    def add(self, fragment: Fragment) -> bool:
        """Merge a fragment that arrived after the others; False where nothing of it is left beside them."""
        result = merged(self.fragments.get(fragment.stream, ()), fragment)
        if result is None:
            return False
        self.fragments[fragment.stream] = result
        if fragment.creates and self.person is None:
            self.person = fragment.person
        return True

    def add_earlier(self, fragment: Fragment) -> None:
        """Merge a fragment that arrived before the others: one that waited."""
        later = self.fragments.get(fragment.stream, ())
        result = [fitted(self.place, fragment)]
        for one in sorted(later, key=lambda fragment: fragment.arrival):
            result = merged(result, one) or result
        self.fragments[fragment.stream] = result
        if fragment.creates:
            self.person = fragment.person

    def halves(self) -> tuple[PendingWrite, PendingWrite] | None:
        """What may run follow-ups, and what never does, to be written after it; None where it is all one.

        The records are settled by the second.
        """
        loud: dict[str, list[Fragment]] = {}
        quiet: dict[str, list[Fragment]] = {}
        for stream, fragments in self.fragments.items():
            for fragment in fragments:
                half = quiet if fragment.is_never_live else loud
                half.setdefault(stream, []).append(fragment)
        if not (loud and quiet):
            return None
        rest = replace(self, live=False, fragments=quiet, is_rest=True)
        return replace(self, fragments=loud, numbers=[]), rest

    @property
    def each(self) -> Iterator[Fragment]:
        """All fragments, that of a stub among them."""
        for fragments in self.fragments.values():
            yield from fragments

    @property
    def streams(self) -> list[str]:
        """The streams of its records."""
        return [stream for stream in self.fragments if stream != STUB]

    def fields(self) -> dict[str, str]:
        """The fields of all fragments. Each stream owns its own; a stub gives way to all others."""
        found = dict(self.fragments[STUB][0].fields) if STUB in self.fragments else {}
        for stream in self.streams:
            for fragment in self.fragments[stream]:
                found.update(fragment.fields)
        return found

    @property
    def is_event(self) -> bool:
        """Whether it has nothing to say beside an event, which is written once."""
        return all(fragment.once for fragment in self.each)

    @property
    def creates(self) -> bool:
        """Whether it may make what is missing."""
        return any(fragment.creates for fragment in self.each)


class PendingWrites:
    """All pending writes, in order of arrival within a place."""

    def __init__(self) -> None:
        self._by_place: dict[str, dict[str, PendingWrite]] = {}

    def find(self, place: str, key: str) -> PendingWrite | None:
        """The pending write of a key, if there is one."""
        return self._by_place.get(place, {}).get(key)

    def keep(self, write: PendingWrite) -> None:
        """Note a pending write (again)."""
        self._by_place.setdefault(write.place.code, {})[write.key] = write

    def drop(self, place: str, key: str) -> PendingWrite | None:
        """Take out the pending write of a key, if there is one."""
        return self._by_place.get(place, {}).pop(key, None)

    def take(self, place: str, *, live: bool | None = None) -> list[PendingWrite]:
        """Take out the pending writes of a place.

        Args:
            place: The place.
            live: Only live ones, only history, or (None) all.
        """
        found = self._by_place.pop(place, {})
        if live is None:
            return list(found.values())
        if kept := {key: write for key, write in found.items() if write.live is not live}:
            self._by_place[place] = kept
        return [write for write in found.values() if write.live is live]

    def places(self) -> list[Place]:
        """Places with pending writes, databases before collections: parents come first."""
        found = [next(iter(writes.values())).place for writes in self._by_place.values() if writes]
        return sorted(found, key=lambda place: place.collection_id is not None)

    def size(self, place: str) -> int:
        """How many pending writes a place has."""
        return len(self._by_place.get(place, {}))

    def oldest(self, *, live: bool) -> float | None:
        """When the oldest pending write of a kind came, by the monotonic clock."""
        return min((write.since for write in self if write.live is live), default=None)

    def __iter__(self) -> Iterator[PendingWrite]:
        """All pending writes."""
        for writes in self._by_place.values():
            yield from writes.values()


def fragment_to_json(fragment: Fragment) -> dict[str, Any]:
    """A fragment as the ledger and the rejects file keep it."""
    return asdict(fragment)


def fragment_from_json(body: dict[str, Any]) -> Fragment:
    """The reverse of `fragment_to_json`: what comes from an earlier run came before all of this one."""
    person = Person(**body["person"]) if body["person"] else None
    problems = tuple((name, reason) for name, reason in body["problems"])
    never_live = tuple(body.get("never_live", ()))  # version 0.1 did not know it
    known = {"person": person, "problems": problems, "never_live": never_live, "arrival": 0}
    kept = body.get("read")  # version 0.1 did not keep it; 0.2 did by its names in the rejects file
    if kept:
        kept = Moment(**kept) if isinstance(kept, dict) else Moment(*kept)
    return Fragment(**{**body, **known, "read": kept or None})
