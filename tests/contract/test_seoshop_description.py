"""What the sandbox answers for the shop is what `docs/api/seoshop.openapi.yaml` describes."""

import re
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import Case
from starlette.testclient import TestClient

from sandbox.seoshop.answers import NOT_FOUND
from support.described import FEW, MANY, check, is_below, operations

OPERATIONS = operations("seoshop", "http://sandbox.test/seoshop/nl")

# Described, and not in the sandbox: all operations of these paths. Each really answers as unknown ones do.
NOT_SERVED = (
    "/subscriptions",
    "/customers/{customerId}/metafields",
    "/orders/events",
    "/orders/{orderId}/metafields",
    "/shipments/{shipmentId}/products",
    "/shipments/{shipmentId}/metafields",
    "/invoices/{invoiceId}/items",
    "/invoices/{invoiceId}/metafields",
    "/quotes",
    "/returns",
    "/discounts",
    "/discountrules",
    "/catalog",
    "/products/{productId}/images",
    "/products/{productId}/metafields",
    "/products/{productId}/relations",
    "/products/{productId}/attributes",
    "/products/{productId}/filtervalues",
    "/variants/movements",
    "/variants/{variantId}/metafields",
    "/categories",
    "/tags",
    "/suppliers",
    "/reviews",
    "/deliverydates",
    "/sets",
    "/types",
    "/quantity_discounts",
    "/account/metafields",
    "/shop/company",
    "/shop/limits",
    "/shop/website",
    "/shop/metafields",
    "/metafields",
    "/events",
    "/languages",
    "/countries",
    "/taxes",
    "/webhooks",
)
SERVED = [name for name, one in OPERATIONS.items() if not is_below(NOT_SERVED, one.path)]
REST = [name for name, one in OPERATIONS.items() if is_below(NOT_SERVED, one.path)]
PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Ids:
    """The ids that stand in the shop, found as a client finds them: in the lists."""

    def __init__(self, http: TestClient) -> None:
        self._http = http
        self._listed = cache(self._list)

    def _list(self, path: str) -> list[int]:
        answer = self._http.get(f"/seoshop/nl{path}.json", params={"limit": 250})
        if answer.status_code != 200:
            return []
        (records,) = answer.json().values()
        return [record["id"] for record in records] if isinstance(records, list) else []

    def of(self, path: str) -> list[dict[str, int]]:
        """Some that fit the placeholders of `path` together; none when nothing of the kind is there."""
        found: list[tuple[str, dict[str, int]]] = [("", {})]
        parts = PLACEHOLDER.split(path)
        for fixed, name in zip(parts[::2], parts[1::2], strict=False):
            found = [
                (f"{place}/{number}", {**known, name: number})
                for start, known in found
                for place in (start + fixed.rstrip("/"),)
                for number in self._listed(place)
            ]
        return [known for _, known in found]


@pytest.fixture(scope="session")
def ids(seoshop_http: TestClient) -> Ids:
    return Ids(seoshop_http)


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
