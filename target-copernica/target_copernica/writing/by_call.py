"""Live writes: one call for each, so that follow-ups run; no creation is ever sent twice blindly.

Calls for different people go side by side, those for one person one after the other. Only the main thread
asks and tells the ledger: workers do nothing but call.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from target_copernica.errors import ApiAwayError, LostAnswerError, RefusedError, TargetError
from target_copernica.mapping.apply import with_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_copernica.account.readback import Readback
    from target_copernica.account.structure import Place
    from target_copernica.api.client import Client
    from target_copernica.api.interrupt import Interrupt
    from target_copernica.memory.ledger import Ledger

__all__ = ["SETTLE_SECONDS", "Sent", "SingleWrite", "SingleWrites"]

SETTLE_SECONDS: Final = 60.0
"""Seconds after which a call with a lost answer counts as never carried out."""

_TRIES: Final = 3
_AHEAD: Final = 4
"""So many writes for each worker are started before their results are noted: as many may have to be looked
up after a kill."""


@dataclass(frozen=True, slots=True)
class SingleWrite:
    """One call to come.

    Attributes:
        key: Key of the profile or subprofile.
        fields: Its fields, without the key.
        entry_id: Its id; None where it is to be made.
        person: Key of the profile that it is, or belongs to.
        profile_id: Of a subprofile that is to be made: the id of its profile.
    """

    key: str
    fields: dict[str, str]
    entry_id: int | None
    person: str
    profile_id: int | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """Calls that went side by side.

    Attributes:
        outcomes: Each write with its id, or with Copernica's refusal: nothing was made or changed then.
        last_id: The highest id that was made, if the outcome of every creation is known: else one with
            a lower id may still be found, and reading must not begin above it.
    """

    outcomes: Sequence[tuple[SingleWrite, int | RefusedError]]
    last_id: int | None


_Outcome = int | RefusedError | LostAnswerError | TargetError | None
"""The id; None where the answer to a creation lacks it; or what went wrong."""


class SingleWrites:
    """Creates and changes profiles and subprofiles one by one.

    Args:
        client: The account.
        ledger: Keeps write-ahead entries.
        readback: Settles lost answers.
        interrupt: Breaks off waits.
        workers: How many calls go side by side.
    """

    def __init__(
        self, client: Client, ledger: Ledger, readback: Readback, interrupt: Interrupt, workers: int
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._readback = readback
        self._interrupt = interrupt
        self._workers = workers
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="write")  # makes threads when asked

    def write(self, place: Place, writes: Sequence[SingleWrite]) -> Iterator[Sent]:
        """Carry writes out: changes by id, so that nothing else can be touched; creations exactly once.

        Args:
            place: Where.
            writes: Each key once.

        Yields:
            What became of some of them; to be noted before the next is asked for.

        Raises:
            ApiAwayError: The answers to a creation were lost again and again.
            TargetError: Whatever concerns all calls. What was carried out before was yielded.
        """
        width = self._workers * _AHEAD
        for start in range(0, len(writes), width):
            yield from self._some(place, writes[start : start + width])

    def close(self) -> None:
        """Let the workers go."""
        self._pool.shutdown()

    def _some(self, place: Place, writes: Sequence[SingleWrite]) -> Iterator[Sent]:
        new = [write for write in writes if write.entry_id is None]
        earlier = {write.key: self._found_of_earlier_run(place, write) for write in new}
        sent_at = self._client.now().isoformat()
        with self._ledger.transaction():
            for write in new:
                if earlier[write.key] is None:
                    self._ledger.write_ahead(place.code, write.key, sent_at)
        done: list[tuple[SingleWrite, int | RefusedError]] = []
        trouble: TargetError | None = None
        sent = self._sent(place, [write for write in writes if not earlier.get(write.key)])
        for write, outcome in sent:
            if isinstance(outcome, TargetError):
                trouble = outcome
            elif isinstance(outcome, int):
                done.append((write, outcome))
            elif isinstance(outcome, RefusedError):
                done.append((write, self._refused(place, write, outcome)))
            elif trouble is None:  # else the next run looks it up, by its write-ahead entry
                try:
                    done.append((write, self._looked_up(place, write, sent_at)))
                except TargetError as error:
                    trouble = error
        # What ends a run ends it before a call is sent, or when it was refused as a whole.
        sent_keys = {write.key for write, outcome in sent if not isinstance(outcome, TargetError)}
        self._drop_unsent(place, [write for write in new if not earlier[write.key]], sent_keys)
        done += [(write, entry_id) for write in new if (entry_id := earlier[write.key])]
        made = [made for write, made in done if write.entry_id is None and isinstance(made, int)]
        yield Sent(done, max(made, default=None) if trouble is None else None)
        if trouble is not None:
            raise trouble

    def _drop_unsent(self, place: Place, new: Sequence[SingleWrite], sent: set[str]) -> None:
        with self._ledger.transaction():
            for write in new:
                if write.key not in sent:
                    self._ledger.drop_write_ahead_entry(place.code, write.key)

    def _sent(self, place: Place, writes: Sequence[SingleWrite]) -> list[tuple[SingleWrite, _Outcome]]:
        shards: dict[str, list[SingleWrite]] = {}
        for write in writes:
            shards.setdefault(write.person, []).append(write)

        stopped = threading.Event()

        def send(shard: Sequence[SingleWrite]) -> list[tuple[SingleWrite, _Outcome]]:
            outcomes: list[tuple[SingleWrite, _Outcome]] = []
            for write in shard:
                if stopped.is_set():  # such an error concerns all calls
                    break
                outcomes.append((write, self._outcome(place, write)))
                if isinstance(outcomes[-1][1], TargetError):
                    stopped.set()
            return outcomes

        # A single one is sent from here, where a signal can break off its waits.
        side_by_side = self._workers > 1 and len(shards) > 1
        sent = self._pool.map(send, shards.values()) if side_by_side else map(send, shards.values())
        return [outcome for shard in sent for outcome in shard]

    def _outcome(self, place: Place, write: SingleWrite) -> _Outcome:
        try:
            return self._call(place, write)
        except (RefusedError, LostAnswerError, TargetError) as error:
            return error

    def _call(self, place: Place, write: SingleWrite) -> int | None:
        if write.entry_id is not None:
            if place.collection_id is None:
                self._client.put(f"profile/{write.entry_id}", {"fields": write.fields})
            else:
                self._client.put(f"subprofile/{write.entry_id}/fields", write.fields)
            return write.entry_id
        body: dict[str, object] = dict(with_key(write.fields, write.key))
        if place.collection_id is None:
            return self._client.post(f"database/{place.database_id}/profiles", {"fields": body})
        return self._client.post(f"profile/{write.profile_id}/subprofiles/{place.collection_id}", body)

    def _refused(self, place: Place, write: SingleWrite, error: RefusedError) -> RefusedError:
        if write.entry_id is None:
            self._ledger.drop_write_ahead_entry(place.code, write.key)
        return error

    def _found_of_earlier_run(self, place: Place, write: SingleWrite) -> int | None:
        sent_at = self._ledger.write_ahead_entry(place.code, write.key)
        return self._look_for(place, write.key, sent_at) if sent_at else None

    def _looked_up(self, place: Place, write: SingleWrite, sent_at: str) -> int | RefusedError:
        """A creation whose answer was lost, or did not tell the id."""
        for _ in range(_TRIES - 1):
            if found := self._look_for(place, write.key, sent_at):
                return found
            sent_at = self._client.now().isoformat()
            self._ledger.write_ahead(place.code, write.key, sent_at)
            outcome = self._outcome(place, write)
            if isinstance(outcome, int):
                return outcome
            if isinstance(outcome, RefusedError):
                return self._refused(place, write, outcome)
            if isinstance(outcome, TargetError):
                raise outcome
        if found := self._look_for(place, write.key, sent_at):
            return found
        raise ApiAwayError("Copernica answers nothing to creations; nothing is lost, run again later")

    def _look_for(self, place: Place, key: str, sent_at: str) -> int | None:
        """Whether a creation was carried out: asked at once, and again when it can no longer be under way."""
        if found := self._readback.find(place, key):
            return found
        due = datetime.fromisoformat(sent_at) + timedelta(seconds=SETTLE_SECONDS)
        if (left := (due - self._client.now()).total_seconds()) > 0:
            self._interrupt.wait(left)
        return self._readback.find(place, key)
