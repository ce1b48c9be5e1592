"""The catalog is what the README promises, the same for every shop and every time."""

import json
import re
from functools import cache
from typing import Any

import pytest

from support.programs import BIN, ROOT, run
from tap.conftest import discovered
from tap_seoshop.tap import TapSeoshop

ON = {
    *("customers", "customer_groups", "customer_group_memberships", "customer_group_sets"),
    *("customer_summaries", "customer_metrics", "subscriptions"),
    *("orders", "order_products", "order_custom_statuses", "shipments", "invoices", "returns", "discounts"),
    *("reviews", "products", "variants", "brands", "categories", "category_products", "tags", "tag_products"),
    *("suppliers", "taxes", "shop", "languages", "countries"),
}
OFF = {
    *("customer_metafields", "order_events", "order_metafields", "shipment_products", "invoice_items"),
    *("carts", "cart_products", "order_timeline"),
    *("quotes", "product_attributes", "product_metafields", "product_images", "variant_movements"),
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


def selected(stream: str, patterns: str | None, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Properties that are read where a catalog selects all, as Meltano makes it of `orders.*`."""
    monkeypatch.delenv("MELTANO_EXTRACT__SELECT", raising=False)
    if patterns is not None:
        monkeypatch.setenv("MELTANO_EXTRACT__SELECT", patterns)
    everything = json.loads(discovered())
    for entry in everything["streams"]:
        for one in entry["metadata"]:
            one["metadata"]["selected"] = True
    config = {"api_key": "k" * 32, "api_secret": "s" * 32}
    tap = TapSeoshop(config=config, catalog=everything, validate_config=False, setup_mapper=False)
    mask = tap.streams[stream].mask
    return {name for name in tap.streams[stream].schema["properties"] if mask["properties", name]}


@pytest.mark.parametrize("stream", sorted(PRIVATE))
@pytest.mark.parametrize("patterns", ['["*.*"]', '["{}.*"]', '["*.*", "!shop.*"]', '["{}.id"]'])
def test_a_wildcard_never_selects_personal_data(
    stream: str, patterns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not selected(stream, patterns.replace("{}", stream), monkeypatch) & PRIVATE[stream]


@pytest.mark.parametrize("patterns", ['["orders.*", "orders.remoteIp"]', '["*.*", "*.remoteIp"]'])
def test_personal_data_that_is_selected_by_name_is_read(
    patterns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    got = selected("orders", patterns, monkeypatch)
    assert "remoteIp" in got
    assert "memo" not in got


@pytest.mark.parametrize("patterns", [None, "", "nonsense", "{}"])
def test_a_catalog_without_meltano_is_taken_at_its_word(
    patterns: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "remoteIp" in selected("orders", patterns, monkeypatch)


def test_a_catalog_that_says_nothing_of_a_field_does_not_select_personal_data() -> None:
    bare = json.loads(discovered())
    for entry in bare["streams"]:
        entry["metadata"] = [{"breadcrumb": [], "metadata": {"selected": True}}]
    config = {"api_key": "k" * 32, "api_secret": "s" * 32}
    tap = TapSeoshop(config=config, catalog=bare, validate_config=False, setup_mapper=False)
    mask = tap.streams["orders"].mask
    assert mask["properties", "email"]
    assert not any(mask["properties", name] for name in PRIVATE["orders"])
