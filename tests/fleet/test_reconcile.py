"""`reconcile` compares both sides: each difference is found with its reason, and healed where possible."""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import pytest

from seoshop_copernica import signals
from seoshop_copernica.compared import HEALING
from seoshop_copernica.errors import Code
from seoshop_copernica.fleet import shop_of
from seoshop_copernica.places import Places
from seoshop_copernica.reconcile import FailedError, Reconciling
from support.fleet import Fleet
from support.sandbox import Sandbox, running_sandbox
from target_copernica.run.reasons import Difference, Reason, reason_of


@pytest.fixture(scope="module")
def world() -> Iterator[Sandbox]:
    with running_sandbox(customers=8, orders=12, order_rows=12, import_seconds=0) as sandbox:
        yield sandbox


def reconciled(fleet: Fleet, *arguments: str, code: int = 0) -> Any:
    ended = fleet("reconcile", "alpha", "--json", *arguments)
    assert ended.code == code, ended.log
    return json.loads(ended.out)


def found_in(compared: Any) -> dict[tuple[str, str], str]:
    return {(one["stream"], one["key"]): one["reason"] for one in compared["differences"]}


def test_each_reason_says_what_heals_it() -> None:
    assert HEALING.keys() == {reason.value for reason in Reason}


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (Difference(is_there=False, is_removed=True, is_below_removed=True), Reason.BELOW),
        (Difference(is_there=False, is_removed=True, is_refused=True), Reason.REMOVED),
        (Difference(is_there=False, is_refused=True, is_new=True), Reason.REFUSED),
        (Difference(is_there=True, is_removed=True, is_new=True, was_written=True), Reason.TOO_NEW),
        (Difference(is_there=False, is_waiting=True), Reason.WAITING),
        (Difference(is_there=True, is_removed=True, was_written=True), Reason.CHANGED),
        (Difference(is_there=True, is_removed=True, is_as_written=True, has_version=False), Reason.LATE),
        (Difference(is_there=True, is_removed=True, is_as_written=True), Reason.UNEXPLAINED),
        (Difference(is_there=False), Reason.UNEXPLAINED),
    ],
)
def test_the_most_specific_reason_is_reported(case: Difference, reason: Reason) -> None:
    assert reason_of(case) is reason


@pytest.mark.slow
def test_two_equal_sides_cost_one_request_for_each_page_of_each_list(fleet: Fleet, world: Sandbox) -> None:
    fleet.add("alpha", world)
    back = next(one["id"] for one in world.shop("orders") if one["status"] != "cancelled")
    for row in (row for row in world.shop("order_products") if row["orderId"] == back):
        world.change("order_products", row["id"], quantityReturned=row["quantityOrdered"])
    for row in world.shop("order_products"):
        world.change("order_products", row["id"], discountIncl=1)
    fleet.tick("alpha")
    assert any(float(one["fields"]["discount_share"]) for one in world.profiles(fleet.people("alpha")))
    states = {one["fields"]["order_state"] for one in world.subprofiles("Orders", fleet.people("alpha"))}
    assert "returned" in states, "which only the rows tell, and they are not read"
    before = world.last()
    same = reconciled(fleet)
    asked = world.requests(before)
    assert same["differences"] == []
    assert all(one["shop"] == one["copernica"] for one in same["figures"])
    counts = Counter[str]()
    for one in same["figures"]:
        counts[one["stream"]] += one["shop"]["count"]
    rows = world.subprofiles("OrderItems", fleet.people("alpha"))
    assert (counts["customers"], counts["orders"], counts["order_products"]) == (8, 12, len(rows))
    assert {one["stream"] for one in same["figures"] if one["last_read"]} == {"order_products"}
    assert {"order_products"}.isdisjoint(same["left_out"])
    files = fleet.home / "state" / "alpha"
    assert (len([*(files / "tap-seoshop").iterdir()]), (files / "reconcile").exists()) == (1, False)
    assert "consent report" in same["left_out"]["subscriptions"], "nothing is left out in silence"
    total = sum(float(one["fields"]["total"]) for one in world.subprofiles("Orders", fleet.people("alpha")))
    sums = [one["copernica"]["sums"] for one in same["figures"] if one["stream"] == "orders"]
    assert sum(float(one.get("total", 0)) for one in sums) == pytest.approx(total)
    assert (same["requests"], same["calls"]) == tuple(
        sum(one["side"] == side for one in asked) for side in ("seoshop", "copernica")
    )
    assert all(one["method"] == "GET" or "authenticate" in one["path"] for one in asked), "it only reads"
    lists = Counter(one["path"] for one in asked if "authenticate" not in one["path"])
    assert set(lists.values()) == {1}, "each list and each place costs its pages, once"
    assert [path for path in lists if re.search(r"/orders/\d", path)] == [], "no order costs a request"


@pytest.mark.slow
def test_a_cart_that_ended_before_it_could_arrive_is_not_a_difference(fleet: Fleet, world: Sandbox) -> None:
    fleet.add("alpha", world)
    fleet.shops["alpha"]["target"]["extras"] = ["carts"]
    fleet.write()
    person = {"resource": {"id": next(one["id"] for one in world.shop("customers") if one["email"])}}
    at = datetime.fromisoformat(world.status()["now"]) - timedelta(days=20)
    times = dict.fromkeys(("createdAt", "updatedAt"), at.isoformat(timespec="seconds"))
    cart = world.insert("quotes", {"customer": person, "priceIncl": 10.0, "productsQuantity": 1, **times})
    assert cart["updatedAt"] == times["updatedAt"]
    fleet.tick("alpha")
    before = world.last()
    assert reconciled(fleet)["differences"] == []
    asked = [one["path"] for one in world.requests(before, side="seoshop")]
    assert any("/quotes" in path for path in asked)
    rows = world.subprofiles("Orders", fleet.people("alpha"))
    assert not [one for one in rows if one["fields"]["cart_id"] == str(cart["id"])]


@pytest.mark.slow
def test_a_reconcile_that_hangs_is_killed_at_its_time_limit_so_that_ticks_can_run(
    fleet: Fleet, world: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet.add("alpha", world)
    fleet.tick("alpha")
    fleet.add("alpha", world, time_limit="2s")
    for name, value in fleet.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(signals, "PATIENCE", 0.5)
    found, secret = shop_of(fleet.home, "alpha")
    world.fault("seoshop", "/orders", "hang_before", times=None)
    try:
        with pytest.raises(FailedError, match="2s") as ended:
            Reconciling(found, Places(fleet.home, "alpha"), secret).compare()
    finally:
        world.clear_faults()
    assert ended.value.exit_code == Code.TIME_LIMIT


@pytest.mark.slow
def test_each_kind_of_difference_is_found_with_its_reason_and_healed(fleet: Fleet, world: Sandbox) -> None:
    fleet.add("alpha", world)
    fleet.tick("alpha")
    made = by_hand(fleet, world)
    found = reconciled(fleet, code=13)
    reasons = found_in(found)
    assert {of: reasons.get(of) for of in made} == made
    edited = next(of for of, reason in made.items() if of[0] == "orders" and reason == "changed in Copernica")
    assert next(one["fields"] for one in found["differences"] if one["key"] == edited[1]) == ["total"]
    to_heal = sum(reason in ("unexplained", "changed in Copernica") for reason in reasons.values())
    words = fleet("reconcile", "alpha")
    assert words.code == 13
    assert "`seoshop-copernica reconcile alpha --heal`" in words.out
    assert "Changed by hand" not in words.log + words.out
    assert fleet("reconcile", "alpha", "--heal").code == 0
    fleet.tick("alpha")  # reads the rows of the order again whose row was changed
    left = found_in(reconciled(fleet))
    assert set(left.values()) <= {"removed", "below removed", "gone at the source"}
    assert {one["to_heal"] for one in fleet.runs("alpha", "reconciliations")} == {to_heal, 0}
    assert [one["runner"] for one in fleet.runs("alpha")[:2]] == ["pipe", "heal"]


def by_hand(fleet: Fleet, world: Sandbox) -> dict[tuple[str, str], str]:
    """Make a difference of each kind; stream and key of each, with its reason."""
    world.move(seed=2, new_customers=1)
    refusal = json.dumps({"error": {"message": "no such thing"}})
    world.fault("copernica", "/profiles$", "status", method="POST", status=400, body=refusal)
    fleet.tick("alpha")
    world.clear_faults()
    state = fleet.home / "state" / "alpha" / "target-copernica"
    lines = map(json.loads, (state / "rejects.jsonl").read_text().splitlines())
    made = {("customers", line["key"]): "refused" for line in lines if line["kind"] == "record"}
    assert len(made) == 1

    people = {one["fields"]["external_key"]: int(one["ID"]) for one in world.profiles(fleet.people("alpha"))}
    orders = world.subprofiles("Orders", fleet.people("alpha"))
    owners = {one["fields"]["external_key"]: int(one["profile"]) for one in orders}
    numbers = {one["fields"]["external_key"]: int(one["ID"]) for one in orders}
    removed = next(key for key, number in people.items() if number in owners.values())
    edited, gone, newer, *_ = (key for key in people if key != removed)
    made |= {("orders", key): "below removed" for key, owner in owners.items() if owner == people[removed]}
    edited_order, lost, *_ = (key for key in owners if ("orders", key) not in made)

    world.remove_profile(people[removed])
    world.edit_profile(people[edited], lastname="Changed by hand")
    world.edit_subprofile(numbers[edited_order], total="1.00")
    rows = world.subprofiles("OrderItems", fleet.people("alpha"))
    made |= {
        ("order_products", one["fields"]["external_key"]): "below removed"
        for one in rows
        if int(one["profile"]) == people[removed]
    }
    row = next(one for one in rows if int(one["profile"]) != people[removed])
    world.edit_subprofile(int(row["ID"]), quantity="77")
    world.remove_subprofile(numbers[lost])
    with closing(sqlite3.connect(state / "ledger.sqlite")) as ledger, ledger:
        ledger.execute("DELETE FROM entry WHERE key = ?", (lost,))
        ledger.execute("DELETE FROM fragment WHERE key = ?", (lost,))
    world.delete("customers", int(gone.rpartition(":")[2]))
    world.clock(advance=600)
    world.change("customers", int(newer.rpartition(":")[2]), firstname="Newer")
    return made | {
        ("customers", removed): "removed",
        ("customers", edited): "changed in Copernica",
        ("orders", edited_order): "changed in Copernica",
        ("order_products", row["fields"]["external_key"]): "changed in Copernica",
        ("orders", lost): "unexplained",
        ("customers", gone): "gone at the source",
        ("customers", newer): "too new",
    }
