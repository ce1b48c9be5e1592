"""The shop itself, with its languages, countries and taxes."""

from __future__ import annotations

from typing import ClassVar

from singer_sdk import typing as th

from tap_seoshop.streams.base import FullTableStream, Priority, SeoshopStream
from tap_seoshop.streams.fields import COUNTRY, flag, identifier, moment, number, obj, schema, text
from tap_seoshop.streams.place import ListPlace

__all__ = ["Countries", "Languages", "Shop", "Taxes"]

_CURRENCY = th.ObjectType(
    text("shortcode", "Three-letter code."),
    text("symbol", "Sign."),
    text("title", "Name."),
    flag("isDefault", "Whether it is the default."),
    number("currencyRate", "Rate against the base currency."),
)


class Shop(SeoshopStream):
    """The shop: one record."""

    name = "shop"
    priority = Priority.SHOP
    permission = "settings"
    schema: ClassVar = schema(
        identifier("shop; the same as `shopId`"),
        moment("createdAt", "When the shop was made."),
        text("status", "Status of the shop."),
        flag("isB2b", "Whether it sells to companies."),
        flag("isRetail", "Whether it has a shop in a street."),
        text("subDomain", "Name of the shop at Lightspeed."),
        text("mainDomain", "Domain of the shop."),
        text("email", "E-mail address of the shop."),
        text("phone", "Telephone number of the shop."),
        text("fax", "Fax number of the shop."),
        text("street", "Street of the shop."),
        text("street2", "Second line of the address."),
        text("zipcode", "Postal code of the shop."),
        text("city", "City of the shop."),
        text("region", "Region of the shop."),
        obj("country", "Country of the shop.", COUNTRY),
        text("vatNumber", "VAT number."),
        text("cocNumber", "Number at the chamber of commerce."),
        text("industry", "Line of business."),
        obj("currency", "Base currency: all money is in it.", _CURRENCY),
    )


class Languages(FullTableStream):
    """Languages of the shop."""

    name = "languages"
    place = ListPlace("languages", "languages")
    permission = "settings"
    schema: ClassVar = schema(
        identifier("language"),
        flag("isActive", "Whether the shop can be read in it."),
        flag("isDefault", "Whether it is the shop's own."),
        text("code", "Two-letter code as the shop uses it (`us` is American English)."),
        text("locale", "Locale, `nl_NL`."),
        text("title", "Name of the language."),
    )


class Countries(FullTableStream):
    """Countries that the shop knows."""

    name = "countries"
    place = ListPlace("countries", "countries")
    permission = "settings"
    schema: ClassVar = schema(
        identifier("country"),
        text("code", "Two-letter code, lower case."),
        text("code3", "Three-letter code, lower case."),
        text("title", "Name of the country."),
    )


class Taxes(FullTableStream):
    """Taxes of the shop."""

    name = "taxes"
    place = ListPlace("taxes", "taxes")
    permission = "settings"
    schema: ClassVar = schema(
        identifier("tax"),
        flag("isDefault", "Whether it is the default."),
        number("rate", "The rate as a fraction: 0.21 is 21 %."),
        text("title", "Name of the tax."),
    )
