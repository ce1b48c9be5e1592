"""What campaigns would have been triggered: Copernica's follow-ups, those that ran and those that did not."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TRIGGERS: Mapping[str, str] = {
    "profile created": "A profile was created",
    "profile changed": "A profile was changed",
    "subprofile created": "A subprofile was created",
    "subprofile changed": "A subprofile was changed",
    "subprofile removed": "A subprofile was removed",
}
ROUTES: Mapping[str, str] = {
    "post": "by a call of its own (POST)",
    "put": "by a call of its own (PUT)",
    "delete": "by a call of its own (DELETE)",
    "import": "by an import",
    "interface": "by hand, in the interface",
}
"""How a follow-up came about, for people."""

_FILTERS = ("trigger", "route", "runs")


@dataclass(frozen=True)
class Line:
    """How often one trigger was pulled by one route."""

    trigger: str
    route: str
    ran: int
    quiet: int


def summary(db: sqlite3.Connection) -> list[Line]:
    """Follow-ups by trigger and route, those that ran and those that did not."""
    rows = db.execute(
        "SELECT trigger, route, sum(count * runs) AS ran, sum(count * (1 - runs)) AS quiet"
        " FROM followup_counts GROUP BY trigger, route"
    ).fetchall()
    order = {trigger: place for place, trigger in enumerate(TRIGGERS)}
    lines = [Line(row["trigger"], row["route"], row["ran"], row["quiet"]) for row in rows]
    return sorted(lines, key=lambda line: (order.get(line.trigger, len(order)), line.route))


def chosen(query: Mapping[str, str]) -> dict[str, str]:
    """The filters of a query that mean something."""
    return {name: query[name] for name in _FILTERS if query.get(name)}


def count(db: sqlite3.Connection, filters: Mapping[str, str]) -> int:
    """How many follow-ups fit."""
    where, values = _where(filters)
    query = f"SELECT coalesce(sum(count), 0) FROM followup_counts{where}"  # noqa: S608 - of constants
    return int(db.execute(query, values).fetchone()[0])


def listed(db: sqlite3.Connection, filters: Mapping[str, str], start: int, size: int) -> list[dict[str, Any]]:
    """Follow-ups that fit, newest first."""
    where, values = _where(filters)
    rows = db.execute(
        f"SELECT * FROM followups{where} ORDER BY seq DESC LIMIT ? OFFSET ?",  # noqa: S608 - of constants
        (*values, size, start),
    )
    return [dict(row) | {"fields": json.loads(row["fields"])} for row in rows]


def of_profile(db: sqlite3.Connection, profile: int) -> list[Line]:
    """As `summary`, for what happened to one profile and its subprofiles."""
    rows = db.execute(
        "SELECT trigger, route, sum(runs) AS ran, count(*) - sum(runs) AS quiet"
        " FROM followups WHERE profile = ? GROUP BY trigger, route ORDER BY trigger, route",
        (profile,),
    )
    return [Line(row["trigger"], row["route"], row["ran"], row["quiet"]) for row in rows]


def _where(filters: Mapping[str, str]) -> tuple[str, list[Any]]:
    values = {name: filters[name] == "yes" if name == "runs" else filters[name] for name in filters}
    parts = [f"{name} = ?" for name in values]
    return (f" WHERE {' AND '.join(parts)}" if parts else ""), list(values.values())
