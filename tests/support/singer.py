"""Singer messages as a tap writes them, for tests of the target alone."""

import json
from typing import Any

ANYTHING = {"type": "object", "properties": {"id": {"type": ["integer", "string", "null"]}}}
"""A schema that lets every record pass: what a test is about stands in its records."""

KEYS = {
    "customers": ["id"],
    "customer_group_sets": ["customerId"],
    "customer_summaries": ["customerId"],
    "orders": ["id"],
    "shipments": ["id"],
    "order_products": ["id"],
    "products": ["id"],
    "variants": ["id"],
    "subscriptions": ["id"],
}

LONG_AGO = "2019-08-21T17:15:00Z"


def schema(
    stream: str, properties: dict[str, Any] | None = None, keys: list[str] | None = None
) -> dict[str, Any]:
    """A SCHEMA message."""
    body = {"type": "object", "properties": properties} if properties else ANYTHING
    return {
        "type": "SCHEMA",
        "stream": stream,
        "schema": body,
        "key_properties": KEYS[stream] if keys is None else keys,
    }


def record(stream: str, **fields: Any) -> dict[str, Any]:
    """A RECORD message."""
    return {"type": "RECORD", "stream": stream, "record": {"shopId": 7, **fields}}


def state(**value: Any) -> dict[str, Any]:
    """A STATE message."""
    return {"type": "STATE", "value": value}


def complete(stream: str) -> dict[str, Any]:
    """An ACTIVATE_VERSION message: the list was read completely."""
    return {"type": "ACTIVATE_VERSION", "stream": stream, "version": 1}


def customer(number: int, *, at: str = LONG_AGO, updated: str | None = None, **fields: Any) -> dict[str, Any]:
    """A customer, with the properties that matter."""
    body = {
        "id": number,
        "email": f"person{number}@example.com",
        "firstname": "Zoë",
        "lastname": "d'Hondt",
        "createdAt": at,
        "updatedAt": updated or at,
        **fields,
    }
    return record("customers", **body)


def order(
    number: int, person: int | None, *, at: str = LONG_AGO, updated: str | None = None, **fields: Any
) -> dict[str, Any]:
    """An order of a customer, or of an unknown person."""
    body = {
        "id": number,
        "customerId": person,
        "number": f"ORD{number}",
        "email": f"person{person}@example.com",
        "firstname": "Zoë",
        "lastname": "d'Hondt",
        "priceIncl": 12.5,
        "createdAt": at,
        "updatedAt": updated or at,
        **fields,
    }
    return record("orders", **body)


def order_row(
    number: int, order_number: int, person: int | None, *, at: str = LONG_AGO, **fields: Any
) -> dict[str, Any]:
    """A row of an order."""
    body = {
        "id": number,
        "orderId": order_number,
        "customerId": person,
        "email": f"person{person}@example.com",
        "productTitle": "Sample plant",
        "orderCreatedAt": at,
        "orderUpdatedAt": at,
        "position": 0,
        **fields,
    }
    return record("order_products", **body)


def lines(*messages: dict[str, Any]) -> str:
    """Messages as standard input has them, each stream's SCHEMA before its first record where none is "
    "given."""
    said = {message["stream"] for message in messages if message["type"] == "SCHEMA"}
    written = []
    for message in messages:
        if (stream := message.get("stream")) and stream not in said:
            said.add(stream)
            written.append(schema(stream))
        written.append(message)
    return "".join(json.dumps(message) + "\n" for message in written)
