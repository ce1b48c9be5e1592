"""What profiles tell of the shop's list of subscribers, for a ledger that was lost or is of last week.

The field `newsletter_shop` is written from here alone and says what the shop said last. Where it says that
a person was on the list, and the ledger has no note of that, it is noted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_copernica.consent.model import PENDING, YES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_copernica.account.structure import Place
    from target_copernica.memory.ledger import Ledger

__all__ = ["Recall"]


class Recall:
    """Notes who was on the list.

    Args:
        ledger: Where it is noted.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._names: dict[str, tuple[str, str]] = {}

    def declare(self, place: Place, consent: Mapping[str, str]) -> None:
        """A database keeps consent; without a field `newsletter_shop` it does not tell.

        Args:
            place: The database.
            consent: Names of its fields in the mapping, by role.
        """
        said, source = (
            place.fields.get(consent.get(role, "").lower())
            for role in ("newsletter_shop", "newsletter_source")
        )
        if said is not None:
            self._names[place.code] = said.name.lower(), source.name.lower() if source is not None else ""

    def note(self, place: Place, key: str, fields: Mapping[str, str]) -> None:
        """Something was read.

        Args:
            place: Where it is.
            key: Its key.
            fields: What it holds.
        """
        if place.code not in self._names:
            return
        there, (name, source) = {at.lower(): value for at, value in fields.items()}, self._names[place.code]
        shop, separator, _ = key.partition(":")
        if not separator or (said := there.get(name)) not in (PENDING, YES):
            return
        consents = self._ledger.consents
        written = consents.written(place.code, key)
        if written is not None and written[1].get("newsletter_shop") == said:
            return
        if (who := consents.address_of(place.code, key)) is not None:
            consents.recalled.note(who, shop, there.get(source, ""))
