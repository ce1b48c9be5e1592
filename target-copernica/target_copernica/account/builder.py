"""Finding the databases in the account, creating what they lack, refusing what would be dangerous."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from target_copernica.account.changes import Change, Examined, Kind, examined
from target_copernica.account.diff import Missing, differences, missing
from target_copernica.account.ownership import Marks
from target_copernica.account.structure import (
    ActualDatabase,
    Place,
    WantedDatabase,
)
from target_copernica.account.structure_reader import StructureReader
from target_copernica.consent.model import NO
from target_copernica.errors import ApiAwayError, LostAnswerError, RefusedError, SettingsError
from target_copernica.mapping.keys import KEY_FIELD
from target_copernica.memory.known_account import KnownPlace

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterable, Mapping, Sequence

    from target_copernica.account.structure import WantedField
    from target_copernica.api.client import Client, Params
    from target_copernica.memory.ledger import Ledger

__all__ = ["Builder", "Choices", "stopped"]


@dataclass(frozen=True, slots=True)
class Choices:
    """What the settings say about the structure.

    Attributes:
        auto_create: Whether missing structure may be made.
        people_chosen: Whether the settings say what becomes of people without our key.
        lock_fields: Whether new fields can be changed through the API only.
        owned: Whether a database must not be kept by another state directory; reading it back needs no owner.
    """

    auto_create: bool
    people_chosen: bool
    lock_fields: bool
    owned: bool = True


class Builder:
    """Makes Copernica look as a mapping needs it.

    Args:
        client: The account.
        ledger: Knows which databases are ours.
        log: Where to say what was made.
        choices: What the settings say.
    """

    def __init__(self, client: Client, ledger: Ledger, log: logging.Logger, choices: Choices) -> None:
        self._client = client
        self._ledger = ledger
        self._log = log
        self._choices = choices
        self._reader = StructureReader(client, ledger)
        self.marks = Marks(client, ledger, log)
        self._trouble: RefusedError | LostAnswerError | None = None  # what the last creation ran into

    def examine(self, wanted: WantedDatabase) -> Examined | None:
        """What is there of a database, held against what the ledger remembers; nothing is made.

        Args:
            wanted: What must be there.

        Returns:
            What was found; None where there is no such database.

        Raises:
            SettingsError: It cannot be told which one is meant.
        """
        actual = self._reader.find(wanted)
        if actual is None:
            return None
        found = examined(wanted, actual, self._ledger.account.places())
        if self._choices.owned and (line := self.marks.line_about(actual, wanted.name)):
            return replace(
                found, changes=(Change(f"d{actual.id}", wanted.name, line, Kind.STOPS), *found.changes)
            )
        return found

    def look(self, wanted: WantedDatabase) -> ActualDatabase | None:
        """Look at a database as a run does: stop where it was changed in a way that must stop a run.

        Args:
            wanted: What must be there.

        Returns:
            What is there; None where there is no such database.

        Raises:
            SettingsError: It was changed in a way that must stop a run.
        """
        found = self.examine(wanted)
        if found is None:
            return None
        if found.stops:
            raise stopped(found.stops)
        for line in found.notes:
            self._log.warning("%s", line)
        return found.actual

    def prepare(
        self, wanted: WantedDatabase, actual: ActualDatabase | None, others: Mapping[int, str]
    ) -> dict[str | None, Place]:
        """Bring a database to what is wanted.

        Args:
            wanted: What must be there.
            actual: What `look` found.
            others: What goes to other databases of this run, by their ids.

        Returns:
            The database (None) and its wanted collections, by name as in the mapping.

        Raises:
            SettingsError: It cannot be made so, or holds people that are not ours.
        """
        self._trouble = None
        if actual is not None and actual.id in others:
            other = others[actual.id]
            owner = f"stream {other[1:]}" if other.startswith("~") else f"`{other}` of the mapping"
            raise SettingsError(
                f"database {wanted.name} belongs to {owner} already: what has the same key in both would "
                "become one; give each a database of its own, by a mapping"
            )
        actual = actual or self._create(wanted)
        self.check_people(wanted, actual)
        actual = self.complete(wanted, actual)
        self._finish(wanted, actual)
        for line in differences(wanted, actual):
            self._log.warning("%s", line)
        return self._places(wanted, actual)

    def complete(self, wanted: WantedDatabase, actual: ActualDatabase) -> ActualDatabase:
        """Make what a database lacks; nothing is remembered of it yet.

        Args:
            wanted: What must be there.
            actual: What is there.

        Returns:
            What is there then.

        Raises:
            SettingsError: It cannot be made.
        """
        if lacking := missing(wanted, actual):
            if not self._choices.auto_create:
                fields = tuple(one for one in lacking.fields if one.name.lower() not in wanted.optional)
                if not (lacking := replace(lacking, fields=fields)):
                    return actual
                raise SettingsError(
                    f"{wanted.name} lacks {_list(lacking)}: `target-copernica apply` makes them, and so "
                    "does a run with `auto_create`"
                )
            self._add(actual, lacking)
            actual = examined(wanted, self._reader.read(actual.id), self._ledger.account.places()).actual
            if lacking := missing(wanted, actual):
                raise self._not_made(f"{wanted.name} still lacks {_list(lacking)} after creating them")
        return actual

    def recheck(self, place: Place) -> None:
        """Read the database again: its key fields must still be there before they serve as import keys.

        Args:
            place: Where an import is about to go.

        Raises:
            SettingsError: A key field was renamed or removed meanwhile; it would match everything.
        """
        actual = self._reader.read(place.database_id)
        known = self._ledger.account.places()
        found = [(place.database_code, actual.fields)] + [
            (place.code, there.fields)
            for there in actual.collections.values()
            if there.id == place.collection_id and there.name == place.collection
        ]
        keys = [
            fields[KEY_FIELD].id
            for code, fields in found
            if KEY_FIELD in fields and known[code].fields[KEY_FIELD] == fields[KEY_FIELD].id
        ]
        if len(keys) < (1 if place.collection is None else 2):
            raise SettingsError(
                f"{place.name}.{KEY_FIELD} was renamed or removed while the run was under way: "
                "restore it, then run again"
            )

    def _create(self, wanted: WantedDatabase) -> ActualDatabase:
        if not self._choices.auto_create:
            raise SettingsError(
                f"there is no database {wanted.name}: `target-copernica apply` makes it, and so does a run "
                "with `auto_create`"
            )
        made = self._made_ours("databases", wanted.name)
        try:
            actual = self._reader.read(made if made is not None else wanted.name)
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
                collection_id = there.id
            for entry in fields:
                self._add_field(f"collection/{collection_id}/fields", entry)

    def _collection_id(self, database_id: int, name: str) -> int:
        there = self._reader.read(database_id).collections.get(name.lower())
        if there is None:
            raise self._not_made(f"the collection {name} could not be made")
        return there.id

    def _not_made(self, what: str) -> SettingsError | ApiAwayError:
        """Why it is not there after creating it: refused (the user has to mend that), or no answer."""
        if isinstance(self._trouble, LostAnswerError):
            return ApiAwayError(f"{what}: {self._trouble}; nothing is lost, run again later")
        return SettingsError(f"{what}: {self._trouble or 'Copernica did not take these names'}")

    def _add_field(self, path: str, entry: WantedField) -> None:
        self._made(path, {**entry.body(), "lock": True} if self._choices.lock_fields else entry.body())

    def _made_ours(self, path: str, name: str) -> int | None:
        """Create a database or collection, with a write-ahead entry: it is ours, also after a kill."""
        self._ledger.write_ahead(path, name, self._now())
        before = self._trouble
        made = self._made(path, {"name": name, "description": self.marks.new()})
        if self._trouble is not before and isinstance(self._trouble, RefusedError):
            self._ledger.drop_write_ahead_entry(path, name)  # others made what stands there
        return made

    def _made(self, path: str, body: Mapping[str, object]) -> int | None:
        """Create. When refused or without an answer it may be there already: it is read again."""
        try:
            return self._client.post(path, body)
        except (RefusedError, LostAnswerError) as error:
            self._log.info("%s; reading what is there", error)
            self._trouble = error
            return None

    def _finish(self, wanted: WantedDatabase, actual: ActualDatabase) -> None:
        """Let people mail what we made: without the intention no mail goes out. Never on what others made."""
        if self._ledger.write_ahead_entry("databases", wanted.name):
            if any(entry.column.type == "email" for entry in actual.fields.values()):
                self._client.put(f"database/{actual.id}/intentions", {"email": True})
            self._lower_on_unsubscribe(wanted, actual)
            self._ledger.consents.note_made(f"d{actual.id}", self._client.now())
            self._ledger.drop_write_ahead_entry("databases", wanted.name)
        for name in wanted.collections:
            if self._ledger.write_ahead_entry(f"database/{actual.id}/collections", name):
                made = actual.collections[name.lower()]
                if any(entry.column.type == "email" for entry in made.fields.values()):
                    self._client.put(f"collection/{made.id}/intentions", {"email": True})
                self._ledger.drop_write_ahead_entry(f"database/{actual.id}/collections", name)

    def _lower_on_unsubscribe(self, wanted: WantedDatabase, actual: ActualDatabase) -> None:
        """Who unsubscribes in Copernica gets `no` there at once, and not by our next run."""
        if wanted.newsletter is None:
            return
        lowers = {"behavior": "update", "fields": {wanted.newsletter: NO}}
        try:
            self._client.put(f"database/{actual.id}/unsubscribe", lowers)
        except RefusedError as error:
            self._log.warning("%s; set the unsubscribe behaviour by hand, see docs/consent.md", error)

    def check_people(self, wanted: WantedDatabase, actual: ActualDatabase) -> None:
        """People that are not ours would be doubled by the first load: the user has to say what is meant.

        Raises:
            SettingsError: There are such people, and `existing_people` is not set.
        """
        ours = self._ledger.knows_place(f"d{actual.id}") or self._ledger.write_ahead_entry(
            "databases", wanted.name
        )
        if ours or self._choices.people_chosen:
            return
        if self._holds(actual, [("fields[]", f"{KEY_FIELD}==")] if KEY_FIELD in actual.fields else []):
            raise SettingsError(
                f"database {wanted.name} holds people who did not come from here: choose another (setting "
                "`database`), or say with `existing_people` what becomes of them: `adopt` (a person alone "
                "with a customer's address becomes that customer) or `beside` (they are left as they are)"
            )

    def holds_people(self, actual: ActualDatabase) -> bool:
        """Whether a database holds any profile."""
        answer = self._client.get(f"database/{actual.id}/profiles", [("limit", "1"), ("total", "false")])
        return bool(answer["data"])

    def _holds(self, actual: ActualDatabase, condition: Params) -> bool:
        """Whether a database holds a profile without a key of ours."""
        question = [*condition, ("limit", "1"), ("total", "false")]
        answer = self._client.get(f"database/{actual.id}/profiles", question)
        return any(not profile["fields"].get(KEY_FIELD) for profile in answer["data"])

    def _places(self, wanted: WantedDatabase, actual: ActualDatabase) -> dict[str | None, Place]:
        places: dict[str | None, Place] = {None: Place(actual.id, None, wanted.name, None, actual.fields)}
        for name in wanted.collections:
            there = actual.collections[name.lower()]
            places[name] = Place(actual.id, there.id, f"{wanted.name}.{name}", there.name, there.fields)
        self._remember(wanted, actual, places)
        return places

    def _remember(
        self, wanted: WantedDatabase, actual: ActualDatabase, places: Mapping[str | None, Place]
    ) -> None:
        seen = self.marks.seen(actual)
        with self._ledger.transaction():
            for collection, place in places.items():
                own = collection is None
                fields = wanted.fields if collection is None else wanted.collections[collection]
                ids = {
                    name: there.id
                    for entry in fields
                    if (there := place.fields.get(name := entry.name.lower())) is not None
                }
                self._ledger.account.know(
                    KnownPlace(
                        place.code,
                        place.name,
                        ids,
                        created=actual.created if own else None,
                        marked=seen if own else None,
                    )
                )

    def _now(self) -> str:
        return self._client.now().isoformat()


def stopped(stops: Sequence[Change]) -> SettingsError:
    """The error that stops a run, in the words of what comes first.

    What only people can undo comes before the rest: `apply --restore` does nothing as long as it is there.

    Args:
        stops: What was found; at least one.
    """
    first = min(stops, key=lambda change: change.kind is not Kind.STOPS)
    more = f" (and {len(stops) - 1} more: see `target-copernica plan`)" if len(stops) > 1 else ""
    return SettingsError(first.line + more)


def _list(lacking: Missing) -> str:
    names = [entry.name for entry in lacking.fields]
    for collection, fields in lacking.collections.items():
        names += [f"{collection}.{entry.name}" for entry in fields]
    return _shortened(names)


def _shortened(names: Iterable[str], shown: int = 5) -> str:
    listed = list(names)
    return ", ".join(listed[:shown]) + (f" and {len(listed) - shown} more" if len(listed) > shown else "")
