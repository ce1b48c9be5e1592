"""What the first load costs: requests to the shop, and how long a key needs for them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FirstLoad", "first_load", "in_words"]

_PAGE: Final = 250
_OTHER_LISTS: Final = 20
"""Requests for all small lists together: groups, brands, languages, the shop itself."""

_SHARE: Final = 0.9
"""What the tap uses of a key's requests (its setting `quota_reserve` leaves the rest to others)."""

_IMPORT_ROWS: Final = 1000
_CALLS_OF_AN_IMPORT: Final = 5
"""Calls that go with an import: its answer, its end, and reading back what it made."""

_HOUR: Final = 3600
_DAY: Final = 86400


@dataclass(frozen=True, slots=True)
class FirstLoad:
    """About what a first load takes.

    Args:
        requests: To the shop.
        seconds: Until the last of them.
        at_once: Seconds until customers, orders and products have been read; order rows take the rest.
        calls: To Copernica.
    """

    requests: int
    seconds: float
    at_once: float
    calls: int


def first_load(counts: Mapping[str, int], limits: tuple[int, int, int]) -> FirstLoad:
    """Estimate the first load of a shop.

    Args:
        counts: Its customers, orders and products.
        limits: Requests of the key in 5 minutes, an hour and a day.
    """
    # Orders are read twice, with their shipments; a product's variants are another list.
    sizes = (counts["customers"], counts["customers"], counts["orders"], counts["orders"], counts["products"])
    lists = _OTHER_LISTS + sum(max(1, math.ceil(size / _PAGE)) for size in (*sizes, 3 * counts["products"]))
    requests = lists + counts["orders"]  # the rows of an order are a request of their own
    records = counts["customers"] + 3 * counts["orders"] + 4 * counts["products"]
    calls = 150 + math.ceil(records / _IMPORT_ROWS) * _CALLS_OF_AN_IMPORT
    return FirstLoad(requests, _seconds(requests, limits), _seconds(lists, limits), calls)


def in_words(seconds: float) -> str:
    """A span of time as people say it, rounded up."""
    for unit, size in (("day", _DAY), ("hour", _HOUR)):
        if seconds > 2 * size:
            return f"{math.ceil(seconds / size)} {unit}s"
    minutes = max(1, math.ceil(seconds / 60))
    return f"{minutes} minute{'s' * (minutes != 1)}"


def _seconds(requests: int, limits: tuple[int, int, int]) -> float:
    """How long a key needs for so many requests, when it uses each window up before it waits for the next."""
    five, hour, day = (max(1, math.floor(limit * _SHARE)) for limit in limits)
    days, left = divmod(max(0, requests - 1), day)
    hours, left = divmod(left, hour)
    fives, left = divmod(left, five)
    return days * _DAY + hours * _HOUR + fives * 300 + left / 10
