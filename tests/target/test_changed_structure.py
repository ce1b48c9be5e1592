"""What people change in the account between two runs: told by every command alike, and nothing is lost."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from support.account import Account
from support.sandbox import COPERNICA_TOKEN
from support.singer import customer, order, state

NOW = "2026-11-02T09:20:00Z"
LATER = "2026-11-02T09:30:00Z"
KEY = "external_key"
Change = Callable[[Account], None]


def ids(account: Account) -> tuple[int, int]:
    """Of the database of people, and of its collection of orders."""
    database = account.sandbox.databases()["SEOshop"]
    orders = next(one for one in database["collections"] if one["name"].lower() == "orders")
    return int(database["id"]), int(orders["id"])


def call(account: Account, method: str, path: str, body: dict[str, Any]) -> None:
    """A call of another user of the API."""
    url = account.sandbox.url + "/copernica"
    token = requests.post(f"{url}/authenticate", data={"access_token": COPERNICA_TOKEN}, timeout=30).text
    head = {"Authorization": f"Bearer {token}"}
    requests.request(method, f"{url}/v4/{path}", json=body, headers=head, timeout=30).raise_for_status()


def again(account: Account, place: str, number: int) -> None:
    """A colleague makes a field of the key's name by hand."""
    call(account, "POST", f"{place}/{number}/fields", {"name": KEY, "type": "text", "length": 64})


def replaced(account: Account) -> None:
    account.sandbox.remove_field(ids(account)[0], KEY)
    again(account, "database", ids(account)[0])


def renamed_and_replaced(account: Account) -> None:
    account.sandbox.rename_field(ids(account)[1], KEY, "order_key", of="collections")
    again(account, "collection", ids(account)[1])


def collection_replaced(account: Account) -> None:
    account.sandbox.remove_place(ids(account)[1], of="collections")
    call(
        account,
        "POST",
        f"database/{account.sandbox.databases()['SEOshop']['id']}/collections",
        {"name": "Orders"},
    )


STOPS: dict[str, tuple[Change, str]] = {
    "key renamed": (
        lambda account: account.sandbox.rename_field(ids(account)[0], KEY, "klantnr"),
        "SEOshop.external_key, which holds the keys, is called klantnr in Copernica now: rename it back",
    ),
    "key removed": (
        lambda account: account.sandbox.remove_field(ids(account)[0], KEY),
        "SEOshop.external_key, which holds the keys, was renamed or removed in Copernica: rename it back",
    ),
    "key removed and made again": (replaced, "removed in Copernica, and another field has its name"),
    "key shortened": (
        lambda account: account.sandbox.retype_field(ids(account)[0], KEY, type="text", length=20),
        "SEOshop.external_key must be a text of 64 characters",
    ),
    "key of another type": (
        lambda account: account.sandbox.retype_field(ids(account)[0], KEY, type="integer"),
        "SEOshop.external_key must be a text of 64 characters",
    ),
    "a field of a type that cannot be written": (
        lambda account: account.sandbox.retype_field(ids(account)[0], "phone", type="foreign_key"),
        "SEOshop.phone has the type foreign_key, which this target does not write",
    ),
    "key of a collection renamed": (
        lambda account: account.sandbox.rename_field(ids(account)[1], KEY, "nr", of="collections"),
        "SEOshop.Orders.external_key, which holds the keys, is called nr",
    ),
    "key of a collection removed": (
        lambda account: account.sandbox.remove_field(ids(account)[1], KEY, of="collections"),
        "SEOshop.Orders.external_key, which holds the keys, was renamed or removed",
    ),
    "key of a collection renamed and made again": (
        renamed_and_replaced,
        "is called order_key in Copernica now, and another field has its name",
    ),
    "collection removed": (
        lambda account: account.sandbox.remove_place(ids(account)[1], of="collections"),
        "SEOshop.Orders: the collection (id",
    ),
    "collection removed and made again": (collection_replaced, "and another one of this name (id"),
    "database removed": (
        lambda account: account.sandbox.remove_place(ids(account)[0]),
        "database SEOshop: it had the id 1, which is gone from the account",
    ),
}


@pytest.mark.parametrize("name", STOPS)
def test_what_holds_keys_or_records_stops_every_command_before_the_first_write(
    account: Account, name: str
) -> None:
    change, line = STOPS[name]
    account.send(customer(1), customer(2), order(11, 1), state(n=1))
    change(account)
    since = account.sandbox.last()
    live = [customer(1, updated=NOW, firstname="New"), customer(3, at=NOW), order(12, 1, at=NOW), state(n=2)]
    ended = account.send(*live, check=False)
    said = [text for text in ended.err.splitlines() if text.startswith("target-copernica: ")]
    assert (ended.code, ended.out, len(said)) == (2, "", 1), ended.err
    assert line in said[0]
    for command in ("plan", "check", "doctor"):
        told = account.command(command, check=False)
        assert (command, told.code) == (command, 2), told.log
        assert said[0].removeprefix("target-copernica: ") in told.log.replace("\n", " ")
    assert account.send(*live, check=False, dry_run=True).code == 2
    assert not [made for made in account.calls(since) if not made.startswith("GET")]


NOTES: dict[str, tuple[Change, str]] = {
    "field renamed": (
        lambda account: account.sandbox.rename_field(ids(account)[0], "phone", "telefoon"),
        "SEOshop.phone is called telefoon in Copernica now",
    ),
    "field removed": (
        lambda account: account.sandbox.remove_field(ids(account)[0], "phone"),
        "SEOshop.phone was removed in Copernica: it is made anew",
    ),
    "field of another type": (
        lambda account: account.sandbox.retype_field(ids(account)[0], "phone", type="big"),
        "is big, the mapping says text",
    ),
    "collection renamed": (
        lambda account: call(account, "PUT", f"collection/{ids(account)[1]}", {"name": "Bestellingen"}),
        "SEOshop.Orders is called Bestellingen in Copernica now",
    ),
    "database renamed": (
        lambda account: call(account, "PUT", f"database/{ids(account)[0]}", {"name": "Klanten"}),
        "",
    ),
}


@pytest.mark.parametrize("name", NOTES)
def test_what_can_be_followed_is_reported_and_followed(account: Account, name: str) -> None:
    change, line = NOTES[name]
    people = [customer(number, phone=f"010-{number}") for number in (1, 2)]
    account.send(*people, order(11, 1, channel="A11"), state(n=1))
    change(account)
    assert line in account.command("plan").out
    assert line in account.command("doctor").out
    telefoon = "telefoon" if name == "field renamed" else "phone"
    database = "Klanten" if name == "database renamed" else "SEOshop"
    orders = f"{database}/{'Bestellingen' if name == 'collection renamed' else 'Orders'}"
    changed = customer(1, updated=NOW, phone="020-1")
    ended = account.send(changed, order(11, 1, updated=NOW, channel="B11"), order(12, 2), state(n=2))
    assert line in ended.err
    assert len(account.sandbox.databases()[database]["collections"]) == 2
    content = account.sandbox.content()
    assert content[database]["7:1"][telefoon] == "020-1"
    assert content[orders]["7:11"]["channel"] == "B11"
    assert sorted(content[orders]) == ["7:11", "7:12"]
    if name not in ("field removed", "field of another type"):  # the full run writes those anew
        said = account.command("check").out
        assert "changed by others" not in said
    account.send(changed, people[1], state(n=3))
    assert account.sandbox.content()[database]["7:2"][telefoon] == "010-2"


@pytest.mark.parametrize("name", ["key removed", "key removed and made again", "key of a collection removed"])
def test_keys_are_written_again_when_people_ask_for_it(account: Account, name: str) -> None:
    account.send(customer(1), customer(2), order(11, 1), state(n=1))
    STOPS[name][0](account)
    assert account.command("apply", check=False).code == 2
    account.command("apply", "--restore", "--yes")
    account.send(customer(1, updated=NOW, firstname="New"), order(12, 2), order(11, 1, updated=NOW))
    people = account.people()
    assert (sorted(people), people["7:1"]["firstname"]) == (["7:1", "7:2"], "New")
    assert sorted(account.orders()) == ["7:11", "7:12"]


def test_what_only_people_can_undo_is_said_before_what_a_restore_does(account: Account) -> None:
    account.send(customer(1), order(11, 1), state(n=1))
    STOPS["key removed"][0](account)
    STOPS["key of a collection renamed"][0](account)
    told = account.command("apply", "--restore", "--yes", check=False)
    assert (told.code, STOPS["key of a collection renamed"][1] in told.log) == (2, True), told.log
    account.sandbox.rename_field(ids(account)[1], "nr", KEY, of="collections")
    account.command("apply", "--restore", "--yes")
    account.send(customer(1, updated=NOW), order(11, 1, updated=NOW))


@pytest.mark.parametrize("name", ["collection removed", "collection removed and made again"])
def test_a_collection_is_started_anew_when_people_ask_for_it(account: Account, name: str) -> None:
    account.send(customer(1), order(11, 1), state(n=1))
    STOPS[name][0](account)
    account.command("apply", "--restore")
    assert account.command("plan").code == 0
    account.send(customer(1), order(11, 1), order(12, 1), state(n=2))
    assert sorted(account.orders()) == ["7:11", "7:12"]


def test_a_stream_without_a_mapping_is_guarded_likewise(account: Account) -> None:
    account.send(customer(1), preset=None)
    number = account.sandbox.databases()["customers"]["id"]
    account.sandbox.rename_field(number, KEY, "nr")
    for ended in (
        account.send(customer(2), preset=None, check=False),
        *(account.command(command, preset=None, check=False) for command in ("plan", "check", "doctor")),
    ):
        assert ended.code == 2
        assert "customers.external_key, which holds the keys, is called nr" in ended.log
