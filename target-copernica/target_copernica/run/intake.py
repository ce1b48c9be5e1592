"""How a record comes in: it is validated, mapped, and handed over to be written or deleted, or refused.

The records of a tap and those that `replay` takes from the rejects file come in by this one way.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from target_copernica.errors import RejectedRecordError
from target_copernica.mapping.apply import (
    emptied,
    ended_by,
    good_fields,
    key_above,
    key_of,
    mapped,
    raw_fragment,
    version_of,
    with_known_keys,
)
from target_copernica.mapping.schema_check import SchemaCheck
from target_copernica.memory.rejects import Origin, Refused
from target_copernica.run.acts import source_of
from target_copernica.writing.deletions import DELETED_AT, policy_of, withdrawn
from target_copernica.writing.pending import fitted, fragment_from_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_copernica.account.structure import Place
    from target_copernica.mapping.model import Fragment, StreamMap
    from target_copernica.report import Report
    from target_copernica.run.acts import Acts
    from target_copernica.run.event_sink import EventSink
    from target_copernica.run.reconciliation import Reconciliation
    from target_copernica.run.redeeming import Redeeming
    from target_copernica.run.workspace import Workspace
    from target_copernica.writing.deletions import Policy
    from target_copernica.writing.outcomes import Outcomes
    from target_copernica.writing.writer import Writer

__all__ = ["Destination", "Intake"]


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the records of a stream go.

    Attributes:
        place: The database or collection.
        stream: The mapping, with the fields as they really are.
    """

    place: Place
    stream: StreamMap


class TakingRun(Protocol):
    """What an intake needs of its run.

    Attributes:
        work: The workspace.
        report: Counts.
        outcomes: What becomes of records.
        with_unknown_keys: Streams with a record without a usable key.
        complete: Intakes of streams that were read as complete lists.
        acts: Takes what records say of consent.
        coupons: Takes which coupons records say were used.
        events: Takes live acts of people for Copernica's events API.
    """

    work: Workspace
    report: Report
    outcomes: Outcomes
    with_unknown_keys: set[str]
    complete: list[Intake]
    acts: Acts
    coupons: Redeeming
    events: EventSink

    @property
    def writer(self) -> Writer | Reconciliation:
        """Takes what is to be written."""

    def admit(self) -> int:
        """A record came in; its number."""

    def ended_with(self, stream: str) -> Iterable[Destination]:
        """Where that goes which records of a stream end."""


class Intake:
    """Takes the records of one stream.

    Args:
        run: Writes them.
        stream: Name of the stream.
        schema: Its JSON schema.
        destination: Where its records go; None where they are left out.
    """

    def __init__(
        self, run: TakingRun, stream: str, schema: Mapping[str, Any], destination: Destination | None
    ) -> None:
        self._run = run
        self._stream = stream
        self._destination = destination
        self._policy: Policy = "ignore"
        if destination is not None:
            settings = run.work.settings
            self._policy = policy_of(destination.stream, settings.deletes, settings.on_shop_deletion)
        self._check: SchemaCheck | None = None
        if run.work.settings.validate_records:
            self._check = SchemaCheck(schema)
            self._check.warn(stream, run.work.log)

    @property
    def is_mapped(self) -> bool:
        """Whether the records of this stream go anywhere."""
        return self._destination is not None

    def take(self, record: dict[str, Any], number: int) -> None:
        """Validate a record, map it, and hand it over.

        Args:
            record: As the tap sent it; dates stay texts.
            number: Its number at the state checkpoint.

        Raises:
            TooManyRejectsError: It is refused, and one too many.
        """
        self._run.report.add(self._stream, "read")
        if self._destination is None:
            self._run.outcomes.unmapped(self._stream, number)
            return
        try:
            if self._check is not None:
                self._check(record)
            fragment = mapped(record, self._destination.stream, self._run.work.zone)
            place, knows = self._destination.place, self._run.work.ledger.knows
            with_known_keys(fragment, partial(knows, place.code), partial(knows, place.database_code))
        except RejectedRecordError as error:
            self._refuse(self._destination, error.reason, record, number)
        else:
            fragment.arrival, fragment.read = number, self._run.work.ledger.notes.now()
            self._run.coupons.take(self._destination.stream, record)
            self._run.events.take(place, fragment)
            self._run.events.take_line(place, self._destination.stream, record, fragment)
            if self._destination.stream.act is not None:
                is_all = not self._destination.stream.fields and not self._destination.stream.place.creates
                self._run.acts.take(self._destination.stream, record, number if is_all else None)
                if is_all:
                    return
            if self._policy in {"delete", "forget"} and record.get(DELETED_AT):
                self._delete(self._destination, fragment, number)
            else:
                self._hand_over(self._destination, fragment, number)
                if fragment.ends:
                    self._end_below(record)

    def take_fragment(self, content: dict[str, Any], number: int) -> None:
        """Hand over what the mapping had made of a record when Copernica refused it.

        Args:
            content: The fragment, as the rejects file has it.
            number: Its number at the state checkpoint.
        """
        self._run.report.add(self._stream, "read")
        if self._destination is None:
            self._run.outcomes.unmapped(self._stream, number)
            return
        fragment = fitted(self._destination.place, fragment_from_json(content))
        fragment.arrival = number
        self._hand_over(self._destination, fragment, number)

    def complete(self) -> None:
        """The stream's list was read completely: what it no longer has loses its fields."""
        to = self._destination
        if to is None or not (to.stream.empties_absent or to.stream.lists_acts):
            return
        if self._stream in self._run.with_unknown_keys:
            self._run.work.log.warning(
                "stream %s: a record without a usable key was refused, so it cannot be told which others are "
                "gone; nothing is emptied in this run",
                self._stream,
            )
            return
        if to.stream.lists_acts:
            self._run.acts.end_of_list(self._stream)
        if to.stream.empties_absent:
            self._run.complete.append(self)
            self.empty_vanished()

    def empty_vanished(self) -> None:
        """What a complete list no longer has loses its fields, as far as the ledger knows of them."""
        to = self._destination
        if to is None:
            return
        for key in self._run.work.ledger.unseen(to.place.code, self._stream):
            gone = emptied(to.stream, key, self._run.work.zone)
            gone.arrival, gone.read = self._run.admit(), self._run.work.ledger.notes.now()
            self._run.writer.add(to.place, gone, gone.arrival)

    def _hand_over(self, to: Destination, fragment: Fragment, number: int) -> None:
        if to.stream.empties_absent:
            self._run.work.ledger.seen(self._stream, fragment.key)
        self._run.writer.add(to.place, fragment, number)

    def _end_below(self, record: dict[str, Any]) -> None:
        """End what is below a record that is over, where the source does not know of it any more."""
        work = self._run.work
        for to in self._run.ended_with(self._stream):
            rule = to.stream.ends_with
            above = key_above(record, rule) if rule is not None else None
            for key in () if above is None else self._run.writer.keys_below(to.place, above):
                fragment = ended_by(record, to.stream, key, work.zone)
                parts = work.ledger.parts(to.place.code, key, to.stream.stream)
                # What ended before, by a record of its own stream, says why.
                if fragment is None or any(part.names == (*fragment.fields,) for part in parts):
                    continue
                fragment.arrival, fragment.read = self._run.admit(), work.ledger.notes.now()
                self._run.writer.add(to.place, fragment, fragment.arrival)

    def _delete(self, to: Destination, fragment: Fragment, number: int) -> None:
        """Forget or delete what a record that is gone at the source made, or empty what it only added to."""
        if self._policy == "forget":
            self._run.writer.delete(to.place, fragment, number, forgets=True)
        elif fragment.creates:
            self._run.writer.delete(to.place, fragment, number)
        else:
            self._run.writer.add(to.place, withdrawn(to.stream, fragment), number)

    def _refuse(self, to: Destination, reason: str, record: dict[str, Any], number: int) -> None:
        """Refuse a record that cannot be mapped; it is there, so its key must not count as gone."""
        key = key_of(record, to.stream, partial(self._run.work.ledger.knows, to.place.code))
        if key is None:
            self._run.with_unknown_keys.add(self._stream)
        elif to.stream.lists_acts:
            self._run.work.ledger.seen(self._stream, source_of("subscription", key.rpartition(":")[2]))
        elif to.stream.empties_absent:
            self._run.work.ledger.seen(self._stream, key)
        if self._run.writer.leaves_out(to.place, raw_fragment(record, to.stream, key), number):
            return  # of a person who is forgotten: it must not stand in the rejects file
        origin = Origin(version_of(record, to.stream), number)
        filled = good_fields(record, to.stream, self._run.work.zone)
        refused = Refused(record, origin=origin, fields=filled)
        self._run.outcomes.refuse(to.place, self._stream, key, reason, refused)
