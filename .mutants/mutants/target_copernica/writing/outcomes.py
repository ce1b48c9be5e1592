"""Where records find their place: in Copernica, in the rejects file, in the ledger to wait, or left out.

A record is settled when its place is durable, and never before: a STATE may leave from then on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_copernica.mapping.keys import fold_email
from target_copernica.memory.rejects import Origin, Refused
from target_copernica.writing.queue import STUB, fragment_to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from target_copernica.mapping.model import Fragment
    from target_copernica.memory.ledger import Ledger
    from target_copernica.memory.rejects import Refusal, RejectLimit, Rejects
    from target_copernica.report import Report
    from target_copernica.writing.queue import Draft

__all__ = ["Outcomes"]


class Outcomes:
    """Notes, counts and settles what became of records.

    Args:
        ledger: Remembers what was written and what waits.
        rejects: Where refused records go.
        report: Counts.
        limit: How many rejects the run bears.
        settled: Called with the number of each record that has found its place.
        recreate: Whether what was removed is made anew.
    """

    def __init__(  # noqa: PLR0913 - wiring: one argument for each part
        self,
        ledger: Ledger,
        rejects: Rejects,
        report: Report,
        limit: RejectLimit,
        *,
        settled: Callable[[int], None],
        recreate: bool,
    ) -> None:
        self._recreate = recreate
        self._ledger = ledger
        self._rejects = rejects
        self._report = report
        self._limit = limit
        self._settled = settled

    def note_written(self, draft: Draft, *, created: bool) -> None:
        """It is in Copernica; to be called within the transaction that notes its id.

        Args:
            draft: What was written.
            created: Whether it was made by that.
        """
        place = draft.place
        for stream, fragment in draft.fragments.items():
            if stream != STUB:
                self._ledger.know_fragment(
                    place.code, draft.key, stream, fragment.version, draft.digests[stream], fragment.fields
                )
            self._ledger.stop_waiting(place.code, draft.key, stream)
        if place.email_field is not None and (address := draft.fields().get(place.email_field)) is not None:
            self._ledger.addresses.note(place.code, draft.key, fold_email(address))
        for stream, fragment in draft.fragments.items():
            if stream == STUB:
                self._report.stubs += created
            else:
                self._report.add(
                    stream, "created" if created else "emptied" if fragment.vanished else "updated"
                )

    def settle_written(self, draft: Draft) -> None:
        """What was noted is durable: tell the values that were left out, let the STATE go on."""
        for fragment in draft.fragments.values():
            self._tell_problems(fragment)
        self._settle(draft.numbers)

    def _tell_problems(self, fragment: Fragment) -> None:
        bad = {name for name, _ in fragment.problems}
        good = [name for name in fragment.fields if name not in bad]
        origin = Origin(fragment.version, fragment.arrival)
        self._rejects.good(fragment.stream, fragment.key, good, origin)
        for name, reason in fragment.problems:
            if self._rejects.field(fragment.stream, fragment.key, name, reason, origin):
                self._report.add(fragment.stream, "fields_rejected")

    def unchanged(self, fragment: Fragment, number: int) -> None:
        """Copernica has it already; a bad value may have come or gone all the same."""
        self._tell_problems(fragment)
        self.leave_out([fragment], [number], "unchanged")

    def leave_out(self, fragments: Iterable[Fragment], numbers: Sequence[int], outcome: str) -> None:
        """Nothing is to be written.

        Args:
            fragments: What was to be.
            numbers: Their records.
            outcome: Why, as the report counts it.
        """
        for fragment in fragments:
            if not fragment.vanished:  # no record of this run, so none of its outcomes
                self._report.add(fragment.stream, outcome)
        self._settle(numbers)

    def removed(self, draft: Draft) -> None:
        """Its profile or subprofile was removed in Copernica: that was on purpose.

        To be made anew it waits for the next run, which forgets at its start that it ever was.
        """
        if self._recreate:
            self.put_aside([(draft, None)])
            return
        self._stop_waiting(draft)
        self.leave_out(draft.fragments.values(), draft.numbers, "removed")

    def put_aside(self, drafts: Sequence[tuple[Draft, tuple[str, str] | None]]) -> None:
        """Nothing is there to change or to stand under: they wait in the ledger.

        Args:
            drafts: Each with the place and the key of the profile that it waits for, or None where it waits
                for its own profile or subprofile.
        """
        if not drafts:
            return
        with self._ledger.transaction():
            for draft, person in drafts:
                for stream, fragment in draft.fragments.items():
                    self._ledger.wait(draft.place.code, draft.key, stream, person, fragment_to_json(fragment))
        for draft, _ in drafts:
            if draft.numbers:  # else it waited before, and was counted then
                self.leave_out(draft.fragments.values(), draft.numbers, "waiting")

    def reject(self, draft: Draft, refusal: Refusal) -> None:
        """It cannot be written as it is.

        Args:
            draft: What was refused.
            refusal: Why.

        Raises:
            TooManyRejectsError: It is one too many.
        """
        for stream, fragment in draft.fragments.items():
            if stream != STUB:
                self._report.add(stream, "rejected")
                origin = Origin(fragment.version, fragment.arrival)
                body = fragment_to_json(fragment)
                refused = Refused(body, "fragment", origin, [*fragment.fields])
                self._rejects.record(stream, draft.key, refusal, refused)
        self._stop_waiting(draft)
        self._settle(draft.numbers)
        self._limit.check()

    def _stop_waiting(self, draft: Draft) -> None:
        with self._ledger.transaction():
            for stream in draft.fragments:
                self._ledger.stop_waiting(draft.place.code, draft.key, stream)

    def _settle(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self._settled(number)
