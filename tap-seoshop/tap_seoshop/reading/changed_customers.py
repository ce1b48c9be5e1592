"""Which summaries are due, and how they are read.

All summaries are added up in one pass over the lists of customers, orders and invoices: the first time, and
again every `summaries_full_interval`, which repairs what no incremental list shows (deleted orders, orders
moved to another customer). In between, the orders of a customer are read when the customer, an order or an
invoice changed. A customer that was read within `summary_interval`, or does not fit into the run, waits in
the state by id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tap_seoshop.api.pages import PAGE, Query
from tap_seoshop.api.quota import Use
from tap_seoshop.bookmarks.follower import Follower
from tap_seoshop.bookmarks.forms import SeenMark, SummaryMark
from tap_seoshop.bookmarks.times import due, written_time
from tap_seoshop.errors import NotFoundError
from tap_seoshop.reading.context import Reader
from tap_seoshop.records.normalize import integer, link_id, moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from tap_seoshop.reading.context import Reading
    from tap_seoshop.reading.followers import End
    from tap_seoshop.streams.base import SummaryStream
    from tap_seoshop.streams.place import ListPlace

__all__ = ["SummaryReader"]

MOST_PENDING = 60_000
"""Most customers that the state holds as pending (0.7 MB); with more, all of them are added up anew."""
MOST_RECENT = 12_000
"""Most times of a customer's last reading that the state holds (0.5 MB)."""
MOST_CREDITED = 40_000
"""Most customers with credit notes that the state names (0.5 MB); with more, those of all are asked for."""
UNFILTERED_INTERVAL = 86_400
"""Seconds between two passes where the shop ignores the filter by customer."""


class _ListOf:
    """Follows one incremental list for the summaries."""

    def __init__(self, summaries: SummaryReader, bookmark: SeenMark, name: str) -> None:
        self._summaries = summaries
        self._follower = Follower(bookmark)
        self._name = name
        self.commit = self._follower.commit
        self.not_after = self._follower.not_after

    @property
    def first(self) -> bool:
        """Whether the list was never read to its end."""
        return self._follower.first

    @property
    def since(self) -> datetime | None:
        """From when on changes are wanted."""
        return None if self._summaries.everything else self._follower.since

    def take(self, raw: dict[str, Any], *, whole: bool) -> None:
        """Take a record of the list."""
        changed = self._follower.changed(integer(raw.get("id")) or 0, moment(raw.get("updatedAt")))
        self._summaries.meets(self._name, raw, changed=changed, whole=whole)

    def reached(self, end: End) -> None:
        """Note that the list was read to its end."""
        self._follower.reach(end.since, end.read)
        self._summaries.was_read(self._name, whole=end.whole)

    def cut(self) -> None:
        """Keep its changed customers as pending: the list was read in part, and is read again."""
        self._summaries.owes()


class _Reading(NamedTuple):
    """A customer to be read."""

    customer: int
    invoices: bool
    own: bool


class _FilterIgnoredError(Exception):
    """The answer held orders of other customers."""


class SummaryReader(Reader):
    """Adds up the orders of changed customers, and now and then of all.

    Args:
        reading: The run.
        stream: The stream of the summaries.
    """

    def __init__(self, reading: Reading, stream: SummaryStream) -> None:
        self._bookmark = bookmark = reading.state.bookmark(stream.name, SummaryMark)
        self.followers = {
            one.name: _ListOf(self, reading.state.bookmark(stream.name, SeenMark, f"{one.name}_"), one.name)
            for one in stream.sources
        }
        super().__init__(reading, {one.place: self.followers[one.name] for one in stream.sources})
        self._stream = stream
        self._interval = reading.settings.summary_interval
        self._places = {source.name: source.place for source in stream.sources}
        self._too_many = False
        self._pending: set[int] = set(bookmark.pending)
        self._recent: dict[int, str] = dict(bookmark.recent)
        self._credited: set[int] | None = None if bookmark.credited is None else set(bookmark.credited)
        self._whole: set[str] = set()
        self._met: dict[str, int] = dict.fromkeys(self._places, 0)
        self._with_notes: set[int] = set()
        self._sums = stream.summary()

    def begin(self) -> None:
        """Write the schema."""
        self._stream.begin()

    @property
    def everything(self) -> bool:
        """Whether the incremental lists are to be read whole, and all customers written."""
        return self._too_many or any(follower.first for follower in self.followers.values())

    def meets(self, name: str, raw: Mapping[str, Any], *, changed: bool, whole: bool) -> None:
        """Take a record of an incremental list."""
        people = name == "customers"
        customer = integer(raw.get("id")) if people else link_id(raw.get("customer"))
        if changed and customer is not None and not self.everything:
            self._pending.add(customer)
        if name == "invoices" and raw.get("isCreditNote") is True and customer and self._credited is not None:
            self._credited.add(customer)
        if whole and self.everything:
            self._add(name, raw)
        elif people and changed:
            self._sums.add(name, raw)

    def was_read(self, name: str, *, whole: bool) -> None:
        """Note that an incremental list was read to its end; with `whole`, all of it was added up."""
        if self.everything:
            if whole:
                self._whole.add(name)
            return
        self.owes()
        self.followers[name].commit()

    def owes(self) -> None:
        """Write what is pending into the bookmark."""
        if len(self._pending) > MOST_PENDING:
            self._log.warning("%d customers changed: all summaries are added up anew", len(self._pending))
            self._pending.clear()
            self._too_many = True
            self._bookmark.read_at = None
        now = self._client.now()
        self._recent = {one: at for one, at in self._recent.items() if not due(at, self._interval, now)}
        latest = sorted(self._recent.items(), key=lambda pair: pair[1])[-MOST_RECENT:]
        credited = self._credited
        self._bookmark.pending = sorted(self._pending)
        self._bookmark.recent = latest
        self._bookmark.credited = (
            sorted(credited) if credited is not None and len(credited) <= MOST_CREDITED else None
        )

    def read(self) -> None:
        """Write the summaries that are due.

        Raises:
            QuotaSpentError: No more requests; what is left stands in the bookmark.
        """
        ready = self._ready()
        if (
            self.everything
            or self._reading.limits.due(self._stream.name, self._client.now())
            or self._pass_is_cheaper(len(ready))
        ):
            self._pass()
        elif not self._bookmark.filter_ignored:
            self._read_each(ready)
        self._reading.write_state()

    def reread(self, place: ListPlace, raw: Mapping[str, Any]) -> None:
        """Write the summary of the customer of a record."""
        people = place == self._places["customers"]
        customer = integer(raw.get("id")) if people else link_id(raw.get("customer"))
        if customer is not None:
            self._read_each([customer])

    def _ready(self) -> list[int]:
        """The pending customers that were not read too recently, newest first."""
        now = self._client.now()
        waits = {one for one, at in self._recent.items() if not due(at, self._interval, now)}
        return sorted(self._pending - waits, reverse=True)

    def _pass_is_cheaper(self, readings: int) -> bool:
        if self._bookmark.filter_ignored:
            return readings > 0 and due(self._bookmark.read_at, UNFILTERED_INTERVAL, self._client.now())
        return readings > self._bookmark.requests > 1

    def _pass(self) -> None:
        """Add up all customers, from the lists that were not read whole in this run already."""
        for name in self._places:
            if name not in self._whole:
                for raw in self._reading.pages(self._places[name], Query(large=True)):
                    self._add(name, raw)
        for customer in self._sums.customers():
            self._emit(customer)
        for departed in () if self._reading.limits.sample else self._reading.departed:
            departed.compare(self._sums.own())
        for follower in self.followers.values():
            follower.commit()
        self._bookmark.read_at = written_time(self._client.now())
        self._bookmark.requests = sum(count // PAGE + 2 for count in self._met.values())
        self._credited = self._with_notes
        self._pending.clear()
        self._too_many = False
        self.owes()
        self._reading.write_state()

    def _add(self, name: str, raw: Mapping[str, Any]) -> None:
        self._met[name] += 1
        self._sums.add(name, raw)
        if (
            name == "invoices"
            and raw.get("isCreditNote") is True
            and (customer := link_id(raw.get("customer")))
        ):
            self._with_notes.add(customer)

    def _read_each(self, ready: list[int]) -> None:
        given = (_Reading(one, self._may_have_notes(one), not self._sums.knows(one)) for one in ready)
        try:
            reading = self._client.ahead(self._fetch, self._while_in_time(given))
            for count, (wanted, outcome) in enumerate(reading, 1):
                customer = wanted.customer
                if isinstance(outcome, _FilterIgnoredError):
                    self._log.warning(
                        "the shop ignores the filter of orders by customer: summaries come daily"
                    )
                    self._bookmark.filter_ignored = True
                    return
                if isinstance(outcome, Exception):
                    raise outcome
                for name, records in outcome.items():
                    for raw in records:
                        self._sums.add(name, raw)
                self._emit(customer)
                self._sums.forget(customer)
                self._pending.discard(customer)
                self._recent[customer] = written_time(self._client.now())
                if count % self._reading.state.every == 0:
                    self.owes()
                    self._reading.write_state()
        finally:
            self.owes()

    def _may_have_notes(self, customer: int) -> bool:
        return "invoices" in self._places and (self._credited is None or customer in self._credited)

    def _while_in_time(self, given: Iterator[_Reading]) -> Iterator[_Reading]:
        for one in given:
            if not self._reading.limits.in_time():
                self._log.info("time is up: %d summaries come with the next runs", len(self._pending))
                return
            yield one

    def _fetch(self, wanted: _Reading) -> dict[str, list[dict[str, Any]]]:
        """What makes up the summary of one customer; runs in a thread of the client's."""
        found = {"orders": self._all_of("orders", wanted.customer)}
        if wanted.invoices:
            found["invoices"] = self._all_of("invoices", wanted.customer)
        if wanted.own and not found["orders"]:
            try:
                answer = self._client.get(f"customers/{wanted.customer}", use=Use.CHANGED)
            except NotFoundError:
                return found  # deleted: there is no record to write
            found["customers"] = [answer.one("customer")]
        return found

    def _all_of(self, name: str, customer: int) -> list[dict[str, Any]]:
        place = self._places[name]
        found: dict[int, dict[str, Any]] = {}
        page = 1
        while True:
            query = {
                "limit": str(PAGE),
                "customer": str(customer),
                **({"page": str(page)} if page > 1 else {}),
            }
            records = self._client.get(place.path, query, use=Use.CHANGED).many(place.key)
            if any(link_id(raw.get("customer")) != customer for raw in records):
                raise _FilterIgnoredError
            fresh = {
                number: raw for raw in records if (number := integer(raw.get("id"))) not in found and number
            }
            found |= fresh
            if len(records) < PAGE or not fresh:
                return list(found.values())
            page += 1

    def _emit(self, customer: int) -> None:
        record = self._sums.record(customer)
        if record is not None:
            self._reading.emit(self._stream, self._stream.chosen(record))
