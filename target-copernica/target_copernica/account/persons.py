"""All that Copernica and the ledger hold of one person: by an address, or by the key of a profile."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from target_copernica.mapping.keys import KEY_FIELD, fold_email, former_fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from target_copernica.account.readback import Found, Readback
    from target_copernica.account.structure import Place
    from target_copernica.memory.forgotten import Thing
    from target_copernica.memory.ledger import Ledger

__all__ = ["Holdings", "Persons", "Subject", "value_of"]


@dataclass(frozen=True, slots=True)
class Subject:
    """A person, as a line of a file names one.

    Attributes:
        text: An e-mail address, or the key of a profile.
    """

    text: str

    @property
    def address(self) -> str | None:
        """The address, folded; None where it is a key."""
        return fold_email(self.text) if "@" in self.text else None

    @property
    def key(self) -> str:
        """The key."""
        return self.text.strip().lower()


@dataclass(slots=True)
class Holdings:
    """What is held of a person.

    Attributes:
        addresses: The person's own, folded.
        profiles: By place and id: the key; empty for an unmanaged profile.
        below: Subprofiles of other people's profiles that have an address of the person, likewise.
        things: Keys and addresses, as they are remembered.
        listed: How many of these Copernica lists now; the others are known to the ledger only.
    """

    addresses: set[str] = field(default_factory=set)
    profiles: dict[tuple[str, int], str] = field(default_factory=dict)
    below: dict[tuple[str, int], str] = field(default_factory=dict)
    things: set[Thing] = field(default_factory=set)
    listed: int = 0

    def __len__(self) -> int:
        """How many profiles and subprofiles."""
        return len(self.profiles) + len(self.below)


@dataclass(frozen=True, slots=True)
class Persons:
    """Looks for people: a call for each database and collection, and address.

    Attributes:
        readback: Reads Copernica.
        ledger: Knows who was written.
        known: Databases and collections, by the ledger's names.
    """

    readback: Readback
    ledger: Ledger
    known: Callable[[], Mapping[str, Place]]

    @property
    def places(self) -> Mapping[str, Place]:
        """Databases and collections, by the ledger's names."""
        return self.known()

    def find(self, subject: Subject) -> Holdings:
        """All that is held of a person.

        Args:
            subject: Who. By an address all profiles that have it are meant. By a key this one is, and its
                address only if no other profile has it.
        """
        held = Holdings()
        if (address := subject.address) is not None:
            held.addresses.add(address)
            for place in self._of_people():
                self._by_address(place, address, held, typed=subject.text)
        else:
            for place in self._of_people():
                self._by_key(place, subject.key, held)
        for address in held.addresses:
            held.things.add(self.ledger.tombstones.forgotten.address(address))
            self._under_others(address, held)
        for (code, _), key in held.profiles.items():
            if key:
                collections = [one.code for one in self._collections(code)]
                held.things.add(self.ledger.tombstones.forgotten.key(code, key))
                held.things.update(self.ledger.traces.below(collections, key))
        return held

    def _of_people(self) -> list[Place]:
        """The databases that hold people: those with an e-mail field."""
        return [place for place in self.places.values() if place.email_field is not None]

    def _collections(self, database: str) -> list[Place]:
        return [
            one
            for one in self.places.values()
            if one.collection_id is not None and one.database_code == database
        ]

    def _having(self, place: Place, address: str, typed: str) -> Iterator[Found]:
        """What Copernica lists in a place with an address, however it is written there."""
        name = str(place.address_field)
        seen: set[int] = set()
        for form in dict.fromkeys(filter(None, (address, former_fold(address), typed.strip()))):
            for thing in self.readback.having(place, name, form):
                if thing.id not in seen and fold_email(value_of(thing, name)) == address:
                    seen.add(thing.id)
                    yield thing

    def _by_address(self, place: Place, address: str, held: Holdings, *, typed: str) -> None:
        for profile_id, key in self.ledger.traces.profiles(place.code, address).items():
            held.profiles[place.code, profile_id] = key
        for thing in self._having(place, address, typed):
            held.profiles[place.code, thing.id] = self.ledger.key_of(place.code, thing.id) or thing.key
            held.listed += 1

    def _by_key(self, place: Place, key: str, held: Holdings) -> None:
        held.things.add(self.ledger.tombstones.forgotten.key(place.code, key))
        entry = self.ledger.entry(place.code, key)
        if entry is not None and entry.id:
            held.profiles[place.code, entry.id] = key
        for thing in self.readback.having(place, KEY_FIELD, key):
            if thing.key == key:
                held.profiles[place.code, thing.id] = key
                held.listed += 1
                address = fold_email(value_of(thing, str(place.email_field)))
                if address is not None and not self._is_shared(place, address, key):
                    held.addresses.add(address)

    def _is_shared(self, place: Place, address: str, key: str) -> bool:
        """Whether a profile of another key has the address."""
        others = set(self.ledger.traces.profiles(place.code, address).values())
        return bool((others | {one.key for one in self._having(place, address, address)}) - {key})

    def _under_others(self, address: str, held: Holdings) -> None:
        for place in self.places.values():
            if place.collection_id is None or place.address_field is None:
                continue
            for thing in self._having(place, address, address):
                if thing.key:
                    held.things.add(self.ledger.tombstones.forgotten.key(place.code, thing.key))
                if (place.database_code, thing.profile_id) not in held.profiles:
                    held.below[place.code, thing.id] = thing.key
                    held.listed += 1


def value_of(thing: Found, name: str) -> str | None:
    """The value of a field, in whatever case its name comes; None where it is not shown."""
    return next((value for known, value in thing.fields.items() if known.lower() == name.lower()), None)
