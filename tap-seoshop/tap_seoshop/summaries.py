"""What a customer's orders add up to.

    orderCount         all orders, whatever their status
    grossTotal         the sum of their `priceIncl`
    netTotal           that of orders not cancelled, less the credit invoices' (which is positive)
    averageOrderValue  netTotal by the number of orders not cancelled, to cents

No answer of the API holds this: it is added up from one pass over the lists of orders and invoices, in a
temporary file, so that memory does not grow with the shop.
"""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from tap_seoshop.errors import NotFoundError
from tap_seoshop.normalize import integer, link_id, moment, number, text
from tap_seoshop.scratch import scratch
from tap_seoshop.state import Follower, written_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from tap_seoshop.client import Client

__all__ = ["FOLLOWED", "Summaries", "plain_addresses"]

FOLLOWED = ("customers", "orders", "invoices")
"""Streams whose changed lists tell which customers moved."""
CANCELLED = "cancelled"
PARTS = ("Name", "Street", "Street2", "Number", "Extension", "Zipcode", "City", "Region")
SCALE = 6
"""Decimals with which money is added up, as whole numbers."""
CENT = Decimal("0.01")

TABLES = """
CREATE TABLE own (id INTEGER PRIMARY KEY, addresses TEXT);
CREATE TABLE sums (
    id INTEGER PRIMARY KEY, orders INTEGER, counted INTEGER, gross INTEGER, net INTEGER,
    first_at TEXT, last_at TEXT, last_id INTEGER, number TEXT, status TEXT, addresses TEXT
);
"""
NEWER = "(excluded.last_at, excluded.last_id) > (coalesce(sums.last_at, ''), coalesce(sums.last_id, 0))"
ADD_ORDER = f"""
INSERT INTO sums VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    orders = orders + 1, counted = counted + excluded.counted,
    gross = gross + excluded.gross, net = net + excluded.net,
    first_at = min(coalesce(first_at, excluded.first_at), excluded.first_at),
    number = CASE WHEN {NEWER} THEN excluded.number ELSE number END,
    status = CASE WHEN {NEWER} THEN excluded.status ELSE status END,
    addresses = CASE WHEN {NEWER} THEN excluded.addresses ELSE addresses END,
    last_id = CASE WHEN {NEWER} THEN excluded.last_id ELSE last_id END,
    last_at = CASE WHEN {NEWER} THEN excluded.last_at ELSE last_at END
"""  # noqa: S608  # made of constants
ADD_CREDIT = """
INSERT INTO sums (id, orders, counted, gross, net) VALUES (?, 0, 0, 0, -?)
ON CONFLICT (id) DO UPDATE SET net = net + excluded.net
"""


def plain_addresses(raw: Mapping[str, Any]) -> dict[str, str | None]:
    """Both addresses of an order or a customer, in the form of the API, as plain texts.

    There is no billing company in the API: the company of the order or customer stands for it.
    """
    found: dict[str, str | None] = {}
    for kind, company in (("Billing", "companyName"), ("Shipping", "addressShippingCompany")):
        prefix, source = kind.lower(), f"address{kind}"
        found |= {f"{prefix}{part}": text(raw.get(f"{source}{part}")) for part in PARTS}
        country = raw.get(f"{source}Country")
        found[f"{prefix}Company"] = text(raw.get(company))
        found[f"{prefix}Country"] = text(country.get("code")) if isinstance(country, dict) else None
    return found


class _ListOf:
    """Follows one changed list for the summaries."""

    def __init__(self, summaries: Summaries, mark: dict[str, Any], name: str) -> None:
        self._summaries = summaries
        self._follower = Follower(mark, f"{name}_since", f"{name}_seen")
        self._name = name
        self.commit = self._follower.commit

    @property
    def first(self) -> bool:
        """Whether the list was never read to its end."""
        return self._follower.first

    @property
    def since(self) -> datetime | None:
        """From when on changes are wanted."""
        return None if self._summaries.first else self._follower.since

    def take(self, raw: dict[str, Any], *, whole: bool) -> None:
        """A record of the list; when all of it is read, it is added up at once."""
        moved = self._follower.moved(integer(raw.get("id")) or 0, moment(raw.get("updatedAt")))
        people = self._name == "customers"
        customer = integer(raw.get("id")) if people else link_id(raw.get("customer"))
        if moved and customer is not None:
            self._summaries.moves(customer)
        if whole or (people and moved):
            self._summaries.add(self._name, raw, everybody=True)

    def reached(self, since: datetime, *, whole: bool) -> None:
        """The list was read to its end."""
        self._follower.reach(since)
        if whole:
            self._summaries.was_read(self._name)


class Summaries:
    """Follows three lists, and adds up.

    Args:
        mark: The bookmark of `customer_summaries`, in the form `SUMMARIES`.
    """

    def __init__(self, mark: dict[str, Any]) -> None:
        self._mark = mark
        self.followers = {name: _ListOf(self, mark, name) for name in FOLLOWED}
        self._moved: set[int] = set()
        self._whole: set[str] = set()
        self._db = scratch(TABLES)

    @property
    def first(self) -> bool:
        """Whether all customers are to be told."""
        return any(follower.first for follower in self.followers.values())

    @property
    def moved(self) -> bool:
        """Whether there is anything to tell."""
        return self.first or bool(self._moved)

    def moves(self, customer: int) -> None:
        """A customer's summary may have changed."""
        if not self.first:
            self._moved.add(customer)

    def was_read(self, name: str) -> None:
        """All of the list `name` was added up already: no pass of its own is needed."""
        self._whole.add(name)

    def lacking(self) -> list[str]:
        """The lists over which a pass is still needed."""
        return [name for name in ("orders", "invoices") if name not in self._whole]

    def add(self, name: str, raw: Mapping[str, Any], *, everybody: bool = False) -> None:
        """Add up a record of the list `name`, for customers who moved or for `everybody`."""
        if name == "customers":
            row = (integer(raw.get("id")), json.dumps(plain_addresses(raw)))
            self._db.execute("INSERT OR REPLACE INTO own VALUES (?, ?)", row)
            return
        customer = link_id(raw.get("customer"))
        if customer is None or not (everybody or self.first or customer in self._moved):
            return
        if name == "orders":
            self._add_order(customer, raw)
        elif raw.get("isCreditNote") is True:
            self._db.execute(ADD_CREDIT, (customer, _units(raw.get("priceIncl"))))

    def records(self, client: Client) -> Iterator[dict[str, Any]]:
        """The summaries that may have changed.

        Args:
            client: Asked for the address of a customer without orders whose record did not move.
        """
        if self.first:
            ids = self._db.execute("SELECT id FROM own UNION SELECT id FROM sums ORDER BY id DESC")
        else:
            ids = iter([(customer,) for customer in sorted(self._moved, reverse=True)])  # type: ignore[assignment]  # rows in either case
        for (customer,) in ids:
            found = self._record(customer, lambda one: _own_addresses(client, one))
            if found is not None:
                yield found

    def commit(self, at: datetime) -> None:
        """All is told: move the bookmark."""
        for follower in self.followers.values():
            follower.commit()
        if self._moved or self._mark["read_at"] is None:
            self._mark["read_at"] = written_time(at)

    def _add_order(self, customer: int, raw: Mapping[str, Any]) -> None:
        cancelled = raw.get("status") == CANCELLED
        gross = _units(raw.get("priceIncl"))
        made = moment(raw.get("createdAt")) or ""
        row = (
            customer,
            int(not cancelled),
            gross,
            0 if cancelled else gross,
            made,
            made,
            integer(raw.get("id")),
            text(raw.get("number")),
            text(raw.get("status")),
            json.dumps(plain_addresses(raw)),
        )
        self._db.execute(ADD_ORDER, row)

    def _record(
        self, customer: int, ask: Callable[[int], dict[str, str | None] | None]
    ) -> dict[str, Any] | None:
        sums = self._db.execute(
            "SELECT orders, counted, gross, net, first_at, last_at, number, status, addresses "
            "FROM sums WHERE id = ?",
            (customer,),
        ).fetchone() or (0, 0, 0, 0, None, None, None, None, None)
        orders, counted, gross, net, first_at, last_at, order_number, status, addresses = sums
        if addresses is None:
            own = self._db.execute("SELECT addresses FROM own WHERE id = ?", (customer,)).fetchone()
            addresses = own[0] if own else None
        found = json.loads(addresses) if addresses is not None else ask(customer)
        if found is None:
            return None
        return {
            "customerId": customer,
            "orderCount": orders,
            "grossTotal": _money(gross),
            "netTotal": _money(net),
            "averageOrderValue": _average(net, counted),
            "firstOrderAt": first_at or None,
            "lastOrderAt": last_at or None,
            "lastOrderNumber": order_number,
            "lastOrderStatus": status,
            **found,
        }


def _own_addresses(client: Client, customer: int) -> dict[str, str | None] | None:
    try:
        answer = client.get(f"customers/{customer}", detail=True)
    except NotFoundError:
        return None  # deleted: nobody to tell about
    return plain_addresses(answer.one("customer"))


def _units(value: object) -> int:
    return int(Decimal(number(value) or 0).scaleb(SCALE).to_integral_value(ROUND_HALF_UP))


def _money(units: int) -> Decimal:
    exact = Decimal(units).scaleb(-SCALE)
    cents = exact.quantize(CENT)
    return cents if cents == exact else exact.normalize()


def _average(units: int, count: int) -> Decimal:
    if count == 0:
        return Decimal("0.00")
    return (Decimal(units).scaleb(-SCALE) / count).quantize(CENT, ROUND_HALF_UP)
