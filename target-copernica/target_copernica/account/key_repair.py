"""Keys that were emptied or changed by hand: restored by id, since imports find people by their keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_copernica.account.presence import Standing, key_in, means_gone, path_of
from target_copernica.errors import RefusedError
from target_copernica.mapping.keys import KEY_FIELD

if TYPE_CHECKING:
    from target_copernica.account.presence import Presence
    from target_copernica.account.structure import Place

__all__ = ["KeyRepair"]


@dataclass(frozen=True, slots=True)
class KeyRepair:
    """Gives back our keys: two calls for each, of which there are few.

    Attributes:
        presence: Asks whether something is still there.
    """

    presence: Presence

    def restore(self, place: Place) -> list[str]:
        """Restore what was found lost in a place.

        Returns:
            The keys; those that Copernica does not let be written stay lost.
        """
        restored = []
        ledger = self.presence.ledger
        for key in ledger.findings.lost_keys(place.code):
            entry = ledger.entry(place.code, key)
            if entry is not None and entry.in_doubt:
                continue
            if entry is not None and not entry.removed and not self._is_restored(place, key, entry.id):
                continue
            ledger.findings.clear_lost_key(place.code, key)
            restored.append(key)
        return restored

    def _is_restored(self, place: Place, key: str, entry_id: int) -> bool:
        ledger, log = self.presence.ledger, self.presence.log
        others = self._ids_with(place, key)
        if entry_id in others:
            return True
        unknown = [one for one in others if ledger.key_of(place.code, one) is None]
        if unknown:
            ledger.move_entry(place.code, key, unknown[0])
            if len(unknown) > 1:
                ledger.scan.note_duplicate_key(place.code, key)
            log.warning(
                "%s: the key %s was moved from id %d to id %d by hand; from now on that one is written",
                place.name,
                key,
                entry_id,
                unknown[0],
            )
            return True
        try:
            self.presence.client.put(f"{path_of(place, entry_id)}/fields", {KEY_FIELD: key})
        except RefusedError as error:
            if means_gone(error):
                return self.presence.conclude(place, key, entry_id) is Standing.GONE
            log.warning("%s: the key %s cannot be restored: %s", place.name, key, error)
            return False
        log.warning(
            "%s: id %d had lost its key %s (emptied or changed by hand); it was restored",
            place.name,
            entry_id,
            key,
        )
        return True

    def _ids_with(self, place: Place, key: str) -> list[int]:
        """Ids of what has a key now. Copernica may ignore the condition, so each answer's key is checked."""
        answer = self.presence.client.get(
            place.list_path,
            [("fields[]", f"{KEY_FIELD}=={key}"), ("orderby", "id"), ("limit", "10"), ("total", "false")],
        )
        return [int(row["ID"]) for row in answer["data"] if key_in(row["fields"]) == key]
