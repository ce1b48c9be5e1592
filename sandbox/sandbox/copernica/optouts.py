"""Who unsubscribed or complained, as the statistics of mailings list it (docs/api/copernica.md, section 11).

The lists of the Marketing Suite over all mailings name no profile, those of one mailing do [D].
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sandbox.copernica import answers
from sandbox.copernica.answers import ApiError
from sandbox.copernica.values import php_int

if TYPE_CHECKING:
    import sqlite3

    from sandbox.copernica.answers import Answer
    from sandbox.copernica.calls import Call
    from sandbox.copernica.records import Record
    from sandbox.copernica.session import Session

SYSTEMS: Final = ("ms", "publisher")
KINDS: Final = ("unsubscribes", "abuses")
MAILING: Final = 1
"""The one mailing of each system that all is reported of."""

_MOST: Final = 1000
_USUAL: Final = 100
_OPERATORS: Final = {">=": ">=", "<=": "<=", ">": ">", "<": "<", "==": "="}


def note(session: Session, record: Record, system: str, kind: str, source: str) -> None:
    """Note that a person unsubscribed or complained.

    Args:
        session: The piece of work.
        record: The profile.
        system: One of `SYSTEMS`.
        kind: One of `KINDS`.
        source: What Copernica calls the way: `link` or `email`.
    """
    session.db.execute(
        "INSERT INTO optouts (system, kind, at, source, profile) VALUES (?, ?, ?, ?, ?)",
        (system, kind, session.stamp, source, record.id),
    )


def of_marketing_suite(call: Call) -> Answer:
    """`GET ms/unsubscribes`, `GET ms/abuses`."""
    return _page(call, "ms", names_profile=False)


def of_publisher(call: Call) -> Answer:
    """`GET publisher/unsubscribes`, `GET publisher/abuses`."""
    return _page(call, "publisher", names_profile=True)


def of_mailing(call: Call) -> Answer:
    """`GET ms/emailing/{id}/unsubscribes` and `abuses`.

    Raises:
        ApiError: There is no such mailing.
    """
    if call.path["emailing"] != str(MAILING):
        raise ApiError("No entity with supplied ID")
    return _page(call, "ms", names_profile=True)


def _page(call: Call, system: str, *, names_profile: bool) -> Answer:
    if (kind := call.path["kind"]) not in KINDS:
        raise ApiError("Invalid method")
    where, values = ["system = ?", "kind = ?"], [system, kind]
    for condition in _conditions(call, system):
        where.append(f"at {condition[0]} ?")
        values.append(condition[1])
    start = max(0, php_int(call.query.get("start", "0")))
    limit = min(_MOST, max(0, php_int(call.query.get("limit", str(_USUAL)))))
    query = f"SELECT * FROM optouts WHERE {' AND '.join(where)} ORDER BY id LIMIT ? OFFSET ?"  # noqa: S608 - ours
    rows = call.db.execute(query, (*values, limit, start)).fetchall()
    data = [_form(row, names_profile=names_profile) for row in rows]
    return answers.body(answers.listing(data, start=start, limit=limit))


def _conditions(call: Call, system: str) -> list[tuple[str, str]]:
    """Of the Marketing Suite two parameters, of Publisher `fields[]`; what is not understood is ignored."""
    if system == "ms":
        asked = ((">", call.query.get("begintime")), ("<", call.query.get("endtime")))
        return [(operator, value) for operator, value in asked if value]
    found = []
    for condition in call.conditions:
        for operator, sql in _OPERATORS.items():
            name, there, value = condition.partition(operator)
            if there and name == "timestamp":
                found.append((sql, value))
                break
    return found


def _form(row: sqlite3.Row, *, names_profile: bool) -> dict[str, Any]:
    system, kind = row["system"], row["kind"]
    form: dict[str, Any] = {
        "ID": str(row["id"]),
        "mailing" if system == "ms" else "emailing": str(MAILING),
        "timestamp": row["at"],
        "destination": str(row["id"]),
    }
    if kind == "unsubscribes":
        form["source"] = row["source"]
    elif system == "ms":
        form["report"] = {}
    else:
        form |= {"recognized_as": "arf", "feedback_type": "abuse", "arf_version": "0.1", "details": ""}
    if names_profile:
        form |= {"profile": str(row["profile"]), "subprofile": None}
        if kind == "unsubscribes":
            form["success"] = True
    return form
