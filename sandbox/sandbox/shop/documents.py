"""The papers of an order: invoices, credit notes and shipments, and the numbers that all of them bear."""

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.shop.dice import Dice
from sandbox.shop.links import to_many, to_one
from sandbox.shop.money import cents, number
from sandbox.shop.resources import Body

PRICES = ("basePriceExcl", "basePriceIncl", "priceExcl", "priceIncl", "discountExcl", "discountIncl")
# What stands below a document is numbered by the document and its place: far more than an order has rows.
MOST_BELOW = 1000


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
    returned: int = 18_001
    movement: int = 114_000_001

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


def items_of(invoice: Body, order: Body, lines: Sequence[Body]) -> list[Body]:
    """What an invoice (or a credit note, with the same signs) charges: rows, payment, shipping, discount.

    The vendor documents the item of a payment alone; that shipping and an order's discount are items of their
    own is inferred from it. Together they are the invoice's total.
    """
    items = [
        {
            "type": "product",
            "title": line["productTitle"],
            "variant": line["variantTitle"],
            "orderProductId": line["id"],
            **{name: line[name] for name in ("articleCode", "ean", "sku", "taxRate", *PRICES)},
            "quantity": line["quantityInvoiced"],
        }
        for line in lines
    ]
    items.append(_cost("payment", order["paymentTitle"], order["paymentTaxRate"], _prices(order, "payment")))
    if order["shipmentTitle"]:
        items.append(
            _cost("shipment", order["shipmentTitle"], order["shipmentTaxRate"], _prices(order, "shipment"))
        )
    if order["isDiscounted"]:
        less = {
            kind: -cents(sum(item[f"price{kind}"] for item in items) - invoice[f"price{kind}"])
            for kind in ("Excl", "Incl")
        }
        prices = {f"{name}{kind}": number(less[kind]) for name in ("basePrice", "price") for kind in less}
        items.append(_cost("discount", order["discountCouponCode"], 0, prices))
    return [{"id": _below(invoice["id"], place), **item} for place, item in enumerate(items, 1)]


def _prices(order: Body, of: str) -> Body:
    return {
        f"{name[0].lower()}{name[1:]}{kind}": order[f"{of}{name}{kind}"]
        for name in ("BasePrice", "Price")
        for kind in ("Excl", "Incl")
    }


def _cost(kind: str, title: str, rate: float, prices: Body) -> Body:
    return {
        "type": kind,
        "title": f"_{kind}costs_",
        "variant": title,
        "orderProductId": None,
        "articleCode": "",
        "ean": "",
        "sku": "",
        "taxRate": rate,
        **dict.fromkeys(PRICES, 0),
        **prices,
        "quantity": 1,
    }


def returned(order: Body, lines: Sequence[Body], ids: Ids, *, at: str) -> Body:
    """What a customer sends back of an order: the rows in which something counts as returned.

    Its links are plain numbers and its prices texts. Of its states only `authorized` is documented.
    """
    dice = Dice("return", order["id"])
    back = [line for line in lines if line["quantityReturned"]]
    pieces = sum(line["quantityReturned"] for line in back)
    prices = {kind: sum(cents(line[f"price{kind}"]) for line in back) for kind in ("Excl", "Incl")}
    return {
        "id": ids.take("returned"),
        "createdAt": at,
        "updatedAt": at,
        "customerId": order["customer"]["resource"]["id"] if order["customer"] else 0,
        "orderId": order["id"],
        "status": dice.pick(("authorized", "authorized", "requested", "completed")),
        # The documentation's return of one piece counts none.
        "numProducts": dice.pick((pieces, pieces, 0)),
        **{f"price{kind}": f"{of_kind / 100:.2f}" for kind, of_kind in prices.items()},
        "isStockAdjusted": dice.chance(0.5),
        "returnReason": dice.pick(("Past niet", "Beschadigd ontvangen", "", None)),
        "returnAction": dice.pick(("Geld terug", "Ruilen", None)),
        "customerComment": dice.pick(("Te klein, helaas.", "", None)),
        "staffNote": dice.pick(("Doos ontbreekt", "", None)),
        "mailMessage": dice.pick(("Uw retour is aangemeld.", "", None)),
        "notifyStatus": dice.chance(0.7),
        "orderProducts": [{"id": line["id"], "quantity": line["quantityReturned"]} for line in back],
    }


def packed_in(parcel: int, parcels: Sequence[int], lines: Sequence[Body]) -> list[Body]:
    """What is in a parcel: an order's rows go into its parcels in turn.

    Args:
        parcel: id of the shipment.
        parcels: ids of all shipments of its order, itself included.
        lines: the order's rows.
    """
    return [
        {
            "id": _below(parcel, place),
            "quantity": line["quantityShipped"],
            "title": f"{line['productTitle']} {line['variantTitle']}".strip(),
            "variant": line["variantTitle"],
            "articleCode": line["articleCode"],
            "ean": line["ean"],
            "sku": line["sku"],
            "customData": line["customFields"] or [],
        }
        for place, line in enumerate(lines)
        if place % len(parcels) == parcels.index(parcel)
    ]


def _below(identifier: int, place: int) -> int:
    """The id of what stands at a place below a document."""
    return identifier * MOST_BELOW + place


def tracking_code(dice: Dice) -> str:
    """A parcel's code, as a carrier gives it."""
    return f"3S{dice.letters(4)}{dice.digits(9)}"
