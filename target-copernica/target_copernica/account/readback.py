"""Reading Copernica back: what became of what was sent, and what the ledger does not know.

Conditions are used for reading only, and whatever comes back is held against the condition: Copernica
ignores a condition that it does not understand and then answers with everything
(docs/api/copernica.md sections 8 and 17).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from target_copernica.errors import RefusedError, SettingsError
from target_copernica.mapping.keys import KEY_FIELD, fold_email

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from target_copernica.account.structure import Place
    from target_copernica.api.client import Client, Params
    from target_copernica.memory.ledger import Ledger

__all__ = ["Found", "Readback", "means_gone"]

_PAGE: Final = 1000  # the most that one answer holds
_GONE: Final = ("no entity with supplied id", "no subprofile with supplied id", "already been removed")


@dataclass(frozen=True, slots=True)
class Found:
    """A profile or subprofile as a list shows it."""

    id: int
    fields: dict[str, str]
    profile_id: int | None


class Readback:
    """Reads profiles and subprofiles and notes their keys in the ledger.

    Args:
        client: The account.
        ledger: Where keys are noted.
        log: Where duplicates are told.
        most_gone: So many may be gone at once (or one in a hundred, if that is more).
    """

    def __init__(self, client: Client, ledger: Ledger, log: logging.Logger, most_gone: int) -> None:
        self._most_gone = most_gone
        self._client = client
        self._ledger = ledger
        self._log = log
        self._places: dict[str, Place] = {}
        self._read_from: dict[str, int] = {}  # ids above were read or made in this run
        self._confirmed: set[tuple[str, int]] = set()
        self._all_confirmed: set[str] = set()

    def now(self) -> datetime:
        """Copernica's time."""
        return self._client.now()

    def know(self, places: Iterable[Place]) -> None:
        """These places are ready to be read."""
        self._places.update({place.code: place for place in places})

    def catch_up(self, place: Place, *, again: bool = False) -> dict[str, dict[str, str]]:
        """Read what stands behind the ledger's tail: it settles intents, lost answers and lost ledgers.

        Done once in a run before the first creation in a place, and again after each import.

        Args:
            place: The place.
            again: Also if it was done in this run.

        Returns:
            Fields by key of what was found.

        Raises:
            SettingsError: The answer does not fit the question.
        """
        if place.code in self._read_from and not again:
            return {}
        self._read_from.setdefault(place.code, self._ledger.tail(place.code))
        found: dict[str, dict[str, str]] = {}
        for page in self._pages(place, self._ledger.tail(place.code)):
            self._know_people(place, page)
            with self._ledger.transaction():
                for thing in page:
                    if key := self._note(place, thing):
                        found[key] = thing.fields
                self._ledger.move_tail(place.code, page[-1].id)
        return found

    def find(self, place: Place, key: str) -> int | None:
        """Look for one key.

        Returns:
            The id of what has it, the first made where several have, or None.

        Raises:
            SettingsError: The answer holds another key: the key field was renamed or removed.
        """
        answer = self._client.get(
            place.list_path,
            _question(f"{KEY_FIELD}=={key}", 2),
        )
        found = [_found(row) for row in answer["data"]]
        for thing in found:
            if _key(thing) != key:
                raise SettingsError(
                    f"{place.name}: asked for one key, got another; is the field {KEY_FIELD} still there? "
                    f"Nothing was written"
                )
        self._know_people(place, found[:1])
        for thing in found[:1]:
            with self._ledger.transaction():
                self._note(place, thing)
        return found[0].id if found else None

    def walk(self, place: Place) -> Iterator[list[tuple[str | None, Found]]]:
        """All of a place with their keys (None where one has none), which are noted in the ledger."""
        for page in self._pages(place, 0):
            self._know_people(place, page)
            with self._ledger.transaction():
                noted = [(self._note(place, thing), thing) for thing in page]
                self._ledger.move_tail(place.code, page[-1].id)
            yield noted

    def keys_and_fields(self, place: Place) -> Iterator[tuple[str, dict[str, str]]]:
        """All of a place, a thousand a call: key (empty where there is none) and fields; nothing is noted."""
        for page in self._pages(place, 0):
            for thing in page:
                yield _key(thing), thing.fields

    def ids(self, place: Place) -> Iterator[list[int]]:
        """All ids of a place, a thousand a call."""
        for page in self._pages(place, 0):
            yield [thing.id for thing in page]

    def total(self, place: Place) -> int | None:
        """How many Copernica counts in a place; None where it does not say."""
        answer = self._client.get(place.list_path, [("limit", "1"), ("total", "true"), ("dataonly", "true")])
        total = answer.get("total")
        return None if total is None else int(total)

    def confirm_alive(self, profiles: Place, keys: Iterable[str]) -> None:
        """Make sure that these profiles still exist, and note those that do not as removed.

        An import under a removed profile would bring the person back.

        Args:
            profiles: The database.
            keys: Keys that the ledger knows.

        Raises:
            SettingsError: So many are gone that it is rather a mistake than an opt-out.
        """
        suspects = self._suspects(profiles, keys)
        if self._pages_of(profiles) < len(suspects):
            suspects = self._not_listed(profiles, suspects)
            self._all_confirmed.add(profiles.code)
        for profile_id, key in suspects.items():
            if self.is_gone(profiles, profile_id):
                self._ledger.mark_removed(profiles.code, key, self._client.now().isoformat())
            else:
                self._confirmed.add((profiles.code, profile_id))

    def cost_of_confirming(self, profiles: Place, keys: Iterable[str]) -> int:
        """How many calls `confirm_alive` would make.

        Args:
            profiles: The database.
            keys: As there.
        """
        return min(len(self._suspects(profiles, keys)), self._pages_of(profiles))

    def _suspects(self, profiles: Place, keys: Iterable[str]) -> dict[int, str]:
        """Those of these profiles, by id, of which this run has not seen that they are there."""
        if profiles.code in self._all_confirmed:
            return {}
        fresh = self._read_from.get(profiles.code)
        suspects: dict[int, str] = {}
        for key in keys:
            entry = self._ledger.entry(profiles.code, key)
            if entry is None or entry.removed or (fresh is not None and entry.id > fresh):
                continue
            if (profiles.code, entry.id) not in self._confirmed:
                suspects[entry.id] = key
        return suspects

    def _pages_of(self, profiles: Place) -> int:
        """Calls to read a whole database, as far as it is known: the last page may hold little or nothing."""
        return self._ledger.count(profiles.code) // _PAGE + 1

    def _not_listed(self, profiles: Place, suspects: dict[int, str]) -> dict[int, str]:
        """Walk the whole database; what of these is not in it."""
        left = dict(suspects)
        read = 0
        for page in self._pages(profiles, 0):
            read += len(page)
            for thing in page:
                left.pop(thing.id, None)
        if len(left) > max(self._most_gone, read // 100):
            raise SettingsError(
                f"{profiles.name}: {len(left)} people that were written are not there any more; "
                "if they were removed on purpose, raise max_tombstones for one run; nothing was written"
            )
        return left

    def is_gone(self, place: Place, entry_id: int) -> bool:
        """Ask for one profile or subprofile: whether it was removed, or is not known at all."""
        path = "profile" if place.collection_id is None else "subprofile"
        try:
            return bool(self._client.get(f"{path}/{entry_id}").get("removed"))
        except RefusedError as error:
            if means_gone(error):
                return True
            raise

    def _know_people(self, place: Place, things: Iterable[Found]) -> None:
        """Whoever has one of these subprofiles must be known by its key before they are noted."""
        whose = {thing.profile_id for thing in things if thing.profile_id is not None}
        if any(self._ledger.key_of(place.database_code, profile_id) is None for profile_id in whose):
            self.catch_up(self._places[place.database_code])

    def _note(self, place: Place, thing: Found) -> str | None:
        key = _key(thing)
        if not key:
            return None
        person = (
            self._ledger.key_of(place.database_code, thing.profile_id)
            if thing.profile_id is not None
            else None
        )
        if not self._ledger.know_entry(place.code, key, thing.id, person):
            self._log.warning("%s: %s stands there twice (id %d is left alone)", place.name, key, thing.id)
        elif place.email_field and (address := fold_email(thing.fields.get(place.email_field))):
            self._ledger.addresses.note(place.code, key, address)
        return key

    def _pages(self, place: Place, after: int) -> Iterator[list[Found]]:
        while True:
            answer = self._client.get(
                place.list_path,
                _question(f"id>{after}", _PAGE),
            )
            page = [_found(row) for row in answer["data"]]
            for thing in page:
                if thing.id <= after:
                    raise SettingsError(
                        f"{place.name}: asked for ids above {after}, got {thing.id}; nothing was written"
                    )
                after = thing.id
            if page:
                yield page
            if len(page) < min(_PAGE, int(answer.get("limit", _PAGE))):
                return


def _question(condition: str, limit: int) -> Params:
    return [
        ("fields[]", condition),
        ("orderby", "id"),
        ("order", "asc"),
        ("limit", str(limit)),
        ("total", "false"),
        ("dataonly", "true"),
    ]


def means_gone(error: RefusedError) -> bool:
    """Whether a refusal says that the profile or subprofile does not exist any more."""
    return any(words in error.message.lower() for words in _GONE)


def _found(row: dict[str, Any]) -> Found:
    profile = row.get("profile")
    return Found(int(row["ID"]), row["fields"], int(profile) if profile else None)


def _key(thing: Found) -> str:
    for name, value in thing.fields.items():
        if name.lower() == KEY_FIELD:
            return str(value).strip().lower()
    return ""
