"""What the ledger holds of a person, and how it is taken out once the person is forgotten.

What stays are the keyed hashes in `tombstones.jsonl`, `receipts.jsonl` and `consent.jsonl`: the proof.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from target_copernica.mapping.keys import fold_email, former_fold
from target_copernica.memory.forgotten import ADDRESS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator

    from target_copernica.memory.forgotten import Forgotten, Thing

__all__ = ["Traces", "addresses_in", "names_forgotten"]

_ADDRESS: Final = re.compile(r"[^\s<>,;:\"'()\[\]]+@[^\s<>,;:\"'()\[\]]+")
_OF_KEYS: Final = (
    "fragment", "waiting", "intent", "consent_profile", "consent_due", "shared_due", "twin", "lost_key",
    "maybe_gone", "refusal", "entry",
)  # fmt: skip
"""Tables with a place and a key."""


def addresses_in(content: object) -> Iterator[str]:
    """All e-mail addresses in a JSON value, folded; those in the midst of a text too."""
    if isinstance(content, str):
        if "@" in content:
            for text in {content, *_ADDRESS.findall(content)}:
                if folded := fold_email(text):
                    yield folded
    elif isinstance(content, dict):
        for one in content.values():
            yield from addresses_in(one)
    elif isinstance(content, list | tuple):
        for one in content:
            yield from addresses_in(one)


def names_forgotten(content: object, forgotten: Forgotten) -> bool:
    """Whether a JSON value holds the address of a person who is forgotten."""
    return any(forgotten.holds(forgotten.address(folded)) for folded in addresses_in(content))


class Traces:
    """A part of the ledger: what it holds of one person, and of all who are forgotten.

    Args:
        db: The ledger's file.
        digest: Its keyed hash.
        forgotten: Who is.
    """

    def __init__(self, db: sqlite3.Connection, digest: Callable[[str], bytes], forgotten: Forgotten) -> None:
        self._db = db
        self._digest = digest
        self._forgotten = forgotten
        db.execute("PRAGMA secure_delete=ON")  # what waited is personal data, also when it was written since

    def profiles(self, place: str, folded: str) -> dict[int, str]:
        """Ids and keys of the profiles that the ledger knows with an address, those found removed too.

        Args:
            place: Their database.
            folded: The address, as `keys.fold_email` gives it.
        """
        forms = filter(None, (folded, former_fold(folded)))
        return {
            row[0]: row[1]
            for form in forms
            for row in self._db.execute(
                "SELECT id, key FROM entry WHERE place = ? AND email = ?", (place, self._digest(form))
            ).fetchall()
        }

    def below(self, collections: Iterable[str], person: str) -> list[Thing]:
        """Keys of the subprofiles of a profile, as they are remembered when they are forgotten."""
        query = "SELECT key FROM entry WHERE place = ? AND person = ?"
        return [
            self._forgotten.key(place, row[0])
            for place in collections
            for row in self._db.execute(query, (place, person)).fetchall()
        ]

    def addresses(self, place: str) -> dict[str, str]:
        """Hashes of the addresses of all profiles of a database, by key."""
        rows = self._db.execute("SELECT key, email FROM entry WHERE place = ? AND email NOT NULL", (place,))
        return {row[0]: row[1].hex() for row in rows.fetchall()}

    def purge(self) -> int:
        """Take out all that is held of people who are forgotten, and overwrite it in the file.

        Returns:
            How many rows there were.
        """
        functions: list[tuple[str, int, Any]] = [
            ("holds_key", 2, self._holds_key),
            ("holds_address", 1, self._holds_address),
            ("holds_content", 1, self._holds_content),
        ]
        for name, number, function in functions:
            self._db.create_function(name, number, function)
        statements = [f"DELETE FROM {table} WHERE holds_key(place, key)" for table in _OF_KEYS]  # noqa: S608 - ours
        statements += [
            "DELETE FROM waiting WHERE holds_key(person_place, person_key) OR holds_content(fragment)",
            "DELETE FROM stranger WHERE holds_address(email)",
            "DELETE FROM subscription WHERE holds_address(who)",
            "DELETE FROM recalled WHERE holds_address(who)",
        ]
        return sum(self._db.execute(statement).rowcount for statement in statements)

    def compact(self) -> None:
        """Write the file anew: free pages keep what was taken out before it was overwritten."""
        self._db.execute("VACUUM")

    def _holds_key(self, place: str | None, key: str | None) -> bool:
        return (
            place is not None and key is not None and self._forgotten.holds(self._forgotten.key(place, key))
        )

    def _holds_address(self, digest: bytes | str | None) -> bool:
        text = digest.hex() if isinstance(digest, bytes) else digest
        return text is not None and self._forgotten.holds((ADDRESS, text))

    def _holds_content(self, fragments: str) -> bool:
        return names_forgotten(json.loads(fragments), self._forgotten)
