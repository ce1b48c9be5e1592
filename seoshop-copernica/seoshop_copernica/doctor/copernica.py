"""What Copernica's description leaves open (docs/api/copernica.md, section 18), settled by reading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from seoshop_copernica.doctor.observing import UNTOLD, Answer, Side, records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seoshop_copernica.setup.reading import Reply

__all__ = ["answers", "token_refused"]

_REFUSED: Final = 400


def answers(side: Side) -> Iterator[Answer]:
    """Everything that reading can tell; an empty account leaves most questions open.

    Args:
        side: The account.
    """
    database, profiles = _filled(side)
    head = records(side.read("databases", [("limit", "1")]), "data")
    told = ("told" if {"description", "created"} & set(head[0]) else "left_out") if head else None
    yield _answer("whether a database tells its description", "database_head", told)
    condition = rows = None
    if database is not None:
        path = f"database/{database}/profiles"
        reply = side.read(path, [("fields[]", "no_such_field_at_all==1"), ("limit", "1")])
        condition = _refused_or(reply, "ignored" if records(reply, "data") else None)
        # No profile has the id 0: no person's data is read for this.
        rows = _refused_or(side.read(path, [("fields[]", "id==0"), ("limit", "1001")]), "capped")
    yield _answer("a condition on a field that is not there", "unknown_condition", condition)
    yield _answer("a limit above 1,000", "rows_above_1000", rows)
    fields = _subprofile_fields(side, database) if profiles else None
    yield _answer("fields[] in a profile's list of subprofiles", "profile_subprofiles_fields", fields)


def token_refused(side: Side) -> Answer:
    """The status of a token that is none.

    Args:
        side: The account, with a token that it never gave.
    """
    status = str(side.read("identity").status)
    choice = status if status in {"400", "401"} else None
    return Answer("the status of a refused token", f"HTTP {status}", "copernica.token_refused", choice)


def _answer(question: str, switch: str, choice: str | None) -> Answer:
    return Answer(question, (choice or UNTOLD).replace("_", " "), f"copernica.{switch}", choice)


def _refused_or(reply: Reply, else_choice: str | None) -> str | None:
    return "400" if reply.status == _REFUSED else else_choice if reply.good else None


def _filled(side: Side) -> tuple[Any, bool]:
    """A database with people in it, if there is one."""
    for database in records(side.read("databases", [("limit", "25")]), "data"):
        number = _id(database)
        if records(side.read(f"database/{number}/profiles", [("limit", "1")]), "data"):
            return number, True
    return None, False


def _subprofile_fields(side: Side, database: Any) -> str | None:  # noqa: ANN401  # an id as it came
    for collection in records(side.read(f"database/{database}/collections"), "data"):
        number = _id(collection)
        for one in records(side.read(f"collection/{number}/subprofiles", [("limit", "1")]), "data"):
            known = next(iter(one.get("fields") or ()), None)
            if known is None or one.get("profile") is None:
                continue
            path = f"profile/{one['profile']}/subprofiles/{number}"
            reply = side.read(path, [("fields[]", f"{known}==no such value anywhere"), ("limit", "1")])
            return ("ignored" if records(reply, "data") else "used") if reply.good else None
    return None


def _id(found: dict[str, Any]) -> Any:  # noqa: ANN401  # an id as it came
    return found.get("ID", found.get("id"))
