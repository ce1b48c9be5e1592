"""Copernica's records as the page finds them."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from sandbox.copernica import places, records, search, words
from sandbox.copernica.answers import ApiError
from sandbox.copernica.places import Place
from sandbox.copernica.records import Record
from sandbox.copernica.search import Paging as Slice
from sandbox.page.missing import MissingError
from sandbox.page.paging import Paging

MOST_WORDS = 8
MOST_LETTERS = 100
MOST_FOUND = 250
"""A search that finds more wants another word rather than more pages."""


@dataclass(frozen=True)
class Found:
    """A record, and where it is."""

    place: Place
    record: Record

    @property
    def fields(self) -> dict[str, str]:
        """All values by name."""
        return self.record.fields(self.place)


def database(db: sqlite3.Connection, identifier: int) -> Place:
    """A database by its id.

    Raises:
        MissingError: there is none.
    """
    try:
        return places.database(db, str(identifier))
    except ApiError:
        raise MissingError(f"Copernica has no database {identifier}.") from None


def collection(db: sqlite3.Connection, identifier: int) -> Place:
    """A collection by its id.

    Raises:
        MissingError: there is none.
    """
    try:
        return places.collection(db, str(identifier))
    except ApiError:
        raise MissingError(f"Copernica has no collection {identifier}.") from None


def profile(db: sqlite3.Connection, identifier: int) -> Found:
    """A profile by its id, also a removed one.

    Raises:
        MissingError: there is none.
    """
    record = records.read(db, "profiles", str(identifier))
    if record is None:
        raise MissingError(f"Copernica has no profile {identifier}.")
    return Found(database(db, record.place), record)


def subprofile(db: sqlite3.Connection, identifier: int) -> Found:
    """A subprofile by its id, also a removed one.

    Raises:
        MissingError: there is none.
    """
    record = records.read(db, "subprofiles", str(identifier))
    if record is None:
        raise MissingError(f"Copernica has no subprofile {identifier}.")
    return Found(collection(db, record.place), record)


def collections(db: sqlite3.Connection, database_id: int) -> list[Place]:
    """The collections of a database."""
    rows = db.execute("SELECT id FROM collections WHERE database = ? ORDER BY id", (database_id,)).fetchall()
    return [collection(db, row["id"]) for row in rows]


def everything(db: sqlite3.Connection) -> list[Place]:
    """All databases, each followed by its collections."""
    numbers = [row["id"] for row in db.execute("SELECT id FROM databases ORDER BY id").fetchall()]
    return [place for number in numbers for place in (database(db, number), *collections(db, number))]


def newest(db: sqlite3.Connection, place: Place, page: Paging) -> list[Found]:
    """One page of a place's records, newest first."""
    wanted = Slice(start=page.start, limit=page.size, total=False, orderby="id", descending=True)
    return [Found(place, record) for record in search.page(db, place, (), wanted).records]


def subprofiles(db: sqlite3.Connection, place: Place, profile_id: int) -> list[Record]:
    """A profile's records in a collection."""
    return list(search.find(db, place, (), profile_id))


def words_of(text: str) -> list[str]:
    """What a search asks for, word by word, without what makes no difference."""
    return words.folded(text[:MOST_LETTERS]).split()[:MOST_WORDS]


def find(db: sqlite3.Connection, asked: Sequence[str]) -> list[Found]:
    """Profiles whose name, e-mail address, title or key holds every word; at most `MOST_FOUND`."""
    databases: dict[int, Place] = {}
    found: list[Found] = []
    for number in islice(words.find(db, asked), MOST_FOUND):
        record = records.read(db, "profiles", str(number))
        if record is not None:
            if record.place not in databases:
                databases[record.place] = database(db, record.place)
            found.append(Found(databases[record.place], record))
    return found
