"""Forgets people: tombstones first, then Copernica, then what is kept here, and a receipt at the end.

Killed anywhere and done again it ends the same: each step does only what is left, and what was noted first
keeps the person from coming back in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from target_copernica.consent.model import Event
from target_copernica.errors import NotAllowedError
from target_copernica.mapping.apply import parent_key_of
from target_copernica.memory.forgotten import FORGET
from target_copernica.memory.receipts import Receipt
from target_copernica.memory.traces import names_forgotten

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from target_copernica.account.data_requests import DataRequests
    from target_copernica.account.persons import Holdings, Persons, Subject
    from target_copernica.account.structure import Place
    from target_copernica.mapping.model import StreamMap
    from target_copernica.memory.forgotten import Forgotten
    from target_copernica.memory.receipts import Receipts
    from target_copernica.memory.rejects import Rejects
    from target_copernica.writing.execute import Executor

__all__ = ["Erasing", "is_of_forgotten"]

_STILL_THERE: Final = (
    "Copernica still lists what it said was removed: nothing of this person comes back from here, but it is "
    "not all gone; run it again, or remove it there"
)
_ROUNDS: Final = 3
"""How often it is looked for what is still there, and removed."""


@dataclass(frozen=True, slots=True)
class Erasing:
    """Forgets one person at a time.

    Attributes:
        persons: Finds them.
        executor: Removes in Copernica.
        rejects: Hold what was refused.
        receipts: The proof.
        requests: Ask what remains; None in a dry run.
        streams: Where each stream goes, and its mapping, to know of whom a refused record is.
    """

    persons: Persons
    executor: Executor
    rejects: Rejects
    receipts: Receipts
    requests: DataRequests | None
    streams: Callable[[], Mapping[str, tuple[Place, StreamMap | None]]]

    def is_done(self, place: Place, key: str) -> bool:
        """Whether a person was forgotten to the end.

        Args:
            place: A database.
            key: The key of the person's profile.
        """
        forgotten = self.persons.ledger.tombstones.forgotten
        mark = forgotten.mark(forgotten.key(place.code, key))
        if mark is None or mark.returned:
            return False
        return self.requests is None or any(one.case == mark.case for one in self.receipts.all())

    def find(self, subject: Subject) -> Holdings:
        """All that is held of a person, once imports of earlier runs have ended.

        Args:
            subject: Who.
        """
        self.executor.settle_imports(list(self.persons.places.values()))
        return self.persons.find(subject)

    def forget(self, subject: Subject, held: Holdings) -> Receipt | None:
        """Forget a person for good.

        Args:
            subject: Who.
            held: As `find` has told.

        Returns:
            The receipt; None in a dry run, and where an earlier one covers all and nothing was left.

        Raises:
            NotAllowedError: Copernica says that it removed something, and goes on showing it.
        """
        ledger = self.persons.ledger
        now = self.persons.readback.now().isoformat(timespec="seconds")
        forgotten = ledger.tombstones.forgotten
        case = forgotten.case_of(held.things)
        new = forgotten.add(held.things, case, now)
        said = Event("optout", datetime.fromisoformat(forgotten.cases()[case]), FORGET)
        with ledger.transaction():
            ledger.consents.hear([(ledger.consents.who(one), said) for one in sorted(held.addresses)], now)
        profiles, below = self._removed(held)
        if self.requests is not None:
            profiles, below = self._until_nothing_is_listed(subject, profiles, below)
        self.purge(held)
        if self.requests is None:
            return None
        if not new and not profiles + below and any(one.case == case for one in self.receipts.all()):
            return None
        return self._receipt(case, profiles, below, held)

    def finish(self, case: str, held: Holdings) -> Receipt:
        """Remove what Copernica has again, or still, of a person who is forgotten, and write a receipt.

        Args:
            case: The person.
            held: All that Copernica lists of the person.

        Raises:
            NotAllowedError: Something is still there.
        """
        profiles, below = self._removed(held)
        if profiles + below < len(held):
            raise NotAllowedError(_STILL_THERE)
        self.purge(held)
        return self._receipt(case, profiles, below, held)

    def _receipt(self, case: str, profiles: int, below: int, held: Holdings) -> Receipt:
        assert self.requests is not None  # noqa: S101 - no dry run
        left = [words for one in sorted(held.addresses) if (words := self.requests.remains(one))]
        remains = "; ".join(left) if held.addresses else "not asked: no address is known"
        forgotten = self.persons.ledger.tombstones.forgotten
        done = self.persons.readback.now().isoformat(timespec="seconds")
        check = self.persons.ledger.consents.check
        things = tuple(forgotten.of_case(case))
        return self.receipts.add(
            Receipt(case, forgotten.cases()[case], done, things, profiles, below, remains, check)
        )

    def _removed(self, held: Holdings) -> tuple[int, int]:
        """Remove subprofiles first, then profiles; how many of each are gone."""
        gone = [0, 0]
        for number, some in enumerate((held.below, held.profiles)):
            for code, entry_id in sorted(some):
                gone[number] += self.executor.erase(self.persons.places[code], entry_id)
        return gone[1], gone[0]

    def _until_nothing_is_listed(self, subject: Subject, profiles: int, below: int) -> tuple[int, int]:
        for _ in range(_ROUNDS):
            held = self.persons.find(subject)
            if not held.listed:
                return profiles, below
            more = self._removed(held)
            profiles, below = profiles + more[0], below + more[1]
        raise NotAllowedError(_STILL_THERE)

    def purge(self, held: Holdings) -> None:
        """Take all who are forgotten out of the files here.

        Args:
            held: Of a person: profiles that shared the address are marked anew.
        """
        ledger, places = self.persons.ledger, self.persons.places
        for (code, profile_id), key in held.profiles.items():
            ledger.unmanaged.drop(code, profile_id)
            if key:
                ledger.addresses.note_removed(code, key)
                below = [
                    one.code for one in places.values() if one.database_code == code and one.code != code
                ]
                ledger.forget(code, key, below)
        for (code, _), key in held.below.items():
            ledger.forget(code, key, ())
        with ledger.transaction():
            ledger.traces.purge()
        self.rejects.purge(self._is_of_forgotten)

    def _is_of_forgotten(self, entry: dict[str, Any]) -> bool:
        return is_of_forgotten(entry, self.streams(), self.persons.ledger.tombstones.forgotten)


def is_of_forgotten(
    entry: Mapping[str, Any], streams: Mapping[str, tuple[Place, StreamMap | None]], forgotten: Forgotten
) -> bool:
    """Whether a line of the rejects file is of a person who is forgotten.

    Args:
        entry: The line.
        streams: Where each stream goes, and its mapping.
        forgotten: Who is.
    """
    content = entry.get("content") or {}
    if names_forgotten(content, forgotten):
        return True
    place, declared = streams.get(entry["stream"], (None, None))
    if place is None:
        return False
    keys = [(place.code, entry["key"])]
    if entry.get("form") == "fragment":
        keys.append((place.database_code, (content.get("person") or {}).get("key")))
    elif declared is not None:
        keys.append((place.database_code, parent_key_of(content, declared)))
    return any(key is not None and forgotten.holds(forgotten.key(code, key)) for code, key in keys)
