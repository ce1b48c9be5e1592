"""Each example body of Copernica's API is given by the sandbox in the same form, or taken and read back.

The account is the one that the examples speak of. Where an example belongs stands in
`docs/api/copernica.openapi.yaml`, where it is from in `SOURCES.md`.
"""

from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import Any

import pytest

from support.described import description
from support.forms import differences, form
from support.webshop import EXAMPLES, Webshop, example

# What examples show and the sandbox does not, on purpose.
ON_PURPOSE = {
    # Left out of the example to keep readers honest (SOURCES.md); the pages name it.
    "databases_list": {".data[]: has intentions besides"},
}
QUERIES = {
    "profiles_list": "?limit=2",
    "profiles_list_dataonly": "?limit=1000&dataonly=true&total=false",
}
# Answers that want something to have happened before.
AFTER = {
    "profile_removed": ("DELETE", "profile/{profileId}", None),
    "subprofile_removed": ("DELETE", "subprofile/{subprofileId}", None),
    "unsubscribe_remove": ("PUT", "{path}", {"behavior": "remove"}),
}


def answers() -> Iterator[tuple[str, str]]:
    """Each example of an answer, with each path that answers with it."""
    for path, item in description("copernica")["paths"].items():
        described = item.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        for one in described.get("application/json", {}).get("examples", {}).values():
            yield PurePath(one["externalValue"]).stem, path


ANSWERS = list(answers())


def for_this(path: str) -> str:
    """A described path with the account's placeholders: the ids of fields are of two kinds."""
    return path.replace("{fieldId}", "{collectionFieldId}") if path.startswith("/collection") else path


@pytest.mark.parametrize(("name", "path"), ANSWERS, ids=[f"{name}-{path}" for name, path in ANSWERS])
def test_an_answer_is_given_in_the_same_form(
    name: str, path: str, readable_webshop: Webshop, make_webshop: Callable[[], Webshop]
) -> None:
    account = readable_webshop
    if name in AFTER:
        account = make_webshop()
        method, what, body = AFTER[name]
        assert account.call(method, what.replace("{path}", path.lstrip("/")), body).is_success
    found = account.get(for_this(path) + QUERIES.get(name, ""))
    lines = differences(form(example("copernica", name)), [form(found)])
    assert set(lines) == ON_PURPOSE.get(name, set())


@pytest.mark.parametrize(
    ("name", "path", "token"),
    [("error_400", "/database/99", ""), ("error_invalid_token", "/databases", "Bearer none")],
)
def test_an_error_is_given_in_the_same_words(
    name: str, path: str, token: str, readable_webshop: Webshop
) -> None:
    http = readable_webshop.http
    headers = {"Authorization": token or http.headers["Authorization"]}
    found = http.get(f"/copernica/v4{path}", headers=headers)
    assert found.status_code in (400, 401)
    assert found.json() == example("copernica", name)


# What is sent, and where it is read back.
SENT: tuple[tuple[str, str, str, str], ...] = (
    ("database_create", "POST", "databases", "databases"),
    ("database_update", "PUT", "database/{databaseId}", "database/{databaseId}"),
    ("field_create", "POST", "database/{otherDatabaseId}/fields", "database/{otherDatabaseId}/fields"),
    ("field_update", "PUT", "database/{databaseId}/field/{fieldId}", "database/{databaseId}/fields"),
    (
        "collection_create",
        "POST",
        "database/{otherDatabaseId}/collections",
        "database/{otherDatabaseId}/collections",
    ),
    ("collection_update", "PUT", "collection/{collectionId}", "collection/{collectionId}"),
    (
        "interest_create",
        "POST",
        "database/{otherDatabaseId}/interests",
        "database/{otherDatabaseId}/interests",
    ),
    ("interest_update", "PUT", "interest/{interestId}", "database/{databaseId}/interests"),
    ("intentions_put", "PUT", "database/{databaseId}/intentions", "database/{databaseId}"),
    ("unsubscribe_put", "PUT", "database/{databaseId}/unsubscribe", "database/{databaseId}/unsubscribe"),
    ("profile_create", "POST", "database/{databaseId}/profiles", "database/{databaseId}/profiles"),
    ("profiles_update", "PUT", "database/{databaseId}/profiles?fields[]=id>0", "profile/{profileId}"),
    ("profile_update", "PUT", "profile/{profileId}", "profile/{profileId}"),
    ("profile_fields_update", "PUT", "profile/{profileId}/fields", "profile/{profileId}/fields"),
    ("profile_interests_post", "POST", "profile/{profileId}/interests", "profile/{profileId}"),
    ("profile_interests_put", "PUT", "profile/{profileId}/interests", "profile/{profileId}"),
    (
        "subprofile_create",
        "POST",
        "profile/{profileId}/subprofiles/Orders",
        "profile/{profileId}/subprofiles/Orders",
    ),
    ("subprofile_update", "PUT", "subprofile/{subprofileId}", "subprofile/{subprofileId}"),
    (
        "subprofile_fields_update",
        "PUT",
        "subprofile/{subprofileId}/fields",
        "subprofile/{subprofileId}/fields",
    ),
    ("view_create", "POST", "database/{databaseId}/views", "database/{databaseId}/views"),
    ("view_copy", "POST", "view/{viewId}/copy", "database/{databaseId}/views"),
    ("rule_create", "POST", "view/{viewId}/rules", "view/{viewId}/rules"),
    ("rule_update", "PUT", "rule/{ruleId}", "rule/{ruleId}"),
    ("condition_create", "POST", "rule/{ruleId}/conditions", "rule/{ruleId}"),
    ("condition_update", "PUT", "condition/Date/{dateId}", "rule/{ruleId}"),
    ("database_copy", "POST", "database/{databaseId}/copy", "databases"),
    ("import_create", "POST", "imports", "import/{newId}"),
    ("import_create_subprofiles", "POST", "imports", "import/{newId}"),
)


def agrees(sent: Any, found: Any) -> bool:
    """Whether what was sent is what is found: values come back as text, and null as nothing."""
    if isinstance(sent, dict) and isinstance(found, list):
        return [name for name, flag in sent.items() if flag] == found
    if isinstance(sent, dict):
        shared = set(sent) & set(found) if isinstance(found, dict) else set()
        return bool(shared) and all(agrees(sent[name], found[name]) for name in shared)
    if isinstance(sent, list):
        return isinstance(found, list) and set(sent) <= set(found)
    if isinstance(found, dict):  # a field is named, and shown whole
        return bool(sent == found.get("name"))
    if isinstance(sent, bool):
        return sent is found
    return str(found) == ("" if sent is None else str(sent))


def inside(found: Any) -> Iterator[Any]:
    """A body, and every object and list in it."""
    yield found
    for one in found.values() if isinstance(found, dict) else found if isinstance(found, list) else ():
        yield from inside(one)


@pytest.mark.parametrize(("name", "method", "path", "reading"), SENT, ids=[one[0] for one in SENT])
def test_a_body_is_taken_and_read_back(
    name: str, method: str, path: str, reading: str, make_webshop: Callable[[], Webshop]
) -> None:
    account = make_webshop()
    body = example("copernica", name)
    if name == "database_create":
        body |= {"name": "Webshop_2"}
    if "database" in body:
        body |= {"database": account.ids["databaseId"]}
    answer = account.call(method, path, body)
    assert answer.is_success, answer.text
    account.ids["newId"] = made = answer.headers.get("X-Created", "")
    read = account.get(reading)
    new = [one for one in inside(read) if isinstance(one, dict) and made and one.get("ID") == made]
    assert any(agrees(body, part) for one in new or [read] for part in inside(one))


def test_each_example_is_looked_at() -> None:
    files = {path.stem for path in (EXAMPLES / "copernica").glob("*.json")}
    taken = {name for name, *_ in SENT} | {name for name, _ in answers()}
    assert files == taken | {"error_400", "error_invalid_token", "profiles_delete"}
