"""What is stored of a person, as a folder to hand over."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from support.account import Account
from support.desk import Desk
from support.programs import BIN, Ended, run, written
from support.sandbox import running_sandbox
from support.singer import complete, customer, order, record, schema

NOW = "2026-11-02T08:00:00Z"
DAY = timedelta(days=1)
SUBSCRIBED = record(
    "subscriptions", id=5, email="person1@example.com", createdAt=NOW, updatedAt=NOW, isConfirmed=True
)
PEOPLE = [
    customer(1, firstname="<b>Zoë</b>"),
    customer(2),
    order(11, 1),
    order(12, 2),
    order(13, 2, email="person1@example.com"),  # ordered by another, for the first one's address
    record("customers", id=None, email="Person1@example.com", memo="refused for want of a key"),
    schema("subscriptions"),
    SUBSCRIBED,
    complete("subscriptions"),
]


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    more = ("--import-seconds", "0.1", "--no-curated")
    with running_sandbox(customers=0, orders=0, order_rows=0, more=more) as sandbox:
        account = Account(sandbox, tmp_path_factory.mktemp("export"))
        account.send(*PEOPLE)
        yield account


def exported(account: Account, folder: Path, wanted: str, *words: str, **settings: Any) -> Ended:
    """Ask for a person as one does who pipes the address in."""
    config = account.sandbox.target_config(account.folder / "state", **settings)
    file = written(account.folder / "target.json", config)
    command = ("export-person", "--from", "-", "--to", str(folder), *words)
    return run(BIN / "target-copernica", "--config", file, *command, messages=wanted)


def fields(thing: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {one["field"]: one for one in thing["fields"]}


def test_the_folder_holds_all_that_is_stored_and_is_its_owners_alone(
    account: Account, tmp_path: Path
) -> None:
    folder = tmp_path / "answer"
    ended = exported(account, folder, "PERSON1@example.com\n")
    assert ended.code == 0, ended.err
    assert (folder.stat().st_mode & 0o777, {one.stat().st_mode & 0o777 for one in folder.iterdir()}) == (
        0o700,
        {0o600},
    )
    told = json.loads((folder / "person.json").read_text())
    (profile,) = told["profiles"]
    held = fields(profile)
    assert held["firstname"] == {
        "field": "firstname",
        "value": "<b>Zoë</b>",
        "source": "customers.firstname, orders.firstname, order_products.firstname",
        "last_write": "customers",
        "of": "2019-08-21T17:15:00.000000",
        "at": held["firstname"]["at"],
    }
    written, asked = (datetime.fromisoformat(text) for text in (held["firstname"]["at"], told["asked_at"]))
    assert asked - DAY < written <= asked
    assert held["newsletter"]["value"] == "yes"
    assert "unsubscribes" in held["newsletter"]["source"]
    orders = {fields(one)["number"]["value"]: one for one in told["below"]}
    assert {number: one["below_another_person"] for number, one in orders.items()} == {
        "ORD11": False,
        "ORD13": True,
    }
    (line,) = told["consent"]
    assert (line["what"], line["source"], line["at"]) == (
        "act",
        "shop:subscription:5",
        "2026-11-02T08:00:00+00:00",
    )
    assert line["noted"]
    assert "who" not in line
    assert told["copernica"]["status"] == "available"
    (own,) = told["copernica"]["data"]["profiles"]
    assert own["fields"]["email"] == "person1@example.com"
    assert told["never_copied"]
    (refused,) = told["refused"]
    assert refused["content"]["memo"] == "refused for want of a key"
    page = (folder / "person.html").read_text()
    assert "&lt;b&gt;Zoë&lt;/b&gt;" in page
    assert "<b>" not in page
    assert "shop:subscription:5" in page
    for text in (ended.out, ended.err):
        assert "person1" not in text.lower()
    assert "1 profiles and 2 subprofiles" in ended.out


@pytest.mark.slow
def test_by_key_without_a_data_request(account: Account, tmp_path: Path) -> None:
    before = account.sandbox.last()
    ended = exported(account, tmp_path / "answer", "7:2")
    assert ended.code == 0, ended.err
    told = json.loads((tmp_path / "answer" / "person.json").read_text())
    assert [one["key"] for one in told["profiles"]] == ["7:2"]
    assert {fields(one)["number"]["value"] for one in told["below"]} == {"ORD12", "ORD13"}
    assert "copernica" not in told
    assert {call.partition(" ")[0] for call in account.calls(before)} == {"GET"}


@pytest.mark.slow
def test_a_person_of_whom_nothing_is_stored(account: Account, tmp_path: Path) -> None:
    assert exported(account, tmp_path / "answer", "nobody@example.com").code == 0
    told = json.loads((tmp_path / "answer" / "person.json").read_text())
    assert (told["profiles"], told["below"], told["consent"]) == ([], [], [])
    assert "holds nothing of this person" in (tmp_path / "answer" / "person.html").read_text()


@pytest.mark.slow
def test_a_folder_that_is_there_is_left_alone(account: Account, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    ended = exported(account, tmp_path, "person1@example.com", "--wait", "0")
    assert (ended.code, "give a new folder" in ended.err) == (2, True)
    assert [one.name for one in tmp_path.iterdir()] == ["mine"]
    assert exported(account, tmp_path / "two", "a@example.com\nb@example.com").code == 2


@pytest.mark.slow
def test_a_refused_request_is_no_error_and_tells_no_address(account: Account, tmp_path: Path) -> None:
    """The address is typed at the terminal this time."""
    body = '{"error": {"message": "No right to this"}}'
    account.sandbox.fault("copernica", "/email/", "status", status=400, body=body, times=None)
    config = written(tmp_path / "target.json", account.sandbox.target_config(account.folder / "state"))
    words = ("--config", config, "export-person", "--to", tmp_path / "answer")
    try:
        ended = run(BIN / "target-copernica", *words, messages="person1@example.com\n")
    finally:
        account.sandbox.clear_faults()
    assert ended.code == 0, ended.err
    assert "Address or key of the person" in ended.err
    assert "person1" not in ended.log
    told = json.loads((tmp_path / "answer" / "person.json").read_text())
    assert told["copernica"] == {"status": "Copernica did not take the request; ask for it in its interface"}


def told_by(desk: Desk, wanted: str) -> dict[str, Any]:
    folder = desk.folder / "answer"
    desk.command("export-person", "--wait", "0", "--from", "-", "--to", str(folder), lines=[wanted])
    told: dict[str, Any] = json.loads((folder / "person.json").read_text())
    return told


def test_by_key_nothing_is_told_of_another_person_with_the_address(account: Account, tmp_path: Path) -> None:
    desk = Desk(account.sandbox, tmp_path, "Household")
    address = "both@example.com"
    people = [customer(1, email=address), customer(2, email=address)]
    refused = record("orders", id=None, customerId=2, email=address)
    desk.send(*people, order(11, 1, email=address), order(12, 2, email=address), refused)
    told = told_by(desk, "7:1")
    assert [one["key"] for one in told["profiles"]] == ["7:1"]
    assert [one["key"] for one in told["below"]] == ["7:11"]
    assert told["refused"] == []


def test_what_a_stream_without_a_mapping_wrote_is_told(account: Account, tmp_path: Path) -> None:
    desk = Desk(account.sandbox, tmp_path, "Own", {"mapping": None, "preset": None})
    text = {"type": ["string", "null"]}
    with desk.running() as run:
        intake = run.intake("guests", {"properties": {"id": text, "email": text, "table": text}}, ["id"])
        intake.take({"id": "1", "email": "guest@example.com", "table": "7"}, run.admit())
        run.finish()
    (profile,) = told_by(desk, "guest@example.com")["profiles"]
    assert fields(profile)["table"]["value"] == "7"
    assert fields(profile)["table"]["source"] == "guests (a stream without a mapping)"
