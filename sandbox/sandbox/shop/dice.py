"""Chance that falls the same way on any machine."""

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A stream of chance that depends on its key alone.

    Built on `Random.random()` only: Python promises the same sequence for it in all versions and on all
    machines, which it does not for the other methods.
    """

    def __init__(self, *key: str | int) -> None:
        """Seed with `key`; a text seed goes through SHA-512, never through hash()."""
        self.fraction = random.Random(":".join(map(str, key))).random  # noqa: S311  # data, not secrets

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.fraction() < probability

    def number(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self.fraction() * (high - low + 1))

    def pick(self, values: Sequence[T]) -> T:
        """One of `values`."""
        return values[int(self.fraction() * len(values))]

    def digits(self, count: int) -> str:
        """A text of `count` digits."""
        return "".join(str(self.number(0, 9)) for _ in range(count))

    def letters(self, count: int) -> str:
        """A text of `count` capital letters."""
        return "".join(self.pick("ABCDEFGHJKLMNPRSTVWXZ") for _ in range(count))
