"""Which data the tap reads: each stream with its name, path, keys and schema."""

from tap_seoshop.streams.catalog import Brands, Products, Variants
from tap_seoshop.streams.customers import (
    CustomerGroupMemberships,
    CustomerGroups,
    CustomerGroupSets,
    Customers,
    CustomerSummaries,
)
from tap_seoshop.streams.orders import Invoices, OrderCustomStatuses, OrderProducts, Orders, Shipments
from tap_seoshop.streams.shop import Shop

__all__ = ["STREAMS"]

STREAMS = (
    Shop,
    Customers,
    Orders,
    Invoices,
    Shipments,
    Products,
    Variants,
    OrderProducts,
    CustomerSummaries,
    CustomerGroups,
    CustomerGroupMemberships,
    CustomerGroupSets,
    OrderCustomStatuses,
    Brands,
)
"""All streams, in the order in which a run reads them."""
