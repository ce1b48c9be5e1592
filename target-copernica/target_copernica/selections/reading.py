"""People with their orders, read from Copernica for a backtest: a thousand profiles or subprofiles a call."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from target_copernica.selections.backtest import Order, PersonHistory, moment
from target_copernica.selections.wanted import PEOPLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_copernica.account.readback import Readback
    from target_copernica.account.structure import Place
    from target_copernica.selections.model import Levels
    from target_copernica.selections.wanted import Names

__all__ = ["collections_of", "read_people"]

ORDERS: Final = "Orders"


def collections_of(levels: Levels) -> list[str]:
    """The collections that a backtest reads: the orders, and those that the selection counts."""
    counted = {one.collection for rules in levels for rule in rules for one in rule.all if one.collection}
    return sorted({ORDERS, *counted})


def read_people(
    readback: Readback,
    places: Mapping[tuple[str, str | None], Place],
    names: Names,
    collections: Iterable[str],
) -> list[PersonHistory]:
    """Read everybody.

    Args:
        readback: Reads.
        places: The database and its collections, as prepared.
        names: What `field_names` says.
        collections: Those that are read.
    """
    below: dict[int, dict[str, list[dict[str, str]]]] = defaultdict(lambda: defaultdict(list))
    for collection in collections:
        place = places[PEOPLE, collection]
        known = _known(place, names, collection)
        for thing in readback.everything(place):
            if thing.profile_id is not None:
                below[thing.profile_id][collection].append(
                    {key: thing.fields.get(name, "") for key, name in known.items()}
                )
    place = places[PEOPLE, None]
    known = _known(place, names, None)
    return [
        PersonHistory(
            {key: thing.fields.get(name, "") for key, name in known.items()},
            [order for row in below[thing.id][ORDERS] if (order := _order(row)) is not None],
            below[thing.id],
        )
        for thing in readback.everything(place)
    ]


def _known(place: Place, names: Names, collection: str | None) -> dict[str, str]:
    """Names of the fields as they stand in Copernica, by those of the preset."""
    return {
        key: place.fields[name.lower()].name
        for (where, key), name in names.items()
        if where == collection and name.lower() in place.fields
    }


def _order(row: Mapping[str, str]) -> Order | None:
    at = moment(row.get("ordered_at"))
    if at is None or (row.get("cart_id") or "0") != "0":  # carts stand beside the orders
        return None
    state = row.get("order_state") or row.get("status") or ""
    return Order(at, float(row.get("total") or 0), cancelled="cancel" in state.lower())
