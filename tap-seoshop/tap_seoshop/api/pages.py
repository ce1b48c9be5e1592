"""How a list is read page by page without losing a record.

Lists come newest first, in pages by number. While a list is read, new records push others to a later page
(they come twice, which does not harm) and deletions pull records to an earlier one (they would be missed).
So the reading of more than one page begins with the list's count, and is done again if it met fewer.
A first page that is unexpectedly full is therefore read once more, after the count.
`updated_at_max` is never sent: with `updated_at_min` alone a record can only enter the list. See
`docs/api/seoshop.md`, section 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tap_seoshop.records.normalize import integer, parse_moment, west_of_utc

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator

    from tap_seoshop.api.client import Answer, Client
    from tap_seoshop.streams.place import ListPlace

__all__ = ["OVERLAP", "PAGE", "PagedList", "Query", "api_time"]

PAGE = 250
"""Records on a page: the most that the API gives."""
PASSES = 2
ZONE_SLACK = timedelta(hours=26)
"""How far the filter may be off because of an unknown time zone before it counts as ignored."""
OVERLAP = ZONE_SLACK
"""How far a list that was cut reaches back: the filter's time zone is not known for certain."""


def api_time(at: datetime) -> str:
    """A time as the API's filters take it: UTC, `YYYY-MM-DD HH:MM:SS` (`docs/api/seoshop.md`, section 4)."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


@dataclass(frozen=True)
class Query:
    """Which records of a list are asked for, by the shop's filters.

    Attributes:
        since: Only those updated at or after this time.
        slack: By how much earlier the filter asks, since the shop may take its time for one of its own zone.
        created_max: Only those created at or before this time.
        created_min: Only those created at or after this time.
        skip: Pages at the beginning that need not be read; a second reading of the list reads them too.
        large: Whether more than one page is to be expected, so that the count is asked for at once.
    """

    since: datetime | None = None
    slack: timedelta = timedelta(0)
    created_max: datetime | None = None
    created_min: datetime | None = None
    skip: int = 0
    large: bool = False


EVERYTHING = Query()


class PagedList:
    """All records of a list; iterate it once, then ask what it found.

    Args:
        client: The shop.
        place: Where it is read.
        log: Gets a line about anything odd.
        query: Which records are wanted.
        sample: Read the first page only (for a test of the connection).

    Attributes:
        started: The server's time when the reading began; None before.
        complete: Whether the whole list was met.
        ignored: Whether the shop ignored `since`.
        west: Seconds west of UTC (negative east of it), the most seen in a stamp; None while none was seen.
        total: The count told by the shop, where it was asked.
        asked: Requests that it took.
    """

    def __init__(
        self,
        client: Client,
        place: ListPlace,
        log: logging.Logger,
        query: Query = EVERYTHING,
        *,
        sample: bool = False,
    ) -> None:
        self.started: datetime | None = None
        self.complete = False
        self.ignored = False
        self.west: int | None = None
        self.total: int | None = None
        self.asked = 0
        self._client = client
        self._place = place
        self._log = log
        self._skip = query.skip
        self._large = query.large
        self._sample = sample
        self._query = {"limit": str(PAGE)}
        self._slack = query.slack
        self._set_since(query.since)
        if query.created_max is not None:
            self._query["created_at_max"] = api_time(query.created_max)
        if query.created_min is not None:
            self._query["created_at_min"] = api_time(query.created_min)
        self._keyless = False
        self._counted_at: datetime | None = None
        self._met = 0

    @property
    def whole(self) -> bool:
        """Whether the list is read without regard to the time of change."""
        return self._since is None

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The records, each id once."""
        if self._sample:
            yield from self._page(1)
            return
        given: set[int] = set()
        first = [] if self._large else self._page(1)
        if self._since is not None and self.started is not None and self._since > self.started:
            self._log.warning(
                "the bookmark of %s lies in the future: reading the whole list", self._place.path
            )
            self._set_since(None)
        elif not self._large and len(first) < PAGE:
            yield from self._new(first, given, given)
            self.complete = not self._keyless
            return
        met = given
        for _ in range(PASSES):
            yield from self._whole(given, met)
            met = set()
            if self._met >= (self.total or 0):
                self.complete = not self._keyless
                return
        self._log.warning(
            "%s: the shop counts %s records and listed %s; records vanished meanwhile, or its count is off",
            self._place.path,
            self.total,
            self._met,
        )

    def _whole(self, given: set[int], met: set[int]) -> Iterator[dict[str, Any]]:
        """One pass: `given` are the ids of both passes, `met` those of this one (in the first, the same)."""
        counted = {name: value for name, value in self._query.items() if name != "limit"}
        self.asked += 1
        answer = self._client.get(f"{self._place.path}/count", counted)
        self.started = self.started or answer.asked
        self._counted_at = answer.at
        self.total = integer(answer.body.get("count")) or 0
        if self.total <= self._skip * PAGE:
            self._skip = 0  # so many were deleted that nothing is certain
        self._met = self._skip * PAGE
        first, self._skip = self._skip + 1, 0
        known = range(first, -(-self.total // PAGE) + 1) or range(first, first + 1)
        last: list[dict[str, Any]] = []
        for _, page in self._client.ahead(self._page, known):
            if isinstance(page, Exception):
                raise page
            last = page
            yield from self._new(page, given, met)
        number = known.stop
        # Beyond what was counted: until a page is empty, or not full while nothing is missing.
        while last and (len(last) == PAGE or self._met < self.total):
            last = self._page(number)
            yield from self._new(last, given, met)
            number += 1

    def _page(self, number: int) -> list[dict[str, Any]]:
        answer = self._client.get(self._place.path, {**self._query, "page": str(number)})
        self._note(answer)
        return answer.many(self._place.key)

    def _note(self, answer: Answer) -> None:
        self.started = self.started or answer.asked
        self._keyless = self._keyless or self._place.key not in answer.body

    def _new(self, page: list[dict[str, Any]], given: set[int], met: set[int]) -> Iterator[dict[str, Any]]:
        self.asked += 1
        for raw in page:
            number = integer(raw.get("id"))
            if number is None:
                continue
            again = number in given
            self._met += number not in met and not self._added(raw)
            given.add(number)
            met.add(number)
            if not again:
                self._look(raw)
                yield raw

    def _added(self, raw: dict[str, Any]) -> bool:
        """Whether a record was made after the list was counted: it must not make up for a missed one."""
        made = raw.get("createdAt")
        if self._since is not None or self._counted_at is None or not isinstance(made, str):
            return False
        at = parse_moment(made)
        return at is not None and at > self._counted_at

    def _look(self, raw: dict[str, Any]) -> None:
        stamp = raw.get("updatedAt")
        west = west_of_utc(stamp)
        if west is not None:
            self.west = west if self.west is None else max(self.west, west)
        if self._since is not None and not self.ignored and isinstance(stamp, str):
            at = parse_moment(stamp)
            self.ignored = at is not None and at < self._since - self._slack - ZONE_SLACK

    def _set_since(self, since: datetime | None) -> None:
        self._since = since
        if since is None:
            self._query.pop("updated_at_min", None)
        else:
            self._query["updated_at_min"] = api_time(since - self._slack)
