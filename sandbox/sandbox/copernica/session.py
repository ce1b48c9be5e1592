"""What every piece of work needs: the open transaction, the clock, the switches and who asked for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sandbox.copernica.switches import chosen
from sandbox.copernica.values import Rules
from sandbox.copernica.zone import stamp

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True)
class Session:
    """One call's, or one import's, piece of work.

    Attributes:
        db: The open transaction.
        now: The clock, aware.
        switches: The setting `switches`.
        route: What follow-ups are noted under: `post`, `put`, `delete`, `import` or `interface`.
        runs: Whether follow-ups run.
        import_id: The import that writes.
        path: The path of the call that writes, below the version, without what may tell of a person.
    """

    db: sqlite3.Connection
    now: datetime
    switches: Mapping[str, str]
    route: str
    runs: bool = True
    import_id: int | None = None
    path: str | None = None

    @cached_property
    def stamp(self) -> str:
        """The clock as Copernica prints it."""
        return stamp(self.now)

    @cached_property
    def rules(self) -> Rules:
        """How values are converted."""
        return Rules(
            self.now,
            cut=self.switch("over_long_text") == "cut",
            printing=self.switch("float_printing"),
        )

    def switch(self, name: str) -> str:
        """The reading in force of an open point of `switches.SWITCHES`."""
        return chosen(self.switches, name)
