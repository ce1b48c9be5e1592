"""The records on input held against what stands in Copernica: a run with the setting `reconcile`.

It stands where a writer stands in other runs, and writes nothing. Records are kept in a file of its own until
all are there; then Copernica is read, a thousand a call, and each side is counted by stream and month.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from target_copernica.account.content import content_digest, content_of
from target_copernica.mapping.model import Fragment
from target_copernica.memory.parts import UNKNOWN
from target_copernica.run.last_read import LastRead
from target_copernica.run.reasons import Difference, Reason, reason_of
from target_copernica.writing.plan import is_unchanged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from target_copernica.account.structure import Place
    from target_copernica.memory.parts import Part
    from target_copernica.run.workspace import Workspace

__all__ = ["Reconciliation"]

_MOST: Final = 1000
"""So many differences are named; all are counted."""
_MONTH: Final = 7
_TABLE: Final = """
CREATE TEMP TABLE said (            -- what the source says, a row for each record and place
    place TEXT, key TEXT, stream TEXT, version TEXT, month TEXT, changed TEXT, person TEXT, fields TEXT,
    only_ends INTEGER NOT NULL,
    there INTEGER NOT NULL DEFAULT 0, differing TEXT, as_written INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (place, key, stream)
) WITHOUT ROWID;
CREATE TEMP TABLE found (place TEXT, key TEXT, PRIMARY KEY (place, key)) WITHOUT ROWID;
"""


@dataclass(slots=True)
class _Side:
    """What one side has of a stream and month."""

    count: int = 0
    sums: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    fingerprint: int = 0

    def as_json(self) -> dict[str, Any]:
        sums = {name: str(total.normalize() + 0) for name, total in sorted(self.sums.items())}
        return {"count": self.count, "sums": sums, "fingerprint": f"{self.fingerprint:016x}"}


class Reconciliation:
    """Takes fragments as a writer does, and tells at the end how the two sides differ.

    Args:
        work: An open workspace, with its places prepared; a dry one.
        as_of: The moment to which Copernica is to be true.
        settled: Called with the number of each record that was taken.
    """

    def __init__(self, work: Workspace, as_of: datetime, settled: Callable[[int], None]) -> None:
        self._work = work
        self._ledger = work.ledger
        self._as_of = as_of.replace(tzinfo=None).isoformat(timespec="microseconds")
        self._settled = settled
        self._db = sqlite3.connect("", isolation_level=None)  # a file without a name, gone with the run
        self._db.executescript(_TABLE)
        self._places: dict[str, Place] = {}
        self._shared = self._written_by_several()
        self._last_read = LastRead(work, (), ())
        self._orders: dict[tuple[str, str], int] = {}
        self._changed: list[tuple[str, str, str, Reason, list[str]]] = []
        self._shop: defaultdict[tuple[str, str], _Side] = defaultdict(_Side)
        self._copernica: defaultdict[tuple[str, str], _Side] = defaultdict(_Side)

    def know(self, _places: Iterable[Place]) -> None:
        """As a writer does; nothing is left to settle."""

    def begin_consent(self) -> None:
        """As a writer does; consent is not compared: `consent report` tells of it."""

    def tick(self) -> None:
        """As a writer does."""

    def flush_all(self) -> None:
        """As a writer does."""

    def add(self, place: Place, fragment: Fragment, number: int) -> None:
        """Keep what a record says, unless a newer version said it.

        Args:
            place: Where it goes.
            fragment: What it says.
            number: Of its record.
        """
        self._places[place.code] = place
        if not fragment.vanished:
            row = (
                place.code, fragment.key, fragment.stream, fragment.version or "",
                (fragment.created or "")[:_MONTH], fragment.changed or "",
                fragment.person.key if fragment.person else None, json.dumps(fragment.fields),
                fragment.ends and not self._ledger.knows(place.code, fragment.key),
            )  # fmt: skip
            self._db.execute(
                "INSERT INTO said (place, key, stream, version, month, changed, person, fields, only_ends) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET version = excluded.version, "
                "month = excluded.month, changed = excluded.changed, person = excluded.person, "
                "fields = excluded.fields WHERE excluded.version >= version",
                row,
            )
        self._settled(number)

    def keys_below(self, _place: Place, _key: str) -> list[str]:
        """As a writer does; what was read of a stream is compared, and nothing else."""
        return []

    def leaves_out(self, _place: Place, _fragment: Fragment, _number: int) -> bool:
        """As a writer does; what is refused stands in no file afterwards."""
        return False

    def delete(self, _place: Place, _fragment: Fragment, number: int, *, forgets: bool = False) -> None:
        """Take a record that says that it is gone at the source: it is none that Copernica must have."""
        del forgets
        self._settled(number)

    def finish(self) -> None:
        """Read Copernica, and write what was found to standard output, a JSON line each."""
        came = [row[0] for row in self._db.execute("SELECT DISTINCT stream FROM said")]
        self._last_read = LastRead(self._work, came, self._shared)
        known = {**self._last_read.places, **self._places}
        places = sorted(known.values(), key=lambda place: place.collection_id is not None)
        differences: defaultdict[tuple[str, str], Counter[Reason]] = defaultdict(Counter)
        named: list[dict[str, Any]] = []
        for place in places:
            for key, fields in self._work.readback.keys_and_fields(place):
                self._see(place, key, {name.lower(): value for name, value in fields.items()})
        self._db.execute("DELETE FROM said WHERE only_ends AND NOT there")  # what it ends was never made
        for stream, key, month, reason, names in self._differences(places):
            differences[stream, month][reason] += 1
            if len(named) < _MOST:
                one = {"stream": stream, "key": key, "month": month, "reason": reason, "fields": names}
                named.append(one | {"order": self._orders.get((stream, key), 0)})
        for of in sorted({*self._shop, *self._copernica, *differences}):
            _say(
                figures={
                    "stream": of[0],
                    "month": of[1],
                    "shop": self._shop[of].as_json(),
                    "copernica": self._copernica[of].as_json(),
                    "last_read": of[0] in self._last_read.names,
                    "differences": {reason.value: number for reason, number in differences[of].items()},
                }
            )
        for one in named:
            _say(difference=one)
        _say(calls=self._work.client.billed)

    def _see(self, place: Place, key: str, there: Mapping[str, str]) -> None:
        """Hold what Copernica has of a profile or subprofile against what the source says of it."""
        if not key:
            return
        self._db.execute("INSERT OR IGNORE INTO found VALUES (?, ?)", (place.code, key))
        for one in self._last_read.read(place, key, there):
            of = one.stream, one.month
            self._count(self._copernica[of], place, key, one.fields)
            if one.is_as_written:
                self._count(self._shop[of], place, key, one.fields)
            else:
                self._shop[of].count += 1
                self._orders[one.stream, key] = one.order
                self._changed.append((one.stream, key, one.month, Reason.CHANGED, []))
        query = "SELECT stream, month, fields FROM said WHERE place = ? AND key = ?"
        for stream, month, text in self._db.execute(query, (place.code, key)).fetchall():
            said: dict[str, str] = json.loads(text)
            read = {name: there.get(name.lower(), "") for name in said}
            self._count(self._copernica[stream, month], place, key, read)
            differing = [
                name
                for name in said
                if (place.code, name.lower()) not in self._shared
                and content_of(place, {name: said[name]}) != content_of(place, {name: read[name]})
            ]
            parts = self._ledger.parts(place.code, key, stream)
            self._db.execute(
                "UPDATE said SET there = 1, differing = ?, as_written = ? "
                "WHERE place = ? AND key = ? AND stream = ?",
                (",".join(differing), self._holds(place, parts, there), place.code, key, stream),
            )

    def _holds(self, place: Place, parts: Iterable[Part], there: Mapping[str, str]) -> bool:
        """Whether Copernica holds what was written last."""
        for part in parts:
            names = [
                place.fields[name.lower()].name for name in part.names or () if name.lower() in place.fields
            ]
            read = {name: there.get(name.lower(), "") for name in names}
            if part.digest == UNKNOWN or self._ledger.digest(content_of(place, read)) != part.written:
                return False
        return True

    def _differences(self, places: Iterable[Place]) -> Iterator[tuple[str, str, str, Reason, list[str]]]:
        """Stream, key, month, reason and fields of each difference; counts the source's side on the way."""
        refused = {(entry["stream"], entry["key"] or "") for entry in self._work.rejects.records()}
        for place in places:
            rows = self._db.execute(
                "SELECT key, stream, version, month, changed, person, fields, there, differing, as_written "
                "FROM said WHERE place = ? ORDER BY key, stream",
                (place.code,),
            )
            for key, stream, version, month, changed, person, text, there, differing, as_written in rows:
                refused_here = (stream, key) in refused
                refused.discard((stream, key))
                said: dict[str, str] = json.loads(text)
                self._count(self._shop[stream, month], place, key, said)
                if there and not differing:
                    continue
                case = Difference(
                    is_there=bool(there),
                    is_removed=self._ledger.knows(place.code, key),
                    is_below_removed=self._is_below_removed(place, key, person),
                    is_refused=refused_here,
                    is_new=changed > self._as_of,
                    is_waiting=bool(self._ledger.waiting_of(place.code, key, stream)),
                    was_written=self._was_written(place, key, stream, said),
                    is_as_written=bool(as_written),
                    has_version=bool(version),
                )
                yield stream, key, month, reason_of(case), differing.split(",") if differing else []
            yield from self._gone(place)
            yield from self._not_found(place)
        yield from self._changed
        for stream, key in sorted(refused):  # what the mapping itself refuses, so that it says nothing
            self._shop[stream, ""].count += 1
            yield stream, key, "", Reason.REFUSED, []

    def _gone(self, place: Place) -> Iterator[tuple[str, str, str, Reason, list[str]]]:
        """What a stream wrote, Copernica has, and the source does not say any more."""
        streams = {
            row[0]
            for row in self._db.execute("SELECT DISTINCT stream FROM said WHERE place = ?", (place.code,))
        }
        for (key,) in self._db.execute("SELECT key FROM found WHERE place = ? ORDER BY key", (place.code,)):
            query = "SELECT stream FROM said WHERE place = ? AND key = ?"
            says = {row[0] for row in self._db.execute(query, (place.code, key))}
            for stream in sorted(streams & self._ledger.all_parts(place.code, key).keys() - says):
                yield stream, key, "", Reason.GONE, []

    def _not_found(self, place: Place) -> Iterator[tuple[str, str, str, Reason, list[str]]]:
        """What was written of streams that were not read, and Copernica does not have."""
        for stream in self._last_read.streams(place):
            for key in self._ledger.scan.written_by(place.code, stream):
                query = "SELECT 1 FROM found WHERE place = ? AND key = ?"
                if self._db.execute(query, (place.code, key)).fetchone() is None:
                    entry = self._ledger.entry(place.code, key)
                    is_below = self._is_below_removed(place, key, entry.person if entry else None)
                    case = Difference(is_there=False, is_removed=True, is_below_removed=is_below)
                    self._shop[stream, ""].count += 1
                    yield stream, key, "", reason_of(case), []

    def _is_below_removed(self, place: Place, key: str, person: str | None) -> bool:
        if place.collection_id is None or person is None:
            return False
        entry = self._ledger.entry(place.code, key)
        above = (entry.person if entry else None) or person
        known = self._ledger.entry(place.database_code, above)
        query = "SELECT 1 FROM found WHERE place = ? AND key = ?"
        is_found = self._db.execute(query, (place.database_code, above)).fetchone()
        return known is not None and not is_found

    def _was_written(self, place: Place, key: str, stream: str, said: Mapping[str, str]) -> bool:
        parts = [part.confirmed() for part in self._ledger.parts(place.code, key, stream)]
        return is_unchanged(Fragment(stream, key, {**said}), parts, content_digest(self._ledger, place))

    def _count(self, side: _Side, place: Place, key: str, fields: Mapping[str, str]) -> None:
        side.count += 1
        digest = self._ledger.digest(f"{key}\x1e{content_of(place, fields)}")
        side.fingerprint = (side.fingerprint + int.from_bytes(digest[:8])) % (1 << 64)
        for name, value in fields.items():
            if value and place.fields[name.lower()].column.type == "float":
                try:
                    side.sums[name] += Decimal(value)
                except InvalidOperation:  # a colleague's text; the fingerprint tells
                    continue

    def _written_by_several(self) -> set[tuple[str, str]]:
        """Fields, by place, that more than one stream writes: what stands there is the last one's."""
        written: Counter[tuple[str, str]] = Counter()
        for stream in self._work.mapping.streams.values() if self._work.mapping else ():
            place = self._work.places[stream.place.database, stream.place.collection]
            written.update({(place.code, entry.name.lower()) for entry in stream.fields})
        return {of for of, streams in written.items() if streams > 1}


def _say(**line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
