"""The content of a write as one text: two texts are equal exactly when nothing has to be written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_copernica.mapping.values import comparable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from target_copernica.account.structure import Place
    from target_copernica.memory.ledger import Ledger

__all__ = ["content_digest", "content_of"]


def content_of(place: Place, fields: Mapping[str, str]) -> str:
    """The content of these fields as one text, whether they are about to be sent or were read.

    Args:
        place: Where they stand.
        fields: Values by name; only fields of the place.
    """
    marked = [(place.mark(name), value) for name, value in fields.items()]
    return "\x1e".join([mark + comparable(value, kind) for (mark, kind), value in marked])


def content_digest(ledger: Ledger, place: Place) -> Callable[[Mapping[str, str]], bytes]:
    """The ledger's hash of the content of fields of a place.

    Values stand with the ids and types of their fields, so that a new mapping, field or type changes it.
    """
    return lambda fields: ledger.digest(content_of(place, fields))
