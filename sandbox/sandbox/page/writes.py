"""Which call or import wrote each field last, by the notes that every write leaves with its follow-up."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.page.fields import filled
from sandbox.page.people import Found


@dataclass(frozen=True)
class Write:
    """One write of a record.

    Attributes:
        number: counted from the newest one that left something.
        at: when: ISO with an offset.
        route: `post`, `put`, `import` or `interface`.
        path: of the call, below the API's version; None where it was none.
        import_id: of the import, where it was one.
        import_name: what its sender called it.
        fields: names of the fields that still hold what it wrote.
    """

    number: int
    at: str
    route: str
    path: str | None
    import_id: int | None
    import_name: str | None
    fields: Sequence[str]


def writes(db: sqlite3.Connection, found: Found) -> list[Write]:
    """The writes whose values a record holds, the newest first.

    A value that is in none of them is its field's default, or the field had another name then. To write what
    is there already is no write: Copernica's own `modified` does not move then either.
    """
    rest = set(filled(found.fields))
    own = found.record.id
    ids = (own, None) if found.record.profile is None else (found.record.profile, own)
    rows = db.execute(
        "SELECT f.at, f.route, f.path, f.import, f.fields, i.name FROM followups f"
        " LEFT JOIN imports i ON i.id = f.import"
        " WHERE f.profile = ? AND f.subprofile IS ? ORDER BY f.seq DESC",
        ids,
    )
    told: list[Write] = []
    for row in rows:
        if not rest:
            break
        if left := [name for name in json.loads(row["fields"]) if name in rest]:
            rest.difference_update(left)
            number = len(told) + 1
            told.append(Write(number, row["at"], row["route"], row["path"], row["import"], row["name"], left))
    return told
