"""What happens on an unsubscribe: nothing, a field changes, or the profile goes."""

import pytest

from .conftest import Account

NO = {"behavior": "update", "fields": {"newsletter": "no"}}


@pytest.fixture
def people(account: Account) -> tuple[int, list[int]]:
    """A database with three people who want the newsletter, and an order each."""
    database = account.post("databases", {"name": "People"})
    for name in ("name", "newsletter"):
        account.post(f"database/{database}/fields", {"name": name, "type": "text"})
    collection = account.post(f"database/{database}/collections", {"name": "Orders"})
    account.post(f"collection/{collection}/fields", {"name": "news", "type": "text"})
    wanted = {"newsletter": "yes"}
    ids = [
        account.post(f"database/{database}/profiles", {"fields": {"name": name, **wanted}}) for name in "abc"
    ]
    for number in ids:
        account.post(f"profile/{number}/subprofiles/{collection}", {"news": "yes"})
    return database, ids


def wanting(account: Account, database: int) -> list[str]:
    found = account.get(f"database/{database}/profiles")["data"]
    return [one["fields"]["newsletter"] for one in found]


def test_nothing_happens_unless_it_is_set(account: Account, people: tuple[int, list[int]]) -> None:
    database, (first, *_) = people
    assert account.get(f"database/{database}/unsubscribe") == {"behavior": "nothing", "fields": []}
    assert account.put(f"profile/{first}/unsubscribe", {}).status_code == 204
    assert wanting(account, database) == ["yes"] * 3


def test_a_field_changes(account: Account, people: tuple[int, list[int]]) -> None:
    """And `modified` with it."""
    database, (first, second, _) = people
    account.put(f"database/{database}/unsubscribe", NO)
    assert account.get(f"database/{database}/unsubscribe") == NO
    account.put(f"database/{database}/unsubscribe", {"behaviour": "remove"})  # another word sets nothing
    before = account.get(f"profile/{first}")["modified"]
    account.context.clock.advance(60)
    account.put(f"profile/{first}/unsubscribe", {})
    assert wanting(account, database) == ["no", "yes", "yes"]
    assert account.get(f"profile/{first}")["modified"] > before
    account.put(f"database/{database}/unsubscribes", {}, fields=[f"ID=={second}"])
    assert wanting(account, database) == ["no", "no", "yes"]


def test_a_condition_that_is_not_understood_unsubscribes_everybody(
    account: Account, people: tuple[int, list[int]]
) -> None:
    database, _ = people
    account.put(f"database/{database}/unsubscribe", NO)
    assert account.put(f"database/{database}/unsubscribes", {}).status_code == 400
    account.put(f"database/{database}/unsubscribes", {}, fields=["nmae==a"])
    assert wanting(account, database) == ["no"] * 3


def test_the_profile_goes_with_its_subprofiles(account: Account, people: tuple[int, list[int]]) -> None:
    database, (first, *_) = people
    account.put(f"database/{database}/unsubscribe", {"behavior": "remove", "fields": {"newsletter": "no"}})
    account.put(f"profile/{first}/unsubscribe", {})
    account.put(f"profile/{first}/unsubscribe", {})  # once more changes nothing
    assert account.get(f"profile/{first}")["removed"]
    assert len(account.get("collection/1/subprofiles")["data"]) == 2


@pytest.mark.parametrize(
    ("behavior", "left"), [(NO, ["no", "yes", "yes"]), ({"behavior": "remove"}, ["yes"] * 2)]
)
def test_a_subprofile_follows_its_collection(
    account: Account, people: tuple[int, list[int]], behavior: dict[str, object], left: list[str]
) -> None:
    """Whatever is set for the database."""
    database, (first, *_) = people
    account.put(f"database/{database}/unsubscribe", {"behavior": "remove"})
    account.put("collection/1/unsubscribe", behavior | {"fields": {"news": "no"}})
    number = account.get(f"profile/{first}/subprofiles/1")["data"][0]["ID"]
    account.put(f"subprofile/{number}/unsubscribe", {})
    assert [one["fields"]["news"] for one in account.get("collection/1/subprofiles")["data"]] == left
    account.put("collection/1/unsubscribes", {}, fields=["news==yes"])
    found = [one["fields"]["news"] for one in account.get("collection/1/subprofiles")["data"]]
    assert set(found) <= {"no"}
    assert wanting(account, database) == ["yes"] * 3


def test_what_cannot_be_set_is_refused(account: Account, people: tuple[int, list[int]]) -> None:
    database, _ = people
    account.refusal("PUT", f"database/{database}/unsubscribe", {"behavior": "delete"})
    account.refusal("PUT", "profile/999/unsubscribe", {})
    assert account.get(f"database/{database}/unsubscribe")["behavior"] == "nothing"
