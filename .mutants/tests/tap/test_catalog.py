"""The catalog is what the README promises, the same for every shop and every time."""

import json
import re
from functools import cache
from typing import Any

import pytest

from support.programs import BIN, ROOT, run
from tap.conftest import discovered

ON = {
    *("customers", "customer_groups", "customer_group_memberships", "customer_group_sets"),
    *("customer_summaries", "subscriptions"),
    *("orders", "order_products", "order_custom_statuses", "shipments", "invoices", "returns", "discounts"),
    *("reviews", "products", "variants", "brands", "categories", "category_products", "tags", "tag_products"),
    *("suppliers", "taxes", "shop", "languages", "countries"),
}
OFF = {
    *("customer_metafields", "order_events", "order_metafields", "shipment_products", "invoice_items"),
    *("quotes", "product_attributes", "product_images", "variant_movements"),
}
PRIVATE = {
    "customers": {"remoteIp", "userAgent", "nationalId", "memo"},
    "orders": {"remoteIp", "userAgent", "nationalId", "memo", "comment"},
    "order_events": {"comment"},
    "returns": {"customerComment", "staffNote", "mailMessage"},
    "quotes": {"recoveryHash", "remoteIp", "userAgent", "comment"},
}
PERSONAL = re.compile(
    r"remoteIp|userAgent|nationalId|memo|comment|staffNote|message|hash|bank|iban|bic$", re.IGNORECASE
)
NOT_PERSONAL = {("order_events", "message")}
"""What happened (`paid` ...), from a list of words."""


@cache
def entries() -> dict[str, Any]:
    found = json.loads(discovered())["streams"]
    return {entry["tap_stream_id"]: entry for entry in found}


def metadata(stream: str) -> dict[tuple[str, ...], dict[str, Any]]:
    return {tuple(one["breadcrumb"]): one["metadata"] for one in entries()[stream]["metadata"]}


def test_it_holds_all_streams_in_one_order_whatever_the_hash_seed() -> None:
    assert list(entries()) == sorted(ON | OFF)
    said = {run(BIN / "tap-seoshop", "--discover", env={"PYTHONHASHSEED": seed}).out for seed in ("1", "2")}
    assert said == {discovered()}


def test_what_costs_a_request_each_or_has_no_end_is_not_selected_by_default() -> None:
    assert {name for name in entries() if metadata(name)[()].get("selected-by-default") is False} == OFF


def test_every_stream_has_its_keys_and_how_it_is_read() -> None:
    for name, entry in entries().items():
        keys = entry["key_properties"]
        assert keys[0] == "shopId"
        assert set(keys) <= set(entry["schema"]["required"]) <= set(entry["schema"]["properties"])
        assert metadata(name)[()]["table-key-properties"] == keys
        assert entry.get("replication_key") in (None, *entry["schema"]["properties"])


@pytest.mark.parametrize("stream", sorted(ON | OFF))
def test_personal_data_that_few_need_is_not_selected_by_default(stream: str) -> None:
    found = {
        place[1]
        for place, one in metadata(stream).items()
        if len(place) == 2 and one.get("selected-by-default") is False
    }
    assert found == PRIVATE.get(stream, set())
    suspects = {name for name in entries()[stream]["schema"]["properties"] if PERSONAL.search(name)}
    assert {name for name in suspects if (stream, name) not in NOT_PERSONAL} <= found


def test_the_readme_lists_every_stream_and_field_that_is_off() -> None:
    text = (ROOT / "tap-seoshop" / "README.md").read_text()
    table = text.split("<!-- streams:begin -->")[1].split("<!-- streams:end -->")[0]
    rows = dict(re.findall(r"^\| `(\w+)`(.*)$", table, re.MULTILINE))
    assert set(rows) == ON | OFF
    assert {name for name, rest in rows.items() if rest.startswith(" (off)")} == OFF
    for stream, fields in PRIVATE.items():
        assert all(f"`{name}`" in rows[stream] for name in fields)
