"""Puts the parts of a writer together, for a run or a dry run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_copernica.run.consent_parts import consenting
from target_copernica.run.erasing_parts import erasing, executor_of
from target_copernica.writing.adoption import Adoption
from target_copernica.writing.carry import Carrier, Steps
from target_copernica.writing.deletions import Deletions
from target_copernica.writing.returning import Returning
from target_copernica.writing.route_choice import Limits
from target_copernica.writing.shared_email import SharedEmails
from target_copernica.writing.writer import Writer

if TYPE_CHECKING:
    from target_copernica.run.workspace import Workspace
    from target_copernica.writing.brake import MailBrake
    from target_copernica.writing.by_call import SingleWrites
    from target_copernica.writing.liveness import Liveness
    from target_copernica.writing.outcomes import Outcomes

__all__ = ["assembled"]


def assembled(
    work: Workspace, single: SingleWrites, liveness: Liveness, outcomes: Outcomes, brake: MailBrake
) -> Writer:
    """Make a writer.

    Args:
        work: An open workspace, with its places prepared.
        single: Writes by single calls.
        liveness: Tells live from history.
        outcomes: What becomes of records.
        brake: Counts what may start follow-ups.

    Returns:
        It, in a dry run one that changes nothing but the ledger's copy.
    """
    settings = work.settings
    executor = executor_of(work, single)
    adoption = None
    if settings.existing_people == "adopt":
        adoption = Adoption(executor, work.readback, work.presence)
    limits = Limits(
        settings.batch_size_rows,
        settings.batch_age,
        settings.history_age,
        settings.write_route,
        recreate=settings.on_removed == "recreate",
    )
    steps = Steps(
        limits,
        liveness,
        Deletions(executor, work.ledger, settings.max_deletes, erasing(work, executor)),
        SharedEmails(work.ledger, _shared_fields(work)),
        work.owned,
        brake,
        adoption,
        consenting(work) if work.keeps_consent else None,
    )
    carrier = Carrier(work.ledger, work.readback, executor, outcomes, steps)
    returning = Returning(work.ledger, outcomes, settings.on_return, work.client.now)
    return Writer(work.ledger, work.readback, outcomes, steps, carrier, returning)


def _shared_fields(work: Workspace) -> dict[str, str]:
    """The field that marks a shared address, by database."""
    databases = work.mapping.databases.values() if work.mapping else ()
    return {
        place.code: place.fields[database.shared_email.lower()].name
        for database in databases
        if database.shared_email is not None
        for place in [work.places[database.alias, None]]
    }
