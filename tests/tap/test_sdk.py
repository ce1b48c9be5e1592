"""The SDK's own tests of a tap, against the sandbox, and beside them what they leave unproven."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from singer_sdk.testing import SuiteConfig, TapTestRunner, get_tap_test_class

from support.sandbox import Sandbox, running_sandbox
from tap.conftest import FAST, NOT_SERVED, SMALL, fill
from tap_seoshop.tap import TapSeoshop

# The SDK makes its tap when this module is imported: the sandbox's address is filled in later.
CONFIG = {"api_key": "0123456789abcdef0123456789abcdef", "api_secret": "fedcba9876543210fedcba9876543210"}


class TapOfSandbox(TapSeoshop):
    """The tap, pointed at the sandbox of this module."""

    url = ""

    @property
    def _api_url(self) -> str:
        return f"{type(self).url}/seoshop"


@pytest.fixture(scope="module", autouse=True)
def sandbox_of_module() -> Iterator[None]:
    with running_sandbox(**SMALL) as sandbox:
        fill(sandbox)
        leave_a_cart(sandbox)
        TapOfSandbox.url = sandbox.url
        yield


def leave_a_cart(sandbox: Sandbox) -> None:
    """A cart that was left standing two hours ago, by a customer who has not ordered since."""
    now = datetime.fromisoformat(sandbox.insert("quotes", {"customer": False})["createdAt"])
    moved = (now - timedelta(hours=2)).isoformat(timespec="seconds")
    bought = {
        one["customer"]["resource"]["id"]
        for one in sandbox.shop("orders")
        if one["customer"] and datetime.fromisoformat(one["createdAt"]) > now - timedelta(hours=3)
    }
    person = next(one["id"] for one in sandbox.shop("customers") if one["email"] and one["id"] not in bought)
    link = {"resource": {"id": person, "url": f"customers/{person}", "link": f"customers/{person}.json"}}
    cart = sandbox.insert(
        "quotes",
        {"customer": link, "priceIncl": 9.5, "productsQuantity": 1, "createdAt": moved, "updatedAt": moved},
    )
    line = {name: value for name, value in sandbox.shop("order_products")[0].items() if name != "orderId"}
    sandbox.insert("quote_products", {**line, "quoteId": cart["id"], "quantity": 1})


def everything() -> dict[str, Any]:
    """The catalog with all streams selected, also those that are not by default."""
    found: dict[str, Any] = json.loads(json.dumps(TapSeoshop(config=CONFIG).catalog_dict))
    for entry in found["streams"]:
        next(one for one in entry["metadata"] if not one["breadcrumb"])["metadata"]["selected"] = True
    return found


CATALOG = everything()
PROPERTIES = {entry["tap_stream_id"]: entry["schema"]["properties"] for entry in CATALOG["streams"]}
STREAMS = [name for name in PROPERTIES if name not in NOT_SERVED]
HOW: Any = {
    "tap_class": TapOfSandbox,
    "config": {**CONFIG, **FAST},
    "suite_config": SuiteConfig(max_records_limit=50, ignore_no_records_for_streams=NOT_SERVED),
    "catalog": CATALOG,
    "parse_env_config": False,  # which would read a .env in this checkout
}
BUILT_IN: Any = get_tap_test_class(**HOW)


class TestTapSeoshop(BUILT_IN):  # type: ignore[misc]  # made by the SDK
    """The SDK's, and ours over the same records."""

    @pytest.fixture(scope="class")
    @classmethod
    def runner(cls) -> TapTestRunner:
        """A new one: the SDK's keeps the records of before when a worker comes back to this class."""
        runner = TapTestRunner(**HOW)
        runner.sync_all()
        return runner

    @pytest.mark.parametrize("stream", STREAMS)
    def test_no_key_comes_twice_and_none_is_empty(self, stream: str, runner: TapTestRunner) -> None:
        """The SDK's test of keys is content with duplicates."""
        records = runner.records[stream]
        names = next(one["key_properties"] for one in CATALOG["streams"] if one["tap_stream_id"] == stream)
        keys = [tuple(record[name] for name in names) for record in records]
        assert len(set(keys)) == len(keys) > 0
        parts = [part for key in keys for part in key]
        assert all(part > 0 if isinstance(part, int) else part for part in parts)

    @pytest.mark.parametrize("stream", STREAMS)
    def test_whole_records_are_as_their_schema_says(self, stream: str, runner: TapTestRunner) -> None:
        """The SDK looks at one property at a time, and below the first level at none."""
        (schema, *_) = [one["schema"] for one in runner.schema_messages if one["stream"] == stream]
        closed = Draft202012Validator(_closed(schema), format_checker=FormatChecker())
        for record in runner.records[stream]:
            assert [error.message for error in closed.iter_errors(record)] == []

    @pytest.mark.parametrize("stream", STREAMS)
    def test_what_the_schema_promises_comes_at_least_once(self, stream: str, runner: TapTestRunner) -> None:
        """The SDK skips a property that no record has."""
        (schema, *_) = [one["schema"] for one in runner.schema_messages if one["stream"] == stream]
        met = set().union(*runner.records[stream])
        assert set(schema["properties"]) - met == set()


def _closed(schema: Any) -> Any:  # a schema, or a part of one
    """The same schema, with nothing allowed that it does not name, at every level that names something."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    parts = {name: _closed(part) for name, part in schema.items()}
    return {**parts, "additionalProperties": False} if parts.get("properties") else parts
