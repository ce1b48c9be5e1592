"""How a person's derived fields come about: the arithmetic in words, from the shop's own orders.

The page is told nothing by the program that wrote them: where a line and its field differ, one of both is
wrong.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from itertools import pairwise
from statistics import median

from sandbox.page.fields import EMPTY
from sandbox.page.languages import by_english_name
from sandbox.page.shopside import category_of, credited_of, orders_of, rows_of, shop_id
from sandbox.shop.db import Shop
from sandbox.shop.resources import Body

YEAR, WINDOW = timedelta(days=365), timedelta(days=730)
ENOUGH = 3
"""Orders from which a person's own gaps count."""
HELD_OUT = 10
"""Percentage that is held out, unless the tap's settings say otherwise."""


@dataclass(frozen=True)
class Sale:
    """An order that counts: not cancelled, and of some value."""

    on: date
    total: Decimal
    back: Decimal
    discounted: bool
    rows: Sequence[Body]


@dataclass(frozen=True)
class Line:
    """A field, what it holds, and how that comes about."""

    field: str
    value: str
    told: str


def lines(shop: Shop, customer: int, fields: Mapping[str, str], today: date) -> list[Line]:
    """The arithmetic behind each derived field that a profile has.

    Args:
        shop: The shop.
        customer: The customer that the profile is.
        fields: The profile's.
        today: The day as of which it is told.
    """
    names = by_english_name(fields)
    held = {key: fields[name] for key, name in names.items() if fields[name] not in EMPTY}
    told = _told(shop, _sales(shop, customer), held, today) | {"holdout": _drawn(shop, customer, held)}
    return [
        Line(names[key], fields[names[key]], words) for key, words in told.items() if words and key in names
    ]


def _told(shop: Shop, sales: Sequence[Sale], held: Mapping[str, str], today: date) -> dict[str, str]:
    if not sales:
        return {}
    year = [one for one in sales if today - one.on < YEAR]
    habits = [one for one in sales if today - one.on < WINDOW]
    expected = held.get("next_order_at", "")
    return {
        "orders_365": f"{_orders(year)} of {len(sales)} in the last 365 days",
        "net_365": f"{_total(year)} less {sum((one.back for one in year), Decimal(0)):.2f} that came back",
        "days_between": _between(sales),
        "next_order_at": _next(sales, expected),
        "lateness": _overdue(sales, expected, today),
        "rfm": _scored(habits, (today - sales[-1].on).days),
        "segment": _named(held.get("rfm", ""), sales, habits),
        "favourite_brand": _best(habits, lambda row: row["brandTitle"]),
        "favourite_category": _best(habits, lambda row: category_of(shop, row))
        if "favourite_category" in held
        else "",
        "reorder_at": _used_up(sales, held.get("reorder_at", "")),
        "return_rate": f"{sum((one.back for one in habits), Decimal(0)):.2f} of {_total(habits)} came back",
        "discount_share": f"{sum(one.discounted for one in habits)} of {_orders(habits)} at a discount",
    }


def _sales(shop: Shop, customer: int) -> list[Sale]:
    credited: defaultdict[object, Decimal] = defaultdict(Decimal)
    for order, total in credited_of(shop, customer):
        credited[order] += total
    return [
        _sale(order, rows_of(shop, order["id"]), credited[order["id"]])
        for order in reversed(orders_of(shop, customer))
        if order["status"] != "cancelled" and Decimal(str(order["priceIncl"])) > 0
    ]


def _sale(order: Body, rows: Sequence[Body], credited: Decimal) -> Sale:
    cheap = any(Decimal(str(row["discountIncl"] or 0)) > 0 for row in rows)
    return Sale(
        datetime.fromisoformat(order["createdAt"]).astimezone(UTC).date(),
        Decimal(str(order["priceIncl"])),
        max(credited, sum((_returned(row) for row in rows), Decimal(0))),
        cheap or order["isDiscounted"] is True or Decimal(str(order["discountAmount"] or 0)) > 0,
        rows,
    )


def _returned(row: Body) -> Decimal:
    ordered = Decimal(str(row["quantityOrdered"] or 0))
    back = max(Decimal(str(row[name] or 0)) for name in ("quantityReturned", "quantityRefunded"))
    return Decimal(str(row["priceIncl"] or 0)) * min(back / ordered, Decimal(1)) if ordered else Decimal(0)


def _orders(sales: Sequence[Sale]) -> str:
    return f"{len(sales)} {'order' if len(sales) == 1 else 'orders'}"


def _total(sales: Sequence[Sale]) -> str:
    return f"{sum((one.total for one in sales), Decimal(0)):.2f}"


def _gaps(sales: Sequence[Sale]) -> list[int]:
    return [(new.on - old.on).days for old, new in pairwise(sales)]


def _between(sales: Sequence[Sale]) -> str:
    if len(sales) == 1:
        return ""
    return f"{(sales[-1].on - sales[0].on).days} days from the first to the last of {_orders(sales)}"


def _next(sales: Sequence[Sale], expected: str) -> str:
    """Such as: 3 orders, gaps 41 and 39 days, median 40: next on 12 March."""
    gaps, last = _gaps(sales), sales[-1].on
    if len(sales) >= ENOUGH:
        middle = median(gaps)
        after = last + timedelta(days=int(middle + 0.5))
        *most, newest = map(str, gaps)
        listed = f"{', '.join(most)} and {newest}"
        return f"{_orders(sales)}, gaps {listed} days, median {middle:g}: next on {after:%-d %B %Y}"
    due = _date(expected)
    if due is None:
        return ""
    usual = (due - last).days
    return (
        f"{_orders(sales)}, the last on {last:%-d %B %Y}, and {usual} days, the shop's usual gap to a second"
        f": next on {due:%-d %B %Y}"
    )


def _scored(habits: Sequence[Sale], since: int) -> str:
    net = sum((one.total - one.back for one in habits), Decimal(0))
    return f"{since} days since the last order; {_orders(habits)} in 24 months, worth {net:.2f} net"


def _named(rfm: str, sales: Sequence[Sale], habits: Sequence[Sale]) -> str:
    """Such as: recency 4, frequency 5, money 5, where 5 is best."""
    if not habits:
        return "the last order is more than 24 months ago"
    parts = [f"{part} {score}" for part, score in zip(("recency", "frequency", "money"), rfm, strict=False)]
    return f"{', '.join(parts)}, where 5 is best{'; one order' if len(sales) == 1 else ''}" if parts else ""


def _overdue(sales: Sequence[Sale], expected: str, today: date) -> str:
    due, since = _date(expected), (today - sales[-1].on).days
    if due is None:
        return ""
    gap = max((due - sales[-1].on).days, 1)
    return f"{since} days since the last order, {since / gap:.1f} times the expected gap of {gap}"


def _best(sales: Sequence[Sale], of: Callable[[Body], str]) -> str:
    spent: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in (row for sale in sales for row in sale.rows):
        if name := of(row):
            spent[name] += Decimal(str(row["priceIncl"] or 0)) - _returned(row)
    best = sorted(spent.items(), key=lambda pair: -pair[1])[:3]
    return ", ".join(f"{name} {total:.2f}" for name, total in best) + " in 24 months" if best else ""


def _used_up(sales: Sequence[Sale], expected: str) -> str:
    """The newest row that the day can come from: the page is not told how long an article lasts."""
    due = _date(expected)
    if due is None:
        return ""
    for sale in reversed(sales):
        lasts = (due - sale.on).days
        for row in sale.rows:
            kept = _kept(row)
            if kept > 0 and lasts > 0 and lasts % kept == 0:
                pieces = f"{kept} {'piece' if kept == 1 else 'pieces'} of {row['productTitle']}"
                bought = f"{pieces}, bought on {sale.on:%-d %B %Y}, {lasts // kept} days each"
                return f"{bought}: used up on {due:%-d %B %Y}"
    return ""


def _kept(row: Body) -> int:
    """Pieces that did not come back."""
    back = max(int(row[name] or 0) for name in ("quantityReturned", "quantityRefunded"))
    return int(row["quantityOrdered"] or 0) - back


def _drawn(shop: Shop, customer: int, held: Mapping[str, str]) -> str:
    """The draw with the tap's usual settings; with others the page cannot repeat it."""
    digest = blake2b(f"{shop_id(shop)}:{customer}".encode(), digest_size=8).digest()
    drawn = int.from_bytes(digest) / 2**64 * 100
    if (drawn < HELD_OUT) is not (held.get("holdout") == "yes"):
        return f"drawn for customer {customer}, with a holdout_percent or holdout_key of the shop's own"
    words = "among" if drawn < HELD_OUT else "not among"
    return f"customer {customer} drew {drawn:.2f} of 100, for good: {words} the lowest {HELD_OUT}"


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
