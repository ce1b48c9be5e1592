"""The forms of Copernica's answers: status, headers, errors, lists (docs/api/copernica.md, 2 and 9)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

_OK: Final = 200
_CREATED: Final = 201
_ACCEPTED: Final = 202
_NO_CONTENT: Final = 204
_SEE_OTHER: Final = 303


class ApiError(Exception):
    """The call is refused.

    Args:
        message: Copernica's words; the only way to tell refusals apart.
        status: HTTP status, nearly always 400.
    """

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer.

    Attributes:
        status: HTTP status.
        content: JSON, or nothing where it is `EMPTY`.
        headers: Beside the usual ones.
    """

    status: int
    content: Any = None
    headers: dict[str, str] = field(default_factory=dict)


def body(content: Any) -> Answer:  # noqa: ANN401 - any JSON
    """To a GET."""
    return Answer(_OK, content)


def created(url: str, new_id: int) -> Answer:
    """To a POST: the id in `X-Created`, the new thing's address in `X-location`."""
    return Answer(_CREATED, headers={"X-Created": str(new_id), "X-location": url})


def created_unnamed() -> Answer:
    """To a POST that does not tell the id of what it made."""
    return Answer(_CREATED)


def deleted(what: str) -> Answer:
    """To a DELETE, with `X-deleted: profile 123`."""
    return Answer(_NO_CONTENT, headers={"X-deleted": what})


def changed(form: str, url: str, *, many: bool = False) -> Answer:
    """To a PUT that made nothing.

    Args:
        form: The switch `put_answer`.
        url: The address that was asked.
        many: Whether several things were meant and some matched: version 2 answered plainly then.
    """
    if form != "303":
        return Answer(_NO_CONTENT)
    return Answer(_OK) if many else Answer(_SEE_OTHER, headers={"Location": url})


def later(status: str, form: str, url: str) -> Answer:
    """To a PUT that is carried out after the answer.

    Args:
        status: The switch `async_answer`.
        form: The switch `put_answer`.
        url: The address that was asked.
    """
    return Answer(_ACCEPTED) if status == str(_ACCEPTED) else changed(form, url)


def made_by_put(form: str, url: str, new_url: str, new_id: int, *, tells_id: bool = True) -> Answer:
    """To a PUT that made something.

    Args:
        form: The switch `put_answer`.
        url: The address that was asked.
        new_url: Address of what it made.
        new_id: Its id.
        tells_id: Whether version 2 told the id; it did not for subprofiles.
    """
    if form != "303":
        return created(new_url, new_id)
    if not tells_id:
        return Answer(_SEE_OTHER, headers={"Location": url})
    return Answer(_SEE_OTHER, headers={"Location": new_url, "X-Created": str(new_id)})


def listing(
    data: list[Any], *, start: int = 0, limit: int = 100, total: int | None = None, next_id: int | None = None
) -> dict[str, Any]:
    """The list object.

    Args:
        data: The rows of this page.
        start: Offset of the first.
        limit: Most rows of a page.
        total: How many there are in all; None where it was asked off.
        next_id: First id of the next page.
    """
    answer: dict[str, Any] = {"start": start, "limit": limit, "count": len(data), "data": data}
    if total is not None:
        answer["total"] = total
    if next_id is not None:
        answer["nextid"] = str(next_id)
    return answer
