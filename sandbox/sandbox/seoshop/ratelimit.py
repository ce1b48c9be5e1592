"""The three rate windows and the cap per second (`docs/api/seoshop.md`, section 2)."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from math import ceil
from zoneinfo import ZoneInfo

from sandbox.context import Context
from sandbox.seoshop.switches import DAY_ENDS, REFUSED_COUNT, RETRY_AFTER

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIVE_MINUTES = 300
HOUR = 3600


@dataclass(frozen=True)
class Window:
    """One of the three windows as it stands: its end, and how much of it is used."""

    limit: int
    used: int
    ends: datetime

    @property
    def remaining(self) -> int:
        """Requests left; -1 once a request was refused by this window."""
        return max(self.limit - self.used, -1)

    def reset(self, now: datetime) -> int:
        """Whole seconds until the window ends, so many that it has ended by then."""
        return ceil((self.ends - now).total_seconds())


@dataclass(frozen=True)
class Verdict:
    """Whether a request may pass and was counted, and the headers that say how the windows stand."""

    allowed: bool
    counted: bool
    headers: Mapping[str, str]


def window_ends(now: datetime, day_zone: ZoneInfo, factor: float = 1) -> tuple[datetime, datetime, datetime]:
    """When the windows that `now` lies in end: they are fixed and aligned to the clock.

    Args:
        now: the clock.
        day_zone: whose midnight ends the day.
        factor: by what they are shorter than the real ones; a day then has so many windows of a day.
    """
    five, hour = (_next(now, _EPOCH, timedelta(seconds=length / factor)) for length in (FIVE_MINUTES, HOUR))
    local = now.astimezone(day_zone)
    began = datetime(local.year, local.month, local.day, tzinfo=day_zone)
    midnight = (began + timedelta(days=1)).astimezone(UTC)
    if factor == 1:
        return five, hour, midnight
    return five, hour, min(_next(now, began.astimezone(UTC), timedelta(days=1) / factor), midnight)


def _next(now: datetime, start: datetime, length: timedelta) -> datetime:
    """The first end after `now` of windows of one length since `start`."""
    return start + length * ((now - start) // length + 1)


class RateLimiter:
    """Counts the requests of the sandbox's one API key on the sandbox's clock."""

    def __init__(self, context: Context, zone: ZoneInfo) -> None:
        """Start with nothing used; `zone` is the shop's."""
        self._context = context
        self._zone = zone
        self._ends: list[datetime] = []
        self._used = [0, 0, 0]
        self._recent: deque[float] = deque()

    def take(self) -> Verdict:
        """Count one request and judge it."""
        settings = self._context.settings
        now = self._context.clock.now()
        self._roll(now)
        self._used = [used + 1 for used in self._used]
        windows = self.windows()
        spent = [window for window in windows if window.remaining < 0]
        too_fast = not spent and not self._within_second(now.timestamp())
        counted = not (spent or too_fast) or settings.switch(REFUSED_COUNT) == "yes"
        if not counted:
            self._used = [
                min(used - 1, window.limit) for used, window in zip(self._used, windows, strict=True)
            ]
        headers = _headers(windows, now)
        if spent or too_fast:
            wait = max((window.reset(now) for window in spent), default=1)
            headers |= self._retry_after(now, wait)
        return Verdict(not spent and not too_fast, counted, headers)

    def look(self) -> Mapping[str, str]:
        """The headers as they stand, without counting a request."""
        now = self._context.clock.now()
        self._roll(now)
        return _headers(self.windows(), now)

    def windows(self) -> tuple[Window, ...]:
        """The three windows as they stand."""
        limits = self._context.settings.rate_limits
        return tuple(
            Window(limit, used, ends)
            for limit, used, ends in zip(limits, self._used, self._ends, strict=True)
        )

    def _roll(self, now: datetime) -> None:
        """Begin anew each window that has ended since the last request, or that the clock has left."""
        to_shop = self._context.settings.switch(DAY_ENDS) == "shop"
        zone = self._zone if to_shop else ZoneInfo("UTC")
        ends = list(window_ends(now, zone, self._context.settings.window_factor))
        if self._ends:
            self._used = [
                used if old == new else 0 for used, old, new in zip(self._used, self._ends, ends, strict=True)
            ]
        self._ends = ends

    def _within_second(self, now: float) -> bool:
        """Whether the cap per second still allows a request; a refused one does not use it up."""
        recent = self._recent
        while recent and not 0 <= now - recent[0] < 1:
            recent.popleft()
        if len(recent) >= self._context.settings.per_second:
            return False
        recent.append(now)
        return True

    def _retry_after(self, now: datetime, wait: int) -> dict[str, str]:
        match self._context.settings.switch(RETRY_AFTER):
            case "seconds":
                return {"retry-after": str(wait)}
            case "date":
                return {"retry-after": format_datetime(now + timedelta(seconds=wait), usegmt=True)}
            case _:
                return {}


def _headers(windows: tuple[Window, ...], now: datetime) -> dict[str, str]:
    return {
        "x-ratelimit-limit": "/".join(str(window.limit) for window in windows),
        "x-ratelimit-remaining": "/".join(str(window.remaining) for window in windows),
        "x-ratelimit-reset": "/".join(str(window.reset(now)) for window in windows),
    }
