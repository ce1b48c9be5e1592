"""Whether an import's changes arrived: Copernica counts its rows, not whether they matched anything.

An import matches by key: a profile or subprofile with a key that was emptied or changed by hand is missed,
and its row counts as processed all the same. So what was changed is read back: one call for each thousand
that lie close together, else by what was modified since, else one by one, whichever costs least.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from target_copernica.account.content import content_of
from target_copernica.account.presence import Standing, key_in
from target_copernica.account.readback import PAGE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from target_copernica.account.presence import Presence
    from target_copernica.account.readback import Found, Readback
    from target_copernica.account.structure import Place
    from target_copernica.memory.ledger import Ledger

__all__ = ["Arrival", "ImportedChange"]


class ImportedChange(Protocol):
    """A change that an import was to make."""

    @property
    def key(self) -> str:
        """Key of the profile or subprofile."""

    @property
    def person(self) -> str | None:
        """Of a subprofile: key of its profile."""

    @property
    def fields(self) -> dict[str, str]:
        """What was sent, by name, without keys."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Reads back what an import changed.

    Attributes:
        readback: Reads many, and restores the keys that were lost.
        presence: Asks for one.
    """

    readback: Readback
    presence: Presence

    @property
    def ledger(self) -> Ledger:
        """Knows the ids."""
        return self.presence.ledger

    def missing(
        self,
        place: Place,
        changes: Sequence[ImportedChange],
        since: datetime,
        *,
        counted: bool,
    ) -> set[str]:
        """Find the changes that did not arrive; lost keys are restored, so that a second try works.

        Args:
            place: Where the changes were to go.
            changes: What was sent, all of it to what the ledger knows.
            since: When it was sent, or a little earlier.
            counted: Whether Copernica says that it processed all rows: then a key in its place is enough;
                else only what reads as it was sent has arrived.

        Returns:
            Keys.
        """
        missing: set[str] = set()
        unclear: list[ImportedChange] = []  # subprofiles that may stand under a profile without its key
        for change, fields, key in self._found(place, self._by_id(place, changes), since):
            if key == change.key and self._is_as_sent(place, change, fields):
                continue
            if key == change.key and counted:
                unclear.append(change)
                continue
            missing.add(change.key)
            if key is not None and key != change.key:
                self.ledger.findings.note_lost_key(place.code, change.key)
        if place.collection_id is not None and unclear:
            missing |= self._under_lost_keys(place, unclear)
        self.readback.restore_keys(place)
        return missing

    def gone(self, place: Place, changes: Iterable[ImportedChange]) -> set[str]:
        """Find the changes of what is not there any more, or may not be: reading only.

        Args:
            place: Where the changes would go.
            changes: What would be sent, all of it to what Copernica holds.

        Returns:
            Keys.
        """
        return {
            change.key for change, _, key in self._found(place, self._by_id(place, changes)) if key is None
        }

    def _by_id(self, place: Place, changes: Iterable[ImportedChange]) -> dict[int, ImportedChange]:
        return {
            entry.id: change
            for change in changes
            if (entry := self.ledger.entry(place.code, change.key)) is not None
        }

    def _found(
        self, place: Place, by_id: Mapping[int, ImportedChange], since: datetime | None = None
    ) -> Iterator[tuple[ImportedChange, Mapping[str, str], str | None]]:
        """Each change with the fields and the key that are there; no key where it is gone, or may be."""
        left = dict(by_id)
        for thing in self._listed(place, left, since):
            yield by_id[thing.id], thing.fields, thing.key
        for entry_id, change in left.items():
            standing, fields = self.presence.look(place, entry_id, change.key)
            if standing is Standing.GONE:
                self.ledger.mark_removed(place.code, change.key, self.presence.client.now().isoformat())
            yield change, fields, key_in(fields) if standing is Standing.THERE else None

    def _listed(
        self, place: Place, left: dict[int, ImportedChange], since: datetime | None
    ) -> Iterator[Found]:
        """What lists show of these ids; what they do not show, or is cheaper asked one by one, is left."""
        if since and self._pages(place, left) > len(left) // PAGE + 1:  # else reading all of it costs no more
            yield from self._taken(self.readback.between(place, min(left), max(left), since), left)
        if self._pages(place, left) <= len(left) and left:
            yield from self._taken(self.readback.between(place, min(left), max(left)), left)

    def _taken(self, pages: Iterable[Iterable[Found]], left: dict[int, ImportedChange]) -> Iterator[Found]:
        for page in pages:
            yield from [thing for thing in page if left.pop(thing.id, None) is not None]
            if not left:
                return

    def _pages(self, place: Place, left: Mapping[int, ImportedChange]) -> int:
        return self.ledger.scan.count_between(place.code, min(left), max(left)) // PAGE + 1 if left else 0

    def _is_as_sent(self, place: Place, change: ImportedChange, fields: Mapping[str, str]) -> bool:
        there = {name.lower(): str(value) for name, value in fields.items()}
        read = {name: there.get(name.lower(), "") for name in change.fields}
        return content_of(place, read) == content_of(place, change.fields)

    def _under_lost_keys(self, place: Place, changes: Iterable[ImportedChange]) -> set[str]:
        """Those of these subprofiles that no import reaches: the key of their profile was lost."""
        below: dict[str, set[str]] = {}
        for change in changes:
            if change.person is not None:
                below.setdefault(change.person, set()).add(change.key)
        restored = self.readback.confirm_alive(self.readback.profiles_of(place), below)
        return {key for person in restored for key in below.get(person, ())}
