"""Finding records: conditions and paging to SQL where an index serves, the rest compared one by one."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sandbox.copernica.conditions import Condition, matches
from sandbox.copernica.records import Record, count, record_of
from sandbox.copernica.values import comparable, php_int, truth

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Sequence

    from sandbox.copernica.places import Place

_COMPARISONS: Final = {"==": "=", "!=": "<>", "<>": "<>", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
_BIGGEST: Final = 2.0**62
Members = tuple[str, int]
"""A (mini)selection: `view` or `miniview`, and its id."""
MOST: Final = 1000
"""Rows that `api.copernica.com` returns at most, whatever is asked."""


@dataclass(frozen=True, slots=True)
class Paging:
    """What a list call asks for, as it was sent.

    Attributes:
        start: Offset.
        limit: Most rows.
        total: Whether to count.
        orderby: `id`, `modified`, `random`, a field's name or id.
        descending: The other way round.
    """

    start: int = 0
    limit: int = 100
    total: bool = True
    orderby: str = ""
    descending: bool = False

    @classmethod
    def of(cls, query: dict[str, str]) -> Paging:
        """Read it from a query."""
        return cls(
            start=php_int(query.get("start", "0")),
            limit=min(php_int(query.get("limit", "100")), MOST),
            total=truth(query.get("total"), otherwise=True),
            orderby=query.get("orderby", "").lower(),
            descending=query.get("order", "").lower().startswith("desc"),
        )


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list.

    Attributes:
        records: Its rows.
        total: All that match; None where not asked.
        next_id: The id that follows, in a list ordered by id.
    """

    records: list[Record]
    total: int | None
    next_id: int | None


def find(
    db: sqlite3.Connection,
    place: Place,
    conditions: Sequence[Condition],
    profile: int | None = None,
    view: Members | None = None,
) -> Iterator[Record]:
    """All records that are there and match, by id.

    Args:
        db: The open transaction.
        place: Database or collection.
        conditions: All must hold.
        profile: Only subprofiles of this one.
        view: Only what is in this (mini)selection.
    """
    source, values, rest = _where(place, conditions, profile, view)
    for row in db.execute(f"SELECT r.* {source} ORDER BY r.id", values):
        record = record_of(row)
        if _matches(place, rest, record):
            yield record


def page(
    db: sqlite3.Connection,
    place: Place,
    conditions: Sequence[Condition],
    paging: Paging,
    profile: int | None = None,
    view: Members | None = None,
) -> Page:
    """One page of a list.

    Args:
        db: The open transaction.
        place: Database or collection.
        conditions: All must hold.
        paging: A negative start or limit gives no rows.
        profile: Only subprofiles of this one.
        view: Only what is in this (mini)selection.
    """
    source, values, rest = _where(place, conditions, profile, view)
    order = _order(place, paging)
    if rest or callable(order):
        return _compared(find(db, place, conditions, profile, view), order, paging)
    total = None
    if paging.total and not conditions and profile is None and view is None:
        total = count(db, place)
    elif paging.total:
        total = db.execute(f"SELECT count(*) {source}", values).fetchone()[0]
    if paging.start < 0 or paging.limit < 0:
        return Page([], total, None)
    rows = db.execute(
        f"SELECT r.* {source} ORDER BY {order} LIMIT ? OFFSET ?",
        (*values, paging.limit + 1, paging.start),
    ).fetchall()
    following = rows[paging.limit]["id"] if len(rows) > paging.limit else None
    return Page([record_of(row) for row in rows[: paging.limit]], total, following)


def _compared(found: Iterator[Record], order: str | Callable[[Record], Any], paging: Paging) -> Page:
    """A page of what no index serves."""
    key = (
        order
        if callable(order)
        else (lambda record: record.modified)
        if "modified" in order
        else (lambda record: record.id)
    )
    records = sorted(found, key=key, reverse=paging.descending)
    total = len(records) if paging.total else None
    if paging.start < 0 or paging.limit < 0:
        return Page([], total, None)
    end = paging.start + paging.limit
    return Page(records[paging.start : end], total, records[end].id if len(records) > end else None)


def _where(
    place: Place, conditions: Sequence[Condition], profile: int | None, view: Members | None
) -> tuple[str, list[Any], list[Condition]]:
    """FROM and WHERE with their values, and the conditions that they leave over."""
    rest = list(conditions)
    joined = ""
    values: list[Any] = []
    served = next(
        (entry for entry in rest if entry.field and entry.field.looked_up and entry.operator == "=="), None
    )
    where = ["r.place = ?", "r.removed IS NULL"]
    if served and served.field:
        rest.remove(served)
        # The lookup comes first: a key names few records, a database holds many.
        joined = "lookup l CROSS JOIN "
        where = ["l.field = ?", "l.key = ?", "r.id = l.record", *where]
        values = [served.field.id, served.value]
    values.append(place.id)
    if profile is not None:
        where.append("r.profile = ?")
        values.append(profile)
    if view is not None:
        where.append("r.id IN (SELECT record FROM members WHERE kind = ? AND view = ?)")
        values += view
    for entry in list(rest):
        if entry.special in ("id", "modified") and entry.operator in _COMPARISONS:
            rest.remove(entry)
            where.append(f"r.{entry.special} {_COMPARISONS[entry.operator]} ?")
            values.append(_bound(entry.value))
    return f"FROM {joined}{place.table} r WHERE {' AND '.join(where)}", values, rest


def _bound(value: str | float) -> str | float:
    """A value as SQLite takes it: a whole number as such, where it is small enough."""
    return int(value) if isinstance(value, float) and abs(value) < _BIGGEST else value


def _matches(place: Place, rest: Sequence[Condition], record: Record) -> bool:
    if not rest:
        return True
    special = {"id": str(record.id), "code": record.secret, "modified": record.modified}
    return matches(rest, special, {field.id: record.value(field) for field in place.fields})


def _order(place: Place, paging: Paging) -> str | Callable[[Record], Any]:
    """SQL where the store can sort, else what to sort by; an unknown name is ignored."""
    direction = "DESC" if paging.descending else "ASC"
    if paging.orderby == "modified":
        return f"r.modified {direction}, r.id {direction}"
    if paging.orderby == "random":
        return lambda _record: random.random()  # noqa: S311 - an order, no secret
    field = next(
        (entry for entry in place.fields if paging.orderby in (entry.name.lower(), str(entry.id))), None
    )
    if paging.orderby != "id" and field is not None:
        return lambda record: (comparable(field.type, record.value(field)), record.id)
    return f"r.id {direction}"
