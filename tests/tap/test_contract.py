"""The schemas against the description of the API: every field that it names is there."""

from functools import cache
from typing import Any

import pytest
import yaml

from support.programs import ROOT
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
OURS = {stream.name: stream for stream in STREAMS}


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
