"""Looks up what is remembered of a pending write, and lets `plan` decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_copernica.account.content import content_digest
from target_copernica.writing.plan import Memory, Parent, plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_copernica.account.structure import Place
    from target_copernica.memory.ledger import Ledger
    from target_copernica.writing.parents import Parents
    from target_copernica.writing.pending import PendingWrite
    from target_copernica.writing.plan import Plan

__all__ = ["Deciding"]


@dataclass(frozen=True, slots=True)
class Deciding:
    """Decides from the ledger.

    Attributes:
        ledger: What is remembered.
        parents: Finds the profile of a subprofile.
        places: All places, by the ledger's names.
    """

    ledger: Ledger
    parents: Parents
    places: Mapping[str, Place]

    def decide(self, place: Place, write: PendingWrite) -> Plan:
        """Decide about one pending write.

        Args:
            place: Where it goes.
            write: What came.
        """
        return plan(write, self._memory(place, write), content_digest(self.ledger, place))

    def _memory(self, place: Place, write: PendingWrite) -> Memory:
        entry = self.ledger.entry(place.code, write.key)
        if entry is not None:
            parts = {stream: self.ledger.parts(place.code, write.key, stream) for stream in write.streams}
            return Memory(entry, parts)
        if place.collection_id is None or not write.creates:
            return Memory()
        profiles = self.places[place.database_code]
        person = self.parents.key(profiles, write)
        return Memory(parent=Parent(profiles.code, person, self.ledger.entry(profiles.code, person)))
