"""The log of API requests that people and tests read: which call came, and how it was answered."""

from collections import Counter, deque
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

Side = Literal["seoshop", "copernica", "copernica_token"]
SIDES: tuple[Side, ...] = ("seoshop", "copernica", "copernica_token")

NO_ANSWER = 0


@dataclass(frozen=True)
class Entry:
    """One request. `status` is 0 when a fault left it without an answer; no header, no body is kept."""

    seq: int
    side: Side
    at: str
    method: str
    path: str
    query: str
    status: int


class RequestLog:
    """The newest requests, counted since the start; admin calls are not in it."""

    def __init__(self, keep: int = 200_000) -> None:
        """Keep the newest `keep` requests; the counts go on beyond them."""
        self._entries: deque[Entry] = deque(maxlen=keep)
        self._counts: Counter[Side] = Counter()
        self.last = 0

    def add(  # noqa: PLR0913  # the parts of one entry
        self, *, side: Side, at: datetime, method: str, path: str, query: str, status: int
    ) -> None:
        """Note an answered request."""
        self.last += 1
        self._counts[side] += 1
        stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self._entries.append(Entry(self.last, side, stamp, method, path, query, status))

    def since(self, seq: int = 0, side: Side | None = None) -> list[dict[str, Any]]:
        """Requests after number `seq`, oldest first, of one side or of all."""
        newer: list[dict[str, Any]] = []
        for entry in reversed(self._entries):
            if entry.seq <= seq:
                break
            if side is None or entry.side == side:
                newer.append(asdict(entry))
        return newer[::-1]

    def counts(self) -> dict[str, int]:
        """Requests per side since the start, and under `last` the newest entry's number."""
        return {side: self._counts[side] for side in SIDES} | {"last": self.last}
