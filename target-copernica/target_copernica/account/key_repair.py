"""Keys that were emptied or changed by hand: restored by id, since imports find people by their keys."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from target_copernica.account.presence import Standing, key_in, means_gone, path_of
from target_copernica.consent.model import EMPTY, rank
from target_copernica.errors import RefusedError, SettingsError
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
        most: So many in a place may be lost in one run (or one in a hundred, if that is more).
        newsletters: Names of the fields that say who may be mailed, by the ledger's names of databases.
    """

    presence: Presence
    most: int
    newsletters: dict[str, str] = field(default_factory=dict)
    _found: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def restore(self, place: Place) -> list[str]:
        """Restore what was found lost in a place.

        Returns:
            The keys; those that Copernica does not let be written stay lost.

        Raises:
            SettingsError: So many are lost that it is rather a mistake.
        """
        restored = []
        ledger = self.presence.ledger
        for key, entry_id in self.lost(place).items():
            if entry_id is None or self._is_restored(place, key, entry_id):
                ledger.findings.clear_lost_key(place.code, key)
                restored.append(key)
        return restored

    def lost(self, place: Place) -> dict[str, int | None]:
        """The keys that are lost in a place, with the ids of what had them; None where that was removed.

        Raises:
            SettingsError: So many are lost that it is rather a mistake.
        """
        ledger = self.presence.ledger
        lost: dict[str, int | None] = {}
        for key in ledger.findings.lost_keys(place.code):
            entry = ledger.entry(place.code, key)
            if entry is None or not entry.in_doubt:  # else a later run knows whether it is there at all
                lost[key] = None if entry is None or entry.removed else entry.id
        self._found[place.code] |= {key for key, entry_id in lost.items() if entry_id is not None}
        if len(self._found[place.code]) > (most := max(self.most, ledger.count(place.code) // 100)):
            raise SettingsError(
                f"{place.name}: {len(self._found[place.code])} have lost their key ({KEY_FIELD} was emptied "
                f"or changed in Copernica), more than the {most} that setting max_tombstones allows: put "
                f"them right there and run `check`, or raise it for one run, which restores them with two "
                f"calls for each"
            )
        return lost

    def _is_restored(self, place: Place, key: str, entry_id: int) -> bool:
        ledger, log = self.presence.ledger, self.presence.log
        others = self._ids_with(place, key)
        if entry_id in others:
            return True
        unknown = [one for one in others if ledger.key_of(place.code, one) is None]
        if unknown:
            if not self._is_left(place, entry_id):
                return False
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

    def _is_left(self, place: Place, entry_id: int) -> bool:
        """Whether a profile without its key is not on the newsletter: an opt-out would not reach it."""
        if (name := self.newsletters.get(place.code)) is None:
            return True
        client, log, path = self.presence.client, self.presence.log, path_of(place, entry_id)
        try:
            if rank(client.get(path)["fields"].get(name, EMPTY)) > rank(EMPTY):
                client.put(f"{path}/fields", {name: EMPTY})
                log.warning(
                    "%s: id %d has no key any more, so its field %s was emptied", place.name, entry_id, name
                )
        except RefusedError as error:
            if not means_gone(error):
                log.warning(
                    "%s: the field %s of id %d cannot be emptied: %s", place.name, name, entry_id, error
                )
                return False
        return True

    def _ids_with(self, place: Place, key: str) -> list[int]:
        """Ids of what has a key now. Copernica may ignore the condition, so each answer's key is checked."""
        answer = self.presence.client.get(
            place.list_path,
            [("fields[]", f"{KEY_FIELD}=={key}"), ("orderby", "id"), ("limit", "10"), ("total", "false")],
        )
        return [int(row["ID"]) for row in answer["data"] if key_in(row["fields"]) == key]
