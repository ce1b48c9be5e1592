"""Where the API has a list."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ListPlace"]


@dataclass(frozen=True)
class ListPlace:
    """Where a list is read.

    Attributes:
        path: Below the language, without `.json`.
        key: The key of the list in the answer; not always the path's plural.
    """

    path: str
    key: str

    @property
    def one(self) -> str:
        """The key of a single record of a list that can be filtered by time (`docs/api/seoshop.md`)."""
        return self.key.removesuffix("s")
