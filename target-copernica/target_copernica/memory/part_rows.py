"""How a part stands in its table. Each list of fields is kept once, under a number: many have the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_copernica.mapping.model import Moment
from target_copernica.memory.parts import Part

if TYPE_CHECKING:
    import sqlite3

__all__ = ["COLUMNS", "PartRows"]

COLUMNS: Final = "version, digest, columns, read_run, read_at, write_run, write_at"
_NOT_KNOWN: Final = (None, None)


class PartRows:
    """A part of the ledger.

    Args:
        db: The ledger's file.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._numbers: dict[tuple[str, ...], int] = {}
        self._names: dict[int, tuple[str, ...]] = {}

    def row(self, part: Part) -> tuple[object, ...]:
        """What is kept of a part: the values of `COLUMNS`."""
        read, wrote = part.read or _NOT_KNOWN, part.wrote or _NOT_KNOWN
        return (part.version, part.digest, self._number_of(part.names), *read, *wrote)

    def part(self, version: str | None, digest: bytes, columns: int | None, *when: int | None) -> Part:
        """The reverse of `row`."""
        read_run, read_at, write_run, write_at = when
        read, wrote = _moment(read_run, read_at), _moment(write_run, write_at)
        return Part(version, self._names_of(columns), digest, read, wrote)

    def rolled_back(self) -> None:
        """A transaction was undone: what was numbered in it is not."""
        self._numbers.clear()
        self._names.clear()

    def _number_of(self, names: tuple[str, ...] | None) -> int | None:
        if names is None:
            return None
        if names not in self._numbers:
            text = "\x1f".join(names)
            self._db.execute("INSERT OR IGNORE INTO columns (names) VALUES (?)", (text,))
            found = self._db.execute("SELECT columns FROM columns WHERE names = ?", (text,)).fetchone()
            self._numbers[names] = int(found[0])
        return self._numbers[names]

    def _names_of(self, number: int | None) -> tuple[str, ...] | None:
        if number is None:
            return None
        if number not in self._names:
            row = self._db.execute("SELECT names FROM columns WHERE columns = ?", (number,)).fetchone()
            self._names[number] = tuple(row[0].split("\x1f")) if row[0] else ()
        return self._names[number]


def _moment(run: int | None, at: int | None) -> Moment | None:
    """What is known of when; nothing where a replay of version 0.2 noted words in the place of numbers."""
    return Moment(run, at) if isinstance(run, int) and isinstance(at, int) else None
