"""Writes that may start follow-ups: counted, and kept apart from what must never start one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_copernica.writing.plan import Create, Update, Wait

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from target_copernica.account.structure import Place
    from target_copernica.memory.ledger import Ledger
    from target_copernica.writing.brake import MailBrake
    from target_copernica.writing.deciding import Deciding
    from target_copernica.writing.pending import PendingWrite
    from target_copernica.writing.plan import Plan

__all__ = ["LiveWrites"]


@dataclass(frozen=True, slots=True)
class LiveWrites:
    """Sees to what may start follow-ups.

    Attributes:
        ledger: Knows what is there.
        deciding: Tells what will be written.
        brake: Counts it.
        route: As `Limits` has it: by single calls follow-ups run for history too.
    """

    ledger: Ledger
    deciding: Deciding
    brake: MailBrake
    route: str

    def watch(self, write: PendingWrite, pending: Iterable[PendingWrite]) -> None:
        """A write waits: see that not too many may start follow-ups.

        Args:
            write: It.
            pending: All that wait.

        Raises:
            TooManyFollowUpsError: They would.
        """
        due = [self.brake.hold(one) for one in self._with_stub(write) if self._counts(one)]
        if any(due):
            waiting = {(one.place.code, one.key): one for each in pending for one in self._with_stub(each)}
            counted = [one for one in waiting.values() if self._counts(one)]
            self.brake.check([(one, deed) for one in counted if (deed := self._deed(one))])

    def start(self, place: Place, planned: Sequence[tuple[PendingWrite, Plan]]) -> None:
        """Count live writes that are about to be carried out.

        Args:
            place: Where.
            planned: Creations and changes.

        Raises:
            TooManyFollowUpsError: Too many may start follow-ups.
        """
        coming = [
            (write, "changed" if isinstance(decided, Update) else "new")
            for write, decided in planned
            if self._may_start(write)
        ]
        self.brake.start(place, coming, mailable=self._is_mailable(place))

    def apart(
        self, place: Place, writes: Sequence[PendingWrite]
    ) -> tuple[list[PendingWrite], list[PendingWrite]]:
        """Fields that never run follow-ups do not go with a change that does, but after it.

        Args:
            place: Where.
            writes: What is to be written; one that changes nothing else becomes history.

        Returns:
            What is to be written first, and what after it.
        """
        now: list[PendingWrite] = []
        later: list[PendingWrite] = []
        for write in writes:
            halves = write.halves() if write.live else None
            if halves is None or self.ledger.entry(place.code, write.key) is None:
                now.append(write)
                continue
            loud, quiet = (isinstance(self.deciding.decide(place, half), Update) for half in halves)
            write.live = loud
            now.append(halves[0] if loud and quiet else write)
            if loud and quiet:
                later.append(halves[1])
        return now, later

    def _with_stub(self, write: PendingWrite) -> list[PendingWrite]:
        """A write, and the profile that will be made because it needs one."""
        place, deciding = write.place, self.deciding
        if place.collection_id is None or not write.creates or self.ledger.knows(place.code, write.key):
            return [write]
        return [write, *deciding.parents.stubs(deciding.places[place.database_code], [write])]

    def _may_start(self, write: PendingWrite) -> bool:
        return write.live or self.route == "single"

    def _is_mailable(self, place: Place) -> bool:
        return self.deciding.places[place.database_code].email_field is not None

    def _counts(self, write: PendingWrite) -> bool:
        return self._may_start(write) and self._is_mailable(write.place)

    def _deed(self, write: PendingWrite) -> str | None:
        """What a write will do, as far as can be told before anything is read; None where that is nothing."""
        place = self.deciding.places[write.place.code]
        decided = self.deciding.decide(place, write)
        if isinstance(decided, Update):
            halves = write.halves()
            loud = decided if halves is None else self.deciding.decide(place, halves[0])
            return "changed" if isinstance(loud, Update) else None
        # A subprofile whose profile is not there yet waits only until that is made.
        creates = isinstance(decided, Create) or (isinstance(decided, Wait) and decided.parent)
        return "new" if creates else None
