"""By which words a profile is found: an index that every write keeps, so that a million are searched quickly.

The API has no such search; the page for people has. A field that is a name only since it was renamed is
searched in records that were written after that.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Sequence

    from sandbox.copernica.places import Place
    from sandbox.copernica.values import FieldDef

_PART: Final = re.compile(r"[^\W_]+")


def folded(text: str) -> str:
    """A text without what makes no difference to who searches: case, accents."""
    if text.isascii():
        return text.lower()
    parted = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in parted if not unicodedata.combining(char))


def text_of(place: Place, value: Callable[[FieldDef], str]) -> str:
    """What is searched of a record, folded.

    Args:
        place: Its database or collection; subprofiles are not searched.
        value: What it holds in a field.
    """
    if place.kind != "database":
        return ""
    return folded("\n".join(held for field in place.naming if (held := value(field))))


def put(db: sqlite3.Connection, record: int, text: str) -> None:
    """Let a profile be found by the words of `text_of`, and by no others any more."""
    db.execute("INSERT OR REPLACE INTO words (rowid, text) VALUES (?, ?)", (record, text))


def drop(db: sqlite3.Connection, record: int) -> None:
    """Let a profile be found no more."""
    db.execute("DELETE FROM words WHERE rowid = ?", (record,))


def find(db: sqlite3.Connection, words: Sequence[str]) -> Iterator[int]:
    """Ids of the profiles that hold every word; first those that hold all of it whole, newest first.

    Args:
        db: The open transaction.
        words: Folded; of one such as `jan@example.com` the last part may be a beginning.
    """
    parts = [found for word in words if (found := _PART.findall(word))]
    if not parts:
        return
    whole = " ".join(f'"{part}"' for found in parts for part in found)
    begun = " ".join(" ".join(f'"{part}"' for part in found) + "*" for found in parts)
    told = set()
    for asked in (whole, begun):
        rows = db.execute("SELECT rowid, text FROM words WHERE words MATCH ? ORDER BY rowid DESC", (asked,))
        for record, text in rows:
            if record not in told and all(word in text for word in words):
                told.add(record)
                yield record
