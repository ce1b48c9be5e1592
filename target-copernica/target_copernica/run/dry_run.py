"""A run that writes nothing: it reads, maps and compares, and tells what a real one would do.

It works on a copy of the state directory, so that nothing is kept of it either.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from target_copernica.account.diff import missing
from target_copernica.account.readback import Readback
from target_copernica.account.structure import ActualCollection, ActualDatabase, ActualField, Place
from target_copernica.mapping.values import Column
from target_copernica.writing.by_call import Sent
from target_copernica.writing.masked import masked_fields, masked_key
from target_copernica.writing.outcomes import Outcomes

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from target_copernica.account.arrival import Arrival
    from target_copernica.account.builder import Builder
    from target_copernica.account.readback import Found
    from target_copernica.account.structure import WantedDatabase, WantedField
    from target_copernica.memory.ledger import Ledger
    from target_copernica.writing.by_call import SingleWrite
    from target_copernica.writing.by_import import ImportRow, Imports

__all__ = ["Announced", "Announcing", "DryReadback", "Planner", "copied"]

_EXAMPLES: Final = 3
_STUBS: Final = "(people made of their orders)"
_FIRST_ID: Final = 1 << 62
"""Ids of what would be made: above all that Copernica gives."""


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
        self._ids = count(_FIRST_ID)  # of what is not there

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
            there = actual.collections.get(name.lower()) or ActualCollection(next(self._ids), name, {})
            fields = {**there.fields, **self._made(lacking.collections.get(name, ()))}
            places[name] = Place(actual.id, there.id, f"{wanted.name}.{name}", there.name, fields)
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


class Announced(Outcomes):
    """Outcomes that keep a few masked examples of each kind, to be told at the end."""

    def __init__(self, *arguments: Any) -> None:  # noqa: ANN401 - those of `Outcomes`
        super().__init__(*arguments)
        self._shown: defaultdict[tuple[str, str], list[str]] = defaultdict(list)

    def count(self, stream: str, outcome: str, key: str | None, fields: Mapping[str, str]) -> None:
        """Count, and keep what is one of the first."""
        super().count(stream, outcome, key, fields)
        self._keep(stream, outcome, key, masked_fields(fields))

    def count_stub(self, key: str, fields: Mapping[str, str]) -> None:
        """Count a profile that would be made of its orders, and keep one of the first."""
        super().count_stub(key, fields)
        self._keep(_STUBS, "created", key, masked_fields(fields))

    def count_refused(self, stream: str, key: str | None, reason: str) -> None:
        """Count a record that is refused, and keep one of the first."""
        super().count_refused(stream, key, reason)
        self._keep(stream, "rejected", key, reason)

    def lines(self) -> Iterator[str]:
        """For people."""
        for (stream, outcome), shown in sorted(self._shown.items()):
            yield from (f"would be {outcome}: {stream} {example}" for example in shown)

    def _keep(self, stream: str, outcome: str, key: str | None, words: str) -> None:
        shown = self._shown[stream, outcome]
        if len(shown) < _EXAMPLES:
            shown.append(f"{masked_key(key)} {words}".rstrip())


class Announcing:
    """Stands in for the calls: what they would make is known to the ledger's copy, and nowhere else.

    Args:
        ledger: The copy.
        imports: Waits for imports of earlier runs, which is reading only.
        arrival: Sees what an import would not reach.
    """

    def __init__(self, ledger: Ledger, imports: Imports, arrival: Arrival) -> None:
        self._ledger = ledger
        self._imports = imports
        self._arrival = arrival
        self._ids = count(_FIRST_ID)

    def settle_imports(self, places: Sequence[Place]) -> None:
        """As `Executor` says."""
        self._imports.settle([place for place in places if _is_real(place)])

    def write_singly(self, _place: Place, writes: Sequence[SingleWrite]) -> Iterator[Sent]:
        """As `Executor` says."""
        yield Sent([(write, write.entry_id or next(self._ids)) for write in writes], None)

    def write_import(self, place: Place, rows: Sequence[ImportRow], *, followups: bool) -> list[ImportRow]:
        """As `Executor` says."""
        del followups
        with self._ledger.transaction():
            for row in rows:
                if row.creates:
                    person = None if place.collection_id is None else row.person
                    self._ledger.know_entry(place.code, row.key, next(self._ids), person)
        gone = self._arrival.gone(place, [row for row in rows if self._is_there(place, row)])
        return [row for row in rows if row.key in gone]

    def _is_there(self, place: Place, row: ImportRow) -> bool:
        entry = self._ledger.entry(place.code, row.key)
        return not row.creates and entry is not None and entry.id < _FIRST_ID

    def give_key(self, _profiles: Place, _profile_id: int, _key: str) -> bool:
        """As `Executor` says."""
        return True

    def delete(self, _place: Place, _key: str, _entry_id: int, _below: Iterable[str]) -> bool:
        """As `Executor` says."""
        return True

    def erase(self, _place: Place, _entry_id: int) -> bool:
        """As `Executor` says."""
        return True

    def conclude(self, place: Place, key: str, entry_id: int, *, again: bool) -> None:
        """As `Executor` says."""

    def see_that_calls_work(self) -> None:
        """As `Executor` says."""


class DryReadback(Readback):
    """Finds nothing in what would be made."""

    def restore_keys(self, place: Place) -> list[str]:
        """Restores nothing: what was found lost is taken as restored."""
        lost = list(self._key_repair.lost(place))
        for key in lost:
            self._ledger.findings.clear_lost_key(place.code, key)
        return lost

    def _pages(self, place: Place, after: int, *conditions: str) -> Iterator[list[Found]]:
        if _is_real(place):
            yield from super()._pages(place, after, *conditions)


def _is_real(place: Place) -> bool:
    """Whether there is anything to read."""
    return place.database_id < _FIRST_ID and (place.collection_id or 0) < _FIRST_ID
