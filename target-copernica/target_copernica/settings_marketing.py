"""Settings for the marketer: what may be added to a preset, and selections."""

from __future__ import annotations

from typing import Final

from singer_sdk import typing as th

from target_copernica.mapping.labels import ENGLISH, LANGUAGES
from target_copernica.mapping.load import EXTRAS

__all__ = ["MARKETING"]

EVENTS: Final = ("user/register", "email/unsubscribe", "webshop/cart/add", "webshop/cart/remove")
MARKETING: Final = (
    th.Property(
        "extras",
        th.ArrayType(th.StringType(allowed_values=list(EXTRAS))),
        title="Extras",
        description=(
            f"What is laid over the preset, each named after the tap's stream that it needs: "
            f"{', '.join(f'`{extra}`' for extra in EXTRAS)} (docs/in-copernica.md). "
            'For example `["returns"]`. None by default.'
        ),
    ),
    th.Property(
        "labels",
        th.StringType,
        allowed_values=list(LANGUAGES),
        default=ENGLISH,
        title="Language of names",
        description=(
            "The language of the names of fields and selections from a preset, and of their explanations. "
            "Choose it before the first load: a different language later makes new fields beside the old "
            "ones, and only `apply` does that."
        ),
    ),
    th.Property(
        "coupon_campaign",
        th.IntegerType(minimum=1),
        title="Campaign of coupons",
        description=(
            "Id of a coupon campaign in Copernica: when an order that is not cancelled used the code of "
            "one of its coupons, that coupon is marked redeemed, once. None by default."
        ),
    ),
    th.Property(
        "events",
        th.ArrayType(th.StringType(allowed_values=list(EVENTS))),
        title="Events",
        description=(
            "Which live acts of people are sent to Copernica's events API, each once, so that follow-ups "
            "on that event run (docs/in-copernica.md): `user/register` for a new customer, "
            "`email/unsubscribe` for an opt-out in the shop, `webshop/cart/add` and `webshop/cart/remove` "
            "for the content of abandoned carts (extra `cart_products`). They count for `max_live`. None "
            "by default."
        ),
    ),
    th.Property(
        "selections",
        th.StringType,
        default="starters",
        title="Selections",
        description="Which selections `apply` makes (docs/in-copernica.md): `starters`, `off`, or the path "
        "of a YAML file of your own, laid over the starters.",
    ),
    th.Property(
        "max_live",
        th.IntegerType,
        minimum=0,
        title="Most live writes",
        description=(
            "The mail brake: how many creations and changes of people and their subprofiles may start "
            "follow-ups (campaigns) in one run. If there are more, the run stops before they are written, "
            "with exit code 7; the command `pass-once` lets them pass. By default 200, or five times the "
            "median of the busiest runs on this weekday, if that is more."
        ),
    ),
)
