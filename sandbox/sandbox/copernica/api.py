"""Which call is which: the paths of version 4, and the order in which a call is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.copernica import (
    account,
    beyond,
    events,
    fields,
    imports,
    optouts,
    profiles,
    structure,
    subprofiles,
    unsubscribing,
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
    ("ms/emailing/{emailing}/{kind}", {"GET": optouts.of_mailing}),
    ("ms/{kind}", {"GET": optouts.of_marketing_suite}),
    ("publisher/{kind}", {"GET": optouts.of_publisher}),
    ("imports", {"POST": imports.create}),
    ("import/{import}", {"GET": imports.read}),
    ("events/user/register", {"POST": events.taking("user/register", "email")}),
    ("events/user/update", {"POST": events.taking("user/update", "email")}),
    ("events/user/remove", {"POST": events.taking("user/remove", "email")}),
    ("events/email/unsubscribe", {"POST": events.taking("email/unsubscribe", "email")}),
    ("events/webshop/cart/add", {"POST": events.taking("webshop/cart/add", "id", "sku", "count")}),
    ("events/webshop/cart/remove", {"POST": events.taking("webshop/cart/remove", "id", "sku")}),
)
_PATTERNS: Final = tuple((path.split("/"), methods) for path, methods in (*_CALLS, *beyond.CALLS))


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
