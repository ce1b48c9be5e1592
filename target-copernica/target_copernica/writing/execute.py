"""What carries plans out: in Copernica, or (in a dry run) only as far as the ledger's copy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from target_copernica.account.readback import means_gone
from target_copernica.errors import RefusedError
from target_copernica.mapping.keys import KEY_FIELD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_copernica.account.structure import Place
    from target_copernica.api.client import Client
    from target_copernica.writing.by_call import Sent, SingleWrite, SingleWrites
    from target_copernica.writing.by_import import ImportRow, Imports

__all__ = ["Executor", "InCopernica"]


class Executor(Protocol):
    """All that the writer asks to be changed."""

    def settle_imports(self, places: Sequence[Place]) -> None:
        """Wait for the end of imports of an earlier run into a database and its collections."""

    def write_singly(self, place: Place, writes: Sequence[SingleWrite]) -> Iterator[Sent]:
        """Carry writes out by one call for each; see `SingleWrites.write`."""

    def write_import(self, place: Place, rows: Sequence[ImportRow], *, followups: bool) -> list[ImportRow]:
        """Carry writes out by imports; see `Imports.write`."""

    def give_key(self, profile_id: int, key: str) -> bool:
        """Write our key to a profile that was there before us; False where it is not there any more."""

    def delete(self, place: Place, entry_id: int) -> None:
        """Delete a profile or subprofile; that it is gone already is as good."""

    def see_that_calls_work(self) -> None:
        """Raise what is wrong with all calls, if it is not the one call that was refused."""


@dataclass(frozen=True, slots=True)
class InCopernica:
    """Calls Copernica.

    Attributes:
        client: The account.
        single: Writes by one call for each.
        imports: Writes by imports.
    """

    client: Client
    single: SingleWrites
    imports: Imports

    def settle_imports(self, places: Sequence[Place]) -> None:
        """As `Executor` says."""
        self.imports.settle(places)

    def write_singly(self, place: Place, writes: Sequence[SingleWrite]) -> Iterator[Sent]:
        """As `Executor` says."""
        return self.single.write(place, writes)

    def write_import(self, place: Place, rows: Sequence[ImportRow], *, followups: bool) -> list[ImportRow]:
        """As `Executor` says."""
        return self.imports.write(place, rows, followups=followups)

    def give_key(self, profile_id: int, key: str) -> bool:
        """As `Executor` says."""
        try:
            self.client.put(f"profile/{profile_id}/fields", {KEY_FIELD: key})
        except RefusedError as error:
            if not means_gone(error):
                raise
            return False
        return True

    def delete(self, place: Place, entry_id: int) -> None:
        """As `Executor` says."""
        path = "profile" if place.collection_id is None else "subprofile"
        try:
            self.client.delete(f"{path}/{entry_id}")
        except RefusedError as error:
            if not means_gone(error):
                raise

    def see_that_calls_work(self) -> None:
        """As `Executor` says."""
        self.client.get("identity")
