"""The derived fields against a full recount of the shop's own bodies."""

from datetime import date, datetime
from typing import Any

from support.derived import Recount
from support.sandbox import Sandbox
from tap.conftest import Read

LISTS = ("orders", "invoices", "order_products")


def recount(sandbox: Sandbox, today: date, quarter: date | None = None) -> dict[int, Any]:
    counted = Recount({name: sandbox.shop(name) for name in LISTS}, today, quarter)
    return {one["id"]: counted.of(one["id"]) for one in sandbox.shop("customers")}


def told(*reads: Read) -> dict[int, Any]:
    """The newest record of each customer."""
    return {one["customerId"]: one for read in reads for one in read.records("customer_metrics")}


def today(sandbox: Sandbox) -> date:
    return datetime.fromisoformat(sandbox.status()["now"]).date()


def agree(got: dict[int, Any], wanted: dict[int, Any]) -> None:
    assert got.keys() == wanted.keys()
    for customer, fields in wanted.items():
        assert {name: got[customer][name] for name in fields} == fields, customer


def test_a_first_load_tells_all_of_them(shop: Sandbox, first: Read) -> None:
    agree(told(first), recount(shop, today(shop)))
