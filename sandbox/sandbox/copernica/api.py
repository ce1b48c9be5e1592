"""Which call is which: the paths of version 4, and the order in which a call is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.copernica import (
    account,
    copying,
    coupons,
    datarequests,
    fields,
    imports,
    profiles,
    rules,
    structure,
    subprofiles,
    unsubscribing,
    views,
    webhooks,
)
from sandbox.copernica.answers import Answer, ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.copernica.calls import Call

Match = tuple["Callable[[Call], Answer]", dict[str, str]]

# A path that ends in `*` takes more parts and ignores them, as the live API was seen to do.
_CALLS: Final[tuple[tuple[str, dict[str, Callable[[Call], Answer]]], ...]] = (
    ("identity", {"GET": account.identity}),
    ("consumption", {"GET": account.consumption}),
    ("databases", {"GET": structure.databases, "POST": structure.create_database}),
    ("database/{database}", {"GET": structure.database, "PUT": structure.update_database}),
    ("database/{database}/intentions", {"PUT": structure.set_intentions, "POST": structure.set_intentions}),
    ("database/{database}/interests/*", {"GET": structure.interests, "POST": structure.create_interest}),
    ("interest/{interest}", {"PUT": structure.update_interest, "DELETE": structure.delete_interest}),
    ("database/{database}/fields/*", {"GET": fields.listed, "POST": fields.create}),
    ("database/{database}/field/{field}", {"PUT": fields.update, "DELETE": fields.delete}),
    (
        "database/{database}/collections/*",
        {"GET": structure.collections, "POST": structure.create_collection},
    ),
    ("collection/{collection}", {"GET": structure.collection, "PUT": structure.update_collection}),
    (
        "collection/{collection}/intentions",
        {"PUT": structure.set_intentions, "POST": structure.set_intentions},
    ),
    ("collection/{collection}/fields/*", {"GET": fields.listed, "POST": fields.create}),
    ("collection/{collection}/field/{field}", {"PUT": fields.update, "DELETE": fields.delete}),
    (
        "database/{database}/profiles/*",
        {
            "GET": profiles.listed,
            "POST": profiles.create,
            "PUT": profiles.change_all,
            "DELETE": profiles.delete_many,
        },
    ),
    ("database/{database}/profileids/*", {"GET": profiles.listed_ids}),
    (
        "profile/{profile}",
        {"GET": profiles.read, "PUT": profiles.update, "POST": profiles.update, "DELETE": profiles.delete},
    ),
    (
        "profile/{profile}/fields/*",
        {"GET": profiles.fields, "PUT": profiles.update_fields, "POST": profiles.update_fields},
    ),
    (
        "profile/{profile}/interests/*",
        {"GET": profiles.interests, "POST": profiles.add_interests, "PUT": profiles.set_interests},
    ),
    (
        "profile/{profile}/subprofiles/{collection}/*",
        {"GET": subprofiles.of_profile, "POST": subprofiles.create, "PUT": subprofiles.change_of_profile},
    ),
    ("collection/{collection}/subprofiles/*", {"GET": subprofiles.listed, "PUT": subprofiles.change_all}),
    ("collection/{collection}/subprofileids/*", {"GET": subprofiles.listed_ids}),
    (
        "subprofile/{subprofile}",
        {
            "GET": subprofiles.read,
            "PUT": subprofiles.update,
            "POST": subprofiles.update,
            "DELETE": subprofiles.delete,
        },
    ),
    (
        "subprofile/{subprofile}/fields/*",
        {"GET": subprofiles.fields, "PUT": subprofiles.update_fields, "POST": subprofiles.update_fields},
    ),
    ("database/{database}/unsubscribe", {"GET": unsubscribing.read, "PUT": unsubscribing.update}),
    ("database/{database}/unsubscribes/*", {"PUT": unsubscribing.many}),
    ("collection/{collection}/unsubscribe", {"GET": unsubscribing.read, "PUT": unsubscribing.update}),
    ("collection/{collection}/unsubscribes/*", {"PUT": unsubscribing.many}),
    ("profile/{profile}/unsubscribe", {"PUT": unsubscribing.one}),
    ("subprofile/{subprofile}/unsubscribe", {"PUT": unsubscribing.one}),
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
    ("imports", {"POST": imports.create}),
    ("import/{import}", {"GET": imports.read}),
)
_PATTERNS: Final = tuple((path.split("/"), methods) for path, methods in _CALLS)


def route(method: str, path: str) -> Match:
    """Find the call of a path.

    Args:
        method: In capitals.
        path: Below the version.

    Returns:
        The handler, and what the placeholders stand for.

    Raises:
        ApiError: A path that is too short, unknown, in the wrong case, or without this method.
    """
    parts = path.strip("/").split("/") if path.endswith("/") else path.split("/")
    too_short = False
    for pattern, methods in _PATTERNS:
        heads = pattern[:-1] if pattern[-1] == "*" else pattern
        fits = all(head == part or head.startswith("{") for head, part in zip(heads, parts, strict=False))
        if fits and len(parts) >= len(heads) and (len(parts) == len(heads) or pattern[-1] == "*"):
            if method not in methods:
                break
            return methods[method], {
                head[1:-1]: part for head, part in zip(heads, parts, strict=False) if head.startswith("{")
            }
        too_short = too_short or (fits and len(parts) < len(heads))
    if too_short:
        raise ApiError(f"Invalid request, element {len(parts)} is missing in 'directory' path")
    raise ApiError("Invalid method")
