"""Many rows in one call, accounted for row by row afterwards: history, and what is live where it is cheaper.

An import is asynchronous and does not say which rows it refused (docs/api/copernica.md section 10).
So what it made and what it changed is read back.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from target_copernica.errors import ApiAwayError, LostAnswerError, RefusedError
from target_copernica.mapping.keys import KEY_FIELD
from target_copernica.writing.by_call import SETTLE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from target_copernica.account.arrival import Arrival
    from target_copernica.account.builder import Builder
    from target_copernica.account.structure import Place
    from target_copernica.api.interrupt import Interrupt
    from target_copernica.memory.import_jobs import ImportJob

__all__ = ["IMPORT_CALLS", "ImportRow", "Imports"]

_MOST_BYTES: Final = 3_000_000
IMPORT_CALLS: Final = 8
"""About what an import costs: its key fields read, itself, its end asked for, what it made read back."""

_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 10.0
_PATIENCE: Final = timedelta(hours=1)
_GIVEN_UP: Final = timedelta(days=1)
"""After so long an import that has not ended is taken for dead, so that it does not hold up later runs."""
_CLOCK_SLACK: Final = timedelta(seconds=2)
_SECOND_TRY_ROWS: Final = 100
_NEVER_EMPTY: Final = frozenset({"date", "datetime"})
"""Types whose default cannot be told from here: it may be the time of the write."""


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One row.

    Attributes:
        key: Key of the profile or subprofile.
        person: Of a subprofile: key of its profile.
        fields: Its fields, without keys.
        creates: Whether it is to be made.
    """

    key: str
    person: str | None
    fields: dict[str, str]
    creates: bool

    def body(self, place: Place) -> dict[str, str]:
        """The row as the import wants it: the profile's key, and its own columns, always in one order."""
        if place.collection is None:
            return {KEY_FIELD: self.key, **{name: self.fields[name] for name in sorted(self.fields)}}
        own = {f"{place.collection}.{name}": self.fields[name] for name in sorted(self.fields)}
        return {KEY_FIELD: self.person or "", f"{place.collection}.{KEY_FIELD}": self.key, **own}


class Imports:
    """Sends imports, one at a time, and finds out what became of each row.

    Args:
        arrival: Reads back what an import made and changed.
        builder: Checks the key fields before each import.
        interrupt: Breaks off waits.
        rows: Most rows in one.
    """

    def __init__(self, arrival: Arrival, builder: Builder, interrupt: Interrupt, rows: int) -> None:
        self._client = arrival.presence.client
        self._ledger = arrival.ledger
        self._log = arrival.presence.log
        self._readback = arrival.readback
        self._arrival = arrival
        self._builder = builder
        self._interrupt = interrupt
        self._rows = rows

    def write(self, place: Place, rows: Sequence[ImportRow], *, followups: bool) -> list[ImportRow]:
        """Write rows.

        Args:
            place: Where.
            rows: Each key once; those that create under profiles known to exist.
            followups: Whether campaigns may run on them: never for history.

        Returns:
            Rows that Copernica did not take, also not in a second, smaller import.

        Raises:
            ApiAwayError: An import does not end.
            RefusedError: An import as a whole was refused.
        """
        refused: list[ImportRow] = []
        for group in _groups(rows, place):
            for chunk in _chunks(group, place, self._rows):
                left = self._import(place, chunk, followups=followups)
                for smaller in _chunks(left, place, _SECOND_TRY_ROWS):
                    refused += self._import(place, smaller, followups=followups)
        return refused

    def settle(self, places: Sequence[Place]) -> None:
        """Wait for the end of imports of an earlier run: what it wrote must not come after what we write.

        Args:
            places: A database and its collections.
        """
        by_code = {place.code: place for place in places}
        for job in self._ledger.imports.still_open(by_code):
            self._log.info("an import of an earlier run into %s is settled first", by_code[job.place].name)
            self._settle(job, partial(self._number_not_made, by_code[job.place], job.new_keys))

    def _import(self, place: Place, rows: Sequence[ImportRow], *, followups: bool) -> list[ImportRow]:
        """One import; returns the rows that it did not write."""
        self._builder.recheck(place)
        creates = rows[0].creates
        new_keys = [row.key for row in rows] if creates else []
        job = self._ledger.imports.open(place.code, self._client.now().isoformat(), new_keys)
        self._log.info("importing %d rows into %s", len(rows), place.name)
        since = self._client.now() - _CLOCK_SLACK
        try:
            import_id = self._client.post("imports", _body(place, rows, followups=followups), kind="import")
        except RefusedError:
            self._ledger.imports.close(job)
            raise
        except LostAnswerError:
            import_id = None
        if import_id is None:
            lost = next(found for found in self._ledger.imports.still_open([place.code]) if found.job == job)
            # Its end cannot be asked for, so that only what is there counts.
            self._settle(lost, lambda: len(self._not_there(place, rows, since, counted=False)))
            return self._not_there(place, rows, since, counted=False)
        self._ledger.imports.name(job, import_id)
        complete = self._await(import_id, len(rows), self._client.now())
        left = self._not_there(place, rows, since, counted=complete)
        self._ledger.imports.close(job)
        return left

    def _not_there(
        self, place: Place, rows: Sequence[ImportRow], since: datetime, *, counted: bool
    ) -> list[ImportRow]:
        """The rows that reading back does not find."""
        if rows[0].creates:
            missing = self._not_made(place, [row.key for row in rows])
        else:
            missing = self._arrival.missing(place, rows, since, counted=counted)
        return [row for row in rows if row.key in missing]

    def _number_not_made(self, place: Place, keys: Sequence[str]) -> int:
        """How many are not there; of an import that made nothing nothing can be told, so it counts as one."""
        return len(self._not_made(place, keys)) if keys else 1

    def _not_made(self, place: Place, keys: Sequence[str]) -> set[str]:
        self._readback.catch_up(place, again=True)
        return {key for key in keys if self._ledger.entry(place.code, key) is None}

    def _await(self, import_id: int, rows: int, sent: datetime) -> bool:
        """Wait for the end of an import.

        Args:
            import_id: Copernica's id of it.
            rows: How many it has; 0 if that is not known any more.
            sent: When it was sent, by Copernica's clock.

        Returns:
            Whether it says that it did all rows, without an error.

        Raises:
            ApiAwayError: It has not ended in time.
        """
        pause = _FIRST_PAUSE
        while True:
            self._interrupt.wait(pause)
            status = {name.lower(): value for name, value in self._client.get(f"import/{import_id}").items()}
            total, processed = _number(status.get("totallines")), _number(status.get("processedlines"))
            if status.get("lastrun") or (total and processed is not None and processed >= total):
                # Where it counts no lines at all, its end is all there is to go by.
                return not status.get("lasterror") and (
                    processed is None or processed >= (rows or total or 0)
                )
            age = self._client.now() - sent
            if age > _GIVEN_UP:
                self._log.warning(
                    "import %d has not ended after a day: its rows are written anew; look at it in Copernica",
                    import_id,
                )
                return False
            if age > _PATIENCE:
                raise ApiAwayError(
                    f"import {import_id} has not ended after an hour; nothing is lost, run again later "
                    "(after a day its rows are written anew)"
                )
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def _settle(self, job: ImportJob, missing: Callable[[], int]) -> None:
        """Wait for the end of an import of an earlier run.

        Args:
            job: The import.
            missing: Reads back how many of its rows are not there.
        """
        if job.import_id is not None:
            try:
                self._await(job.import_id, 0, datetime.fromisoformat(job.sent_at))
            except RefusedError:
                self._log.info("import %d is not known to Copernica any more", job.import_id)
            missing()
        else:
            self._wait_for_quiet(datetime.fromisoformat(job.sent_at), missing)
        self._ledger.imports.close(job.job)

    def _wait_for_quiet(self, sent_at: datetime, missing: Callable[[], int]) -> None:
        """The end of an import without an id cannot be asked for.

        It is over when all its rows are there, or when nothing more has come for as long as a lost call may
        be under way.
        """
        last = missing()
        settling = timedelta(seconds=SETTLE_SECONDS)
        quiet_since = max(sent_at, self._client.now() - settling)
        pause = _FIRST_PAUSE
        while last and self._client.now() < quiet_since + settling:
            self._interrupt.wait(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)
            if (now_missing := missing()) != last:
                last, quiet_since = now_missing, self._client.now()


def _groups(rows: Sequence[ImportRow], place: Place) -> Iterator[list[ImportRow]]:
    """Rows with the same columns that do the same: an absent field must not become an empty one.

    What is made now has nothing to lose: there a field that is absent gets what Copernica would give it,
    so that sparse records do not become many small imports.
    """
    made = {name for row in rows if row.creates for name in row.fields}
    defaults = {
        name: field.default
        for name in made
        if (field := place.fields[name.lower()]).column.type not in _NEVER_EMPTY
    }
    groups: dict[tuple[bool, tuple[str, ...]], list[ImportRow]] = {}
    for row in rows:
        full = replace(row, fields={**defaults, **row.fields}) if row.creates else row
        groups.setdefault((row.creates, tuple(sorted(full.fields))), []).append(full)
    yield from groups.values()


def _chunks(rows: Sequence[ImportRow], place: Place, most: int) -> Iterator[list[ImportRow]]:
    chunk: list[ImportRow] = []
    size = 0
    for row in rows:
        bytes_of_row = len(json.dumps(row.body(place)))
        if chunk and (len(chunk) >= most or size + bytes_of_row > _MOST_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(row)
        size += bytes_of_row
    if chunk:
        yield chunk


def _body(place: Place, rows: Sequence[ImportRow], *, followups: bool) -> dict[str, Any]:
    """The body of `POST imports`. `removeMissing` is never named: it removes everybody else."""
    keys = [KEY_FIELD] if place.collection is None else [KEY_FIELD, f"{place.collection}.{KEY_FIELD}"]
    return {
        "database": place.database_id,
        "name": f"target-copernica: {len(rows)} rows for {place.name}",
        "action": "update or add" if rows[0].creates else "update",
        "keyFields": keys,
        "followups": followups,
        "autostart": True,
        "rebuild": False,
        "ignoreEmptyFields": False,
        "source": [row.body(place) for row in rows],
    }


def _number(value: object) -> int | None:
    """A count; `false` stands for none."""
    counts = isinstance(value, (int, str)) and not isinstance(value, bool) and str(value).isdigit()
    return int(str(value)) if counts else None
