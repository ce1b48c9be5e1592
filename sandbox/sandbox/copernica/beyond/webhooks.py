"""Webhooks: kept, shown, and never called (docs/api/copernica.md, section 13)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sandbox.copernica import answers
from sandbox.copernica.answers import ApiError

if TYPE_CHECKING:
    from sandbox.copernica.answers import Answer
    from sandbox.copernica.calls import Call

TRIGGERS: Final = ("create", "update", "delete", "click", "delivery", "open", "bounce", "failure")
_KEPT: Final[dict[str, Any]] = {
    "handler": "", "trigger": "", "callers": ["ms", "publisher"], "database": False, "collection": False,
}  # fmt: skip


def create(call: Call) -> Answer:
    """`POST webhooks`."""
    body = _checked(_KEPT | _sent(call))
    cursor = call.db.execute("INSERT INTO webhooks (body) VALUES (?)", (json.dumps(body),))
    new_id = int(cursor.lastrowid or 0)
    return answers.created(call.address(f"webhook/{new_id}"), new_id)


def read(call: Call) -> Answer:
    """`GET webhook/{webhook}`."""
    number, body = _found(call)
    return answers.body({"ID": str(number), **body})


def update(call: Call) -> Answer:
    """`PUT webhook/{webhook}`: what is not named stays."""
    number, body = _found(call)
    body = _checked(body | _sent(call))
    call.db.execute("UPDATE webhooks SET body = ? WHERE id = ?", (json.dumps(body), number))
    return answers.changed(call.session.switch("put_answer"), call.url)


def delete(call: Call) -> Answer:
    """`DELETE webhook/{webhook}`."""
    number, _ = _found(call)
    call.db.execute("DELETE FROM webhooks WHERE id = ?", (number,))
    return answers.deleted(f"webhook {number}")


def _sent(call: Call) -> dict[str, Any]:
    return {name: value for name, value in call.properties.items() if name in _KEPT}


def _checked(body: dict[str, Any]) -> dict[str, Any]:
    """The settings of a webhook.

    Raises:
        ApiError: No address to call, or an unknown trigger.
    """
    if not str(body["handler"]).startswith(("http://", "https://")) or body["trigger"] not in TRIGGERS:
        raise ApiError("Invalid data provided")
    return body


def _found(call: Call) -> tuple[int, dict[str, Any]]:
    row = call.db.execute(
        "SELECT * FROM webhooks WHERE CAST(id AS TEXT) = ?", (call.path["webhook"],)
    ).fetchone()
    if row is None:
        raise ApiError("No entity with supplied ID")
    return int(row["id"]), dict(json.loads(row["body"]))
