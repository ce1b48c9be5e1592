"""People: customers and the groups they are in."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from singer_sdk import typing as th

from tap_seoshop.streams.base import (
    CollectedStream,
    DetailStream,
    FullTableStream,
    IncrementalStream,
    LookupStream,
)
from tap_seoshop.streams.fields import (
    LANGUAGE,
    address,
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
from tap_seoshop.summaries.group_sets import GroupSets

if TYPE_CHECKING:
    from singer_sdk import Tap

__all__ = [
    "CustomerGroupMemberships",
    "CustomerGroupSets",
    "CustomerGroups",
    "CustomerMetafields",
    "Customers",
]


class Customers(IncrementalStream):
    """People who ordered something or have an account; guests too, which no field tells apart."""

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

    def __init__(self, tap: Tap) -> None:
        """Make the stream.

        Args:
            tap: With `find_deleted`, its records may say that a customer was deleted.
        """
        super().__init__(tap)
        if tap.config.get("find_deleted"):
            told = schema(moment("_sdc_deleted_at", "When the customer was found deleted in the shop."))
            properties = {**self.schema["properties"], **told["properties"]}
            self.schema = {**self.schema, "properties": properties}  # type: ignore[misc] # of this one only


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


class CustomerGroups(LookupStream):
    """Groups of customers."""

    name = "customer_groups"
    place = ListPlace("groups", "groups")
    permission = "customers"
    schema: ClassVar = schema(
        identifier("group"),
        *stamps("group"),
        text("title", "Title of the group."),
    )


class CustomerGroupMemberships(FullTableStream):
    """Which customer is in which group: one record for each pair."""

    name = "customer_group_memberships"
    place = ListPlace("groups/customers", "groupsCustomers")
    interval_setting = "membership_interval"
    large = True
    links = ("groupId", "customerId")
    permission = "customers"
    schema: ClassVar = schema(
        identifier("membership"),
        whole("groupId", "Id of the group."),
        whole("customerId", "Id of the customer."),
    )


class CustomerGroupSets(CollectedStream):
    """All groups of a customer in one record.

    A customer without a group has no record: one who has left the last group is missing from the next
    complete list, and the ACTIVATE_VERSION message after it tells the target so.
    """

    name = "customer_group_sets"
    place = CustomerGroupMemberships.place
    collector = GroupSets
    titles_from = CustomerGroups
    interval_setting = "membership_interval"
    large = True
    primary_keys = ("shopId", "customerId")
    permission = "customers"
    schema: ClassVar = schema(
        identifier("customer", "customerId"),
        listed("groupIds", "Ids of the customer's groups, ascending.", th.IntegerType),
        listed("groupTitles", "Titles of these groups, in the same order.", th.StringType),
    )
