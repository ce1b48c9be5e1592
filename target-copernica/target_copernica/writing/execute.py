"""What carries plans out: in Copernica, or (in a dry run) only as far as the ledger's copy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from target_copernica.account.presence import Standing, means_gone, path_of
from target_copernica.errors import RefusedError
from target_copernica.mapping.keys import KEY_FIELD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from target_copernica.account.presence import Presence
    from target_copernica.account.structure import Place
    from target_copernica.writing.by_call import Sent, SingleWrite, SingleWrites
    from target_copernica.writing.by_import import ImportRow, Imports

__all__ = ["Executor", "InCopernica"]

_TRIES: Final = 2
"""How often a call is made that does not find what is there."""


class Executor(Protocol):
    """All that the writer asks to be changed."""

    def settle_imports(self, places: Sequence[Place]) -> None:
        """Wait for the end of imports of an earlier run into a database and its collections."""

    def write_singly(self, place: Place, writes: Sequence[SingleWrite]) -> Iterator[Sent]:
        """Carry writes out by one call for each; see `SingleWrites.write`."""

    def write_import(self, place: Place, rows: Sequence[ImportRow], *, followups: bool) -> list[ImportRow]:
        """Carry writes out by imports; see `Imports.write`."""

    def give_key(self, profiles: Place, profile_id: int, key: str) -> bool:
        """Write our key to a profile that was there before us; False where it is gone, or in doubt."""

    def delete(self, place: Place, key: str, entry_id: int, below: Iterable[str]) -> bool:
        """Delete a profile or subprofile; fine if it is gone already.

        Returns:
            False where that is in doubt: the ledger notes that it is to be deleted, with what is below it.
        """

    def erase(self, place: Place, entry_id: int) -> bool:
        """Remove a profile or subprofile completely, and read back that it is gone.

        Returns:
            False where it is still there.
        """

    def conclude(self, place: Place, key: str, entry_id: int, *, again: bool) -> None:
        """Conclude from a refusal that something is gone, and note that in the ledger.

        Args:
            place: Where it was.
            key: Its key.
            entry_id: Its id.
            again: Whether it was refused before and was there all the same: it is in doubt then.
        """

    def see_that_calls_work(self) -> None:
        """Raise if all calls fail, and not only the one that was refused."""


@dataclass(frozen=True, slots=True)
class InCopernica:
    """Calls Copernica.

    Attributes:
        presence: Asks whether something is really gone.
        single: Writes by one call for each.
        imports: Writes by imports.
    """

    presence: Presence
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

    def give_key(self, profiles: Place, profile_id: int, key: str) -> bool:
        """As `Executor` says."""
        write = partial(self.presence.client.put, f"{path_of(profiles, profile_id)}/fields", {KEY_FIELD: key})
        return self._carried_out(write, profiles, profile_id) is Standing.THERE

    def delete(self, place: Place, key: str, entry_id: int, below: Iterable[str]) -> bool:
        """As `Executor` says."""
        delete = partial(self.presence.client.delete, path_of(place, entry_id))
        standing = self._carried_out(delete, place, entry_id, key)
        if standing is Standing.IN_DOUBT:
            self.presence.note_maybe_gone(place, entry_id, key, below)
        return standing is not Standing.IN_DOUBT

    def erase(self, place: Place, entry_id: int) -> bool:
        """As `Executor` says."""
        try:
            self.presence.client.delete(path_of(place, entry_id), {"completely": "Yes"})
        except RefusedError as error:
            if not means_gone(error):
                raise
        return self.presence.is_erased(place, entry_id)

    def conclude(self, place: Place, key: str, entry_id: int, *, again: bool) -> None:
        """As `Executor` says."""
        if self.presence.conclude(place, key, entry_id) is Standing.THERE and again:
            self.presence.note_maybe_gone(place, entry_id, key)

    def see_that_calls_work(self) -> None:
        """As `Executor` says."""
        self.presence.client.get("identity")

    def _carried_out(self, call: Callable[[], None], place: Place, entry_id: int, key: str = "") -> Standing:
        """Make a call that names something by its id; `THERE` when it was carried out."""
        for _ in range(_TRIES):
            try:
                call()
            except RefusedError as error:
                if not means_gone(error):
                    raise
                standing = self.presence.standing(place, entry_id, key)
                if standing is not Standing.THERE:
                    return standing
            else:
                return Standing.THERE
        self.presence.note_maybe_gone(place, entry_id, key)
        return Standing.IN_DOUBT
