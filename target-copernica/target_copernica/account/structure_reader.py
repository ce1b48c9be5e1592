"""Reading how a database in the account looks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from target_copernica.account.structure import ActualDatabase, WantedDatabase, parse_database, parse_fields
from target_copernica.errors import RefusedError, SettingsError

if TYPE_CHECKING:
    from target_copernica.api.client import Client
    from target_copernica.memory.ledger import Ledger

__all__ = ["StructureReader"]

_NO_SUCH_DATABASE = "no database with supplied id"


class StructureReader:
    """Finds databases and reads them.

    Args:
        client: The account.
        ledger: Knows under which ids databases were found before.
    """

    def __init__(self, client: Client, ledger: Ledger) -> None:
        self._client = client
        self._ledger = ledger

    def find(self, wanted: WantedDatabase) -> ActualDatabase | None:
        """A database by the id that it had before, else by its name or id in the settings.

        Args:
            wanted: What must be there.

        Returns:
            What is there; None where the account has no such database yet.

        Raises:
            SettingsError: It was there before, or is given by its id, and is gone; or it may not be read.
        """
        known = self._ledger.database_id(wanted.name)
        try:
            return self.read(known if known is not None else wanted.name)
        except RefusedError as error:
            if _NO_SUCH_DATABASE not in error.message.lower():
                raise SettingsError(f"database {wanted.name}: {error}") from None
            if wanted.name.isdigit():
                raise SettingsError(
                    f"database {wanted.name}: the account has no database with this id; "
                    "give the id that Copernica shows, or a name"
                ) from None
            if known is not None:
                raise SettingsError(
                    f"database {wanted.name}: it had the id {known}, which is gone from the account; "
                    "restore it, or choose another name or another state_dir to begin anew"
                ) from None
            return None

    def read(self, database: int | str) -> ActualDatabase:
        """A database with all of its fields and collections: one call, where no collection has very many.

        Args:
            database: Its id or name.

        Raises:
            RefusedError: It is not there, or may not be read.
            SettingsError: The answer is not of the form that the API reference shows.
        """
        actual = parse_database(self._client.get(f"database/{database}"))
        collections = dict(actual.collections)
        for name, there in actual.collections.items():
            if there.cut:
                answer = self._client.get(f"collection/{there.id}/fields", [("limit", "1000")])
                collections[name] = replace(there, fields=parse_fields(answer["data"]), cut=False)
        return replace(actual, collections=collections)
