"""What a view is handed and what it gives back."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.context import Context
from sandbox.page.missing import MissingError
from sandbox.page.searches import Searches
from sandbox.page.traffic import Tally
from sandbox.shop.db import Shop

LONGEST_ID = 18


@dataclass(frozen=True)
class Look:
    """One look at the sandbox.

    Attributes:
        context: clock, settings and request log.
        shop: SEOshop's side.
        db: Copernica's side, in an open transaction.
        tally: API requests by kind.
        searches: what was typed into the search.
        path: what the placeholders of the path stand for; `id` is the only one.
        query: the query; of a name that comes twice, the last.
    """

    context: Context
    shop: Shop
    db: sqlite3.Connection
    tally: Tally
    searches: Searches
    path: Mapping[str, Any]
    query: Mapping[str, str]

    @property
    def id(self) -> int:
        """The id in the path.

        Raises:
            MissingError: it is none that anything could have.
        """
        text = str(self.path["id"])
        if not (text.isascii() and text.isdigit()) or len(text) > LONGEST_ID:
            raise MissingError("This address names nothing that could be here.")
        return int(text)


@dataclass(frozen=True)
class View:
    """A template, and what it shows."""

    template: str
    values: Mapping[str, Any]
