"""From a call's `fields[]` to conditions, with the dangers of docs/api/copernica.md, section 8."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.copernica import answers
from sandbox.copernica.answers import ApiError
from sandbox.copernica.conditions import Condition, resolve
from sandbox.copernica.search import MOST, Paging, page
from sandbox.copernica.values import php_int

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from sandbox.copernica.answers import Answer
    from sandbox.copernica.calls import Call
    from sandbox.copernica.places import Place
    from sandbox.copernica.records import Record
    from sandbox.copernica.search import Members


def selected(
    call: Call, place: Place, *, special: bool = True, strict: bool = False
) -> tuple[Condition, ...]:
    """The conditions that count. What is unknown or cannot be read is ignored; none left means: everything.

    Args:
        call: With its `fields[]`.
        place: Whose fields it speaks of.
        special: Whether `id`, `code` and `modified` are known.
        strict: Whether one that cannot be read is refused.

    Raises:
        ApiError: Under the switch `unknown_condition: 400`, or `strict`.
    """
    found = resolve(call.conditions, place.fields, call.session.rules, special=special)
    refuses = call.session.switch("unknown_condition") == "400"
    if found.unparsable and (strict or refuses):
        raise ApiError("Invalid condition in URL parameter fields")
    if found.unknown and refuses:
        raise ApiError("Unknown field in URL parameter fields")
    return found.known


def selected_for_writing(
    call: Call, place: Place, *, special: bool = True, strict: bool = False
) -> tuple[Condition, ...]:
    """As `selected`, for a PUT on many: the parameter must be there, though it may come to nothing.

    Raises:
        ApiError: The parameter is not there at all; or as `selected`.
    """
    if not call.names_fields:
        raise ApiError("URL parameter fields is required")
    return selected(call, place, special=special, strict=strict)


def record_list(
    call: Call,
    place: Place,
    form: Callable[[Record], dict[str, Any]],
    profile: int | None = None,
    *,
    filtered: bool = True,
    view: Members | None = None,
) -> Answer:
    """A list of records, with paging and conditions."""
    paging = Paging.of(_checked(call))
    found = page(call.db, place, selected(call, place) if filtered else (), paging, profile, view)
    next_id = found.next_id if paging.orderby == "id" else None
    data = [form(record) for record in found.records]
    return answers.body(
        answers.listing(data, start=paging.start, limit=paging.limit, total=found.total, next_id=next_id)
    )


def ids(call: Call, place: Place, view: Members | None = None) -> Answer:
    """A bare list of ids; paging is taken where it is asked for, at most 1,000 come."""
    paging = Paging.of({"limit": "1000", "total": "false"} | _checked(call))
    found = page(call.db, place, selected(call, place), paging, view=view)
    return answers.body([str(record.id) for record in found.records])


def _checked(call: Call) -> dict[str, str]:
    """The query of a list.

    Raises:
        ApiError: It asks for too many rows, under the switch `rows_above_1000: 400`.
    """
    if php_int(call.query.get("limit", "0")) > MOST and call.session.switch("rows_above_1000") == "400":
        raise ApiError("Invalid limit")
    return call.query
