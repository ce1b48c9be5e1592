"""Each example body of the shop's API is given by the sandbox in the same form.

The same keys in the same order, the same types, and the same signs that something is not set, each in some
record.
Where an example belongs stands in `docs/api/seoshop.openapi.yaml`, where it is from in `SOURCES.md`.
"""

from pathlib import PurePath
from typing import Any

import pytest
from starlette.testclient import TestClient

from support import not_served
from support.described import description, is_below
from support.forms import differences, form
from support.shop_ids import ROOT, Ids
from support.webshop import EXAMPLES, example

ADDRESS = ("phone", "fax", "street", "street2", "zipcode", "city", "region", "vatNumber")
# What examples show and the sandbox does not, on purpose.
ON_PURPOSE = {
    # The documentation is older than this key, which the order of 2025 (order_webhook) has.
    "order": {".order.shipments.resource.embedded[]: has doNotifyReadyForPickup besides"},
    # There is one shop, and it is the one of shop_live: without an address, and its id a number.
    "shop": {f".shop.{name}: never 'text'" for name in ("id", *ADDRESS)} | {".shop.industry: never ''"},
    # Its source was cut after `limits`.
    "shop_live": {
        f".shop: has {name} besides" for name in ("javascript", "website", "scripts", "metafields")
    },
}


def placed() -> dict[str, str]:
    """Each example with the path that answers with it."""
    found = {}
    for path, item in description("seoshop")["paths"].items():
        for answer in item["get"]["responses"].values():
            content = answer.get("content", {}).get("application/json", {})
            for one in content.get("examples", {}).values():
                found[PurePath(one["externalValue"]).stem] = path
    return found


PLACED = placed()
SERVED = sorted(name for name, path in PLACED.items() if not is_below(not_served.SEOSHOP, path))


def given(http: TestClient, ids: Ids, path: str, own: int) -> list[Any]:
    """Forms of what the sandbox answers to `path`, among them the record that has the example's own id."""
    known = ids.of(path)
    chosen = [*known[:20], *known[-20:], *({**one, list(one)[-1]: own} for one in known[-1:] if one)]
    answers = [http.get(ROOT + path.format(**one), params={"limit": 250}) for one in chosen]
    return [form(answer.json()) for answer in answers if answer.is_success]


@pytest.mark.parametrize("name", SERVED)
def test_an_example_is_given_in_the_same_form(name: str, seoshop_http: TestClient, ids: Ids) -> None:
    body = example("seoshop", name)
    (record,) = body.values()
    own = record.get("id", 0) if isinstance(record, dict) else 0
    lines = differences(form(body), given(seoshop_http, ids, PLACED[name], own))
    assert set(lines) == ON_PURPOSE.get(name, set())


def test_a_list_of_some_fields_is_given_in_the_same_form(seoshop_http: TestClient) -> None:
    body = example("seoshop", "orders_list_fields")
    fields = ",".join(body["orders"][0])
    answer = seoshop_http.get(f"{ROOT}/orders.json", params={"fields": fields, "limit": 250})
    assert differences(form(body), [form(answer.json())]) == []


@pytest.mark.parametrize("path", ["orders", "customers", "products"])
def test_a_count_is_given_in_the_same_form(path: str, seoshop_http: TestClient) -> None:
    found = seoshop_http.get(f"{ROOT}/{path}/count.json").json()
    assert form(found) == form(example("seoshop", "count"))


@pytest.mark.parametrize(
    ("name", "path", "headers"),
    [
        ("error_401", "/seoshop/en/orders.json?limit=1", {"Authorization": "Basic bm86a2V5"}),
        ("error_404_language", "/seoshop/xx/orders.json", {}),
    ],
)
def test_an_error_is_given_in_the_same_form(
    name: str, path: str, headers: dict[str, str], seoshop_http: TestClient
) -> None:
    found = seoshop_http.get(path, headers=headers).json()
    wanted = example("seoshop", name)
    assert form(found) == form(wanted)
    assert found["error"]["message"] == wanted["error"]["message"]


def test_each_example_is_looked_at() -> None:
    elsewhere = {"orders_list_fields", "count", "error_401", "error_404_language"}
    files = {path.stem for path in (EXAMPLES / "seoshop").glob("*.json")}
    assert files == set(PLACED) | elsewhere
