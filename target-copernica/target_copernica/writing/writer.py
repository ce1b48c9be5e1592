"""The one place that writes: it owns batches, order and age.

A record becomes a fragment, fragments of one key become a pending write, and pending writes are carried out
when they are old enough or many enough: live ones by single calls, history by import.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from target_copernica.account.content import content_digest
from target_copernica.mapping.model import Fragment
from target_copernica.memory.parts import UNKNOWN, Part, is_newer, newest
from target_copernica.writing.consenting import stamp_of
from target_copernica.writing.pending import (
    PendingWrite,
    apart,
    fragment_from_json,
    without_overridden,
)
from target_copernica.writing.plan import (
    Create,
    Delete,
    Memory,
    Stale,
    Update,
    is_unchanged,
    plan_deletion,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from target_copernica.account.readback import Readback
    from target_copernica.account.structure import Place
    from target_copernica.mapping.model import Person
    from target_copernica.memory.ledger import Ledger
    from target_copernica.writing.carry import Carrier, Steps
    from target_copernica.writing.outcomes import Outcomes
    from target_copernica.writing.returning import Returning

    Planned = tuple[PendingWrite, Create | Update]

__all__ = ["Writer"]


class Writer:
    """Collects pending writes, and has them carried out.

    Args:
        ledger: What is known.
        readback: What is there.
        outcomes: What became of each record.
        steps: What is done beside.
        carrier: Carries pending writes out.
        returning: Leaves out what is of people who are forgotten.
    """

    def __init__(
        self,
        ledger: Ledger,
        readback: Readback,
        outcomes: Outcomes,
        steps: Steps,
        carrier: Carrier,
        returning: Returning,
    ) -> None:
        self._ledger = ledger
        self._readback = readback
        self._outcomes = outcomes
        self._steps = steps
        self._carrier = carrier
        self._returning = returning
        self._pending = carrier.pending

    def know(self, places: Iterable[Place]) -> None:
        """Get to know places that are ready to be written to; deletions left by earlier runs come first."""
        places = list(places)
        self._carrier.know(places)
        for place in places:
            self._steps.deletions.settle(place)

    # Taking in ----------------------------------------------------------------------------

    def keys_below(self, place: Place, key: str) -> list[str]:
        """Keys in a place whose first parts are this key; where none is known, the place is read first."""
        if found := self._ledger.keys_below(place.code, key):
            return found
        self._readback.catch_up(place)
        return self._ledger.keys_below(place.code, key)

    def leaves_out(self, place: Place, fragment: Fragment, number: int) -> bool:
        """Settle a record that cannot be mapped, where it is of a person who is forgotten.

        Args:
            place: Where it would go.
            fragment: What it says.
            number: Of its record.
        """
        outcome = self._returning.left_out(place, fragment)
        if outcome is not None:
            self._outcomes.leave_out(fragment, number, outcome)
        return outcome is not None

    def add(self, place: Place, fragment: Fragment, number: int) -> None:
        """Take a fragment: it is left out, skipped as unchanged or stale, or waits to be written.

        Args:
            place: Where it goes.
            fragment: What it says.
            number: Of its record at the state checkpoint.
        """
        if not self._returning.admits(place, fragment, number):
            return
        key, stream = fragment.key, fragment.stream
        write = self._pending.find(place.code, key)
        pending = write.fragments.get(stream, ()) if write else ()
        if fragment.once and (pending or self._ledger.entry(place.code, key) is not None):
            self._outcomes.unchanged(place, fragment, number)
            return
        parts = self._ledger.parts(place.code, key, stream)
        if not pending and parts and self._is_known(place, fragment, parts):
            self._outcomes.unchanged(place, fragment, number)
            return
        waiting = [] if pending or parts else self._waiting(place, fragment)
        versions = [one.version for one in (*parts, *pending, *waiting)]
        if fragment.version is None:
            # Without a version it cannot be held against the last one, which stays the one to beat.
            fragment.version = newest(versions)
        if any(is_newer(version, fragment.version) for version in versions) and self._is_stale(
            fragment, [*waiting, *pending], parts
        ):
            self._outcomes.leave_out(fragment, number, "stale")
            return
        person = write.person if write else None
        if not self._has_profile(place, next((one.person for one in waiting if one.creates), person)):
            self._pend_stub(place, fragment)
        write = write or PendingWrite(place, key, time.monotonic())
        # What is missing is made live only by what may make it: its own age counts, no other's.
        if fragment.creates or self._ledger.entry(place.code, key) is not None:
            live = self._steps.liveness.is_live(place.code, fragment, first=not parts)
            write.live = (live and not fragment.is_never_live) or write.live
        write.place = place  # it may have got a field since the write was begun
        for one in apart(fragment):
            write.add(one)
        write.numbers.append(number)
        self._pending.keep(write)
        self._carrier.watch(write)
        if self._pending.size(place.code) >= self._steps.limits.rows:
            self._carrier.flush(place)

    def _pend_stub(self, place: Place, fragment: Fragment) -> None:
        """Make a stub of the profile that a new subprofile needs, unless the profile itself came first.

        It is noted when the subprofile comes, so that what it fills does not depend on batches.
        """
        person = fragment.person
        if not fragment.creates or person is None or person.stub is None or person.email is not None:
            return
        known = self._ledger.entry(place.code, fragment.key) is not None
        if not known and not self._is_coming(place.database_code, person.key):
            self._carrier.pend_stub(place.database_code, person)

    def _has_profile(self, place: Place, person: Person | None) -> bool:
        """Whether what is pending for this person will be made."""
        if person is None:
            return False
        return person.stub is not None or self._is_coming(place.database_code, person.key)

    def _is_coming(self, database: str, key: str) -> bool:
        """Whether a profile is known, or will be made."""
        pending = self._pending.find(database, key)
        return (pending is not None and pending.creates) or self._ledger.entry(database, key) is not None

    def delete(self, place: Place, fragment: Fragment, number: int, *, forgets: bool = False) -> None:
        """Delete what a record says is gone at the source, unless a newer record says otherwise.

        Args:
            place: Where it is.
            fragment: What the record says.
            number: Of the record.
            forgets: Whether it is a person, to be forgotten for good.

        Raises:
            TooManyRejectsError: More would be deleted than the settings allow.
        """
        code, key = place.code, fragment.key
        write = self._pending.find(code, key)
        told = [*(write.fragments.get(fragment.stream, ()) if write else ()), *self._waiting(place, fragment)]
        parts = [
            *self._ledger.parts(code, key, fragment.stream),
            *(Part(one.version, (), UNKNOWN) for one in told),
        ]
        remembered = {fragment.stream: parts}
        if isinstance(plan_deletion(fragment, Memory(None, remembered)), Stale):
            self._outcomes.leave_out(fragment, number, "stale")
            return
        if dropped := self._pending.drop(code, key):
            self._outcomes.drop(dropped)
        below = [
            one for one in self._carrier.places.values() if one.database_code == code and one.code != code
        ]
        if place.collection_id is not None:
            below = []
        for one in below:  # what came before it went is written, so that it goes with it
            self._carrier.flush(one)
        self._ledger.stop_waiting_for(code, key)
        if self._ledger.entry(code, key) is None:
            self._readback.catch_up(place)
        if forgets:
            self._steps.deletions.forget(place, fragment)
            self._outcomes.leave_out(fragment, number, "forgotten")
            return
        decided = plan_deletion(fragment, Memory(self._ledger.entry(code, key), remembered))
        if isinstance(decided, Delete):
            codes = [one.code for one in below]
            is_deleted = self._steps.deletions.delete(place, fragment, decided.entry, codes)
            self._outcomes.leave_out(fragment, number, "deleted" if is_deleted else "waiting")
        else:
            self._outcomes.leave_out(fragment, number, "removed")

    def _waiting(self, place: Place, fragment: Fragment) -> list[Fragment]:
        bodies = self._ledger.waiting_of(place.code, fragment.key, fragment.stream)
        return [fragment_from_json(body) for body in bodies]

    def _is_known(self, place: Place, fragment: Fragment, parts: Sequence[Part]) -> bool:
        """Whether all of it was written, in this version: what most records of most runs are."""
        version = fragment.version
        if version is not None:
            if any(is_newer(part.version, version) for part in parts):
                return False
            if any(part.version != version and _overlaps(part, fragment) for part in parts):
                return False
        return is_unchanged(fragment, parts, content_digest(self._ledger, place))

    def _is_stale(self, fragment: Fragment, told: Sequence[Fragment], parts: Sequence[Part]) -> bool:
        """Whether newer versions have said all of it."""
        held = [*((one.version, one.fields) for one in told), *((part.version, part.names) for part in parts)]
        return without_overridden(fragment, held) is None

    # When ---------------------------------------------------------------------------------

    def tick(self) -> None:
        """Write what has waited long enough."""
        now = time.monotonic()
        for live, age in ((True, self._steps.limits.batch_age), (False, self._steps.limits.history_age)):
            oldest = self._pending.oldest(live=live)
            if oldest is not None and now - oldest >= age:
                for place in self._pending.places():
                    self._carrier.flush(place, live=live)

    def flush_all(self) -> None:
        """Write everything that is pending."""
        self._carrier.flush_all()

    def begin_consent(self) -> None:
        """Lower at once whatever opted out in Copernica since the last run."""
        if (consenting := self._steps.consenting) is not None:
            for place in self._carrier.places.values():
                if place.code in consenting.places and not self._ledger.count(place.code):
                    self._readback.catch_up(place)  # in a lost ledger no profile would be known
            consenting.begin()
            self.settle_consent()

    def settle_consent(self) -> None:
        """Write the consent fields that are wrong, as far as is known now."""
        if (consenting := self._steps.consenting) is None:
            return
        for place in self._carrier.places.values():
            for fragment, act in consenting.due(place):
                told = Fragment(fragment.stream, fragment.key, {}, changed=stamp_of(act))
                live = act is not None and self._steps.liveness.is_live(place.code, told, first=False)
                self._carrier.pend_live(place, fragment, live=live)
        self._carrier.flush_all()

    def finish(self) -> None:
        """Write everything. What the last write sets free is written too."""
        self._carrier.flush_all()
        # What reading back found may have been waited for: in a lost ledger nothing else would say so.
        self._carrier.take_back(self._ledger.waiting_in_vain(), time.monotonic())
        self._carrier.flush_all()
        # Only now is it known which profiles share an address; they stay due in the ledger until written.
        for place in self._carrier.places.values():
            for fragment in self._steps.shared.due(place):
                self._carrier.pend_again(place, fragment, time.monotonic())
        self._carrier.flush_all()
        self.settle_consent()


def _overlaps(part: Part, fragment: Fragment) -> bool:
    return not part.names or not fragment.fields or any(name in fragment.fields for name in part.names)
