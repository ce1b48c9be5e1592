"""Profiles (docs/api/copernica.md, sections 2, 5 and 6)."""

import pytest

from .conftest import Account


def test_post_always_makes_a_new_profile(account: Account) -> None:
    database = account.database(key="text")
    assert account.profile(database, key="a") != account.profile(database, key="a")


def test_values_come_back_as_strings_and_defaults_fill_in(account: Account) -> None:
    database = account.database(
        n={"type": "integer", "value": "7"},
        f="float",
        d="empty_date",
        s={"type": "select", "value": "no*\nyes"},
    )
    profile = account.profile(database, f=2.5)
    assert account.fields_of(profile) == {"n": "7", "f": "2.5", "d": "", "s": "no"}


def test_null_empties_and_a_missing_property_stays(account: Account) -> None:
    database = account.database(a="text", b="text", n="integer")
    profile = account.profile(database, a="1", b="2", n=3)
    account.put(f"profile/{profile}/fields", {"a": None, "n": ""})
    assert account.fields_of(profile) == {"a": "", "b": "2", "n": "0"}


def test_unknown_field_names_are_ignored_and_names_have_no_case(account: Account) -> None:
    database = account.database(Name="text")
    profile = account.post(
        f"database/{database}/profiles", {"fields": {"bogus": 1, "name": "a", "NAME": "b"}}
    )
    assert account.fields_of(profile) == {"Name": "b"}


def test_empty_post_and_misspelt_fields_make_an_empty_profile(account: Account) -> None:
    database = account.database(a="text")
    for body in ({}, {"FIELDS": {"a": "x"}}):
        assert account.fields_of(account.post(f"database/{database}/profiles", body)) == {"a": ""}


@pytest.mark.parametrize("body", [{"fields": "x"}, {"fields": [1]}, [1]])
def test_fields_that_is_no_object_is_refused_for_many_and_ignored_for_one(
    account: Account, body: object
) -> None:
    database = account.database(a="text")
    profile = account.profile(database, a="x")
    assert account.refusal("POST", f"database/{database}/profiles", body) == "Invalid data provided"
    assert account.put(f"profile/{profile}", body).status_code == 204
    assert account.fields_of(profile) == {"a": "x"}


def test_form_bodies_are_read_as_well(account: Account) -> None:
    database = account.database(a="text", n="integer")
    path = f"/copernica/v4/database/{database}/profiles"
    answer = account.http.post(path, data={"fields[a]": "x", "fields[n]": "4"})
    assert account.fields_of(int(answer.headers["X-Created"])) == {"a": "x", "n": "4"}


def test_modified_moves_only_when_a_stored_value_really_changes(account: Account) -> None:
    database = account.database(n="integer", f="float")
    profile = account.profile(database, n=-1, f="12.5")
    before = account.get(f"profile/{profile}")["modified"]
    account.later(60)
    account.put(f"profile/{profile}/fields", {"n": -1.9, "f": "12.50"})
    account.put(f"profile/{profile}", {"secret": "new"})
    assert account.get(f"profile/{profile}")["modified"] == before
    account.put(f"profile/{profile}/fields", {"n": -2})
    assert account.get(f"profile/{profile}")["modified"] > before


def test_stamps_are_in_amsterdam(account: Account) -> None:
    assert account.get(f"profile/{account.profile(account.database())}")["created"] == "2026-11-02 10:00:00"


def test_secret_is_28_hex_digits_and_loses_what_is_not_ascii(account: Account) -> None:
    profile = account.profile(account.database())
    assert len(account.get(f"profile/{profile}")["secret"]) == 28
    account.put(f"profile/{profile}", {"secret": "né"})
    assert account.get(f"profile/{profile}")["secret"] == "n?"


def test_removed_profile_is_in_no_list_but_can_be_read_empty(account: Account) -> None:
    database = account.database(key={"type": "text", "index": True})
    profile = account.profile(database, key="a")
    modified = account.get(f"profile/{profile}")["modified"]
    account.later(60)
    answer = account.call("DELETE", f"profile/{profile}")
    assert (answer.status_code, answer.headers["X-deleted"]) == (204, f"profile {profile}")
    assert account.get(f"database/{database}/profiles")["total"] == 0
    assert account.get(f"database/{database}/profiles", fields="key==a")["total"] == 0
    shown = account.get(f"profile/{profile}")
    assert (shown["removed"], shown["fields"], shown["modified"]) == (
        "2026-11-02 10:01:00",
        {"key": ""},
        modified,
    )
    assert account.refusal("DELETE", f"profile/{profile}") == "This profile has already been removed"


def test_put_to_a_removed_profile_succeeds_and_does_nothing(account: Account) -> None:
    profile = account.profile(account.database(a="text"), a="x")
    account.call("DELETE", f"profile/{profile}")
    assert account.put(f"profile/{profile}/fields", {"a": "y"}).status_code == 204
    assert account.fields_of(profile) == {"a": ""}


def test_completely_deleted_profile_is_unknown(account: Account) -> None:
    profile = account.profile(account.database())
    assert account.call("DELETE", f"profile/{profile}", {"completely": "Yes"}).status_code == 204
    assert account.refusal("GET", f"profile/{profile}") == "No entity with supplied ID"


def test_removing_a_profile_removes_its_subprofiles(account: Account) -> None:
    database = account.database()
    collection = account.collection(database, a="text")
    profile = account.profile(database)
    subprofile = account.post(f"profile/{profile}/subprofiles/{collection}", {"a": "x"})
    account.call("DELETE", f"profile/{profile}")
    assert account.get(f"subprofile/{subprofile}")["removed"]
    assert account.get(f"collection/{collection}/subprofiles")["total"] == 0


def test_many_are_removed_by_a_list(account: Account) -> None:
    database = account.database()
    first, second, kept = (account.profile(database) for _ in range(3))
    assert (
        account.call("DELETE", f"database/{database}/profiles", {"profiles": [first, second]}).status_code
        == 204
    )
    assert account.get(f"database/{database}/profileids") == [str(kept)]


def test_put_on_many_needs_the_parameter(account: Account) -> None:
    account.database()
    assert account.refusal("PUT", "database/1/profiles", {"fields": {}}) == "URL parameter fields is required"


def test_put_on_many_changes_all_that_match(account: Account) -> None:
    database = account.database(key={"type": "text", "index": True}, a="text")
    twins = [account.profile(database, key="same") for _ in range(2)]
    account.put(f"database/{database}/profiles", {"fields": {"a": "x"}}, fields="key==same")
    assert [account.fields_of(twin)["a"] for twin in twins] == ["x", "x"]


def test_put_on_many_that_matches_none_succeeds_and_does_nothing(account: Account) -> None:
    database = account.database(key="text")
    answer = account.put(f"database/{database}/profiles", {"fields": {"key": "b"}}, fields="key==a")
    assert (answer.status_code, account.get(f"database/{database}/profileids")) == (204, [])


def test_put_with_create_makes_one_from_the_body_alone_and_forgets_the_key(account: Account) -> None:
    database = account.database(key="text", a="text")
    answer = account.put(f"database/{database}/profiles", {"fields": {"a": "x"}}, fields="key==k", create=1)
    assert answer.status_code == 201
    profile = int(answer.headers["X-Created"])
    assert answer.headers["X-location"].endswith(f"/v4/profile/{profile}")
    assert account.fields_of(profile) == {"key": "", "a": "x"}


def test_put_by_id_with_create_makes_a_removed_profile_anew(account: Account) -> None:
    database = account.database(key="text")
    profile = account.profile(database, key="k")
    account.call("DELETE", f"profile/{profile}")
    answer = account.put(
        f"database/{database}/profiles", {"fields": {"key": "k"}}, fields=f"id=={profile}", create=1
    )
    assert int(answer.headers["X-Created"]) != profile


def test_put_answers_with_303_under_the_switch(account: Account) -> None:
    account.switch(put_answer="303")
    database = account.database(key="text")
    profile = account.profile(database, key="k")
    answer = account.put(f"profile/{profile}/fields", {"key": "x"})
    assert (answer.status_code, answer.headers["Location"].rsplit("/v4/")[1]) == (303, f"profile/{profile}")
    assert account.put(f"database/{database}/profiles", {}, fields="key==x").status_code == 200
    made = account.put(f"database/{database}/profiles", {}, fields="key==y", create=1)
    assert (made.status_code, "X-Created" in made.headers) == (303, True)


def test_over_long_text_is_refused_under_the_switch(account: Account) -> None:
    database = account.database(a={"type": "text", "length": 3})
    assert account.fields_of(account.profile(database, a="abcdef")) == {"a": "abc"}
    account.switch(over_long_text="400")
    account.refusal("POST", f"database/{database}/profiles", {"fields": {"a": "abcdef"}})
    assert len(account.get(f"database/{database}/profileids")) == 1


def test_interests_by_post_stay_and_by_put_are_switched_off(account: Account) -> None:
    database = account.database()
    for name in ("sale", "birthday"):
        account.post(f"database/{database}/interests", {"name": name})
    profile = account.post(f"database/{database}/profiles", {"interests": {"SALE": 1, "bogus": 1}})
    account.call("POST", f"profile/{profile}/interests", ["birthday"])
    assert account.get(f"profile/{profile}/interests") == ["sale", "birthday"]
    account.put(f"profile/{profile}/interests", ["birthday"])
    assert account.get(f"profile/{profile}")["interests"] == ["birthday"]
    assert account.get(f"profile/{profile}/interests", **{"return": "ids"}) == ["2"]


def test_everything_is_there_after_a_restart(account: Account) -> None:
    database = account.database(key={"type": "text", "index": True})
    profile = account.profile(database, key="a")
    before = account.get(f"profile/{profile}"), account.get(f"database/{database}"), account.followups()
    again = account.restarted()
    after = again.get(f"profile/{profile}"), again.get(f"database/{database}"), again.followups()
    assert after == before
    assert again.get(f"database/{database}/profiles", fields="key==A")["total"] == 1
