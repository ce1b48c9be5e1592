"""What is served fits the description of the API in `docs/api/seoshop.openapi.yaml`."""

from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from sandbox.shop.resources import LISTED

from .conftest import Served

DESCRIPTION = Path(__file__).parents[3] / "docs/api/seoshop.openapi.yaml"
SINGLETONS = ("shop", "account", "account/permissions", "account/ratelimit", "time")
PAGING = {"page", "limit", "fields"}


@cache
def described() -> dict[str, Any]:
    """The whole description."""
    # The fast loader where the machine has it: the file is long.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[str, Any] = yaml.load(DESCRIPTION.read_text("utf-8"), loader)  # noqa: S506  # a safe loader
    return found


@cache
def validator(path: str) -> Draft202012Validator:
    """What checks a 200 answer of `path`, as the description names it."""
    answer = described()["paths"][path]["get"]["responses"]["200"]
    pointer = f"/paths/{path.replace('~', '~0').replace('/', '~1')}/get/responses/200"
    pointer = answer["$ref"].removeprefix("#") if "$ref" in answer else quote(pointer, safe="/~")
    registry: Registry[Any] = Registry().with_resource("urn:api", DRAFT202012.create_resource(described()))
    return Draft202012Validator(
        {"$ref": f"urn:api#{pointer}/content/application~1json/schema"}, registry=registry
    )


def check(api: Served, path: str, described_as: str, **query: object) -> None:
    answer = api.get(path, **query)
    assert answer.status_code == 200
    errors = [
        f"{list(error.path)}: {error.message[:200]}"
        for error in validator(described_as).iter_errors(answer.json())
    ]
    assert errors == []


@pytest.mark.parametrize("path", [*SINGLETONS, *(f"{resource.path}/count" for resource in LISTED)])
def test_singletons_and_counts_fit(api: Served, path: str) -> None:
    check(api, path, f"/{path}.json")


@pytest.mark.parametrize("path", [resource.path for resource in LISTED])
def test_lists_and_single_records_fit(api: Served, path: str) -> None:
    check(api, path, f"/{path}.json", limit=250)
    (single,) = [
        name
        for name in described()["paths"]
        if name.startswith(f"/{path}/{{") and name.count("/") == path.count("/") + 2
    ]
    for record in api.records(path, limit=25):
        check(api, f"{path}/{record['id']}", single)


def test_the_lines_of_orders_fit(api: Served) -> None:
    for order in api.records("orders", limit=50):
        check(api, f"orders/{order['id']}/products", "/orders/{orderId}/products.json")


@pytest.mark.parametrize("resource", LISTED, ids=lambda resource: resource.name)
def test_lists_honour_the_described_filters_and_no_other(resource: Any) -> None:
    parameters = described()["paths"][f"/{resource.path}.json"]["get"].get("parameters", [])
    named = {parameter.get("name") or parameter["$ref"].rpartition("/")[2] for parameter in parameters}
    names = {name for name in named if not name.endswith("_unproven")}  # sent by a client, never answered
    honoured = set(resource.filters) | {
        f"{time}_at_{end}" for time in resource.timed for end in ("min", "max")
    }
    assert honoured | ({"since_id"} if resource.timed else set()) == names - PAGING
