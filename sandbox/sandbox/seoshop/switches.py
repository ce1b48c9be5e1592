"""What is not known of the SEOshop API, the likelier reading first (`docs/api/seoshop.md`, section 11)."""

from sandbox.switches import Switch

FILTER_ZONE = Switch(
    "seoshop.filter_zone",
    ("utc", "shop"),
    "the zone in which created_at_* and updated_at_* are read",
)
FILTER_BOUND = Switch(
    "seoshop.filter_bound",
    ("inclusive", "exclusive"),
    "whether created_at_* and updated_at_* include a record that bears exactly that second",
)
UNPROVEN_FILTERS = Switch(
    "seoshop.unproven_filters",
    ("ignored", "honoured"),
    "what created_at_* and updated_at_* do on lists for which they are undocumented, such as returns",
)
UNKNOWN_FILTER = Switch(
    "seoshop.unknown_filter",
    ("ignored", "refused"),
    "what a list does with a parameter that it does not know",
)
ORDER_TOUCHES = Switch(
    "seoshop.order_touches",
    ("status", "payment", "all"),
    "what moves updatedAt of an order: a new status; a payment alone; credit notes and returns, too",
)
STOCK_TOUCHES = Switch(
    "seoshop.stock_touches",
    ("yes", "no"),
    "whether updatedAt of a product and its variant moves when their stock does",
)
LIST_ORDER = Switch(
    "seoshop.list_order",
    ("newest_first", "oldest_first"),
    "in which order of ids all lists but the one of orders come",
)
SINCE_ID_ORDER = Switch(
    "seoshop.since_id_order",
    ("unchanged", "oldest_first"),
    "what since_id does to the order of a list",
)
LIMIT_ABOVE = Switch(
    "seoshop.limit_above_250",
    ("capped", "refused"),
    "what a list does with a limit above 250",
)
PAGE_ZERO = Switch(
    "seoshop.page_zero",
    ("first", "empty", "refused"),
    "what page=0 gives: the first page, none, or an error",
)
DEEP_PAGES = Switch(
    "seoshop.deep_pages",
    ("served", "empty"),
    "whether a list goes on behind its hundredth page",
)
NESTED_PAGES = Switch(
    "seoshop.nested_pages",
    ("paged", "whole"),
    "whether lists below a record, such as an order's products, know page and limit",
)
EMBEDDED_LINES = Switch(
    "seoshop.embedded_lines",
    ("all", "first_50"),
    "how many of an order's products stand in the single order",
)
LIST_EMBEDS = Switch(
    "seoshop.list_embeds",
    ("never", "orders"),
    "whether the list of orders embeds what the single order does",
)
DELETED_CUSTOMER = Switch(
    "seoshop.deleted_customer",
    ("dead_link", "false"),
    "what the records of a customer who is deleted then show: a link that answers 404, or false",
)
GUEST_TYPE = Switch(
    "seoshop.guest_type",
    ("registered", "guest"),
    "the type of the customer that a guest's checkout makes",
)
SINGLE_EVENT = Switch(
    "seoshop.single_event_key",
    ("ordersEvent", "orderEvent"),
    "the key of a single record of orders/events",
)
TIME_BODY = Switch(
    "seoshop.time_body",
    ("object", "text"),
    "what stands in the answer to time: an object with datetime and timestamp, or the datetime alone",
)
LACKING = Switch(
    "seoshop.lacking_permission",
    ("none", "products", "customers", "orders", "settings"),
    "the group of permissions that the key lacks: 403 to all that is taken to belong to it",
)
FORBIDDEN_BODY = Switch(
    "seoshop.forbidden_body",
    ("envelope", "message"),
    "the body of 403: the usual error, or a message at the top",
)
DAY_ENDS = Switch(
    "seoshop.day_ends",
    ("shop", "utc"),
    "the zone whose midnight ends the day window of the rate limit",
)
REFUSED_COUNT = Switch(
    "seoshop.refused_count",
    ("yes", "no"),
    "whether a request that is refused with 429 counts towards the windows",
)
REFUSED_BODY = Switch(
    "seoshop.refused_body",
    ("envelope", "empty"),
    "the body of 429: the usual error, or nothing",
)
RETRY_AFTER = Switch(
    "seoshop.retry_after",
    ("off", "seconds", "date"),
    "whether 429 carries a Retry-After header, and in which form",
)

SWITCHES = (
    FILTER_ZONE,
    FILTER_BOUND,
    UNPROVEN_FILTERS,
    UNKNOWN_FILTER,
    ORDER_TOUCHES,
    STOCK_TOUCHES,
    LIST_ORDER,
    SINCE_ID_ORDER,
    LIMIT_ABOVE,
    PAGE_ZERO,
    DEEP_PAGES,
    NESTED_PAGES,
    EMBEDDED_LINES,
    LIST_EMBEDS,
    DELETED_CUSTOMER,
    GUEST_TYPE,
    SINGLE_EVENT,
    TIME_BODY,
    LACKING,
    FORBIDDEN_BODY,
    DAY_ENDS,
    REFUSED_COUNT,
    REFUSED_BODY,
    RETRY_AFTER,
)
