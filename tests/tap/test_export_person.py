"""What the shop holds of a customer, as a folder to hand over."""

import json
from collections import Counter
from pathlib import Path

from support.programs import BIN, Ended, run, written
from support.sandbox import Sandbox


def exported(sandbox: Sandbox, folder: Path, wanted: str) -> Ended:
    config = written(folder / "tap.json", sandbox.tap_config(requests_per_second=1000))
    words = ("--config", config, "export-person", "--from", "-", "--to", folder / "answer")
    return run(BIN / "tap-seoshop", *words, messages=wanted)


def test_all_of_a_customer_and_of_no_other(sandbox: Sandbox, tmp_path: Path) -> None:
    orders = [one for one in sandbox.shop("orders") if one["customer"]]
    people = {one["id"]: one for one in sandbox.shop("customers")}
    known = Counter(one["email"].lower() for one in people.values())
    customer = next(
        people[number]
        for number in (one["customer"]["resource"]["id"] for one in orders)
        if number in people and known[people[number]["email"].lower()] == 1
    )
    number = customer["id"]
    sandbox.change("customers", number, lastname="<b>Zoë</b>")
    sandbox.insert("subscriptions", {"email": customer["email"].upper()})
    ended = exported(sandbox, tmp_path, f"{customer['email'].upper()}\n")
    assert ended.code == 0, ended.err
    assert customer["email"].lower() not in ended.log.lower()
    folder = tmp_path / "answer"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {one.stat().st_mode & 0o777 for one in folder.iterdir()} == {0o600}
    told = json.loads((folder / "person.json").read_text())
    (found,) = told["customers"]
    assert (found["id"], found["lastname"]) == (number, "<b>Zoë</b>")
    own = {one["id"] for one in orders if one["customer"]["resource"]["id"] == number}
    assert {one["id"] for one in found["lists"]["orders"]} == own
    assert all(one["products"] for one in found["lists"]["orders"])
    assert {one["email"].lower() for one in told["subscriptions"]} == {customer["email"].lower()}
    assert told["not_asked"]
    assert "&lt;b&gt;Zoë" in (folder / "person.html").read_text()
    again = exported(sandbox, tmp_path, str(number))
    assert (again.code, "give a new folder" in again.err) == (2, True)
    folder.rename(tmp_path / "first")
    assert exported(sandbox, tmp_path, str(number)).code == 0
    by_id = json.loads((folder / "person.json").read_text())
    assert by_id["customers"] == told["customers"]
    assert {one["method"] for one in sandbox.requests(side="seoshop")} == {"GET"}


def test_a_customer_there_is_not(sandbox: Sandbox, tmp_path: Path) -> None:
    assert exported(sandbox, tmp_path, "none@example.com").code == 0
    told = json.loads((tmp_path / "answer" / "person.json").read_text())
    assert (told["customers"], told["subscriptions"]) == ([], [])
    assert exported(sandbox, tmp_path, "neither").code == 2
