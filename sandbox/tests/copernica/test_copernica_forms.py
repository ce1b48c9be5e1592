"""The example bodies: each is taken, or comes back with the same keys in order, types and unset values."""

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import Account

EXAMPLES = next(
    folder
    for parent in Path(__file__).parents
    for folder in (parent / "tests/contract/examples/copernica",)
    if folder.is_dir()
)


def example(name: str) -> Any:
    return json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def form(body: Any) -> Any:
    """A body without its contents: keys in order and types; lists by the form of their first item."""
    if isinstance(body, dict):
        return [(key, form(value)) for key, value in body.items()]
    if isinstance(body, list):
        return [form(body[0])] if body else []
    return type(body).__name__


@pytest.fixture
def shop(account: Account) -> Account:
    """The account that the examples speak of, made from the examples."""
    database = account.post(
        "databases", example("database_create") | {"description": "Customers of the shop"}
    )
    for field in example("database_fields_list")["data"]:
        account.post(f"database/{database}/fields", field)
    collection = account.post(f"database/{database}/collections", example("collection_create"))
    for field in example("collection_fields_list")["data"]:
        account.post(f"collection/{collection}/fields", field)
    for interest in example("interests_list")["data"]:
        account.post(f"database/{database}/interests", interest)
    account.put(f"database/{database}/intentions", example("intentions_put"))
    for person in example("profiles_list")["data"]:
        account.post(
            f"database/{database}/profiles", {"fields": person["fields"], "interests": person["interests"]}
        )
    for order in example("subprofiles_list")["data"]:
        account.post(f"profile/1/subprofiles/{collection}", order["fields"])
    account.post("imports", example("import_create") | {"database": database})
    return account


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("identity", "identity"),
        ("consumption", "consumption"),
        ("database", "database/1"),
        ("database_fields_list", "database/1/fields"),
        ("collection", "collection/1"),
        ("collection_fields_list", "collection/1/fields"),
        ("interests_list", "database/1/interests"),
        ("profiles_list", "database/1/profiles?limit=2"),
        ("profiles_list_dataonly", "database/1/profiles?limit=1000&dataonly=true&total=false"),
        ("profile", "profile/1"),
        ("profile_fields", "profile/1/fields"),
        ("profile_interests", "profile/1/interests"),
        ("profileids", "database/1/profileids"),
        ("subprofiles_list", "collection/1/subprofiles"),
        ("subprofile", "subprofile/1"),
        ("subprofile_fields", "subprofile/1/fields"),
        ("subprofileids", "collection/1/subprofileids"),
        ("import", "import/1"),
    ],
)
def test_answer_has_the_form_of_the_example(shop: Account, name: str, path: str) -> None:
    assert form(shop.http.get(f"/copernica/v4/{path}").json()) == form(example(name))


def test_databases_and_collections_have_the_form_of_the_examples(shop: Account) -> None:
    assert form(shop.get("databases")) == form(example("databases_list"))
    assert form(shop.get("database/1/collections")) == form(example("collections_list"))


def test_values_of_the_examples_come_back_as_they_are(shop: Account) -> None:
    assert [row["fields"] for row in shop.get("database/1/profiles")["data"]] == [
        row["fields"] for row in example("profiles_list")["data"]
    ]
    orders = [row["fields"] for row in example("subprofiles_list")["data"]]
    assert [row["fields"] for row in shop.get("collection/1/subprofiles")["data"]] == orders
    assert shop.get("profile/1/interests") == example("profile_interests")


def test_removed_profile_and_subprofile_have_the_form_of_the_examples(shop: Account) -> None:
    shop.call("DELETE", "profile/1")
    assert form(shop.get("profile/1")) == form(example("profile_removed"))
    assert shop.get("profile/1")["fields"] == example("profile_removed")["fields"]
    assert form(shop.get("subprofile/1")) == form(example("subprofile_removed"))


def test_errors_have_the_form_of_the_examples(shop: Account) -> None:
    assert shop.call("GET", "database/99").json() == example("error_400")
    shop.http.headers["Authorization"] = "Bearer wrong"
    assert shop.call("GET", "identity").json() == example("error_invalid_token")


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("PUT", "database/1", "database_update"),
        ("PUT", "database/1/field/customer_id", "field_update"),
        ("PUT", "collection/1", "collection_update"),
        ("POST", "database/1/interests", "interest_create"),
        ("PUT", "interest/1", "interest_update"),
        ("POST", "database/1/profiles", "profile_create"),
        ("PUT", "profile/1", "profile_update"),
        ("PUT", "profile/1/fields", "profile_fields_update"),
        ("POST", "profile/1/interests", "profile_interests_post"),
        ("PUT", "profile/1/interests", "profile_interests_put"),
        ("PUT", "database/1/profiles?fields[]=id==1", "profiles_update"),
        ("DELETE", "database/1/profiles", "profiles_delete"),
        ("POST", "profile/1/subprofiles/1", "subprofile_create"),
        ("PUT", "subprofile/1", "subprofile_update"),
        ("PUT", "subprofile/1/fields", "subprofile_fields_update"),
    ],
)
def test_body_of_the_example_is_taken(shop: Account, method: str, path: str, name: str) -> None:
    shop.switch(duplicate_name="beside")
    answer = shop.http.request(method, f"/copernica/v4/{path}", json=example(name))
    assert answer.status_code == {"POST": 201, "PUT": 204, "DELETE": 204}[method], answer.text


def test_import_of_the_example_makes_its_orders(shop: Account) -> None:
    before = shop.get("collection/1/subprofiles")["total"]
    shop.post("imports", example("import_create_subprofiles") | {"database": 1, "name": "orders"})
    shop.later(3600)
    assert shop.get("collection/1/subprofiles")["total"] == before
    assert [row["fields"]["status"] for row in shop.get("collection/1/subprofiles")["data"]] == [
        "completed",
        "new",
    ]
