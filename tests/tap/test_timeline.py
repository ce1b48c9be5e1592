"""The timeline of orders: each event once, with the shop's own time, for no request more."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap.imagined import Copy, KilledError, Shop, link
from tap_seoshop.errors import QuotaSpentError
from tap_seoshop.summaries.timeline import happened

SELECT = ["orders", "shipments", "returns", "invoices", "order_timeline"]
ORDER = {
    "id": 5, "createdAt": "2026-11-02T09:00:00+01:00", "updatedAt": "2026-11-03T09:00:00+01:00",
    "status": "processing_awaiting_payment", "paymentStatus": "not_paid", "customer": link(3),
    "email": "a@example.com", "priceIncl": 20.5,
}  # fmt: skip


def told(name: str, raw: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(one["id"], one["at"]) for one in happened(name, raw)]


def test_each_record_gives_the_events_that_it_shows() -> None:
    made, changed = "2026-11-02T08:00:00Z", "2026-11-03T08:00:00Z"
    assert told("orders", ORDER) == [("5-ordered", made)]
    assert told("orders", {**ORDER, "paymentStatus": "paid", "status": "completed_shipped"}) == [
        ("5-ordered", made), ("5-paid", changed), ("5-completed", changed),
    ]  # fmt: skip
    assert told("orders", {**ORDER, "status": "cancelled"}) == [("5-ordered", made), ("5-cancelled", changed)]
    paper = {"id": 8, "createdAt": ORDER["createdAt"], "updatedAt": ORDER["updatedAt"]}
    assert told("shipments", {**paper, "order": link(5), "status": "shipped"}) == [("5-shipped-8", changed)]
    assert told("shipments", {**paper, "order": link(5), "status": "not_shipped"}) == []
    assert told("returns", {**paper, "orderId": 5, "customerId": 3}) == [("5-returned-8", made)]
    assert told("invoices", {**paper, "order": link(5), "isCreditNote": True}) == [("5-credited-8", made)]
    assert told("invoices", {**paper, "order": link(5), "isCreditNote": False}) == []
    assert told("invoices", {**paper, "order": False, "isCreditNote": True}) == []


def test_a_person_is_named_and_what_is_not_known_is_empty() -> None:
    (event,) = happened("orders", ORDER)
    assert event["customerId"] == 3
    assert event["email"] == "a@example.com"
    assert event["value"] == 20.5
    (event,) = happened("returns", {"id": 8, "orderId": 5, "customerId": 3, "priceIncl": "30.45"})
    assert (event["customerId"], event["email"], str(event["value"])) == (3, None, "30.45")


MOVES = st.sampled_from([{"paymentStatus": "paid"}, {"status": "cancelled"}, {"status": "completed_shipped"}])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), MOVES, st.integers(0, 900), st.booleans()), max_size=12))
def test_every_event_is_emitted_whenever_runs_happen_and_costs_no_extra_request(
    moves: list[tuple[int, dict[str, Any], int, bool]],
) -> None:
    shop, copy = Shop(), Copy()
    person = shop.make("customers")
    orders = [shop.order(person) for _ in range(3)]
    shop.pass_time(60)
    copy.read(shop, SELECT)
    for which, fields, wait, run in moves:
        shop.pass_time(wait)
        shop.change("orders", orders[which], **fields)
        if run:
            shop.pass_time(1)
            copy.read(shop, SELECT)
            asked = list(shop.sent)
            assert len(asked) == len(set(asked)), "a list was read twice"
            assert shop.sent.keys() <= {"shop", "orders", "shipments", "returns", "invoices"}
    shop.pass_time(60)
    copy.read(shop, SELECT)
    wanted = {one["id"] for order in shop.held["orders"].values() for one in happened("orders", order)}
    assert wanted <= copy.rows["order_timeline"].keys()
    copy.read(shop, SELECT)
    assert copy.written["order_timeline"] == 0, "nothing happened, and something was told"


def season(first: int, later: int) -> tuple[Shop, Copy]:
    """A shop with so many orders and returns in its first load, and so many in the run after it."""
    shop, copy = Shop(), Copy()
    person = shop.make("customers")
    for run, sold in enumerate((first, later)):
        for number in range(sold):
            order = shop.order(person)
            shop.change("orders", order, paymentStatus="paid", status=("new", "completed")[number % 2])
            shop.make("returns", orderId=order, customerId=person)
            shop.make("invoices", order=link(order), isCreditNote=number % 3 > 0, priceIncl=1)
            shop.make("orders/events", orderId=order)
        shop.pass_time(90_000)
        if run == 0 and later:
            copy.read(shop, LOGGED)
            shop.pass_time(60)
    return shop, copy


LOGGED = [*SELECT, "order_events"]


@pytest.mark.parametrize("sold", [(260, 0), (3, 260)])
@pytest.mark.parametrize("ending", [KilledError, QuotaSpentError])
def test_wherever_a_run_ends_the_next_ones_emit_the_same_events(
    ending: type[BaseException], sold: tuple[int, int]
) -> None:
    shop, undisturbed = season(*sold)
    undisturbed.read(shop, LOGGED)
    requests = len(shop.asked)
    assert (len(undisturbed.rows["returns"]), len(undisturbed.rows["order_events"])) == (sum(sold),) * 2
    for request in range(requests):
        shop, copy = season(*sold)
        shop.ends_after, shop.ends_with = request, ending
        copy.read(shop, LOGGED)
        assert copy.rows != undisturbed.rows, "nothing was cut"
        shop.pass_time(60)
        copy.read(shop, LOGGED)
        assert copy.rows == undisturbed.rows, f"ended at request {request}"
    assert requests >= 3 + 2 * 4  # two pages of each list


def test_reread_emits_the_events_of_a_record_again() -> None:
    shop, copy = Shop(), Copy()
    order = shop.order(shop.make("customers"))
    shop.pass_time(60)
    copy.read(shop, ["orders", "order_timeline"])
    copy.read(shop, ["orders", "order_timeline"], reread={"orders": [order]})
    assert copy.written["order_timeline"] == 1


@pytest.mark.parametrize("start", [True, False])
def test_an_event_first_shown_by_a_later_change_is_as_old_as_its_order(*, start: bool) -> None:
    """A payment of months ago, shown by a change of today, would start the campaign of one of today."""
    shop, copy = Shop(), Copy()
    old, made = shop.order(shop.make("customers")), "2026-11-02T09:00:00Z"
    shop.pass_time(90 * 86_400)
    begun = {"start_date": shop.stamp()} if start else {}

    def run(number: int, **fields: Any) -> dict[str, Any]:
        shop.pass_time(60)
        shop.change("orders", number, **fields)
        copy.read(shop, ["orders", "order_timeline"], **begun)
        return copy.rows["order_timeline"]

    if start:
        copy.read(shop, ["orders", "order_timeline"], **begun)
    paid = run(old, paymentStatus="paid")[f"{old}-paid"]
    assert (paid["at"] > made, paid["liveAt"]) == (True, made)
    shop.pass_time(60)
    new = shop.order(shop.make("customers"))
    paid = run(new, paymentStatus="paid")[f"{new}-paid"]
    assert paid["liveAt"] == paid["at"]
