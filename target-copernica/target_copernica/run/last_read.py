"""Streams of which no list was read: what Copernica has, held against what was read of them last.

Order rows cost the shop a request for each order. The ledger knows what was written of each row, and rows are
read anew whenever their order changes: so what others changed or removed in Copernica is found at the cost of
the pages of the collection alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from target_copernica.account.content import content_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from target_copernica.account.structure import Place
    from target_copernica.mapping.model import StreamMap
    from target_copernica.memory.parts import Part
    from target_copernica.run.workspace import Workspace

__all__ = ["LastRead", "Read"]

_MONTH = len("2026-11")


@dataclass(frozen=True, slots=True)
class Read:
    """What Copernica has of what was read last.

    Attributes:
        stream: The stream that wrote it.
        month: In which it was made; empty where it does not say.
        fields: What stands there.
        is_as_written: Whether that is what was written.
        order: Id of the order that it belongs to; 0 where it does not say.
    """

    stream: str
    month: str
    fields: dict[str, str]
    is_as_written: bool
    order: int


class LastRead:
    """Knows which streams those are.

    Args:
        work: An open workspace, with its places prepared.
        came: Streams of which records came.
        shared: Fields, by place, that several streams write.
    """

    def __init__(self, work: Workspace, came: Collection[str], shared: Collection[tuple[str, str]]) -> None:
        self._work = work
        self._shared = shared
        self._streams: dict[str, dict[str, StreamMap]] = {}
        self.places: dict[str, Place] = {}
        self.names: set[str] = set()
        for stream in work.mapping.streams.values() if work.mapping else ():
            place = work.places[stream.place.database, stream.place.collection]
            if stream.stream not in came and work.ledger.scan.has_written(place.code, stream.stream):
                self._streams.setdefault(place.code, {})[stream.stream] = stream
                self.places[place.code] = place
                self.names.add(stream.stream)

    def streams(self, place: Place) -> Collection[str]:
        """Those of a place."""
        return self._streams.get(place.code, {})

    def read(self, place: Place, key: str, there: Mapping[str, str]) -> Iterator[Read]:
        """What a profile or subprofile holds of them.

        Args:
            place: Where it is.
            key: Its key.
            there: All its fields, by lower-case name.
        """
        streams = self._streams.get(place.code, {})
        if not streams:
            return
        for name, parts in self._work.ledger.all_parts(place.code, key).items():
            if name in streams:
                names = {one for part in parts for one in part.names or () if one.lower() in place.fields}
                read = {one: there.get(one.lower(), "") for one in sorted(names)}
                held = all(self._holds(place, part, there) for part in parts)
                month, order = self._month(streams[name], there), _order(streams[name], there)
                yield Read(name, month, read, held, order)

    def _holds(self, place: Place, part: Part, there: Mapping[str, str]) -> bool:
        """Whether it has what was written; where the ledger cannot tell, it is taken for right."""
        names = part.names or ()
        if not part.written or not names or any((place.code, one.lower()) in self._shared for one in names):
            return True
        read = {
            place.fields[one.lower()].name: there.get(one.lower(), "")
            for one in names
            if one.lower() in place.fields
        }
        return len(read) == len(names) and self._work.ledger.digest(content_of(place, read)) == part.written

    def _month(self, stream: StreamMap, there: Mapping[str, str]) -> str:
        for entry in stream.fields:
            if stream.times.created is not None and stream.times.created in entry.sources:
                try:
                    local = datetime.fromisoformat(there.get(entry.name.lower(), ""))
                except ValueError:
                    return ""
                return local.replace(tzinfo=self._work.zone).astimezone(UTC).isoformat()[:_MONTH]
        return ""


def _order(stream: StreamMap, there: Mapping[str, str]) -> int:
    parent = stream.place.parent
    for entry in stream.fields:
        if parent is not None and parent.order is not None and parent.order in entry.sources:
            text = there.get(entry.name.lower(), "")
            return int(text) if text.isdecimal() else 0
    return 0
