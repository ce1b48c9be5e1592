"""Which records of an incremental list one reader has processed, from run to run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_seoshop.bookmarks.times import read_time, written_time

if TYPE_CHECKING:
    from datetime import datetime

    from tap_seoshop.bookmarks.forms import SeenMark

__all__ = ["MOST_SEEN", "Follower"]

MOST_SEEN = 7_000
"""Most entries of `seen`; what is beyond is read again in the next run, which costs requests only."""


class Follower:
    """One reader of an incremental list: where it begins, and what it has processed inside the look-back.

    Args:
        bookmark: Its bookmark.
    """

    def __init__(self, bookmark: SeenMark) -> None:
        self._bookmark = bookmark
        self.since = read_time(bookmark.since)
        self._seen = dict(bookmark.seen)
        self._met: dict[int, str] = {}
        self._next: datetime | None = None
        self._read = ""

    @property
    def first(self) -> bool:
        """Whether it has never read its list to the end."""
        return self.since is None

    def changed(self, number: int, stamp: str | None) -> bool:
        """Whether a record is new or changed since it was processed; remembers it.

        Args:
            number: Its id.
            stamp: Its `updatedAt` as UTC text, where it has one.
        """
        if stamp is None:
            return self.first
        self._met[number] = stamp
        if self.first:
            return True
        if self._seen.get(number) == stamp:
            return False
        return self.since is None or stamp >= written_time(self.since)

    def not_after(self, at: datetime) -> None:
        """Forget a bookmark that lies after `at`, the server's time: what changed before it is unknown."""
        if self.since is not None and self.since > at:
            self.since = None

    def reach(self, since: datetime, read: datetime) -> None:
        """Note that the list was read to its end.

        Args:
            since: Where the next read begins.
            read: The server's time when this one began. A record may change twice in one second: what changed
                in that second or later does not count as seen.
        """
        self._next = since
        self._read = written_time(read)

    def commit(self) -> None:
        """Write into the bookmark what was reached; call it when all that is pending stands there too."""
        if self._next is None:
            return
        begin = written_time(self._next)
        inside = sorted(
            (pair for pair in self._met.items() if begin <= pair[1] < self._read), key=lambda pair: pair[1]
        )
        self._bookmark.since, self._bookmark.seen = begin, inside[-MOST_SEEN:]
        self.since, self._next = self._next, None
        self._seen, self._met = dict(inside), {}
