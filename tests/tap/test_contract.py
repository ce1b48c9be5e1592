"""The schemas against the description of the API: every field that it names is there."""

import json
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker

from support.programs import ROOT
from tap_seoshop.records.normalize import Normalizer, carries
from tap_seoshop.streams import STREAMS

SCHEMAS = {
    "customers": "Customer",
    "customer_groups": "Group",
    "customer_group_memberships": "GroupsCustomer",
    "orders": "Order",
    "order_products": "OrderProduct",
    "order_custom_statuses": "CustomStatus",
    "invoices": "Invoice",
    "shipments": "Shipment",
    "products": "Product",
    "variants": "Variant",
    "brands": "Brand",
    "shop": "Shop",
    "customer_metafields": "Metafield",
    "order_metafields": "Metafield",
    "product_metafields": "Metafield",
    "subscriptions": "Subscription",
    "order_events": "OrdersEvent",
    "shipment_products": "ShipmentProduct",
    "invoice_items": "InvoiceItem",
    "returns": "Return",
    "quotes": "Quote",
    "discounts": "Discount",
    "reviews": "Review",
    "categories": "Category",
    "category_products": "CategoriesProduct",
    "tags": "Tag",
    "tag_products": "TagsProduct",
    "suppliers": "Supplier",
    "product_attributes": "ProductAttribute",
    "product_images": "ProductImage",
    "variant_movements": "VariantMovement",
    "taxes": "Tax",
    "languages": "Language",
    "countries": "Country",
}
BODIES = ROOT / "tests" / "contract" / "examples" / "seoshop"
OURS: dict[str, Any] = {stream.name: stream for stream in STREAMS}


@cache
def described() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "api" / "seoshop.openapi.yaml").read_text())
    return found["components"]["schemas"]  # type: ignore[no-any-return]


def properties(schema: dict[str, Any]) -> dict[str, Any]:
    """The properties of a schema, with those of all its parts."""
    if "$ref" in schema:
        return properties(described()[schema["$ref"].rsplit("/", 1)[1]])
    found = dict(schema.get("properties", {}))
    for part in schema.get("allOf", []):
        found |= properties(part)
    return found


def leads_to_many(schema: dict[str, Any]) -> bool:
    return "LinkMany" in str(schema)


@pytest.mark.parametrize("stream", SCHEMAS)
def test_every_field_of_the_api_is_in_the_schema(stream: str) -> None:
    ours = set(OURS[stream].schema["properties"])
    wanted = properties(described()[SCHEMAS[stream]])
    assert wanted
    missing = {
        name
        for name, schema in wanted.items()
        if name not in ours and f"{name}Id" not in ours and not leads_to_many(schema)
    }
    assert missing == set()


# The vendor's own bodies: `tests/contract/examples/seoshop/SOURCES.md` says where each comes from.
EXAMPLES = {
    "brands": "brand",
    "categories": "category",
    "category_products": "categories_product",
    "customer_group_memberships": "groups_customer",
    "customer_groups": "group",
    "customers": "customer",
    "discounts": "discount",
    "invoice_items": "invoice_item",
    "invoices": "invoice",
    "languages": "language",
    "order_custom_statuses": "custom_status",
    "order_metafields": "order_metafield",
    "order_products": "order_product",
    "orders": "order",
    "product_attributes": "product_attribute",
    "product_images": "product_image",
    "products": "product",
    "quotes": "quote",
    "returns": "return",
    "reviews": "review",
    "shipment_products": "shipment_product",
    "shipments": "shipment",
    "shop": "shop",
    "subscriptions": "subscription",
    "suppliers": "supplier",
    "tag_products": "tags_product",
    "tags": "tag",
    "taxes": "tax",
    "variant_movements": "variant_movement",
    "variants": "variant",
}


def example(stream: str) -> dict[str, Any]:
    body = json.loads((BODIES / f"{EXAMPLES[stream]}.json").read_text(), parse_float=Decimal)
    (found,) = body.values()
    return found  # type: ignore[no-any-return]  # one record


@pytest.mark.parametrize("stream", EXAMPLES)
def test_an_example_body_fits_the_schema_and_loses_nothing(stream: str) -> None:
    declared, raw = OURS[stream], example(stream)
    record = Normalizer(declared.schema, declared.links)(raw)
    errors = Draft202012Validator(
        {**declared.schema, "required": []}, format_checker=FormatChecker()
    ).iter_errors(record)
    assert [error.message for error in errors] == []
    for name, value in raw.items():
        if carries(value):
            assert record.get(name, record.get(f"{name}Id")) is not None, (name, value)
        elif isinstance(value, bool | int):
            assert record.get(name) in (value, None), (name, value)
    for name, value in record.items():
        if name in raw and isinstance(raw[name], int | Decimal) and not isinstance(raw[name], bool):
            assert Decimal(str(value)) == raw[name], name
