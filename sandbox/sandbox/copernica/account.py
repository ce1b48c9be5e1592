"""`identity` and `consumption`: which account it is, and what it used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.copernica import answers

if TYPE_CHECKING:
    import sqlite3

    from sandbox.copernica.answers import Answer
    from sandbox.copernica.calls import Call

_IDENTITY: Final = {
    "id": "1",
    "name": "Sandbox",
    "description": "Account to try things out with",
    "company": "Sandbox BV",
}


def identity(_call: Call) -> Answer:
    """`GET identity`."""
    return answers.body(_IDENTITY)


def consumption(call: Call) -> Answer:
    """`GET consumption?begin&end`: numbers, both days included."""
    begin, end = call.query.get("begin", "0000-00-00"), call.query.get("end", "9999-12-31")
    count = call.db.execute(
        "SELECT coalesce(sum(count), 0) FROM calls WHERE day BETWEEN ? AND ?", (begin, end)
    ).fetchone()[0]
    unused = dict.fromkeys(("texts", "fax", "webpages"), 0)
    return answers.body({"emails": 0, **unused, "apicalls": count, "litmustests": 0, "twofiftyoktests": 0})


def count_call(db: sqlite3.Connection, day: str) -> None:
    """Count one API call.

    Args:
        db: The open transaction.
        day: `YYYY-MM-DD`, local.
    """
    db.execute("INSERT INTO calls VALUES (?, 1) ON CONFLICT (day) DO UPDATE SET count = count + 1", (day,))
