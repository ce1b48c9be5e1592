"""What a customer's orders add up to, against a second computation in plain Python."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from support.sandbox import Sandbox
from tap.conftest import Read, Reader
from tap_seoshop.summaries.sums import Sums

PARTS = ("Name", "Street", "Street2", "Number", "Extension", "Zipcode", "City", "Region")


def link(raw: Any) -> Any:
    return raw["resource"]["id"] or None if isinstance(raw, dict) else None


def added_up(customer: dict[str, Any], orders: list[dict[str, Any]], invoices: list[dict[str, Any]]) -> Any:
    """The summary of one customer, from the shop's own records."""
    mine = sorted(
        (one for one in orders if link(one["customer"]) == customer["id"]),
        key=lambda one: (one["createdAt"][:19], one["id"]),
    )
    counted = [one for one in mine if one["status"] != "cancelled"]
    notes = [one for one in invoices if one["isCreditNote"] and link(one["customer"]) == customer["id"]]
    net = sum((Decimal(str(one["priceIncl"])) for one in counted), Decimal())
    net -= sum((Decimal(str(one["priceIncl"])) for one in notes), Decimal())
    average = (net / len(counted)).quantize(Decimal("0.01"), ROUND_HALF_UP) if counted else Decimal()
    source = mine[-1] if mine else customer
    return {
        "orderCount": len(mine),
        "grossTotal": sum((Decimal(str(one["priceIncl"])) for one in mine), Decimal()),
        "netTotal": net,
        "averageOrderValue": average,
        "lastOrderNumber": mine[-1]["number"] if mine else None,
        "lastOrderStatus": mine[-1]["status"] if mine else None,
        "billingCompany": source["companyName"],
        "shippingCompany": source["addressShippingCompany"] or None,
        "billingCountry": (source["addressBillingCountry"] or {}).get("code"),
        "shippingCountry": (source["addressShippingCountry"] or {}).get("code"),
        **{f"billing{part}": source[f"addressBilling{part}"] or "" for part in PARTS},
        **{f"shipping{part}": source[f"addressShipping{part}"] or "" for part in PARTS},
    }


def expected(sandbox: Sandbox) -> dict[int, Any]:
    orders, invoices = sandbox.shop("orders"), sandbox.shop("invoices")
    return {one["id"]: added_up(one, orders, invoices) for one in sandbox.shop("customers")}


def told(read: Read) -> dict[int, Any]:
    found = {}
    for record in read.records("customer_summaries"):
        texts = {
            name for name in record if name.startswith(("billing", "shipping")) and name[-7:] != "Country"
        }
        keep = {name: (record[name] or "" if name in texts else record[name]) for name in record}
        found[record["customerId"]] = keep
    return found


def agree(got: dict[int, Any], wanted: dict[int, Any]) -> None:
    for customer, summary in got.items():
        for name, value in wanted[customer].items():
            same = (value or "") if isinstance(summary[name], str) else value
            assert summary[name] == same, (customer, name, summary[name], value)


def test_every_customer_has_a_summary_that_is_right(shop: Sandbox, first: Read) -> None:
    got, wanted = told(first), expected(shop)
    assert set(got) == set(wanted)
    agree(got, wanted)
    assert any(summary["orderCount"] == 0 for summary in got.values())
    assert any(summary["orderCount"] > 1 for summary in got.values())


def test_changed_customers_are_sent_again_and_right(moving: Sandbox, reader: Reader) -> None:
    state = reader(moving).state
    state["bookmarks"]["customer_summaries"]["requests"] = 1000  # else a pass over so small a shop is cheaper
    moving.clock(advance=3600)
    changed = moving.move(
        seed=3, new_customers=1, new_orders=3, payments=2, credit_notes=1, address_changes=2, shipments=1
    )
    read = reader(moving, state=state)
    got, wanted = told(read), expected(moving)
    agree(got, wanted)
    orders = {one["id"]: link(one["customer"]) for one in moving.shop("orders")}
    notes = {one["id"]: link(one["customer"]) for one in moving.shop("invoices")}
    moved = set(changed["customers"]) | {orders[one] for one in changed["orders"]}
    moved |= {notes[one] for one in changed["invoices"]}
    assert set(got) == moved - {None}


def test_deselecting_all_else_does_not_break_them(shop: Sandbox, reader: Reader) -> None:
    read = reader(shop, select=("customer_summaries",))
    assert read.streams("RECORD") == ["customer_summaries"] * len(shop.shop("customers"))
    agree(told(read), expected(shop))


money = st.decimals(min_value=0, max_value=10**6, places=4)
orders_of_two = st.lists(
    st.tuples(st.sampled_from([1, 2]), money, st.sampled_from(["cancelled", "completed"]), st.integers(0, 9)),
    max_size=12,
)


@given(orders_of_two, st.lists(st.tuples(st.sampled_from([1, 2]), money), max_size=4))
def test_money_adds_up_exactly_in_any_order(
    orders: list[tuple[int, Decimal, str, int]], notes: list[tuple[int, Decimal]]
) -> None:
    summaries = Sums()
    for number, (customer, price, status, hour) in enumerate(orders):
        raw = {
            "id": number,
            "number": str(number),
            "status": status,
            "priceIncl": price,
            "createdAt": f"2026-01-01T0{hour}:00:00+01:00",
            "customer": {"resource": {"id": customer}},
        }
        summaries.add("orders", raw)
    for customer, price in notes:
        raw = {"isCreditNote": True, "priceIncl": price, "customer": {"resource": {"id": customer}}}
        summaries.add("invoices", raw)
    for customer in (1, 2):
        summaries.add("customers", {"id": customer})
    got = {customer: summaries.record(customer) or {} for customer in summaries.customers()}
    for customer in (1, 2):
        mine = [one for one in enumerate(orders) if one[1][0] == customer]
        counted = [one[1] for _, one in mine if one[2] != "cancelled"]
        net = sum(counted, Decimal()) - sum((one[1] for one in notes if one[0] == customer), Decimal())
        assert got[customer]["orderCount"] == len(mine)
        assert got[customer]["grossTotal"] == sum((one[1] for _, one in mine), Decimal())
        assert got[customer]["netTotal"] == net
        newest = max(mine, key=lambda one: (one[1][3], one[0]), default=None)
        assert got[customer]["lastOrderNumber"] == (str(newest[0]) if newest else None)
