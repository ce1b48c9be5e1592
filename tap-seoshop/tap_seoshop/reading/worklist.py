"""The parents (orders, say) that a run knows, and the order in which a first load reads them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_seoshop.api.pages import OVERLAP, PAGE
from tap_seoshop.bookmarks.times import read_time, written_time
from tap_seoshop.records.normalize import integer, link_id, moment, text
from tap_seoshop.scratch import scratch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_seoshop.streams.base import DetailStream

__all__ = ["TOP", "Parent", "Place", "Slice", "WorkList", "next_days", "next_slice", "parent_of"]

TABLE = "CREATE TABLE work (id INTEGER PRIMARY KEY, made TEXT, parent TEXT, first INTEGER)"
PER_SLICE = PAGE
"""Parents that a slice is meant to hold: about what one run can read the details of."""
MOST_GROWTH = 8
MOST_DAYS = 36_500
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
"""What was made before is read together with the last slice."""


class Parent(NamedTuple):
    """What a detail needs to know of its parent.

    Attributes:
        id: Its id.
        created_at: When it was made, as UTC text.
        updated_at: When it last changed, as UTC text.
        about: Properties that each of its details bears.
    """

    id: int
    created_at: str | None
    updated_at: str | None
    about: dict[str, Any]

    @property
    def place(self) -> Place:
        """Its place in the order of a first load; one that was made at no known time comes last."""
        made = read_time(self.created_at)
        return Place(written_time(made) if made else "", self.id)


class Place(NamedTuple):
    """A place in the order of a first load, which goes from the greatest place to the least.

    Attributes:
        made: When the parent was made: UTC text in whole seconds, so that texts sort as times do.
        id: Its id.
    """

    made: str
    id: int


TOP = Place("~", 0)
"""Above all others."""


class Slice(NamedTuple):
    """The part of a list that is read next.

    Attributes:
        below: Parents at lower places are wanted.
        begin: Only those made at or after this time; None for all.
        created_min: Bound for the shop's filter; None for none.
        created_max: The other bound.
    """

    below: Place
    begin: datetime | None
    created_min: datetime | None
    created_max: datetime | None


def next_slice(below: Place, days: int, *, since: datetime | None, now: datetime) -> Slice:
    """The slice of a first load that follows a place.

    The zone of the shop's filter is not known for certain, so both bounds are wider than the slice by
    `OVERLAP` (`docs/api/seoshop.md`, section 4).

    Args:
        below: What is at or above this place is done.
        days: How many days it reaches back.
        since: The first load leaves out what was made before; None for nothing.
        now: The server's time.
    """
    top = now if below == TOP else read_time(below.made) or EARLIEST
    floor = since or EARLIEST
    begin = top - timedelta(days=days) if top - floor > timedelta(days=days) else None
    lowest = begin or since
    return Slice(below, begin, lowest and lowest - OVERLAP, top + OVERLAP if top < now else None)


def next_days(days: int, found: int) -> int:
    """How many days the next slice reaches back, after one of `days` held `found` parents."""
    growth = min(PER_SLICE / max(found, 1), MOST_GROWTH)
    return min(ceil(days * growth), MOST_DAYS)


def parent_of(raw: Mapping[str, Any], stream: DetailStream) -> Parent:
    """The part of a parent, in the form of the API, that the details of `stream` need."""
    number, made, changed = (
        integer(raw.get("id")) or 0,
        moment(raw.get("createdAt")),
        moment(raw.get("updatedAt")),
    )
    key = stream.parent_key
    about = {
        "customerId": link_id(raw.get("customer")),
        "orderId": link_id(raw.get("order")),
        f"{key}Id": number,
        f"{key}Number": text(raw.get("number")),
        f"{key}CreatedAt": made,
        f"{key}UpdatedAt": changed,
        **{name: text(raw.get(name)) for name in ("email", "firstname", "lastname")},
    }
    return Parent(number, made, changed, stream.chosen(about))


class WorkList:
    """Parents that this run met, in a temporary table: changed ones, and those of the first load."""

    def __init__(self) -> None:
        self._table = scratch(TABLE)

    def add(self, parent: Parent, *, first: bool) -> None:
        """Remember a parent.

        Args:
            parent: It.
            first: Whether it belongs to the first load.
        """
        row = (parent.id, parent.place.made, json.dumps(parent), first)
        self._table.execute("INSERT OR REPLACE INTO work VALUES (?, ?, ?, ?)", row)

    def find(self, number: int) -> Parent | None:
        """The parent of this id, if the run met it."""
        row = self._table.execute("SELECT parent FROM work WHERE id = ?", (number,)).fetchone()
        return Parent(*json.loads(row[0])) if row else None

    def ids(self) -> Iterator[int]:
        """The ids of all."""
        for (number,) in self._table.execute("SELECT id FROM work"):
            yield number

    def count(self, below: Place = TOP, begin: datetime | None = None) -> int:
        """How many of the first load lie below a place and were made at or after `begin`."""
        (found,) = self._select("count(*)", below, begin, "").fetchone()
        return int(found)

    def first(self, below: Place, begin: datetime | None = None) -> Iterator[Parent]:
        """Parents of the first load that lie below a place, in its order."""
        for (row,) in self._select("parent", below, begin, "ORDER BY made DESC, id DESC"):
            yield Parent(*json.loads(row))

    def _select(self, what: str, below: Place, begin: datetime | None, order: str) -> Any:  # noqa: ANN401  # a cursor
        query = (
            f"SELECT {what} FROM work "  # noqa: S608  # of texts of this module
            f"WHERE first AND made >= ? AND (made < ? OR made = ? AND id < ?) {order}"
        )
        return self._table.execute(query, ((begin and written_time(begin)) or "", below.made, *below))
