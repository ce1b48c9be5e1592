"""Unmanaged profiles: one that alone has a customer's address becomes that customer.

Only our key is written to such a profile here; the fields of the mapping follow as to any other profile,
and fields that no mapping names, such as an opt-out, are never touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_copernica.account.presence import Standing, key_in
from target_copernica.mapping.keys import fold_email

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_copernica.account.presence import Presence
    from target_copernica.account.readback import Readback
    from target_copernica.account.structure import Place
    from target_copernica.writing.execute import Executor
    from target_copernica.writing.pending import PendingWrite

__all__ = ["Adoption"]


class Adoption:
    """Gives our key to unmanaged profiles.

    Args:
        executor: Writes the keys.
        readback: Reads who is there.
        presence: Asks whether one is still there.
    """

    def __init__(self, executor: Executor, readback: Readback, presence: Presence) -> None:
        self._executor = executor
        self._readback = readback
        self._presence = presence
        self._ledger = presence.ledger
        self._log = presence.log
        self._fresh: set[str] = set()  # databases whose unmanaged profiles were read in this run

    def adopt(self, profiles: Place, writes: Iterable[PendingWrite]) -> set[str]:
        """Before profiles are made: a profile that is alone with the address gets the key.

        Args:
            profiles: A database.
            writes: Profiles that may be about to be made.

        Returns:
            Keys that must wait for the next run: it is in doubt whether the profile is still there.

        Raises:
            RefusedError: Copernica does not let the key be written.
        """
        field = profiles.email_field
        in_doubt: set[str] = set()
        if field is None:
            return in_doubt
        adopted = shared = 0
        for write in writes:
            address = fold_email(write.fields().get(field))
            if address is None or not write.creates or self._is_known(profiles, write):
                continue
            ids = self._ledger.unmanaged.ids(profiles.code, address)
            shared += len(ids) > 1
            if len(ids) == 1:
                adopted += self._give_key(profiles, ids[0], write.key, address, field)
                if self._ledger.findings.is_noted(profiles.code, ids[0]):
                    in_doubt.add(write.key)
        if adopted or shared:
            self._log.info(
                "%s: %d people who were there before were adopted; %d others have an address that more "
                "than one of them has, and are added beside",
                profiles.name,
                adopted,
                shared,
            )
        return in_doubt

    def _is_known(self, profiles: Place, write: PendingWrite) -> bool:
        if self._ledger.entry(profiles.code, write.key) is not None:
            return True
        if self._ledger.unmanaged.known(profiles.code):
            return False
        self._read(profiles)
        return self._ledger.entry(profiles.code, write.key) is not None

    def _read(self, profiles: Place) -> None:
        field = str(profiles.email_field)
        for page in self._readback.full_scan(profiles):
            with self._ledger.transaction():
                for key, thing in page:
                    ours = key is not None or self._ledger.key_of(profiles.code, thing.id) is not None
                    if not ours and (address := fold_email(thing.fields.get(field))):
                        self._ledger.unmanaged.note(profiles.code, thing.id, address)
        self._ledger.unmanaged.note_read(profiles.code)
        self._fresh.add(profiles.code)

    def _give_key(self, profiles: Place, profile_id: int, key: str, address: str, field: str) -> bool:
        given = self._still_the_same(profiles, profile_id, key, address, field)
        if given:
            given = self._executor.give_key(profiles, profile_id, key)
        if self._ledger.findings.is_noted(profiles.code, profile_id):
            return False
        with self._ledger.transaction():
            if given:
                self._ledger.know_entry(profiles.code, key, profile_id)
                self._ledger.addresses.note(profiles.code, key, address)
            self._ledger.unmanaged.drop(profiles.code, profile_id)
        return given

    def _still_the_same(self, profiles: Place, profile_id: int, key: str, address: str, field: str) -> bool:
        """Whether a profile that an earlier run read is still there, without a key, at that address."""
        if profiles.code in self._fresh:
            return True
        standing, shown = self._presence.look(profiles, profile_id)
        address_now = next((value for name, value in shown.items() if name.lower() == field.lower()), None)
        return (
            standing is Standing.THERE and key_in(shown) in ("", key) and fold_email(address_now) == address
        )
