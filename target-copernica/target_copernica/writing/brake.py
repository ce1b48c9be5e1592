"""The mail brake: how many writes of one run may start follow-ups (campaigns), counted before they are made.

It catches a wrong clock, a shop with new ids and an edit of everything alike. Only people count, for only
they can be mailed: databases with a field of type email, and their collections.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Final

from target_copernica.errors import TooManyFollowUpsError
from target_copernica.writing.masked import masked_fields, masked_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_copernica.account.structure import Place
    from target_copernica.writing.pending import PendingWrite

__all__ = ["MOST", "MailBrake", "ordinary"]

MOST: Final = 200
"""How many writes of a run may start follow-ups where nothing is known of the shop's ordinary days."""

_TIMES: Final = 5
_DAYS: Final = 3
"""Fewer days say nothing of what is ordinary."""

_EXAMPLES: Final = 3
_FIELDS: Final = 4


def ordinary(days: Sequence[int]) -> int:
    """How many writes that may start follow-ups a run may have.

    Args:
        days: For earlier days of this weekday, the number of them in the day's largest run.

    Returns:
        Five times the median, and at least `MOST`.
    """
    return max(MOST, int(_TIMES * median(days))) if len(days) >= _DAYS else MOST


class MailBrake:
    """Counts, and stops the run before the write that is one too many.

    Args:
        most: So many may be made.

    Attributes:
        people: Writes so far that may have started follow-ups and concern people.
        others: Likewise of others.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.people = 0
        self.others = 0
        self._held: set[tuple[str, str]] = set()
        self._look_at = most + 1

    def hold(self, write: PendingWrite) -> bool:
        """A write to people that may start follow-ups waits to be made.

        Returns:
            Whether it is time to see how many of those that wait will be made: see `check`.
        """
        self._held.add((write.place.code, write.key))
        return self.people + len(self._held) >= self._look_at

    def check(self, coming: Sequence[tuple[PendingWrite, str]]) -> None:
        """See that no more will be made than may be.

        Args:
            coming: The writes to people that wait and change something, each with what it does.

        Raises:
            TooManyFollowUpsError: There are too many.
        """
        if self.people + len(coming) > self.most:
            raise TooManyFollowUpsError(self._words(coming))
        # Only new ones can make it too many.
        self._look_at = self.people + len(self._held) + self.most - self.people - len(coming) + 1

    def start(self, place: Place, coming: Sequence[tuple[PendingWrite, str]], *, mailable: bool) -> None:
        """Count writes that are about to be made.

        Args:
            place: Where.
            coming: The writes, each with what it does.
            mailable: Whether they concern people.

        Raises:
            TooManyFollowUpsError: There are too many.
        """
        if mailable and self.people + len(coming) > self.most:
            raise TooManyFollowUpsError(self._words(coming))
        self._held.difference_update((place.code, write.key) for write, _ in coming)
        self._look_at = self.most + 1
        if mailable:
            self.people += len(coming)
        else:
            self.others += len(coming)

    def start_events(self, number: int) -> None:
        """Count events for Copernica's events API that are about to be sent: each runs what hangs on it.

        Args:
            number: How many.

        Raises:
            TooManyFollowUpsError: There are too many.
        """
        if number and self.people + number > self.most:
            raise TooManyFollowUpsError(
                f"{number} events for Copernica (setting events) and {self.people} creations and changes of "
                f"this run are more than the {self.most} that may start follow-ups (setting max_live); no "
                "event is sent, and they are kept for the next run; if they are meant, "
                "`target-copernica pass-once` lets it send them"
            )
        self.people += number

    def _words(self, coming: Sequence[tuple[PendingWrite, str]]) -> str:
        examples = "; ".join(
            f"{write.place.name} {masked_key(write.key)} {deed} {_some(write.fields())}".rstrip()
            for write, deed in coming[:_EXAMPLES]
        )
        before = f"{self.people} of them are written" if self.people else "none of them is written"
        return (
            f"more than {self.most} creations and changes of this run may start follow-ups (setting "
            f"max_live); {before}. For example: {examples}. See why they are new; if they are meant, "
            "`target-copernica pass-once` lets the next run make them"
        )


def _some(fields: Mapping[str, str]) -> str:
    """Enough fields to see what it is."""
    return masked_fields(dict(list(fields.items())[:_FIELDS]))
