# ruff: noqa: INP001  # a script, no package
"""Make the shop's curated cases from the example bodies of the API.

Run once, by hand; the result is committed:

    python sandbox/tools/curate.py tests/contract/examples/seoshop > sandbox/sandbox/shop/data/curated.json

Ids, stamps and values stay. What is embedded becomes a record of its own, links point to the store's base,
and a record whose order or customer has no example gets one told from `order.json` or `customer.json`.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

BASE = "https://api.webshopapp.com/nl/"
Body = dict[str, Any]

# Keys of the list form of a shipment that its embedded form lacks.
SIZES = {"totalWeight": 0, "totalSizeX": 0, "totalSizeY": 0, "totalSizeZ": 0}
LISTED_LINE = 3515400


def load(folder: Path, name: str) -> Any:  # noqa: ANN401  # any JSON value
    """The record or records of an example, with the store's links."""
    text = (folder / f"{name}.json").read_text("utf-8")
    text = re.sub(r"https?://api\.(?:shoplightspeed|webshopapp)\.com/[a-z]{2}/", BASE, text)
    return next(iter(json.loads(text).values()))


def renamed(body: Body, **ids: tuple[int, int]) -> Body:
    """A copy of `body` in which ids are replaced, in values and links alike."""
    text = json.dumps(body)
    for old, new in ids.values():
        text = re.sub(rf"(?<!\d){old}(?!\d)", str(new), text)
    copied: Body = json.loads(text)
    return copied


def taken_apart(order: Body) -> dict[str, list[Any]]:
    """An order in its list form, and what was embedded in it."""
    parts: dict[str, list[Any]] = {"orders": [order]}
    embedded = {
        name: link["resource"].pop("embedded")
        for name, link in order.items()
        if isinstance(link, dict) and "embedded" in link.get("resource", {})
    }
    parts["customers"] = [embedded["customer"]]
    parts["invoices"] = embedded["invoices"]
    parts["shipments"] = [_sized(shipment) for shipment in embedded["shipments"]]
    parts["order_products"] = [{"orderId": order["id"], **line} for line in embedded["products"]]
    parts["events"] = [_event(event) for event in embedded["events"]]
    return parts


def _sized(shipment: Body) -> Body:
    sized: Body = {}
    for name, value in shipment.items():
        if name == "customer":
            sized |= SIZES
        if name == "doNotifyTrackingCode":
            sized["doNotifyReadyForPickup"] = False
        sized[name] = value
    return sized


def _event(event: Body) -> list[Any]:
    def linked(name: str) -> int | None:
        return event[name]["resource"]["id"] if event[name] else None

    plain = [event[name] for name in ("createdAt", "channel", "type", "message", "comment")]
    return [linked("order"), *plain, linked("invoice"), linked("shipment")]


def curated(folder: Path) -> dict[str, list[Any]]:
    """All curated records by resource, lines with their `orderId`."""
    records = taken_apart(load(folder, "order"))
    for name, more in taken_apart(load(folder, "order_webhook")).items():
        records[name] += more
    order, customer = records["orders"][0], load(folder, "customer")
    line, note, parcel = records["order_products"][0], load(folder, "invoice"), load(folder, "shipment")

    records["customers"].append(customer)
    records["customers"].append(renamed(customer, customer=(customer["id"], 1119503)))

    # The credit note's order and invoice, with the line that was refunded.
    refunded = {**load(folder, "order_product")}
    records["orders"].append(
        renamed(order, order=(order["id"], 1623573), quote=(20859265, 20859270))
        | {
            "number": "ORD00020",
            "shipmentPriceExcl": 25.95,
            "shipmentPriceIncl": 25,
            "shipmentBasePriceExcl": 25.95,
        }
        | {
            "priceExcl": 44.95,
            "priceIncl": 44.95,
            "shipmentBasePriceIncl": 25,
            "createdAt": "2019-08-21T17:20:00+00:00",
        }
    )
    records["order_products"].append({"orderId": 1623573, **refunded})
    original = renamed(note, note=(note["id"], 1742004))
    original |= {"number": "INV00037", "isCreditNote": False, "invoice": False, "status": "paid"}
    original["creditNote"] = renamed(note["invoice"], note=(1742004, note["id"]))
    records["invoices"] += [original, note]

    # The order of the shipment whose example stands alone.
    records["orders"].append(
        renamed(order, order=(order["id"], 5042285), quote=(20859265, 20859280), customer=(2026523, 1119503))
        | {"number": "ORD00038", "shipmentStatus": "shipped", "status": "completed_shipped"}
        | {"createdAt": "2020-10-21T13:45:17+00:00", "updatedAt": "2020-10-21T13:49:18+00:00"}
    )
    records["order_products"].append({**line, "id": LISTED_LINE, "orderId": 5042285})
    records["shipments"].append(parcel)

    # The orders of the live list, of which only some fields are known.
    for place, listed in enumerate(load(folder, "orders_list_fields")):
        ids = {"order": (order["id"], listed["id"]), "quote": (20859265, 20859290 + place)}
        total = listed["priceIncl"]
        free = {
            "shipmentPriceExcl": 0,
            "shipmentPriceIncl": 0,
            "shipmentBasePriceExcl": 0,
            "shipmentBasePriceIncl": 0,
        }
        ids["customer"] = (2026523, customer["id"])
        records["orders"].append(renamed(order, **ids) | listed | free | {"priceExcl": total})
        prices = dict.fromkeys(("basePriceExcl", "basePriceIncl", "priceExcl", "priceIncl"), total)
        once = dict.fromkeys(("quantityOrdered", "quantityInvoiced", "quantityShipped"), 1)
        untaxed = {"taxRate": 0, "taxRates": []}
        records["order_products"].append(
            {**line, **prices, **once, **untaxed, "id": LISTED_LINE + 1 + place, "orderId": listed["id"]}
        )

    records["groups"] = [load(folder, "group")]
    records["groups_customers"] = [load(folder, "groups_customer")]
    records["customstatuses"] = [load(folder, "custom_status")]
    records["products"] = [load(folder, "product"), *load(folder, "products_list_live")]
    # The first variant's product has no example: the shop's orphan.
    records["variants"] = [load(folder, "variant"), *load(folder, "variants_list_live")]
    records["brands"] = [load(folder, "brand"), *load(folder, "brands_list_live")]
    shop, live = load(folder, "shop"), load(folder, "shop_live")
    records["shop"] = [{name: live.get(name, value) for name, value in shop.items()}]
    return records


if __name__ == "__main__":
    json.dump(curated(Path(sys.argv[1])), sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")
