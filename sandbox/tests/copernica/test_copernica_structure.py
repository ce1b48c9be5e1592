"""Databases, fields, collections, intentions, interests (docs/api/copernica.md, sections 3, 4 and 9)."""

import pytest

from .conftest import Account


def test_created_database_tells_its_id_and_address(account: Account) -> None:
    answer = account.call("POST", "databases", {"name": "Shop"})
    assert (answer.status_code, answer.content) == (201, b"")
    new_id = answer.headers["X-Created"]
    assert answer.headers["X-location"].endswith(f"/v4/database/{new_id}")


def test_database_is_found_by_id_and_by_name_without_case(account: Account) -> None:
    database = account.database("Shop")
    assert account.get("database/SHOP")["ID"] == account.get(f"database/{database}")["ID"] == str(database)


def test_collection_is_found_by_number_alone_but_under_a_profile_also_by_name(account: Account) -> None:
    database = account.database()
    account.collection(database, "Orders")
    profile = account.profile(database)
    assert account.refusal("GET", "collection/Orders") == "No collection with given ID"
    assert account.get(f"profile/{profile}/subprofiles/ORDERS")["total"] == 0


@pytest.mark.parametrize("path", ["databases", "database/1/fields", "database/1/collections"])
def test_name_in_use_is_refused_and_made_beside_under_the_switch(account: Account, path: str) -> None:
    account.database()
    account.post(path, {"name": "Same"})
    account.refusal("POST", path, {"name": "sAME"})
    account.switch(duplicate_name="beside")
    account.post(path, {"name": "sAME"})


def test_field_called_id_is_not_created_and_not_refused(account: Account) -> None:
    database = account.database()
    answer = account.call("POST", f"database/{database}/fields", {"name": "Id"})
    assert (answer.status_code, "X-Created" in answer.headers) == (201, False)
    assert account.get(f"database/{database}/fields")["total"] == 0


def test_number_and_date_fields_added_to_a_full_database_stand_at_zero(account: Account) -> None:
    database = account.database()
    old = account.profile(database)
    account.add_fields(
        f"database/{database}",
        number={"type": "integer", "value": "5"}, day="date", stamp="empty_datetime", word={"type": "text",
        "value": "x"},
    )  # fmt: skip
    assert account.fields_of(old) == {"number": "0", "day": "0000-00-00", "stamp": "", "word": ""}
    new = account.profile(database)
    assert account.fields_of(new) == {"number": "5", "day": "0000-00-00", "stamp": "", "word": "x"}
    assert account.get(f"database/{database}/profiles", fields="number==0")["total"] == 1


def test_added_field_holds_its_default_under_the_switch(account: Account) -> None:
    account.switch(added_field_values="default")
    database = account.database()
    old = account.profile(database)
    account.add_fields(f"database/{database}", number={"type": "integer", "value": "5", "index": True})
    assert account.fields_of(old) == {"number": "5"}
    assert account.get(f"database/{database}/profiles", fields="number==5")["total"] == 1


def test_one_email_field_per_database_and_per_collection(account: Account) -> None:
    database = account.database(email="email")
    account.refusal("POST", f"database/{database}/fields", {"name": "second", "type": "email"})
    account.collection(database, email="email")


def test_field_is_changed_and_deleted_by_id_and_by_name(account: Account) -> None:
    database = account.database(a="text", b="text")
    profile = account.profile(database, a="1", b="2")
    field = account.get(f"database/{database}/fields")["data"][0]["ID"]
    assert account.put(f"database/{database}/field/{field}", {"name": "renamed"}).status_code == 204
    assert account.fields_of(profile) == {"renamed": "1", "b": "2"}
    answer = account.call("DELETE", f"database/{database}/field/B")
    assert (answer.status_code, answer.headers["X-deleted"].split()[0]) == (204, "field")
    assert account.fields_of(profile) == {"renamed": "1"}
    assert account.refusal("PUT", f"database/{database}/field/b", {"name": "b"}) == "Failed to get the field"


def test_index_can_be_switched_on_later(account: Account) -> None:
    database = account.database(a="text")
    account.profile(database, a="x")
    account.put(f"database/{database}/field/a", {"name": "a", "index": True})
    assert account.get(f"database/{database}/fields")["data"][0]["index"] is True
    assert account.get(f"database/{database}/profiles", fields="a==X")["total"] == 1


def test_type_changed_later_leaves_stored_values_alone(account: Account) -> None:
    database = account.database(day="datetime")
    profile = account.profile(database)
    account.put(f"database/{database}/field/day", {"name": "day", "type": "empty_datetime"})
    assert account.fields_of(profile)["day"] == "0000-00-00 00:00:00"


def test_locked_field_cannot_be_renamed_by_hand(account: Account) -> None:
    account.database(a={"type": "text", "lock": True})
    assert (
        account.http.post("/admin/copernica/databases/1/fields/a/rename", json={"name": "b"}).status_code
        == 409
    )


def test_intention_stands_only_where_its_field_is(account: Account) -> None:
    database = account.database(email="email")
    account.put(f"database/{database}/intentions", {"email": True, "sms": True})
    assert account.get(f"database/{database}")["intentions"] == {
        "email": True,
        "sms": False,
        "fax": False,
        "pdf": False,
    }
    account.put(f"database/{database}/intentions", {"pdf": True})
    assert account.get(f"database/{database}")["intentions"]["email"] is True


def test_fields_of_a_collection_are_cut_at_100_inside_its_database(account: Account) -> None:
    database = account.database()
    collection = account.collection(database, **{f"f{number}": "text" for number in range(101)})
    shown = account.get(f"database/{database}")["collections"]["data"][0]["fields"]
    assert (shown["count"], shown["total"]) == (100, 101)
    assert account.get(f"collection/{collection}/fields", limit=1000)["count"] == 101


def test_interests_are_made_and_told(account: Account) -> None:
    database = account.database()
    interest = account.post(f"database/{database}/interests", {"name": "sale", "group": "Newsletter"})
    assert account.get(f"database/{database}/interests")["data"] == [
        {"ID": str(interest), "name": "sale", "group": "Newsletter"}
    ]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({}, [1, 2, 3, 4, 5]), ({"start": 3}, [4, 5]), ({"limit": 2}, [1, 2]),
        ({"start": 1, "limit": 2}, [2, 3]),
        ({"start": -1}, []), ({"limit": -1}, []), ({"orderby": "id", "order": "desc", "limit": 2}, [5, 4]),
        ({"orderby": "name", "limit": 3}, [5, 4, 3]), ({"orderby": "bogus", "limit": 2}, [1, 2]),
        ({"fields": "id>2", "limit": 2}, [3, 4]), ({"fields": ["id>=2", "id<4"]}, [2, 3]),
        ({"fields": "name>b"}, [1, 2, 3]),
    ],
)  # fmt: skip
def test_list_is_paged_ordered_and_filtered(
    account: Account, query: dict[str, object], ids: list[int]
) -> None:
    database = account.database(name="text")
    for name in "edcba":
        account.profile(database, name=name)
    found = account.get(f"database/{database}/profiles", **query)
    assert [int(row["ID"]) for row in found["data"]] == ids
    assert found["count"] == len(ids)


def test_list_tells_total_unless_asked_off_and_nextid_when_walked_by_id(account: Account) -> None:
    database = account.database()
    for _ in range(3):
        account.profile(database)
    path = f"database/{database}/profiles"
    assert account.get(path, limit=2)["total"] == 3
    assert "total" not in account.get(path, total="false")
    assert account.get(path, total="no").get("total") is None
    assert account.get(path, limit=2, orderby="id")["nextid"] == "3"
    assert "nextid" not in account.get(path, limit=3, orderby="id")
    assert account.get(path, limit=5000)["limit"] == 1000
