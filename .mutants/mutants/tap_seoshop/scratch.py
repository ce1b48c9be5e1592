"""Temporary tables on disk: what a run collects may be larger than its memory should be."""

from __future__ import annotations

import sqlite3

__all__ = ["Scratch", "scratch"]


class Scratch(sqlite3.Connection):
    """A database in a temporary file that is gone with the connection."""

    def __del__(self) -> None:
        """Close; an open connection would warn."""
        self.close()


def scratch(tables: str) -> Scratch:
    """A new one, with the tables that an SQL script makes. Nothing in it outlives a crash, nor needs to."""
    # Used by one thread; but whichever thread collects garbage may be the one that closes it.
    made = sqlite3.connect("", factory=Scratch, check_same_thread=False)
    made.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {tables}")
    return made
