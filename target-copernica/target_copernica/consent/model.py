"""What is known of the consent of one e-mail address, and what a profile with that address is to hold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

__all__ = [
    "CHOICES", "EMPTY", "NO", "OTHER", "PENDING", "PROOF", "ROLES", "SOURCE_LENGTH", "YES", "Act", "Event",
    "Fields", "History", "OptOut", "event_from_json", "event_to_json", "heard", "rank", "strictest",
]  # fmt: skip

NO, EMPTY, PENDING, YES = "no", "", "pending", "yes"
_ORDER: Final = (NO, EMPTY, PENDING, YES)

PROOF: Final = ("optin_at", "optin_confirmed_at", "optout_at")
"""Fields that are filled and never emptied."""

ROLES: Final = (
    "newsletter", "newsletter_shop", "newsletter_since", "newsletter_source", *PROOF, "mail_basis",
)  # fmt: skip

CHOICES: Final = {
    "newsletter": (PENDING, YES, NO),
    "newsletter_shop": (PENDING, YES, NO),
    "mail_basis": ("consent", "double", "customer"),
}
"""Values of the roles that have a choice, beside the empty one."""

SOURCE_LENGTH: Final = 40

OTHER: Final = "copernica:other"
"""Source of a value that was set in Copernica by others."""


def rank(value: str) -> int:
    """How loose a value is; one that is none of ours counts as empty."""
    return _ORDER.index(value) if value in _ORDER else _ORDER.index(EMPTY)


def strictest(*values: str) -> str:
    """The strictest of some values."""
    return min(values, key=rank)


@dataclass(frozen=True, slots=True)
class Act:
    """Something a person did by which mail may be wanted.

    Attributes:
        at: When; None where that is not known.
        kind: `subscription`, `order` (a box ticked at the checkout), or `other` (set in Copernica).
        source: Of what record: `shop:subscription:123`.
        confirmed: Whether the address was confirmed.
        confirmed_at: When, if that was seen.
    """

    at: datetime | None
    kind: str
    source: str
    confirmed: bool = False
    confirmed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OptOut:
    """Someone wanted no mail any more.

    Attributes:
        at: When; None where that is not known.
        source: Where that was said.
    """

    at: datetime | None
    source: str


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that was heard of an address.

    Attributes:
        what: `act`, `optout`, `complaint` (an opt-out for good) or `reopened`.
        at: When it happened; None where that is not known.
        source: Of what record or place.
        kind: Of an act.
        confirmed: Of an act: whether the address was confirmed.
    """

    what: str
    at: datetime | None
    source: str
    kind: str = ""
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """What is known of one address.

    Attributes:
        act: The last act.
        optout: The last opt-out; one whose time is not known outlasts all others.
        complaint: A complaint that no person reopened.
        shop: What the shop says now.
        reopened: When a person reopened it last: complaints of before are heard again and do not count.
    """

    act: Act | None = None
    optout: OptOut | None = None
    complaint: OptOut | None = None
    shop: str = EMPTY
    reopened: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fields:
    """What a profile holds, by the roles of its fields; None where that is not known or not to be written."""

    newsletter: str | None = None
    newsletter_shop: str | None = None
    newsletter_since: datetime | None = None
    newsletter_source: str | None = None
    optin_at: datetime | None = None
    optin_confirmed_at: datetime | None = None
    optout_at: datetime | None = None
    mail_basis: str | None = None


def heard(history: History, event: Event) -> History:
    """What is known after one more event.

    Args:
        history: What was known.
        event: What was heard.
    """
    from_shop = event.source.startswith("shop:subscription")
    if event.what == "act":
        act = _acted(history.act, event)
        known = replace(history, act=act)
        return replace(known, shop=YES if event.confirmed else PENDING) if from_shop else known
    if event.what == "reopened":
        return replace(history, complaint=None, reopened=event.at)
    said = OptOut(event.at, event.source)
    optout = said if history.optout is None or _is_stronger(said, history.optout) else history.optout
    known = replace(history, optout=optout)
    if event.what == "complaint":
        is_old = history.reopened is not None and event.at is not None and event.at <= history.reopened
        return known if is_old else replace(known, complaint=said)
    return replace(known, shop=NO) if from_shop else known


def _acted(known: Act | None, event: Event) -> Act:
    confirmed_at = event.at if event.confirmed else None
    new = Act(event.at, event.kind, event.source, event.confirmed, confirmed_at)
    if known is None or (new.at or _NEVER) >= (known.at or _NEVER):
        return new
    return known


def _is_stronger(one: OptOut, other: OptOut) -> bool:
    if one.at is None or other.at is None:
        return one.at is None
    return one.at > other.at


_NEVER: Final = datetime.min.replace(tzinfo=UTC)


def event_to_json(event: Event) -> dict[str, Any]:
    """An event as the file keeps it."""
    at = event.at and event.at.isoformat()
    body: dict[str, Any] = {"what": event.what, "at": at, "source": event.source}
    if event.what == "act":
        body |= {"kind": event.kind, "confirmed": event.confirmed}
    return body


def event_from_json(body: dict[str, Any]) -> Event:
    """The reverse of `event_to_json`."""
    at = datetime.fromisoformat(body["at"]) if body["at"] else None
    return Event(body["what"], at, body["source"], body.get("kind", ""), body.get("confirmed", False))
