"""A database that is there already, with people in it: adopted, or left beside."""

from typing import Any

import pytest
import requests

from support.account import Account
from support.sandbox import COPERNICA_TOKEN
from support.singer import customer, order

pytestmark = pytest.mark.slow

LONG_AGO = "2019-08-21T17:15:00Z"


class Colleague:
    """Another user of the account, with a token of their own."""

    def __init__(self, account: Account) -> None:
        self.url = account.sandbox.url + "/copernica"
        token = requests.post(
            f"{self.url}/authenticate", data={"access_token": COPERNICA_TOKEN}, timeout=30
        ).text
        self.head = {"Authorization": f"Bearer {token}"}

    def made(self, path: str, body: dict[str, Any]) -> str:
        answer = requests.post(f"{self.url}/v4/{path}", json=body, headers=self.head, timeout=30)
        return answer.headers["X-Created"]


def database_with(account: Account, *people: dict[str, str]) -> list[int]:
    """A database that others made: other names, another case; the ids of its people."""
    colleague = Colleague(account)
    database = colleague.made("databases", {"name": "SEOshop"})
    for name, kind in (("Email", "email"), ("Voornaam", "text"), ("newsletter", "text")):
        colleague.made(f"database/{database}/fields", {"name": name, "type": kind, "length": 100})
    return [int(colleague.made(f"database/{database}/profiles", {"fields": fields})) for fields in people]


DUTCH = {"streams": {"customers": {"fields": {"firstname": {"name": "Voornaam"}}}}}


def test_a_profile_that_is_alone_with_the_address_becomes_the_customer(account: Account) -> None:
    ids = database_with(
        account,
        {"Email": "Person1@Example.com", "newsletter": "no"},
        {"Email": "person2@example.com", "newsletter": "a"},
        {"Email": "person2@example.com", "newsletter": "b"},
        {"Email": "nobody@example.com", "Voornaam": "Nobody"},
        {"Email": "person3@example.com", "newsletter": "no"},
    )
    stopped = account.send(customer(1), check=False, mapping=DUTCH)
    assert stopped.code == 2
    assert "existing_people" in stopped.err
    planned = account.command("plan", check=False, mapping=DUTCH)
    assert (planned.code, "existing_people" in planned.err) == (2, True)
    assert "external_key" in planned.out  # it is shown all the same
    chosen: dict[str, Any] = {"existing_people": "adopt", "mapping": DUTCH}
    account.send(customer(1), customer(2), customer(4), order(11, 3), **chosen)
    profiles = {int(one["ID"]): one["fields"] for one in account.sandbox.profiles("SEOshop")}
    assert profiles[ids[0]]["external_key"] == "7:1"
    assert profiles[ids[0]]["newsletter"] == "no"
    assert profiles[ids[0]]["Voornaam"] == "Zoë"
    assert profiles[ids[4]]["external_key"] == "7:3"  # an order that would have made the profile finds it
    assert profiles[ids[4]]["newsletter"] == "no"
    assert [profiles[number]["external_key"] for number in ids[1:4]] == ["", "", ""]
    assert profiles[ids[3]]["Voornaam"] == "Nobody"
    keys = sorted(fields["external_key"] for fields in profiles.values() if fields["external_key"])
    assert keys == ["7:1", "7:2", "7:3", "7:4"]
    since = account.sandbox.last()
    account.send(customer(1), customer(2), customer(4), order(11, 3), **chosen)
    assert not [call for call in account.calls(since) if not call.startswith("GET")]


def test_who_was_read_earlier_is_looked_at_again_before_the_key_is_given(account: Account) -> None:
    first, second = database_with(account, {"Email": "person1@example.com"}, {"Email": "person2@example.com"})
    account.send(customer(9), existing_people="adopt", mapping=DUTCH)
    account.sandbox.edit_profile(first, Email="other@example.com")
    account.sandbox.remove_profile(second)
    account.send(customer(1), customer(2), existing_people="adopt", mapping=DUTCH)
    assert account.sandbox.profile(first)["external_key"] == ""
    others = [one["fields"] for one in account.sandbox.profiles("SEOshop") if int(one["ID"]) != first]
    assert sorted(fields["external_key"] for fields in others) == ["7:1", "7:2", "7:9"]


def test_beside_leaves_all_profiles_as_they_are(account: Account) -> None:
    (there,) = database_with(account, {"Email": "person1@example.com", "newsletter": "no"})
    account.send(customer(1), existing_people="beside", mapping=DUTCH)
    assert account.sandbox.profile(there)["external_key"] == ""
    assert len(account.sandbox.profiles("SEOshop")) == 2
