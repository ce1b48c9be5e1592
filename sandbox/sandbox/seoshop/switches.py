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
RETRY_AFTER = Switch(
    "seoshop.retry_after",
    ("off", "seconds", "date"),
    "whether 429 carries a Retry-After header, and in which form",
)
LIMIT_ABOVE = Switch(
    "seoshop.limit_above_250",
    ("capped", "refused"),
    "what a list does with a limit above 250",
)
SINGLE_EVENT = Switch(
    "seoshop.single_event_key",
    ("ordersEvent", "orderEvent"),
    "the key of a single record of orders/events",
)
STOCK_TOUCHES = Switch(
    "seoshop.stock_touches",
    ("yes", "no"),
    "whether updatedAt of a product and its variant moves when their stock does",
)

SWITCHES = (
    FILTER_ZONE,
    FILTER_BOUND,
    DAY_ENDS,
    REFUSED_COUNT,
    RETRY_AFTER,
    LIMIT_ABOVE,
    SINGLE_EVENT,
    STOCK_TOUCHES,
)
