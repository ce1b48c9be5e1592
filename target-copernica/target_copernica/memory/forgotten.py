"""Who asked to be forgotten: keys and addresses as keyed hashes, kept in `tombstones.jsonl`.

What was found removed may come back if the user says so; what was forgotten may not, before the person
returns by an act of their own. All that belongs to one person is a *case*.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["ADDRESS", "FORGET", "Forgotten", "Mark", "Thing", "hashed"]

FORGET: Final = "forget"
"""Source of the opt-out that a forgotten address has in `consent.jsonl`."""

ADDRESS: Final = ""
"""Stands for the place where something is an address, which counts everywhere."""

Thing = tuple[str, str]
"""Place and hash: of a key in it, or (with `ADDRESS`) of a folded address."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What is known of a key or an address.

    Attributes:
        case: The person that it belongs to.
        at: When that person was forgotten, ISO.
        returned: Whether the person came back and was let in.
    """

    case: str
    at: str
    returned: bool = False


def hashed(text: str, secret: bytes) -> str:
    """The keyed hash of a key or a folded address: the ledger hashes addresses likewise."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=secret, digest_size=16).hexdigest()


class Forgotten:
    """A part of the tombstones.

    Args:
        secret: Key of the hashes.
        append: Adds lines to the file; durable when it returns.
    """

    def __init__(self, secret: bytes, append: Callable[[Sequence[dict[str, Any]]], None]) -> None:
        self._secret = secret
        self._append = append
        self._marks: dict[Thing, Mark] = {}

    def __len__(self) -> int:
        """How many keys and addresses are marked."""
        return len(self._marks)

    def key(self, place: str, key: str) -> Thing:
        """A key as it is remembered."""
        return place, hashed(key, self._secret)

    def address(self, folded: str) -> Thing:
        """An address, as `keys.fold_email` gives it, as it is remembered."""
        return ADDRESS, hashed(folded, self._secret)

    def mark(self, thing: Thing) -> Mark | None:
        """What is known of it."""
        return self._marks.get(thing)

    def lacks(self, thing: Thing, at: str) -> bool:
        """Whether it is not known that a thing was forgotten then: what tells it was restored from before.

        Args:
            thing: The thing.
            at: When it was forgotten, ISO.
        """
        return (mark := self._marks.get(thing)) is None or (mark.returned and mark.at < at)

    def holds(self, thing: Thing) -> bool:
        """Whether it is forgotten and did not return."""
        return (mark := self._marks.get(thing)) is not None and not mark.returned

    def of_case(self, case: str) -> list[Thing]:
        """All that belongs to a person and is forgotten, in order."""
        return sorted(thing for thing, mark in self._marks.items() if mark.case == case and not mark.returned)

    def cases(self) -> dict[str, str]:
        """Each person who is forgotten, with when that was."""
        return {mark.case: mark.at for mark in self._marks.values() if not mark.returned}

    def case_of(self, things: Iterable[Thing]) -> str:
        """The case that these belong to: the one that holds one of them already, else a new one."""
        known = (self._marks[thing].case for thing in sorted(things) if self.holds(thing))
        return next(known, secrets.token_hex(8))

    def add(self, things: Iterable[Thing], case: str, at: str) -> int:
        """Mark things as forgotten. Durable when this returns; one that is held already stays as it is.

        Args:
            things: Keys and addresses.
            case: Whose.
            at: When, ISO.

        Returns:
            How many are new.
        """
        new = [thing for thing in sorted(set(things)) if not self.holds(thing)]
        self._note([_entry(thing, {"forgotten": at, "case": case}) for thing in new])
        return len(new)

    def let_return(self, things: Iterable[Thing], at: str) -> None:
        """Note that a person is back: these are let in."""
        self._note([_entry(thing, {"returned": at}) for thing in sorted(set(things)) if self.holds(thing)])

    def take(self, entry: dict[str, Any]) -> None:
        """Know a line of the file.

        Raises:
            KeyError: It is none of these.
        """
        thing = (entry["place"], entry["key"]) if "place" in entry else (ADDRESS, entry["address"])
        if "returned" in entry:
            before = self._marks[thing]
            self._marks[thing] = Mark(before.case, before.at, returned=True)
        else:
            self._marks[thing] = Mark(entry["case"], entry["forgotten"])

    def _note(self, entries: Sequence[dict[str, Any]]) -> None:
        if entries:
            self._append(entries)
            for entry in entries:
                self.take(entry)


def _entry(thing: Thing, said: dict[str, str]) -> dict[str, str]:
    place, digest = thing
    return {"address": digest, **said} if place == ADDRESS else {"place": place, "key": digest, **said}
