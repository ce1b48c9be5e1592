"""The dead letters: what was refused, one JSON line each, readable by the owner of the file only.

The file says what is still refused: whole records, and single fields of records. A line goes when a version
that is not older was written well. The content is personal data; it stands in this file so that nothing is
lost, and nowhere else.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec
from singer_sdk.singerlib.json import deserialize_json, serialize_json

from target_copernica.errors import SettingsError, TooManyRejectsError
from target_copernica.memory.files import named, write_all

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from target_copernica.report import Report

__all__ = ["Origin", "Refusal", "Refused", "RejectLimit", "Rejects"]

_WHOLE: Final = ""
"""Stands for the field where a whole record was refused."""

_FEWEST: Final = 100
"""Of fewer records a share says nothing yet."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something was refused.

    Attributes:
        reason: In words, without a value.
        status: HTTP status of Copernica's answer; None where it was never asked.
        call: The kind of call (`POST database/N/profiles`); None likewise.
    """

    reason: str
    status: int | None = None
    call: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Which version of a record something is about, so that an older one never overrides a newer one.

    Attributes:
        version: The record's version as sortable text; None where its stream has none.
        arrival: Its number within this run; 0 for what an earlier run left.
    """

    version: str | None = None
    arrival: int = 0

    def is_older_than(self, other: Origin) -> bool:
        """Whether the other one overrides this one: by version, and by arrival where versions cannot tell."""
        if self.version is None or other.version is None or self.version == other.version:
            return self.arrival < other.arrival
        return self.version < other.version


@dataclass(frozen=True, slots=True)
class Refused:
    """What was refused, with all that is needed to try again.

    Attributes:
        content: The tap's record, or what the mapping made of it.
        form: Which of the two.
        origin: Its version.
        fields: The fields that it would have filled.
    """

    content: dict[str, Any]
    form: Literal["record", "fragment"] = "record"
    origin: Origin = Origin()
    fields: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class _OpenEntry:
    """A line of the file that still holds.

    Attributes:
        number: Its number in the file.
        reason: Why.
        origin: The version that was refused.
        fields: Of a whole record: the fields that it would have filled; none where that is not known.
    """

    number: int
    reason: str
    origin: Origin
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class RejectLimit:
    """How many refused records a run allows.

    Attributes:
        most: From 1 on their number, below 1 their share of the records read, 0 for none.
        report: Counts them.
        path: Where they stand, for the message.
    """

    most: float
    report: Report
    path: Path

    def check(self, *, end: bool = False) -> None:
        """Compare.

        Args:
            end: Whether all records have been read: a share of a few counts then, too.

        Raises:
            TooManyRejectsError: There are too many.
        """
        rejected, read = self.report.total("rejected"), self.report.total("read")
        share = 0 < self.most < 1
        if share and read < _FEWEST and not end:
            return
        if rejected > (self.most * read if share else self.most):
            limit = f"{self.most:.0%} of the records" if share else f"{self.most:.0f} records"
            raise TooManyRejectsError(
                f"more than {limit} were refused (setting max_rejects): {rejected} of {read}; each stands "
                f"with its reason in {self.path}; then `target-copernica replay` sends them again"
            )


class Rejects:
    """The rejects file.

    Args:
        path: JSON lines; made with mode 0600 when the first one comes.
        now: The server's time.

    Raises:
        SettingsError: A line of the file was not written by this program.
    """

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        self.path = path
        self._now = now
        self._handle: int | None = None
        self._open: dict[tuple[str, str], dict[str, dict[int, _OpenEntry]]] = {}
        self._where: dict[int, tuple[tuple[str, str], str]] = {}
        self._closed: set[int] = set()
        self._last = 0
        self.run = 0
        for entry in self._lines():
            self._know(entry)
        if self._closed or self._is_cut():
            self._compact()

    def record(self, stream: str, key: str | None, refusal: Refusal, refused: Refused) -> None:
        """Note a record that cannot be written: in the file when this returns, durable after `flush`.

        It replaces older refusals of the same key that have no other fields; others stay, since each may hold
        what no other record holds.

        Args:
            stream: Its stream.
            key: Its key in Copernica, where it has one.
            refusal: Why.
            refused: What.
        """
        if key is not None:
            self._close_covered(stream, key, refused.origin, refused.fields)
        self._write(
            {
                "kind": "record",
                "stream": stream,
                "key": key,
                "reason": refusal.reason,
                "status": refusal.status,
                "request": refusal.call,
                "version": refused.origin.version,
                "fields": sorted(refused.fields),
                "form": refused.form,
                "content": refused.content,
            },
            refused.origin,
        )

    def field(self, stream: str, key: str, field: str, reason: str, origin: Origin = Origin()) -> bool:
        """Note a value that was left out; the rest of its record was written.

        Returns:
            Whether it is new: neither refused before for this reason nor overridden by a newer version.
        """
        entries = self._of(stream, key, field)
        if any(origin.is_older_than(entry.origin) for entry in entries):
            return False
        for entry in entries:
            if entry.reason == reason and entry.origin.version == origin.version:
                self._open[stream, key][field][entry.number] = replace(entry, origin=origin)
                return False
        self._write(
            {
                "kind": "field",
                "stream": stream,
                "key": key,
                "field": field,
                "reason": reason,
                "version": origin.version,
            },
            origin,
        )
        for entry in entries:
            self.drop(entry.number)
        return reason not in [entry.reason for entry in entries]

    def good(self, stream: str, key: str, fields: Iterable[str], origin: Origin = Origin()) -> None:
        """Close the earlier refusals of a version that was written, and those of older versions.

        A newer refusal stays, and so does a whole record that has a field which this version does not fill.

        Args:
            stream: Its stream.
            key: Its key.
            fields: Those with a good value.
            origin: The version.
        """
        if (stream, key) in self._open:
            filled = list(fields)
            self._close_covered(stream, key, origin, filled)
            for field in filled:
                for entry in self._of(stream, key, field):
                    if not origin.is_older_than(entry.origin):
                        self.drop(entry.number)

    def holds(self, stream: str, key: str) -> bool:
        """Whether anything of this key is still refused."""
        return any(self._open.get((stream, key), {}).values())

    def _close_covered(self, stream: str, key: str, origin: Origin, filled: Collection[str]) -> None:
        """Drop whole records that are not newer than this version, and have no field that it has not."""
        for entry in self._of(stream, key, _WHOLE):
            if entry.fields.issubset(filled) and not origin.is_older_than(entry.origin):
                self.drop(entry.number)

    def _of(self, stream: str, key: str, field: str) -> list[_OpenEntry]:
        return list(self._open.get((stream, key), {}).get(field, {}).values())

    def drop(self, number: int) -> None:
        """Close an entry."""
        self._write({"kind": "closed", "number": number})

    def records(self) -> Iterator[dict[str, Any]]:
        """Entries of records that are still refused, in order."""
        for entry in self._lines():
            if entry["kind"] == "record" and entry["number"] not in self._closed:
                yield entry

    def number_of_fields(self) -> int:
        """How many fields are refused of records that were written."""
        fields = (item for thing in self._open.values() for item in thing.items())
        return sum(len(entries) for field, entries in fields if field != _WHOLE)

    def purge(self, is_of: Callable[[dict[str, Any]], bool]) -> int:
        """Take out all that is of some people; the file holds nothing of it when this returns.

        Args:
            is_of: Whether an entry is.

        Returns:
            How many entries there were.
        """
        numbers = [
            entry["number"]
            for entry in self._lines()
            if entry["kind"] != "closed" and entry["number"] not in self._closed and is_of(entry)
        ]
        for number in numbers:
            self.drop(number)
        self.close()
        return len(numbers)

    def flush(self) -> None:
        """Make it durable: before a STATE that counts on it leaves."""
        if self._handle is not None:
            with named(self.path):
                os.fsync(self._handle)

    def close(self) -> None:
        """Leave in the file what is still refused, and nothing else."""
        if self._handle is not None:
            handle, self._handle = self._handle, None
            with named(self.path):
                try:
                    os.fsync(handle)
                finally:
                    os.close(handle)
        if self._closed:
            self._compact()

    def _write(self, entry: dict[str, Any], origin: Origin = Origin()) -> None:
        if entry["kind"] != "closed":
            time = self._now().isoformat(timespec="seconds")
            entry = {"number": self._last + 1, "time": time, "run": self.run, **entry}
        with named(self.path):
            if self._handle is None:
                flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
                self._handle = os.open(self.path, flags, 0o600)
            write_all(self._handle, (serialize_json(entry) + "\n").encode())
        self._know(entry, origin.arrival)

    def _know(self, entry: dict[str, Any], arrival: int = 0) -> None:
        number = entry["number"]
        if entry["kind"] == "closed":
            self._closed.add(number)
            if (where := self._where.pop(number, None)) is not None:
                del self._open[where[0]][where[1]][number]
            return
        self._last = max(self._last, number)
        if entry["key"] is not None:
            thing, field = (entry["stream"], entry["key"]), entry.get("field", _WHOLE)
            known = self._open.setdefault(thing, {}).setdefault(field, {})
            if "version" not in entry:  # a line of version 0.1, where the last one of a key held
                self._closed.update(known)
                known.clear()
            origin = Origin(entry.get("version"), arrival)
            known[number] = _OpenEntry(number, entry["reason"], origin, frozenset(entry.get("fields", ())))
            self._where[number] = (thing, field)

    def _lines(self) -> Iterator[dict[str, Any]]:
        with named(self.path):
            if not self.path.exists():
                return
            with self.path.open("rb") as file:
                for number, line in enumerate(file, start=1):
                    if not line.endswith(b"\n"):
                        return  # cut off by a kill: no STATE counted on it
                    if (entry := _entry(line)) is None:
                        raise SettingsError(
                            f"{self.path}, line {number}: not written by this program; move the file away"
                        )
                    yield entry

    def _is_cut(self) -> bool:
        """Whether a kill left half a line, to which nothing may be added."""
        with named(self.path):
            if not self.path.exists() or not self.path.stat().st_size:
                return False
            with self.path.open("rb") as file:
                file.seek(-1, os.SEEK_END)
                return file.read() != b"\n"

    def _compact(self) -> None:
        """Write the file anew; a kill meanwhile leaves the old one."""
        beside = self.path.with_suffix(".new")
        with named(beside):
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                for entry in self._lines():
                    if entry["kind"] != "closed" and entry["number"] not in self._closed:
                        file.write(serialize_json(entry) + "\n")
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.path)
        self._closed.clear()


class _Line(msgspec.Struct):
    """What a line may hold, by type; lines of version 0.1 lack some of it."""

    number: int
    kind: Literal["record", "field", "closed"]
    stream: str = ""
    key: str | None = None
    reason: str = ""
    field: str = ""
    version: str | None = None
    fields: list[str] = []
    form: Literal["record", "fragment"] = "record"
    content: dict[str, Any] = {}


def _entry(line: bytes) -> dict[str, Any] | None:
    """The entry in a line of the file; None where it was not written by this program."""
    try:
        entry: dict[str, Any] = deserialize_json(line.decode())
        if msgspec.convert(entry, _Line).kind != "closed":
            _ = entry["stream"], entry["key"], entry["reason"]
    except (ValueError, KeyError, TypeError, RecursionError, msgspec.ValidationError):
        return None
    return entry
