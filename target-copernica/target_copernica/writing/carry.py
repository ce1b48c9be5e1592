"""Carries pending writes out, a batch at a time, parents before children.

What is to happen with each write is decided by `plan`, after all that it depends on was read or written.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from target_copernica.account.presence import means_gone
from target_copernica.errors import RefusedError, SettingsError
from target_copernica.mapping.model import Fragment
from target_copernica.memory.parts import newest
from target_copernica.memory.rejects import Refusal
from target_copernica.writing.by_call import SingleWrite
from target_copernica.writing.by_import import ImportRow
from target_copernica.writing.deciding import Deciding
from target_copernica.writing.live_writes import LiveWrites
from target_copernica.writing.parents import Parents
from target_copernica.writing.pending import STUB, PendingWrite, PendingWrites, fragment_from_json
from target_copernica.writing.plan import Create, Over, Removed, Update, Wait
from target_copernica.writing.route_choice import RouteChoice

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from target_copernica.account.owned import Owned
    from target_copernica.account.readback import Readback
    from target_copernica.account.structure import Place
    from target_copernica.mapping.model import Person
    from target_copernica.memory.ledger import Ledger
    from target_copernica.writing.adoption import Adoption
    from target_copernica.writing.brake import MailBrake
    from target_copernica.writing.consenting import Consenting
    from target_copernica.writing.deletions import Deletions
    from target_copernica.writing.execute import Executor
    from target_copernica.writing.liveness import Liveness
    from target_copernica.writing.outcomes import Outcomes
    from target_copernica.writing.plan import Plan
    from target_copernica.writing.route_choice import Limits
    from target_copernica.writing.shared_email import SharedEmails

    Planned = tuple[PendingWrite, Create | Update]

__all__ = ["Carrier", "Steps"]

_CONCERNS_ALL: Final = ("no database with supplied id", "no collection with given id", "invalid method")


@dataclass(frozen=True, slots=True)
class Steps:
    """What a writer does beside writing, and when it writes.

    Attributes:
        limits: When pending writes are carried out.
        liveness: Tells live from history.
        deletions: Deletes what is gone at the source.
        shared: Tells which profiles share an address.
        owned: Notes fields that must be emptied later.
        brake: Counts what may start follow-ups.
        adoption: Gives our key to people who were there before; None where they are left alone.
        consenting: Decides about the consent fields; None where none are kept.
    """

    limits: Limits
    liveness: Liveness
    deletions: Deletions
    shared: SharedEmails
    owned: Owned
    brake: MailBrake
    adoption: Adoption | None = None
    consenting: Consenting | None = None


class Carrier:
    """Carries pending writes out.

    Args:
        ledger: What is known.
        readback: What is there.
        executor: Carries out what is planned.
        outcomes: What became of each record.
        steps: What is done beside.

    Attributes:
        pending: The writes to come.
        places: Where they go, by the ledger's names.
    """

    def __init__(
        self, ledger: Ledger, readback: Readback, executor: Executor, outcomes: Outcomes, steps: Steps
    ) -> None:
        self._ledger = ledger
        self._readback = readback
        self._executor = executor
        self._outcomes = outcomes
        self._steps = steps
        self.places: dict[str, Place] = {}
        self._parents = Parents(ledger)
        self._deciding = Deciding(ledger, self._parents, self.places)
        self._live = LiveWrites(ledger, self._deciding, steps.brake, steps.limits.route)
        self._route = RouteChoice(steps.limits.route, readback)
        self._settled_databases: set[str] = set()
        self._carried: set[tuple[str, str]] = set()  # being written: what waited for these has joined them
        self.pending = PendingWrites()

    def know(self, places: Iterable[Place]) -> None:
        """Get to know places that are ready to be written to."""
        self.places.update({place.code: place for place in places})
        self._readback.know(self.places.values())

    def watch(self, write: PendingWrite) -> None:
        """A write waits: see that not too many may start follow-ups.

        Raises:
            TooManyFollowUpsError: They would.
        """
        self._live.watch(write, self.pending)

    def flush_all(self) -> None:
        """Carry all pending writes out, also those that are set free by it."""
        while places := self.pending.places():
            for place in places:
                self.flush(place)

    def flush(self, place: Place, *, live: bool | None = None) -> None:
        """Carry the pending writes of a place out.

        Args:
            place: The place.
            live: Only live ones, only history, or (None) all.
        """
        if writes := self.pending.take(place.code, live=live):
            carried = {(place.code, write.key) for write in writes}
            self._carried |= carried
            streams = Counter(stream for write in writes for stream in write.streams or [STUB])
            with self._outcomes.report.spending(streams.most_common(1)[0][0]):
                self._write(self.places[place.code], writes)
            self._carried -= carried

    def _write(self, place: Place, writes: Sequence[PendingWrite]) -> None:
        self._settle_earlier_imports(place)
        for write in writes:
            self._join_waiting(write)
        if self._steps.consenting is not None:
            self._steps.consenting.join(place, writes)
        if place.collection_id is not None:
            self._make_parents(place, writes)
        if any(self._ledger.entry(place.code, write.key) is None for write in writes):
            self._readback.catch_up(place)
            if self._steps.adoption is not None:
                held = self._steps.adoption.adopt(place, writes)
                self._outcomes.put_aside([(write, None) for write in writes if write.key in held])
                writes = [write for write in writes if write.key not in held]
        writes, rest = self._live.apart(place, writes)
        planned = self._planned(place, writes)
        self._live.start(place, planned)
        changes = {write.key: write.streams for write, decided in planned if isinstance(decided, Update)}
        self._steps.owned.about_to_write(place, changes)
        for live in (True, False):
            some = [one for one in planned if one[0].live is live]
            if self._route.is_import(self.places[place.database_code], some, live=live):
                self._write_import(place, some, followups=live)
            else:
                self._write_singly(place, some)
        if rest:
            self._write(place, rest)

    def _settle_earlier_imports(self, place: Place) -> None:
        if place.database_code not in self._settled_databases:
            self._settled_databases.add(place.database_code)
            self._executor.settle_imports(
                [known for known in self.places.values() if known.database_code == place.database_code]
            )

    def _join_waiting(self, write: PendingWrite) -> None:
        """Fragments that found nothing to change join the write that makes it."""
        for code, body in self._ledger.waiting_for(write.place.code, write.key):
            if code == write.place.code:
                write.add_earlier(fragment_from_json(body))

    def take_back(self, waiting: Iterable[tuple[str, dict[str, Any]]], since: float) -> None:
        """Fragments that waited become pending writes again, but those that are part of a write under way."""
        for code, body in waiting:
            if (place := self.places.get(code)) and (code, body["key"]) not in self._carried:
                self.pend_again(place, fragment_from_json(body), since)

    def pend_again(self, place: Place, fragment: Fragment, since: float) -> None:
        """A pending write of what is no record of this run, as history, beneath what came since."""
        if fragment.version is None:
            parts = self._ledger.parts(place.code, fragment.key, fragment.stream)
            fragment.version = newest(part.version for part in parts)
        write = self.pending.find(place.code, fragment.key) or PendingWrite(place, fragment.key, since)
        write.add_earlier(fragment)
        self.pending.keep(write)

    def pend_stub(self, database: str, person: Person) -> None:
        """A profile will be made of what its subprofile knows of it, as history: its age is not known.

        Args:
            database: The ledger's name of its database.
            person: What the subprofile knows.
        """
        write = self.pending.find(database, person.key)
        write = write or PendingWrite(self.places[database], person.key, time.monotonic())
        write.add(Fragment(STUB, person.key, dict(person.stub or {}), creates=True))
        self.pending.keep(write)

    def _make_parents(self, place: Place, writes: Sequence[PendingWrite]) -> None:
        """Profiles come before subprofiles; a missing one is made of what the subprofile knows of it."""
        profiles = self.places[place.database_code]
        orphans = [
            write for write in writes if write.creates and self._ledger.entry(place.code, write.key) is None
        ]
        if orphans:
            self.flush(profiles)
        if stubs := self._parents.stubs(profiles, orphans):
            self._write(profiles, stubs)

    def _planned(self, place: Place, writes: Sequence[PendingWrite]) -> list[Planned]:
        """The writes that can be carried out now; the others are settled or waiting."""
        planned: list[Planned] = []
        idle: list[tuple[PendingWrite, Plan]] = []
        waiting: list[tuple[PendingWrite, tuple[str, str] | None]] = []
        for write in writes:
            decided = self._deciding.decide(place, write)
            if isinstance(decided, (Create, Update)):
                planned.append((write, decided))
            elif isinstance(decided, Wait):
                waiting.append((write, decided.parent))
            elif isinstance(decided, Removed):
                self._removed(write)
            elif isinstance(decided, Over):
                self._outcomes.over(write)
            else:
                idle.append((write, decided))
        self._outcomes.idle(idle)
        self._outcomes.put_aside(waiting)
        return planned

    def _removed(self, write: PendingWrite) -> None:
        """Settle a write to what was removed in Copernica; to be made anew it waits for the next run."""
        if self._steps.limits.recreate:
            self._outcomes.put_aside([(write, None)])
        else:
            self._outcomes.removed(write)

    def _write_singly(self, place: Place, planned: Sequence[Planned], *, again: bool = False) -> None:
        by_key = {write.key: (write, decided) for write, decided in planned}
        for sent in self._executor.write_singly(place, [_call(place, *one) for one in planned]):
            with self._ledger.transaction():
                for call, outcome in sent.outcomes:
                    if not isinstance(outcome, RefusedError):
                        if call.entry_id is None:
                            person = None if place.collection_id is None else call.person
                            self._ledger.know_entry(place.code, call.key, outcome, person)
                        self._note_written(*by_key[call.key], created=call.entry_id is None)
                if sent.last_id is not None:
                    self._ledger.raise_high_watermark(place.code, sent.last_id)
            for call, outcome in sent.outcomes:
                if isinstance(outcome, RefusedError):
                    self._refused(place, by_key[call.key][0], call, outcome, again=again)
                else:
                    self._after(*by_key[call.key])

    def _write_import(self, place: Place, planned: Sequence[Planned], *, followups: bool) -> None:
        by_key = {one[0].key: one for one in self._under_living_people(place, planned)}
        rows = self._rows(place, by_key.values())
        if not rows:
            return
        try:
            left = self._executor.write_import(place, list(rows.values()), followups=followups)
            refused = {row.key for row in left}
        except RefusedError as error:
            if (
                followups and self._steps.limits.route == "auto"
            ):  # an account without imports: slower, but right
                self._write_singly(place, [by_key[key] for key in rows])
                return
            raise SettingsError(
                f"{error}; Copernica must allow imports for this account, history goes no other way"
            ) from None
        with self._ledger.transaction():
            for key, row in rows.items():
                if key not in refused:
                    self._note_written(*by_key[key], created=row.creates)
        for key in rows:
            if key in refused:
                reason = "the import did not write it, nor did a second, smaller one"
                if self._planned(place, [by_key[key][0]]):  # else it was removed, or that is in doubt
                    self._outcomes.reject(by_key[key][0], Refusal(reason, call="POST imports"))
            else:
                self._outcomes.report.old += not followups
                self._after(*by_key[key])

    def _rows(self, place: Place, planned: Iterable[Planned]) -> dict[str, ImportRow]:
        """Rows of an import, by key."""
        rows: dict[str, ImportRow] = {}
        for write, decided in planned:
            row = _row(place, write, decided)
            if reason := self._unreachable(place, write.key, row.person):
                self._outcomes.reject(write, Refusal(reason))
            else:
                rows[write.key] = row
        return rows

    def _unreachable(self, place: Place, key: str, person: str | None) -> str | None:
        """Why an import, which finds things by their keys, must not or cannot write this."""
        if place.collection_id is not None and person is None:
            return "its profile in Copernica has no key of ours, so no import can reach it"
        duplicate = self._ledger.scan.is_duplicate_key(place.code, key) or (
            person is not None and self._ledger.scan.is_duplicate_key(place.database_code, person)
        )
        if duplicate:
            return (
                "its key stands in Copernica twice, and an import would write to both: remove the other one "
                "there, then `check` and `replay`"
            )
        findings = self._ledger.findings
        if findings.is_lost_key(place.code, key) or findings.is_lost_key(place.database_code, person or key):
            return "its key, or that of its profile, was changed in Copernica and cannot be restored"
        return None

    def _under_living_people(self, place: Place, planned: Sequence[Planned]) -> list[Planned]:
        """An import brings removed people back, so the profiles above are checked first."""
        if place.collection_id is None:
            return list(planned)
        new = {
            write.key: decided.parent.key
            for write, decided in planned
            if isinstance(decided, Create) and decided.parent is not None
        }
        self._readback.confirm_alive(self.places[place.database_code], sorted(set(new.values())))
        known = [one for one in planned if one[0].key not in new]
        return known + self._planned(place, [write for write, _ in planned if write.key in new])

    def _note_written(self, write: PendingWrite, decided: Plan, *, created: bool) -> None:
        self._outcomes.note_written(write, decided, created=created)
        if self._steps.consenting is not None:
            self._steps.consenting.note_carried(write, decided)

    def pend_live(self, place: Place, fragment: Fragment, *, live: bool) -> None:
        """A pending write of what is no record of this run, and may run follow-ups if it is live."""
        self._ledger.remember(
            place.code, fragment.key, fragment.stream, []
        )  # it is to be written in any case
        self.pend_again(place, fragment, time.monotonic())
        if live and (write := self.pending.find(place.code, fragment.key)) is not None:
            write.live = True
            self.watch(write)

    def _after(self, write: PendingWrite, decided: Plan) -> None:
        """Settle the records of a write that is written and noted, and release what waited for it."""
        self._outcomes.settle_written(write, decided)
        self.take_back(self._ledger.waiting_for(write.place.code, write.key), write.since)

    def _refused(
        self, place: Place, write: PendingWrite, call: SingleWrite, error: RefusedError, *, again: bool
    ) -> None:
        named_id = call.entry_id or call.profile_id
        if named_id is not None and means_gone(error):
            whose, key = (
                (place, call.key) if call.entry_id else (self.places[place.database_code], call.person)
            )
            self._executor.conclude(whose, key, named_id, again=again)
            # What is there all the same is written once more; else it is removed, or waits.
            self._write_singly(place, self._planned(place, [write]), again=True)
            return
        if any(words in error.message.lower() for words in _CONCERNS_ALL):
            raise SettingsError(
                f"{place.name}: {error}; was it removed while the run was under way?"
            ) from None
        self._executor.see_that_calls_work()  # if they do, it is the record
        self._outcomes.reject(write, Refusal(str(error), error.status, error.call))


def _call(place: Place, write: PendingWrite, decided: Create | Update) -> SingleWrite:
    # A new subprofile is not held against the list of removed profiles first, which would double its
    # calls: under a removed profile it is not seen, and brings no one back.
    if isinstance(decided, Create):
        parent = decided.parent
        if parent is None or parent.entry is None:
            return SingleWrite(write.key, decided.fields, None, write.key)
        return SingleWrite(write.key, decided.fields, None, parent.key, parent.entry.id)
    person = decided.entry.person if place.collection_id is not None else None
    return SingleWrite(write.key, decided.fields, decided.entry.id, person or write.key)


def _row(place: Place, write: PendingWrite, decided: Create | Update) -> ImportRow:
    if isinstance(decided, Create):
        person = decided.parent.key if decided.parent else None
        return ImportRow(write.key, person, decided.fields, creates=True)
    person = decided.entry.person if place.collection_id is not None else None
    return ImportRow(write.key, person, decided.fields, creates=False)
