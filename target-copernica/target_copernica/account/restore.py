"""Repairing what was removed in Copernica by hand, when the user asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_copernica.account.changes import Kind
from target_copernica.account.presence import means_gone
from target_copernica.errors import RefusedError
from target_copernica.mapping.keys import KEY_FIELD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_copernica.account.builder import Builder
    from target_copernica.account.changes import Change
    from target_copernica.account.structure import ActualDatabase, Place, WantedDatabase
    from target_copernica.api.client import Client
    from target_copernica.memory.ledger import Ledger

__all__ = ["keys_to_write", "replace_collections", "write_keys"]


def keys_to_write(changes: Iterable[Change], ledger: Ledger) -> list[tuple[str, str]]:
    """What lost its key with the field that held it.

    Args:
        changes: What was found.
        ledger: Knows the keys.

    Returns:
        Path of the call that writes it, and the key.
    """
    found = []
    for change in changes:
        if change.kind is Kind.KEYS_GONE:
            kind = "profile" if change.place[0] == "d" else "subprofile"
            found += [(f"{kind}/{number}/fields", key) for number, key in ledger.account.keys(change.place)]
    return found


def write_keys(
    client: Client,
    builder: Builder,
    wanted: WantedDatabase,
    actual: ActualDatabase,
    keys: Iterable[tuple[str, str]],
) -> ActualDatabase:
    """Make the key field anew and write each key into it, by id.

    The ledger remembers the new field only afterwards: after a kill it is done once more.

    Args:
        client: The account.
        builder: Makes the field.
        wanted: The database.
        actual: What is there.
        keys: As `keys_to_write` tells.

    Returns:
        What is there then.
    """
    completed = builder.complete(wanted, actual)
    for path, key in keys:
        try:
            client.put(path, {KEY_FIELD: key})
        except RefusedError as error:
            if not means_gone(error):
                raise
    return completed


def replace_collections(changes: Iterable[Change], places: Iterable[Place], ledger: Ledger) -> None:
    """Forget what was written to collections that are gone: the next full run writes it to the new ones.

    Args:
        changes: What was found.
        places: The places of the database as they are now.
        ledger: Remembers.
    """
    made = {place.name.lower(): place.code for place in places}
    with ledger.transaction():
        for change in changes:
            if change.kind is Kind.COLLECTION_GONE:
                ledger.account.replace_collection(change.place, made[change.name.lower()])
