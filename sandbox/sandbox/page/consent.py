"""A person's consent: what happened on both sides, and why the field `newsletter` holds what it holds.

This page is told no rules: it shows what happened, and what the program that wrote the fields says of them.
"""

import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sandbox.copernica.zone import stamp
from sandbox.page.people import Found
from sandbox.shop.db import Shop, Where
from sandbox.shop.resources import SUBSCRIPTIONS

FIELD = "newsletter"
MOST_SUBSCRIPTIONS = 1000
"""The newest ones, in which an address is looked for: no index finds it."""

SYSTEMS = {"ms": "the Marketing Suite", "publisher": "Publisher"}
KINDS = {"unsubscribes": "Unsubscribed by the link in a mail", "abuses": "Complained of a mail (spam)"}

_STATES = {
    "yes": "may be mailed",
    "pending": "is asked to confirm, and may not be mailed before",
    "no": "may not be mailed",
    "": "was never asked, and may not be mailed",
}
_SOURCES = (
    (re.compile(r"shop:subscription:(\d+)"), "subscription {} in the shop"),
    (re.compile(r"shop:order:(\d+)"), "a box that was ticked with order {} in the shop"),
    (re.compile(r"copernica:unsubscribe"), "an unsubscribe in Copernica"),
    (re.compile(r"copernica:complaint"), "a complaint; only a person can undo it"),
    (re.compile(r"copernica:other"), "a value that was set in Copernica by others"),
)


@dataclass(frozen=True)
class Consent:
    """What is known of a person's consent.

    Attributes:
        value: of the field `newsletter`.
        state: what that means.
        since: when it began, as Copernica prints it; empty where that is not told.
        why: what it comes from; empty where that is not told.
        shop: what the shop says now; empty where no field keeps it.
        events: when (as Copernica prints times), and what happened, the newest first.
    """

    value: str
    state: str
    since: str
    why: str
    shop: str
    events: list[tuple[str, str]]


def consent(db: sqlite3.Connection, shop: Shop, found: Found) -> Consent | None:
    """The consent of a profile; None where its database has no field for it."""
    fields = {name.lower(): value for name, value in found.fields.items()}
    if FIELD not in fields:
        return None
    value, source = fields[FIELD], fields.get(f"{FIELD}_source", "")
    return Consent(
        value,
        _STATES.get(value.lower(), "holds a value of the account's own"),
        fields.get(f"{FIELD}_since", ""),
        _why(source),
        fields.get(f"{FIELD}_shop", ""),
        sorted({*_in_shop(shop, found), *_opted_out(db, found), *_written(db, found)}, reverse=True),
    )


def _why(source: str) -> str:
    for pattern, words in _SOURCES:
        if match := pattern.fullmatch(source):
            return words.format(*match.groups())
    return source


def addresses(found: Found) -> set[str]:
    """The addresses of a profile, without case."""
    mail = (field for field in found.place.fields if field.type == "email")
    return {value.strip().casefold() for field in mail if (value := found.record.value(field))}


def _in_shop(shop: Shop, found: Found) -> Iterator[tuple[str, str]]:
    wanted = addresses(found)
    texts = shop.page(SUBSCRIPTIONS, Where(), limit=MOST_SUBSCRIPTIONS, offset=0, newest_first=True)
    for body in map(json.loads, texts):
        if str(body["email"]).strip().casefold() in wanted:
            state = "confirmed" if body["isConfirmed"] else "not confirmed"
            yield _printed(body["createdAt"]), f"Subscribed in the shop (subscription {body['id']}, {state})"


def _opted_out(db: sqlite3.Connection, found: Found) -> Iterator[tuple[str, str]]:
    rows = db.execute("SELECT at, system, kind FROM optouts WHERE profile = ?", (found.record.id,))
    for row in rows:
        yield row["at"], f"{KINDS[row['kind']]}, in {SYSTEMS[row['system']]}"


def _written(db: sqlite3.Connection, found: Found) -> Iterator[tuple[str, str]]:
    query = "SELECT at, route, path, import, fields FROM followups WHERE profile = ? AND subprofile IS NULL"
    for row in db.execute(query, (found.record.id,)):
        if FIELD in (name.lower() for name in json.loads(row["fields"])):
            by = "Copernica itself or a colleague"
            if row["import"]:
                by = f"import {row['import']}"
            elif row["path"]:
                by = f"{row['route'].upper()} {row['path']}"
            yield _printed(row["at"]), f"The field changed, by {by}"


def _printed(moment: str) -> str:
    return stamp(datetime.fromisoformat(moment))
