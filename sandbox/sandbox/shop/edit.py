"""Curated changes to single records, as an admin call asks for them."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.shop.db import Shop, Where
from sandbox.shop.resources import (
    CUSTOMERS,
    INVOICES,
    ORDERS,
    SHIPMENTS,
    VARIANT_MOVEMENTS,
    VARIANTS,
    Body,
    Resource,
)
from sandbox.shop.stock import movement
from sandbox.shop.zone import stamped, zone_of


def change(shop: Shop, resource: Resource, identifier: int, fields: Mapping[str, Any], now: datetime) -> Body:
    """Set fields of a record; `updatedAt` moves to `now` unless it is among them. Stock leaves a movement.

    Raises:
        LookupError: no such record.
        ValueError: a field that a record of this kind does not have.
    """
    body = found(shop, resource, identifier)
    unknown = set(fields) - set(body)
    if unknown:
        raise ValueError(f"{resource.name} {identifier} has no field {', '.join(sorted(unknown))}")
    before = body.get("stockLevel")
    body |= touched(shop, body, now) | dict(fields)
    shop.put(resource, body)
    if resource is VARIANTS and body["stockLevel"] != before:
        at, product = stamped(now.timestamp(), zone_of(shop)), body["product"]["resource"]["id"]
        moved = movement(product, identifier, "manual", body["stockLevel"] - before, at)
        shop.put(VARIANT_MOVEMENTS, {"id": shop.newest_id(VARIANT_MOVEMENTS) + 1, **moved})
    return body


def delete(shop: Shop, resource: Resource, identifier: int, *, unlinks: bool = False) -> None:
    """Remove a record, and nothing that hangs on it.

    With `unlinks`, orders, invoices and shipments no longer name a customer who is removed.

    Raises:
        LookupError: no such record.
    """
    if not shop.delete(resource, identifier):
        raise LookupError(f"no {resource.name} {identifier}")
    if unlinks and resource is CUSTOMERS:
        for kind in (ORDERS, INVOICES, SHIPMENTS):
            for one in shop.newest(kind, Where({"customer_id =": identifier}), -1):
                shop.put(kind, found(shop, kind, one) | {"customer": False})


def insert(shop: Shop, resource: Resource, given: Mapping[str, Any], now: datetime) -> Body:
    """Add a record; what `given` leaves out is as on the newest record of its kind, links included.

    Without an `id` it gets the next free one; stamps are `now` unless given. What stands below another
    record needs to say below which: a line needs its `orderId`.

    Raises:
        ValueError: the id is taken, or the owner of the record was left out.
        TypeError: the id is no number.
    """
    newest = shop.newest_id(resource)
    identifier = given.get("id", newest + 1)
    if not isinstance(identifier, int):
        raise TypeError(f"an id is a whole number, not {identifier!r}")
    if shop.text(resource, identifier) is not None:
        raise ValueError(f"{resource.name} {identifier} is there already")
    if resource.is_nested and (missing := resource.beside.keys() - given.keys()):
        raise ValueError(f"a record of {resource.name} needs its {', '.join(missing)}")
    template = re.sub(rf"(?<![0-9]){newest}(?![0-9])", str(identifier), shop.text(resource, newest) or "{}")
    stamps = dict.fromkeys(("createdAt", "updatedAt"), stamped(now.timestamp(), zone_of(shop)))
    body: Body = {"id": identifier, **json.loads(template)}
    body |= {name: value for name, value in stamps.items() if name in resource.stamps} | dict(given)
    shop.put(resource, body)
    return body


def found(shop: Shop, resource: Resource, identifier: int) -> Body:
    """A record that has to be there.

    Raises:
        LookupError: it is not.
    """
    body = shop.get(resource, identifier)
    if body is None:
        raise LookupError(f"no {resource.name} {identifier}")
    return body | shop.beside(resource, identifier)


def touched(shop: Shop, body: Body, now: datetime) -> Body:
    """The stamp of a change, for records that have one."""
    return {"updatedAt": stamped(now.timestamp(), zone_of(shop))} if "updatedAt" in body else {}
