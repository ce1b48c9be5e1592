"""The log of API requests that people and tests read: which call came, and how it was answered.

Nothing personal is in it: no body, no header, and of a path and a query only what identifies no person.
"""

import re
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Callable

Side = Literal["seoshop", "copernica", "copernica_token"]
SIDES: tuple[Side, ...] = ("seoshop", "copernica", "copernica_token")

NO_ANSWER = 0

HIDDEN = "…"
"""Stands in the log for what may tell of a person."""

# What a value may look like, by the parameter's name; anything else is hidden.
_NUMBER = re.compile(r"-?\d{1,15}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ][\d:.]+(Z|[+ -][\d:]+)?)?")
_NAMES = re.compile(r"[A-Za-z_]+([.,][A-Za-z_]+)*")
_WORD = re.compile(r"true|false|[01]")
_HARMLESS = {
    **dict.fromkeys(("page", "limit", "start", "since_id", "customer", "product", "variant"), _NUMBER),
    **dict.fromkeys(("created_at_min", "created_at_max", "updated_at_min", "updated_at_max"), _MOMENT),
    **dict.fromkeys(("begin", "end"), _MOMENT),
    # An order's number with SEOshop, the direction of a list with Copernica.
    "order": re.compile(r"\d{1,15}|asc(ending)?|desc(ending)?"),
    **dict.fromkeys(("fields", "orderby"), _NAMES),
    **dict.fromkeys(("total", "dataonly", "create", "async"), _WORD),
}
_PLAIN = re.compile(r"[\w.~-]{1,40}", re.ASCII)
_NAME = re.compile(r"\w{1,40}(\[\w{0,20}\])?", re.ASCII)


def harmless_path(path: str) -> str:
    """A path without what no documented path holds, such as an e-mail address."""
    return "/".join(part if not part or _PLAIN.fullmatch(part) else HIDDEN for part in path.split("/"))


def harmless_query(query: str) -> str:
    """The parameters of a query with the values of those that identify no person: pages, numbers, times.

    A condition such as `fields[]=email==jan@example.com` is left as `fields[]=…`.
    """
    found = parse_qsl(query, keep_blank_values=True)
    return "&".join(f"{_shown_name(name)}={_shown(name, value)}" for name, value in found)


def _shown_name(name: str) -> str:
    return name if _NAME.fullmatch(name) else HIDDEN


def _shown(name: str, value: str) -> str:
    form = _HARMLESS.get(name)
    return value if not value or (form and form.fullmatch(value)) else HIDDEN


class Asked(NamedTuple):
    """What a request asked for."""

    method: str
    path: str
    query: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One request.

    `status` is 0 when a fault left it without an answer; `cost` is how many calls it counted for.
    """

    seq: int
    side: Side
    at: str
    method: str
    path: str
    query: str
    status: int
    cost: int


def line_of(entry: Entry) -> str:
    """A request as a line for people: time, side, status, cost, request."""
    query = f"?{entry.query}" if entry.query else ""
    status = entry.status or "---"
    return f"{entry.at} {entry.side:15} {status:>3} {entry.cost} {entry.method} {entry.path}{query}"


class RequestLog:
    """The newest requests, counted since the start; admin calls are not in it.

    `watchers` are called with each entry as it comes.
    """

    def __init__(self, keep: int = 200_000) -> None:
        """Keep the newest `keep` requests; the counts go on beyond them."""
        self._keep = keep
        self._entries: dict[int, Entry] = {}
        self._counts: Counter[Side] = Counter()
        self.watchers: list[Callable[[Entry], None]] = []
        self.last = 0

    def add(self, asked: Asked, *, side: Side, at: datetime, status: int, cost: int = 0) -> None:
        """Note an answered request, without what may tell of a person in its path and query."""
        self.last += 1
        self._counts[side] += 1
        stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        path, query = harmless_path(asked.path), harmless_query(asked.query)
        entry = Entry(self.last, side, stamp, asked.method, path, query, status, cost)
        self._entries[self.last] = entry
        self._entries.pop(self.last - self._keep, None)
        for watch in self.watchers:
            watch(entry)

    @property
    def oldest(self) -> int:
        """Number of the oldest request that is kept; one that has not come yet while there is none."""
        return max(1, self.last - self._keep + 1)

    def entry(self, number: int) -> Entry:
        """The request of a number, which has to be kept."""
        return self._entries[number]

    def entries(self, seq: int = 0) -> list[Entry]:
        """Requests after number `seq`, oldest first."""
        return [self._entries[number] for number in range(max(seq + 1, self.oldest), self.last + 1)]

    def since(self, seq: int = 0, side: Side | None = None) -> list[dict[str, Any]]:
        """As `entries`, of one side or of all, in the form of the admin call."""
        return [asdict(entry) for entry in self.entries(seq) if side in (None, entry.side)]

    def counts(self) -> dict[str, int]:
        """Requests per side since the start, and under `last` the newest entry's number."""
        return {side: self._counts[side] for side in SIDES} | {"last": self.last}
