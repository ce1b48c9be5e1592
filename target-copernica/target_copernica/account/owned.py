"""Fields that must be emptied once no record names them any more, also after a lost ledger or a kill.

A list that is read completely empties what it no longer has, and a mark of a shared address goes when the
address is not shared any more. Both need to know what was written. So what is found filled without a note of
it is noted as written with unknown content, and what is about to be written is noted before it is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_copernica.mapping.values import comparable, empty_value
from target_copernica.memory.addresses import SHARED_STREAM
from target_copernica.memory.parts import UNKNOWN, Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_copernica.account.structure import Place
    from target_copernica.memory.ledger import Ledger

__all__ = ["Owned"]


class Owned:
    """Notes what is filled.

    Args:
        ledger: Where it is noted.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._fields: dict[str, dict[str, tuple[str, ...]]] = {}

    def declare(self, place: Place, stream: str, names: Iterable[str]) -> None:
        """A stream owns fields of a place.

        Args:
            place: The place.
            stream: The stream.
            names: The fields, as the mapping calls them.
        """
        there = tuple(place.fields[name.lower()].name for name in names)
        self._fields.setdefault(place.code, {})[stream] = there

    def note(self, place: Place, key: str, fields: Mapping[str, str]) -> None:
        """Something was read: what it holds without a note of it is noted.

        Args:
            place: Where it is.
            key: Its key.
            fields: What it holds.
        """
        there = {name.lower(): value for name, value in fields.items()}
        for stream, names in self._fields.get(place.code, {}).items():
            if any(_is_filled(place, name, there) for name in names):
                self._note(place.code, key, stream)

    def about_to_write(self, place: Place, streams: Mapping[str, Iterable[str]]) -> None:
        """Note what is to be changed before it is sent: a kill may come before it is noted as written.

        What is to be made is not known under an id yet: after a kill it is read, and noted by that.

        Args:
            place: Where.
            streams: The streams of each change, by key.
        """
        owners = self._fields.get(place.code, {})
        due = [(key, stream) for key, names in streams.items() for stream in names if stream in owners]
        if due:
            with self._ledger.transaction():
                for key, stream in due:
                    self._note(place.code, key, stream)

    def _note(self, place: str, key: str, stream: str) -> None:
        if not self._ledger.parts(place, key, stream):
            self._ledger.remember(place, key, stream, [Part(None, self._fields[place][stream], UNKNOWN)])
            if stream == SHARED_STREAM:  # no record brings it
                self._ledger.addresses.make_due(place, key)


def _is_filled(place: Place, name: str, there: Mapping[str, str]) -> bool:
    kind = place.fields[name.lower()].column.type
    value = there.get(name.lower())
    return value is not None and comparable(value, kind) != comparable(empty_value(kind), kind)
