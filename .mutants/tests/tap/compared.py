"""Whether a record says what the shop's own body says, and not by the tap's own code."""

import json
from collections.abc import Set as AbstractSet
from datetime import datetime
from decimal import Decimal
from typing import Any

RESOURCES = {
    "customers": "customers",
    "customer_groups": "groups",
    "customer_group_memberships": "groups_customers",
    "orders": "orders",
    "order_products": "order_products",
    "order_custom_statuses": "customstatuses",
    "invoices": "invoices",
    "shipments": "shipments",
    "returns": "returns",
    "discounts": "discounts",
    "products": "products",
    "variants": "variants",
    "brands": "brands",
    "subscriptions": "subscriptions",
    "reviews": "reviews",
    "categories": "categories",
    "category_products": "categories_products",
    "tags": "tags",
    "tag_products": "tags_products",
    "suppliers": "suppliers",
    "taxes": "taxes",
    "languages": "languages",
    "countries": "countries",
}
"""What the shop calls the records of each stream that is selected by default."""
PRIVATE = {
    "customers": {"remoteIp", "userAgent", "nationalId", "memo"},
    "orders": {"remoteIp", "userAgent", "nationalId", "memo", "comment"},
    "returns": {"customerComment", "staffNote", "mailMessage"},
    "quotes": {"recoveryHash", "remoteIp", "userAgent", "comment"},
    "order_events": {"comment"},
}
"""Fields that are not selected by default."""


def honest(raw: Any, got: Any) -> bool:  # noqa: PLR0911  # a rule a line
    """Whether `got` says the same as `raw`, under the rules for unset values."""
    if isinstance(raw, bool) and isinstance(got, bool):
        return raw is got
    if raw is None or raw is False or raw == "":
        return got is None or (raw == "" and got == "")
    if isinstance(raw, str) and isinstance(got, dict):
        return honest(json.loads(raw) or {}, got)
    if isinstance(raw, dict):
        known = {name: value for name, value in raw.items() if got is not None and name in got}
        return got is not None and all(honest(value, got[name]) for name, value in known.items())
    if isinstance(raw, list):
        if not isinstance(got, list):
            return raw == [] and got in ({}, None)
        return len(raw) == len(got) and all(honest(*pair) for pair in zip(raw, got, strict=True))
    if isinstance(got, str) and got.endswith("Z") and isinstance(raw, str):
        return datetime.fromisoformat(raw) == datetime.fromisoformat(got)
    if isinstance(got, int | Decimal) and not isinstance(raw, bool):
        return Decimal(str(raw)) == Decimal(got)
    return bool(str(raw) == got)


def link(raw: Any) -> Any:
    return raw["resource"]["id"] or None if isinstance(raw, dict) else None


def is_link(raw: Any) -> bool:
    return isinstance(raw, dict) and set(raw) == {"resource"}


def by_id(rows: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    return {row["id"]: row for row in rows}


def told_otherwise(raw: dict[str, Any], record: dict[str, Any], private: AbstractSet[str]) -> list[Any]:
    """Fields of a body that its record does not tell as they are; those of `private` it must not tell."""
    return [(name, value, record) for name, value in raw.items() if not _told(name, value, record, private)]


def _told(name: str, value: Any, record: dict[str, Any], private: AbstractSet[str]) -> bool:
    if name in private:
        return name not in record
    if is_link(value):
        return value["resource"]["id"] is False or record[f"{name}Id"] == link(value)
    if f"{name}Id" in record:
        return record[f"{name}Id"] is None
    return (value is False and name not in record) or honest(value, record[name])
