"""What this target has written: which key has which id, with which content.

One SQLite file below `state_dir`. It can be lost: it is rebuilt by reading Copernica (`readback`).
A *place* is a database (`d123`) or a collection (`c456`); an *entry* is a profile or subprofile in
it; a *fragment* is what one stream wrote to an entry.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_copernica.errors import SettingsError
from target_copernica.memory.addresses import SHARED_STREAM, Addresses
from target_copernica.memory.api_events import ApiEvents
from target_copernica.memory.consents import Consents
from target_copernica.memory.coupons import Coupons
from target_copernica.memory.files import LedgerFile
from target_copernica.memory.findings import Findings
from target_copernica.memory.import_jobs import ImportJobs
from target_copernica.memory.journal import Journal
from target_copernica.memory.known_account import KnownAccount
from target_copernica.memory.notes import Notes
from target_copernica.memory.part_rows import COLUMNS, PartRows
from target_copernica.memory.parts import DIGEST_SIZE, Part
from target_copernica.memory.salvage import take_over
from target_copernica.memory.scan import FullScan
from target_copernica.memory.schema import CHANGES, SCHEMA, SEEN, VERSION
from target_copernica.memory.traces import Traces
from target_copernica.memory.unmanaged import Unmanaged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from target_copernica.memory.tombstones import Tombstones

__all__ = ["Entry", "Ledger"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A profile or subprofile that is known.

    Attributes:
        id: Its id in Copernica.
        person: Of a subprofile: the key of its profile, where that is known.
        removed: Whether it was found removed there.
        in_doubt: Whether Copernica did not know its id when asked last; it is left alone until asked again.
    """

    id: int
    person: str | None
    removed: bool
    in_doubt: bool = False


class Ledger:
    """The file, and the questions asked of it.

    Args:
        path: The SQLite file; it is made, readable by its owner only, if it is not there.
        tombstones: Who was removed: it is asked where the file knows nothing, for the file can be lost.
        durable: Whether it must survive a power failure; a copy need not.

    Raises:
        SettingsError: It is no ledger, or of a later version of this program.
    """

    def __init__(self, path: Path, tombstones: Tombstones, *, durable: bool = True) -> None:
        self.tombstones = tombstones
        self._db = LedgerFile.opened(path)
        self._rows = PartRows(self._db)
        try:
            self._db.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
            self._execute_all("PRAGMA temp_store=FILE; PRAGMA locking_mode=EXCLUSIVE")  # one run at a time
            self._open(path)
            secret = self._db.execute("SELECT value FROM meta WHERE name = 'secret'").fetchone()
        except BaseException:
            self._db.close()
            raise
        self._secret: bytes = secret[0]
        self.account = KnownAccount(self._db, self.digest)
        self.imports = ImportJobs(self._db)
        self.journal = Journal(self._db)
        self.scan = FullScan(self._db)
        self.findings = Findings(self._db)
        self.addresses = Addresses(self._db, self.digest)
        self.consents = Consents(self._db, self.digest)
        self.coupons = Coupons(self._db)
        self.api_events = ApiEvents(self._db, self.digest)
        self.unmanaged = Unmanaged(self._db, self.digest)
        self.notes = Notes(self._db, tombstones.forgotten)
        self.traces = Traces(self._db, self.digest, tombstones.forgotten)
        self._db.execute(SEEN)

    def _open(self, path: Path) -> None:
        found = self._db.execute("PRAGMA user_version").fetchone()[0]
        if found > VERSION:
            raise SettingsError(f"{path} was written by a later version of target-copernica: update this one")
        if found == VERSION:
            return
        with self.transaction():
            if found == 0:
                self._execute_all(SCHEMA)
                self._db.execute("INSERT INTO meta VALUES ('secret', ?)", (self.tombstones.secret,))
            for version in range(max(found, 1) + 1, VERSION + 1):
                self._execute_all(CHANGES[version])
            self._db.execute(f"PRAGMA user_version = {VERSION}")

    def _execute_all(self, script: str) -> None:
        for statement in script.split(";"):
            self._db.execute(statement)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that happens inside is durable when it is left, or nothing is."""
        if self._db.in_transaction:
            yield
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            self._db.rollback()  # unlike a statement no error where a full disk had SQLite do so by itself
            self._rows.rolled_back()
            raise

    def take_over(self, old: Path) -> None:
        """Take over from an older ledger what Copernica cannot tell, as far as it can be read."""
        take_over(self._db, old)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _row(self, statement: str, *values: object) -> tuple[Any, ...] | None:
        found: tuple[Any, ...] | None = self._db.execute(statement, values).fetchone()
        return found

    # Places -------------------------------------------------------------------------------

    def database_id(self, name: str) -> int | None:
        """The id under which a database of this name was found before: a renamed one stays found."""
        row = self._row("SELECT place FROM place WHERE name = ? AND place LIKE 'd%'", name)
        return int(row[0][1:]) if row else None

    def knows_place(self, place: str) -> bool:
        """Whether this place was ours before."""
        return self._db.execute("SELECT 1 FROM place WHERE place = ?", (place,)).fetchone() is not None

    def know_place(self, place: str, name: str) -> None:
        """Note a place: it has passed all checks and is ours from now on."""
        self._db.execute("INSERT OR IGNORE INTO place (place, name) VALUES (?, ?)", (place, name))

    def live_from(self, place: str, now: str) -> str:
        """The instant from which records of this place are live; set to `now` by the first record."""
        self._db.execute("UPDATE place SET live_from = ? WHERE place = ? AND live_from IS NULL", (now, place))
        return str(self._db.execute("SELECT live_from FROM place WHERE place = ?", (place,)).fetchone()[0])

    def high_watermark(self, place: str) -> int:
        """The high watermark: every id up to it has been read or was made by us."""
        return int(self._db.execute("SELECT tail FROM place WHERE place = ?", (place,)).fetchone()[0])

    def raise_high_watermark(self, place: str, last: int) -> None:
        """Raise it to `last`, if that is higher."""
        self._db.execute("UPDATE place SET tail = max(tail, ?) WHERE place = ?", (last, place))

    # Entries ------------------------------------------------------------------------------

    def entry(self, place: str, key: str) -> Entry | None:
        """What is known under a key."""
        row = self._row("SELECT id, person, removed FROM entry WHERE place = ? AND key = ?", place, key)
        if row is None:
            return Entry(0, None, removed=True) if self.tombstones.has(place, key) else None
        return Entry(row[0], row[1], row[2] is not None, self.findings.is_noted(place, row[0]))

    def knows(self, place: str, key: str) -> bool:
        """Whether a key is known, of something removed too."""
        return self.entry(place, key) is not None

    def key_of(self, place: str, entry_id: int) -> str | None:
        """The key under which an id is known."""
        row = self._row("SELECT key FROM entry WHERE place = ? AND id = ?", place, entry_id)
        return str(row[0]) if row else None

    def keys_below(self, place: str, key: str) -> list[str]:
        """Keys whose first parts are this key, of what was not removed."""
        query = "SELECT key FROM entry WHERE place = ? AND key > ? AND key < ? AND removed IS NULL"
        after = chr(ord(":") + 1)
        return [row[0] for row in self._db.execute(query, (place, f"{key}:", key + after))]

    def count(self, place: str) -> int:
        """How many are known in a place."""
        return int(self._db.execute("SELECT count(*) FROM entry WHERE place = ?", (place,)).fetchone()[0])

    def know_entry(self, place: str, key: str, entry_id: int, person: str | None = None) -> bool:
        """Note the id of a key. That settles its write-ahead entry.

        Returns:
            False where the key is known under another id: two things have it, the first one stays ours.
        """
        self._db.execute("DELETE FROM intent WHERE place = ? AND key = ?", (place, key))
        self._db.execute(
            "INSERT INTO entry (place, key, id, person) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE "
            "SET id = excluded.id, person = excluded.person, removed = NULL WHERE removed IS NOT NULL",
            (place, key, entry_id, person),
        )
        self._db.execute(
            "UPDATE entry SET person = ? WHERE place = ? AND key = ? AND id = ? AND person IS NULL",
            (person, place, key, entry_id),
        )
        self.tombstones.lift(place, key)
        known = self.entry(place, key)
        if known is not None and known.id != entry_id:
            self.scan.note_duplicate_key(place, key)
        return known is not None and known.id == entry_id

    def move_entry(self, place: str, key: str, entry_id: int) -> None:
        """Note that its key was moved to another id by hand; what it holds there is not known."""
        self._db.execute("UPDATE entry SET id = ? WHERE place = ? AND key = ?", (entry_id, place, key))
        self._db.execute("DELETE FROM twin WHERE place = ? AND key = ?", (place, key))
        self.mark_unconfirmed(place, key)

    def mark_removed(self, place: str, key: str, when: str) -> None:
        """Note that it was found removed in Copernica: it is left alone from now on."""
        self.tombstones.add(place, key, when)
        with self.transaction():
            self._db.execute("UPDATE entry SET removed = ? WHERE place = ? AND key = ?", (when, place, key))
            self._clear_maybe_gone(place, key)
            self.addresses.note_removed(place, key)

    def forget(self, place: str, key: str, below: Iterable[str]) -> None:
        """Forget what was removed, with what stood under it, so that it is made anew.

        Args:
            place: Where it was.
            key: Its key.
            below: Of a profile: the collections of its database.
        """
        gone, query = [(place, key)], "SELECT key FROM entry WHERE place = ? AND person = ?"
        with self.transaction():
            for collection in below:
                rows = self._db.execute(query, (collection, key)).fetchall()
                gone += [(collection, row[0]) for row in rows]
            for one in gone:
                self._clear_maybe_gone(*one)
                for table in ("fragment", "consent_profile", "entry"):
                    self._db.execute(f"DELETE FROM {table} WHERE place = ? AND key = ?", one)  # noqa: S608 - ours
        for one in gone:
            self.tombstones.lift(*one)

    def _clear_maybe_gone(self, place: str, key: str) -> None:
        if (entry := self.entry(place, key)) is not None:
            self.findings.drop(place, entry.id)

    # Fragments ----------------------------------------------------------------------------

    def digest(self, text: str) -> bytes:
        """A keyed hash of a text: it tells whether something changed, and nothing else."""
        return hashlib.blake2b(
            text.encode("utf-8", "surrogatepass"), key=self._secret, digest_size=DIGEST_SIZE
        ).digest()

    def parts(self, place: str, key: str, stream: str) -> tuple[Part, ...]:
        """What a stream wrote to an entry, oldest version first: in the ordinary case one part."""
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM fragment WHERE place = ? AND key = ? AND stream = ?",  # noqa: S608 - ours
            (place, key, stream),
        )
        return tuple([self._rows.part(*row) for row in rows])

    def remember(self, place: str, key: str, stream: str, parts: Sequence[Part]) -> None:
        """Note what a stream wrote, instead of what was remembered of it."""
        self._db.execute(
            "DELETE FROM fragment WHERE place = ? AND key = ? AND stream = ? AND part >= ?",
            (place, key, stream, len(parts)),
        )
        self._db.executemany(
            "INSERT OR REPLACE INTO fragment VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(place, key, stream, number, *self._rows.row(part)) for number, part in enumerate(parts)],
        )

    def all_parts(self, place: str, key: str) -> dict[str, tuple[Part, ...]]:
        """What all streams wrote to an entry, by stream."""
        rows = self._db.execute(
            f"SELECT stream, {COLUMNS} FROM fragment WHERE place = ? AND key = ?",  # noqa: S608 - ours
            (place, key),
        )
        found: dict[str, tuple[Part, ...]] = {}
        for stream, *row in rows.fetchall():
            found[stream] = (*found.get(stream, ()), self._rows.part(*row))
        return found

    def mark_unconfirmed(self, place: str, key: str) -> None:
        """Note that what was written to an entry may not be there any more."""
        for stream, parts in self.all_parts(place, key).items():
            self.remember(place, key, stream, [part.unconfirmed() for part in parts])
            if stream == SHARED_STREAM:  # no record brings it again
                self.addresses.make_due(place, key)

    def seen(self, stream: str, key: str) -> None:
        """Note that the complete list of a stream that is being read has this key."""
        self._db.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (stream, key))

    def unseen(self, place: str, stream: str) -> list[str]:
        """Keys of a stream that a complete list no longer has."""
        query = (
            "SELECT DISTINCT key FROM fragment WHERE place = ? AND stream = ? "
            "AND key NOT IN (SELECT key FROM seen WHERE stream = ?)"
        )
        return [row[0] for row in self._db.execute(query, (place, stream, stream))]

    # What waits, and what was under way -----------------------------------------------------

    def wait(
        self,
        place: str,
        key: str,
        stream: str,
        person: tuple[str, str] | None,
        fragments: Sequence[dict[str, Any]],
    ) -> None:
        """Keep the fragments of a stream until what they belong to is made, instead of those kept before."""
        person_place, person_key = person or (None, None)
        self._db.execute(
            "INSERT OR REPLACE INTO waiting VALUES (?, ?, ?, ?, ?, ?)",
            (place, key, stream, person_place, person_key, json.dumps(fragments)),
        )

    def waiting_for(self, place: str, key: str) -> list[tuple[str, dict[str, Any]]]:
        """Fragments (with their place) that wait for this entry, or for this profile above them."""
        rows = self._db.execute(
            "SELECT place, fragment FROM waiting WHERE place = ? AND key = ? UNION ALL "
            "SELECT place, fragment FROM waiting WHERE person_place = ? AND person_key = ?",
            (place, key, place, key),
        )
        return _each_fragment(rows)

    def waiting_of(self, place: str, key: str, stream: str) -> list[dict[str, Any]]:
        """What a stream has waiting for this entry, oldest version first."""
        query = "SELECT place, fragment FROM waiting WHERE place = ? AND key = ? AND stream = ?"
        rows = self._db.execute(query, (place, key, stream))
        return [body for _, body in _each_fragment(rows)]

    def waiting_in_vain(self) -> list[tuple[str, dict[str, Any]]]:
        """Fragments (with their place) that wait although what they need is known by now, or may be made."""
        rows = self._db.execute(
            "SELECT place, fragment FROM waiting WHERE EXISTS (SELECT 1 FROM entry WHERE entry.place = "
            "waiting.place AND entry.key = waiting.key) OR EXISTS (SELECT 1 FROM entry WHERE entry.place = "
            "waiting.person_place AND entry.key = waiting.person_key) OR (person_place IS NULL AND "
            "json_extract(fragment, '$[0].creates'))"
        )
        return _each_fragment(rows)

    def stop_waiting_for(self, place: str, key: str) -> None:
        """Drop what waits for this entry, or for it as the profile above: it is gone at the source."""
        self._db.execute(
            "DELETE FROM waiting WHERE (place = ? AND key = ?) OR (person_place = ? AND person_key = ?)",
            (place, key, place, key),
        )

    def stop_waiting(self, place: str, key: str, stream: str) -> None:
        """Drop what a stream has waiting for this entry: it was written."""
        statement = "DELETE FROM waiting WHERE place = ? AND key = ? AND stream = ?"
        self._db.execute(statement, (place, key, stream))

    def write_ahead(self, place: str, key: str, now: str) -> None:
        """Note, ahead of the call, that a creation is about to be sent."""
        self._db.execute("INSERT OR REPLACE INTO intent VALUES (?, ?, ?)", (place, key, now))

    def write_ahead_entry(self, place: str, key: str) -> str | None:
        """When a creation of this key was sent, if its answer was not seen."""
        row = self._row("SELECT sent_at FROM intent WHERE place = ? AND key = ?", place, key)
        return str(row[0]) if row else None

    def drop_write_ahead_entry(self, place: str, key: str) -> None:
        """Drop the write-ahead entry: the creation was not carried out."""
        self._db.execute("DELETE FROM intent WHERE place = ? AND key = ?", (place, key))


def _each_fragment(rows: Iterable[tuple[str, str]]) -> list[tuple[str, dict[str, Any]]]:
    return [(place, fragment) for place, fragments in rows for fragment in json.loads(fragments)]
