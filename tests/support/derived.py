"""The derived fields of all customers, worked out from the shop's own data.

A full recount that shares no code with the tap: it follows docs/in-copernica.md.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from statistics import median
from types import MappingProxyType
from typing import Any

Body = dict[str, Any]
EPOCH = date(1970, 1, 1)


def _day(stamp: str) -> date:
    return datetime.fromisoformat(stamp).astimezone(UTC).date()


def _link(value: Any) -> int | None:
    return value["resource"]["id"] or None if isinstance(value, dict) else None


def _number(value: Any) -> Decimal:
    return Decimal(str(value or 0))


def _part(part: Decimal, whole: Decimal | int) -> Decimal:
    return (part / whole).quantize(Decimal("0.01"), ROUND_HALF_UP) if whole else Decimal(0)


class Recount:
    """Works out all customers of a shop as of a day.

    Args:
        bodies: Records of `orders`, `invoices`, `order_products` in the form of the API.
        today: The day.
        usual: The usual gap between first and second order that is frozen; told from the bodies if not given.
        lasts: For how many days a piece of a product lasts, by its id.
    """

    def __init__(
        self,
        bodies: dict[str, list[Body]],
        today: date,
        usual: int | None = -1,
        lasts: Mapping[int, int] = MappingProxyType({}),
    ) -> None:
        self.today = today
        self.lasts = lasts
        self.quarter = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
        self.credits: defaultdict[Any, Decimal] = defaultdict(Decimal)
        for one in bodies["invoices"]:
            if one["isCreditNote"]:
                self.credits[_link(one["order"])] += _number(one["priceIncl"])
        self.lines: defaultdict[Any, list[Body]] = defaultdict(list)
        for one in bodies["order_products"]:
            self.lines[one["orderId"]].append(one)
        self.orders: defaultdict[Any, list[Body]] = defaultdict(list)
        for one in sorted(
            bodies["orders"], key=lambda one: (datetime.fromisoformat(one["createdAt"]), one["id"])
        ):
            if one["status"] != "cancelled" and _number(one["priceIncl"]) > 0 and _link(one["customer"]):
                self.orders[_link(one["customer"])].append(one)
        self.categories = {one["id"]: one for one in bodies.get("categories", [])}
        self.shelves: defaultdict[Any, list[Any]] = defaultdict(list)
        for one in bodies.get("categories_products", []):
            self.shelves[_link(one["product"])].append(_link(one["category"]))
        self.usual = self._usual() if usual == -1 else usual
        self.limits = self._limits()

    def of(self, customer: int) -> dict[str, Any]:
        """The fields of one, as the tap names them."""
        orders = self.orders[customer]
        days = [_day(one["createdAt"]) for one in orders]
        year = [one for one, day in zip(orders, days, strict=True) if (self.today - day).days < 365]
        habits = [one for one, day in zip(orders, days, strict=True) if (self.today - day).days < 730]
        gap: float | None = self.usual if orders else None
        if len(days) > 2:
            gap = float(median((new - old).days for old, new in pairwise(days)))
        overdue = (self.today - days[-1]).days / max(gap, 1) if gap is not None else None
        told = self._scores(habits, days)
        bought = sum((_number(one["priceIncl"]) for one in habits), Decimal())
        back = sum((self._back(one) for one in habits), Decimal())
        cheap = [one for one in habits if self._cheap(one)]
        return {
            "orders365": len(year),
            "net365": sum((self._net(one) for one in year), Decimal()),
            "daysBetween": self._between(days),
            "nextOrderAt": None if gap is None else (days[-1] + timedelta(days=int(gap + 0.5))).isoformat(),
            "lateness": self._lateness(overdue),
            "rfm": told and "".join(map(str, told)),
            "segment": told and self._segment(told, len(orders)),
            "favouriteBrand": self._favourite(habits, self._brand),
            "favouriteCategory": self._favourite(habits, self._category),
            "reorderAt": self._used_up(orders),
            "returnRate": _part(min(back, bought), bought),
            "discountShare": _part(Decimal(len(cheap)), len(habits)),
        }

    def _back(self, order: Body) -> Decimal:
        lines = self.lines[order["id"]]
        returned = sum((_number(line["priceIncl"]) * self._share(line) for line in lines), Decimal())
        return max(self.credits[order["id"]], returned.quantize(Decimal("0.0001"), ROUND_HALF_UP))

    def _total(self, order: Body) -> Decimal:
        return _number(order["priceIncl"]) - self.credits[order["id"]]

    def _between(self, days: list[date]) -> Decimal | None:
        if len(days) < 2:
            return None
        return (Decimal((days[-1] - days[0]).days) / (len(days) - 1)).quantize(Decimal("0.1"), ROUND_HALF_UP)

    def _lateness(self, gaps: float | None) -> str | None:
        if gaps is None:
            return None
        return "on time" if gaps < 1 else "very late" if gaps > 2 else "late"

    def _share(self, line: Body) -> Decimal:
        back = max(_number(line["quantityReturned"]), _number(line["quantityRefunded"]))
        ordered = _number(line["quantityOrdered"])
        return min(back / ordered, Decimal(1)) if ordered else Decimal(0)

    def _net(self, order: Body) -> Decimal:
        return _number(order["priceIncl"]) - self._back(order)

    def _cheap(self, order: Body) -> bool:
        lines = any(_number(line["discountIncl"]) > 0 for line in self.lines[order["id"]])
        return lines or order["isDiscounted"] is True or _number(order["discountAmount"]) > 0

    def _brand(self, line: Body) -> str | None:
        return line["brandTitle"] or None

    def _category(self, line: Body) -> str | None:
        shelves = self.shelves[_link(line["product"])]
        known = [self.categories[one] for one in shelves if one in self.categories]
        deepest = max(known, key=lambda one: (one["depth"], -one["id"]), default=None)
        return deepest["title"] if deepest else None

    def _favourite(self, orders: list[Body], of: Callable[[Body], str | None]) -> str | None:
        spent: dict[str, tuple[Decimal, datetime, str]] = {}
        for order in orders:
            for line in self.lines[order["id"]]:
                if name := of(line):
                    before = spent.get(name, (Decimal(), None, name))[0]
                    net = _number(line["priceIncl"]) * (1 - self._share(line))
                    spent[name] = (before + net, datetime.fromisoformat(order["createdAt"]), name)
        best = max(spent.values(), default=None)
        return best[2] if best and best[0] > 0 else None

    def _used_up(self, orders: list[Body]) -> str | None:
        for order in reversed(orders):
            ends = []
            for line in self.lines[order["id"]]:
                back = max(_number(line["quantityReturned"]), _number(line["quantityRefunded"]))
                kept, days = (
                    _number(line["quantityOrdered"]) - back,
                    self.lasts.get(_link(line["product"]) or 0),
                )
                if kept > 0 and days:
                    ends.append(_day(order["createdAt"]) + timedelta(days=int(kept * days)))
            if ends:
                return min(ends).isoformat()
        return None

    def _usual(self) -> int | None:
        gaps = []
        for orders in self.orders.values():
            days = [day for one in orders if (day := _day(one["createdAt"])) < self.quarter]
            gaps += [(days[1] - days[0]).days] if len(days) > 1 else []
        return int(median(gaps) + 0.5) if gaps else None

    def _limits(self) -> list[list[Any]]:
        buyers = []
        for orders in self.orders.values():
            ages = [(self.quarter - _day(one["createdAt"])).days for one in orders]
            in_time = [(age, one) for age, one in zip(ages, orders, strict=True) if 0 < age <= 730]
            if in_time:
                worth = sum((max(self._total(one), Decimal()) for _, one in in_time), Decimal())
                buyers.append((min(age for age, _ in in_time), len(in_time), worth))
        if len(buyers) < 100:
            return [[30, 90, 180, 365], [1, 2, 3, 5], [50, 100, 250, 500]]
        sorted_by = [sorted(values) for values in zip(*buyers, strict=True)]
        return [[values[(len(values) * fifth - 1) // 5] for fifth in (1, 2, 3, 4)] for values in sorted_by]

    def _scores(self, habits: list[Body], days: list[date]) -> tuple[int, int, int] | None:
        if not habits:
            return (1, 1, 1) if days else None
        net = sum((self._net(one) for one in habits), Decimal())
        values = ((self.today - days[-1]).days, len(habits), net)
        pairs = zip(values, self.limits, strict=True)
        above = [sum(value > limit for limit in limits) for value, limits in pairs]
        return 5 - above[0], 1 + above[1], 1 + above[2]

    def _segment(self, told: tuple[int, int, int], orders: int) -> str:
        recency, frequency, monetary = told
        table = [
            ("champion", min(told) >= 4),
            ("new", recency >= 4 and orders == 1),
            ("loyal", recency >= 3 and frequency >= 4),
            ("big spender", recency >= 3 and monetary >= 4),
            ("promising", recency >= 3),
            ("at risk", frequency >= 4 or monetary >= 4),
            ("sleeping", recency == 2),
            ("lost", True),
        ]
        return next(name for name, holds in table if holds)
