"""What the sandbox answers for the shop is what `docs/api/seoshop.openapi.yaml` describes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import Case
from starlette.testclient import TestClient

from sandbox.seoshop.answers import NOT_FOUND
from support import not_served
from support.described import FEW, MANY, check, is_below, operations
from support.shop_ids import PLACEHOLDER, Ids

OPERATIONS = operations("seoshop", "http://sandbox.test/seoshop/nl")

SERVED = [name for name, one in OPERATIONS.items() if not is_below(not_served.SEOSHOP, one.path)]
REST = [name for name, one in OPERATIONS.items() if is_below(not_served.SEOSHOP, one.path)]


def ask(http: TestClient, case: Case[Any], key: str = "") -> Any:
    """Send a case with `key`, or with the right one; never with one that was made up for it."""
    case.headers["Authorization"] = key or http.headers["Authorization"]
    sent = case.as_transport_kwargs()
    del sent["cookies"]  # the API knows none, and the client wants none
    return http.request(**sent)


@pytest.mark.parametrize("name", SERVED)
def test_a_served_operation_answers_as_described(name: str, seoshop_http: TestClient, ids: Ids) -> None:
    known = ids.of(OPERATIONS[name].path)
    assert known, "the shop has no record to ask for"
    for chosen in known[:3]:
        case = OPERATIONS[name].Case(path_parameters=chosen)
        answer = ask(seoshop_http, case)
        assert answer.status_code == 200
        check(case, answer)


@pytest.mark.parametrize("name", REST)
def test_what_is_not_served_is_unknown(name: str, seoshop_http: TestClient, ids: Ids) -> None:
    path = OPERATIONS[name].path
    parent, _, last = path.rpartition("/{")
    known = (ids.of(parent) if last else ids.of(path)) or [{}]
    unset = dict.fromkeys(PLACEHOLDER.findall(path), 1)
    answer = ask(seoshop_http, OPERATIONS[name].Case(path_parameters={**unset, **known[0]}))
    assert (answer.status_code, answer.json()["error"]["message"]) == (404, NOT_FOUND)


def try_cases(name: str, http: TestClient, ids: Ids, data: st.DataObject) -> None:
    case = data.draw(OPERATIONS[name].as_strategy())
    known = ids.of(OPERATIONS[name].path)
    if known and case.path_parameters and data.draw(st.integers(0, 3)):
        case.path_parameters = data.draw(st.sampled_from(known))
    check(case, ask(http, case))


@pytest.mark.parametrize("name", SERVED)
@FEW
@given(data=st.data())
def test_any_request_is_answered_as_described(
    name: str, seoshop_http: TestClient, ids: Ids, data: st.DataObject
) -> None:
    try_cases(name, seoshop_http, ids, data)


@pytest.mark.slow
@pytest.mark.parametrize("name", SERVED)
@MANY
@given(data=st.data())
def test_many_requests_are_answered_as_described(
    name: str, seoshop_http: TestClient, ids: Ids, data: st.DataObject
) -> None:
    try_cases(name, seoshop_http, ids, data)


def test_without_the_key_nothing_is_answered(seoshop_http: TestClient) -> None:
    for name in SERVED:
        unset = dict.fromkeys(PLACEHOLDER.findall(OPERATIONS[name].path), 1)
        case = OPERATIONS[name].Case(path_parameters=unset)
        answer = ask(seoshop_http, case, key="Basic bm86a2V5")
        assert answer.status_code == 401, name
        check(case, answer)
