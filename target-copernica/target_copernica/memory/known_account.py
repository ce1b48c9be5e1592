"""What the ledger remembers of the account: its id, and its databases, collections and fields by id.

A name can be changed or given to another thing; an id stays (docs/api/copernica.md section 2).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping

__all__ = ["KnownAccount", "KnownIdentity", "KnownPlace"]


@dataclass(frozen=True, slots=True)
class KnownIdentity:
    """The account in which the ledger's ids mean something.

    Attributes:
        account: Its id; empty where the token may not ask for it.
        token: Digest of the token (and address) that this was asked with.
    """

    account: str
    token: bytes


@dataclass(frozen=True, slots=True)
class KnownPlace:
    """A database or collection that was written to.

    Attributes:
        code: Its name in the ledger, made of its id: `d12` or `c34`.
        name: As the settings named it at first: `SEOshop` or `SEOshop.Orders`.
        fields: Ids of its fields, by their lower-case names in the mapping. A ledger of version 0.1 has none.
        created: When Copernica says that the database was made; None for collections and where unknown.
        marked: When our mark was last put into the database's description, or found there: a time, empty
            where that never was, None where version 0.1 knew the place already.
    """

    code: str
    name: str
    fields: Mapping[str, int] = field(default_factory=dict)
    created: str | None = None
    marked: str | None = None

    @property
    def id(self) -> int:
        """The id of this place in Copernica."""
        return int(self.code[1:])


class KnownAccount:
    """A part of the ledger.

    Args:
        db: The ledger's file.
        digest: A keyed hash; its key stays with the state directory, also when the ledger is lost.
    """

    def __init__(self, db: sqlite3.Connection, digest: Callable[[str], bytes]) -> None:
        self._db = db
        self.digest = digest

    # Its id -----------------------------------------------------------------------------------

    @property
    def owner(self) -> str:
        """What tells this state directory from others: 12 hex digits."""
        return self.digest("owner of databases").hex()[:12]

    def identity(self) -> KnownIdentity | None:
        """The account; None before the first run, and in a ledger of version 0.1.

        Where the digest of the token is lost, the account is still known, and is asked for anew.
        """
        rows = self._db.execute("SELECT name, value FROM meta WHERE name IN ('account', 'token')")
        found = dict(rows.fetchall())
        return KnownIdentity(found["account"], found.get("token", b"")) if "account" in found else None

    def know_identity(self, identity: KnownIdentity) -> None:
        """Remember the account."""
        self._db.executemany(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)",
            [("account", identity.account), ("token", identity.token)],
        )

    # What is in it --------------------------------------------------------------------------

    def places(self) -> dict[str, KnownPlace]:
        """All databases and collections that were written to, by code."""
        fields: dict[str, dict[str, int]] = {}
        for place, name, field_id in self._db.execute("SELECT place, name, id FROM known_field"):
            fields.setdefault(place, {})[name] = field_id
        rows = self._db.execute("SELECT place, name, created, marked FROM place ORDER BY place")
        return {row[0]: KnownPlace(row[0], row[1], fields.get(row[0], {}), row[2], row[3]) for row in rows}

    def know(self, place: KnownPlace) -> None:
        """Remember a place that passed all checks. What is known already stays, but for ids of fields."""
        self._db.execute(
            "INSERT INTO place (place, name, created, marked) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE "
            "SET created = coalesce(created, excluded.created), "
            "marked = CASE excluded.marked WHEN '' THEN marked ELSE excluded.marked END",
            (place.code, place.name, place.created, place.marked or ""),
        )
        self._db.executemany(
            "INSERT OR REPLACE INTO known_field VALUES (?, ?, ?)",
            [(place.code, name, field_id) for name, field_id in place.fields.items()],
        )

    # Language --------------------------------------------------------------------------------

    def language(self) -> str | None:
        """The language of the names with which the fields were made; None before the first run."""
        row = self._db.execute("SELECT value FROM meta WHERE name = 'labels'").fetchone()
        if row is not None:
            return str(row[0])
        return "en" if self._db.execute("SELECT 1 FROM place LIMIT 1").fetchone() else None

    def know_language(self, language: str) -> None:
        """Remember it."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES ('labels', ?)", (language,))

    # Selections ------------------------------------------------------------------------------

    def selection(self, place: str, key: str) -> tuple[int, str, str] | None:
        """A selection that was made from here.

        Args:
            place: Code of its database.
            key: Its name in the file of selections.

        Returns:
            Its id, and digests of its definition and of what Copernica showed of it then.
        """
        row = self._db.execute(
            "SELECT value FROM meta WHERE name = ?", (f"selection {place} {key}",)
        ).fetchone()
        if row is None:
            return None
        number, definition, seen = str(row[0]).split()
        return int(number), definition, seen

    def know_selection(self, place: str, key: str, made: tuple[int, str, str]) -> None:
        """Remember a selection that was made; see `selection`."""
        self._db.execute(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)",
            (f"selection {place} {key}", " ".join(map(str, made))),
        )

    def replace_collection(self, gone: str, made: str) -> None:
        """A collection is gone for good and another one stands in for it, empty: what waits waits for that.

        Args:
            gone: Code of the old one; what was written to it is forgotten.
            made: Code of the new one.
        """
        for table in (
            "entry", "fragment", "twin", "shared_due", "intent", "import_job", "known_field", "lost_key",
        ):  # fmt: skip
            self._db.execute(f"DELETE FROM {table} WHERE place = ?", (gone,))  # noqa: S608 - constants
        self._db.execute("UPDATE OR REPLACE waiting SET place = ? WHERE place = ?", (made, gone))
        self._db.execute("DELETE FROM place WHERE place = ?", (gone,))

    def keys(self, place: str) -> list[tuple[int, str]]:
        """Id and key of everything that is known in a place and was not found removed."""
        rows = self._db.execute(
            "SELECT id, key FROM entry WHERE place = ? AND removed IS NULL ORDER BY id", (place,)
        )
        return [(row[0], row[1]) for row in rows]
