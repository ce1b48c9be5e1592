"""The form of the state: one bookmark for each stream, each with all of its keys, always.

`meltano run --full-refresh` merges an old state and a new one key by key, so that a key left out would keep
its old value. Hence false and null are written too, and what can shrink is a list or a scalar, never an
object with ids for keys.
"""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

from tap_seoshop.errors import SettingsError
from tap_seoshop.normalize import parse_moment

__all__ = [
    "FULL",
    "GROWING",
    "LINES",
    "LIVE",
    "SHOP",
    "SUMMARIES",
    "Follower",
    "bookmark",
    "due",
    "read_time",
    "written_time",
]

VERSION = 1
MOST_SEEN = 10_000
"""Most entries of `seen`; what is beyond is read again in the next run, which costs requests only."""

LIVE: dict[str, Any] = {
    "replication_key": "updatedAt",
    "replication_key_value": None,
    "filter_ignored": False,
    "west": 0,
    "read_at": None,
    "missing_at": None,
}
"""A list that can be filtered by time. `west`: seconds by which its stamps lie west of UTC. `missing_at`:
when the shop last said that it does not know the list."""
GROWING: dict[str, Any] = {
    "replication_key": "createdAt",
    "replication_key_value": None,
    "unordered": False,
    "read_at": None,
}
"""A log. `unordered`: its newest records do not come first, so that it is read whole."""
FULL: dict[str, Any] = {"read_at": None, "requests": 0, "titles_at": None, "titles": []}
"""A list that is read whole. `requests`: what the last read of it cost. `titles`: pairs of id and title; a
null title is an id unknown there."""
LINES: dict[str, Any] = {
    "since": None,
    "seen": [],
    "pending": [],
    "backfill": {"open": False, "before": None, "last_id": None, "done": 0, "total": 0},
}
"""`pending`: pairs of an order's id and how often it was not found. `seen`: pairs of id and `updatedAt`."""
SUMMARIES: dict[str, Any] = {
    "customers_since": None,
    "customers_seen": [],
    "orders_since": None,
    "orders_seen": [],
    "invoices_since": None,
    "invoices_seen": [],
    "read_at": None,
}
SHOP: dict[str, Any] = {"version": VERSION, "shop_id": None, "account": None, "read_at": None}
"""`account`: a short digest of address and key, which tells that another shop may be meant."""


def bookmark(state: dict[str, Any], stream: str, form: dict[str, Any]) -> dict[str, Any]:
    """The bookmark of a stream, in place in the state, with all keys of its form.

    Raises:
        SettingsError: The state holds something else there.
    """
    marks = state.setdefault("bookmarks", {})
    found = marks.setdefault(stream, {}) if isinstance(marks, dict) else None
    if not isinstance(found, dict):
        raise SettingsError(
            f"the state's bookmark of {stream} is not what this tap writes: begin with a new state"
        )
    for key, default in form.items():
        value = found.setdefault(key, deepcopy(default))
        if value is not None and default is not None and type(value) is not type(default):
            raise SettingsError(
                f"the state's {stream}.{key} is not what this tap writes: begin with a new state"
            )
        if isinstance(default, dict) and isinstance(value, dict):
            found[key] = {**deepcopy(default), **value}
    for key in ("starting_replication_value", "replication_key_signpost", "progress_markers"):
        found.pop(key, None)  # of other taps; the SDK writes them too
    return found


def read_time(value: object) -> datetime | None:
    """A time of the state.

    Raises:
        SettingsError: It is none.
    """
    if value is None:
        return None
    found = parse_moment(value) if isinstance(value, str) else None
    if found is None:
        raise SettingsError("a time in the state cannot be read: begin with a new state")
    return found


def written_time(at: datetime) -> str:
    """A time as the state keeps it: UTC, whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def due(read_at: object, interval: float, now: datetime) -> bool:
    """Whether a list read at `read_at` (a time of the state) is to be read again after `interval` seconds."""
    last = read_time(read_at)
    return last is None or last > now or now - last >= timedelta(seconds=interval)


class Follower:
    """One reader of a changed list: from when on, and what it has dealt with inside the look-back.

    Args:
        mark: The bookmark that it keeps.
        since: The bookmark's key for the time.
        seen: The bookmark's key for what was seen.
    """

    def __init__(self, mark: dict[str, Any], since: str = "since", seen: str = "seen") -> None:
        self._mark = mark
        self._since_key = since
        self._seen_key = seen
        self.since = read_time(mark[since])
        self._seen = {int(number): stamp for number, stamp in mark[seen]}
        self._met: dict[int, str] = {}
        self._next: datetime | None = None

    @property
    def first(self) -> bool:
        """Whether it has never read its list to the end."""
        return self.since is None

    def moved(self, number: int, stamp: str | None) -> bool:
        """Whether a record is new or changed since it was dealt with; remembers it.

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

    def reach(self, since: datetime) -> None:
        """The list was read to its end; the next read begins at `since`."""
        self._next = since

    def commit(self) -> None:
        """Write into the bookmark what was reached; to be called when all that is owed is named there too."""
        if self._next is None:
            return
        begin = written_time(self._next)
        inside = sorted((pair for pair in self._met.items() if pair[1] >= begin), key=lambda pair: pair[1])
        self._mark[self._since_key] = begin
        self._mark[self._seen_key] = [list(pair) for pair in inside[-MOST_SEEN:]]
        self.since, self._next = self._next, None
        self._seen, self._met = dict(inside), {}
