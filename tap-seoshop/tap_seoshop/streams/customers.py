"""People: customers, the groups they are in, and what their orders add up to."""

from __future__ import annotations

from typing import ClassVar

from singer_sdk import typing as th

from tap_seoshop.streams.base import DetailStream, FullStream, LiveStream, SeoshopStream
from tap_seoshop.streams.fields import (
    LANGUAGE,
    Property,
    address,
    amount,
    flag,
    identifier,
    listed,
    metafield,
    moment,
    obj,
    person,
    schema,
    stamps,
    text,
    whole,
)
from tap_seoshop.streams.place import ListPlace

__all__ = [
    "CustomerGroupMemberships",
    "CustomerGroupSets",
    "CustomerGroups",
    "CustomerMetafields",
    "CustomerSummaries",
    "Customers",
]


class Customers(LiveStream):
    """Everybody who ordered something or has an account; guests too, whom no field tells apart."""

    name = "customers"
    place = ListPlace("customers", "customers")
    private = ("remoteIp", "userAgent", "nationalId", "memo")
    permission = "customers"
    schema: ClassVar = schema(
        identifier("customer"),
        *stamps("customer"),
        flag("isConfirmed", "Whether the account is confirmed."),
        text("type", "Only `registered` has ever been seen."),
        moment("lastOnlineAt", "When the customer was last seen in the shop."),
        text("remoteIp", "IP address. Not selected by default."),
        text("userAgent", "Browser. Not selected by default."),
        text("referralId", "Where the customer came from."),
        *person(),
        *address("Billing"),
        *address("Shipping"),
        text("memo", "Note of the shop. Not selected by default."),
        flag("doNotifyRegistered", "Whether a mail about the registration is to be sent."),
        flag("doNotifyConfirmed", "Whether a mail about the confirmation is to be sent."),
        flag("doNotifyPassword", "Whether a mail about the password is to be sent."),
        obj("language", "Language of the customer.", LANGUAGE),
    )


class CustomerMetafields(DetailStream):
    """Free fields that apps have put at customers. One request for each customer."""

    name = "customer_metafields"
    place = ListPlace("customers/{id}/metafields", "customerMetafields")
    parent = Customers
    parent_key = "customer"
    permission = "customers"
    schema: ClassVar = schema(
        *metafield("customer"),
        whole("customerId", "Id of the customer."),
        moment("customerUpdatedAt", "When the customer last changed."),
    )


class CustomerGroups(FullStream):
    """Groups of customers."""

    name = "customer_groups"
    place = ListPlace("groups", "groups")
    permission = "customers"
    schema: ClassVar = schema(
        identifier("group"),
        *stamps("group"),
        text("title", "Title of the group."),
    )


class CustomerGroupMemberships(FullStream):
    """Which customer is in which group: one record for each pair."""

    name = "customer_group_memberships"
    place = ListPlace("groups/customers", "groupsCustomers")
    interval_setting = "membership_interval"
    links = ("groupId", "customerId")
    permission = "customers"
    schema: ClassVar = schema(
        identifier("membership"),
        whole("groupId", "Id of the group."),
        whole("customerId", "Id of the customer."),
    )


class CustomerGroupSets(FullStream):
    """All groups of a customer in one record.

    A customer without a group has no record: who has left the last one is missing from the next complete
    list, and the ACTIVATE_VERSION message after it tells the target so.
    """

    name = "customer_group_sets"
    place = ListPlace("groups/customers", "groupsCustomers")
    interval_setting = "membership_interval"
    primary_keys = ("shopId", "customerId")
    permission = "customers"
    schema: ClassVar = schema(
        identifier("customer", "customerId"),
        listed("groupIds", "Ids of the customer's groups, ascending.", th.IntegerType),
        listed("groupTitles", "Titles of these groups, in the same order.", th.StringType),
    )


def _plain_address(kind: str) -> tuple[Property, ...]:
    of = f"of the newest order's {kind} address; without an order, of the customer's own."
    parts = {
        "Name": "Name",
        "Company": "Company",
        "Street": "Street",
        "Street2": "Second line",
        "Number": "House number",
        "Extension": "Addition to the house number",
        "Zipcode": "Postal code",
        "City": "City",
        "Region": "Region",
        "Country": "Two-letter country code",
    }
    return tuple(text(f"{kind}{part}", f"{words} {of}") for part, words in parts.items())


class CustomerSummaries(SeoshopStream):
    """What a customer's orders add up to, and the newest order's addresses; one record for each customer."""

    name = "customer_summaries"
    primary_keys = ("shopId", "customerId")
    permission = "customers"
    schema: ClassVar = schema(
        identifier("customer", "customerId"),
        whole("orderCount", "All orders, whatever their status."),
        amount("grossTotal", "Sum of `priceIncl` of all orders."),
        amount("netTotal", "Sum of `priceIncl` of orders not cancelled, less that of credit invoices."),
        amount(
            "averageOrderValue", "`netTotal` by the number of orders not cancelled, to cents; 0 without any."
        ),
        moment("firstOrderAt", "When the first order was made."),
        moment("lastOrderAt", "When the newest order was made."),
        text("lastOrderNumber", "Number of the newest order."),
        text("lastOrderStatus", "Status of the newest order."),
        *_plain_address("billing"),
        *_plain_address("shipping"),
    )
