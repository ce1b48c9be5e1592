"""The papers of an order: invoices, credit notes and shipments, and the numbers that all of them bear."""

from dataclasses import dataclass

from sandbox.shop.dice import Dice
from sandbox.shop.links import to_many, to_one
from sandbox.shop.resources import Body


@dataclass
class Ids:
    """The next free ids and numbers; each order takes its own from here."""

    order: int
    line: int
    invoice: int
    shipment: int
    quote: int
    order_number: int = 1001
    invoice_number: int = 1001
    shipment_number: int = 1001
    credit_number: int = 1

    def take(self, name: str, step: int = 1) -> int:
        """The next id or number of a kind."""
        taken: int = getattr(self, name)
        setattr(self, name, taken + step)
        return taken


def invoice(order: Body, ids: Ids, *, created: str, updated: str) -> Body:
    """The invoice of an order."""
    identifier = ids.take("invoice")
    return {
        "id": identifier,
        "createdAt": created,
        "updatedAt": updated,
        "number": f"INV{ids.take('invoice_number'):05d}",
        "status": order["paymentStatus"],
        "isVatShifted": False,
        "priceExcl": order["priceExcl"],
        "priceIncl": order["priceIncl"],
        "doNotifyNew": False,
        "doNotifyPaid": False,
        "invoice": False,
        "isCreditNote": False,
        "creditNote": False,
        "order": to_one("orders", order["id"]),
        "customer": order["customer"],
        "items": to_many(f"invoices/{identifier}/items"),
        "metafields": to_many(f"invoices/{identifier}/metafields"),
        "events": to_many(f"orders/events?invoice={identifier}"),
    }


def credit(original: Body, ids: Ids, *, at: str) -> Body:
    """The credit note for an invoice, whose own link to it is set as well. Its amounts are positive."""
    identifier = ids.take("invoice")
    original["creditNote"] = to_one("invoices", identifier)
    original["updatedAt"] = at
    return original | {
        "id": identifier,
        "createdAt": at,
        "updatedAt": at,
        "number": f"CRE{ids.take('credit_number'):05d}",
        "status": "not_paid",
        "invoice": to_one("invoices", original["id"]),
        "isCreditNote": True,
        "creditNote": False,
        "items": to_many(f"invoices/{identifier}/items"),
        "metafields": to_many(f"invoices/{identifier}/metafields"),
        "events": to_many(f"orders/events?invoice={identifier}"),
    }


def shipment(order: Body, ids: Ids, *, status: str, created: str, updated: str) -> Body:
    """A shipment of an order."""
    identifier = ids.take("shipment")
    return {
        "id": identifier,
        "createdAt": created,
        "updatedAt": updated,
        "number": f"SHIP{ids.take('shipment_number'):05d}",
        "status": status,
        "trackingCode": "",
        "doNotifyShipped": False,
        "doNotifyReadyForPickup": False,
        "doNotifyTrackingCode": False,
        "totalWeight": order["weight"],
        "totalSizeX": 20,
        "totalSizeY": 10,
        "totalSizeZ": 50,
        "customer": order["customer"],
        "order": to_one("orders", order["id"]),
        "products": to_many(f"shipments/{identifier}/products"),
        "metafields": to_many(f"shipments/{identifier}/metafields"),
        "events": to_many(f"orders/events?shipment={identifier}"),
    }


def tracking_code(dice: Dice) -> str:
    """A parcel's code, as a carrier gives it."""
    return f"3S{dice.letters(4)}{dice.digits(9)}"
