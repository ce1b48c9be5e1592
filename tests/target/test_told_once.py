"""Events of carts, and what is told once also by a target that is killed at each of its calls."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.account import Account
from support.desk import Desk, few_fields
from support.killing import KilledError, Killer
from support.sandbox import Sandbox
from support.singer import LONG_AGO, customer, order, record
from target.test_coupons import OFTEN, Campaign
from target_copernica.errors import SettingsError

pytestmark = pytest.mark.slow

ADD, REMOVE = "webshop/cart/add", "webshop/cart/remove"
EVENTS = ["user/register", ADD, REMOVE]
NOW = "2026-11-02T09:20:00Z"


def mapping(database: str = "Shop") -> dict[str, Any]:
    """Few fields, with coupons of orders, and the lines of carts."""
    found = few_fields(database)
    found["streams"]["orders"]["coupon"] = {"code": "discountCouponCode"}
    found["streams"]["cart_products"] = {
        "subprofiles_of": "people.CartItems", "key": ["shopId", "cartId", "id"], "creates": True,
        "parent": {"key": ["shopId", "customerId"]}, "stub": {"email": "email"},
        "created_time": "stateAt", "changed_time": "stateAt", "version": "stateAt",
        "cart_line": {
            "cart": "cartId", "sku": "code", "count": "quantity", "gone": "closed",
            "taken": ["removed", "emptied"],
        },
        "fields": {"quantity": {"type": "float"}},
    }  # fmt: skip
    return found


def line(person: int, pieces: float, at: str = NOW, closed: str | None = None) -> dict[str, Any]:
    """A line in the cart of a customer; without the article where it is closed, as the tap tells it."""
    held = (
        {} if closed else {"email": f"person{person}@example.com", "code": f"S{person}", "quantity": pieces}
    )
    body = {"id": person, "cartId": 70 + person, "customerId": person, "stateAt": at, "closed": closed}
    return record("cart_products", **body, **held)


@pytest.fixture
def desk(start_sandbox: Callable[..., Sandbox], tmp_path: Path) -> Desk:
    """One whose first load has a customer, an order and a cart of long ago."""
    more = ("--import-seconds", "0", "--no-curated")
    sandbox = start_sandbox(customers=0, orders=0, order_rows=0, more=more)
    desk = Desk(sandbox, tmp_path, "Shop", {"mapping": mapping(), "events": EVENTS})
    desk.send(customer(1), order(1, 1), line(1, 9, LONG_AGO))
    assert sandbox.events() == [], "history"
    return desk


def test_cart_events_are_sent_once(desk: Desk) -> None:
    def told(*messages: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        before = len(desk.sandbox.events())
        desk.send(*messages)
        desk.send(*messages)
        return desk.sandbox.events()[before:]

    cart = {"id": "72", "sku": "S2", "email": "person2@example.com"}
    assert told(customer(2), line(2, 2)) == [(ADD, {**cart, "count": 2, "quantity": 2})]
    assert told(line(2, 5, "2026-11-02T10:00:00Z")) == [(ADD, {**cart, "count": 3, "quantity": 5})]
    assert told(line(2, 2), line(2, 5, "2026-11-02T10:00:00Z")) == [], "an older one comes late"
    assert told(line(2, 1, "2026-11-02T11:00:00Z")) == [
        (REMOVE, {**cart, "quantity": 1}), (ADD, {**cart, "count": 1, "quantity": 1}),
    ]  # fmt: skip
    assert told(line(2, 0, "2026-11-02T12:00:00Z", "removed")) == [(REMOVE, {**cart, "quantity": 0})]
    assert told(line(2, 1, "2026-11-02T12:10:00Z")) == [(ADD, {**cart, "count": 1, "quantity": 1})]
    assert told(line(2, 0, "2026-11-02T12:20:00Z", "ordered")) == [], "an order takes nothing out"
    (of_before,) = told(line(1, 10, "2026-11-02T12:30:00Z"))
    assert of_before[1]["count"] == 1, "nine stood in the cart before"


def test_the_first_abandoned_cart_sends_an_event_if_the_run_before_had_none(desk: Desk) -> None:
    settings = {"mapping": mapping("Started"), "events": EVENTS}
    started = Desk(desk.sandbox, desk.folder / "started", "Started", settings)
    with started.running() as run:  # the tap sends its SCHEMA, and no cart stands
        run.intake("cart_products", {}, [])
        run.finish()
    desk.sandbox.clock(to="2026-11-02T10:20:00Z")
    started.send(line(2, 2))
    cart = {"id": "72", "sku": "S2", "email": "person2@example.com"}
    assert desk.sandbox.events() == [(ADD, {**cart, "count": 2, "quantity": 2})]


def test_killed_at_each_call_each_coupon_is_redeemed_and_each_event_sent_once(desk: Desk) -> None:
    campaign = Campaign(Account(desk.sandbox, desk.folder))
    survived = 0
    for number, code in enumerate(OFTEN, 2):
        before = desk.sandbox.last()
        used = order(1000 + number, number, at=NOW, discountCouponCode=code)
        messages = (customer(number, at=NOW), used, line(number, 2))
        killer = Killer(after=survived + 1)
        try:
            with killer.at_work(local=False):
                desk.send(*messages, coupon_campaign=campaign.id)
        except KilledError:
            survived += 1
        desk.send(*messages, coupon_campaign=campaign.id)
        made = [call for call in campaign.account.calls(before) if call.startswith("PUT couponcampaign")]
        assert len(made) == 1, (number, killer.left)
        assert sorted(campaign.redeemed()) == sorted(OFTEN[: number - 1]), "this one, and no other"
        if killer.left > 0:
            break
    assert killer.left > 0, "the last one was not killed"
    assert survived > 8
    told = Counter((kind, body["email"]) for kind, body in desk.sandbox.events())
    people = range(2, survived + 3)
    assert told == Counter((kind, f"person{one}@example.com") for kind in EVENTS[:2] for one in people)


def test_a_missing_coupon_campaign_holds_up_no_event(desk: Desk) -> None:
    campaign = Campaign(Account(desk.sandbox, desk.folder))
    messages = (customer(2, at=NOW), order(1002, 2, at=NOW, discountCouponCode="AA"))
    with pytest.raises(SettingsError, match="coupon_campaign"):
        desk.send(*messages, coupon_campaign=campaign.id + 1)
    assert [kind for kind, _ in desk.sandbox.events()] == ["user/register"]
    desk.send(customer(2, at=NOW), coupon_campaign=campaign.id)
    assert [kind for kind, _ in desk.sandbox.events()] == ["user/register"], "once"
    assert campaign.redeemed() == ["AA"]
