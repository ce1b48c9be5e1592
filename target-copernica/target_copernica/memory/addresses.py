"""Which profiles have which e-mail address, as the ledger knows it: by keyed hashes, never by text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_copernica.mapping.keys import former_fold

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

__all__ = ["SHARED_STREAM", "Addresses"]

SHARED_STREAM: Final = "~shared_email"
"""Stands for a stream: it owns the field that marks a shared address."""


class Addresses:
    """The addresses of entries. A removed profile keeps its address, so that it stays known by it.

    Args:
        db: The ledger's file.
        digest: Its keyed hash.
    """

    def __init__(self, db: sqlite3.Connection, digest: Callable[[str], bytes]) -> None:
        self._db = db
        self._digest = digest

    def note(self, place: str, key: str, folded: str | None) -> None:
        """Note the address of a profile; profiles that share one by that are due to be marked anew.

        Args:
            place: Its database.
            key: Its key.
            folded: Its address, as `keys.fold_email` gives it.
        """
        digest = self._digest(folded) if folded else None
        row = self._db.execute("SELECT email FROM entry WHERE place = ? AND key = ?", (place, key)).fetchone()
        if row is None or row[0] == digest:
            return
        self._db.execute("UPDATE entry SET email = ? WHERE place = ? AND key = ?", (digest, place, key))
        for changed in filter(None, (row[0], digest)):
            self._moved(place, key, changed)
        moved = row[0] is not None
        self._db.execute(
            "INSERT INTO consent_due SELECT ?, ?, ? WHERE ? OR EXISTS (SELECT 1 FROM consent_address "
            "WHERE who = ?) ON CONFLICT DO UPDATE SET moved = max(moved, excluded.moved)",
            (place, key, moved, moved, digest.hex() if digest else None),
        )

    def note_removed(self, place: str, key: str) -> None:
        """A profile was removed: one that shared its address may be alone with it now."""
        row = self._db.execute("SELECT email FROM entry WHERE place = ? AND key = ?", (place, key)).fetchone()
        if row is not None and row[0] is not None:
            self._moved(place, key, row[0])

    def keys(self, place: str, folded: str) -> list[str]:
        """Keys of profiles that have an address; more than two make no difference.

        Args:
            place: The database.
            folded: The address.

        Returns:
            Those that are there; only where there is none, those that were removed: the person stays known
            as the one who left, and is not made anew by the next order without a customer.
        """
        # Version 0.1 noted an address in the decomposed Unicode form as another one.
        forms = [self._digest(form) for form in (folded, former_fold(folded)) if form is not None]
        living = [key for form in forms for key in self._living(place, form)]
        return living or [key for form in forms for key in self._keys(place, form, "removed IS NOT NULL")]

    def due(self, place: str) -> list[tuple[str, bool]]:
        """Keys whose mark of a shared address may be wrong, and whether they share one."""
        rows = self._db.execute(
            "SELECT key, email FROM shared_due JOIN entry USING (place, key) "
            "WHERE place = ? AND removed IS NULL",
            (place,),
        ).fetchall()
        return [(row[0], row[1] is not None and len(self._living(place, row[1])) > 1) for row in rows]

    def done(self, place: str, key: str) -> None:
        """Note that its mark of a shared address is right."""
        self._db.execute("DELETE FROM shared_due WHERE place = ? AND key = ?", (place, key))

    def _moved(self, place: str, key: str, digest: bytes) -> None:
        others = [other for other in self._living(place, digest) if other != key]
        if others:
            self.make_due(place, key)
        if len(others) == 1:  # it was alone with this address, or is now
            self.make_due(place, others[0])

    def make_due(self, place: str, key: str) -> None:
        """Note that its mark of a shared address may be wrong."""
        self._db.execute("INSERT OR IGNORE INTO shared_due VALUES (?, ?)", (place, key))

    def _living(self, place: str, digest: bytes) -> list[str]:
        return self._keys(place, digest, "removed IS NULL")

    def _keys(self, place: str, digest: bytes, which: str) -> list[str]:
        """At most three keys: more make no difference."""
        rows = self._db.execute(
            f"SELECT key FROM entry WHERE place = ? AND email = ? AND {which} LIMIT 3",  # noqa: S608 - ours
            (place, digest),
        )
        return [row[0] for row in rows]
