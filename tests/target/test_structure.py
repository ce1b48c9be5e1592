"""What happens while the structure is made, and what imports say of themselves."""

from typing import Any

import pytest
import requests

from support.account import Account
from support.sandbox import COPERNICA_TOKEN
from support.singer import customer, order, record, state


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
    # A colleague makes it meanwhile, with somebody in it.
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
    status = (
        '{"id":"1","status":"finished","totallines":"1","processedlines":"0","lastrun":"2026-11-02 10:00:00"}'
    )
    account.sandbox.fault("copernica", "/import/", "status", method="GET", status=200, body=status, times=9)
    later = "2020-01-01T00:00:00Z"
    account.send(customer(1, updated=later, firstname="New"))
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
