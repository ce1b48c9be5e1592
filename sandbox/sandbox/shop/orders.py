"""Orders and what hangs on them: lines, invoices, shipments, and the notes of what happened."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.shop.catalog import Article
from sandbox.shop.dice import Dice
from sandbox.shop.documents import Ids, invoice, shipment, tracking_code
from sandbox.shop.links import to_many, to_one
from sandbox.shop.money import number, unit_without_tax, without_tax
from sandbox.shop.people import Person
from sandbox.shop.pools import pools
from sandbox.shop.resources import Body
from sandbox.shop.zone import stamped

VAT = Decimal("0.21")
# As `Shop.add_events` takes it.
Event = tuple[Any, ...]


@dataclass(frozen=True)
class State:
    """What an order's status says about its payment and its shipment."""

    payment: str
    shipment: str
    pickup: bool = False


STATES = {
    "on_hold": State("not_paid", "not_shipped"),
    "processing_awaiting_payment": State("not_paid", "not_shipped"),
    "processing_awaiting_shipment": State("paid", "not_shipped"),
    "processing_awaiting_pickup": State("paid", "not_shipped", pickup=True),
    "processing_ready_for_pickup": State("paid", "not_shipped", pickup=True),
    "completed": State("paid", "shipped"),
    "completed_shipped": State("paid", "shipped"),
    "completed_picked_up": State("paid", "shipped", pickup=True),
    "cancelled": State("cancelled", "cancelled"),
}
OLDER_STATES = {
    "new": State("not_paid", "not_shipped"),
    "offer": State("not_paid", "not_shipped"),
    "processing": State("paid", "not_shipped"),
    "processing_partially_paid": State("partially_paid", "not_shipped"),
    "processing_partially_shipped": State("paid", "partially_shipped"),
    "processing_partially_picked_up": State("paid", "partially_shipped", pickup=True),
}
ALL_STATES = STATES | OLDER_STATES
USUAL = ("completed_shipped",) * 7 + (
    "completed",
    "processing_awaiting_shipment",
    "processing_awaiting_payment",
    "cancelled",
)

# One line in so many is of a variant that is gone since.
GONE = 149

WITHOUT_INVOICE = ("offer", "on_hold")


@dataclass(frozen=True)
class Moments:
    """When things happened to an order; seconds since the epoch, None when they did not."""

    created: int
    paid: int | None
    shipped: int | None
    updated: int


@dataclass
class Sale:
    """An order with all that hangs on it, ready to be stored."""

    order: Body
    lines: list[Body]
    invoices: list[Body] = field(default_factory=list)
    shipments: list[Body] = field(default_factory=list)
    returns: list[Body] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


@dataclass(frozen=True)
class Buyer:
    """Who orders, and under which customer record."""

    who: Person
    customer: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class Course:
    """How far an order is: its status, when it got there, and the shop's own status if it has one."""

    status: str
    moments: Moments
    custom_status: int | None = None


def sell(
    dice: Dice, buyer: Buyer, articles: Sequence[Article], course: Course, *, ids: Ids, zone: ZoneInfo
) -> Sale:
    """Make an order of one line for each of `articles`, with its documents."""
    moments, state = course.moments, ALL_STATES[course.status]
    identifier = ids.take("order", dice.number(3, 31))
    lines = [_line(dice, article, ids.take("line"), identifier) for article in articles]
    shipping = 0 if state.pickup else dice.pick((0, 495, 595, 695, 1250))
    goods = sum(line.incl for line in lines)
    discount, discount_fields = _discount(dice, goods)
    total_incl = goods + shipping - discount
    total_excl = sum(line.excl for line in lines) + without_tax(shipping, VAT) - without_tax(discount, VAT)
    who = buyer.who
    created = stamped(moments.created, zone)
    payment, payment_title = dice.pick(pools("catalog")["payments"])
    shipment_method = 33265 + int(state.pickup)
    shipped_by = pools("catalog")["carriers"][2 if state.pickup else dice.number(0, 1)]
    channel = dice.pick(("main", "main", "main", "main", "mobile", "", "api"))
    delivery = stamped(moments.created + 3 * 86400, zone)[:10] if dice.chance(0.3) else None
    order: Body = {
        "id": identifier,
        "createdAt": created,
        "updatedAt": stamped(moments.updated, zone),
        "number": f"ORD{ids.take('order_number'):05d}",
        "status": course.status,
        "customStatusId": course.custom_status,
        "channel": channel,
        "remoteIp": who.remote_ip,
        "userAgent": who.user_agent,
        "referralId": dice.pick((False, False, "newsletter")),
        "priceCost": number(sum(line.cost for line in lines)),
        "priceExcl": number(total_excl),
        "priceIncl": number(total_incl),
        "weight": sum(line.weight for line in lines),
        "volume": 0,
        "colli": 0,
        **who.fields(),
        "newsletterSubscribed": dice.chance(0.4),
        **who.company_fields(),
        **_with_region(who.billing.fields("Billing"), "Billing"),
        "addressShippingCompany": who.shipping_company,
        **_with_region(who.shipping.fields("Shipping"), "Shipping"),
        "paymentId": payment,
        "paymentStatus": state.payment,
        "paymentIsPost": payment == "invoice",
        "paymentIsInvoiceExternal": False,
        "paymentTaxRate": 0,
        "paymentTaxRates": [{"name": "VAT", "rate": 0, "amount": 0}],
        "paymentBasePriceExcl": 0,
        "paymentBasePriceIncl": 0,
        "paymentPriceExcl": 0,
        "paymentPriceIncl": 0,
        "paymentTitle": payment_title,
        "paymentData": dice.pick(({"method": payment}, [])),
        "shipmentId": False if dice.chance(0.03) else f"core|{shipment_method}|55707",
        "shipmentStatus": state.shipment,
        "shipmentIsCashOnDelivery": False,
        "shipmentIsPickup": state.pickup,
        "shipmentTaxRate": float(VAT),
        "shipmentTaxRates": [_tax(VAT, shipping)],
        "shipmentBasePriceExcl": unit_without_tax(shipping, VAT),
        "shipmentBasePriceIncl": number(shipping),
        "shipmentPriceExcl": number(without_tax(shipping, VAT)),
        "shipmentPriceIncl": number(shipping),
        "shipmentDiscountExcl": 0,
        "shipmentDiscountIncl": 0,
        "shipmentTitle": shipped_by,
        "shipmentData": {"method": "default", "shipment_id": shipment_method, "shipping_value_id": 55707},
        "shippingDate": None,
        "deliveryDate": delivery,
        **discount_fields,
        "taxRates": _tax_rates(lines),
        "isNewCustomer": buyer.is_new,
        "comment": dice.pick(("", "", "", "Graag bij de buren afgeven, s.v.p. 🙏", "Bitte nicht klingeln")),
        "memo": "",
        "allowNotifications": True,
        "doNotifyNew": False,
        "doNotifyReminder": False,
        "doNotifyCancelled": False,
        "language": who.language,
        "customer": to_one("customers", buyer.customer),
        "invoices": to_many(f"invoices?order={identifier}"),
        "shipments": to_many(f"shipments?order={identifier}"),
        "products": to_many(f"orders/{identifier}/products"),
        "metafields": to_many(f"orders/{identifier}/metafields"),
        "quote": to_one("quotes", ids.take("quote", 3)),
        "events": to_many(f"orders/events?order={identifier}"),
        "giftCardsPayment": [],
    }
    sale = Sale(order, [line.body for line in lines])
    sale.events.append((identifier, created, "auto", "order", "new", None, None, None))
    _add_documents(dice, sale, moments, ids, zone)
    return sale


def _add_documents(dice: Dice, sale: Sale, moments: Moments, ids: Ids, zone: ZoneInfo) -> None:
    order = sale.order
    created = stamped(moments.created, zone)
    if order["status"] not in WITHOUT_INVOICE:
        paid = stamped(moments.paid, zone) if moments.paid else None
        document = invoice(order, ids, created=created, updated=paid or created)
        sale.invoices.append(document)
        sale.events.append((order["id"], created, "auto", "invoice", "new", None, document["id"], None))
        if paid:
            sale.events.append((order["id"], paid, "api", "invoice", "paid", None, document["id"], None))
            sale.events.append((order["id"], paid, "api", "order", "paid", None, None, None))
    shipped = stamped(moments.shipped, zone) if moments.shipped else None
    partly = order["shipmentStatus"] == "partially_shipped"
    document = shipment(
        order,
        ids,
        status="shipped" if partly else order["shipmentStatus"],
        created=created,
        updated=shipped or created,
    )
    document["trackingCode"] = tracking_code(dice) if shipped and dice.chance(0.8) else ""
    sale.shipments.append(document)
    sale.events.append((order["id"], created, "auto", "shipment", "new", None, None, document["id"]))
    if shipped:
        sale.events.append((order["id"], shipped, "auto", "shipment", "shipped", None, None, document["id"]))
    if partly:
        sale.shipments.append(shipment(order, ids, status="not_shipped", created=created, updated=created))


@dataclass(frozen=True)
class _Line:
    body: Body
    incl: int
    excl: int
    cost: int
    weight: int
    tax: Decimal


def _line(dice: Dice, article: Article, identifier: int, order: int) -> _Line:
    quantity = dice.pick((1, 1, 1, 1, 2, 2, 3, 6))
    discount = article.price * quantity // 10 if dice.chance(0.1) else 0
    incl = article.price * quantity - discount
    excl = without_tax(incl, article.tax)
    returned = quantity if dice.chance(0.03) else 0
    body: Body = {
        "orderId": order,
        "id": identifier,
        "supplierTitle": article.supplier,
        "brandTitle": article.brand,
        "productTitle": article.title,
        "variantTitle": article.variant_title,
        "taxRate": float(article.tax),
        "taxRates": [_tax(article.tax, incl)],
        "quantityOrdered": quantity,
        "quantityInvoiced": quantity,
        "quantityShipped": quantity,
        "quantityRefunded": returned,
        "quantityReturned": returned,
        "articleCode": article.article_code,
        "ean": article.ean,
        "sku": article.sku,
        "weight": None if article.weight == 0 and dice.chance(0.5) else article.weight * quantity,
        "volume": 0,
        "colli": 0,
        "sizeX": 0,
        "sizeY": 0,
        "sizeZ": 0,
        "priceCost": number(article.cost),
        "customExcl": 0,
        "customIncl": 0,
        "basePriceExcl": unit_without_tax(article.price, article.tax),
        "basePriceIncl": number(article.price),
        "priceExcl": number(excl),
        "priceIncl": number(incl),
        "discountExcl": number(without_tax(discount, article.tax)),
        "discountIncl": number(discount),
        "customFields": _custom_fields(dice),
        "product": to_one("products", article.product),
        "variant": False if identifier % GONE == 0 else to_one("variants", article.variant),
    }
    return _Line(body, incl, excl, article.cost * quantity, article.weight * quantity, article.tax)


def _custom_fields(dice: Dice) -> Any:  # noqa: ANN401  # false or a list
    if not dice.chance(0.05):
        return False
    return [{"id": 701, "title": "Gravure", "values": [{"value": dice.pick(("Voor altijd ❤", False, None))}]}]


def _tax(rate: Decimal, incl: int) -> Body:
    return {"name": "BTW", "rate": float(rate), "amount": number(incl - without_tax(incl, rate))}


def _tax_rates(lines: Sequence[_Line]) -> list[Body]:
    sums: dict[Decimal, int] = {}
    for line in lines:
        sums[line.tax] = sums.get(line.tax, 0) + line.incl - line.excl
    return [{"name": "BTW", "rate": float(rate), "amount": number(amount)} for rate, amount in sums.items()]


def _discount(dice: Dice, goods: int) -> tuple[int, Body]:
    """An order's discount in cents, and the fields that tell of it."""
    kind = dice.pick(("", "", "", "", "", "", "amount", "percentage")) if goods else ""
    share = dice.pick((0.05, 0.1, 0.25))
    amount = {"": 0, "amount": min(goods, 500), "percentage": round(goods * share)}[kind]
    return amount, {
        "isDiscounted": bool(kind),
        "discountType": kind or "amount",
        "discountAmount": number(amount),
        "discountPercentage": share if kind == "percentage" else 0,
        "discountCouponCode": dice.pick(pools("catalog")["coupons"]) if kind else "",
    }


def _with_region(fields: Body, kind: str) -> Body:
    region = fields[f"address{kind}Region"]
    data = {"id": 2301, "name": region, "code": "NH"} if region else False
    return {**fields, f"address{kind}RegionData": data}
