"""Subprofiles (docs/api/copernica.md, section 7)."""

from dataclasses import dataclass

import pytest

from .conftest import Account


@dataclass
class Shop:
    database: int
    collection: int
    profile: int
    path: str


@pytest.fixture
def shop(account: Account) -> Shop:
    database = account.database(name="text")
    collection = account.collection(database, key={"type": "text", "index": True}, total="float")
    profile = account.profile(database, name="a")
    return Shop(database, collection, profile, f"profile/{profile}/subprofiles/{collection}")


def test_post_takes_a_flat_body(account: Account, shop: Shop) -> None:
    subprofile = account.post(shop.path, {"key": "k", "total": 79.95})
    shown = account.get(f"subprofile/{subprofile}")
    assert shown["fields"] == {"key": "k", "total": "79.95"}
    assert (shown["profile"], shown["collection"]) == (str(shop.profile), str(shop.collection))
    wrapped = account.post(shop.path, {"fields": {"key": "k"}})
    assert account.get(f"subprofile/{wrapped}/fields") == {"key": "", "total": "0"}


def test_unknown_collection_under_a_profile(account: Account, shop: Shop) -> None:
    assert (
        account.refusal("POST", f"profile/{shop.profile}/subprofiles/99", {})
        == "Subprofile could not be created"
    )


def test_subprofile_can_be_added_to_a_removed_profile(account: Account, shop: Shop) -> None:
    account.call("DELETE", f"profile/{shop.profile}")
    subprofile = account.post(shop.path, {"key": "k"})
    assert account.get(f"subprofile/{subprofile}")["removed"] is False


def test_put_changes_all_of_this_profile_that_match_and_no_other(account: Account, shop: Shop) -> None:
    other = account.profile(shop.database)
    mine = account.post(shop.path, {"key": "k"})
    theirs = account.post(f"profile/{other}/subprofiles/{shop.collection}", {"key": "k"})
    account.put(shop.path, {"total": 5}, fields="key==k")
    assert account.get(f"subprofile/{mine}/fields")["total"] == "5"
    assert account.get(f"subprofile/{theirs}/fields")["total"] == "0"


def test_put_with_an_unknown_field_changes_all_subprofiles_of_the_profile(
    account: Account, shop: Shop
) -> None:
    made = [account.post(shop.path, {"key": key}) for key in "ab"]
    account.put(shop.path, {"total": 5}, fields="bogus==a")
    assert [account.get(f"subprofile/{one}/fields")["total"] for one in made] == ["5", "5"]


def test_put_refuses_what_cannot_be_read_as_a_condition(account: Account, shop: Shop) -> None:
    account.refusal("PUT", shop.path, {"total": 5}, fields="bogus")
    assert account.refusal("PUT", shop.path, {"total": 5}) == "URL parameter fields is required"


def test_put_with_create_makes_one_and_tells_its_id_but_not_under_the_switch(
    account: Account, shop: Shop
) -> None:
    made = account.put(shop.path, {"key": "k"}, fields="key==k", create=1)
    assert account.get(f"subprofile/{made.headers['X-Created']}/fields")["key"] == "k"
    account.switch(put_answer="303")
    made = account.put(shop.path, {"key": "l"}, fields="key==l", create=1)
    assert (made.status_code, "X-Created" in made.headers) == (303, False)


def test_put_by_id_hits_one_and_under_the_switch_all(account: Account, shop: Shop) -> None:
    made = [account.post(shop.path, {"key": key}) for key in "ab"]
    account.put(shop.path, {"total": 1}, fields=f"id=={made[0]}")
    assert [account.get(f"subprofile/{one}/fields")["total"] for one in made] == ["1", "0"]
    account.switch(subprofile_put_by_id="unknown")
    account.put(shop.path, {"total": 2}, fields=f"id=={made[0]}")
    assert [account.get(f"subprofile/{one}/fields")["total"] for one in made] == ["2", "2"]


def test_list_of_one_profile_takes_conditions_and_under_the_switch_not(account: Account, shop: Shop) -> None:
    for key in "ab":
        account.post(shop.path, {"key": key})
    assert account.get(shop.path, fields="key==a")["total"] == 1
    account.switch(profile_subprofiles_fields="ignored")
    assert account.get(shop.path, fields="key==a")["total"] == 2


def test_list_over_all_profiles_and_its_ids(account: Account, shop: Shop) -> None:
    made = [account.post(shop.path, {"key": key}) for key in "ab"]
    path = f"collection/{shop.collection}/subprofiles"
    assert account.get(path, fields="key==B")["data"][0]["profile"] == str(shop.profile)
    assert set(account.get(path, dataonly="true")["data"][0]) == {
        "ID",
        "fields",
        "profile",
        "collection",
        "modified",
    }
    assert account.get(f"collection/{shop.collection}/subprofileids") == [str(one) for one in made]


def test_put_on_a_collection_takes_both_forms_of_the_body(account: Account, shop: Shop) -> None:
    made = account.post(shop.path, {"key": "a"})
    path = f"collection/{shop.collection}/subprofiles"
    for total, body in (("1", {"total": 1}), ("2", {"fields": {"total": 2}})):
        account.put(path, body, fields="key==a")
        assert account.get(f"subprofile/{made}/fields")["total"] == total


def test_one_is_changed_flat_and_wrapped(account: Account, shop: Shop) -> None:
    made = account.post(shop.path, {"key": "a"})
    account.put(f"subprofile/{made}/fields", {"total": 1})
    account.put(f"subprofile/{made}", {"fields": {"key": "b"}, "secret": "s"})
    shown = account.get(f"subprofile/{made}")
    assert (shown["fields"], shown["secret"]) == ({"key": "b", "total": "1"}, "s")


def test_one_is_removed_once(account: Account, shop: Shop) -> None:
    made = account.post(shop.path, {"key": "a"})
    answer = account.call("DELETE", f"subprofile/{made}")
    assert (answer.status_code, answer.headers["X-deleted"]) == (204, f"subprofile {made}")
    assert account.refusal("DELETE", f"subprofile/{made}") == "This subprofile has already been removed"
    assert account.get(f"subprofile/{made}")["fields"] == {"key": "", "total": ""}
    assert account.put(f"subprofile/{made}/fields", {"key": "x"}).status_code == 204
