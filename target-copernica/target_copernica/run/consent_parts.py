"""The parts that keep consent, as the settings and the databases ask for them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from target_copernica.account.optouts import OptOuts
from target_copernica.consent.model import CHOICES, EMPTY, NO
from target_copernica.consent.rules import ConsentChoices
from target_copernica.writing.consenting import Consenting, Known

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_copernica.account.structure import Place
    from target_copernica.run.workspace import Workspace
    from target_copernica.typed_settings import Settings

__all__ = ["consenting", "kept_places", "known_of"]


def consenting(work: Workspace) -> Consenting:
    """What decides about consent fields.

    Args:
        work: An open workspace, with its places prepared.
    """
    every = timedelta(seconds=work.settings.optout_interval)
    ours = frozenset(place.database_id for place in work.places.values())
    scope = ours if work.settings.consent_scope == "shop" else None
    optouts = OptOuts(work.client, work.ledger, work.log, every, scope)
    places = kept_places(work)
    return Consenting(work.ledger, work.readback.fields_of, optouts, places, work.zone, work.client.now)


def kept_places(work: Workspace) -> dict[str, Known]:
    """How each database keeps consent, by the ledger's names; those that cannot are told and left out."""
    found: dict[str, Known] = {}
    for database in work.mapping.databases.values() if work.mapping else ():
        if not database.consent:
            continue
        place = work.places[database.alias, None]
        if database.consent["newsletter"].lower() not in place.fields:
            work.log.info(
                "%s has no field %s: no consent is kept", place.name, database.consent["newsletter"]
            )
            continue
        known = known_of(
            place, database.consent, work.settings, is_made=work.ledger.consents.is_made(place.code)
        )
        if known is None:
            work.log.warning(
                "%s: the field %s cannot hold `no`, so no consent is kept: it must be a select with the "
                "choices pending, yes and no, or a text",
                place.name,
                database.consent["newsletter"],
            )
        else:
            found[place.code] = known
    return found


def known_of(place: Place, consent: Mapping[str, str], settings: Settings, *, is_made: bool) -> Known | None:
    """How a database keeps consent.

    Args:
        place: The database.
        consent: Names of the fields, by role, as the mapping has them.
        settings: The target's settings.
        is_made: Whether this program made the database: only then anything is raised by default.

    Returns:
        It; None where its field cannot hold what is to be said.
    """
    newsletter = place.fields[consent["newsletter"].lower()]
    column = newsletter.column
    spelled = {choice.lower(): choice for choice in column.choices}
    if column.type == "text":
        spelled = {choice: choice for choice in CHOICES["newsletter"]}
    if NO not in spelled:
        return None
    # What cannot be said becomes empty, which is stricter.
    choices = {EMPTY: "", **{one: spelled.get(one, "") for one in CHOICES["newsletter"]}}
    names = {
        role: place.fields[name.lower()].name
        for role, name in consent.items()
        if name.lower() in place.fields and _fits(place, role, name)
    }
    mode = settings.consent or ("ratchet" if is_made else "mirror")
    rules = ConsentChoices(
        raises=mode == "ratchet",
        require_confirmed=settings.require_confirmed,
        checkout_counts=settings.checkout_counts,
        soft_optin=settings.soft_optin,
    )
    return Known(names, choices, rules)


def _fits(place: Place, role: str, name: str) -> bool:
    """Whether the field that is there can hold the values of a role."""
    column = place.fields[name.lower()].column
    if column.type in ("text", "big"):
        return True
    if role in CHOICES:
        return column.type == "select" and (role == "newsletter" or set(CHOICES[role]) <= set(column.choices))
    return column.type in ("datetime", "empty_datetime") and role != "newsletter_source"
