"""The shop itself."""

from __future__ import annotations

from typing import ClassVar

from singer_sdk import typing as th

from tap_seoshop.stream import SeoshopStream
from tap_seoshop.streams.fields import COUNTRY, flag, identifier, moment, number, obj, schema, text

__all__ = ["Shop"]

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
