"""What is not written yet: the fragments of one profile or subprofile, merged into one write."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from target_copernica.account.content import content
from target_copernica.mapping.model import Fragment, Person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from target_copernica.account.structure import Place

__all__ = [
    "STUB",
    "Draft",
    "Drafts",
    "fragment_from_json",
    "fragment_to_json",
    "put_in",
]

STUB: Final = "~stub"
"""Stands for a stream where a profile is made because its subprofile needs it."""


@dataclass(slots=True)
class Draft:
    """One write to come.

    Attributes:
        place: Where.
        key: Which profile or subprofile.
        since: When the first of it came, by the monotonic clock, in seconds.
        live: Whether follow-ups are to run.
        fragments: By stream, the latest of each.
        digests: Of the content of each fragment.
        numbers: Records that are settled by this write.
    """

    place: Place
    key: str
    since: float
    live: bool = False
    fragments: dict[str, Fragment] = field(default_factory=dict)
    digests: dict[str, bytes] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)

    @property
    def creates(self) -> bool:
        """Whether it may make what is missing."""
        return any(fragment.creates for fragment in self.fragments.values())

    @property
    def person(self) -> Person | None:
        """Whose it is. A fragment that may create names the person best."""
        ordered = sorted(self.fragments.values(), key=lambda fragment: fragment.creates, reverse=True)
        return ordered[0].person

    def fields(self) -> dict[str, str]:
        """The fields of all fragments. Each owns its own; a stub gives way to all others."""
        merged = dict(self.fragments[STUB].fields) if STUB in self.fragments else {}
        for stream, fragment in self.fragments.items():
            if stream != STUB:
                merged.update(fragment.fields)
        return merged


class Drafts:
    """All writes to come, in order of arrival within a place."""

    def __init__(self) -> None:
        self._by_place: dict[str, dict[str, Draft]] = {}
        self._live_since: dict[str, float] = {}

    def find(self, place: str, key: str) -> Draft | None:
        """The draft of a key, if there is one."""
        return self._by_place.get(place, {}).get(key)

    def keep(self, draft: Draft) -> None:
        """Note a draft (again)."""
        self._by_place.setdefault(draft.place.code, {})[draft.key] = draft

    def drop(self, place: str, key: str) -> Draft | None:
        """Take out the draft of a key, if there is one."""
        return self._by_place.get(place, {}).pop(key, None)

    def take(self, place: str, *, live: bool | None = None) -> list[Draft]:
        """Take out the drafts of a place.

        Args:
            place: The place.
            live: Only live ones, only history, or (None) all.
        """
        drafts = self._by_place.pop(place, {})
        taken = [draft for draft in drafts.values() if live is None or draft.live is live]
        if kept := {
            key: draft for key, draft in drafts.items() if live is not None and draft.live is not live
        }:
            self._by_place[place] = kept
        return taken

    def places(self) -> list[Place]:
        """Places with drafts, databases before collections: parents come first."""
        found = [next(iter(drafts.values())).place for drafts in self._by_place.values() if drafts]
        return sorted(found, key=lambda place: place.collection_id is not None)

    def size(self, place: str) -> int:
        """How many drafts a place has."""
        return len(self._by_place.get(place, {}))

    def oldest(self, *, live: bool) -> float | None:
        """When the oldest draft of a kind came, by the monotonic clock."""
        return min((draft.since for draft in self if draft.live is live), default=None)

    def __iter__(self) -> Iterator[Draft]:
        """All of them."""
        for drafts in self._by_place.values():
            yield from drafts.values()


def put_in(draft: Draft, fragment: Fragment, digest: Callable[[str], bytes]) -> None:
    """Put a fragment into a draft: one that waited since before a field was removed loses that field.

    Args:
        draft: The draft.
        fragment: The fragment, instead of the one that its stream has there.
        digest: The ledger's hash.
    """
    gone = [name for name in fragment.fields if name.lower() not in draft.place.fields]
    if gone:
        fragment = replace(
            fragment,
            fields={name: value for name, value in fragment.fields.items() if name not in gone},
            problems=(*fragment.problems, *((name, "the field is not there any more") for name in gone)),
        )
    draft.fragments[fragment.stream] = fragment
    draft.digests[fragment.stream] = digest(content(draft.place, fragment))


def fragment_to_json(fragment: Fragment) -> dict[str, Any]:
    """A fragment as the ledger and the rejects file keep it."""
    return asdict(fragment)


def fragment_from_json(body: dict[str, Any]) -> Fragment:
    """The reverse of `fragment_to_json`: what comes from an earlier run came before all of this one."""
    person = Person(**body["person"]) if body["person"] else None
    problems = tuple((name, reason) for name, reason in body["problems"])
    return Fragment(**{**body, "person": person, "problems": problems, "arrival": 0})
