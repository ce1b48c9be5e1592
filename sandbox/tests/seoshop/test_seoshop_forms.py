"""Each served resource has the form of the vendor's example bodies: keys, order, types, unset values."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.shop.db import Shop
from sandbox.shop.plan import Plan

from .conftest import NOW, Served

EXAMPLES = Path(__file__).parents[3] / "tests/contract/examples/seoshop"
BASE = "http://sandbox.test/seoshop/nl/"

# Keys that newer bodies have and the example of an older day lacks.
NEWER = {
    "orders": {"giftCardsPayment"},
    "products": {"templateDataFields", "quantityDiscounts"},
}
LISTED = {
    "customers": "customer",
    "groups": "group",
    "groups/customers": "groups_customer",
    "orders/customstatuses": "custom_status",
    "orders": "order",
    "invoices": "invoice",
    "shipments": "shipment",
    "products": "product",
    "variants": "variant",
    "brands": "brand",
    "languages": "language",
    "taxes": "tax",
    "suppliers": "supplier",
    "categories": "category",
    "categories/products": "categories_product",
    "tags": "tag",
    "tags/products": "tags_product",
    "subscriptions": "subscription",
    "reviews": "review",
    "events": "event",
    "orders/events": "event",
    "returns": "return",
    "quotes": "quote",
    "discounts": "discount",
    "variants/movements": "variant_movement",
}


def example(name: str) -> Any:
    """The record (or records) of an example body."""
    (body,) = json.loads((EXAMPLES / f"{name}.json").read_text("utf-8")).values()
    return body


def kind(value: Any) -> str:
    """What a JSON value is: whole and broken numbers are one kind, as are all unset values."""
    if isinstance(value, bool):
        return "bool"
    return {int: "number", float: "number", str: "text", dict: "object", list: "list"}.get(
        type(value), "null"
    )


UNSET: tuple[Any, ...] = (False, None, "", [], {})


@pytest.mark.parametrize("path", LISTED)
def test_every_record_has_the_examples_keys_in_its_order(api: Served, path: str) -> None:
    keys = list(example(LISTED[path]))
    for record in api.records(path, limit=250):
        assert [key for key in record if key not in NEWER.get(path, ())] == keys, record["id"]


@pytest.mark.parametrize("path", LISTED)
def test_values_are_of_the_examples_kind_or_unset(api: Served, path: str) -> None:
    known = example(LISTED[path])
    for record in api.records(path, limit=250):
        for key, value in record.items():
            if key in known and kind(value) != kind(known[key]):
                assert value in UNSET or known[key] in UNSET, (record["id"], key, value)


def test_a_single_order_has_the_examples_form_down_to_the_leaves(api: Served) -> None:
    assert _shape(_single(api, 1623550)) == _shape(example("order"))


def test_the_example_order_is_served_with_the_examples_values(api: Served) -> None:
    text = (EXAMPLES / "order.json").read_text("utf-8").replace("https://api.shoplightspeed.com/us/", BASE)
    known = json.loads(text)["order"]
    served = _single(api, 1623550)
    for order in (served, known):
        # The cart is told from the order, and the numbers of events are not the vendor's.
        for name in ("createdAt", "updatedAt", "recalculatedAt", "recoveryHash"):
            del order["quote"]["resource"]["embedded"][name]
        for happened in order["events"]["resource"]["embedded"]:
            del happened["id"]
    assert served == known


def test_the_webhooks_order_embeds_the_same_keys(api: Served) -> None:
    known = json.loads((EXAMPLES / "order_webhook.json").read_text("utf-8"))["order"]
    served = api.get("orders/9000123").json()["order"]
    assert list(served) == list(known)
    for name in ("customer", "products", "invoices", "shipments", "quote"):
        of_served, of_known = (body[name]["resource"]["embedded"] for body in (served, known))
        first, second = ((part[0] if isinstance(part, list) else part) for part in (of_served, of_known))
        assert set(second) - {"doNotifyReadyForPickup"} <= set(first), name


def test_lists_never_embed(api: Served) -> None:
    assert "embedded" not in api.get("orders", limit=250).text


@pytest.mark.parametrize("path", ["customers/2178882", "brands/1171202", "variants/36285796", "groups/2694"])
def test_a_curated_record_is_the_example(api: Served, path: str) -> None:
    name = path.partition("/")[0].removesuffix("s")
    text = (EXAMPLES / f"{name}.json").read_text("utf-8").replace("https://api.shoplightspeed.com/us/", BASE)
    assert api.get(path).json() == json.loads(text)


@pytest.mark.parametrize("name", ["brands", "products", "variants"])
def test_the_live_list_records_are_served_as_they_were_captured(api: Served, name: str) -> None:
    text = (EXAMPLES / f"{name}_list_live.json").read_text("utf-8")
    known = json.loads(text.replace("https://api.webshopapp.com/nl/", BASE))[name][0]
    assert known in api.records(name, limit=250)


def test_an_orders_lines_have_the_examples_form(api: Served) -> None:
    known = example("order_products")[0]
    for order in api.records("orders", limit=20):
        for line in api.records(f"orders/{order['id']}/products"):
            assert list(line) == list(known)


def test_a_single_line_is_found_below_its_own_order_only(api: Served) -> None:
    assert api.get("orders/1623550/products/3515302").json()["orderProduct"]["id"] == 3515302
    assert api.get("orders/9000123/products/3515302").status_code == 404


@pytest.mark.parametrize(
    ("path", "key"),
    [("shop", "shop"), ("account", "account"), ("account/permissions", "accountPermissions")],
)
def test_account_and_shop_have_the_examples_keys(api: Served, path: str, key: str) -> None:
    body = api.get(path).json()
    assert list(body) == [key]
    assert list(body[key]) == list(example(path.replace("/", "_")))


def test_the_shops_id_is_a_number(api: Served) -> None:
    assert api.get("shop").json()["shop"]["id"] == 300001


def test_a_shop_has_the_id_that_is_asked_for(make_shop: Callable[[Plan], Shop]) -> None:
    assert make_shop(Plan(customers=1, orders=0, order_rows=0, now=NOW, shop_id=7)).fact("shop")["id"] == 7


def test_the_ratelimit_body_has_the_examples_form(api: Served) -> None:
    assert _shape(api.get("account/ratelimit").json()["accountRatelimit"]) == _shape(
        example("account_ratelimit")
    )


@pytest.mark.parametrize(
    ("resource", "field", "forms"),
    [
        ("customers", "birthDate", {"bool", "text"}),
        ("customers", "gender", {"bool", "text"}),
        ("customers", "memo", {"null", "text"}),
        ("customers", "language", {"bool", "object"}),
        ("customers", "addressShippingCompany", {"bool", "text"}),
        ("customers", "lastOnlineAt", {"null", "text"}),
        ("customers", "addressBillingCountry", {"bool", "object"}),
        ("orders", "customStatusId", {"null", "number"}),
        ("orders", "shipmentId", {"bool", "text"}),
        ("orders", "addressBillingRegionData", {"bool", "object"}),
        ("orders", "deliveryDate", {"null", "text"}),
        ("orders", "paymentData", {"list", "object"}),
        ("order_products", "weight", {"null", "number"}),
        ("order_products", "variant", {"bool", "object"}),
        ("order_products", "customFields", {"bool", "list"}),
        ("products", "brand", {"bool", "object"}),
        ("products", "image", {"bool", "object"}),
        ("products", "images", {"bool", "object"}),
        ("variants", "hs", {"null", "text"}),
        ("invoices", "creditNote", {"bool", "object"}),
    ],
)
def test_unset_values_differ_between_records(api: Served, resource: str, field: str, forms: set[str]) -> None:
    assert {kind(record[field]) for record in api.every(resource)} == forms


def _single(api: Served, identifier: int) -> Any:
    """A single order in the form of the older example: its embedded shipments knew nothing of pickup."""
    order = api.get(f"orders/{identifier}").json()["order"]
    for shipment in order["shipments"]["resource"]["embedded"]:
        del shipment["doNotifyReadyForPickup"]
    return order


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shape(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_shape(part) for part in value]
    return kind(value)
