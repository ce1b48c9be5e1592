"""Whether a (sub)profile satisfies the rules of a selection (docs/api/copernica.md, section 12).

Rules are joined by OR, the conditions of a rule by AND. Conditions of type Field, Date, Change, Interest,
MiniView and ReferView are looked at; the others are kept and match no profile.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sandbox.copernica import places
from sandbox.copernica.values import comparable, truth

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sandbox.copernica.places import Place
    from sandbox.copernica.records import Record
    from sandbox.copernica.session import Session

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_NUMBER: Final = re.compile(r"[+-]?\d+([.,]\d+)?")
_UNITS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800, "month": 2_592_000}
_STAMP: Final = "%Y-%m-%d %H:%M:%S"


def is_in(
    session: Session, place: Place, record: Record, rules: Sequence[tuple[bool, Sequence[tuple[str, Any]]]]
) -> bool:
    """Whether a record satisfies one of the rules, each with whether it is inversed; without any, it does.

    Args:
        session: For the clock and what conditions refer to.
        place: Its database or collection.
        record: The (sub)profile.
        rules: Each as `(inversed, [(type, settings), ...])`.
    """
    if not rules:
        return True
    return any(
        all(
            _HOLDS[kind](session, place, record, body) if kind in _HOLDS else False
            for kind, body in conditions
        )
        is not inversed
        for inversed, conditions in rules
    )


def _field(_session: Session, place: Place, record: Record, body: Mapping[str, Any]) -> bool:
    stored = _stored(place, record, body.get("field"))
    if stored is None:
        return False
    value, kind = stored
    other = _stored(place, record, body.get("other-field"))
    wanted = other[0] if other else str(body.get("value", ""))
    comparison = str(body.get("comparison", "equals")).replace("_", " ").replace("-", " ")
    if comparison in ("less", "more"):
        numeric = truth(str(body.get("numeric-comparison", False)))
        here, there = (_as_number(value), _as_number(wanted)) if numeric else (value.lower(), wanted.lower())
        return here < there if comparison == "less" else here > there  # type: ignore[operator] # of one kind
    simple: dict[str, Callable[[], bool]] = {
        "equals": lambda: comparable(kind, value) == comparable(kind, wanted),
        "not equals": lambda: comparable(kind, value) != comparable(kind, wanted),
        "contains": lambda: wanted.lower() in value.lower(),
        "not contains": lambda: wanted.lower() not in value.lower(),
        "is email": lambda: _EMAIL.fullmatch(value) is not None,
        "is numeric": lambda: _NUMBER.fullmatch(value) is not None,
        "regexp": lambda: _searched(wanted, value),
    }
    return simple[comparison]() if comparison in simple else False


def _date(session: Session, place: Place, record: Record, body: Mapping[str, Any]) -> bool:
    stored = _stored(place, record, body.get("field"))
    at = _moment(stored[0]) if stored else None
    if at is None:
        return False
    return _within(session, at, body, ignore_year=body.get("compare-mode") == "ignoreyear")


def _change(session: Session, _place: Place, record: Record, body: Mapping[str, Any]) -> bool:
    kind = str(body.get("change-type", "any"))
    made, changed = (
        at is not None and _within(session, at, body)
        for at in (_moment(record.created), _moment(record.modified))
    )
    found = {"any": made or changed, "new": made, "edit": changed and record.modified != record.created}
    opposite = {"none": "any", "notnew": "new", "noedit": "edit"}
    return not found[opposite[kind]] if kind in opposite else found.get(kind, False)


def _interest(session: Session, place: Place, record: Record, body: Mapping[str, Any]) -> bool:
    mode = str(body.get("match-mode", "match_profiles_with_interest"))
    by_group = "group" in mode
    wanted = str(body.get("interest-group" if by_group else "interest", "")).lower()
    column = "grouped" if by_group else "name"
    has = any(
        row["id"] in record.interests and wanted in (str(row[column]).lower(), str(row["id"]))
        for row in places.interest_rows(session.db, place.database)
    )
    return has is not ("without" in mode)


def _mini_view(session: Session, _place: Place, record: Record, body: Mapping[str, Any]) -> bool:
    counted = session.db.execute(
        "SELECT count(*) FROM subprofiles s JOIN members m ON m.record = s.id"
        " WHERE m.kind = 'miniview' AND m.view = ? AND s.profile = ? AND s.removed IS NULL",
        (_as_number(body.get("mini-view")), record.id),
    ).fetchone()[0]
    least, most = str(body.get("min-subprofiles", 1)), str(body.get("max-subprofiles", ""))
    return _as_number(least) <= counted and (not most.isdigit() or counted <= int(most))


def _refer_view(session: Session, _place: Place, record: Record, body: Mapping[str, Any]) -> bool:
    member = session.db.execute(
        "SELECT 1 FROM members WHERE kind = 'view' AND view = ? AND record = ?",
        (_as_number(body.get("refer-view")), record.id),
    ).fetchone()
    return (member is not None) is (str(body.get("check-type", "yes")) != "no")


_HOLDS: Final[dict[str, Callable[[Session, Place, Record, Mapping[str, Any]], bool]]] = {
    "Field": _field,
    "Date": _date,
    "Change": _change,
    "Interest": _interest,
    "MiniView": _mini_view,
    "ReferView": _refer_view,
}


def _stored(place: Place, record: Record, field: object) -> tuple[str, str] | None:
    entry = next((one for one in place.fields if one.id == field), None)
    return (record.value(entry), entry.type) if entry else None


def _as_number(value: object) -> float:
    text = str(value).strip().replace(",", ".")
    return float(text) if _NUMBER.fullmatch(text) else 0.0


def _searched(pattern: str, value: str) -> bool:
    try:
        return re.search(pattern, value, re.IGNORECASE) is not None
    except re.error:
        return False


def _moment(text: str) -> datetime | None:
    """A stored date or time, on Copernica's wall clock."""
    for form in (_STAMP, "%Y-%m-%d"):
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - a wall clock has no zone
        except ValueError:
            continue
    return None


def _within(session: Session, at: datetime, body: Mapping[str, Any], *, ignore_year: bool = False) -> bool:
    """Whether a time lies after `after-...` and before `before-...`, as far as they are given."""
    after = _bound(session, body.get("after-time"), body.get("after-mutation"))
    before = _bound(session, body.get("before-time"), body.get("before-mutation"))
    if not ignore_year:
        return (after is None or at >= after) and (before is None or at < before)
    here = (at.month, at.day, at.time())
    bounds = [None if one is None else (one.month, one.day, one.time()) for one in (after, before)]
    first, last = bounds
    if first is not None and last is not None and first > last:  # over the turn of the year
        return here >= first or here < last
    return (first is None or here >= first) and (last is None or here < last)


def _bound(session: Session, time: object, mutation: object) -> datetime | None:
    if isinstance(time, str) and (at := _moment(time)) is not None:
        return at
    if not isinstance(mutation, str):
        return None
    try:
        sign, count, unit, floor = json.loads(mutation)
        seconds = int(count) * _UNITS[str(unit).rstrip("s")] * (-1 if sign == "minus" else 1)
    except (ValueError, TypeError, KeyError):
        return None  # the other form, of a date and a time, is nowhere explained
    now = datetime.strptime(session.stamp, _STAMP) + timedelta(seconds=seconds)  # noqa: DTZ007 - as above
    if str(floor).rstrip("s") == "day":
        return now.replace(hour=0, minute=0, second=0)
    return now.replace(minute=0, second=0) if str(floor).rstrip("s") == "hour" else now
