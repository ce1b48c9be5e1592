"""The lists of those who unsubscribed or complained, and the admin call that makes both."""

import json
from typing import Any

import pytest

from .conftest import Account

KINDS = ("unsubscribes", "abuses")
NO = {"behavior": "update", "fields": {"newsletter": "no"}}


@pytest.fixture
def people(account: Account) -> list[int]:
    """Three people in a database that says `no` on an unsubscribe."""
    database = account.database(email="email", newsletter="text")
    account.put(f"database/{database}/unsubscribe", NO)
    return [account.profile(database, email=f"{name}@example.com", newsletter="yes") for name in "abc"]


def opt_out(account: Account, number: int, **body: Any) -> int:
    return account.http.post(f"/admin/copernica/profiles/{number}/unsubscribe", json=body).status_code


def listed(account: Account, path: str, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = account.get(path, **query)["data"]
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("system", ["ms", "publisher"])
def test_it_stands_in_its_own_list_only_and_is_carried_out(
    account: Account, people: list[int], system: str, kind: str
) -> None:
    assert opt_out(account, people[0], system=system, kind=kind) == 200
    assert account.fields_of(people[0])["newsletter"] == "no"
    assert account.fields_of(people[1])["newsletter"] == "yes"
    full = {
        f"{side}/{name}"
        for side in ("ms", "publisher")
        for name in KINDS
        if listed(account, f"{side}/{name}")
    }
    assert full == {f"{system}/{kind}"}


def test_the_marketing_suite_names_the_profile_by_mailing_only(account: Account, people: list[int]) -> None:
    opt_out(account, people[1])
    (row,) = listed(account, "ms/unsubscribes")
    assert (row["mailing"], row["source"]) == ("1", "link")
    assert "profile" not in row
    assert "success" not in row
    (row,) = listed(account, "ms/emailing/1/unsubscribes")
    assert (row["profile"], row["subprofile"], row["success"]) == (str(people[1]), None, True)
    assert "No entity" in account.refusal("GET", "ms/emailing/2/unsubscribes")


def test_publisher_names_the_profile(account: Account, people: list[int]) -> None:
    opt_out(account, people[1], system="publisher", kind="abuses")
    (row,) = listed(account, "publisher/abuses")
    assert (row["profile"], row["emailing"], row["feedback_type"]) == (str(people[1]), "1", "abuse")
    assert "source" not in row


def test_the_times_of_a_look(account: Account, people: list[int]) -> None:
    """The Marketing Suite takes two parameters, Publisher conditions; Copernica's own clock counts."""
    for number in people:
        opt_out(account, number)
        opt_out(account, number, system="publisher")
        account.later(3600)
    at = [row["timestamp"] for row in listed(account, "ms/unsubscribes")]
    assert at == ["2026-11-02 10:00:00", "2026-11-02 11:00:00", "2026-11-02 12:00:00"]
    later = listed(account, "ms/unsubscribes", begintime=at[0])
    assert [row["timestamp"] for row in later] == at[1:]
    between = listed(account, "ms/unsubscribes", begintime=at[0], endtime=at[2])
    assert [row["timestamp"] for row in between] == at[1:2]
    for condition, left in (
        (f"timestamp>{at[0]}", 2),
        (f"timestamp>={at[0]}", 3),
        (f"timestamp<={at[1]}", 2),
    ):
        assert len(listed(account, "publisher/unsubscribes", fields=condition)) == left
    assert len(listed(account, "publisher/unsubscribes", fields="when>2030-01-01")) == 3  # ignored


def test_a_list_has_pages(account: Account, people: list[int]) -> None:
    for number in people:
        opt_out(account, number)
    assert [row["ID"] for row in listed(account, "ms/unsubscribes", start=1, limit=1)] == ["2"]
    assert listed(account, "ms/unsubscribes", start=3) == []
    assert len(listed(account, "ms/unsubscribes", limit=5000)) == 3


def test_a_profile_that_is_removed_by_it_stays_in_the_list(account: Account, people: list[int]) -> None:
    account.put("database/1/unsubscribe", {"behavior": "remove"})
    opt_out(account, people[0])
    assert account.get(f"profile/{people[0]}")["removed"]
    assert [row["profile"] for row in listed(account, "ms/emailing/1/unsubscribes")] == [str(people[0])]


def test_an_unsubscribe_by_the_api_is_in_no_list(account: Account, people: list[int]) -> None:
    """It carries out the behaviour; who is in the lists opted out of a mailing."""
    account.put(f"profile/{people[0]}/unsubscribe", {})
    assert account.fields_of(people[0])["newsletter"] == "no"
    assert listed(account, "ms/unsubscribes") == []


def test_what_there_is_not_is_refused(account: Account, people: list[int]) -> None:
    assert opt_out(account, people[0], kind="opens") == 400
    assert opt_out(account, people[0], system="post") == 400
    assert opt_out(account, 99) == 404
    assert "Invalid method" in account.refusal("GET", "ms/nothing-of-the-kind")
    raw = account.http.post(f"/admin/copernica/profiles/{people[0]}/unsubscribe", content=json.dumps([1]))
    assert raw.status_code == 400
    assert listed(account, "ms/unsubscribes") == []
