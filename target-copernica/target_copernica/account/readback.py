"""Reading Copernica back: what arrived, and what the ledger does not know.

Conditions are used for reading only, and whatever comes back is held against the condition: Copernica
ignores a condition that it does not understand and then answers with everything
(docs/api/copernica.md sections 8 and 17).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from target_copernica.account.key_repair import KeyRepair
from target_copernica.account.presence import Standing, key_in
from target_copernica.errors import SettingsError
from target_copernica.mapping.keys import KEY_FIELD, fold_email

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from target_copernica.account.owned import Owned
    from target_copernica.account.presence import Presence
    from target_copernica.account.recall import Recall
    from target_copernica.account.structure import Place
    from target_copernica.api.client import Params

__all__ = ["PAGE", "Found", "Readback"]

PAGE: Final = 1000
"""The most that one answer holds (docs/api/copernica.md section 9)."""

_ZONE: Final = ZoneInfo("Europe/Amsterdam")  # in which Copernica prints and reads times (section 16)


@dataclass(frozen=True, slots=True)
class Found:
    """A profile or subprofile as a list shows it."""

    id: int
    fields: dict[str, str]
    profile_id: int | None

    @property
    def key(self) -> str:
        """Our key; empty where it has none."""
        return key_in(self.fields)


class Readback:
    """Reads profiles and subprofiles and notes their keys in the ledger.

    Args:
        presence: Asks for what is not in a list.
        owned: Notes fields that must be emptied later.
        recall: Notes who was on the shop's list, where that is not known.
        most_gone: So many may be gone at once, or without their key (or one in a hundred, if that is more).
    """

    def __init__(self, presence: Presence, owned: Owned, recall: Recall, most_gone: int) -> None:
        self._client = presence.client
        self._ledger = presence.ledger
        self._log = presence.log
        self._presence = presence
        self._owned = owned
        self._recall = recall
        self._key_repair = KeyRepair(presence, most_gone)
        self._most_gone = most_gone
        self._places: dict[str, Place] = {}
        self._read_from: dict[str, int] = {}  # ids above were read or made in this run
        self._confirmed: set[tuple[str, int]] = set()
        self._all_confirmed: set[str] = set()

    def now(self) -> datetime:
        """Copernica's time."""
        return self._client.now()

    def know(self, places: Iterable[Place]) -> None:
        """Get to know places that are ready to be read."""
        self._places.update({place.code: place for place in places})

    def keep_consent(self, place: Place, newsletter: str) -> None:
        """Get to know which field of a database says who may be mailed."""
        self._key_repair.newsletters[place.code] = newsletter

    def catch_up(self, place: Place, *, again: bool = False) -> dict[str, dict[str, str]]:
        """Read what stands above the ledger's high watermark.

        That settles write-ahead entries, lost answers and lost ledgers. Done once in a run before the first
        creation in a place, and again after each import.

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
        self._read_from.setdefault(place.code, self._ledger.high_watermark(place.code))
        found: dict[str, dict[str, str]] = {}
        for page in self._pages(place, self._ledger.high_watermark(place.code)):
            self._know_people(place, page)
            with self._ledger.transaction():
                for thing in page:
                    if key := self._note(place, thing):
                        found[key] = thing.fields
                self._ledger.raise_high_watermark(place.code, page[-1].id)
        return found

    def find(self, place: Place, key: str) -> int | None:
        """Look for one key.

        Returns:
            The id of what has it, the first made where several have, or None.

        Raises:
            SettingsError: The answer holds another key: the key field was renamed or removed.
        """
        answer = self._client.get(place.list_path, _question(2, f"{KEY_FIELD}=={key}"))
        found = [_found(row) for row in answer["data"]]
        for thing in found:
            if thing.key != key:
                raise SettingsError(
                    f"{place.name}: asked for one key, got another; is the field {KEY_FIELD} still there? "
                    f"Nothing was written"
                )
        self._know_people(place, found[:1])
        for thing in found[:1]:
            with self._ledger.transaction():
                self._note(place, thing)
        return found[0].id if found else None

    def full_scan(self, place: Place) -> Iterator[list[tuple[str | None, Found]]]:
        """All of a place with their keys, which are noted in the ledger.

        The key is None where one has none, or not the one that the ledger knows it by.
        """
        for page in self._pages(place, 0):
            self._know_people(place, page)
            with self._ledger.transaction():
                noted = [(self._note(place, thing), thing) for thing in page]
                self._ledger.raise_high_watermark(place.code, page[-1].id)
            yield noted

    def having(self, place: Place, name: str, value: str) -> Iterator[Found]:
        """What Copernica says has a value, by its own comparison; nothing is noted.

        The caller compares again: a condition that Copernica does not understand matches everything.

        Args:
            place: The place.
            name: A field of it.
            value: The value.
        """
        for page in self._pages(place, 0, f"{name}=={value}"):
            yield from page

    def keys_and_fields(self, place: Place) -> Iterator[tuple[str, dict[str, str]]]:
        """All of a place, a thousand a call: key (empty where there is none) and fields; nothing is noted."""
        for thing in self.everything(place):
            yield thing.key, thing.fields

    def everything(self, place: Place) -> Iterator[Found]:
        """All of a place, a thousand a call; nothing is noted."""
        for page in self._pages(place, 0):
            yield from page

    def total(self, place: Place) -> int | None:
        """How many Copernica counts in a place; None where it does not say."""
        answer = self._client.get(place.list_path, [("limit", "1"), ("total", "true"), ("dataonly", "true")])
        total = answer.get("total")
        return None if total is None else int(total)

    def between(
        self, place: Place, first: int, last: int, since: datetime | None = None
    ) -> Iterator[list[Found]]:
        """What has an id of a range, a thousand a call; nothing is noted.

        Args:
            place: The place.
            first: The lowest id.
            last: The highest id.
            since: Only what was modified since; it saves calls, and nothing may depend on it.
        """
        conditions = [f"id<={last}"]
        if since is not None:
            conditions.append(f"modified>={since.astimezone(_ZONE):%Y-%m-%d %H:%M:%S}")
        yield from self._pages(place, first - 1, *conditions)

    def fields_of(self, place: Place, wanted: Mapping[int, str]) -> dict[str, dict[str, str]]:
        """Read some profiles just now: a thousand a call, or one by one where that is fewer calls.

        Args:
            place: Their database.
            wanted: Their keys, by id.

        Returns:
            Fields by key; what is gone, or has lost its key, is left out.
        """
        left, found = dict(wanted), dict[str, dict[str, str]]()
        if not left:
            return found
        if self._ledger.scan.count_between(place.code, min(left), max(left)) // PAGE + 1 <= len(left):
            for page in self.between(place, min(left), max(left)):
                for thing in page:
                    if left.get(thing.id) == thing.key:
                        found[thing.key] = thing.fields
            return found
        for profile_id, key in left.items():
            standing, fields = self._presence.look(place, profile_id, key)
            if standing is Standing.THERE and key_in(fields) == key:
                found[key] = fields
        return found

    def restore_keys(self, place: Place) -> list[str]:
        """Restore keys that were found emptied or changed by hand; which they were.

        Raises:
            SettingsError: So many are lost that it is rather a mistake.
        """
        return self._key_repair.restore(place)

    def profiles_of(self, place: Place) -> Place:
        """The database that a place is, or belongs to."""
        return self._places[place.database_code]

    def confirm_alive(self, profiles: Place, keys: Iterable[str]) -> list[str]:
        """Make sure that these profiles still exist under their keys.

        An import under a removed profile would bring the person back, and one under a profile that has lost
        its key would make a second one. Those that are gone are noted as removed or in doubt, lost
        keys are restored.

        Args:
            profiles: The database.
            keys: Keys that the ledger knows.

        Returns:
            Keys that were lost and are restored.

        Raises:
            SettingsError: More are gone than opt-outs explain: probably a mistake.
        """
        suspects = self._suspects(profiles, keys)
        if self._pages_of(profiles) < len(suspects):
            suspects = self._not_listed(profiles, suspects)
            self._all_confirmed.add(profiles.code)
        for profile_id, key in suspects.items():
            if self._presence.conclude(profiles, key, profile_id) is Standing.THERE:
                self._confirmed.add((profiles.code, profile_id))
        return self.restore_keys(profiles)

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
            if entry is None or entry.removed or entry.in_doubt or (fresh is not None and entry.id > fresh):
                continue
            if (profiles.code, entry.id) not in self._confirmed:
                suspects[entry.id] = key
        return suspects

    def _pages_of(self, profiles: Place) -> int:
        """Calls to read a whole database, as far as it is known: the last page may hold little or nothing."""
        return self._ledger.count(profiles.code) // PAGE + 1

    def _not_listed(self, profiles: Place, suspects: dict[int, str]) -> dict[int, str]:
        """Read the whole database; those of these that are not in it."""
        left = dict(suspects)
        read = 0
        for page in self._pages(profiles, 0):
            read += len(page)
            for thing in page:
                key = left.pop(thing.id, None)
                if key is not None and key != thing.key:
                    self._ledger.findings.note_lost_key(profiles.code, key)
        if len(left) > max(self._most_gone, read // 100):
            raise SettingsError(
                f"{profiles.name}: {len(left)} people that were written are not there any more; "
                "if they were removed on purpose, raise max_tombstones for one run; nothing was written"
            )
        return left

    def _know_people(self, place: Place, things: Iterable[Found]) -> None:
        """Make sure that the profiles of these subprofiles are known by their keys first."""
        parents = {thing.profile_id for thing in things if thing.profile_id is not None}
        if any(self._ledger.key_of(place.database_code, profile_id) is None for profile_id in parents):
            self.catch_up(self._places[place.database_code])

    def _note(self, place: Place, thing: Found) -> str | None:
        self._ledger.findings.clear_gone(place.code, thing.id)
        key, known_as = thing.key, self._ledger.key_of(place.code, thing.id)
        if known_as is not None and known_as != key:
            self._ledger.findings.note_lost_key(place.code, known_as)
            return None
        if not key:
            return None
        if known_as is not None:
            self._ledger.findings.clear_lost_key(place.code, key)
        entry = self._ledger.entry(place.code, key)
        person = (
            self._ledger.key_of(place.database_code, thing.profile_id)
            if thing.profile_id is not None
            else None
        )
        if not self._ledger.know_entry(place.code, key, thing.id, person):
            self._log.warning("%s: %s stands there twice (id %d is left alone)", place.name, key, thing.id)
            return key
        if entry is not None and entry.removed:
            self._ledger.mark_unconfirmed(place.code, key)
            self._log.info("%s: %s is there again and is written again", place.name, key)
        if place.email_field and (address := fold_email(thing.fields.get(place.email_field))):
            self._ledger.addresses.note(place.code, key, address)
        self._owned.note(place, key, thing.fields)
        self._recall.note(place, key, thing.fields)
        return key

    def _pages(self, place: Place, after: int, *conditions: str) -> Iterator[list[Found]]:
        while True:
            answer = self._client.get(place.list_path, _question(PAGE, f"id>{after}", *conditions))
            page = [_found(row) for row in answer["data"]]
            for thing in page:
                if thing.id <= after:
                    raise SettingsError(
                        f"{place.name}: asked for ids above {after}, got {thing.id}; nothing was written"
                    )
                after = thing.id
            if page:
                yield page
            if len(page) < min(PAGE, int(answer.get("limit", PAGE))):
                return


def _question(limit: int, *conditions: str) -> Params:
    return [
        *[("fields[]", condition) for condition in conditions],
        ("orderby", "id"),
        ("order", "asc"),
        ("limit", str(limit)),
        ("total", "false"),
        ("dataonly", "true"),
    ]


def _found(row: dict[str, Any]) -> Found:
    profile = row.get("profile")
    return Found(int(row["ID"]), row["fields"], int(profile) if profile else None)
