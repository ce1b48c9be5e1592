"""What a record with `_sdc_deleted_at` does: nothing, a mark, or a deletion by id, with a cap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from msgspec.structs import replace

from target_copernica.account.persons import Subject
from target_copernica.errors import TooManyRejectsError
from target_copernica.mapping.model import FieldMap, Fragment
from target_copernica.mapping.values import Column, empty_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_copernica.account.structure import Place
    from target_copernica.mapping.model import StreamMap
    from target_copernica.memory.ledger import Entry, Ledger
    from target_copernica.writing.erasing import Erasing
    from target_copernica.writing.execute import Executor

__all__ = ["DELETED_AT", "Deletions", "Policy", "flagged", "policy_of", "withdrawn"]

Policy = Literal["ignore", "flag", "delete", "forget"]
"""What becomes of what is gone at the source."""

DELETED_AT: Final = "_sdc_deleted_at"
"""The property by which Singer taps say that something is gone at the source."""

_FLAG: Final = "deleted_at"


def policy_of(
    stream: StreamMap,
    deletes: Literal["ignore", "flag", "delete"],
    on_shop_deletion: Literal["keep", "flag", "forget"] | None,
) -> Policy:
    """What becomes of what is gone at the source.

    Args:
        stream: Its mapping.
        deletes: The setting, for everything.
        on_shop_deletion: The setting for people: those whom a stream with an e-mail address makes; None where
            they are as everything else.
    """
    of_people = stream.place.collection is None and stream.place.creates
    if on_shop_deletion is None or not of_people:
        return deletes
    if not any(entry.column.type == "email" for entry in stream.fields):
        return deletes
    return "ignore" if on_shop_deletion == "keep" else on_shop_deletion


def flagged(stream: StreamMap) -> StreamMap:
    """A mapping that says in a field when something was deleted at the source.

    Args:
        stream: A mapping; one of a stream that creates nothing stays as it is, as one with such a field.
    """
    if not stream.place.creates or any(entry.name.lower() == _FLAG for entry in stream.fields):
        return stream
    flag = FieldMap(_FLAG, Column("empty_datetime"), ((DELETED_AT,),))
    return replace(stream, fields=(*stream.fields, flag))


def withdrawn(stream: StreamMap, fragment: Fragment) -> Fragment:
    """What is written when a stream that creates nothing says that its record is gone: all its fields, empty.

    Args:
        stream: Its mapping.
        fragment: What the record says.
    """
    fields = {entry.name: empty_value(entry.column.type) for entry in stream.fields}
    return Fragment(
        stream.stream,
        fragment.key,
        fields,
        version=fragment.version,
        vanished=True,
        arrival=fragment.arrival,
    )


@dataclass(slots=True)
class Deletions:
    """Deletes profiles and subprofiles that are known, by their ids.

    Attributes:
        executor: Deletes.
        ledger: Forgets what was deleted.
        most: So many in one run.
        erasing: Forgets people.
        done: So many were deleted.
    """

    executor: Executor
    ledger: Ledger
    most: int
    erasing: Erasing | None = None
    done: int = 0

    def delete(self, place: Place, fragment: Fragment, entry: Entry, below: Sequence[str]) -> bool:
        """Delete what a record stood for. If it comes again it is made anew.

        Args:
            place: Where it is.
            fragment: The record.
            entry: What is known of it.
            below: Of a profile: the collections of its database, in the ledger's words.

        Returns:
            Whether it is deleted; else Copernica does not know it, and a later run asks again.

        Raises:
            TooManyRejectsError: It is one too many.
        """
        self._count(fragment)
        return self._delete(place, fragment.key, entry.id, below)

    def forget(self, place: Place, fragment: Fragment) -> None:
        """Forget the person whom a record stood for, for good.

        Args:
            place: The database.
            fragment: The record.

        Raises:
            TooManyRejectsError: It is one too many.
            NotAllowedError: Copernica goes on showing what it says that it removed.
        """
        if self.erasing is None or self.erasing.is_done(place, fragment.key):
            return
        self._count(fragment)
        subject = Subject(fragment.key)
        self.erasing.forget(subject, self.erasing.find(subject))

    def _count(self, fragment: Fragment) -> None:
        if self.done >= self.most:
            raise TooManyRejectsError(
                f"stream {fragment.stream} deletes more than {self.most} (setting max_deletes); if that is "
                "meant, raise it for one run"
            )
        self.done += 1

    def settle(self, place: Place) -> None:
        """Delete what earlier runs should have deleted and did not find."""
        for one in self.ledger.findings.to_ask_again(place.code):
            if one.below is not None:
                self._delete(place, one.key, one.id, one.below)

    def _delete(self, place: Place, key: str, entry_id: int, below: Sequence[str]) -> bool:
        is_deleted = self.executor.delete(place, key, entry_id, below)
        if is_deleted:
            self.ledger.forget(place.code, key, below)
        return is_deleted
