"""A run that writes nothing: it reads, maps and compares, and tells what a real one would do.

It works on a copy of the state directory, so that nothing is kept of it either.
"""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from itertools import count
from typing import TYPE_CHECKING, Final

from target_copernica.account.content import content
from target_copernica.account.diff import missing
from target_copernica.account.structure import ActualDatabase, ActualField, Place
from target_copernica.mapping.values import Column

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from target_copernica.account.builder import Builder
    from target_copernica.account.readback import Readback
    from target_copernica.account.structure import WantedDatabase, WantedField
    from target_copernica.mapping.model import Fragment, Person
    from target_copernica.memory.ledger import Ledger
    from target_copernica.report import Report

__all__ = ["DryWriter", "Examples", "Planner", "copied"]

_EXAMPLES: Final = 3
_STUBS: Final = "(people made of their orders)"
_OPEN_KEY: Final = re.compile("[0-9:]+")


def copied(state_dir: Path, scratch: Path) -> Path:
    """Copy what a run reads of a state directory.

    Args:
        state_dir: The directory, locked.
        scratch: An empty directory, gone with the run.

    Returns:
        The copy.
    """
    for file in state_dir.glob("*"):
        if file.is_file() and file.name != "lock":
            shutil.copy(file, scratch / file.name)
    return scratch


class Planner:
    """Stands in for the builder: what is missing is taken as made.

    Args:
        builder: Reads what is there.
        ledger: The copy.
        log: Where it is told what would be made.
    """

    def __init__(self, builder: Builder, ledger: Ledger, log: logging.Logger) -> None:
        self._builder = builder
        self._ledger = ledger
        self._log = log
        self._ids = count(-1, -1)  # of what is not there

    def prepare(self, wanted: WantedDatabase) -> dict[str | None, Place]:
        """The database and its collections as they would be.

        Args:
            wanted: What must be there.

        Raises:
            SettingsError: A real run would stop here.
        """
        actual = self._builder.look(wanted)
        if actual is None:
            self._log.info("would create the database %s", wanted.name)
            actual = ActualDatabase(next(self._ids), {}, {})
        else:
            self._builder.check_people(wanted, actual)
        lacking = missing(wanted, actual)
        fields = {**actual.fields, **self._made(lacking.fields)}
        places: dict[str | None, Place] = {None: Place(actual.id, None, wanted.name, None, fields)}
        for name in wanted.collections:
            collection_id, there = actual.collections.get(name.lower()) or (next(self._ids), {})
            fields = {**there, **self._made(lacking.collections.get(name, ()))}
            places[name] = Place(actual.id, collection_id, f"{wanted.name}.{name}", name, fields)
        number = len(lacking.fields) + sum(len(fields) for fields in lacking.collections.values())
        if number:
            self._log.info("would create %d fields in %s; the command `plan` shows them", number, wanted.name)
        for place in places.values():
            self._ledger.know_place(place.code, place.name)
        return places

    def _made(self, fields: Iterable[WantedField]) -> dict[str, ActualField]:
        return {
            entry.name.lower(): ActualField(
                next(self._ids),
                entry.name,
                Column(entry.type, entry.length, tuple(entry.value.splitlines())),
            )
            for entry in fields
        }


class Examples:
    """A few masked examples of each outcome of each stream.

    Args:
        report: Counts.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._shown: defaultdict[tuple[str, str], list[str]] = defaultdict(list)

    def add(self, stream: str, outcome: str, key: str | None, words: str = "") -> None:
        """Count, and keep what is one of the first."""
        self._report.add(stream, outcome)
        self.keep(stream, outcome, key, words)

    def stub(self, key: str, words: str) -> None:
        """Count somebody who would be made of an order, and keep one of the first."""
        self._report.stubs += 1
        self.keep(_STUBS, "created", key, words)

    def keep(self, stream: str, outcome: str, key: str | None, words: str = "") -> None:
        """Keep what is one of the first; it is counted elsewhere."""
        shown = self._shown[stream, outcome]
        if len(shown) < _EXAMPLES:
            shown.append(f"{_masked_key(key)} {words}".rstrip())

    def lines(self) -> Iterator[str]:
        """For people."""
        for (stream, outcome), shown in sorted(self._shown.items()):
            yield from (f"would be {outcome}: {stream} {example}" for example in shown)


class DryWriter:
    """Stands in for the writer.

    Args:
        ledger: The copy: it takes what would be written.
        readback: Reads what the ledger does not know.
        examples: Counts and keeps.
        settled: Called with the number of each record.
    """

    def __init__(
        self, ledger: Ledger, readback: Readback, examples: Examples, settled: Callable[[int], None]
    ) -> None:
        self._ledger = ledger
        self._readback = readback
        self._examples = examples
        self._settled = settled
        self._ids = count(-1, -1)
        self._places: dict[str, Place] = {}
        self._later: list[tuple[Place, Fragment, bytes]] = []

    def know(self, places: Iterable[Place]) -> None:
        """These places are as they would be."""
        self._places.update({place.code: place for place in places})
        self._readback.know(self._places.values())

    def add(self, place: Place, fragment: Fragment, number: int) -> None:
        """Compare a fragment with what is there."""
        self._settled(number)
        known = self._ledger.fragment(place.code, fragment.key, fragment.stream)
        digest = self._ledger.digest(content(place, fragment))
        newest = known[0] if known else None
        if newest is not None and fragment.version is not None and fragment.version < newest:
            self._examples.add(fragment.stream, "stale", fragment.key)
        elif known is not None and known[1] == digest:
            self._examples.add(fragment.stream, "unchanged", fragment.key)
        else:
            self._would_write(place, fragment, digest, last=False)

    def delete(self, place: Place, fragment: Fragment, _below: Iterable[str]) -> str:
        """Compare what a record asks to delete with what is there."""
        if self._ledger.entry(place.code, fragment.key) is None and _is_real(place):
            self._readback.catch_up(place)
        entry = self._ledger.entry(place.code, fragment.key)
        outcome = "removed" if entry is None or entry.removed else "deleted"
        self._examples.keep(fragment.stream, outcome, fragment.key)
        return outcome

    def drop(self, place: Place, key: str) -> None:
        """Nothing waits."""

    def tick(self) -> None:
        """Nothing waits."""

    def finish(self) -> None:
        """What found nothing to change may find it now."""
        for place, fragment, digest in self._later:
            self._would_write(place, fragment, digest, last=True)

    def _would_write(self, place: Place, fragment: Fragment, digest: bytes, *, last: bool) -> None:
        entry = self._ledger.entry(place.code, fragment.key)
        if entry is None and _is_real(place):
            self._readback.catch_up(place)
            entry = self._ledger.entry(place.code, fragment.key)
        person = fragment.person and self._ledger.entry(place.database_code, fragment.person.key)
        waits = not fragment.creates or (
            fragment.person is not None and person is None and fragment.person.stub is None
        )
        if (entry is not None and entry.removed) or (entry is None and person and person.removed):
            self._examples.add(fragment.stream, "removed", fragment.key)
            return
        if entry is None and waits:
            if last:
                self._examples.add(fragment.stream, "waiting", fragment.key)
            else:
                self._later.append((place, fragment, digest))
            return
        if entry is None and fragment.person is not None and person is None:
            self._would_make_person(place, fragment.person)
        if entry is None:
            self._ledger.know_entry(place.code, fragment.key, next(self._ids))
        first = self._ledger.fragment(place.code, fragment.key, fragment.stream) is None
        outcome = "created" if first and (entry is None or entry.id < 0) else "updated"
        self._examples.add(fragment.stream, outcome, fragment.key, _masked(fragment.fields))
        self._ledger.know_fragment(
            place.code, fragment.key, fragment.stream, fragment.version, digest, fragment.fields
        )

    def _would_make_person(self, place: Place, person: Person) -> None:
        profiles = self._places.get(place.database_code)
        if profiles is not None and _is_real(profiles):
            self._readback.catch_up(profiles)
        if self._ledger.entry(place.database_code, person.key) is None:
            self._ledger.know_entry(place.database_code, person.key, next(self._ids))
            self._examples.stub(person.key, _masked(person.stub or {}))


def _is_real(place: Place) -> bool:
    """Whether there is anything to read."""
    return place.database_id > 0 and (place.collection_id or 1) > 0


def _masked(fields: Mapping[str, str]) -> str:
    filled = {name: value for name, value in fields.items() if value not in ("", "0")}
    return ", ".join(f"{name}={value[0]}***" for name, value in filled.items())


def _masked_key(key: str | None) -> str:
    if key is None:
        return "(no key)"
    return key if _OPEN_KEY.fullmatch(key) else f"{key[:3]}***"
