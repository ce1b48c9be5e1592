"""What became of records: written, rejected, waiting in the ledger, or left out.

A record is settled once its outcome is durable, and never before: only then may a STATE cover it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from target_copernica.mapping.keys import fold_email
from target_copernica.memory.consents import CONSENT_STREAM
from target_copernica.memory.rejects import Origin, Refusal, Refused
from target_copernica.writing.pending import STUB, fragment_to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from target_copernica.account.structure import Place
    from target_copernica.mapping.model import Fragment, Moment
    from target_copernica.memory.ledger import Ledger
    from target_copernica.memory.rejects import RejectLimit, Rejects
    from target_copernica.report import Report
    from target_copernica.writing.pending import PendingWrite
    from target_copernica.writing.plan import Plan

__all__ = ["Outcomes"]


class Outcomes:
    """Notes, counts and settles what became of records.

    Args:
        ledger: Remembers what was written and what waits.
        rejects: Where refused records go.
        report: Counts.
        limit: How many rejects the run bears.
        settled: Called with the number of each settled record.
    """

    def __init__(
        self,
        ledger: Ledger,
        rejects: Rejects,
        report: Report,
        limit: RejectLimit,
        settled: Callable[[int], None],
    ) -> None:
        self._ledger = ledger
        self._rejects = rejects
        self.report = report
        self._limit = limit
        self._settled = settled

    def count(self, stream: str, outcome: str, key: str | None, fields: Mapping[str, str]) -> None:
        """Count what becomes of what a stream said.

        Args:
            stream: Its name.
            outcome: As the report counts it.
            key: Of the profile or subprofile; None where it has none.
            fields: What is written.
        """
        del key, fields
        self.report.add(stream, outcome)

    def count_stub(self, key: str, fields: Mapping[str, str]) -> None:
        """Count a profile that is made of what its subprofile knows of it."""
        del key, fields
        self.report.stubs += 1

    def count_refused(self, stream: str, key: str | None, reason: str) -> None:
        """Count a refused record.

        Args:
            stream: Its stream.
            key: Its key; None where it has none.
            reason: Why, without a value.
        """
        del key, reason
        self.report.add(stream, "rejected")

    # Of single fragments --------------------------------------------------------------------

    def unmapped(self, stream: str, number: int) -> None:
        """Settle a record of a stream that goes nowhere."""
        self.count(stream, "unmapped", None, {})
        self._settled(number)

    def unchanged(self, place: Place, fragment: Fragment, number: int) -> None:
        """Settle a record that Copernica has already; a bad value may have come or gone all the same."""
        self._ledger.notes.read(place.code, fragment.key, fragment.stream, fragment.read)
        self._tell_problems(place, fragment)
        self.leave_out(fragment, number, "unchanged")

    def leave_out(self, fragment: Fragment, number: int, outcome: str) -> None:
        """Settle a record of which nothing is to be written.

        Args:
            fragment: What was to be.
            number: Of its record.
            outcome: Why, as the report counts it.
        """
        self._count_idle(fragment.stream, [fragment], outcome)
        self._settled(number)

    def refuse(self, place: Place, stream: str, key: str | None, reason: str, refused: Refused) -> None:
        """Refuse a record that cannot be mapped.

        Args:
            place: Where it goes.
            stream: Its stream.
            key: Its key; None where it has none.
            reason: Why, without a value.
            refused: The record.

        Raises:
            TooManyRejectsError: It is one too many.
        """
        self.count_refused(stream, key, reason)
        self._rejects.record(stream, key, Refusal(reason), refused)
        if key is not None:
            self._ledger.notes.refused(place.code, key, stream, reason)
        self._settled(refused.origin.arrival)
        self._limit.check()

    def ask(self, fragment: Fragment, number: int, reason: str) -> None:
        """Put a record aside until the user has decided about it; it does not count for `max_rejects`.

        Args:
            fragment: What it says.
            number: Of its record.
            reason: What is to be decided.
        """
        refused = Refused(
            fragment_to_json(fragment),
            "fragment",
            Origin(fragment.version, fragment.arrival),
            [*fragment.fields],
        )
        self._rejects.record(fragment.stream, fragment.key, Refusal(reason), refused)
        self.leave_out(fragment, number, "asked")

    # Of writes ------------------------------------------------------------------------------

    def note_written(self, write: PendingWrite, plan: Plan, *, created: bool) -> None:
        """Note that a write is in Copernica; call it within the transaction that notes its id.

        Args:
            write: What was written.
            plan: As it was planned.
            created: Whether it was made by that.
        """
        self._remember(write, plan, self._ledger.notes.now())
        place = write.place
        if place.email_field is not None and (address := plan.fields.get(place.email_field)) is not None:
            self._ledger.addresses.note(place.code, write.key, fold_email(address))
        for said in () if write.is_rest else plan.said:
            fields = {name: value for one in said.fragments for name, value in one.fields.items()}
            if said.stream == STUB:
                if created:
                    self.count_stub(write.key, fields)
            elif not said.changes and not created:
                self._count_idle(said.stream, write.fragments[said.stream], said.idle)
            elif created and said.stream == CONSENT_STREAM:
                continue  # no record says it
            elif created:
                self.count(said.stream, "created", write.key, fields)
            elif all(one.vanished for one in said.fragments):
                self.count(said.stream, "emptied", write.key, fields)
            else:
                self.count(said.stream, "updated", write.key, fields)

    def settle_written(self, write: PendingWrite, plan: Plan) -> None:
        """Report the values that were left out and settle the records: what was noted is durable."""
        for said in plan.said:
            for fragment in said.fragments:
                self._tell_problems(write.place, fragment)
        self._settle(write.numbers)

    def idle(self, writes: Iterable[tuple[PendingWrite, Plan]]) -> None:
        """Settle a write of which Copernica has all, or newer versions fill all."""
        writes = list(writes)
        with self._ledger.transaction():
            for write, plan in writes:
                self._remember(write, plan)
        for write, plan in writes:
            for said in plan.said:
                self._count_idle(said.stream, write.fragments[said.stream], said.idle)
            self.settle_written(write, plan)

    def drop(self, write: PendingWrite) -> None:
        """Settle a write of what is gone at the source before it was written."""
        for stream in write.streams:
            self._count_idle(stream, write.fragments[stream], "stale")
        self._settle(write.numbers)

    def over(self, write: PendingWrite) -> None:
        """Settle what only ends what is not there; where a refused record may still make it, it waits."""
        if any(self._rejects.holds(stream, write.key) for stream in write.streams):
            self.put_aside([(write, None)])
        else:
            self.drop(write)

    def removed(self, write: PendingWrite) -> None:
        """Settle a write to what was removed in Copernica on purpose."""
        self._stop_waiting(write)
        for stream in write.streams:
            self._count_idle(stream, write.fragments[stream], "removed")
        self._settle(write.numbers)

    def put_aside(self, writes: Sequence[tuple[PendingWrite, tuple[str, str] | None]]) -> None:
        """Let writes wait in the ledger until what they need exists.

        Args:
            writes: Each with the place and the key of the profile that it waits for, or None where it waits
                for its own profile or subprofile.
        """
        if not writes:
            return
        with self._ledger.transaction():
            for write, person in writes:
                for stream, fragments in write.fragments.items():
                    bodies = [
                        fragment_to_json(replace(fragment, person=write.person)) for fragment in fragments
                    ]
                    self._ledger.wait(write.place.code, write.key, stream, person, bodies)
        for write, _ in writes:
            if write.numbers:  # else it waited before, and was counted then
                for stream in write.streams:
                    self._count_idle(stream, write.fragments[stream], "waiting")
                self._settle(write.numbers)

    def reject(self, write: PendingWrite, refusal: Refusal) -> None:
        """Reject a write.

        Args:
            write: What was refused.
            refusal: Why.

        Raises:
            TooManyRejectsError: It is one too many.
        """
        for stream in write.streams:
            self.count_refused(stream, write.key, refusal.reason)
            self._ledger.notes.refused(write.place.code, write.key, stream, refusal.reason)
            for fragment in write.fragments[stream]:
                origin = Origin(fragment.version, fragment.arrival)
                refused = Refused(fragment_to_json(fragment), "fragment", origin, [*fragment.fields])
                self._rejects.record(stream, write.key, refusal, refused)
        self._stop_waiting(write)
        self._settle(write.numbers)
        self._limit.check()

    # Inside ---------------------------------------------------------------------------------

    def _remember(self, write: PendingWrite, plan: Plan, wrote: Moment | None = None) -> None:
        for said in plan.said:
            if said.stream != STUB:
                parts = said.written(wrote) if wrote is not None else said.parts
                self._ledger.remember(write.place.code, write.key, said.stream, parts)
            self._ledger.stop_waiting(write.place.code, write.key, said.stream)

    def _count_idle(self, stream: str, fragments: Sequence[Fragment], outcome: str) -> None:
        if not all(fragment.vanished for fragment in fragments):  # those are no records of this run
            self.count(stream, outcome, fragments[-1].key, {})

    def _tell_problems(self, place: Place, fragment: Fragment) -> None:
        bad = {name for name, _ in fragment.problems}
        good = [name for name in fragment.fields if name not in bad]
        origin = Origin(fragment.version, fragment.arrival)
        self._rejects.good(fragment.stream, fragment.key, good, origin)
        for name, reason in fragment.problems:
            if self._rejects.field(fragment.stream, fragment.key, name, reason, origin):
                self.report.add(fragment.stream, "fields_rejected")
        if fragment.problems:
            said = "; ".join(f"{name}: {reason}" for name, reason in fragment.problems)
            self._ledger.notes.refused(place.code, fragment.key, fragment.stream, said)

    def _stop_waiting(self, write: PendingWrite) -> None:
        with self._ledger.transaction():
            for stream in write.fragments:
                self._ledger.stop_waiting(write.place.code, write.key, stream)

    def _settle(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self._settled(number)
