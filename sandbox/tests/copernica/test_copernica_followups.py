"""Which follow-ups would have run (docs/api/copernica.md, section 13), and what the admin calls show."""

import json
from typing import Any

import pytest

from sandbox import copernica

from .conftest import Account


@pytest.fixture
def database(account: Account) -> int:
    database = account.database(external_key={"type": "text", "index": True}, name="text", n="integer")
    account.collection(database, "Orders", external_key="text", total="float")
    return database


def told(note: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(note[name] for name in names)


def test_each_write_notes_its_trigger_and_its_route(account: Account, database: int) -> None:
    profile = account.profile(database, external_key="42:7", name="a")
    account.put(f"profile/{profile}/fields", {"name": "b"})
    subprofile = account.post(f"profile/{profile}/subprofiles/Orders", {"external_key": "42:9"})
    account.put(f"subprofile/{subprofile}/fields", {"total": 5})
    account.call("DELETE", f"subprofile/{subprofile}")
    notes = account.followups()
    assert [told(note, "trigger", "route", "runs", "fields", "key") for note in notes] == [
        ("profile created", "post", True, ["external_key", "name"], "42:7"),
        ("profile changed", "put", True, ["name"], "42:7"),
        ("subprofile created", "post", True, ["external_key"], "42:9"),
        ("subprofile changed", "put", True, ["total"], "42:9"),
        ("subprofile removed", "delete", True, [], "42:9"),
    ]
    assert [
        told(note, "database", "collection", "profile", "subprofile", "import") for note in notes[1:3]
    ] == [
        (database, None, profile, None, None),
        (database, 1, profile, subprofile, None),
    ]
    assert account.followups(since=notes[2]["seq"]) == notes[3:]


def test_write_that_changes_nothing_notes_nothing(account: Account, database: int) -> None:
    profile = account.profile(database, name="a", n=-1)
    before = len(account.followups())
    account.put(f"profile/{profile}/fields", {"name": "a", "n": -1.9, "bogus": 1})
    account.call("DELETE", f"profile/{profile}")
    account.put(f"profile/{profile}/fields", {"name": "b"})
    assert len(account.followups()) == before


@pytest.mark.parametrize("runs", [False, True])
def test_import_notes_whether_they_run(account: Account, database: int, runs: bool) -> None:  # noqa: FBT001
    rows = [{"external_key": "a", "Orders.external_key": "o"}]
    keys = ["external_key", "Orders.external_key"]
    body = {
        "database": database,
        "action": "update or add",
        "keyFields": keys,
        "source": rows,
        "followups": runs,
    }
    new_id = account.post("imports", body)
    account.later(3600)
    assert [told(note, "trigger", "route", "runs", "import", "key") for note in account.followups()] == [
        ("profile created", "import", runs, new_id, "a"),
        ("subprofile created", "import", runs, new_id, "o"),
    ]


def test_edit_by_hand_counts_as_one_in_the_interface(account: Account, database: int) -> None:
    profile = account.profile(database, name="a")
    answer = account.http.post(f"/admin/copernica/profiles/{profile}/fields", json={"name": "b"})
    assert answer.json() == {"changed": ["name"]}
    assert told(account.followups()[-1], "trigger", "route") == ("profile changed", "interface")
    assert account.fields_of(profile)["name"] == "b"


def test_removal_by_hand_takes_the_subprofiles_along(account: Account, database: int) -> None:
    profile = account.profile(database)
    account.post(f"profile/{profile}/subprofiles/Orders", {})
    account.http.post(f"/admin/copernica/profiles/{profile}/remove")
    assert account.get(f"database/{database}/profileids") == []
    assert account.get("collection/1/subprofileids") == []


def test_admin_lists_hold_all_records_removed_ones_too_in_the_apis_form(
    account: Account, database: int
) -> None:
    profiles = [account.profile(database, name="é") for _ in range(2)]
    subprofile = account.post(f"profile/{profiles[0]}/subprofiles/Orders", {"total": 1})
    account.call("DELETE", f"profile/{profiles[1]}")
    lines = account.http.get(f"/admin/copernica/databases/{database}/profiles").text.splitlines()
    assert [json.loads(line) for line in lines] == [account.get(f"profile/{profile}") for profile in profiles]
    lines = account.http.get("/admin/copernica/collections/1/subprofiles").text.splitlines()
    assert [json.loads(line) for line in lines] == [account.get(f"subprofile/{subprofile}")]


def test_field_deleted_by_hand_is_gone(account: Account, database: int) -> None:
    profile = account.profile(database, name="a")
    account.http.post(f"/admin/copernica/databases/{database}/fields/name/delete")
    assert "name" not in account.fields_of(profile)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("profiles/99/remove", {}, 404),
        ("databases/1/fields/bogus/rename", {"name": "x"}, 404),
        ("databases/1/fields/name/rename", {}, 400),
        ("profiles/1/fields", [], 400),
    ],
)
def test_admin_call_that_makes_no_sense_says_so(
    account: Account, database: int, path: str, body: Any, status: int
) -> None:
    account.profile(database)
    answer = account.http.post(f"/admin/copernica/{path}", json=body)
    assert (answer.status_code, "error" in answer.json()) == (status, True)


def test_status_counts_what_is_there(account: Account, database: int) -> None:
    account.call("DELETE", f"profile/{account.profile(database)}")
    profile = account.profile(database)
    account.post(f"profile/{profile}/subprofiles/Orders", {})
    assert copernica.status(account.context) == {
        "databases": [
            {
                "id": database,
                "name": "Shop",
                "profiles": 1,
                "collections": [{"id": 1, "name": "Orders", "subprofiles": 1}],
            }
        ]
    }
