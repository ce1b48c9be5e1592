"""Which data the tap reads: each stream with its name, path, keys and schema."""

from tap_seoshop.streams.base import SeoshopStream
from tap_seoshop.streams.carts import CartProducts, Carts
from tap_seoshop.streams.catalog import Brands, Products, Variants
from tap_seoshop.streams.customers import (
    CustomerGroupMemberships,
    CustomerGroups,
    CustomerGroupSets,
    CustomerMetafields,
    Customers,
)
from tap_seoshop.streams.documents import (
    InvoiceItems,
    Invoices,
    Quotes,
    Returns,
    ShipmentProducts,
    Shipments,
)
from tap_seoshop.streams.marketing import Discounts, Reviews, Subscriptions
from tap_seoshop.streams.orders import (
    OrderCustomStatuses,
    OrderEvents,
    OrderMetafields,
    OrderProducts,
    Orders,
)
from tap_seoshop.streams.shop import Countries, Languages, Shop, Taxes
from tap_seoshop.streams.summaries import CustomerMetrics, CustomerSummaries
from tap_seoshop.streams.taxonomy import (
    Categories,
    CategoryProducts,
    ProductAttributes,
    ProductImages,
    ProductMetafields,
    Suppliers,
    TagProducts,
    Tags,
    VariantMovements,
)
from tap_seoshop.streams.timeline import OrderTimeline

__all__ = ["STREAMS"]

STREAMS: tuple[type[SeoshopStream], ...] = (
    Shop,
    Customers,
    # Before the orders: one that is made while the carts are read closes its cart in the same run.
    Quotes,
    Orders,
    Invoices,
    Shipments,
    Products,
    Variants,
    Returns,
    OrderEvents,
    OrderTimeline,
    VariantMovements,
    OrderProducts,
    CustomerSummaries,
    CustomerMetrics,
    Carts,
    CartProducts,
    # The groups come after the memberships, so that each group in these has its title.
    CustomerGroupMemberships,
    CustomerGroupSets,
    CustomerGroups,
    OrderCustomStatuses,
    Brands,
    Subscriptions,
    Discounts,
    Reviews,
    Categories,
    CategoryProducts,
    Tags,
    TagProducts,
    Suppliers,
    Taxes,
    Languages,
    Countries,
    OrderMetafields,
    CustomerMetafields,
    InvoiceItems,
    ShipmentProducts,
    ProductAttributes,
    ProductImages,
    ProductMetafields,
)
"""All streams; those of one priority are read in this order."""
