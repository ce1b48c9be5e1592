"""Whether a secret or something personal stands where it must not: in a log, a state, a command line."""

import os
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from json import dumps
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, quote_plus

from sandbox.shop import people
from support.sandbox import SECRETS, Sandbox

__all__ = ["LOUD", "encoded", "leaks", "mark_people"]

LOUD = {"TAP_SEOSHOP_LOGLEVEL": "DEBUG", "TARGET_COPERNICA_LOGLEVEL": "DEBUG"}
"""The environment in which tap and target say all that they can say."""
HEAD_OF_A_JWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
"""How each 24-hour token of the sandbox begins: algorithm and type."""
NOT_OF_THE_PIPELINE = frozenset({"data", "sandbox.log", "tap.json", "target.json", "records.jsonl"})
"""What the judge keeps: the sandbox's data and log, the settings, Singer messages that it saved."""
SETTINGS = re.compile(r"/meltano/run/[^/]+/[^/]+\.config\.json$")
"""Meltano's own copy of the settings, which it removes unless it is killed (SECURITY.md)."""
FOR_THE_OWNER = re.compile(r"(rejects\.(jsonl|new)|ledger\.sqlite.*|tombstones\.(jsonl|new))$")
"""What may hold personal data (SECURITY.md): readable by its owner only, and without a secret."""
PERSONAL = re.compile(
    "email|phone|mobile|.*name|remoteIp|birthDate|company.*|address.*(Name|Street|Zipcode|Company)", re.DOTALL
)
SHORTEST = 7
"""Characters of a value; a shorter one may stand in a log by chance."""
MARK = re.compile("zq[0-9a-f]{4}qz")


class Place(Protocol):
    """What is searched."""

    @property
    def sandbox(self) -> Sandbox:
        """Both APIs."""

    @property
    def folder(self) -> Path:
        """All that the pipeline keeps."""


def mark_people() -> None:
    """Have the sandbox of this process give each person values that stand in no text by chance."""
    drawn = people._person  # noqa: SLF001 - no option makes such a shop

    def marked(seed: int, index: int) -> people.Person:
        person, mark = drawn(seed, index), f"zq{index:04x}qz"
        name, _, host = person.email.partition("@")
        return replace(
            person,
            email=f"{name}.{mark}@{host}" if name else "",
            firstname=f"{person.firstname} {mark}",
            lastname=f"{person.lastname} {mark}",
            company=f"{person.company} {mark}" if person.company else "",
            billing=_marked(person.billing, mark),
            shipping=_marked(person.shipping, mark),
        )

    people._person = marked  # noqa: SLF001


def _marked(address: people.Address, mark: str) -> people.Address:
    if not address.street:
        return address
    return replace(
        address,
        name=f"{address.name} {mark}",
        street=f"{address.street} {mark}",
        city=f"{address.city} {mark}",
    )


def leaks(place: Place) -> list[str]:
    """Search all that the pipeline has left in its folder.

    Args:
        place: After a run.

    Returns:
        A line for each leak: what stands where.
    """
    secrets = dict.fromkeys(SECRETS, "a secret") | {HEAD_OF_A_JWT: "a 24-hour token"}
    personal = _personal(place.sandbox)
    found = []
    for file in _files(place.folder):
        name, content = str(file.relative_to(place.folder)), file.read_bytes()
        if SETTINGS.search(name):
            continue
        wanted = secrets if FOR_THE_OWNER.search(name) else secrets | personal
        if wanted is secrets and file.stat().st_mode & 0o077:
            found.append(f"others may read {name}")
        found += [
            f"{what} stands in {name}"
            for value, what in wanted.items()
            if any(form in content for form in encoded(value))
        ]
    return found


@lru_cache(maxsize=10_000)
def encoded(value: str) -> frozenset[bytes]:
    """The forms in which a text may stand somewhere: as it is, in JSON, in an address, in base64.

    Args:
        value: The text.

    Returns:
        What to look for. Of base64 these are the characters that hang on nothing but the text, for each of
        the three places where it may begin.
    """
    forms = {value, dumps(value)[1:-1], dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1]}
    forms |= {quote(value), quote(value, safe=""), quote_plus(value)}
    found = {form.encode() for form in forms}
    for before, first in enumerate((0, 2, 3)):
        raw = bytes(before) + value.encode()
        found |= {encode(raw)[first : len(raw) * 8 // 6] for encode in (b64encode, urlsafe_b64encode)}
    return frozenset(found)


def _personal(sandbox: Sandbox) -> dict[str, str]:
    values = {
        value: f"a person's {name}"
        for resource in ("customers", "orders")
        for body in sandbox.shop(resource)
        for name, value in body.items()
        if isinstance(value, str) and len(value) >= SHORTEST and PERSONAL.fullmatch(name)
    }
    return values | {mark: "a mark of a person" for value in values for mark in MARK.findall(value)}


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        at = Path(place)
        if at == folder:
            folders[:] = [name for name in folders if name not in NOT_OF_THE_PIPELINE]
            names = [name for name in names if name not in NOT_OF_THE_PIPELINE]  # noqa: PLW2901
        yield from (file for name in names if not (file := at / name).is_symlink())
