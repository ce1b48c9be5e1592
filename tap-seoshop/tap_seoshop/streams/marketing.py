"""What reaches people: newsletter subscribers, discount codes, reviews."""

from __future__ import annotations

from typing import ClassVar

from singer_sdk import typing as th

from tap_seoshop.streams.base import FullTableStream
from tap_seoshop.streams.fields import (
    LANGUAGE,
    amount,
    flag,
    identifier,
    listed,
    number,
    obj,
    on_day,
    schema,
    stamps,
    text,
    whole,
)
from tap_seoshop.streams.place import ListPlace

__all__ = ["Discounts", "Reviews", "Subscriptions"]


class Subscriptions(FullTableStream):
    """Newsletter subscribers.

    No link leads to the customer: match by e-mail address, without regard to case. One who unsubscribes
    is missing from the next complete list, and the ACTIVATE_VERSION message after it tells the target so.
    """

    name = "subscriptions"
    place = ListPlace("subscriptions", "subscriptions")
    interval_setting = "membership_interval"
    permission = "customers"
    schema: ClassVar = schema(
        identifier("subscription"),
        *stamps("subscription"),
        flag("isConfirmed", "Whether the subscription is confirmed."),
        text("email", "E-mail address."),
        text("firstname", "First name."),
        text("lastname", "Last name."),
        flag("doNotifyConfirmed", "Whether a mail about the confirmation is to be sent."),
        obj("language", "Language of the subscriber.", LANGUAGE),
    )


_NAMED = th.ObjectType(whole("id", "Id."), text("title", "Title."))


class Discounts(FullTableStream):
    """Discount codes."""

    name = "discounts"
    place = ListPlace("discounts", "discounts")
    permission = "orders"
    schema: ClassVar = schema(
        identifier("discount"),
        *stamps("discount"),
        flag("isActive", "Whether the code can be used."),
        on_day("startDate", "First day of use."),
        on_day("endDate", "Last day of use."),
        text("type", "`percentage`, `amount` ..."),
        number("discount", "How much: 25 is 25 %, or 25 in the shop's currency."),
        text("applyTo", "What it applies to: `productscategories` ..."),
        text("shipment", "What it does to the shipping costs: `default` ..."),
        whole("usageLimit", "How often it can be used."),
        whole("timesUsed", "How often it was used."),
        amount("minimumAmount", "Least total of an order."),
        flag("before_tax", "Whether it counts before tax (spelled so by the API)."),
        flag("minimum_after", "Whether the least total counts after it (spelled so by the API)."),
        text("code", "The code."),
        listed("categories", "Categories that it applies to; all of them is in `categories`.", _NAMED),
        listed("products", "Products that it applies to; all of them is in `products`.", _NAMED),
    )


class Reviews(FullTableStream):
    """Reviews of products."""

    name = "reviews"
    place = ListPlace("reviews", "reviews")
    links = ("customerId", "productId")
    permission = "products"
    schema: ClassVar = schema(
        identifier("review"),
        *stamps("review"),
        flag("isVisible", "Whether the review is shown."),
        number("score", "The score."),
        text("name", "Name that the reviewer gave."),
        text("content", "The review."),
        whole("customerId", "Id of the customer."),
        obj("language", "Language of the review.", LANGUAGE),
        whole("productId", "Id of the product."),
    )
