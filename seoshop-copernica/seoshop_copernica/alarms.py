"""What calls for a person: which causes there are, and which of them hold for a shop. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from seoshop_copernica.errors import Code
from seoshop_copernica.told import calls, spoken

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import timedelta

    from seoshop_copernica.status import Failure, Status

__all__ = ["ALARMS", "Alarm", "causes", "standing"]

_ALMOST: Final = 0.9
"""The share of the month's calls from which the budget is an alarm, so that there is time to raise it."""
_KEY: Final = re.compile(r"refuses the key or the secret|does not accept the API token")
_STRUCTURE: Final = re.compile(
    r"in Copernica|was removed|which is gone|must be a text of|has the type|another state_dir|lost their key"
)


@dataclass(frozen=True, slots=True)
class Alarm:
    """One cause.

    Attributes:
        code: The exit code of a tick that it comes with; None where no tick fails.
        means: What happened.
        todo: The next step, as a command where there is one; `SHOP` stands for the shop's name.
    """

    code: int | None
    means: str
    todo: str


ALARMS: Final[Mapping[str, Alarm]] = {
    "stale": Alarm(
        None,
        "three runs in a row did not complete",
        "`seoshop-copernica status SHOP` names the last failure; if there is none, check that the timer runs",
    ),
    "rejects": Alarm(
        Code.REJECTS,
        "records were refused, and wait to be sent again",
        "fix the most common cause, then `seoshop-copernica exec SHOP -- "
        "target-copernica --config=ENV replay`",
    ),
    "key": Alarm(
        Code.NOT_ALLOWED,
        "the shop refuses the key, or Copernica the token",
        "make a new one, on the screen that the line names, put it where `secrets` points, "
        "then `seoshop-copernica doctor SHOP`",
    ),
    "right": Alarm(
        Code.NOT_ALLOWED,
        "the key or the token lacks a right",
        "give it the right that the line names, or deselect the stream; then `seoshop-copernica doctor SHOP`",
    ),
    "structure": Alarm(
        Code.SETTINGS,
        "a database, collection or field in Copernica was changed, so nothing is written",
        "`seoshop-copernica exec SHOP -- target-copernica --config=ENV plan` shows what was changed",
    ),
    "settings": Alarm(
        Code.SETTINGS, "a setting, or something it refers to, is wrong", "the line names the setting"
    ),
    "budget": Alarm(
        Code.BUDGET,
        "90% or more of the month's call budget is used",
        "raise `target: {call_budget: {month: ...}}` in shops.yml, or wait for the first of the month",
    ),
    "follow-ups": Alarm(
        Code.FOLLOWUPS,
        "more writes in one run would start follow-ups than `max_live` allows",
        "find out why; if they are intended, `seoshop-copernica exec SHOP -- "
        "target-copernica --config=ENV pass-once`",
    ),
    "fault": Alarm(Code.UNEXPECTED, "an error that should not happen: a bug", "report the line"),
    "volume": Alarm(
        None,
        "no new order for much longer than usual on this weekday",
        "check that the shop accepts orders: place one, or look in its back office",
    ),
}
"""By name, which is how `alarms: {without: [...]}` of shops.yml calls them. An API that is away is none: it
becomes `stale` where it lasts."""

_OF_CODE: Final[Mapping[int, str]] = {
    alarm.code: name
    for name, alarm in ALARMS.items()
    if alarm.code is not None and alarm.code not in (Code.NOT_ALLOWED, Code.SETTINGS)
}
"""Where the exit code says it all."""


def standing(found: Status, quiet: tuple[timedelta, timedelta] | None) -> dict[str, str]:
    """The causes that hold now, each with a line that says more.

    Args:
        found: How the shop stands.
        quiet: For how long no order has come, and what is usual, where that is far less; else None.
    """
    held: dict[str, str] = {}
    if found.verdict == "stale":
        held["stale"] = f"the last complete run: {spoken(found.complete) if found.complete else 'none yet'}"
    if found.rejects:
        commonest = "; ".join(f"{number} x {reason}" for reason, number in found.reasons)
        held["rejects"] = f"{found.rejects} wait: {commonest}"
    if found.budget and found.calls >= _ALMOST * found.budget:
        held["budget"] = f"{calls(found)} calls of this month"
    failing = found.failure if found.failure is not None and not found.failure.over else None
    if failing is not None and (cause := _of_failure(failing)) is not None:
        held.setdefault(cause, failing.cause)
    if quiet is not None:
        held["volume"] = f"no new order for {_hours(quiet[0])}; {_hours(quiet[1])} at most on a usual day"
    return held


def causes(
    told: Collection[str], held: Mapping[str, str], unknown: Collection[str]
) -> tuple[list[str], list[str]]:
    """Which causes are to be told: once when they begin, once when they are over.

    Args:
        told: Those that were told and are not over.
        held: Those that hold now.
        unknown: Those of which nothing can be said now: they stay as they are.

    Returns:
        Those that are new, and those that are over, in the order of `ALARMS`.
    """
    new = [name for name in ALARMS if name in held and name not in told]
    return new, [name for name in ALARMS if name in told and name not in held and name not in unknown]


def _of_failure(failure: Failure) -> str | None:
    if failure.code == Code.NOT_ALLOWED:
        return "key" if _KEY.search(failure.cause) else "right"
    if failure.code == Code.SETTINGS:
        return "structure" if _STRUCTURE.search(failure.cause) else "settings"
    return _OF_CODE.get(failure.code)


def _hours(time: timedelta) -> str:
    return f"{time.total_seconds() / 3600:.0f} hours"
