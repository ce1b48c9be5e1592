"""The one place that writes: it owns batches, routes, order and age.

A record becomes a fragment, fragments of one key become a draft, drafts are written when they are
old enough or many enough: live ones by single calls, history by import. Parents come before
children, whatever the order of the messages.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from target_copernica.account.content import content
from target_copernica.account.readback import means_gone
from target_copernica.errors import RefusedError, SettingsError
from target_copernica.memory.rejects import Refusal
from target_copernica.writing.by_call import SingleWrite
from target_copernica.writing.by_import import ImportRow
from target_copernica.writing.queue import STUB, Draft, Drafts, fragment_from_json, put_in
from target_copernica.writing.route import Route

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from target_copernica.account.readback import Readback
    from target_copernica.account.structure import Place
    from target_copernica.api.client import Client
    from target_copernica.mapping.model import Fragment
    from target_copernica.memory.ledger import Ledger
    from target_copernica.report import Report
    from target_copernica.writing.adoption import Adoption
    from target_copernica.writing.by_call import SingleWrites
    from target_copernica.writing.by_import import Imports
    from target_copernica.writing.liveness import Liveness
    from target_copernica.writing.outcomes import Outcomes
    from target_copernica.writing.parents import Parents
    from target_copernica.writing.route import Limits
    from target_copernica.writing.shared_email import SharedEmails

__all__ = ["Writer"]

_CONCERNS_ALL: Final = ("no database with supplied id", "no collection with given id", "invalid method")


class Writer:
    """Collects drafts and writes them.

    Args:
        client: The account, for control calls.
        ledger: What is known.
        readback: What is there.
        single: Live writes.
        imports: History.
        liveness: Tells them apart.
        parents: Whose a subprofile is.
        outcomes: What became of each record.
        report: Counts.
        shared: Tells whose address is another's too.
        adoption: Gives our key to people who were there before.
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
        parents: Parents,
        outcomes: Outcomes,
        report: Report,
        shared: SharedEmails,
        adoption: Adoption,
        limits: Limits,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._readback = readback
        self._single = single
        self._imports = imports
        self._liveness = liveness
        self._parents = parents
        self._outcomes = outcomes
        self._report = report
        self._shared = shared
        self._adoption = adoption
        self._limits = limits
        self._route = Route(limits.route, ledger, readback, parents)
        self._drafts = Drafts()
        self._places: dict[str, Place] = {}
        self._settled_databases: set[str] = set()

    def know(self, places: Iterable[Place]) -> None:
        """These places are ready to be written to."""
        self._places.update({place.code: place for place in places})
        self._readback.know(self._places.values())

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
        digest = self._ledger.digest(content(place, fragment))
        if pending is not None:
            newest = pending.version
        elif known is not None:
            newest = known[0]
        else:
            newest = self._ledger.waiting_version(place.code, fragment.key, fragment.stream)
        if newest is not None and fragment.version is not None and fragment.version < newest:
            self._outcomes.leave_out([fragment], [number], "stale")
        elif pending is None and known is not None and known[1] == digest:
            self._outcomes.unchanged(fragment, number)
        else:
            if fragment.version is None and newest is not None:
                # Without a version it cannot be held against the last one, which stays the one to beat.
                fragment = replace(fragment, version=newest)
            draft = draft or Draft(place, fragment.key, time.monotonic())
            # What is missing is made live only by what may make it: its own age counts, nobody else's.
            if fragment.creates or self._ledger.entry(place.code, fragment.key) is not None:
                live = self._liveness.is_live(place.code, fragment, first=known is None)
                draft.live = live or draft.live
            draft.place = place  # it may have got a field since the draft was begun
            draft.fragments[fragment.stream] = fragment
            draft.digests[fragment.stream] = digest
            draft.numbers.append(number)
            self._drafts.keep(draft)
            if self._drafts.size(place.code) >= self._limits.rows:
                self._flush(place, live=None)

    def drop(self, place: Place, key: str) -> None:
        """What waits to be written is not to be written any more: the thing is gone at the source."""
        if draft := self._drafts.drop(place.code, key):
            self._outcomes.leave_out(draft.fragments.values(), draft.numbers, "stale")

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
        self._flush_all()
        # What reading back found may have been waited for: in a lost ledger nothing else would say so.
        self._take_back(self._ledger.waiting_in_vain(), time.monotonic())
        self._flush_all()
        # Only now is it known who shares an address: whoever is due stays so in the ledger until written.
        for place in self._places.values():
            for fragment in self._shared.due(place):
                self._draft_again(place, fragment, time.monotonic())
        self._flush_all()

    def _flush_all(self) -> None:
        while places := self._drafts.places():
            for place in places:
                self._flush(place, live=None)

    def _flush(self, place: Place, *, live: bool | None) -> None:
        if drafts := self._drafts.take(place.code, live=live):
            streams = Counter(stream for draft in drafts for stream in draft.fragments if stream != STUB)
            with self._report.spending(streams.most_common(1)[0][0]):
                self._write(self._places[place.code], drafts)

    # How ----------------------------------------------------------------------------------

    def _write(self, place: Place, drafts: Sequence[Draft]) -> None:
        self._settle_earlier_imports(place)
        for draft in drafts:
            self._join_waiting(draft)
        if place.collection_id is not None:
            self._make_parents(place, drafts)
        if any(self._ledger.entry(place.code, draft.key) is None for draft in drafts):
            self._readback.catch_up(place)
            self._adoption.adopt(place, drafts)
        ready = self._ready(place, drafts)
        live = [draft for draft in ready if draft.live]
        history = [draft for draft in ready if not draft.live]
        if self._route.is_import(place, self._places[place.database_code], live, live=True):
            self._write_import(place, live, followups=True)
        else:
            self._write_singles(place, live)
        if self._route.is_import(place, self._places[place.database_code], history, live=False):
            self._write_import(place, history, followups=False)
        else:
            self._write_singles(place, history)

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
                put_in(draft, fragment_from_json(body), self._ledger.digest)

    def _take_back(self, waiting: Iterable[tuple[str, dict[str, Any]]], since: float) -> None:
        """Fragments that waited become drafts again."""
        for code, body in waiting:
            if place := self._places.get(code):
                self._draft_again(place, fragment_from_json(body), since)

    def _draft_again(self, place: Place, fragment: Fragment, since: float) -> None:
        """A draft of something that is no record of this run, as history, unless a newer one is there."""
        draft = self._drafts.find(place.code, fragment.key) or Draft(place, fragment.key, since)
        if fragment.stream not in draft.fragments:
            put_in(draft, fragment, self._ledger.digest)
            self._drafts.keep(draft)

    def _make_parents(self, place: Place, drafts: Sequence[Draft]) -> None:
        """Profiles come before subprofiles; a missing one is made of what the subprofile knows of it."""
        profiles = self._places[place.database_code]
        orphans = [
            draft for draft in drafts if draft.creates and self._ledger.entry(place.code, draft.key) is None
        ]
        if orphans:
            self._flush(profiles, live=None)
        if stubs := self._parents.stubs(profiles, orphans):
            self._write(profiles, stubs)

    def _ready(self, place: Place, drafts: Sequence[Draft]) -> list[Draft]:
        """The drafts that can be written now; the records of the others have found another place."""
        ready: list[Draft] = []
        waiting: list[tuple[Draft, tuple[str, str] | None]] = []
        for draft in drafts:
            entry = self._ledger.entry(place.code, draft.key)
            person = None
            if entry is not None:
                draft.fragments.pop(STUB, None)
                if not draft.fragments:  # only a stub, and somebody is there already
                    continue
            elif not draft.creates:
                waiting.append((draft, None))
                continue
            elif place.collection_id is not None:
                profiles = self._places[place.database_code]
                person = (profiles.code, self._parents.key(profiles, draft))
                entry = self._ledger.entry(*person)
                if entry is None:
                    waiting.append((draft, person))
                    continue
            if entry is not None and entry.removed:
                self._outcomes.removed(draft)
            else:
                ready.append(draft)
        self._outcomes.put_aside(waiting)
        return ready

    def _write_singles(self, place: Place, drafts: Iterable[Draft]) -> None:
        by_key = {draft.key: draft for draft in drafts}
        for sent in self._single.write(
            place, [self._single_write(place, draft) for draft in by_key.values()]
        ):
            with self._ledger.transaction():
                for write, outcome in sent.outcomes:
                    if not isinstance(outcome, RefusedError):
                        if write.entry_id is None:
                            person = None if place.collection_id is None else write.person
                            self._ledger.know_entry(place.code, write.key, outcome, person)
                        self._outcomes.note_written(by_key[write.key], created=write.entry_id is None)
                if sent.last_id is not None:
                    self._ledger.move_tail(place.code, sent.last_id)
            for write, outcome in sent.outcomes:
                if isinstance(outcome, RefusedError):
                    self._refused(place, by_key[write.key], outcome, known=write.entry_id is not None)
                else:
                    self._after(by_key[write.key])

    def _single_write(self, place: Place, draft: Draft) -> SingleWrite:
        # A new subprofile is not held against the list of removed profiles first, which would double its
        # calls: under a removed profile it is seen by nobody, and brings nobody back.
        entry = self._ledger.entry(place.code, draft.key)
        if place.collection_id is None:
            return SingleWrite(draft.key, draft.fields(), entry.id if entry else None, draft.key)
        if entry is not None:
            return SingleWrite(draft.key, draft.fields(), entry.id, entry.person or draft.key)
        profiles = self._places[place.database_code]
        person = self._parents.key(profiles, draft)
        parent = self._ledger.entry(profiles.code, person)
        return SingleWrite(draft.key, draft.fields(), None, person, parent.id if parent else None)

    def _write_import(self, place: Place, drafts: Sequence[Draft], *, followups: bool) -> None:
        by_key = {draft.key: draft for draft in drafts}
        rows = self._rows(place, self._under_living_people(place, drafts))
        if not rows:
            return
        try:
            left = self._imports.write(place, list(rows.values()), followups=followups)
            refused = {row.key for row in left}
        except RefusedError as error:
            if followups and self._limits.route == "auto":  # an account without imports: dearer, and right
                self._write_singles(place, [by_key[key] for key in rows])
                return
            raise SettingsError(
                f"{error}; Copernica must allow imports for this account, history goes no other way"
            ) from None
        with self._ledger.transaction():
            for key, row in rows.items():
                if key not in refused:
                    self._outcomes.note_written(by_key[key], created=row.creates)
        for key in rows:
            if key in refused:
                reason = "the import did not write it, nor did a second, smaller one"
                self._outcomes.reject(by_key[key], Refusal(reason, call="POST imports"))
            else:
                self._report.old += not followups
                self._after(by_key[key])

    def _rows(self, place: Place, drafts: Iterable[Draft]) -> dict[str, ImportRow]:
        """Rows of an import, by key."""
        rows: dict[str, ImportRow] = {}
        for draft in drafts:
            entry = self._ledger.entry(place.code, draft.key)
            person = None
            if place.collection_id is not None:
                profiles = self._places[place.database_code]
                person = entry.person if entry else self._parents.key(profiles, draft)
            if reason := self._unreachable(place, draft.key, person):
                self._outcomes.reject(draft, Refusal(reason))
                continue
            rows[draft.key] = ImportRow(draft.key, person, draft.fields(), entry is None)
        return rows

    def _unreachable(self, place: Place, key: str, person: str | None) -> str | None:
        """Why an import, which finds things by their keys, must not or cannot write this."""
        if place.collection_id is not None and person is None:
            return "its profile in Copernica is none of ours, so no import can reach it"
        twin = self._ledger.walk.is_twin(place.code, key) or (
            person is not None and self._ledger.walk.is_twin(place.database_code, person)
        )
        return "its key stands in Copernica twice, and an import would write to both" if twin else None

    def _under_living_people(self, place: Place, drafts: Sequence[Draft]) -> list[Draft]:
        """An import brings removed people back, so those it would stand under are looked at first."""
        if place.collection_id is None:
            return list(drafts)
        profiles = self._places[place.database_code]
        new = self._parents.new_under(place, profiles, drafts)
        self._readback.confirm_alive(profiles, sorted(set(new.values())))
        known = [draft for draft in drafts if draft.key not in new]
        return known + self._ready(place, [draft for draft in drafts if draft.key in new])

    def _after(self, draft: Draft) -> None:
        """It is written and noted: its records are settled, and what waited for it is let go."""
        self._outcomes.settle_written(draft)
        self._take_back(self._ledger.waiting_for(draft.place.code, draft.key), draft.since)

    def _refused(self, place: Place, draft: Draft, error: RefusedError, *, known: bool) -> None:
        if known and means_gone(error):
            self._ledger.mark_removed(place.code, draft.key, self._client.now().isoformat())
            self._outcomes.removed(draft)
            return
        if any(words in error.message.lower() for words in _CONCERNS_ALL):
            raise SettingsError(
                f"{place.name}: {error}; was it removed while the run was under way?"
            ) from None
        self._client.get("identity")  # if this works, it is the record; if not, this raises
        self._outcomes.reject(draft, Refusal(str(error), error.status, error.call))
