"""What takes the records of an incremental list, and what it is told at the end of the list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["End", "ListFollower"]


@dataclass(frozen=True)
class End:
    """How a list was read to its end.

    Attributes:
        since: From when on the next run reads it.
        read: The server's time when this reading began.
        whole: Whether every record of the list was met in this run.
        complete: Whether as many records were met as the shop counts.
        resumed: Whether an earlier run had met a part of it.
    """

    since: datetime
    read: datetime
    whole: bool = False
    complete: bool = False
    resumed: bool = False


class ListFollower(Protocol):
    """Takes the changed records of a list."""

    @property
    def since(self) -> datetime | None:
        """From when on; None for all of it."""

    def take(self, raw: dict[str, Any], *, whole: bool) -> None:
        """Take a record.

        Args:
            raw: The record; it may be older than `since`, where another follower reads from earlier on.
            whole: Whether all of the list is being read.
        """

    def not_after(self, at: datetime) -> None:
        """Forget a bookmark that lies after `at`, the server's time."""

    def reached(self, end: End) -> None:
        """Note that the list was read to its end."""

    def cut(self) -> None:
        """Note that the list was read in part; what was taken is not given again."""
