"""What the description of SEOshop in `docs/api` has and the sandbox has not: all operations of these paths.

Each of them really answers as an unknown path does, and everything else is served, all of Copernica's
description too: the tests of both descriptions see to it.
"""

SEOSHOP = (
    "/shipments/{shipmentId}/metafields",
    "/invoices/{invoiceId}/metafields",
    "/discountrules",
    "/catalog",
    "/products/{productId}/relations",
    "/products/{productId}/filtervalues",
    "/variants/{variantId}/metafields",
    "/deliverydates",
    "/sets",
    "/types",
    "/quantity_discounts",
    "/account/metafields",
    "/shop/company",
    "/shop/limits",
    "/shop/website",
    "/shop/metafields",
    "/metafields",
    "/taxes/{taxId}/overrides",
    "/webhooks",
)
