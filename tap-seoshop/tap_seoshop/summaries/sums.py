"""What a customer's orders add up to.

    orderCount         all orders, whatever their status
    grossTotal         the sum of their `priceIncl`
    netTotal           that of orders not cancelled, less the credit invoices' (which is positive)
    averageOrderValue  netTotal by the number of orders not cancelled, to cents

No answer of the API holds this: it is added up from the lists of orders and invoices, in a temporary file, so
that memory does not grow with the shop. `changed_customers.py` decides which customers' orders are read.
"""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from tap_seoshop.records.normalize import integer, link_id, moment, number, text
from tap_seoshop.scratch import scratch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Sums", "plain_addresses"]

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


class Sums:
    """Adds up, for any number of customers."""

    def __init__(self) -> None:
        self._db = scratch(TABLES)

    def add(self, name: str, raw: Mapping[str, Any]) -> None:
        """Add a record of the list `name` (customers, orders or invoices), in the form of the API."""
        if name == "customers":
            row = (integer(raw.get("id")), json.dumps(plain_addresses(raw)))
            self._db.execute("INSERT OR REPLACE INTO own VALUES (?, ?)", row)
            return
        customer = link_id(raw.get("customer"))
        if customer is None:
            return
        if name == "orders":
            self._add_order(customer, raw)
        elif raw.get("isCreditNote") is True:
            self._db.execute(ADD_CREDIT, (customer, _units(raw.get("priceIncl"))))

    def forget(self, customer: int) -> None:
        """Drop what was added up for a customer."""
        self._db.execute("DELETE FROM sums WHERE id = ?", (customer,))

    def knows(self, customer: int) -> bool:
        """Whether the customer's own record was added."""
        return self._db.execute("SELECT 1 FROM own WHERE id = ?", (customer,)).fetchone() is not None

    def own(self) -> set[int]:
        """All with a record of their own."""
        return {int(row[0]) for row in self._db.execute("SELECT id FROM own")}

    def customers(self) -> Iterator[int]:
        """All with a record or an order, newest first."""
        rows = self._db.execute("SELECT id FROM own UNION SELECT id FROM sums ORDER BY id DESC")
        return (int(row[0]) for row in rows)

    def record(self, customer: int) -> dict[str, Any] | None:
        """The summary of a customer; None for one without record and order."""
        sums = self._db.execute(
            "SELECT orders, counted, gross, net, first_at, last_at, number, status, addresses "
            "FROM sums WHERE id = ?",
            (customer,),
        ).fetchone() or (0, 0, 0, 0, None, None, None, None, None)
        orders, counted, gross, net, first_at, last_at, order_number, status, addresses = sums
        if addresses is None:
            own = self._db.execute("SELECT addresses FROM own WHERE id = ?", (customer,)).fetchone()
            addresses = own[0] if own else None
        if addresses is None:
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
            **json.loads(addresses),
        }

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
