"""What the sandbox answers for Copernica is what `docs/api/copernica.openapi.yaml` describes."""

import re
from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import Case

from sandbox.settings import COPERNICA_TOKEN
from support.described import FEW, MANY, check, operations
from support.webshop import Webshop, example

OPERATIONS = operations("copernica", "http://sandbox.test/copernica/v4")

# On a host of its own, which the sandbox has at another path.
TOKEN_SERVICE = ("exchangeToken", "exchangeTokenByGet")
# These say in the query which records they are about.
SELECTING = (
    "updateProfiles",
    "updateProfileSubprofiles",
    "updateSubprofiles",
    "unsubscribeProfiles",
    "unsubscribeSubprofiles",
)
ASKED = [name for name in OPERATIONS if name not in TOKEN_SERVICE]
PLACEHOLDER = re.compile(r"\{(\w+)\}")


def known(path: str, account: Webshop) -> dict[str, Any]:
    """The ids of the account that fit a path; 1 for what is not there."""
    found = {name: account.ids.get(name, 1) for name in PLACEHOLDER.findall(path)}
    if path.startswith("/collection/") and "fieldId" in found:
        found["fieldId"] = account.ids["collectionFieldId"]
    if path.startswith("/minicondition/"):
        found["conditionId"] = account.ids.get("miniconditionId", 1)
    return found


def bodies(name: str) -> Iterator[Any]:
    """The described examples of what is sent; one empty body where there is none."""
    content = OPERATIONS[name].definition.raw.get("requestBody", {}).get("content", {})
    examples = content.get("application/json", {}).get("examples", {})
    for one in examples.values():
        body = example("copernica", PurePath(one["externalValue"]).stem)
        # The account has one of that name already.
        yield body | {"name": f"{body['name']}_2"} if "name" in body else body
    if content and not examples:
        yield {}


def ask(account: Webshop, case: Case[Any]) -> Any:
    """Send a case, with the right token whatever token was made up for it."""
    case.headers["Authorization"] = account.http.headers["Authorization"]
    sent = case.as_transport_kwargs()
    del sent["cookies"]  # the API knows none, and the client wants none
    return account.http.request(**sent)


@pytest.mark.parametrize("name", ASKED)
def test_a_served_operation_answers_as_described(name: str, make_webshop: Callable[[], Webshop]) -> None:
    for body in [*bodies(name)] or [None]:
        account = make_webshop()
        sent = {} if body is None else {"body": body, "media_type": "application/json"}
        if name == "createImport":
            sent["body"]["database"] = account.ids["databaseId"]
        case = OPERATIONS[name].Case(path_parameters=known(OPERATIONS[name].path, account), **sent)
        if name in SELECTING:
            case.query["fields[]"] = ["id>0"]
        answer = ask(account, case)
        assert answer.is_success, answer.text
        check(case, answer)


@pytest.fixture
def account(request: pytest.FixtureRequest, name: str) -> Webshop:
    """An account to read from is made once; one to write to, for the test."""
    found: Webshop = (
        request.getfixturevalue("readable_webshop")
        if OPERATIONS[name].method == "get"
        else request.getfixturevalue("make_webshop")()
    )
    return found


def try_cases(name: str, account: Webshop, data: st.DataObject) -> None:
    case = data.draw(OPERATIONS[name].as_strategy())
    if case.path_parameters and data.draw(st.integers(0, 3)):
        case.path_parameters = known(case.path, account)
    check(case, ask(account, case))


@pytest.mark.parametrize("name", ASKED)
@FEW
@given(data=st.data())
def test_any_request_is_answered_as_described(name: str, account: Webshop, data: st.DataObject) -> None:
    try_cases(name, account, data)


@pytest.mark.slow
@pytest.mark.parametrize("name", ASKED)
@MANY
@given(data=st.data())
def test_many_requests_are_answered_as_described(name: str, account: Webshop, data: st.DataObject) -> None:
    try_cases(name, account, data)


def test_without_a_token_nothing_is_answered(readable_webshop: Webshop) -> None:
    for name in ASKED:
        case = OPERATIONS[name].Case(path_parameters=known(OPERATIONS[name].path, readable_webshop))
        answer = readable_webshop.http.request(
            case.method, f"/copernica/v4{case.formatted_path}", headers={"Authorization": "Bearer none"}
        )
        assert not answer.is_success, name
        check(case, answer)


@pytest.mark.parametrize("name", TOKEN_SERVICE)
@pytest.mark.parametrize("token", [COPERNICA_TOKEN, "none", ""])
def test_the_token_service_answers_as_described(name: str, token: str, readable_webshop: Webshop) -> None:
    case = OPERATIONS[name].Case()
    sent: dict[str, Any] = {"data" if case.method == "POST" else "params": {"access_token": token}}
    answer = readable_webshop.http.request(case.method, "/copernica/authenticate", **sent)
    assert answer.is_success is (token == COPERNICA_TOKEN and case.method == "POST")
    check(case, answer)
