"""The profile that a subprofile belongs to, and the stub it is made from if it is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_copernica.errors import SettingsError
from target_copernica.mapping.model import Fragment
from target_copernica.writing.pending import STUB, PendingWrite

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_copernica.account.structure import Place
    from target_copernica.memory.ledger import Ledger

__all__ = ["Parents"]


class Parents:
    """Finds the profile of a subprofile.

    Args:
        ledger: Knows the profiles.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def key(self, profiles: Place, write: PendingWrite) -> str:
        """Key of the profile that a subprofile belongs to.

        Args:
            profiles: The database.
            write: The subprofile.

        Raises:
            SettingsError: The mapping does not say.
        """
        person = write.person
        if person is None:
            raise SettingsError(
                f"{write.place.name}: a stream creates subprofiles without naming their profile"
            )
        if person.email is not None:
            keys = self._ledger.addresses.keys(profiles.code, person.email)
            if len(keys) == 1:
                return keys[0]
        return person.key

    def stubs(self, profiles: Place, orphans: Iterable[PendingWrite]) -> list[PendingWrite]:
        """Profiles to be made, of what their new subprofiles know of them.

        Args:
            profiles: The database.
            orphans: Subprofiles that are to be made.
        """
        stubs: dict[str, PendingWrite] = {}
        for write in orphans:
            person = write.person
            if person is None or person.stub is None:
                continue
            key = self.key(profiles, write)
            if self._ledger.entry(profiles.code, key) is None:
                stub = stubs.setdefault(key, PendingWrite(profiles, key, write.since))
                # An order does not say how old a customer is; a person without an id is first seen with it.
                stub.live = stub.live or (write.live and person.email is not None)
                if STUB not in stub.fragments:
                    stub.add(Fragment(STUB, key, dict(person.stub), creates=True))
        return list(stubs.values())
