"""What stands between here and Copernica, and answers in its place."""

import json

import pytest

from support.account import Account
from support.singer import customer, state

pytestmark = pytest.mark.slow

NOW = "2026-11-02T09:20:00Z"
HTML = "<html><head><title>404 Not Found</title></head></html>"
PROXY = json.dumps({"error": {"message": "no route to upstream"}})


@pytest.mark.parametrize("body", [HTML, PROXY])
def test_a_404_that_is_not_copernicas_own_is_trouble_of_the_way(account: Account, body: str) -> None:
    account.send(customer(1), state(n=1))
    account.sandbox.fault("copernica", "/profile/[0-9]+", "status", status=404, body=body, times=2)
    account.send(customer(1, updated=NOW, firstname="New"), state(n=2))
    assert account.people()["7:1"]["firstname"] == "New"
    assert account.rejects() == []
    account.sandbox.fault("copernica_token", "/authenticate", "status", status=404, body=body, times=None)
    ended = account.send(customer(1, updated=NOW, firstname="Newer"), state(n=3), check=False)
    assert (ended.code, ended.out) == (4, "")
    assert "nothing is lost, run again later" in ended.err
