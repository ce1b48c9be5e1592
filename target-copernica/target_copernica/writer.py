"""The one place that writes: it owns batches, routes, order and age.

A record becomes a fragment, fragments of one key become a draft, drafts are written when they are
old enough or many enough: live ones by single calls, history by import. Parents come before
children, whatever the order of the messages.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from target_copernica.drafts import STUB, Draft, Drafts, content, fragment_from_json, fragment_to_json
from target_copernica.errors import RefusedError, SettingsError
from target_copernica.imports import ImportRow
from target_copernica.keys import fold_email
from target_copernica.mapping import Fragment
from target_copernica.readback import means_gone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from target_copernica.client import Client
    from target_copernica.imports import Imports
    from target_copernica.ledger import Ledger
    from target_copernica.liveness import Liveness
    from target_copernica.readback import Readback
    from target_copernica.rejects import Rejects
    from target_copernica.report import Report
    from target_copernica.shared_email import SharedEmails
    from target_copernica.single import SingleWrites
    from target_copernica.structure import Place

__all__ = ["Limits", "Writer"]

_CONCERNS_ALL: Final = ("no database with supplied id", "no collection with given id", "invalid method")


@dataclass(frozen=True, slots=True)
class Limits:
    """When drafts are written.

    Attributes:
        rows: History of a place goes when there are so many.
        batch_age: Live drafts go after so many seconds.
        history_age: History goes after so many seconds.
    """

    rows: int
    batch_age: float
    history_age: float


class Writer:
    """Collects drafts and writes them.

    Args:
        client: The account, for control calls.
        ledger: What is known.
        readback: What is there.
        single: Live writes.
        imports: History.
        liveness: Tells them apart.
        rejects: Where refused records go.
        report: Counts.
        shared: Tells whose address is another's too.
        settled: Called with the number of each record that has found its place.
        limits: When drafts are written.
    """

    def __init__(  # noqa: PLR0913 - wiring: one argument for each part
        self,
        *,
        client: Client,
        ledger: Ledger,
        readback: Readback,
        single: SingleWrites,
        imports: Imports,
        liveness: Liveness,
        rejects: Rejects,
        report: Report,
        shared: SharedEmails,
        settled: Callable[[int], None],
        limits: Limits,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._readback = readback
        self._single = single
        self._imports = imports
        self._liveness = liveness
        self._rejects = rejects
        self._report = report
        self._shared = shared
        self._settled = settled
        self._limits = limits
        self._drafts = Drafts()
        self._places: dict[str, Place] = {}
        self._settled_databases: set[str] = set()

    def know(self, places: Iterable[Place]) -> None:
        """These places are ready to be written to."""
        self._places.update({place.code: place for place in places})

    # Taking in ----------------------------------------------------------------------------

    def add(self, place: Place, fragment: Fragment, number: int) -> None:
        """Take a fragment: it is skipped as unchanged or stale, or waits to be written.

        Args:
            place: Where it goes.
            fragment: What it says.
            number: Of its record, settled when it has found its place.
        """
        draft = self._drafts.find(place.code, fragment.key)
        pending = draft.fragments.get(fragment.stream) if draft else None
        known = self._ledger.fragment(place.code, fragment.key, fragment.stream)
        digest = self._digest(place, fragment)
        newest = pending.version if pending else known[0] if known else None
        if newest is not None and fragment.version is not None and fragment.version < newest:
            self._leave_out([fragment], [number], "stale")
        elif pending is None and known is not None and known[1] == digest:
            self._leave_out([fragment], [number], "unchanged")
        else:
            draft = draft or Draft(place, fragment.key, time.monotonic())
            # What is missing is made live only by what may make it: its own age counts, nobody else's.
            if fragment.creates or self._ledger.entry(place.code, fragment.key) is not None:
                live = self._liveness.is_live(place.code, fragment, first=known is None)
                draft.live = live or draft.live
            draft.fragments[fragment.stream] = fragment
            draft.digests[fragment.stream] = digest
            draft.numbers.append(number)
            self._drafts.keep(draft)
            if self._drafts.size(place.code) >= self._limits.rows:
                self._flush(place, live=None)

    def _digest(self, place: Place, fragment: Fragment) -> bytes:
        return self._ledger.digest(content(place, fragment))

    # When ---------------------------------------------------------------------------------

    def tick(self) -> None:
        """Write what has waited long enough."""
        now = time.monotonic()
        for live, age in ((True, self._limits.batch_age), (False, self._limits.history_age)):
            oldest = self._drafts.oldest(live=live)
            if oldest is not None and now - oldest >= age:
                for place in self._drafts.places():
                    self._flush(place, live=live)

    def finish(self) -> None:
        """Write everything. What the last write sets free is written too."""
        while places := self._drafts.places():
            for place in places:
                self._flush(place, live=None)

    def _flush(self, place: Place, *, live: bool | None) -> None:
        if drafts := self._drafts.take(place.code, live=live):
            self._write(place, drafts)

    # How ----------------------------------------------------------------------------------

    def _write(self, place: Place, drafts: Sequence[Draft]) -> None:
        self._settle_earlier_imports(place)
        for draft in drafts:
            self._join_waiting(draft)
        if place.collection_id is not None:
            self._make_parents(place, drafts)
        if any(draft.creates and self._ledger.entry(place.code, draft.key) is None for draft in drafts):
            self._readback.catch_up(place)
        ready = [draft for draft in drafts if self._is_ready(place, draft)]
        for draft in ready:
            if draft.live:
                self._write_single(place, draft)
        self._write_history(place, [draft for draft in ready if not draft.live])
        if place.collection_id is None:
            self._mark_shared(place)

    def _mark_shared(self, place: Place) -> None:
        """Marks of shared addresses: drafts of their own, as history."""
        for fragment in list(self._shared.due(place)):
            draft = self._drafts.find(place.code, fragment.key) or Draft(
                place, fragment.key, time.monotonic()
            )
            self._put_in(draft, fragment)
            self._drafts.keep(draft)

    def _settle_earlier_imports(self, place: Place) -> None:
        if place.database_code not in self._settled_databases:
            self._settled_databases.add(place.database_code)
            self._imports.settle(
                [known for known in self._places.values() if known.database_code == place.database_code]
            )

    def _join_waiting(self, draft: Draft) -> None:
        """Fragments that found nothing to change join the write that makes it."""
        for code, body in self._ledger.waiting_for(draft.place.code, draft.key):
            if code == draft.place.code and body["stream"] not in draft.fragments:
                self._put_in(draft, fragment_from_json(body))

    def _put_in(self, draft: Draft, fragment: Fragment) -> None:
        draft.fragments[fragment.stream] = fragment
        draft.digests[fragment.stream] = self._digest(draft.place, fragment)

    def _is_ready(self, place: Place, draft: Draft) -> bool:
        """Whether a draft can be written now; if not, its records have found another place."""
        entry = self._ledger.entry(place.code, draft.key)
        if entry is not None:
            draft.fragments.pop(STUB, None)
            if not draft.fragments:  # only a stub, and somebody is there already
                return False
            if entry.removed:
                self._leave_out(draft.fragments.values(), draft.numbers, "removed")
            return not entry.removed
        if not draft.creates:
            self._put_aside(draft, None)
            return False
        if place.collection_id is None:
            return True
        profiles = self._places[place.database_code]
        person = self._person_key(profiles, draft)
        parent = self._ledger.entry(profiles.code, person)
        if parent is None:
            self._put_aside(draft, (profiles.code, person))
        elif parent.removed:
            self._leave_out(draft.fragments.values(), draft.numbers, "removed")
        return parent is not None and not parent.removed

    def _make_parents(self, place: Place, drafts: Sequence[Draft]) -> None:
        """Profiles come before subprofiles; a missing one is made of what the subprofile knows of it."""
        profiles = self._places[place.database_code]
        orphans = [
            draft for draft in drafts if draft.creates and self._ledger.entry(place.code, draft.key) is None
        ]
        if orphans:
            self._flush(profiles, live=None)
        stubs: dict[str, Draft] = {}
        for draft in orphans:
            person = draft.person
            if person is None or person.stub is None:
                continue
            key = self._person_key(profiles, draft)
            if self._ledger.entry(profiles.code, key) is None:
                stub = stubs.setdefault(key, Draft(profiles, key, draft.since))
                # How old a customer is, an order cannot tell; of somebody without an id it is the first sign.
                stub.live = stub.live or (draft.live and person.email is not None)
                if STUB not in stub.fragments:
                    self._put_in(stub, Fragment(STUB, key, dict(person.stub), creates=True))
        if stubs:
            self._write(profiles, list(stubs.values()))

    def _person_key(self, profiles: Place, draft: Draft) -> str:
        person = draft.person
        if person is None:
            raise SettingsError(
                f"{draft.place.name}: a stream creates subprofiles without naming their profile"
            )
        if person.email is not None:
            keys = self._ledger.keys_with_email(profiles.code, person.email)
            if len(keys) == 1:
                return keys[0]
        return person.key

    def _write_single(self, place: Place, draft: Draft) -> None:
        entry = self._ledger.entry(place.code, draft.key)
        fields = draft.fields()
        person = None
        try:
            if entry is not None:
                entry_id = entry.id
                self._single.update(place, entry_id, fields)
            else:
                profile_id = None
                if place.collection_id is not None:
                    profiles = self._places[place.database_code]
                    person = self._person_key(profiles, draft)
                    parent = self._ledger.entry(profiles.code, person)
                    profile_id = parent.id if parent else None
                entry_id = self._single.create(place, draft.key, fields, profile_id)
        except RefusedError as error:
            self._refused(place, draft, error, known=entry is not None)
            return
        with self._ledger.transaction():
            if entry is None:
                self._ledger.know_entry(place.code, draft.key, entry_id, person)
                self._ledger.move_tail(place.code, entry_id)
            self._note_written(draft, created=entry is None)
        self._after(draft)

    def _write_history(self, place: Place, drafts: Sequence[Draft]) -> None:
        rows: dict[str, ImportRow] = {}
        by_key = {draft.key: draft for draft in drafts}
        for draft in self._under_living_people(place, drafts):
            entry = self._ledger.entry(place.code, draft.key)
            person = None
            if place.collection_id is not None:
                person = entry.person if entry else self._person_key(self._places[place.database_code], draft)
                if person is None:
                    self._reject(
                        draft, "its profile in Copernica is none of ours, so no import can reach it", None
                    )
                    continue
            rows[draft.key] = ImportRow(draft.key, person, draft.fields(), entry is None)
        if not rows:
            return
        try:
            refused = {row.key for row in self._imports.write(place, list(rows.values()))}
        except RefusedError as error:
            raise SettingsError(
                f"{error}; Copernica must allow imports for this account, history goes no other way"
            ) from None
        with self._ledger.transaction():
            for key, row in rows.items():
                if key not in refused:
                    self._note_written(by_key[key], created=row.creates)
        for key in rows:
            if key in refused:
                self._reject(by_key[key], "the import did not write it, nor did a second, smaller one", None)
            else:
                self._report.old += 1
                self._after(by_key[key])

    def _under_living_people(self, place: Place, drafts: Sequence[Draft]) -> list[Draft]:
        if place.collection_id is None:
            return list(drafts)
        profiles = self._places[place.database_code]
        new = {
            draft.key: self._person_key(profiles, draft)
            for draft in drafts
            if self._ledger.entry(place.code, draft.key) is None
        }
        self._readback.confirm_alive(profiles, sorted(set(new.values())))
        return [draft for draft in drafts if draft.key not in new or self._is_ready(place, draft)]

    # Where records find their place ---------------------------------------------------------

    def _note_written(self, draft: Draft, *, created: bool) -> None:
        place = draft.place
        for stream, fragment in draft.fragments.items():
            if stream != STUB:
                self._ledger.know_fragment(
                    place.code, draft.key, stream, fragment.version, draft.digests[stream]
                )
            self._ledger.stop_waiting(place.code, draft.key, stream)
            self._report.add(stream, "created" if created else "updated")
        if place.email_field is not None and (address := draft.fields().get(place.email_field)) is not None:
            self._ledger.note_email(place.code, draft.key, fold_email(address))

    def _after(self, draft: Draft) -> None:
        """It is written and noted: tell so, and let go what waited for it."""
        for fragment in draft.fragments.values():
            for name, reason in fragment.problems:
                self._rejects.field(fragment.stream, draft.key, name, reason)
                self._report.add(fragment.stream, "fields_rejected")
        self._settle(draft.numbers)
        for code, body in self._ledger.waiting_for(draft.place.code, draft.key):
            if place := self._places.get(code):
                fragment = fragment_from_json(body)
                waiting = self._drafts.find(code, fragment.key) or Draft(place, fragment.key, draft.since)
                if fragment.stream not in waiting.fragments:
                    self._put_in(waiting, fragment)
                    self._drafts.keep(waiting)

    def _leave_out(self, fragments: Iterable[Fragment], numbers: Sequence[int], outcome: str) -> None:
        for fragment in fragments:
            self._report.add(fragment.stream, outcome)
        self._settle(numbers)

    def _put_aside(self, draft: Draft, person: tuple[str, str] | None) -> None:
        """Nothing is there to change or to stand under: it waits in the ledger."""
        with self._ledger.transaction():
            for stream, fragment in draft.fragments.items():
                self._ledger.wait(draft.place.code, draft.key, stream, person, fragment_to_json(fragment))
        self._leave_out(draft.fragments.values(), draft.numbers, "waiting")

    def _refused(self, place: Place, draft: Draft, error: RefusedError, *, known: bool) -> None:
        if known and means_gone(error):
            self._ledger.mark_removed(place.code, draft.key, self._client.now().isoformat())
            self._leave_out(draft.fragments.values(), draft.numbers, "removed")
            return
        if any(words in error.message.lower() for words in _CONCERNS_ALL):
            raise SettingsError(
                f"{place.name}: {error}; was it removed while the run was under way?"
            ) from None
        self._client.get("identity")  # if this works, it is the record; if not, this raises
        self._reject(draft, str(error), error.status)

    def _reject(self, draft: Draft, reason: str, status: int | None) -> None:
        for stream, fragment in draft.fragments.items():
            if stream != STUB:
                self._report.add(stream, "rejected")
                self._rejects.record(stream, draft.key, reason, fragment_to_json(fragment), status)
        self._settle(draft.numbers)

    def _settle(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self._settled(number)
