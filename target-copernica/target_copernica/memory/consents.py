"""What the ledger keeps of consent: what is known of each address, and what was written to each profile.

What is known of addresses is read again from `consent.jsonl` where the ledger was lost.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from target_copernica.consent.model import (
    PENDING,
    YES,
    Act,
    Event,
    History,
    OptOut,
    event_from_json,
    event_to_json,
    heard,
)
from target_copernica.memory.forgotten import FORGET
from target_copernica.memory.recalled import Recalled

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Mapping

    from target_copernica.memory.consent_log import ConsentLog

__all__ = ["CONSENT_STREAM", "Consents", "Due"]

MADE = "made"
"""An event of a database: this program made it."""

CONSENT_STREAM = "~consent"
"""Stands for a stream: it owns the consent fields."""

_CARTS = ("carts", "cart_products")

Due = tuple[str, bool]
"""Key of a profile whose consent fields may be wrong, and whether it got another address."""


class Consents:
    """A part of the ledger.

    Args:
        db: The ledger's file.
        digest: Its keyed hash.

    Attributes:
        recalled: Addresses that a lost ledger does not know to have been on the list.
    """

    def __init__(self, db: sqlite3.Connection, digest: Callable[[str], bytes]) -> None:
        self._db = db
        self._digest = digest
        self.recalled = Recalled(db)
        self._log: ConsentLog | None = None

    # Addresses ------------------------------------------------------------------------------

    @property
    def check(self) -> str:
        """A hash that only the right key gives."""
        return self._digest("key of consent.jsonl").hex()

    def who(self, folded: str) -> str:
        """The hash of an address, as `keys.fold_email` gives it."""
        return self._digest(folded).hex()

    def use(self, log: ConsentLog) -> None:
        """Keep what is heard in this file; what it has and the ledger has not is learned from it."""
        self._log = log
        if log.aside is not None:  # who opted out is not known any more: nothing is raised by default
            self._db.execute("DELETE FROM meta WHERE name LIKE 'made %'")
        row = self._db.execute("SELECT value FROM meta WHERE name = 'consent_read'").fetchone()
        if (int(row[0]) if row else 0) == (size := log.size()):
            return
        self._db.execute("DELETE FROM consent_address")
        known: dict[str, History] = {}
        for who, event in log.events():
            if event.what == MADE:
                self._note_made(event.source)
                continue
            known[who] = heard(known.get(who, History()), event)
        for who, history in known.items():
            self._keep(who, history)
            if history.shop in (PENDING, YES) and (act := history.act) is not None:
                self._db.execute(
                    "INSERT OR IGNORE INTO subscription VALUES (?, ?, ?, NULL)",
                    (act.source, who, act.confirmed),
                )
        self._note_read(size)

    def hear(self, said: Iterable[tuple[str, Event]], now: str) -> None:
        """Note what was heard of addresses: first in the file, so that nothing is written without proof.

        Args:
            said: Hash of the address, and the event; what is no news is left out.
            now: The server's time, ISO.
        """
        news: list[tuple[str, Event]] = []
        known: dict[str, History] = {}
        for who, event in said:
            before = known.get(who) or self.history(who)
            after = heard(before, event)
            if after != before:
                known[who] = after
                news.append((who, event))
        if not news or self._log is None:
            return
        self._log.append(news, now)
        for who, history in known.items():
            self._keep(who, history)
            self._db.execute(
                "INSERT OR IGNORE INTO consent_due SELECT place, key, 0 FROM entry WHERE email = ?",
                (bytes.fromhex(who),),
            )
        self._note_read(self._log.size())

    def history(self, who: str | None) -> History:
        """What is known of an address."""
        row = self._db.execute("SELECT body FROM consent_address WHERE who = ?", (who,)).fetchone()
        return _history(json.loads(row[0])) if row else History()

    def heard_of(self, who: str) -> list[dict[str, Any]]:
        """The lines of the log about an address, oldest first, without its hash."""
        return [] if self._log is None else self._log.lines_of(who)

    def _keep(self, who: str, history: History) -> None:
        body = json.dumps(_body(history))
        self._db.execute("INSERT OR REPLACE INTO consent_address VALUES (?, ?)", (who, body))

    def _note_read(self, size: int) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES ('consent_read', ?)", (size,))

    def forgotten(self) -> list[tuple[str, str]]:
        """Hashes of the addresses that were forgotten, as the file tells it, and when (ISO)."""
        events = self._log.events() if self._log is not None else ()
        return [
            (who, event.at.isoformat(timespec="seconds"))
            for who, event in events
            if event.source == FORGET and event.at is not None
        ]

    # Profiles -------------------------------------------------------------------------------

    def address_of(self, place: str, key: str) -> str | None:
        """The hash of a profile's address."""
        row = self._db.execute("SELECT email FROM entry WHERE place = ? AND key = ?", (place, key)).fetchone()
        return row[0].hex() if row and row[0] is not None else None

    def address_by_id(self, profile_id: int) -> str | None:
        """The hash of the address of a profile that is known by its id; ids are unique in an account."""
        row = self._db.execute(
            "SELECT email FROM entry WHERE place LIKE 'd%' AND id = ? AND email IS NOT NULL", (profile_id,)
        ).fetchone()
        return row[0].hex() if row else None

    def is_first(self, place: str, key: str) -> bool:
        """Whether a profile is the oldest with its address: an act is taken for that one's."""
        row = self._db.execute(
            "SELECT key FROM entry WHERE place = ? AND removed IS NULL AND email = (SELECT email FROM entry "
            "WHERE place = ? AND key = ?) ORDER BY id LIMIT 1",
            (place, place, key),
        ).fetchone()
        return row is None or row[0] == key

    def is_customer(self, key: str) -> bool:
        """Whether anything is known to belong to a profile, but carts: who only left one has not bought."""
        query = (
            "SELECT 1 FROM entry JOIN fragment USING (place, key) WHERE person = ? "
            "AND stream NOT IN (SELECT value FROM json_each(?)) LIMIT 1"
        )
        return self._db.execute(query, (key, json.dumps(_CARTS))).fetchone() is not None

    def written(self, place: str, key: str) -> tuple[str | None, dict[str, str]] | None:
        """The address that a profile had when its fields were written last, and their values by role."""
        row = self._db.execute(
            "SELECT who, body FROM consent_profile WHERE place = ? AND key = ?", (place, key)
        ).fetchone()
        return (row[0], json.loads(row[1])) if row else None

    def note_written(self, place: str, key: str, who: str | None, values: Mapping[str, str]) -> None:
        """These values, by role, are in Copernica; those that are not named stay as they were."""
        before = self.written(place, key)
        body = json.dumps({**(before[1] if before else {}), **values})
        self._db.execute(
            "INSERT OR REPLACE INTO consent_profile VALUES (?, ?, ?, ?)", (place, key, who, body)
        )

    def due(self, place: str) -> list[Due]:
        """Profiles whose fields may be wrong."""
        rows = self._db.execute(
            "SELECT key, moved FROM consent_due JOIN entry USING (place, key) WHERE place = ? "
            "AND removed IS NULL ORDER BY id",
            (place,),
        )
        return [(row[0], bool(row[1])) for row in rows.fetchall()]

    def make_due(self, place: str, key: str, *, moved: bool = False) -> None:
        """The fields of a profile may be wrong."""
        self._db.execute(
            "INSERT INTO consent_due VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET moved = max(moved, ?)",
            (place, key, moved, moved),
        )

    def make_all_due(self, place: str) -> None:
        """Likewise of all profiles of a database."""
        self._db.execute(
            "INSERT OR IGNORE INTO consent_due SELECT place, key, 0 FROM entry WHERE place = ?", (place,)
        )

    def make_customers_due(self, place: str) -> None:
        """Likewise of customers who never said anything and are not noted as customers yet."""
        self._db.execute(
            "INSERT OR IGNORE INTO consent_due SELECT place, key, 0 FROM entry e WHERE place = ? "
            "AND removed IS NULL AND email IS NOT NULL AND key IN "
            "(SELECT person FROM entry WHERE person IS NOT NULL) AND NOT EXISTS "
            "(SELECT 1 FROM consent_profile c WHERE c.place = e.place AND c.key = e.key AND (json_extract("
            "c.body, '$.newsletter') != '' OR json_extract(c.body, '$.mail_basis') = 'customer'))",
            (place,),
        )

    def done(self, place: str, key: str) -> None:
        """Its fields are right."""
        self._db.execute("DELETE FROM consent_due WHERE place = ? AND key = ?", (place, key))

    # Subscriptions --------------------------------------------------------------------------

    def know_subscription(self, key: str, who: str, *, confirmed: bool) -> tuple[str | None, bool]:
        """A list has a subscription.

        Args:
            key: What it is called as a source: `shop:subscription:123`.
            who: Hash of its address.
            confirmed: Whether it is confirmed.

        Returns:
            The address that it was known by, and whether it was known as not confirmed yet.
        """
        row = self._db.execute("SELECT who, confirmed FROM subscription WHERE key = ?", (key,)).fetchone()
        self._db.execute(
            "INSERT INTO subscription (key, who, confirmed) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET "
            "who = excluded.who, confirmed = excluded.confirmed, missed = NULL",
            (key, who, confirmed),
        )
        self.recalled.drop(who)
        return (None, False) if row is None else (row[0], not row[1])

    def miss(self, stream: str, now: str) -> list[tuple[str, str]]:
        """A list was read completely; subscriptions that it did not have are noted as missed.

        Args:
            stream: The stream of the list.
            now: The server's time, ISO.

        Returns:
            Key and address of those that a complete list of an earlier run did not have either.
        """
        absent = "key NOT IN (SELECT key FROM seen WHERE stream = ?)"
        rows = self._db.execute(
            f"SELECT key, who FROM subscription WHERE missed < ? AND {absent}",  # noqa: S608 - ours
            (now, stream),
        ).fetchall()
        self._db.execute(
            f"UPDATE subscription SET missed = ? WHERE missed IS NULL AND {absent}",  # noqa: S608 - ours
            (now, stream),
        )
        return [(row[0], row[1]) for row in rows]

    def is_listed(self, who: str) -> bool:
        """Whether an address has a subscription."""
        return self._db.execute("SELECT 1 FROM subscription WHERE who = ?", (who,)).fetchone() is not None

    def count_subscriptions(self) -> int:
        """How many are known."""
        return int(self._db.execute("SELECT count(*) FROM subscription").fetchone()[0])

    def forget_subscription(self, key: str) -> None:
        """It is gone."""
        self._db.execute("DELETE FROM subscription WHERE key = ?", (key,))

    # The look at Copernica ------------------------------------------------------------------

    def last_look(self) -> str | None:
        """When Copernica was asked last who opted out there, ISO."""
        row = self._db.execute("SELECT value FROM meta WHERE name = 'optouts_read'").fetchone()
        return str(row[0]) if row else None

    def note_look(self, now: str) -> None:
        """It was asked now."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES ('optouts_read', ?)", (now,))

    # Databases ------------------------------------------------------------------------------

    def note_made(self, place: str, now: datetime) -> None:
        """A database was made by this program, so that no one was in it before."""
        self._note_made(place)
        if self._log is not None:
            self._log.append([("", Event(MADE, now, place))], now.isoformat())
            self._note_read(self._log.size())

    def _note_made(self, place: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, '1')", (f"made {place}",))

    def is_made(self, place: str) -> bool:
        """Whether that is known."""
        row = self._db.execute("SELECT 1 FROM meta WHERE name = ?", (f"made {place}",)).fetchone()
        return row is not None


def _body(history: History) -> dict[str, Any]:
    act = history.act
    said = {
        "act": act and event_to_json(Event("act", act.at, act.source, act.kind, act.confirmed)),
        "optout": _of(history.optout),
        "complaint": _of(history.complaint),
    }
    reopened = history.reopened and history.reopened.isoformat()
    return {**said, "shop": history.shop, "reopened": reopened}


def _of(said: OptOut | None) -> dict[str, Any] | None:
    return event_to_json(Event("optout", said.at, said.source)) if said is not None else None


def _history(body: dict[str, Any]) -> History:
    act = None
    if body["act"]:
        told = event_from_json(body["act"])
        confirmed_at = told.at if told.confirmed else None
        act = Act(told.at, told.kind, told.source, told.confirmed, confirmed_at)
    reopened = datetime.fromisoformat(body["reopened"]) if body["reopened"] else None
    return History(act, _optout(body["optout"]), _optout(body["complaint"]), body["shop"], reopened)


def _optout(body: dict[str, Any] | None) -> OptOut | None:
    if not body:
        return None
    told = event_from_json(body)
    return OptOut(told.at, told.source)
