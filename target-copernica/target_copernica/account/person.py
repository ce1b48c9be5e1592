"""All that Copernica holds of one person, found by address or key; reading only, but for the data request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from target_copernica.account.presence import key_in
from target_copernica.account.readback import PAGE
from target_copernica.errors import LostAnswerError, RefusedError, SettingsError
from target_copernica.mapping.keys import KEY_FIELD, fold_email

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from target_copernica.account.structure import Place
    from target_copernica.api.client import Client, Params

__all__ = ["Held", "ask_for_data", "held_of", "rows"]

_FIRST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 10.0


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


def held_of(client: Client, places: Iterable[Place], wanted: str) -> list[Held]:
    """The profiles of a person with their subprofiles, and subprofiles below others that have the address.

    Args:
        client: The account.
        places: All databases and collections of the mapping.
        wanted: An address, or our key of a profile. Of a key the one profile is meant, not others with its
            address.

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
    addresses = {folded} if folded else {one for held in found.values() for one in held.addresses}
    profiles = list(found.values())
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
    return list(found.values())


def ask_for_data(
    client: Client, address: str, wait: Callable[[float], None], patience: float
) -> dict[str, Any]:
    """Copernica's own answer to a request for all data of an address (docs/api/copernica.md section 13).

    Args:
        client: The account.
        address: As it was given.
        wait: Sleeps.
        patience: Most seconds to wait for the answer.

    Returns:
        `status`, `request` (its id), and `data` where it is there.
    """
    try:
        number = client.post(f"email/{quote(address, safe='')}/datarequest", {})
    except (RefusedError, LostAnswerError):
        return {"status": "Copernica did not take the request; ask for it in its interface"}
    pause, waited = _FIRST_WAIT, 0.0
    while (status := str(client.get(f"datarequest/{number}/status").get("status"))) == "pending":
        if waited >= patience:
            break
        wait(pause)
        waited, pause = waited + pause, min(2 * pause, _LONGEST_WAIT)
    if status != "available":
        return {"status": status, "request": number}
    return {"status": status, "request": number, "data": client.get(f"datarequest/{number}/data")}


def _add(found: dict[tuple[str, int], Held], more: Iterable[Held]) -> None:
    for one in more:
        found.setdefault((one.place.code, one.id), one)


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
