"""What mailing is worth: net revenue per person of the hold-out group and of the rest. Pure.

The interval is Welch's for a difference of means whose spreads differ, with the normal quantile in place of
Student's: from `LEAST` people in each group on they agree to the second digit. It speaks of the mean, so a
few very large orders widen it rather than decide it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist, fmean, variance
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LEAST", "Uplift", "uplift"]

LEAST: Final = 100
"""So many people in each group are needed before an interval is told."""

CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Uplift:
    """The two groups held against each other.

    Attributes:
        held_out: How many were left out of mailings.
        rest: How many were not.
        held_out_a_head: Their net revenue per person.
        rest_a_head: That of the rest.
        low: The difference (rest less hold-out) is at least this, with 95 % confidence; None where there are
            too few people to tell.
        high: And at most this.
    """

    held_out: int
    rest: int
    held_out_a_head: float
    rest_a_head: float
    low: float | None = None
    high: float | None = None

    @property
    def difference(self) -> float:
        """What a person of the rest brought in beyond one of the hold-out."""
        return self.rest_a_head - self.held_out_a_head

    def in_words(self) -> str:
        """What can be said of it."""
        if self.low is None or self.high is None:
            return (
                f"Too few people to tell: {self.held_out} held out, {self.rest} others; "
                f"at least {LEAST} in each group are needed."
            )
        interval = f"between {self.low:+,.2f} and {self.high:+,.2f} with 95 % confidence"
        span = f"{self.difference:+,.2f} per person, {interval}"
        if self.low <= 0 <= self.high:
            return f"No difference can be told from chance: {span}."
        return f"People who are mailed bring in {'more' if self.difference > 0 else 'less'}: {span}."


def uplift(held_out: Sequence[float], rest: Sequence[float]) -> Uplift:
    """Hold the two groups against each other.

    Args:
        held_out: Net revenue of each person of the hold-out.
        rest: That of each other person.
    """
    means = (fmean(held_out) if held_out else 0.0, fmean(rest) if rest else 0.0)
    if min(len(held_out), len(rest)) < LEAST:
        return Uplift(len(held_out), len(rest), *means)
    error = math.sqrt(sum(variance(group) / len(group) for group in (held_out, rest)))
    reach = NormalDist().inv_cdf((1 + CONFIDENCE) / 2) * error
    difference = means[1] - means[0]
    return Uplift(len(held_out), len(rest), *means, difference - reach, difference + reach)
