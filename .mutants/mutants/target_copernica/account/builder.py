"""Finding the databases in the account, creating what they lack, refusing what would be dangerous."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_copernica.account.diff import Missing, differences, missing
from target_copernica.account.structure import (
    ActualDatabase,
    Place,
    WantedDatabase,
    parse_database,
    parse_fields,
)
from target_copernica.errors import ApiAwayError, LostAnswerError, RefusedError, SettingsError
from target_copernica.mapping.keys import KEY_FIELD

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterable, Mapping

    from target_copernica.account.structure import WantedField
    from target_copernica.api.client import Client, Params
    from target_copernica.memory.ledger import Ledger

__all__ = ["Builder"]

_NO_SUCH_DATABASE = "no database with supplied id"
_DESCRIPTION = "Kept by target-copernica"


class Builder:
    """Makes Copernica look as a mapping needs it.

    Args:
        client: The account.
        ledger: Knows which databases are ours.
        log: Where to say what was made.
        auto_create: Whether missing structure may be made.
        people_chosen: Whether the user has said what becomes of people without our key.
        lock_fields: Whether new fields can be changed through the API only.
    """

    def __init__(  # noqa: PLR0913 - wiring, and two settings
        self,
        client: Client,
        ledger: Ledger,
        log: logging.Logger,
        *,
        auto_create: bool,
        people_chosen: bool,
        lock_fields: bool,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._log = log
        self._auto_create = auto_create
        self._people_chosen = people_chosen
        self._lock_fields = lock_fields
        self._trouble: RefusedError | LostAnswerError | None = None  # what the last creation ran into

    def look(self, wanted: WantedDatabase) -> ActualDatabase | None:
        """What is there of a database; nothing is made.

        Args:
            wanted: What must be there.

        Raises:
            SettingsError: It cannot be told which one is meant.
        """
        return self._find(wanted)

    def prepare(self, wanted: WantedDatabase, others: Mapping[int, str]) -> dict[str | None, Place]:
        """Bring a database to what is wanted: one read where nothing is missing.

        Args:
            wanted: What must be there.
            others: What goes to other databases of this run, by their ids.

        Returns:
            The database (None) and its wanted collections, by name as in the mapping.

        Raises:
            SettingsError: It cannot be made so, or holds people that are not ours.
        """
        self._trouble = None
        actual = self._find(wanted)
        if actual is not None and actual.id in others:
            other = others[actual.id]
            whose = f"stream {other[1:]}" if other.startswith("~") else f"`{other}` of the mapping"
            raise SettingsError(
                f"database {wanted.name} is the one of {whose} already: what has the same key in both would "
                "become one; give each a database of its own, by a mapping"
            )
        actual = actual or self._create(wanted)
        self.check_people(wanted, actual)
        if lacking := missing(wanted, actual):
            if not self._auto_create:
                raise SettingsError(
                    f"{wanted.name} lacks {_list(lacking)}, and `auto_create` is off: "
                    "create them or switch it on"
                )
            self._add(actual, lacking)
            actual = self._read(actual.id)
            if lacking := missing(wanted, actual):
                raise self._not_made(f"{wanted.name} still lacks {_list(lacking)} after creating them")
        self._finish(wanted, actual)
        for line in differences(wanted, actual):
            self._log.warning("%s", line)
        return self._places(wanted, actual)

    def recheck(self, place: Place) -> None:
        """Read the database again: its key fields must still be there before they serve as import keys.

        Args:
            place: Where an import is about to go.

        Raises:
            SettingsError: A key field was renamed or removed meanwhile; it would match everything.
        """
        actual = self._read(place.database_id)
        fields = actual.fields
        found = [fields.get(KEY_FIELD)]
        if place.collection is not None:
            found.append(actual.collections.get(place.collection.lower(), (0, {}))[1].get(KEY_FIELD))
        if any(entry is None for entry in found):
            raise SettingsError(
                f"{place.name}.{KEY_FIELD} was renamed or removed while the run was under way: "
                "restore it, then run again"
            )

    def _find(self, wanted: WantedDatabase) -> ActualDatabase | None:
        known = self._ledger.database_id(wanted.name)
        try:
            return self._read(known if known is not None else wanted.name)
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

    def _create(self, wanted: WantedDatabase) -> ActualDatabase:
        if not self._auto_create:
            raise SettingsError(
                f"there is no database {wanted.name}, and `auto_create` is off: create it or switch it on"
            )
        made = self._made_ours("databases", wanted.name)
        try:
            actual = self._read(made if made is not None else wanted.name)
        except RefusedError:
            raise self._not_made(f"the database {wanted.name} could not be made") from None
        self._log.info("created the database %s", wanted.name)
        return actual

    def _add(self, actual: ActualDatabase, lacking: Missing) -> None:
        for entry in lacking.fields:
            self._add_field(f"database/{actual.id}/fields", entry)
        for name, fields in lacking.collections.items():
            there = actual.collections.get(name.lower())
            if there is None:
                made = self._made_ours(f"database/{actual.id}/collections", name)
                collection_id = made if made is not None else self._collection_id(actual.id, name)
                self._log.info("created the collection %s", name)
            else:
                collection_id = there[0]
            for entry in fields:
                self._add_field(f"collection/{collection_id}/fields", entry)

    def _collection_id(self, database_id: int, name: str) -> int:
        there = self._read(database_id).collections.get(name.lower())
        if there is None:
            raise self._not_made(f"the collection {name} could not be made")
        return there[0]

    def _not_made(self, what: str) -> SettingsError | ApiAwayError:
        """Why it is not there after creating it: refused, which is for people to mend, or unanswered."""
        if isinstance(self._trouble, LostAnswerError):
            return ApiAwayError(f"{what}: {self._trouble}; nothing is lost, run again later")
        return SettingsError(f"{what}: {self._trouble or 'Copernica did not take these names'}")

    def _add_field(self, path: str, entry: WantedField) -> None:
        self._made(path, {**entry.body(), "lock": True} if self._lock_fields else entry.body())

    def _made_ours(self, path: str, name: str) -> int | None:
        """Create a database or collection, with an intent that says whose making it is, also after a kill."""
        self._ledger.intend(path, name, self._client.now().isoformat())
        before = self._trouble
        made = self._made(path, {"name": name, "description": _DESCRIPTION})
        if self._trouble is not before and isinstance(self._trouble, RefusedError):
            self._ledger.drop_intent(path, name)  # what stands there is of somebody else's making
        return made

    def _made(self, path: str, body: Mapping[str, object]) -> int | None:
        """Create; when refused or unanswered it may be there already: reading again tells."""
        try:
            return self._client.post(path, body)
        except (RefusedError, LostAnswerError) as error:
            self._log.info("%s; reading what is there", error)
            self._trouble = error
            return None

    def _finish(self, wanted: WantedDatabase, actual: ActualDatabase) -> None:
        """Let people mail what we made: without the intention nobody can. Never on what others made."""
        if self._ledger.intent("databases", wanted.name):
            if any(entry.column.type == "email" for entry in actual.fields.values()):
                self._client.put(f"database/{actual.id}/intentions", {"email": True})
            self._ledger.drop_intent("databases", wanted.name)
        for name in wanted.collections:
            if self._ledger.intent(f"database/{actual.id}/collections", name):
                collection_id, fields = actual.collections[name.lower()]
                if any(entry.column.type == "email" for entry in fields.values()):
                    self._client.put(f"collection/{collection_id}/intentions", {"email": True})
                self._ledger.drop_intent(f"database/{actual.id}/collections", name)

    def check_people(self, wanted: WantedDatabase, actual: ActualDatabase) -> None:
        """People that are not ours would be doubled by the first load: somebody has to say what is meant.

        Raises:
            SettingsError: There are such people, and `existing_people` is not set.
        """
        ours = self._ledger.knows_place(f"d{actual.id}") or self._ledger.intent("databases", wanted.name)
        if ours or self._people_chosen:
            return
        if self._holds(actual, [("fields[]", f"{KEY_FIELD}==")] if KEY_FIELD in actual.fields else []):
            raise SettingsError(
                f"database {wanted.name} holds people who did not come from here: choose another (setting "
                "`database`), or say with `existing_people` what becomes of them: `adopt` (whoever is alone "
                "with a customer's address becomes that customer) or `beside` (they are left as they are)"
            )

    def holds_people(self, actual: ActualDatabase) -> bool:
        """Whether there is anybody in a database."""
        answer = self._client.get(f"database/{actual.id}/profiles", [("limit", "1"), ("total", "false")])
        return bool(answer["data"])

    def _holds(self, actual: ActualDatabase, condition: Params) -> bool:
        """Whether a database holds somebody without a key of ours."""
        question = [*condition, ("limit", "1"), ("total", "false")]
        answer = self._client.get(f"database/{actual.id}/profiles", question)
        return any(not profile["fields"].get(KEY_FIELD) for profile in answer["data"])

    def _places(self, wanted: WantedDatabase, actual: ActualDatabase) -> dict[str | None, Place]:
        places: dict[str | None, Place] = {None: Place(actual.id, None, wanted.name, None, actual.fields)}
        for name in wanted.collections:
            collection_id, fields = actual.collections[name.lower()]
            places[name] = Place(actual.id, collection_id, f"{wanted.name}.{name}", name, fields)
        for place in places.values():
            self._ledger.know_place(place.code, place.name)
        return places

    def _read(self, database: int | str) -> ActualDatabase:
        actual = parse_database(self._client.get(f"database/{database}"))
        if not actual.cut_collections:
            return actual
        collections = dict(actual.collections)
        for name, (collection_id, _) in actual.collections.items():
            if collection_id in actual.cut_collections:
                answer = self._client.get(f"collection/{collection_id}/fields", [("limit", "1000")])
                collections[name] = (collection_id, parse_fields(answer["data"]))
        return ActualDatabase(actual.id, actual.fields, collections, mails=actual.mails)


def _list(lacking: Missing) -> str:
    names = [entry.name for entry in lacking.fields]
    for collection, fields in lacking.collections.items():
        names += [f"{collection}.{entry.name}" for entry in fields]
    return _shortened(names)


def _shortened(names: Iterable[str], shown: int = 5) -> str:
    listed = list(names)
    return ", ".join(listed[:shown]) + (f" and {len(listed) - shown} more" if len(listed) > shown else "")
