"""What happens while the structure is made, and what imports say of themselves."""

from typing import Any

import pytest
import requests

from support.account import Account
from support.sandbox import COPERNICA_TOKEN
from support.singer import customer, order, record, schema, state


def created(account: Account, path: str, body: dict[str, Any]) -> str:
    """Create something as another user of the API; its id."""
    url = account.sandbox.url + "/copernica"
    token = requests.post(f"{url}/authenticate", data={"access_token": COPERNICA_TOKEN}, timeout=30).text
    head = {"Authorization": f"Bearer {token}"}
    answer = requests.post(f"{url}/v4/{path}", json=body, headers=head, timeout=30)
    return answer.headers["X-Created"]


def test_a_refused_database_is_not_taken_for_ours(account: Account) -> None:
    account.sandbox.fault(
        "copernica",
        "/databases$",
        "status",
        method="POST",
        status=400,
        body='{"error":{"message":"Failed to create database"}}',
    )
    ended = account.send(customer(1), check=False)
    assert (ended.code, "could not be made" in ended.err) == (2, True)
    account.sandbox.clear_faults()
    # A colleague makes it meanwhile, with a person in it.
    database = created(account, "databases", {"name": "SEOshop"})
    created(account, f"database/{database}/profiles", {"fields": {}})
    ended = account.send(customer(1), check=False)
    assert ended.code == 2
    assert "existing_people" in ended.err


@pytest.mark.parametrize("path", ["/databases$", "/collections$"])
def test_a_gateway_that_fails_while_the_structure_is_made_is_copernica_away(
    account: Account, path: str
) -> None:
    page = "<html><title>Loadbalancer Error</title></html>"
    account.sandbox.fault("copernica", path, "status", method="POST", status=502, body=page, times=50)
    ended = account.send(customer(1), order(11, 1), check=False)
    assert ended.code == 4, ended.err
    account.sandbox.clear_faults()
    account.send(customer(1), order(11, 1))
    assert list(account.orders()) == ["7:11"]


def test_an_import_that_did_no_line_did_not_arrive(account: Account) -> None:
    account.send(customer(1), state(n=1))
    account.sandbox.settings(imports_end="halfway")  # of one line, none is done
    account.send(customer(1, updated="2020-01-01T00:00:00Z", firstname="New"))
    assert [one["reason"] for one in account.rejects()] == [
        "the import did not write it, nor did a second, smaller one"
    ]


def test_sparse_new_records_go_in_one_import(account: Account) -> None:
    sparse = [
        record("customers", id=number, createdAt="2019-08-21T17:15:00Z", **{name: "x"})
        for number, name in enumerate(("firstname", "lastname", "phone", "memo", "language"), 1)
    ]
    account.send(*sparse)
    assert len(account.sandbox.imports()) == 1
    assert sorted(account.people()) == [f"7:{number}" for number in range(1, 6)]
    assert account.people()["7:2"]["lastname"] == "x"


def test_a_field_that_appears_in_a_schema_is_added_in_the_middle_of_a_stream(account: Account) -> None:
    def head(*names: str) -> dict[str, Any]:
        return schema("things", {name: {"type": ["string", "null"]} for name in names}, ["id"])

    first = {"type": "RECORD", "stream": "things", "record": {"id": "1", "a-b": "x"}}
    second = {"type": "RECORD", "stream": "things", "record": {"id": "2", "a-b": "z", "new": "n"}}
    account.send(head("id", "a-b"), first, head("new", "id", "a-b"), second, preset=None)
    things = account.people("things")
    assert things["1"]["a_b"] == "x"
    assert (things["2"]["new"], things["2"]["a_b"]) == ("n", "z")


def test_a_new_field_is_filled_for_all_at_the_next_full_run(account: Account) -> None:
    people = [customer(number, memo=f"note {number}") for number in range(1, 4)]
    account.send(*people)
    more = {"streams": {"customers": {"fields": {"memo": "memo"}}}}
    account.send(*people, mapping=more)
    assert [fields["memo"] for _, fields in sorted(account.people().items())] == [
        "note 1",
        "note 2",
        "note 3",
    ]
    assert account.mailed() == []
    since = account.sandbox.last()
    account.send(*people, mapping=more)
    assert not [call for call in account.calls(since) if not call.startswith("GET")]


def test_what_differs_is_reported_and_nothing_is_changed(account: Account) -> None:
    database = created(account, "databases", {"name": "SEOshop"})
    for body in ({"name": "lastname", "type": "text", "length": 5}, {"name": "phone", "type": "integer"}):
        created(account, f"database/{database}/fields", body)
    before = account.command("plan").out
    assert "holds 5 characters, the mapping says 100: longer texts do not fit" in before
    assert "is integer, the mapping says text: values are converted for integer" in before
    account.send(customer(1, phone="020-1234567", lastname="van der Meulen"))
    assert account.people()["7:1"]["lastname"] == "van d"
    assert account.people()["7:1"]["phone"] == "0"
    assert account.command("plan").out.count("differs") >= 2
    assert [(one["field"], one["reason"]) for one in account.rejects()] == [("phone", "not a number")]


def test_fields_are_locked_only_if_asked(account: Account) -> None:
    account.command("apply", lock_fields=True)
    made = [one for one in account.sandbox.requests(side="copernica") if one["path"].endswith("/fields")]
    assert made
    url = account.sandbox.url
    database = account.sandbox.databases()["SEOshop"]["id"]
    rename = f"{url}/admin/copernica/databases/{database}/fields/phone/rename"
    assert requests.post(rename, json={"name": "telephone"}, timeout=30).status_code == 409


@pytest.mark.parametrize("names", [("a-b", "a_b"), ("Users", "users")])
def test_two_streams_whose_names_become_one_are_refused_before_a_record_is_written(
    account: Account, names: tuple[str, str]
) -> None:
    """With the SCHEMA of the second, however many records came before it."""
    first, second = names
    heads = [schema(name, {"id": {"type": "string"}}, ["id"]) for name in names]
    rows = [{"type": "RECORD", "stream": name, "record": {"id": "1"}} for name in names]
    ended = account.send(heads[0], rows[0], heads[1], rows[1], preset=None, check=False)
    said = [line for line in ended.err.splitlines() if line.startswith("target-copernica: ")]
    assert (ended.code, len(said)) == (2, 1)
    assert f"stream {first} already" in said[0]
    assert second in said[0]
    assert {name: held["profiles"] for name, held in account.sandbox.databases().items()} == {
        first.replace("-", "_"): 0
    }
