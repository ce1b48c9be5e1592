"""What Copernica must hold for a shop, worked out only from the shop's own data and the data model.

It shares no code with tap or target: what it says is what docs/data-model.md says.
"""

from collections import Counter, defaultdict
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo

from support.derived import Recount
from support.sandbox import Sandbox

Body = dict[str, Any]
Fields = dict[str, str | Decimal | None]
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
ADDRESS = ("Name", "Street", "Street2", "Number", "Extension", "Zipcode", "City", "Region")
CUT = {"Name": 150, "Street": 150, "Street2": 150}
CENT = Decimal("0.01")
CONSENT = frozenset({
    "newsletter", "newsletter_shop", "newsletter_since", "newsletter_source", "optin_at",
    "optin_confirmed_at", "optout_at", "mail_basis",
})  # fmt: skip
"""Fields that depend on what happened in Copernica, too: `newsletters` says what holds where nothing did."""


def text(value: Any, length: int | None = None) -> str:
    """A text as Copernica shows it: unset is empty; `length` cuts."""
    if value in (None, False, "") or isinstance(value, bool):
        return ""
    whole = str(value)
    return whole if length is None or len(whole) <= length else whole[:length].rstrip()


def fitting(value: Any, length: int) -> str:
    """A text that is left out where it is too long: half an address leads nowhere."""
    whole = text(value)
    return whole if len(whole) <= length else ""


def number(value: Any) -> Decimal:
    """A number; unset is 0."""
    return Decimal(str(value)) if value not in (None, False, "") else Decimal(0)


def moment(value: Any) -> str:
    """A time on the clock of Amsterdam."""
    if not isinstance(value, str) or not value:
        return ""
    return f"{datetime.fromisoformat(value).astimezone(AMSTERDAM):%Y-%m-%d %H:%M:%S}"


def linked(value: Any) -> int | None:
    """The id that a link names."""
    found = value["resource"]["id"] if isinstance(value, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def code(value: Any) -> str:
    """The code of a country or language."""
    return text(value["code"]) if isinstance(value, dict) else ""


def choice(value: Any) -> str:
    """A yes or no."""
    return {True: "yes", False: "no"}[value]


def addresses(body: Body) -> Fields:
    """The twenty address fields of an order or a customer."""
    found: Fields = {}
    for kind, company in (("Billing", "companyName"), ("Shipping", "addressShippingCompany")):
        for part in ADDRESS:
            found[f"{kind}_{part}".lower()] = text(body.get(f"address{kind}{part}"), CUT.get(part))
        found[f"{kind}_company".lower()] = text(body.get(company), 150)
        found[f"{kind}_country".lower()] = code(body.get(f"address{kind}Country"))
    return found


def state(body: Body, lines: list[Body]) -> str:
    """The three statuses of an order, and what came back of its rows, in one word."""
    back = [max(one["quantityReturned"], one["quantityRefunded"]) >= one["quantityOrdered"] for one in lines]
    held = [
        ("cancelled", body["status"] == "cancelled"),
        ("returned", bool(back) and all(back)),
        ("complete", body["status"] in ("completed", "completed_shipped", "completed_picked_up")),
        ("shipped", body["shipmentStatus"] == "shipped"),
        ("paid", body["paymentStatus"] == "paid"),
        ("open", True),
    ]
    return next(name for name, holds in held if holds)


def folded(body: Body) -> str:
    """The address of a customer or order, as two spellings of it are one."""
    return text(body["email"]).strip().casefold()


class Shop:
    """All bodies of a shop, read through the sandbox's admin calls.

    Args:
        sandbox: The shop's.
        categories: Whether the tap reads them; else no favourite one is known.
    """

    def __init__(self, sandbox: Sandbox, *, categories: bool = True) -> None:
        self.categories = categories
        self.id = sandbox.status()["shop"]["id"]
        self.read = sandbox.shop
        self.customers = sandbox.shop("customers")
        self.orders = sandbox.shop("orders")
        self.invoices = sandbox.shop("invoices")
        self.today = datetime.fromisoformat(sandbox.status()["now"]).date()

    def key(self, number: Any) -> str:
        """The key of a thing of this shop."""
        return f"{self.id}:{number}"

    def people(self) -> dict[str, Fields]:
        """Every customer's profile."""
        titles = {group["id"]: group["title"] for group in self.read("groups")}
        groups: defaultdict[int | None, set[str]] = defaultdict(set)
        for one in self.read("groups_customers"):
            groups[linked(one["customer"])].add(titles[linked(one["group"]) or 0])
        orders, invoices = self._by_customer(self.orders), self._by_customer(self.invoices)
        addresses_of = Counter(filter(None, (folded(body) for body in self.customers)))
        lists = {name: self.read(name) for name in ("orders", "invoices", "order_products")}
        for name in ("categories", "categories_products"):
            lists[name] = self.read(name) if self.categories else []
        recount = Recount(lists, self.today)
        return {
            self.key(body["id"]): {
                **self._person(body, groups[body["id"]], orders[body["id"]], invoices[body["id"]]),
                **self._derived(recount.of(body["id"]), body["id"]),
                "shared_email": "yes" if addresses_of[folded(body)] > 1 else "",
            }
            for body in self.customers
        }

    def _person(self, body: Body, groups: set[str], orders: list[Body], invoices: list[Body]) -> Fields:
        counted = [one for one in orders if one["status"] != "cancelled"]
        credit = sum((number(one["priceIncl"]) for one in invoices if one["isCreditNote"]), Decimal(0))
        net = sum((number(one["priceIncl"]) for one in counted), Decimal(0)) - credit
        newest = max(
            orders, key=lambda one: (datetime.fromisoformat(one["createdAt"]), one["id"]), default=None
        )
        times = sorted(datetime.fromisoformat(one["createdAt"]) for one in orders)
        return {
            **self.lite(body),
            "shop_id": number(self.id),
            "middlename": text(body["middlename"], 50),
            "gender": text(body["gender"]),
            "phone": text(body["phone"]),
            "mobile": text(body["mobile"]).strip(),
            "company": text(body["companyName"], 150),
            "vat_number": text(body["companyVatNumber"]),
            "coc_number": text(body["companyCoCNumber"]),
            "birthdate": text(body["birthDate"]),
            "language": code(body["language"]),
            "last_online_at": moment(body["lastOnlineAt"]),
            "customer_groups": ", ".join(sorted(groups)),
            "order_count": Decimal(len(orders)),
            "total_order_value": sum((number(one["priceIncl"]) for one in orders), Decimal(0)),
            "net_order_value": net,
            "average_order_value": (net / len(counted)).quantize(CENT, ROUND_HALF_UP)
            if counted
            else Decimal(0),
            "first_order_at": moment(times[0].isoformat()) if times else "",
            "last_order_at": moment(times[-1].isoformat()) if times else "",
            "last_order_number": text(newest["number"]) if newest else "",
            "last_order_status": text(newest["status"]) if newest else "",
            **addresses(newest or body),
        }

    def _derived(self, told: Body, customer: int) -> Fields:
        digest = blake2b(f"{self.id}:{customer}".encode(), digest_size=8).hexdigest()
        return {
            "orders_365": number(told["orders365"]),
            "net_365": told["net365"],
            "days_between": number(told["daysBetween"]),
            "next_order_at": text(told["nextOrderAt"]),
            "lateness": text(told["lateness"]),
            "rfm": text(told["rfm"]),
            "segment": text(told["segment"]),
            "favourite_brand": text(told["favouriteBrand"], 100),
            "favourite_category": text(told["favouriteCategory"], 100),
            "reorder_at": "",
            "return_rate": told["returnRate"],
            "discount_share": told["discountShare"],
            "holdout": "yes" if int(digest, 16) / 16**16 < 0.1 else "no",
        }

    def newsletters(self) -> dict[str, Fields]:
        """Whether those may be mailed whose address no other customer has, where no one has opted out."""
        asked = {folded(body): body for body in self.read("subscriptions")}
        counts = Counter(folded(body) for body in self.customers)
        found: dict[str, Fields] = {}
        for body in self.customers:
            if counts[address := folded(body)] == 1:
                told = asked.get(address)
                found[self.key(body["id"])] = {
                    "newsletter": "yes" if told else "",
                    "newsletter_since": moment(told["createdAt"]) if told else "",
                }
        return found

    def lite(self, body: Body) -> Fields:
        """The fields of the lite edition."""
        return {
            "external_key": self.key(body["id"]),
            "seoshop_id": number(body["id"]),
            "firstname": text(body["firstname"], 100),
            "lastname": text(body["lastname"], 100),
            "email": text(body["email"]).strip(),
            "registered_at": moment(body["createdAt"]),
        }

    def order_fields(self) -> dict[str, Fields]:
        """Every order's subprofile, with its newest shipment."""
        statuses = {one["id"]: one["title"] for one in self.read("customstatuses")}
        shipments: dict[int | None, Body] = {}
        for one in sorted(self.read("shipments"), key=lambda one: int(one["id"])):
            shipments[linked(one["order"])] = one
        lines: defaultdict[int, list[Body]] = defaultdict(list)
        for one in self.read("order_products"):
            lines[one["orderId"]].append(one)
        return {
            self.key(one["id"]): {
                **self._order(one, statuses, shipments.get(one["id"])),
                "order_state": state(one, lines[one["id"]]),
            }
            for one in self.orders
        }

    def _order(self, body: Body, statuses: dict[int, str], shipment: Body | None) -> Fields:
        shipped = shipment is not None and shipment["status"] == "shipped"
        return {
            "external_key": self.key(body["id"]),
            "order_id": number(body["id"]),
            "shop_id": number(self.id),
            "email": text(body["email"]).strip(),
            "number": text(body["number"]),
            "ordered_at": moment(body["createdAt"]),
            "updated_at": moment(body["updatedAt"]),
            "status": text(body["status"]),
            "payment_status": text(body["paymentStatus"]),
            "shipment_status": text(body["shipmentStatus"]),
            "custom_status": statuses[body["customStatusId"]] if body["customStatusId"] else "",
            "language": code(body["language"]),
            "channel": text(body["channel"]),
            "total": number(body["priceIncl"]),
            "total_excl": number(body["priceExcl"]),
            "shipping_cost": number(body["shipmentPriceIncl"]),
            "payment_method": text(body["paymentTitle"]),
            "shipping_method": text(body["shipmentTitle"]),
            "discount_code": text(body["discountCouponCode"]),
            "discount_amount": number(body["discountAmount"]),
            "delivery_date": text(body["deliveryDate"]),
            "is_new_customer": choice(body["isNewCustomer"]),
            "weight": number(body["weight"]),
            **addresses(body),
            "tracking_code": text(shipment["trackingCode"]) if shipment else "",
            "shipped_at": moment(shipment["updatedAt"]) if shipment and shipped else "",
        }

    def rows(self) -> dict[str, Fields]:
        """Every order row's subprofile."""
        orders = {one["id"]: one for one in self.orders}
        places: defaultdict[int, int] = defaultdict(int)
        found = {}
        for body in self.read("order_products"):
            if (order := orders.get(body["orderId"])) is None:  # the order was deleted
                continue
            found[self.key(body["id"])] = self._row(body, order)
            places[order["id"]] += 1
        return found

    def _row(self, body: Body, order: Body) -> Fields:
        return {
            "external_key": self.key(body["id"]),
            "item_id": number(body["id"]),
            "order_id": number(order["id"]),
            "shop_id": number(self.id),
            "email": text(order["email"]).strip(),
            "ordered_at": moment(order["createdAt"]),
            "title": text(body["productTitle"], 255),
            "variant": text(body["variantTitle"], 255),
            "article_code": text(body["articleCode"]),
            "ean": text(body["ean"]),
            "sku": text(body["sku"]),
            "brand": text(body["brandTitle"]),
            "quantity": number(body["quantityOrdered"]),
            "quantity_returned": number(body["quantityReturned"]),
            "quantity_refunded": number(body["quantityRefunded"]),
            "price": number(body["basePriceIncl"]),
            "row_total": number(body["priceIncl"]),
            "weight": number(body["weight"]),
            "product_id": number(linked(body["product"])),
            "variant_id": number(linked(body["variant"])),
        }

    def products(self) -> dict[str, Fields]:
        """Every product's profile."""
        brands = {one["id"]: one["title"] for one in self.read("brands")}
        return {
            self.key(body["id"]): {
                "external_key": self.key(body["id"]),
                "product_id": number(body["id"]),
                "shop_id": number(self.id),
                "title": text(body["title"], 255),
                "full_title": text(body["fulltitle"], 255),
                "description": text(body["description"]),
                "brand": brands.get(linked(body["brand"]) or 0, ""),
                "visible": choice(body["isVisible"]),
                "url": fitting(body["url"], 255),
                "image": fitting(body["image"]["src"], 255) if body["image"] else "",
                "created_at": moment(body["createdAt"]),
                "updated_at": moment(body["updatedAt"]),
            }
            for body in self.read("products")
        }

    def variants(self) -> dict[str, Fields]:
        """Every variant's subprofile, those of a product that is gone aside."""
        products = {one["id"] for one in self.read("products")}
        return {
            self.key(body["id"]): {
                "external_key": self.key(body["id"]),
                "variant_id": number(body["id"]),
                "product_id": number(linked(body["product"])),
                "title": text(body["title"], 255),
                "article_code": text(body["articleCode"]),
                "ean": text(body["ean"]),
                "sku": text(body["sku"]),
                "price": number(body["priceIncl"]),
                "price_excl": number(body["priceExcl"]),
                "old_price": number(body["oldPriceIncl"]),
                "stock": number(body["stockLevel"]),
                "weight": number(body["weight"]),
                "is_default": choice(body["isDefault"]),
                "updated_at": moment(body["updatedAt"]),
            }
            for body in self.read("variants")
            if linked(body["product"]) in products
        }

    def _by_customer(self, bodies: list[Body]) -> defaultdict[int | None, list[Body]]:
        found: defaultdict[int | None, list[Body]] = defaultdict(list)
        for body in bodies:
            found[linked(body["customer"])].append(body)
        return found


NEW_FIELD = (
    "; a new field of a preset has to stand in tests/support/expected.py too (CONTRIBUTING.md, `A field`)"
)


def differences(
    expected: dict[str, Fields], found: dict[str, Fields], ignore: frozenset[str] = frozenset()
) -> list[str]:
    """Where Copernica differs from the shop: one line for each field, numbers compared as numbers."""
    lines = [f"{key} is missing" for key in expected.keys() - found.keys()]
    lines += [f"{key} is too much" for key in found.keys() - expected.keys()]
    for key in expected.keys() & found.keys():
        new = sorted(found[key].keys() - ignore - CONSENT - expected[key].keys())
        lines += [f"{key}: {', '.join(new)} is not expected{NEW_FIELD}"] if new else []
        for name, value in expected[key].items():
            if name not in found[key]:
                lines.append(f"{key}.{name} is missing")
                continue
            there = found[key][name]
            same = (
                Decimal(str(there)) == value if isinstance(value, Decimal) else _plain(name, there) == value
            )
            lines += [] if same else [f"{key}.{name}: {there!r}, the shop says {value!r}"]
    return sorted(lines)


def _plain(name: str, value: Any) -> Any:
    """Groups have no order of their own."""
    return ", ".join(sorted(value.split(", "))) if name == "customer_groups" and value else value
