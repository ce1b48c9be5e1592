"""Carts: the one that each order came from, and those that were left standing."""

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from sandbox.shop.dice import Dice
from sandbox.shop.links import to_many
from sandbox.shop.resources import Body

# One order in so many has a second cart beside it that was left, as a fraction.
LEFT = 0.15
# What only the line of an order has.
ORDERED = ("quantityOrdered", "quantityInvoiced", "quantityShipped", "quantityRefunded", "quantityReturned")
# What a cart says of payment and shipment before the buyer has chosen any.
NOT_CHOSEN: dict[str, Any] = {
    "shipmentIsSet": False,
    "shipmentIsPickup": False,
    "shipmentTaxRate": 0,
    "shipmentBasePriceExcl": 0,
    "shipmentBasePriceIncl": 0,
    "shipmentPriceTax": 0,
    "shipmentPriceExcl": 0,
    "shipmentPriceIncl": 0,
    "shipmentTitle": "",
    "shipmentData": [],
    "paymentIsSet": False,
    "paymentIsPost": False,
    "paymentData": "",
    "paymentTaxRate": 0,
    "paymentTitle": "",
    "discountIsSet": False,
    "discountType": "amount",
    "discountAmount": 0,
    "discountPercentage": 0,
    "discountCouponCode": "",
}


def carts(orders: Iterable[Body], lines: Iterable[Body], left: float = LEFT) -> Iterator[Body]:
    """The carts of `orders`, whose rows are among `lines`, one order's beside one another.

    So many of the orders, as a fraction, have a second one that was left standing: `left`.
    """
    for order, rows in _of_orders(orders, lines):
        made = cart(order, rows)
        yield made
        dice = Dice("cart", order["id"])
        if dice.chance(left):
            yield _left(dice, made, rows)


def left_lines(orders: Iterable[Body], lines: Iterable[Body], left: float = LEFT) -> Iterator[Body]:
    """The lines of the carts that `carts` leaves standing, each with `quoteId`."""
    for order, rows in _of_orders(orders, lines):
        dice = Dice("cart", order["id"])
        if dice.chance(left):
            cart_id = order["quote"]["resource"]["id"] + 1
            yield from ({**line_of(line), "quoteId": cart_id} for line in _wanted(dice, rows))


def line_of(line: Body) -> Body:
    """The line of a cart, told from that of its order.

    The form is not documented: that of an order's line, with one `quantity` in place of those of its papers.
    """
    told = {name: value for name, value in line.items() if name not in ORDERED and name != "orderId"}
    return told | {"quantity": line["quantityOrdered"]}


def _of_orders(orders: Iterable[Body], lines: Iterable[Body]) -> Iterator[tuple[Body, list[Body]]]:
    """Orders that came from a cart, each with its rows."""
    rows = {order: list(of_order) for order, of_order in groupby(lines, itemgetter("orderId"))}
    return ((order, rows.get(order["id"], [])) for order in orders if order["quote"])


def _wanted(dice: Dice, lines: list[Body]) -> list[Body]:
    return lines[: dice.number(0, min(2, len(lines)))]


def _left(dice: Dice, made: Body, lines: list[Body]) -> Body:
    """A cart that the buyer of another one left standing, known to the shop by name or not."""
    identifier = made["id"] + 1
    wanted = _wanted(dice, lines)
    links = ("products", "shippingmethods", "paymentmethods")
    return {
        **made,
        **NOT_CHOSEN,
        "id": identifier,
        "recalculatedAt": dice.pick((made["createdAt"], None)),
        "recoveryHash": f"{identifier:032x}",
        "weight": sum(line["weight"] or 0 for line in wanted),
        "shipmentZipcode": dice.pick(("", None)),
        "priceCost": round(sum(line["priceCost"] * line["quantityOrdered"] for line in wanted), 2),
        "priceExcl": round(sum(line["priceExcl"] for line in wanted), 2),
        "priceIncl": round(sum(line["priceIncl"] for line in wanted), 2),
        "productsCount": len(wanted),
        "productsQuantity": sum(line["quantityOrdered"] for line in wanted),
        "shipmentId": dice.pick((False, "")),
        "paymentId": dice.pick((False, "")),
        "comment": None,
        "customer": made["customer"] if dice.chance(0.6) else False,
        **{name: to_many(f"quotes/{identifier}/{name}") for name in links},
    }


def cart(order: Body, lines: list[Body]) -> Body:
    """The cart an order came from, told from the order and its lines: nearly all of it stands there too."""
    identifier = order["quote"]["resource"]["id"]
    body: Body = {
        "id": identifier,
        "createdAt": order["createdAt"],
        "updatedAt": order["createdAt"],
        "recalculatedAt": order["createdAt"],
        "isLocked": False,
        "channel": order["channel"] or "backend",
        "recoveryHash": f"{identifier:032x}",
    }
    body |= {
        name: order[name] for name in ("remoteIp", "userAgent", "referralId", "weight", "volume", "colli")
    }
    body |= {
        "paymentCountry": order["addressBillingCountry"],
        "shipmentCountry": order["addressShippingCountry"],
        "shipmentZipcode": order["addressShippingZipcode"],
        "shipmentSameAddress": order["addressBillingStreet"] == order["addressShippingStreet"],
        "priceCost": order["priceCost"],
        "priceExcl": order["priceExcl"],
        "priceIncl": order["priceIncl"],
        "discountExcl": 0,
        "discountIncl": 0,
        "productsCount": len(lines),
        "productsQuantity": sum(line["quantityOrdered"] for line in lines),
        "shipmentIsSet": True,
        "shipmentId": order["shipmentId"],
        "shipmentIsVirtual": False,
        "shipmentIsCashOnDelivery": order["shipmentIsCashOnDelivery"],
        "shipmentDiscountPercentage": 0,
        "shipmentIsServicePoint": False,
        "shipmentIsPickup": order["shipmentIsPickup"],
        "shipmentTaxRate": order["shipmentTaxRate"],
        "shipmentBasePriceExcl": order["shipmentBasePriceExcl"],
        "shipmentBasePriceIncl": order["shipmentBasePriceIncl"],
        "shipmentPriceTax": round(order["shipmentPriceIncl"] - order["shipmentPriceExcl"], 2),
        "shipmentPriceExcl": order["shipmentPriceExcl"],
        "shipmentPriceIncl": order["shipmentPriceIncl"],
        "shipmentDiscountExcl": order["shipmentDiscountExcl"],
        "shipmentDiscountIncl": order["shipmentDiscountIncl"],
        "shipmentTitle": order["shipmentTitle"],
        "shipmentData": order["shipmentData"],
        "paymentIsSet": True,
        "paymentId": order["paymentId"],
        "paymentIsPost": order["paymentIsPost"],
        "paymentIsInvoiceExternal": order["paymentIsInvoiceExternal"],
        "paymentData": json.dumps(order["paymentData"], separators=(",", ":")),
        "paymentTaxRate": order["paymentTaxRate"],
        "paymentBasePriceExcl": order["paymentBasePriceExcl"],
        "paymentBasePriceIncl": order["paymentBasePriceIncl"],
        "paymentPriceTax": 0,
        "paymentPriceExcl": order["paymentPriceExcl"],
        "paymentPriceIncl": order["paymentPriceIncl"],
        "additionalCostIncl": "0.0000",
        "additionalCostExcl": "0.0000",
        "paymentTitle": order["paymentTitle"],
        "discountIsSet": order["isDiscounted"],
        "discountId": 0,
        "discountType": order["discountType"],
        "discountAmount": order["discountAmount"],
        "discountPercentage": order["discountPercentage"],
        "discountShipment": "default",
        "discountMinimumAmount": "0.00",
        "discountCouponCode": order["discountCouponCode"],
        # Unset it is null in the documentation's order and "" in one of 2025: so each in every second cart.
        "comment": order["comment"] or (None, "")[order["id"] % 2],
        "allowNotifications": order["allowNotifications"],
        "customer": {"resource": {k: v for k, v in order["customer"]["resource"].items() if k != "embedded"}}
        if order["customer"]
        else False,
        "language": order["language"],
    }
    links = ("products", "shippingmethods", "paymentmethods")
    return body | {name: to_many(f"quotes/{identifier}/{name}") for name in links}
