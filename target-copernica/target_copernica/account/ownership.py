"""Which state directory owns a database: a mark in its description names it.

Two state directories at work on one database would double people, for each remembers only what it made
itself. The mark stands where people can read it, and costs no call: the description comes with the structure
(`GET database/{id}`, docs/api/copernica.md section 3). Where an account does not tell it nothing is marked.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from target_copernica.errors import RefusedError

if TYPE_CHECKING:
    import logging

    from target_copernica.account.structure import ActualDatabase
    from target_copernica.api.client import Client
    from target_copernica.memory.known_account import KnownPlace
    from target_copernica.memory.ledger import Ledger

__all__ = ["Marks", "foreign_owner", "is_marked", "marked", "may_mark"]

_MARK: Final = re.compile(r"target-copernica \(state ([0-9a-f]{12})\)")
_OLD: Final = "Kept by target-copernica"  # as version 0.1 wrote it
_PHRASE: Final = re.compile(rf"\s*Kept by {_MARK.pattern}(, {_MARK.pattern})*")
_AGAIN: Final = timedelta(days=1)


def is_marked(description: str | None, owner: str) -> bool:
    """Whether a description names this state directory."""
    return description is not None and owner in _MARK.findall(description)


def foreign_owner(description: str | None, owner: str, known: KnownPlace | None) -> str | None:
    """Which other state directory keeps a database that this one must not write to.

    Args:
        description: What the account tells of the database.
        owner: This state directory.
        known: What the ledger remembers of the database. One that version 0.1 wrote to, when there were no
            marks, is shared: two shops may have their people in one database.

    Returns:
        The first one's mark, or None where the database may be written to.
    """
    owners: list[str] = _MARK.findall(description or "")
    from_before = known is not None and known.marked is None
    return None if not owners or owner in owners or from_before else owners[0]


def may_mark(description: str | None, owner: str, known: KnownPlace | None, now: datetime) -> bool:
    """Whether our mark is missing and may be written; once a day, for an account may not keep it.

    Args:
        description: What the account tells of the database.
        owner: This state directory.
        known: What the ledger remembers of the database.
        now: The server's time.
    """
    if description is None or is_marked(description, owner):
        return False
    last = known.marked if known else None
    return not last or now - datetime.fromisoformat(last) >= _AGAIN


def marked(description: str | None, owner: str, *, alone: bool = False) -> str:
    """A description with our mark at its end.

    Args:
        description: As it is; empty or None for a new database.
        owner: This state directory.
        alone: Whether the marks of others go.
    """
    mark = f"target-copernica (state {owner})"
    text = description or ""
    if alone:
        text = _MARK.sub("", _PHRASE.sub("", text))
    elif _MARK.search(text):
        return f"{text}, {mark}"
    return f"{text.removesuffix(_OLD).rstrip()} Kept by {mark}".lstrip()


class Marks:
    """Reads and writes the marks of an account's databases.

    Args:
        client: The account.
        ledger: Knows our mark, and which databases had it.
        log: Warns of other state directories that write to a database.
    """

    def __init__(self, client: Client, ledger: Ledger, log: logging.Logger) -> None:
        self._client = client
        self._ledger = ledger
        self._log = log
        self._unmarked: dict[int, ActualDatabase] = {}  # of this run

    def new(self) -> str:
        """The description of something that is made now."""
        return marked("", self._ledger.account.owner)

    def line_about(self, actual: ActualDatabase, name: str) -> str | None:
        """What to say of a database that another state directory keeps; None where it may be written to.

        Args:
            actual: The database.
            name: As the settings call it.
        """
        owner = self._ledger.account.owner
        known = self._ledger.account.places().get(f"d{actual.id}")
        other = foreign_owner(actual.description, owner, known)
        if other is None:
            return None
        return (
            f"database {name} is kept by another state_dir (its mark is {other}, this one's is {owner}); if "
            "both write, people are doubled. If the other one is lost or retired: `target-copernica apply "
            "--take-over`; if it serves another shop: `target-copernica apply --share`"
        )

    def seen(self, actual: ActualDatabase) -> str | None:
        """Look for our mark; where it is missing, `leave` writes it.

        Args:
            actual: A database that may be written to.

        Returns:
            The server's time, if the mark is there.
        """
        owner, now = self._ledger.account.owner, self._client.now()
        if may_mark(actual.description, owner, self._ledger.account.places().get(f"d{actual.id}"), now):
            self._unmarked[actual.id] = actual
        return now.isoformat() if is_marked(actual.description, owner) else None

    def leave(self) -> None:
        """Put our mark into the databases of this run that lack it: one call each, once."""
        for database in self._unmarked.values():
            self.put(database)
        self._unmarked.clear()

    def put(self, actual: ActualDatabase, *, alone: bool = False) -> None:
        """Put our mark into a database's description.

        Args:
            actual: The database.
            alone: Whether the marks of other state directories go.
        """
        account = self._ledger.account
        if not alone and (other := foreign_owner(actual.description, account.owner, None)):
            self._log.warning(
                "database %d is kept by another state_dir, too (mark %s): this is right for two shops in one "
                "database; if both serve one shop, stop one of them, or people are doubled",
                actual.id,
                other,
            )
        text = marked(actual.description, account.owner, alone=alone)
        try:
            self._client.put(f"database/{actual.id}", {"description": text})
        except RefusedError as error:
            self._log.info("database %d cannot be marked as ours: %s", actual.id, error)
        known = account.places().get(f"d{actual.id}")
        if known is not None:
            account.know(replace(known, marked=self._client.now().isoformat()))
