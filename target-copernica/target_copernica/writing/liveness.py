"""What is live and what is history: history must never trigger a campaign.

Making something runs follow-ups only if it came to be lately, changing it only if it changed lately:
at or after the start of the run that put the first record into that place (or could have, where `begin` is
called; or `live_from`), and within `live_window`, by the server's clock. What has no time is history.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_copernica.mapping.model import STAMP

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from target_copernica.mapping.model import Fragment
    from target_copernica.memory.ledger import Ledger

__all__ = ["Liveness"]


class Liveness:
    """Tells live from history.

    Args:
        ledger: Remembers from when on a place is live.
        now: The server's time.
        window: How old something live may be.
        live_from: The user's own instant, instead of the start of the first run.
    """

    def __init__(
        self, ledger: Ledger, now: Callable[[], datetime], window: timedelta, live_from: datetime | None
    ) -> None:
        self._ledger = ledger
        self._now = now
        self._window = window
        self._chosen = live_from.strftime(STAMP) if live_from else None
        self._run_start = now().strftime(STAMP)
        self._places: dict[str, str] = {}

    def begin(self, place: str) -> None:
        """Let a place be live from this run on, even if its first record comes with a later run.

        Args:
            place: One whose records come long after what they tell of, as carts do.
        """
        self._from(place)

    def is_live(self, place: str, fragment: Fragment, *, first: bool) -> bool:
        """Whether writing this may run follow-ups.

        Args:
            place: Where it goes.
            fragment: What is written.
            first: Whether its stream writes to this key for the first time: then it is the age of the
                thing that counts, as when making it, and not the age of its last change.
        """
        stamp = fragment.created if first and fragment.created is not None else fragment.changed
        if not stamp:
            return False
        return stamp >= max(self._from(place), (self._now() - self._window).strftime(STAMP))

    def _from(self, place: str) -> str:
        if self._chosen:
            return self._chosen
        if place not in self._places:
            self._places[place] = self._ledger.live_from(place, self._run_start)
        return self._places[place]
