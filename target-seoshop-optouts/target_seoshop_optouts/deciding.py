"""Which subscriptions an opt-out ends: pure functions."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["STREAM", "OptOut", "fold", "noted", "to_delete"]

STREAM: Final = "optouts"
KINDS: Final = ("unsubscribe", "complaint")

OptOut = tuple[datetime, str]
"""When, and which kind."""


def noted(optouts: dict[str, OptOut], record: Mapping[str, Any]) -> None:
    """Add what a record says; the newest opt-out of an address counts.

    Args:
        optouts: By folded address; it is changed.
        record: Of the stream.

    Raises:
        ValueError: It is no opt-out.
    """
    kind, email, at = record.get("kind"), record.get("email"), record.get("opted_out_at")
    if kind not in KINDS or not isinstance(email, str) or "@" not in email or not isinstance(at, str):
        raise ValueError("not an opt-out")
    when = datetime.fromisoformat(at)
    if when.tzinfo is None:
        raise ValueError("a time without a zone")
    who = fold(email)
    optouts[who] = max(optouts.get(who, (when, str(kind))), (when, str(kind)))


def to_delete(
    optouts: Mapping[str, OptOut], subscriptions: Iterable[Mapping[str, Any]]
) -> list[tuple[int, OptOut]]:
    """Ids of the subscriptions that an opt-out came after, each with that opt-out.

    One that was made or changed later is a new act of the person and stays; so does one without a time.

    Args:
        optouts: By folded address.
        subscriptions: As the shop lists them.
    """
    found = []
    for one in subscriptions:
        optout = optouts.get(fold(str(one.get("email") or "")))
        times = [_instant(one.get(name)) for name in ("createdAt", "updatedAt")]
        acted = max((time for time in times if time is not None), default=None)
        if optout is not None and acted is not None and acted <= optout[0]:
            found.append((int(one["id"]), optout))
    return sorted(found)


def fold(email: str) -> str:
    """An address in the form in which two of them are compared."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", email.strip()).casefold())


def _instant(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
