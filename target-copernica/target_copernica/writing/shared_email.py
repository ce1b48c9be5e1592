"""Profiles that share an address: all are marked, so that a campaign can leave some of them out.

The mark is the target's own, from no record. It is always history.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_copernica.account.content import content_of
from target_copernica.account.structure import SHARED
from target_copernica.mapping.model import Fragment
from target_copernica.memory.addresses import SHARED_STREAM

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_copernica.account.structure import Place
    from target_copernica.memory.ledger import Ledger

__all__ = ["SharedEmails"]


class SharedEmails:
    """Tells which profiles are to be marked anew.

    Args:
        ledger: Notes which profiles are due when addresses change.
        fields: Name of the field of the mark, by database.
    """

    def __init__(self, ledger: Ledger, fields: Mapping[str, str]) -> None:
        self._ledger = ledger
        self._fields = fields
        self._told: set[tuple[str, str, bool]] = set()

    def due(self, place: Place) -> list[Fragment]:
        """What is to be written in a database.

        Args:
            place: The database.

        Returns:
            A fragment for each profile whose mark is wrong; once in a run, also if it is refused then.
        """
        name = self._fields.get(place.code)
        if name is None:
            return []
        wrong: list[Fragment] = []
        with self._ledger.transaction():
            for key, shared in self._ledger.addresses.due(place.code):
                if self._is_marked(place, key, name) == shared:
                    self._ledger.addresses.done(place.code, key)
                elif (place.code, key, shared) not in self._told:
                    self._told.add((place.code, key, shared))
                    wrong.append(Fragment(SHARED_STREAM, key, {name: SHARED if shared else ""}))
        return wrong

    def _is_marked(self, place: Place, key: str, name: str) -> bool | None:
        """Whether the mark says that the address is shared; None where that is not known."""
        parts = self._ledger.parts(place.code, key, SHARED_STREAM)
        if not parts:
            return False
        told = {mark: self._ledger.digest(content_of(place, {name: mark})) for mark in (SHARED, "")}
        if parts[-1].digest not in told.values():
            return None
        return parts[-1].digest == told[SHARED]
