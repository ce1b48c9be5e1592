"""`trace` finds a person or an order on both sides, by address, id or number, and shows no values."""

import json
from typing import Any

import pytest

from seoshop_copernica.trace import Traced, lines
from support.fleet import PROGRAM, Fleet
from support.programs import run
from support.sandbox import Sandbox


def traced(fleet: Fleet, wanted: str, *arguments: str) -> Any:
    ended = run(
        PROGRAM, "trace", "alpha", *arguments, cwd=fleet.home, env=fleet.environ, messages=f"{wanted}\n"
    )
    assert ended.code == 0, ended.log
    return json.loads(ended.out) if arguments else ended.out


def part(read: dict[str, Any], written: dict[str, Any]) -> dict[str, Any]:
    return {"version": "7", "fields": [*"abcde"], "as_written": True, "read": read, "written": written}


def test_each_part_names_the_runs_that_read_wrote_and_refused_it() -> None:
    of_a_tick = {"run": 9, "run_id": "57", "time": "2026-11-02T09:00:00+00:00"}
    by_hand = {**of_a_tick, "run": 10, "run_id": None}
    known = {**of_a_tick, "run": 4, "run_id": None}
    stream = {
        "stream": "orders", "version": "7", "as_written": True,
        "parts": [part(of_a_tick, by_hand), part(known, {})],
        "refused": {**of_a_tick, "reason": "total: no number"},
    }  # fmt: skip
    thing = {"place": "Shop.Orders", "key": "7:1", "standing": "removed", "streams": [stream], "waiting": []}
    said = "\n".join(lines(Traced([], [thing], [], {}, {"4": 31})))
    assert "orders (a, b, c, d and 1 more): was written, version 7" in said
    at = "2026-11-02 09:00:00 UTC in run"
    assert f"read {at} 57, written {at} 10 of target-copernica" in said
    assert f"read {at} 31, written before this was kept, or never" in said
    assert f"refused last {at} 57: total: no number" in said


@pytest.mark.slow
def test_a_person_and_an_order_are_found_on_both_sides_without_their_values(
    fleet: Fleet, shop: Sandbox
) -> None:
    fleet.add("alpha", shop)
    fleet.tick("alpha")
    orders = shop.subprofiles("Orders", fleet.people("alpha"))
    fields = next(one["fields"] for one in orders if one["fields"]["email"])
    owner = next(one["profile"] for one in orders if one["fields"] == fields)
    person = next(one for one in shop.profiles(fleet.people("alpha")) if one["ID"] == owner)["fields"]

    by_address = traced(fleet, person["email"], "--json")
    things = {thing["key"]: thing for thing in by_address["things"]}
    assert {person["external_key"], fields["external_key"]} <= things.keys()
    assert things[person["external_key"]]["run"] is not None
    streams = [one for thing in things.values() for one in thing["streams"]]
    assert {one["as_written"] for one in streams} == {True}
    parts = [part for one in streams for part in one["parts"]]
    assert {(part["written"]["run_id"], bool(part["fields"])) for part in parts} == {("1", True)}
    of_records = [part for one in streams if not one["stream"].startswith("~") for part in one["parts"]]
    assert {part["read"]["run_id"] for part in of_records} == {"1"}
    assert {one["stream"] for one in streams} >= {"customers", "orders", "order_products"}
    assert {(one["stream"], one["id"]) for one in by_address["shop"]} >= {
        ("customers", int(person["seoshop_id"])), ("orders", int(fields["order_id"]))
    }  # fmt: skip

    for wanted in (fields["number"], str(fields["order_id"])):
        said = traced(fleet, wanted)
        assert f"orders {fields['order_id']}: made" in said
        assert "this version was written" in said
        assert "in run 1" in said
        assert "OrderItems" in said, "its rows are its parts"
        for value in (person["email"], person["lastname"], fields["total"]):
            assert value not in said

    shop.clock(advance=60)
    shop.change("orders", int(fields["order_id"]), memo="later")
    assert "a newer one than was written" in traced(fleet, str(fields["order_id"]))
    shop.clock(advance=60)
    fleet.tick("alpha")
    found = traced(fleet, str(fields["order_id"]), "--json")
    told = {
        (one["stream"], part["written"]["run_id"], part["read"]["run_id"])
        for thing in found["things"]
        for one in thing["streams"]
        for part in one["parts"]
        if one["stream"] in {"orders", "order_products"}
    }
    assert told == {("orders", "2", "2"), ("order_products", "1", "2")}, "rows were read anew, and the same"
    shop.remove_profile(int(owner))
    said = traced(fleet, str(fields["order_id"]))
    assert f"({fields['external_key']}): removed" in said
    assert "no record of it" in traced(fleet, "unknown@example.org")


@pytest.mark.slow
def test_a_refusal_is_shown_with_its_run(fleet: Fleet, shop: Sandbox) -> None:
    fleet.add("alpha", shop)
    fleet.tick("alpha")
    shop.move(seed=2, new_customers=1)
    refusal = json.dumps({"error": {"message": "no such thing"}})
    shop.fault("copernica", "/profiles$", "status", method="POST", status=400, body=refusal, nth=1)
    fleet.tick("alpha")
    shop.clear_faults()
    lines = (fleet.home / "state/alpha/target-copernica/rejects.jsonl").read_text().splitlines()
    key = next(entry["key"] for entry in map(json.loads, lines) if entry["kind"] == "record")
    found = traced(fleet, key.rpartition(":")[2], "--json")
    refused = {one["stream"]: one["run_id"] for one in found["refused"] if one["key"] == key}
    assert refused == dict.fromkeys(("customers", "customer_summaries", "customer_metrics"), "2")
