"""Where a person or an order stands, on both sides: found by address, id and number, told without values."""

import json
from typing import Any

import pytest

from support.fleet import PROGRAM, Fleet
from support.programs import run
from support.sandbox import Sandbox


def traced(fleet: Fleet, wanted: str, *arguments: str) -> Any:
    ended = run(
        PROGRAM, "trace", "alpha", *arguments, cwd=fleet.home, env=fleet.environ, messages=f"{wanted}\n"
    )
    assert ended.code == 0, ended.log
    return json.loads(ended.out) if arguments else ended.out


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
    assert {part["as_written"] for thing in things.values() for part in thing["streams"]} == {True}
    assert {(one["stream"], one["id"]) for one in by_address["shop"]} >= {
        ("customers", int(person["seoshop_id"])), ("orders", int(fields["order_id"]))
    }  # fmt: skip

    for wanted in (fields["number"], str(fields["order_id"])):
        said = traced(fleet, wanted)
        assert f"orders {fields['order_id']}: made" in said
        assert "this version was written" in said
        assert "in run 1" in said
        for value in (person["email"], person["lastname"], fields["total"]):
            assert value not in said

    shop.clock(advance=60)
    shop.change("orders", int(fields["order_id"]), memo="later")
    shop.remove_profile(int(owner))
    said = traced(fleet, str(fields["order_id"]))
    assert "a newer one than was written" in said
    assert f"({fields['external_key']}): removed" in said
    assert "nothing of it" in traced(fleet, "unknown@example.org")


@pytest.mark.slow
def test_what_was_refused_is_told_with_its_run(fleet: Fleet, shop: Sandbox) -> None:
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
    assert [(one["key"], one["run"]) for one in found["refused"] if one["key"] == key]
