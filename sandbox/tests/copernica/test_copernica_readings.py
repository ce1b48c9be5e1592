"""What is unknown of Copernica, each under both readings (docs/api/copernica.md, section 18)."""

from dataclasses import replace

import pytest

from .conftest import Account


@pytest.fixture
def database(account: Account) -> int:
    """One person with an order, an interest that is off, and a locked field."""
    database = account.post("databases", {"name": "People"})
    account.post(f"database/{database}/fields", {"name": "name", "type": "text", "length": 50})
    account.post(f"database/{database}/fields", {"name": "ours", "type": "text", "lock": True})
    account.post(f"database/{database}/interests", {"name": "Tennis", "group": ""})
    collection = account.post(f"database/{database}/collections", {"name": "Orders"})
    account.post(f"collection/{collection}/fields", {"name": "status", "type": "text"})
    person = account.post(f"database/{database}/profiles", {"fields": {"name": "Anna", "ours": "1"}})
    account.post(f"profile/{person}/subprofiles/{collection}", {"status": "new"})
    account.context.clock.advance(60)
    return database


def admin(account: Account, path: str, **body: object) -> None:
    assert account.http.post(f"/admin/copernica/{path}", json=body).status_code == 200


@pytest.mark.parametrize(("reading", "status"), [("capped", 200), ("400", 400)])
def test_more_than_a_thousand_rows(account: Account, database: int, reading: str, status: int) -> None:
    account.switch(rows_above_1000=reading)
    for kind in ("profiles", "profileids"):
        assert account.call("GET", f"database/{database}/{kind}", limit=1001).status_code == status
        assert account.call("GET", f"database/{database}/{kind}", limit=1000).status_code == 200


@pytest.mark.parametrize("reading", ["204", "202"])
def test_a_call_that_is_carried_out_later(account: Account, database: int, reading: str) -> None:
    account.switch(async_answer=reading)
    body = {"fields": {"name": "Ben"}}
    path = f"database/{database}/profiles"
    answer = account.call("PUT", path, body, **{"fields": ["name==Ben"], "create": "true", "async": "true"})
    assert (answer.status_code, "X-Created" in answer.headers) == (int(reading), False)
    assert account.get(path)["total"] == 2


@pytest.mark.parametrize(("reading", "refused"), [("none", 0), ("10", 5)])
def test_too_many_calls_in_a_second(account: Account, database: int, reading: str, refused: int) -> None:
    account.switch(rate_limit=reading)
    account.context.clock.advance(1)
    answers = [account.call("GET", f"database/{database}") for _ in range(15)]
    late = [answer for answer in answers if answer.status_code == 429]
    assert len(late) == refused
    assert all(answer.headers["Retry-After"] == "1" for answer in late)
    account.context.clock.advance(1)
    assert account.call("GET", f"database/{database}").status_code == 200


@pytest.mark.parametrize("reading", ["403", "401", "400"])
def test_a_token_that_may_only_read(account: Account, database: int, reading: str) -> None:
    account.switch(missing_right=reading)
    account.context.settings = replace(account.context.settings, may_write=False)
    answer = account.call("POST", f"database/{database}/profiles", {"fields": {"name": "Ben"}})
    assert answer.status_code == int(reading)
    assert account.get(f"database/{database}/profiles")["total"] == 1


@pytest.mark.parametrize(("reading", "status"), [("removed", 200), ("gone", 400)])
def test_what_is_removed_by_hand(account: Account, database: int, reading: str, status: int) -> None:
    account.switch(interface_removal=reading)
    admin(account, "subprofiles/1/remove")
    assert account.call("GET", "subprofile/1").status_code == status
    admin(account, "profiles/1/remove")
    assert account.call("GET", "profile/1").status_code == status
    assert account.get(f"database/{database}/profiles")["total"] == 0


@pytest.mark.parametrize(("reading", "stored"), [("converted", "0"), ("kept", "Anna")])
def test_a_field_gets_another_type(account: Account, database: int, reading: str, stored: str) -> None:
    account.switch(retyped_values=reading)
    admin(account, f"databases/{database}/fields/name/retype", type="integer")
    assert account.get("profile/1")["fields"]["name"] == stored
    assert account.get(f"database/{database}/fields")["data"][0]["type"] == "integer"


def test_a_field_gets_shorter(account: Account, database: int) -> None:
    admin(account, f"databases/{database}/fields/name/retype", type="text", length=2)
    assert account.get("profile/1")["fields"]["name"] == "An"


@pytest.mark.parametrize(("reading", "status"), [("idle", 201), ("refuse", 400)])
def test_doubles_are_blocked(account: Account, database: int, reading: str, status: int) -> None:
    account.switch(restrictions=reading)
    admin(account, f"databases/{database}/fields/name/block_doubles")
    path = f"database/{database}/profiles"
    assert account.call("POST", path, {"fields": {"name": "anna"}}).status_code == status
    assert account.call("POST", path, {"fields": {"name": ""}}).status_code == 201
    assert account.call("PUT", "profile/1", {"fields": {"name": "Anna", "ours": "2"}}).status_code == 204


@pytest.mark.parametrize("reading", ["no", "yes"])
def test_what_moves_modified(account: Account, database: int, reading: str) -> None:
    account.switch(interests_move_modified=reading, subprofiles_move_modified=reading)
    stamps = [account.get("profile/1")["modified"]]
    for path, body in (
        ("profile/1/interests", {"Tennis": 1}),
        ("profile/1/subprofiles/1", {"status": "b"}),
        ("subprofile/1/fields", {"status": "paid"}),
    ):
        account.context.clock.advance(60)
        account.call("PUT" if "fields" in path else "POST", path, body)
        stamps.append(account.get("profile/1")["modified"])
    assert len(set(stamps)) == (4 if reading == "yes" else 1)
    assert account.get(f"database/{database}/profiles")["total"] == 1


@pytest.mark.parametrize(("reading", "value"), [("taken", "2"), ("ignored", "1")])
def test_a_locked_field(account: Account, database: int, reading: str, value: str) -> None:
    account.switch(locked_field_values=reading)
    account.put("profile/1/fields", {"ours": "2", "name": "Bo"})
    found = account.get(f"database/{database}/profiles")["data"][0]["fields"]
    assert (found["name"], found["ours"]) == ("Bo", value)
