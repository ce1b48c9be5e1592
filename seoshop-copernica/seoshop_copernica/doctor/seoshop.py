"""What SEOshop's description leaves open (docs/api/seoshop.md, section 11), settled by reading."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from seoshop_copernica.doctor.observing import UNTOLD, Answer, Side, records

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from seoshop_copernica.setup.reading import Reply

__all__ = ["answers"]

_FUTURE: Final = "2099-01-01 00:00:00"
_SECOND: Final = timedelta(seconds=1)
_DEEP: Final = 101
_TRIED_ORDERS: Final = 5
_NEEDED: Final = ("products", "customers", "orders", "settings")
_FORBIDDEN: Final = 403
_REFUSED_BY_CONTENT: Final = frozenset({400, 405, 409, 412, 422})
"""Not those of key, rights, path and quota: they say nothing of the question."""

_PROBE: Final = {name: name for name in _NEEDED} | {"settings": "languages"}
"""A list of each group of rights."""


def answers(side: Side) -> Iterator[Answer]:
    """Everything that reading can tell; what the key may not read leaves its question open.

    Args:
        side: The shop.
    """
    yield from _filter_by_time(side)
    yield _unproven_filters(side)
    reply = side.read("brands", _query(limit=1, no_such_parameter=1))
    yield _by_status("a parameter that no list knows", "unknown_filter", reply, "ignored", "refused")
    yield from _order_of_lists(side)
    reply = side.read("brands", _query(limit=251))
    yield _by_status("a limit above 250", "limit_above_250", reply, "capped", "refused")
    yield from _pages(side)
    yield from _orders(side)
    yield from _bodies(side)
    yield from _rights(side)


def _query(**parts: object) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, value in parts.items()]


def _answer(question: str, switch: str, choice: str | None) -> Answer:
    return Answer(question, (choice or UNTOLD).replace("_", " "), f"seoshop.{switch}", choice)


def _by_status(question: str, switch: str, reply: Reply, good: str, bad: str) -> Answer:
    refused = reply.status in _REFUSED_BY_CONTENT
    return _answer(question, switch, good if reply.good else bad if refused else None)


def _filter_by_time(side: Side) -> Iterator[Answer]:
    """The zone of `updated_at_min` and `_max`, and whether they include the second that they name."""
    zone = bound = None
    for order in records(side.read("orders", _query(limit=1, fields="id,updatedAt")), "orders"):
        local = datetime.fromisoformat(str(order["updatedAt"]))
        texts = {"utc": local.astimezone(UTC), "shop": local}
        if local.utcoffset():
            around = ((name, at - _SECOND, at + _SECOND) for name, at in texts.items())
            zone = next((name for name, *span in around if _finds(side, order["id"], *span)), None)
        at = texts[zone or "utc"]
        if zone and not _finds(side, order["id"], at + _SECOND, at + 2 * _SECOND):
            bound = "inclusive" if _finds(side, order["id"], at, at + _SECOND) else "exclusive"
    yield _answer("the zone in which updated_at_min is read", "filter_zone", zone)
    yield _answer("whether updated_at_min includes its own second", "filter_bound", bound)


def _finds(side: Side, number: Any, begin: datetime, end: datetime) -> bool:  # noqa: ANN401  # an id as it came
    span = {f"updated_at_{name}": f"{at:%Y-%m-%d %H:%M:%S}" for name, at in (("min", begin), ("max", end))}
    found = records(side.read("orders", _query(**span, limit=250, fields="id")), "orders")
    return any(one.get("id") == number for one in found)


def _unproven_filters(side: Side) -> Answer:
    choice = None
    for path in ("returns", "discounts", "reviews", "groups"):
        every, later = (_count(side, path, query) for query in ({}, {"updated_at_min": _FUTURE}))
        if every:
            choice = "honoured" if later == 0 else "ignored" if later == every else None
            break
    return _answer("updated_at_min on lists for which it is not documented", "unproven_filters", choice)


def _count(side: Side, path: str, query: Mapping[str, object]) -> int | None:
    body = side.read(f"{path}/count", _query(**query)).body
    found = body.get("count") if isinstance(body, dict) else None
    return found if isinstance(found, int) else None


def _order_of_lists(side: Side) -> Iterator[Answer]:
    plain, since = (
        [one.get("id") for one in records(side.read("customers", query), "customers")]
        for query in (_query(limit=3, fields="id"), _query(limit=3, fields="id", since_id=0))
    )
    order = _direction(plain)
    yield _answer("the order of lists without since_id", "list_order", order)
    told = since and order == "newest_first" and _direction(since)
    choice = {"newest_first": "unchanged", "oldest_first": "oldest_first"}.get(str(told))
    yield _answer("what since_id does to the order", "since_id_order", choice)


def _direction(ids: list[Any]) -> str | None:
    if len(ids) > 1 and all(isinstance(one, int) for one in ids):
        if ids == sorted(ids):
            return "oldest_first"
        if ids == sorted(ids, reverse=True):
            return "newest_first"
    return None


def _pages(side: Side) -> Iterator[Answer]:
    reply = side.read("products", _query(limit=1, page=0, fields="id"))
    shown = "first" if records(reply, "products") else "empty" if _count(side, "products", {}) else None
    choice = shown if reply.good else _by_status("", "", reply, "", "refused").choice
    yield _answer("page 0", "page_zero", choice)
    choice = None
    if (_count(side, "orders", {}) or 0) >= _DEEP:
        reply = side.read("orders", _query(limit=1, page=_DEEP, fields="id"))
        choice = ("served" if records(reply, "orders") else "empty") if reply.good else None
    yield _answer("what is behind the hundredth page", "deep_pages", choice)


def _orders(side: Side) -> Iterator[Answer]:
    paged = None
    for order in records(side.read("orders", _query(limit=_TRIED_ORDERS, fields="id")), "orders"):
        path = f"orders/{order.get('id')}/products"
        whole, one = (
            len(records(side.read(path, query), "orderProducts")) for query in ([], _query(limit=1))
        )
        if whole > 1:
            paged = "paged" if one == 1 else "whole"
            break
    yield _answer("page and limit in lists below a record", "nested_pages", paged)
    first = records(side.read("orders", _query(limit=1)), "orders")
    embeds = ("orders" if '"embedded"' in repr(first).replace("'", '"') else "never") if first else None
    yield _answer("whether the list of orders embeds their products", "list_embeds", embeds)
    events = records(side.read("orders/events", _query(limit=1, fields="id")), "ordersEvents")
    key = None
    if events:
        body = side.read(f"orders/events/{events[0].get('id')}").body
        known = ("ordersEvent", "orderEvent")
        key = next((name for name in known if isinstance(body, dict) and name in body), None)
    yield _answer("the key of a single event", "single_event_key", key)


def _bodies(side: Side) -> Iterator[Answer]:
    body = side.read("time").body
    found = body.get("time") if isinstance(body, dict) else None
    choice = "object" if isinstance(found, dict) else "text" if isinstance(found, str) else None
    yield _answer("the body of time", "time_body", choice)
    body = side.read("account/ratelimit").body
    found = body.get("accountRatelimit") if isinstance(body, dict) else None
    ends = found.get("limitDay", {}).get("resetTime") if isinstance(found, dict) else None
    yield _answer("whose midnight ends the day of the rate limit", "day_ends", _midnight(ends))


def _midnight(text: object) -> str | None:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    if not at.utcoffset():
        return None  # a shop whose clock is that of UTC
    zones = (("shop", at), ("utc", at.astimezone(UTC)))
    return next((name for name, one in zones if (one.hour, one.minute) == (0, 0)), None)


def _rights(side: Side) -> Iterator[Answer]:
    body = side.read("account/permissions").body
    rights = body.get("accountPermissions") if isinstance(body, dict) else None
    lacking = None
    if isinstance(rights, dict):
        lacks = [name for name in _NEEDED if not (rights.get(name) or {}).get("read")]
        lacking = lacks[0] if len(lacks) == 1 else None if lacks else "none"
    yield _answer("the group of rights that this key lacks", "lacking_permission", lacking)
    form = None
    if lacking in _PROBE:
        reply = side.read(_PROBE[lacking], _query(limit=1, fields="id"))
        if reply.status == _FORBIDDEN and isinstance(reply.body, dict):
            form = "envelope" if "error" in reply.body else "message"
    yield _answer("the body of 403", "forbidden_body", form)
