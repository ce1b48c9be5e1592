"""The single order, which alone carries its customer, documents, lines, cart and events inside its links."""

import json
from typing import Any

from sandbox.shop.db import Shop, Where
from sandbox.shop.links import to_many
from sandbox.shop.resources import (
    CUSTOMERS,
    INVOICES,
    ORDER_EVENTS,
    ORDER_METAFIELDS,
    ORDER_PRODUCTS,
    SHIPMENTS,
    Body,
)

# Keys of a shipment that its embedded form lacks.
SHIPMENT_EXTRAS = ("totalWeight", "totalSizeX", "totalSizeY", "totalSizeZ")


def single_order(shop: Shop, order: Body) -> Body:
    """`order` as a single GET shows it."""
    identifier = order["id"]
    of_order = Where({"order_id =": identifier})
    order = dict(order)
    if isinstance(order.get("customer"), dict):
        customer = shop.get(CUSTOMERS, order["customer"]["resource"]["id"])
        if customer is not None:
            order["customer"] = _with(order["customer"], customer)
    many: dict[str, list[Any]] = {
        "invoices": [json.loads(text) for text in shop.page(INVOICES, of_order, newest_first=False)],
        "shipments": [
            {name: value for name, value in json.loads(text).items() if name not in SHIPMENT_EXTRAS}
            for text in shop.page(SHIPMENTS, of_order, newest_first=False)
        ],
        "products": [json.loads(text) for text in shop.page(ORDER_PRODUCTS, of_order, newest_first=False)],
        "metafields": [
            json.loads(text) for text in shop.page(ORDER_METAFIELDS, of_order, newest_first=False)
        ],
        "events": [json.loads(text) for text in shop.page(ORDER_EVENTS, of_order, newest_first=False)],
    }
    if isinstance(order.get("quote"), dict):
        order["quote"] = _with(order["quote"], cart(order, many["products"]))
    for name, records in many.items():
        order[name] = _with(order[name], records)
    return order


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


def _with(link: Any, embedded: Any) -> dict[str, Any]:  # noqa: ANN401  # a link object, any JSON inside
    return {"resource": {**link["resource"], "embedded": embedded}}
