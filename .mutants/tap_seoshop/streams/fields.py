"""Words for schemas: a property in one line, and the objects that several streams share."""

from __future__ import annotations

from typing import Any

from singer_sdk import typing as th

__all__ = [
    "COUNTRY",
    "FILE",
    "FILE_FIELDS",
    "LANGUAGE",
    "SHOP_ID",
    "TAX_RATES",
    "Property",
    "address",
    "amount",
    "flag",
    "free",
    "identifier",
    "listed",
    "metafield",
    "moment",
    "number",
    "obj",
    "on_day",
    "person",
    "region_data",
    "schema",
    "size",
    "stamps",
    "text",
    "whole",
]

Property = th.Property[Any]


def text(name: str, description: str) -> Property:
    """A text; null where the shop has none, which it may also tell by an empty one."""
    return th.Property(name, th.StringType, description=description)


def whole(name: str, description: str) -> Property:
    """A whole number."""
    return th.Property(name, th.IntegerType, description=description)


def number(name: str, description: str) -> Property:
    """A number with the digits that the shop gives."""
    return th.Property(name, th.NumberType, description=description)


def amount(name: str, description: str) -> Property:
    """Money in the shop's currency, with the digits that the shop gives (up to 4 decimals)."""
    return number(name, f"{description} Money, in the shop's currency.")


def size(name: str, description: str) -> Property:
    """A measure."""
    return number(name, description)


def flag(name: str, description: str) -> Property:
    """Yes or no."""
    return th.Property(name, th.BooleanType, description=description)


def moment(name: str, description: str) -> Property:
    """A time, in UTC."""
    return th.Property(name, th.DateTimeType, description=f"{description} UTC.")


def on_day(name: str, description: str) -> Property:
    """A date."""
    return th.Property(name, th.DateType, description=description)


def identifier(what: str, name: str = "id") -> Property:
    """The key of a record."""
    return th.Property(name, th.IntegerType, required=True, description=f"Id of the {what}.")


def obj(name: str, description: str, inside: th.ObjectType) -> Property:
    """An object of fixed form."""
    return th.Property(name, inside, description=description)


def free(name: str, description: str) -> Property:
    """An object of no fixed form."""
    return th.Property(name, th.ObjectType(additional_properties=True), description=description)


def listed(name: str, description: str, items: Any) -> Property:  # noqa: ANN401  # any type of the SDK
    """A list."""
    return th.Property(name, th.ArrayType(items), description=description)


def schema(*properties: Property) -> dict[str, Any]:
    """The JSON schema of a stream, with the shop's id in front."""
    return th.PropertiesList(SHOP_ID, *properties).to_dict()


SHOP_ID = th.Property("shopId", th.IntegerType, required=True, description="Id of the shop.")

COUNTRY = th.ObjectType(
    whole("id", "Id of the country."),
    text("code", "Two-letter code, lower case."),
    text("code3", "Three-letter code, lower case."),
    text("title", "Name of the country."),
)
LANGUAGE = th.ObjectType(
    whole("id", "Id of the language."),
    text("code", "Two-letter code as the shop uses it (`us` is American English)."),
    text("locale", "Locale, `nl_NL`."),
    text("title", "Name of the language."),
)
REGION = th.ObjectType(
    whole("id", "Id of the region."),
    text("name", "Name of the region."),
    text("code", "Code of the region."),
)
FILE_FIELDS = (
    moment("createdAt", "When the file was added."),
    moment("updatedAt", "When the file was last changed."),
    text("extension", "File extension."),
    whole("size", "Size in bytes."),
    text("title", "Title of the file."),
    text("thumb", "Address of a small version."),
    text("src", "Address of the file."),
)
FILE = th.ObjectType(*FILE_FIELDS)
TAX_RATES = th.ObjectType(
    text("name", "Name of the tax."),
    number("rate", "The rate as a fraction: 0.21 is 21 %."),
    amount("amount", "The tax."),
)


def stamps(what: str) -> tuple[Property, Property]:
    """When a record was made and last changed."""
    return moment("createdAt", f"When the {what} was made."), moment(
        "updatedAt", f"When the {what} last changed."
    )


def person() -> tuple[Property, ...]:
    """Who a customer or the buyer of an order is."""
    return (
        text("gender", "`male` or `female`."),
        on_day("birthDate", "Date of birth."),
        text("nationalId", "National identification number. Not selected by default."),
        text("email", "E-mail address."),
        text("firstname", "First name."),
        text("middlename", "Middle name."),
        text("lastname", "Last name."),
        text("phone", "Telephone number."),
        text("mobile", "Mobile number."),
        flag("isCompany", "Whether it is a company."),
        text("companyName", "Name of the company."),
        text("companyCoCNumber", "Number at the chamber of commerce."),
        text("companyVatNumber", "VAT number."),
    )


def address(kind: str) -> tuple[Property, ...]:
    """The fields of a `Billing` or `Shipping` address. Only the second has a company of its own."""
    prefix, of = f"address{kind}", f"of the {kind.lower()} address."
    company = (text(f"{prefix}Company", f"Company {of}"),) if kind == "Shipping" else ()
    return (
        *company,
        text(f"{prefix}Name", f"Name {of}"),
        text(f"{prefix}Street", f"Street {of}"),
        text(f"{prefix}Street2", f"Second line {of}"),
        text(f"{prefix}Number", f"House number {of}"),
        text(f"{prefix}Extension", f"Addition to the house number {of}"),
        text(f"{prefix}Zipcode", f"Postal code {of}"),
        text(f"{prefix}City", f"City {of}"),
        text(f"{prefix}Region", f"Region {of}"),
        obj(f"{prefix}Country", f"Country {of}", COUNTRY),
    )


def region_data(kind: str) -> Property:
    """The region of an order's address, where the shop knows it."""
    return obj(
        f"address{kind}RegionData", f"Region of the {kind.lower()} address, as the shop knows it.", REGION
    )


def metafield(of: str) -> tuple[Property, ...]:
    """A free field that an app has put at a record."""
    return (
        identifier("metafield"),
        *stamps("metafield"),
        text("key", f"Name of the {of}'s free field."),
        text("value", "What it holds; a number comes as text."),
    )
