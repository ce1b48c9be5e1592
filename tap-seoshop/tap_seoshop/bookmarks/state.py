"""The form of the state: one bookmark for each stream, each with all of its keys, always.

`meltano run --full-refresh` merges an old state and a new one key by key, so that a key left out would keep
its old value. Hence false and null are written too, and what can shrink is a list or a scalar, never an
object with ids for keys.
"""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tap_seoshop.errors import SettingsError
from tap_seoshop.records.normalize import parse_moment

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "APPEND_ONLY_FORM",
    "DETAIL_FORM",
    "FULL_TABLE_FORM",
    "INCREMENTAL_FORM",
    "SHOP_FORM",
    "SUMMARY_FORM",
    "Follower",
    "State",
    "bookmark",
    "due",
    "entries",
    "migrate",
    "read_time",
    "written_time",
]

VERSION = 3
"""1: until `customer_summaries` kept ids of its own. 2: while a first load went by ids and could miss some.
What is missing of today's form is filled in by `bookmark`."""
STATE_EVERY = 50
MOST_SEEN = 7_000
"""Most entries of `seen`; what is beyond is read again in the next run, which costs requests only."""

INCREMENTAL_FORM: dict[str, Any] = {
    "replication_key": "updatedAt",
    "replication_key_value": None,
    "filter_ignored": False,
    "west": 0,
    "read_at": None,
    "missing_at": None,
    "place": {"since": None, "began": None, "last_id": None, "met": 0},
}
"""A list that can be filtered by time. `west`: seconds by which its stamps lie west of UTC. `missing_at`:
when the shop last said that it does not know the list. `place`: where it was cut because the day's requests
were spent: since when, the start of that reading, and the last record."""
APPEND_ONLY_FORM: dict[str, Any] = {
    "replication_key": "createdAt",
    "replication_key_value": None,
    "unordered": False,
    "read_at": None,
}
"""A log. `unordered`: its newest records do not come first, so that it is read whole."""
FULL_TABLE_FORM: dict[str, Any] = {"read_at": None, "requests": 0, "titles_at": None, "titles": []}
"""A list that is read whole. `requests`: what the last read of it cost. `titles`: pairs of id and title; a
null title is an id unknown there."""
DETAIL_FORM: dict[str, Any] = {
    "since": None,
    "seen": [],
    "pending": [],
    "backfill": {"open": False, "before": None, "last_id": None, "days": 8, "done": 0, "total": 0},
}
"""`pending`: pairs of an order's id and how often it was not found. `seen`: pairs of id and `updatedAt`.
`backfill`: the first load. Orders at and above the place of `before` (a `createdAt`) and `last_id` are done;
`days`: how far back the next slice of it reaches."""
SUMMARY_FORM: dict[str, Any] = {
    "customers_since": None,
    "customers_seen": [],
    "orders_since": None,
    "orders_seen": [],
    "invoices_since": None,
    "invoices_seen": [],
    "read_at": None,
    "requests": 0,
    "pending": [],
    "recent": [],
    "credited": None,
    "filter_ignored": False,
}
"""`read_at`: when all were added up, which took about `requests`. `pending`: ids of customers who are
owed. `recent`: pairs of id and time of the last reading. `credited`: ids of customers who have credit notes;
null for unknown."""
SHOP_FORM: dict[str, Any] = {
    "version": VERSION,
    "shop_id": None,
    "account": None,
    "read_at": None,
    "progress": {"done": 0, "total": 0, "eta": None},
    "source_quota": {"limit": [], "remaining": [], "resets_at": []},
    "details": {"day": None, "count": 0, "before": 0},
}
"""`account`: a short digest of address and key: tells that another shop may be meant. `progress` (orders of
the first load of lines) and `source_quota` (5 minutes, hour, day) are for status pages. `details`: requests
for details of changed records on a day, and on the day before."""


def migrate(state: dict[str, Any]) -> list[str]:
    """Bring a state that an older version of the tap wrote into today's form, in place.

    Returns:
        Streams whose first load begins again, since it may have missed records.

    Raises:
        SettingsError: It was written by a newer version.
    """
    shop = bookmark(state, "shop", SHOP_FORM)
    version = shop["version"]
    if version > VERSION:
        raise SettingsError(
            f"the state has form {version}, which a newer version of this tap wrote: upgrade the tap"
        )
    if version < 2 and "customer_summaries" in state["bookmarks"]:  # noqa: PLR2004  # the form's number
        # Its time was that of any summary, not of all of them.
        bookmark(state, "customer_summaries", SUMMARY_FORM)["read_at"] = None
    again = _missed(state) if version < 3 else []  # noqa: PLR2004  # the form's number
    for name in again:
        bookmark(state, name, DETAIL_FORM)["backfill"] = {**DETAIL_FORM["backfill"], "open": True}
    shop["version"] = VERSION
    return again


def _missed(state: dict[str, Any]) -> list[str]:
    """Streams with a first load of form 2 that is under way, or ended before all was done."""
    found = []
    for name, mark in state["bookmarks"].items():
        backfill = mark.get("backfill") if isinstance(mark, dict) else None
        if isinstance(backfill, dict) and (
            backfill.get("open") or backfill.get("done", 0) < backfill.get("total", 0)
        ):
            found.append(name)
    return found


def entries(state: dict[str, Any]) -> int:
    """How many entries the lists of all bookmarks have: the measure of the size of a state."""
    marks = state.get("bookmarks", {}).values()
    return sum(len(value) for mark in marks for value in mark.values() if isinstance(value, list))


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


class State:
    """The state of the tap: the bookmarks of all streams, and when they leave.

    Args:
        held: What the SDK holds and writes; changed in place.
        emit: Writes a STATE message of it.
        account: A digest of address and key, which tells that another shop may be meant.
        frozen: Write no STATE message: the bookmarks are to stay as they are.

    Attributes:
        shop: The bookmark of the shop, in place.
        begun_again: Streams whose first load begins again, since an older version may have missed records.

    Raises:
        SettingsError: A newer version of the tap wrote it, or another tap.
    """

    def __init__(
        self, held: dict[str, Any], emit: Callable[[], None], *, account: str, frozen: bool = False
    ) -> None:
        self.begun_again = migrate(held)
        self.account = account
        self.shop = bookmark(held, "shop", SHOP_FORM)
        self._held = held
        self._emit = emit
        self._frozen = frozen

    def bookmark(self, stream: str, form: dict[str, Any]) -> dict[str, Any]:
        """The bookmark of a stream, in place, with all keys of its form."""
        return bookmark(self._held, stream, form)

    @property
    def every(self) -> int:
        """Details between two STATE messages; more when the state is large: each message holds all of it."""
        return max(STATE_EVERY, entries(self._held) // STATE_EVERY)

    def write(self, quota: dict[str, list[Any]] | None = None) -> None:
        """Write a STATE message.

        Args:
            quota: The rate windows as last seen, for status pages.
        """
        if self._frozen:
            return
        if quota:
            self.shop["source_quota"] = quota
        self._emit()


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
    """One reader of an incremental list: from when on, and what it has dealt with inside the look-back.

    Args:
        bookmark: The bookmark that it keeps.
        since: The bookmark's key for the time.
        seen: The bookmark's key for what was seen.
    """

    def __init__(self, bookmark: dict[str, Any], since: str = "since", seen: str = "seen") -> None:
        self._bookmark = bookmark
        self._since_key = since
        self._seen_key = seen
        self.since = read_time(bookmark[since])
        self._seen = {int(number): stamp for number, stamp in bookmark[seen]}
        self._met: dict[int, str] = {}
        self._next: datetime | None = None
        self._read = ""

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

    def not_after(self, at: datetime) -> None:
        """Forget a bookmark that lies after `at`, the server's time: what changed before it is unknown."""
        if self.since is not None and self.since > at:
            self.since = None

    def reach(self, since: datetime, read: datetime) -> None:
        """The list was read to its end.

        Args:
            since: Where the next read begins.
            read: The server's time when this one began. A record may change twice in one second: what changed
                in that second or later does not count as seen.
        """
        self._next = since
        self._read = written_time(read)

    def commit(self) -> None:
        """Write into the bookmark what was reached; to be called when all that is owed is named there too."""
        if self._next is None:
            return
        begin = written_time(self._next)
        inside = sorted(
            (pair for pair in self._met.items() if begin <= pair[1] < self._read), key=lambda pair: pair[1]
        )
        self._bookmark[self._since_key] = begin
        self._bookmark[self._seen_key] = [list(pair) for pair in inside[-MOST_SEEN:]]
        self.since, self._next = self._next, None
        self._seen, self._met = dict(inside), {}
