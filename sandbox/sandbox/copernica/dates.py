"""How Copernica reads dates: the part of PHP's `strtotime` that matters, in Europe/Amsterdam.

What it takes silently (a bare year, `now`, a single letter) is as much a part of it as what it
does not understand (docs/api/copernica.md, section 5).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from sandbox.copernica.zone import AMSTERDAM

_ZONE: Final = r"(?P<zone>[zZ]|UTC|GMT|[+-]\d{1,2}:?\d{2}|[+-]\d{1,2})"
_TIME: Final = rf"(?:[tT ]\s*(?P<h>\d{{1,2}}):(?P<i>\d{{2}})(?::(?P<s>\d{{2}})(?:[.,]\d+)?)?\s*{_ZONE}?)?"
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WORD: Final = r"(?P<word>[A-Za-z]{3,9})"
_FORMS: Final = tuple(
    re.compile(rf"{form}{_TIME}\s*", re.ASCII)
    for form in (
        r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})",
        r"(?P<y>\d{4})/(?P<m>\d{1,2})/(?P<d>\d{1,2})",
        r"(?P<y>\d{4})-(?P<m>\d{1,2})",
        r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})",
        r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4})",
        r"(?P<d>\d{1,2})[-.](?P<m>\d{1,2})[-.](?P<y>\d{4})",
        rf"(?:[A-Za-z]{{3,9}},\s*)?(?P<d>\d{{1,2}})[ -]{_WORD}[ -](?P<y>\d{{4}})",
        rf"{_WORD}\s+(?P<d>\d{{1,2}}),?\s+(?P<y>\d{{4}})",
    )
)
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})", re.ASCII)
_RELATIVE: Final = re.compile(
    r"([+-]?[0-9]+)\s*(sec|second|min|minute|hour|day|week)s?(\s+ago)?", re.IGNORECASE
)
_UNITS: Final = {"sec": 1, "second": 1, "min": 60, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_DAYS: Final = {
    "today": (0, 0),
    "midnight": (0, 0),
    "noon": (0, 12),
    "yesterday": (-1, 0),
    "tomorrow": (1, 0),
}
_LAST_MINUTE: Final = 59
_LAST_HOUR: Final = 24
_MILITARY: Final = {
    letter: hours
    for letters, sign in (("abcdefghiklm", 1), ("nopqrstuvwxy", -1))
    for hours, letter in ((sign * (position + 1), letter) for position, letter in enumerate(letters))
} | {"z": 0}


def strtotime(text: str, now: datetime) -> datetime | None:
    """Read a text as an instant.

    Args:
        text: What was sent.
        now: The server's clock, for relative times.

    Returns:
        The instant in Europe/Amsterdam; None for a text that is not understood, and for what comes
        out before the year 1.
    """
    text = text.strip()
    local = now.astimezone(AMSTERDAM)
    try:
        return _four_digits(text, local) or _relative(text, local) or _written_out(text)
    except (OverflowError, ValueError):
        return None


def _four_digits(text: str, local: datetime) -> datetime | None:
    """Four digits are a time of today, or else a year with today's day: so `1959` is today."""
    if not re.fullmatch(r"[0-9]{4}", text):
        return None
    hour, minute = int(text[:2]), int(text[2:])
    if hour < _LAST_HOUR and minute <= _LAST_MINUTE:
        return _settled(local.replace(tzinfo=None, hour=hour, minute=minute, second=0, microsecond=0))
    return _settled(local.replace(tzinfo=None, year=int(text), microsecond=0))


def _relative(text: str, local: datetime) -> datetime | None:
    word = text.lower()
    if word == "now":
        return local
    if word in _DAYS:
        days, hour = _DAYS[word]
        return _settled(local.replace(tzinfo=None, hour=hour, minute=0, second=0) + timedelta(days=days))
    if word in _MILITARY:
        return local.replace(tzinfo=timezone(timedelta(hours=_MILITARY[word]))).astimezone(AMSTERDAM)
    if found := re.fullmatch(r"@(-?[0-9]+)", text):
        return datetime.fromtimestamp(int(found[1]), AMSTERDAM)
    if found := _RELATIVE.fullmatch(text):
        moved = timedelta(seconds=int(found[1]) * _UNITS[found[2].lower()])
        return (local.astimezone(UTC) + (-moved if found[3] else moved)).astimezone(AMSTERDAM)
    return None


def _written_out(text: str) -> datetime | None:
    if found := _COMPACT.fullmatch(text):
        year, month, day, hour, minute, second = map(int, found.groups())
        return _instant(year, month, day, (hour, minute, second), None)
    for form in _FORMS:
        if found := form.fullmatch(text):
            part: dict[str, Any] = found.groupdict()
            clock = (int(part["h"] or 0), int(part["i"] or 0), int(part["s"] or 0))
            return _instant(int(part["y"]), _month(part), int(part.get("d") or 1), clock, part["zone"])
    return None


def _month(part: dict[str, Any]) -> int:
    """The month by number or English name; ValueError for a word that is none."""
    word = part.get("word")
    return _MONTHS.index(word[:3].lower()) + 1 if word else int(part["m"])


def _instant(
    year: int, month: int, day: int, clock: tuple[int, int, int], zone: str | None
) -> datetime | None:
    hour, minute, second = clock
    if month > 12 or day > 31 or hour > _LAST_HOUR or minute > _LAST_MINUTE or second > _LAST_MINUTE + 1:  # noqa: PLR2004 - the calendar's numbers
        return None
    if month == 0:  # PHP: month 0 is December of the year before, as day 0 is the last of the month before.
        year, month = year - 1, 12
    local = datetime(year, month, 1) + timedelta(days=day - 1, hours=hour, minutes=minute, seconds=second)  # noqa: DTZ001 - the zone comes below
    return _settled(local) if zone is None else local.replace(tzinfo=_offset(zone)).astimezone(AMSTERDAM)


def _offset(zone: str) -> timezone:
    if zone[0] not in "+-":
        return UTC
    digits = zone[1:].replace(":", "")
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))  # noqa: PLR2004 - +02 or +0200
    return timezone((1 if zone[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes))


def _settled(local: datetime) -> datetime:
    """A local time as an instant: of an hour that comes twice the first, one that is skipped moves on."""
    return local.replace(tzinfo=AMSTERDAM).astimezone(UTC).astimezone(AMSTERDAM)
