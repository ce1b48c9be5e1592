"""What Copernica's events API was told, or is to be told: each event once, noted ahead of its call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec import json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["ApiEvent", "ApiEvents", "CartLine", "EventMarks"]

_OPEN, _AHEAD, _CLOSED = "open", "ahead", "closed"
_SHOPS: Final = "shop:%"
"""Sources of opt-outs that the shop told."""


@dataclass(frozen=True, slots=True)
class ApiEvent:
    """An event that is not sent yet.

    Attributes:
        digest: Its keyed hash, by which it is known for good.
        kind: As the API calls it: `user/register`.
        place: The ledger's name of the database.
        key: Of the profile.
        at: When it happened, ISO, UTC.
        more: Its attributes beside the address, JSON.
    """

    digest: bytes
    kind: str
    place: str
    key: str
    at: str
    more: str = "{}"


@dataclass(frozen=True, slots=True)
class EventMarks:
    """From when on there are events, ISO, UTC.

    Attributes:
        begun: The first run with events.
        dated_from: Since then it is known when an opt-out of the shop happened.
        last: The last run with events.
    """

    begun: str
    dated_from: str
    last: str


class CartLine(NamedTuple):
    """What was told last of a line in a cart.

    Attributes:
        sku: What names the article.
        pieces: How many are in the cart.
        at: As of when, ISO, UTC.
    """

    sku: str
    pieces: float
    at: str


class ApiEvents:
    """A part of the ledger. An event that is closed keeps no key.

    Args:
        db: The ledger's file.
        digest: Its keyed hash.
    """

    def __init__(self, db: sqlite3.Connection, digest: Callable[[str], bytes]) -> None:
        self._db = db
        self._digest = digest
        db.execute(
            "CREATE TABLE IF NOT EXISTS api_event (digest BLOB PRIMARY KEY, kind TEXT NOT NULL, place TEXT, "
            "key TEXT, at TEXT NOT NULL, state TEXT NOT NULL, more TEXT NOT NULL DEFAULT '{}') WITHOUT ROWID"
        )
        db.execute(
            "CREATE TABLE IF NOT EXISTS api_cart_line (digest BLOB PRIMARY KEY, sku TEXT NOT NULL, "
            "pieces REAL NOT NULL, at TEXT NOT NULL) WITHOUT ROWID"
        )

    def marks(self) -> EventMarks | None:
        """From when on there are events; None before the first run with them."""
        row = self._db.execute("SELECT value FROM meta WHERE name = 'api_events'").fetchone()
        return EventMarks(*str(row[0]).split()) if row else None

    def mark(self, marks: EventMarks) -> None:
        """Note from when on there are events."""
        body = f"{marks.begun} {marks.dated_from} {marks.last}"
        self._db.execute("INSERT OR REPLACE INTO meta VALUES ('api_events', ?)", (body,))

    def line(self, line: str) -> CartLine | None:
        """What was told last of the line with this place and key; None for nothing."""
        digest = self._digest(line)
        row = self._db.execute(
            "SELECT sku, pieces, at FROM api_cart_line WHERE digest = ?", (digest,)
        ).fetchone()
        return CartLine(*row) if row else None

    def keep_line(self, line: str, told: CartLine) -> None:
        """Note what was told of a line."""
        digest = self._digest(line)
        self._db.execute("INSERT OR REPLACE INTO api_cart_line VALUES (?, ?, ?, ?)", (digest, *told))

    def note(
        self,
        kind: str,
        place: str,
        key: str,
        at: str,
        *,
        once_for: str = "",
        more: Mapping[str, Any] | None = None,
    ) -> None:
        """Note an event to be sent; one that is known, sent or not, stays as it is.

        Args:
            kind: As the API calls it.
            place: The ledger's name of the database.
            key: Of the profile.
            at: When it happened, ISO, UTC.
            once_for: What it happens once for; by default once for the profile.
            more: Its attributes beside the address.
        """
        digest = self._digest(f"{kind} {once_for or f'{place} {key}'}")
        self._db.execute(
            "INSERT OR IGNORE INTO api_event VALUES (?, ?, ?, ?, ?, ?, ?)",
            (digest, kind, place, key, at, _OPEN, json.encode(more or {}).decode()),
        )

    def open(self) -> list[ApiEvent]:
        """Events that are to be sent, oldest first, and what leaves a cart before what comes into it."""
        rows = self._db.execute(
            "SELECT digest, kind, place, key, at, more FROM api_event WHERE state = ? "
            "ORDER BY at, kind DESC, digest",
            (_OPEN,),
        )
        return [ApiEvent(*row) for row in rows]

    def write_ahead(self, event: ApiEvent) -> None:
        """Note, ahead of the call, that an event is about to be sent."""
        self._db.execute("UPDATE api_event SET state = ? WHERE digest = ?", (_AHEAD, event.digest))

    def take_back(self, event: ApiEvent) -> None:
        """It was not sent."""
        self._db.execute("UPDATE api_event SET state = ? WHERE digest = ?", (_OPEN, event.digest))

    def close(self, events: Iterable[ApiEvent]) -> None:
        """These are sent, or never will be."""
        self._db.executemany(
            "UPDATE api_event SET state = ?, place = NULL, key = NULL, more = '{}' WHERE digest = ?",
            [(_CLOSED, event.digest) for event in events],
        )

    def close_interrupted(self) -> int:
        """Close those about which an earlier run was interrupted: they may have arrived; how many."""
        statement = "UPDATE api_event SET state = ?, place = NULL, key = NULL, more = '{}' WHERE state = ?"
        return self._db.execute(statement, (_CLOSED, _AHEAD)).rowcount

    def optouts(self, since: str) -> list[tuple[str, str, str, str]]:
        """Opt-outs that the shop told, of people whose profile says `no` by now.

        Args:
            since: From when on, ISO, UTC.

        Returns:
            The hash of the address, when it was noticed, and the place and key of the oldest profile with it.
        """
        told = self._db.execute(
            "SELECT who, json_extract(body, '$.optout.at') AS at FROM consent_address WHERE at >= ? "
            "AND json_extract(body, '$.optout.source') LIKE ?",
            (since, _SHOPS),
        ).fetchall()
        found = []
        for who, at in told:
            row = self._db.execute(
                "SELECT place, key FROM entry JOIN consent_profile USING (place, key) WHERE email = ? "
                "AND removed IS NULL AND lower(json_extract(body, '$.newsletter')) = 'no' "
                "ORDER BY id LIMIT 1",
                (bytes.fromhex(who),),
            ).fetchone()
            if row is not None:
                found.append((who, at, row[0], row[1]))
        return found
