"""Why a record is not in Copernica as its source has it. Pure, and decided nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Difference", "Reason", "reason_of"]


class Reason(StrEnum):
    """What explains a difference, and what heals it."""

    REMOVED = "removed"
    """It was written and is not there any more: removed in Copernica, and left alone (`on_removed`)."""
    BELOW = "below removed"
    """What it belongs to was removed."""
    REFUSED = "refused"
    """It stands in the rejects file, whole or a field of it: `replay` sends it again."""
    TOO_NEW = "too new"
    """It changed at the source after the moment to which Copernica is to be true: the next run brings it."""
    WAITING = "waiting"
    """It waits in the ledger for what it belongs to."""
    CHANGED = "changed in Copernica"
    """Others changed what was written; it is written again when it is read again after a look."""
    LATE = "read at intervals"
    """Copernica has what was read last, and records of this stream tell no version: the next brings it."""
    GONE = "gone at the source"
    """Copernica has what was written, and the source has it no longer (`deletes`)."""
    UNEXPLAINED = "unexplained"
    """None of these: it should not be, and a full read heals it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What is known of one difference.

    Attributes:
        is_there: Whether Copernica has the profile or subprofile.
        is_removed: Whether it is known as removed, or was written before.
        is_below_removed: Whether its profile is.
        is_refused: Whether the rejects file has it.
        is_new: Whether it changed after the moment that counts.
        is_waiting: Whether it waits in the ledger.
        was_written: Whether what the source says was written before.
        is_as_written: Whether Copernica has what was written last.
        has_version: Whether records of the stream tell their version.
    """

    is_there: bool
    is_removed: bool = False
    is_below_removed: bool = False
    is_refused: bool = False
    is_new: bool = False
    is_waiting: bool = False
    was_written: bool = False
    is_as_written: bool = False
    has_version: bool = True


def reason_of(case: Difference) -> Reason:
    """The reason that says most, of those that hold."""
    order = {
        Reason.BELOW: case.is_below_removed and not case.is_there,
        Reason.REMOVED: case.is_removed and not case.is_there,
        Reason.REFUSED: case.is_refused,
        Reason.TOO_NEW: case.is_new,
        Reason.WAITING: case.is_waiting,
        Reason.CHANGED: case.is_there and case.was_written,
        Reason.LATE: case.is_there and case.is_as_written and not case.has_version,
    }
    return next((reason for reason, holds in order.items() if holds), Reason.UNEXPLAINED)
