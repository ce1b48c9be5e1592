"""Who would have been in a selection on a day of the past. Pure.

What follows from orders (how many, when, worth how much, when the next is due) is computed from the orders up
to that day; an order counts from the moment of its date. Everything else has no history in Copernica and is
taken as it is today: `taken_from_today` names it.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Final

from target_copernica.selections.model import offset_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from target_copernica.selections.model import Condition, Levels, Offset, SelectionRule

__all__ = [
    "AS_OF",
    "Day",
    "Order",
    "PersonHistory",
    "backtest",
    "is_in",
    "moment",
    "shop_gap",
    "taken_from_today",
]

_YEAR: Final = timedelta(days=365)
_LEAST_FOR_OWN_GAPS: Final = 3
_STAMP: Final = "%Y-%m-%d %H:%M:%S"
_AT: Final = "ordered_at"


@dataclass(frozen=True, slots=True)
class Order:
    """An order, as far as it counts.

    Attributes:
        at: When it was placed, on Copernica's clock.
        value: What it came to.
        cancelled: Whether it was cancelled, as it is known today.
    """

    at: datetime
    value: float
    cancelled: bool = False

    @property
    def counts(self) -> bool:
        """Whether it is a counting order: not cancelled, and of some value."""
        return not self.cancelled and self.value > 0


@dataclass(frozen=True)
class PersonHistory:
    """A person and what is known of the past.

    Attributes:
        fields: The profile of today, by the names of the preset.
        orders: All orders.
        below: Subprofiles of today by collection, likewise.
    """

    fields: Mapping[str, str]
    orders: Sequence[Order]
    below: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)

    @cached_property
    def _sorted(self) -> list[Order]:
        return sorted(self.orders, key=lambda one: one.at)

    @cached_property
    def _times(self) -> list[datetime]:
        return [one.at for one in self._sorted]

    def until(self, now: datetime) -> list[Order]:
        """The orders up to a moment, oldest first."""
        return self._sorted[: bisect_right(self._times, now)]

    @cached_property
    def _purchases(self) -> list[datetime]:
        return [one.at for one in self._sorted if one.counts]

    def bought_between(self, after: datetime, until: datetime) -> bool:
        """Whether a counting order was placed after a moment, and not after another one."""
        return bisect_right(self._purchases, until) > bisect_right(self._purchases, after)

    def was_there(self, now: datetime) -> bool:
        """Whether the person was known to the shop already."""
        first = [at for at in (moment(self.fields.get("registered_at", "")), *self._times[:1]) if at]
        return not first or min(first) <= now


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a backtest.

    Attributes:
        day: The day.
        members: How many would have been in the selection.
        bought: How many of them placed an order within the window, without a mailing because of
            the selection; None where the window is not over.
    """

    day: date
    members: int
    bought: int | None


def backtest(
    people: Sequence[PersonHistory], levels: Levels, days: Iterable[datetime], window: timedelta
) -> Iterator[Day]:
    """A selection on each of some days.

    Args:
        people: Everybody.
        levels: The selection's rules, and those of the selections that it stands below.
        days: The moments at which it is looked at; the last one is today.
        window: How long a person has to buy.

    Yields:
        Each day.
    """
    moments = list(days)
    gap = shop_gap(people)
    for now in moments:
        found = [one for one in people if is_in(one, levels, now, gap)]
        is_over = now + window <= moments[-1]
        bought = sum(one.bought_between(now, now + window) for one in found) if is_over else None
        yield Day(now.date(), len(found), bought)


def is_in(person: PersonHistory, levels: Levels, now: datetime, gap: timedelta | None = None) -> bool:
    """Whether a person would have been in a selection at a moment.

    Args:
        person: The person.
        levels: As for `backtest`.
        now: The moment, on Copernica's clock.
        gap: The shop's usual time between a first order and a second one.
    """

    def value(name: str) -> str:
        if (made := AS_OF.get(name)) is not None:
            return made(person.until(now), now, gap)
        return person.fields.get(name, "")

    def counted(condition: Condition) -> bool:
        there = (
            row
            for row in person.below.get(str(condition.collection), ())
            if (at := moment(row.get(_AT, ""))) is None or at <= now
        )
        number = sum(all(_holds(one, row.get, now) for one in condition.all) for row in there)
        return number >= condition.at_least

    def rule_holds(rule: SelectionRule) -> bool:
        held = all(counted(one) if one.collection else _holds(one, value, now) for one in rule.all)
        return held is not rule.inverted

    return person.was_there(now) and all(any(map(rule_holds, rules)) for rules in levels)


def taken_from_today(levels: Levels) -> list[str]:
    """What a backtest takes as it is today, since its past is not known."""
    found = set()
    for condition in (one for rules in levels for rule in rules for one in rule.all):
        if condition.collection is not None:
            found |= {f"{condition.collection}.{one.field}" for one in condition.all if one.field != _AT}
        elif condition.field not in AS_OF:
            found.add(str(condition.field))
    return sorted(found)


def shop_gap(people: Iterable[PersonHistory]) -> timedelta | None:
    """The shop's median time between a first counting order and the second; None where there is none."""
    gaps = []
    for one in people:
        counting = sorted(order.at for order in one.orders if order.counts)
        gaps += _gaps(counting[:2])
    return timedelta(seconds=median(gaps)) if gaps else None


def moment(text: str | None) -> datetime | None:
    """A time that Copernica prints; None where it is empty or zero."""
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


# What follows from orders, as of a moment -----------------------------------------------------------


def _printed(at: datetime | None) -> str:
    return f"{at:{_STAMP}}" if at else ""


def _counting(orders: Iterable[Order], since: datetime | None = None) -> list[Order]:
    return [one for one in orders if one.counts and (since is None or one.at > since)]


def _gaps(times: Sequence[datetime]) -> list[float]:
    """Seconds between one and the next."""
    return [(later - earlier).total_seconds() for earlier, later in pairwise(times)]


def _next_order_at(orders: Sequence[Order], gap: timedelta | None) -> datetime | None:
    times = [one.at for one in _counting(orders)]
    if len(times) >= _LEAST_FOR_OWN_GAPS:
        return times[-1] + timedelta(seconds=median(_gaps(times)))
    return times[-1] + gap if times and gap is not None else None


def _days_between(orders: Sequence[Order]) -> float:
    """Days from the first order to the last, by the number of gaps; 0 for fewer than two."""
    days = [one.at.date() for one in _counting(orders)]
    return (days[-1] - days[0]).days / (len(days) - 1) if len(days) > 1 else 0


AS_OF: Final[dict[str, Callable[[Sequence[Order], datetime, timedelta | None], str]]] = {
    "order_count": lambda orders, _now, _gap: str(len(orders)),
    "total_order_value": lambda orders, _now, _gap: str(sum(one.value for one in orders)),
    "first_order_at": lambda orders, _now, _gap: _printed(orders[0].at if orders else None),
    "last_order_at": lambda orders, _now, _gap: _printed(orders[-1].at if orders else None),
    "orders_365": lambda orders, now, _gap: str(len(_counting(orders, now - _YEAR))),
    "net_365": lambda orders, now, _gap: str(sum(one.value for one in _counting(orders, now - _YEAR))),
    "net_order_value": lambda orders, _now, _gap: str(sum(one.value for one in _counting(orders))),
    "days_between": lambda orders, _now, _gap: str(_days_between(orders)),
    "next_order_at": lambda orders, _now, gap: _printed(_next_order_at(orders, gap)),
}
"""Fields that follow from the orders up to a moment; credits and returns are not among what is read."""


# Conditions ----------------------------------------------------------------------------------------


def _holds(condition: Condition, value_of: Callable[[str], str | None], now: datetime) -> bool:
    """Whether a condition holds, as Copernica reads it (docs/api/copernica.md section 12)."""
    value = value_of(str(condition.field)) or ""
    if condition.compares is None:
        at = moment(value)
        return at is not None and _within(at, condition, now)
    how, sent = condition.compares
    if how == "less":
        return _number(value) < float(sent)
    if how == "more":
        return _number(value) > float(sent)
    is_same = value.lower() == str(sent).lower() or (
        isinstance(sent, float | int) and _number(value) == float(sent)
    )
    contains = str(sent).lower() in value.lower()
    return {"equals": is_same, "not_equals": not is_same, "contains": contains}.get(how, not contains)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _within(at: datetime, condition: Condition, now: datetime) -> bool:
    after = _bound(condition.after, now)
    before = _bound(condition.before, now)
    if not condition.every_year:
        return (after is None or at >= after) and (before is None or at < before)
    here, first, last = ((one.month, one.day) if one else None for one in (at, after, before))
    assert here is not None  # noqa: S101 - only the bounds can be missing
    if first is not None and last is not None and first > last:  # over the turn of the year
        return here >= first or here < last
    return (first is None or here >= first) and (last is None or here < last)


def _bound(text: str | None, now: datetime) -> datetime | None:
    if text is None:
        return None
    offset: Offset = offset_of(text)
    begin = now.replace(minute=0, second=0, microsecond=0)
    if offset.unit == "day":
        return begin.replace(hour=0) + timedelta(days=offset.count)
    return begin + timedelta(hours=offset.count)
