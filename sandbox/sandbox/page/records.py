"""One record of Copernica beside the shop's: the sheet that a profile and a subprofile show."""

import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sandbox.copernica.places import Place
from sandbox.copernica.records import Record
from sandbox.page import people, shopside
from sandbox.page.arithmetic import Line, lines
from sandbox.page.fields import EMPTY, KEY, Group, columns, grouped, label, newest_first
from sandbox.page.origins import Fact, facts, origins, score
from sandbox.page.paging import Paging, paging
from sandbox.page.people import Found
from sandbox.page.shopside import Source
from sandbox.page.writes import Write, writes
from sandbox.shop.db import Shop
from sandbox.shop.resources import CUSTOMERS, ORDERS, Body

ROWS = 10


@dataclass(frozen=True)
class Entry:
    """One value of the shop, and the fields of Copernica that it is in."""

    fact: Fact
    fields: Sequence[str]


@dataclass(frozen=True)
class Sheet:
    """A record, field by field.

    Attributes:
        groups: the fields that hold something.
        empty: names of those that hold nothing.
        origins: where the shop holds the same values.
        writes: which calls and imports wrote what is there.
        record: the shop's record of the same key; None where there is none.
        sources: that record and what belongs to it, value by value.
        rows: the rows of the shop's order, where it is one.
    """

    groups: Sequence[Group]
    empty: Sequence[str]
    origins: Mapping[str, Sequence[Fact]]
    writes: Sequence[Write]
    record: Source | None
    sources: Sequence[tuple[Source, Sequence[Entry]]]
    rows: Sequence[Body]

    @property
    def writer(self) -> dict[str, int]:
        """The number of the write that left a field as it is, by its name."""
        return {name: one.number for one in self.writes for name in one.fields}


@dataclass(frozen=True)
class Below:
    """A profile's subprofiles in one collection, one page of them."""

    place: Place
    names: Sequence[str]
    records: Sequence[tuple[Record, str]]
    page: Paging


@dataclass(frozen=True)
class Arrival:
    """An order of the shop, and the subprofile that holds it; None where none does."""

    order: Body
    subprofile: int | None


def key_of(found: Found) -> str:
    """The key of a record; empty where it has none."""
    return next((value for name, value in found.fields.items() if name.lower() == KEY), "")


def sheet(db: sqlite3.Connection, shop: Shop, found: Found) -> Sheet:
    """A record beside what the shop holds under its key."""
    fields = found.fields
    kinds = shopside.candidates(shop, key_of(found), profile=found.place.kind == "database")
    kind, record = max(kinds, key=lambda one: score(fields, one[1]), default=(None, None))
    sources = [record, *shopside.related(shop, kind, record)] if kind and record else []
    places = origins(fields, sources)
    return Sheet(
        groups=grouped(found.place, fields),
        empty=[name for name, value in fields.items() if value in EMPTY],
        origins=places,
        writes=writes(db, found),
        record=record,
        sources=[(source, _entries(source, places)) for source in sources],
        rows=shopside.rows_of(shop, record.id) if kind is ORDERS and record and record.id else [],
    )


def below(db: sqlite3.Connection, query: Mapping[str, str], found: Found) -> list[Below]:
    """A profile's subprofiles, collection by collection; each list has a page parameter of its own."""
    lists = []
    for place in people.collections(db, found.place.id):
        records = newest_first(place, people.subprofiles(db, place, found.record.id))
        page = paging(query, len(records), size=ROWS, name=f"page{place.id}")
        named = [(record, label(record.fields(place))) for record in page.cut(records)]
        lists.append(Below(place, columns(place), named, page))
    return lists


def shop_orders(db: sqlite3.Connection, shop: Shop, found: Found) -> list[Arrival]:
    """The orders of the customer that a profile is, newest first, each with its subprofile."""
    customers = [
        source for kind, source in shopside.candidates(shop, key_of(found), profile=True) if kind is CUSTOMERS
    ]
    if not customers or customers[0].id is None:
        return []
    held: defaultdict[str, list[Found]] = defaultdict(list)
    for place in people.collections(db, found.place.id):
        for record in people.subprofiles(db, place, found.record.id):
            one = Found(place, record)
            held[key_of(one)].append(one)
    prefix = shopside.shop_id(shop)
    orders = shopside.orders_of(shop, customers[0].id)
    return [Arrival(order, _holder(held[f"{prefix}:{order['id']}"], order)) for order in orders]


def arithmetic(shop: Shop, found: Found, today: date) -> list[Line]:
    """How the derived fields of a profile come about."""
    customers = [
        source for kind, source in shopside.candidates(shop, key_of(found), profile=True) if kind is CUSTOMERS
    ]
    if not customers or customers[0].id is None:
        return []
    return lines(shop, customers[0].id, found.fields, today)


def _holder(same_key: Sequence[Found], order: Body) -> int | None:
    """The subprofile of an order: the key tells the number, which an order's row may have as well."""
    return next((one.record.id for one in same_key if order["number"] in one.fields.values()), None)


def _entries(source: Source, places: Mapping[str, Sequence[Fact]]) -> list[Entry]:
    fields: defaultdict[str, list[str]] = defaultdict(list)
    for name, told in places.items():
        for fact in told:
            if fact.source is source:
                fields[fact.path].append(name)
    return [Entry(fact, fields[fact.path]) for fact in facts(source)]
