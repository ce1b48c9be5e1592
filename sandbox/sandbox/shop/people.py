"""The shop's customers: who they are, and the record the API keeps of them."""

import unicodedata
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.shop.dice import Dice
from sandbox.shop.links import to_many
from sandbox.shop.pools import COUNTRIES, LANGUAGES, UNUSUAL_NAMES, pools
from sandbox.shop.resources import Body
from sandbox.shop.zone import stamped

# One customer in so many shares the e-mail address of the one before; every second time it is the same
# person, who came back as a guest and so got a record of their own.
SHARING = 25
UNUSUAL = 12
WITHOUT_EMAIL = 97
WITHOUT_ADDRESS = 31

# How a missing company stands on a shipping address.
UNSET: tuple[str | bool, ...] = (False, False, "")

MAIL_HOSTS = ("example.com", "example.org", "example.net")
TRADES = (
    "Bouw B.V.",
    "& Zonen",
    "Handels GmbH",
    "Consulting Ltd",
    "Bloemen",
    "Café «De Kroon»",
    "IT-Dienste",
    "+ Co.",
)
AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile",
)


@dataclass(frozen=True)
class Address:
    """An address as the API takes it apart."""

    name: str
    street: str
    street2: str
    number: str
    extension: str
    zipcode: str
    city: str
    region: str
    country: Body | bool

    def fields(self, kind: str) -> Body:
        """The `addressBilling...` or `addressShipping...` fields."""
        return {
            f"address{kind}Name": self.name,
            f"address{kind}Street": self.street,
            f"address{kind}Street2": self.street2,
            f"address{kind}Number": self.number,
            f"address{kind}Extension": self.extension,
            f"address{kind}Zipcode": self.zipcode,
            f"address{kind}City": self.city,
            f"address{kind}Region": self.region,
            f"address{kind}Country": self.country,
        }


@dataclass(frozen=True)
class Person:
    """Someone who buys: what stands on their customer record and is copied to their orders."""

    language: Body
    gender: str | bool
    birth_date: str | bool
    email: str
    firstname: str
    middlename: str
    lastname: str
    phone: str
    mobile: str
    company: str
    coc_number: str
    vat_number: str
    billing: Address
    shipping: Address
    shipping_company: str | bool
    remote_ip: str | bool
    user_agent: str | bool
    guest: bool

    def fields(self) -> Body:
        """The fields that customer and order have in common, without the addresses."""
        return {
            "gender": self.gender,
            "birthDate": self.birth_date,
            "nationalId": "",
            "email": self.email,
            "firstname": self.firstname,
            "middlename": self.middlename,
            "lastname": self.lastname,
            "phone": self.phone,
            "mobile": self.mobile,
        }

    def company_fields(self) -> Body:
        """The company fields that customer and order have in common."""
        return {
            "isCompany": bool(self.company),
            "companyName": self.company,
            "companyCoCNumber": self.coc_number,
            "companyVatNumber": self.vat_number,
        }


def person(seed: int, index: int) -> Person:
    """Customer number `index` (from 0) of the shop with this seed; needs no other record."""
    if index % (2 * SHARING) == 2 * SHARING - 1:
        return replace(_person(seed, index - 1), guest=True)
    drawn = _person(seed, index)
    if index % SHARING == SHARING - 1:
        shared = _person(seed, index - 1).email
        return replace(drawn, email=shared.capitalize() if index % 2 else shared)
    return drawn


def _person(seed: int, index: int) -> Person:
    dice = Dice(seed, "person", index)
    country = dice.pick(("nl", "nl", "nl", "nl", "nl", "nl", "de", "de", "gb"))
    gender = dice.pick(("female", "male"))
    firstname, middlename, lastname = _name(dice, country, gender, index)
    company = ""
    if dice.chance(0.12):
        company = f"{lastname.strip()} {dice.pick(TRADES)}"
    guest = dice.chance(0.2)
    billing = _address(dice, country, " ".join(part for part in (firstname, middlename, lastname) if part))
    if index % WITHOUT_ADDRESS == WITHOUT_ADDRESS - 3:
        billing = Address(billing.name, "", "", "", "", "", "", "", country=False)
    shipping = _address(dice, country, billing.name) if dice.chance(0.15) else billing
    online = dice.chance(0.8)
    return Person(
        language=LANGUAGES[country],
        gender=gender if dice.chance(0.6) else False,
        birth_date=_birth_date(dice) if dice.chance(0.45) and not guest else False,
        email="" if index % WITHOUT_EMAIL == WITHOUT_EMAIL - 2 else _email(firstname, lastname, index),
        firstname=firstname,
        middlename=middlename,
        lastname=lastname,
        phone=_phone(dice, country) if dice.chance(0.7) else "",
        mobile=_mobile(dice, country) if dice.chance(0.5) else "",
        company=company,
        coc_number=dice.digits(8) if company and dice.chance(0.7) else "",
        vat_number=_vat(dice, country) if company and dice.chance(0.7) else "",
        billing=billing,
        shipping=shipping,
        shipping_company=company if company and dice.chance(0.5) else dice.pick(UNSET),
        remote_ip=f"203.0.113.{dice.number(1, 254)}" if online else False,
        user_agent=dice.pick(AGENTS) if online else False,
        guest=guest,
    )


def _name(dice: Dice, country: str, gender: str, index: int) -> tuple[str, str, str]:
    if index % UNUSUAL == UNUSUAL // 4:
        return UNUSUAL_NAMES[index // UNUSUAL % len(UNUSUAL_NAMES)]
    pool = pools("pools")[country]
    prefix, _, lastname = dice.pick(pool["last"]).rpartition("|")
    return dice.pick(pool[gender]), prefix, lastname


def _email(firstname: str, lastname: str, index: int) -> str:
    def plain(name: str) -> str:
        letters = unicodedata.normalize("NFKD", name.lower())
        return "".join(letter for letter in letters if "a" <= letter <= "z")[:20]

    local = ".".join(part for part in (plain(firstname), plain(lastname)) if part) or "klant"
    return f"{local}.{index + 1}@{MAIL_HOSTS[index % len(MAIL_HOSTS)]}"


def _birth_date(dice: Dice) -> str:
    return f"{dice.number(1938, 2007)}-{dice.number(1, 12):02d}-{dice.number(1, 28):02d}"


def _phone(dice: Dice, country: str) -> str:
    match country:
        case "nl":
            return dice.pick((f"020{dice.digits(7)}", f"+31 30 {dice.digits(7)}", f"(050) {dice.digits(7)}"))
        case "de":
            return f"+49 30 {dice.digits(8)}"
        case _:
            return f"01632 960{dice.digits(3)}"


def _mobile(dice: Dice, country: str) -> str:
    match country:
        case "nl":
            return dice.pick(("06-", "06", "+316", "0031 6 ")) + str(dice.number(1, 5)) + dice.digits(7)
        case "de":
            return f"0171 39200{dice.digits(2)}"
        case _:
            return f"+44 7700 900{dice.digits(3)}"


def _vat(dice: Dice, country: str) -> str:
    match country:
        case "nl":
            return f"NL{dice.digits(9)}B{dice.digits(2)}"
        case "de":
            return f"DE{dice.digits(9)}"
        case _:
            return f"GB{dice.digits(9)}"


def _address(dice: Dice, country: str, name: str) -> Address:
    pool = pools("pools")[country]
    match country:
        case "nl":
            zipcode = f"{dice.number(1000, 9999)}{dice.pick((' ', ''))}{dice.letters(2)}"
        case "de":
            zipcode = f"{dice.number(1067, 99998):05d}"
        case _:
            zipcode = f"{dice.letters(2)}{dice.number(1, 20)} {dice.number(1, 9)}{dice.letters(2)}"
    return Address(
        name=name,
        street=dice.pick(pool["street"]),
        street2=dice.pick(("", "", "", "", "2. Etage", "t.a.v. receptie")),
        number=str(dice.number(1, 320)),
        extension=dice.pick(("", "", "", "A", "bis", "2-hoog")),
        zipcode=zipcode,
        city=dice.pick(pool["city"]),
        region=dice.pick(("", "", "", "Noord-Holland")) if country == "nl" else "",
        country=COUNTRIES[country],
    )


def address_of(body: Body, kind: str) -> Address:
    """The `Billing` or `Shipping` address that stands on a record."""
    parts = ("Name", "Street", "Street2", "Number", "Extension", "Zipcode", "City", "Region", "Country")
    return Address(*(body[f"address{kind}{part}"] for part in parts))


def person_of(body: Body) -> Person:
    """The person whose customer record this is."""
    return Person(
        language=body["language"] or LANGUAGES["nl"],
        gender=body["gender"],
        birth_date=body["birthDate"],
        email=body["email"],
        firstname=body["firstname"],
        middlename=body["middlename"],
        lastname=body["lastname"],
        phone=body["phone"],
        mobile=body["mobile"],
        company=body["companyName"],
        coc_number=body["companyCoCNumber"],
        vat_number=body["companyVatNumber"],
        billing=address_of(body, "Billing"),
        shipping=address_of(body, "Shipping"),
        shipping_company=body["addressShippingCompany"],
        remote_ip=body["remoteIp"],
        user_agent=body["userAgent"],
        guest=False,
    )


@dataclass(frozen=True)
class Seen:
    """When a customer was seen; seconds since the epoch."""

    created: int
    updated: int
    online: int | None


def customer(who: Person, identifier: int, seen: Seen, zone: ZoneInfo) -> Body:
    """The customer record (`docs/api/seoshop.md`, section 5.5)."""
    dice = Dice("customer", identifier)
    of_customer = f"?customer={identifier}"
    below = f"customers/{identifier}"
    language: Any = who.language if dice.chance(0.9) else False
    return {
        "id": identifier,
        "createdAt": stamped(seen.created, zone),
        "updatedAt": stamped(seen.updated, zone),
        "isConfirmed": False,
        "type": "registered",
        "lastOnlineAt": stamped(seen.online, zone) if seen.online is not None else None,
        "remoteIp": who.remote_ip,
        "userAgent": who.user_agent,
        "referralId": dice.pick((False, False, False, "newsletter")),
        **who.fields(),
        **who.company_fields(),
        **who.billing.fields("Billing"),
        "addressShippingCompany": who.shipping_company,
        **who.shipping.fields("Shipping"),
        "memo": dice.pick(("", "", None, "Belt graag eerst; niet vóór 10:00 ☎️")),
        "doNotifyRegistered": False,
        "doNotifyConfirmed": False,
        "doNotifyPassword": False,
        "groups": to_many(f"groups/customers{of_customer}"),
        "invoices": to_many(f"invoices{of_customer}"),
        "language": language,
        "orders": to_many(f"orders{of_customer}"),
        "reviews": to_many(f"reviews{of_customer}"),
        "shipments": to_many(f"shipments{of_customer}"),
        "tickets": to_many(f"tickets{of_customer}"),
        "metafields": to_many(f"{below}/metafields"),
        "login": to_many(f"{below}/login"),
    }
