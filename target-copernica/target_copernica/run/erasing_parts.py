"""The parts that forget people, as the settings ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_copernica.account.arrival import Arrival
from target_copernica.account.data_requests import DataRequests
from target_copernica.account.persons import Persons
from target_copernica.memory.receipts import Receipts
from target_copernica.run.dry_run import Announcing
from target_copernica.writing.by_call import SingleWrites
from target_copernica.writing.by_import import Imports
from target_copernica.writing.erasing import Erasing
from target_copernica.writing.execute import InCopernica

if TYPE_CHECKING:
    from target_copernica.account.structure import Place
    from target_copernica.mapping.model import StreamMap
    from target_copernica.run.workspace import Workspace
    from target_copernica.writing.execute import Executor

__all__ = ["erasing", "executor_of"]


def executor_of(work: Workspace, single: SingleWrites) -> Executor:
    """What carries out what is decided: in a dry run only as far as the ledger's copy.

    Args:
        work: An open workspace.
        single: Writes by single calls.
    """
    arrival = Arrival(work.readback, work.presence)
    imports = Imports(arrival, work.builder, work.interrupt, work.settings.batch_size_rows)
    if work.is_dry:
        return Announcing(work.ledger, imports, arrival)
    return InCopernica(work.presence, single, imports)


def erasing(work: Workspace, executor: Executor | None = None) -> Erasing:
    """What forgets people.

    Args:
        work: An open workspace, with its places prepared.
        executor: Removes in Copernica; None for one of its own.
    """
    if executor is None:
        single = SingleWrites(work.client, work.ledger, work.readback, work.interrupt, 1)
        executor = executor_of(work, single)
    persons = Persons(work.readback, work.ledger, lambda: {one.code: one for one in work.places.values()})
    requests = None if work.is_dry else DataRequests(work.client, work.interrupt)
    return Erasing(
        persons,
        executor,
        work.rejects,
        Receipts(work.folder / "receipts.jsonl"),
        requests,
        lambda: streams_of(work),
    )


def streams_of(work: Workspace) -> dict[str, tuple[Place, StreamMap | None]]:
    """Where each stream goes that is known, and its mapping, if it has one.

    Args:
        work: An open workspace, with its places prepared.
    """
    declared = work.mapping.streams if work.mapping is not None else {}
    found: dict[str, tuple[Place, StreamMap | None]] = {
        alias: (place, None) for (alias, collection), place in work.places.items() if collection is None
    }
    for name, stream in declared.items():
        if (place := work.places.get((stream.place.database, stream.place.collection))) is not None:
            found[name] = (place, stream)
    return found
