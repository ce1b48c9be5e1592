"""All that Copernica holds of one person, found by address or key; reading only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_copernica.account.presence import key_in
from target_copernica.account.readback import PAGE
from target_copernica.errors import SettingsError
from target_copernica.mapping.keys import KEY_FIELD, fold_email

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from target_copernica.account.structure import Place
    from target_copernica.api.client import Client, Params

__all__ = ["Held", "held_of", "rows"]


@dataclass(frozen=True, slots=True)
class Held:
    """A profile or subprofile as Copernica shows it.

    Attributes:
        place: Where it is.
        id: Its id.
        profile: Id of the profile that it is, or belongs to.
        created: When it was made, as Copernica prints it.
        modified: When it was changed last.
        fields: Values by name.
    """

    place: Place
    id: int
    profile: int
    created: str
    modified: str
    fields: dict[str, str]

    @property
    def key(self) -> str:
        """Our key; empty where it has none."""
        return key_in(self.fields)

    @property
    def addresses(self) -> set[str]:
        """The addresses in its fields of type email, folded."""
        return set(filter(None, (fold_email(self.fields.get(name)) for name in _of_mail(self.place))))


def held_of(client: Client, places: Iterable[Place], wanted: str) -> tuple[list[Held], set[str]]:
    """The profiles of a person with their subprofiles, and subprofiles below others that have the address.

    Args:
        client: The account.
        places: All databases and collections of the mapping.
        wanted: An address, or our key of a profile. Of a key the one profile is meant, not others with its
            address, and nothing by an address that one of those has, too.

    Returns:
        What is held, and the addresses of no other person, folded.

    Raises:
        SettingsError: A field was renamed or removed: a condition on it matches everything.
    """
    folded = fold_email(wanted) if "@" in wanted else None
    known = list(places)
    found: dict[tuple[str, int], Held] = {}
    for place in known:
        if place.collection_id is None and place.email_field is not None:
            asked = [KEY_FIELD] if folded is None else _of_mail(place)
            _add(found, (one for name in asked for one in _matching(client, place, name, wanted)))
    profiles = list(found.values())
    addresses = {folded} if folded else {
        one for held in profiles for one in held.addresses if not _is_shared(client, held, one)
    }  # fmt: skip
    for place in known:
        if place.collection_id is None:
            continue
        for profile in profiles:
            if profile.place.database_id == place.database_id:
                path = f"profile/{profile.id}/subprofiles/{place.collection_id}"
                _add(found, rows(client, place, path))
        for name in _of_mail(place):
            for address in addresses:
                _add(found, _matching(client, place, name, address))
    return list(found.values()), addresses


def _add(found: dict[tuple[str, int], Held], more: Iterable[Held]) -> None:
    for one in more:
        found.setdefault((one.place.code, one.id), one)


def _is_shared(client: Client, held: Held, address: str) -> bool:
    """Whether another profile beside one has its address."""
    names = _of_mail(held.place)
    return any(one.id != held.id for name in names for one in _matching(client, held.place, name, address))


def _of_mail(place: Place) -> list[str]:
    names = (entry.name for entry in place.fields.values() if entry.column.type == "email")
    return list(dict.fromkeys(names))


def _matching(client: Client, place: Place, name: str, wanted: str) -> Iterator[Held]:
    """What has a value in a field; what comes back is held against it, for a condition may be ignored."""
    for one in rows(client, place, place.list_path, ("fields[]", f"{name}=={wanted}")):
        if fold_email(one.fields.get(name)) != fold_email(wanted):
            raise SettingsError(
                f"{place.name}: asked for one person, got another; is the field {name} still there?"
            )
        yield one


def rows(client: Client, place: Place, path: str, *conditions: tuple[str, str]) -> Iterator[Held]:
    """What a list of a place shows.

    Args:
        client: The account.
        place: The place.
        path: The list's path.
        conditions: Narrow it; what comes back must be held against them, for a condition may be ignored.
    """
    start = 0
    while True:
        question: Params = [*conditions, ("start", str(start)), ("limit", str(PAGE)), ("total", "false")]
        answer = client.get(path, question)
        for row in answer["data"]:
            number = int(row["ID"])
            yield Held(
                place,
                number,
                int(row.get("profile") or number),
                str(row.get("created", "")),
                str(row.get("modified", "")),
                {str(name): str(value) for name, value in row["fields"].items()},
            )
        start += len(answer["data"])
        if len(answer["data"]) < min(PAGE, int(answer.get("limit", PAGE))):
            return
