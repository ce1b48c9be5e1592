"""What records are called where they are only mentioned: people by name, orders by number."""

import re
import sqlite3
from dataclasses import dataclass

from sandbox.page import people
from sandbox.page.fields import label
from sandbox.page.missing import MissingError
from sandbox.shop import resources
from sandbox.shop.db import Shop

_COPERNICA = re.compile(r"^/copernica/v4/(profile|subprofile)/(\d{1,18})(?:/|$)")
_SHOP = re.compile(r"^/seoshop/[^/]+/(orders|customers|products|invoices|shipments)/(\d{1,18})(?:[/.]|$)")


@dataclass(frozen=True)
class Named:
    """A record by its name.

    Attributes:
        text: the name.
        path: of its own page; None where it has none.
    """

    text: str
    path: str | None = None


class Names:
    """Names of records of both sides, each looked up once."""

    def __init__(self, db: sqlite3.Connection, shop: Shop) -> None:
        self._db = db
        self._shop = shop
        self._known: dict[tuple[str, int], Named | None] = {}

    def profile(self, identifier: int) -> Named:
        """A person, a product: whatever has a profile."""
        return self._named("profile", identifier) or Named(f"profile {identifier}")

    def subprofile(self, identifier: int) -> Named:
        """An order, an order row: whatever has a subprofile."""
        return self._named("subprofile", identifier) or Named(f"subprofile {identifier}")

    def about(self, path: str) -> Named | None:
        """The one record that an API request is about, by its path; None where it is about many or none."""
        found = _COPERNICA.match(path) or _SHOP.match(path)
        return self._named(found[1], int(found[2])) if found else None

    def _named(self, kind: str, identifier: int) -> Named | None:
        if (kind, identifier) not in self._known:
            known = kind in ("profile", "subprofile")
            look = self._in_copernica if known else self._in_shop
            self._known[kind, identifier] = look(kind, identifier)
        return self._known[kind, identifier]

    def _in_copernica(self, kind: str, identifier: int) -> Named | None:
        try:
            if kind == "profile":
                found = people.profile(self._db, identifier)
                name = label(found.fields)
            else:
                found = people.subprofile(self._db, identifier)
                name = f"{found.place.name} {label(found.fields)}"
        except MissingError:
            return None
        removed = f"{kind} {identifier}, removed"
        return Named(removed if found.record.removed else name, f"/{kind}s/{identifier}")

    def _in_shop(self, kind: str, identifier: int) -> Named | None:
        body = self._shop.get(resources.ALL[kind], identifier)
        if body is None:
            return None
        name = label({key: str(value) for key, value in body.items() if isinstance(value, str)})
        return Named(name if kind in ("customers", "products") else f"{kind[:-1]} {body['number']}")
