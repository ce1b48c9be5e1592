"""What Copernica's side serves beyond what the target needs: selections, coupons, webhooks and such.

A reader of the rest can pass this folder by: nothing outside it knows more of it than `CALLS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.copernica.beyond import copying, coupons, datarequests, rules, views, webhooks

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.copernica.answers import Answer
    from sandbox.copernica.calls import Call

CALLS: Final[tuple[tuple[str, dict[str, Callable[[Call], Answer]]], ...]] = (
    ("database/{database}/copy", {"POST": copying.copy}),
    ("database/{database}/views", {"GET": views.listed, "POST": views.create}),
    ("view/{view}", {"GET": views.read, "PUT": views.update, "DELETE": views.delete}),
    ("view/{view}/views", {"GET": views.listed, "POST": views.create}),
    ("view/{view}/copy", {"POST": views.copy}),
    ("view/{view}/profiles/*", {"GET": views.records}),
    ("view/{view}/profileids/*", {"GET": views.record_ids}),
    ("view/{view}/intentions", {"PUT": views.set_intentions}),
    ("view/{view}/rebuild", {"POST": views.rebuild}),
    ("view/{view}/rules", {"GET": rules.listed, "POST": rules.create}),
    ("view/{view}/rule/{rule}", {"GET": rules.read}),
    ("rule/{rule}", {"GET": rules.read, "PUT": rules.update, "DELETE": rules.delete}),
    ("rule/{rule}/conditions", {"POST": rules.create_condition}),
    (
        "condition/{type}/{condition}",
        {"PUT": rules.update_condition, "DELETE": rules.delete_condition},
    ),
    ("collection/{collection}/miniviews", {"GET": views.listed, "POST": views.create}),
    ("miniview/{miniview}", {"GET": views.read, "PUT": views.update, "DELETE": views.delete}),
    ("miniview/{miniview}/subprofiles/*", {"GET": views.records}),
    ("miniview/{miniview}/subprofileids/*", {"GET": views.record_ids}),
    ("miniview/{miniview}/views", {"GET": views.of_miniview}),
    ("miniview/{miniview}/intentions", {"PUT": views.set_intentions}),
    ("miniview/{miniview}/rebuild", {"POST": views.rebuild}),
    ("miniview/{miniview}/minirules", {"GET": rules.listed, "POST": rules.create}),
    ("miniview/{miniview}/minirule/{minirule}", {"GET": rules.read}),
    ("minirule/{minirule}", {"GET": rules.read, "PUT": rules.update, "DELETE": rules.delete}),
    ("minirule/{minirule}/conditions", {"POST": rules.create_condition}),
    (
        "minicondition/{type}/{minicondition}",
        {"PUT": rules.update_condition, "DELETE": rules.delete_condition},
    ),
    ("couponcampaigns", {"GET": coupons.campaigns, "POST": coupons.create_campaign}),
    ("couponcampaign/{campaign}", {"GET": coupons.campaign, "PUT": coupons.update_campaign}),
    ("couponcampaign/{campaign}/coupons", {"GET": coupons.listed, "PUT": coupons.update}),
    ("profile/{profile}/datarequest", {"POST": datarequests.create}),
    ("subprofile/{subprofile}/datarequest", {"POST": datarequests.create}),
    ("email/{address}/datarequest", {"POST": datarequests.create}),
    ("datarequest/{request}/status", {"GET": datarequests.status}),
    ("datarequest/{request}/data", {"GET": datarequests.data}),
    ("webhooks", {"POST": webhooks.create}),
    ("webhook/{webhook}", {"GET": webhooks.read, "PUT": webhooks.update, "DELETE": webhooks.delete}),
)
"""Paths and methods, as in `sandbox.copernica.api`."""
