"""How a shop stands: what its record of runs, its bookmarks and its rejects say. Asks no API anything."""

from __future__ import annotations

import signal
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

import msgspec

from seoshop_copernica import bookmarks, cadence
from seoshop_copernica.errors import Code, TroubleError
from seoshop_copernica.figures import about_state, rejects_by_reason
from seoshop_copernica.history import Figures, History, moment
from seoshop_copernica.locks import held
from seoshop_copernica.places import Places

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from seoshop_copernica.history import Row
    from seoshop_copernica.shops import Shop

__all__ = ["Day", "Failure", "Reconciled", "Status", "Verdict", "of", "of_each", "worst"]

DAYS: Final = 30
_REASONS: Final = 3
_MISSED: Final = 3
"""A shop is stale when so many runs in a row have not come to their end."""
_EARLY: Final = "cause LIKE 'stopped early%'"
"""The shop's requests were used up before a run got any further."""
_ASKED_TO_END: Final = (Code.TIME_LIMIT, 128 + signal.SIGTERM)
"""By `time_limit`, or by an engine after its half an hour."""


class Verdict(IntEnum):
    """How a shop stands, and the exit code of `status`."""

    FRESH = 0
    REJECTS = 10
    STALE = 11
    NEVER = 12


class Failure(msgspec.Struct, frozen=True):
    """The last failure.

    Attributes:
        at: When it ended, UTC.
        code: Exit code.
        cause: In one line.
        over: Whether a later run came to its end.
    """

    at: str
    code: int
    cause: str
    over: bool


class Reconciled(msgspec.Struct, frozen=True):
    """What `reconcile` found last.

    Attributes:
        at: When, UTC.
        differences: Records that were not the same on both sides.
        to_heal: Those of them for which there was no good reason.
    """

    at: str
    differences: int
    to_heal: int


class Day(msgspec.Struct, frozen=True):
    """What a day had.

    Attributes:
        day: `2026-11-02`.
        orders: Orders made in Copernica.
        calls: Calls to Copernica.
        seconds: How long a run took, on the average.
    """

    day: str
    orders: int = 0
    calls: int = 0
    seconds: float = 0


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """How a shop stands. Times are UTC.

    Attributes:
        shop: Its name.
        verdict: In a word: `fresh`, `rejects`, `stale`, `never`.
        complete: When the last run that came to its end did so.
        true_to: Copernica holds what the shop held at this moment, by the shop's clock.
        at_work: When the run at work began; None where none is.
        load: First load of order rows: orders done and in all; None where it is not known.
        load_end: When it will be done, at this pace.
        owed: Changed orders whose rows are still to be read.
        quota: The shop's three windows as last seen: limit, remaining, resets_at.
        rejects: Records that were refused and wait.
        reasons: The commonest reasons with their numbers.
        calls: Calls to Copernica in this month.
        calls_before: In the month before.
        budget: How many this month may have; None for no limit.
        followups: Writes of this month that may have started follow-ups.
        failure: The last one; None where there was none.
        reconciled: What `reconcile` found last; None where it was never run.
        days: The last thirty days, oldest first.
    """

    shop: str
    verdict: str
    complete: str | None = None
    true_to: str | None = None
    at_work: str | None = None
    load: tuple[int, int] | None = None
    load_end: str | None = None
    owed: int = 0
    quota: dict[str, Any] | None = None
    rejects: int = 0
    reasons: list[tuple[str, int]] = []
    calls: int = 0
    calls_before: int = 0
    budget: int | None = None
    followups: int = 0
    failure: Failure | None = None
    reconciled: Reconciled | None = None
    days: list[Day] = []

    @property
    def code(self) -> int:
        """The exit code."""
        return Verdict[self.verdict.upper()]

    @property
    def loading(self) -> bool:
        """Whether the first load is under way."""
        return self.load is not None and self.load[0] < self.load[1]


def of(shop: Shop, home: Path, now: datetime | None = None, *, brief: bool = False) -> Status:
    """How a shop stands.

    Args:
        shop: The shop.
        home: The project's folder.
        now: The time; by default this machine's.
        brief: Leave out what sums up days and months, which takes most of the time.

    Raises:
        TroubleError: Its record of runs cannot be read.
    """
    places, now = Places(home, shop.name), now or datetime.now(UTC)
    history = History(places.history)
    newest = history.last()
    if not newest:
        return Status(shop=shop.name, verdict="never")
    complete = history.last(f"code = 0 AND NOT {_EARLY} AND runner <> 'heal'")
    failed = history.last(f"code <> 0 OR {_EARLY}")
    told: Figures | None = next(iter(history.last("true_to IS NOT NULL")), None)
    if newest[0].ended is None:  # at work, maybe for hours, or killed: its bookmarks say more
        told = _so_far(shop, places) or told
    months = {} if brief else {row["month"]: row for row in history.ask("SELECT * FROM months")}
    this = months.get(f"{now:%Y-%m}", {})
    last_month = f"{now.replace(day=1) - timedelta(days=1):%Y-%m}"
    before = months.get(last_month, {})
    rejects = rejects_by_reason(places.ledger / "rejects.jsonl")
    at_work = newest[0].started if newest[0].ended is None and _is_held(places) else None
    found = Status(
        shop=shop.name,
        verdict="fresh",
        complete=complete[0].ended if complete else None,
        true_to=told.true_to if told else None,
        at_work=at_work,
        load=_load(told),
        load_end=told.load_eta if told else None,
        owed=(told.owed if told else None) or 0,
        quota=msgspec.json.decode(told.quota) if told and told.quota else None,
        rejects=rejects.total(),
        reasons=rejects.most_common(_REASONS),
        calls=(this.get("calls") or 0) + _of_reconciling(history, f"{now:%Y-%m}"),
        calls_before=(before.get("calls") or 0) + _of_reconciling(history, last_month),
        budget=None if brief else shop.month_budget(),
        followups=this.get("followups") or 0,
        failure=_failure(failed, complete),
        reconciled=None if brief else _reconciled(history),
        days=[] if brief else _days(history, now),
    )
    goes_on = at_work is not None or _was_at_work(newest[0], now)
    return msgspec.structs.replace(found, verdict=_verdict(found, shop, now, goes_on=goes_on).name.lower())


def of_each(shops: Iterable[Shop], home: Path, *, brief: bool = False) -> list[Status]:
    """How many shops stand; one whose record cannot be read is stale, and hides no other.

    Args:
        shops: The shops.
        home: The project's folder.
        brief: As of `of`.
    """
    found = []
    for shop in shops:
        try:
            found.append(of(shop, home, brief=brief))
        except TroubleError as error:
            failure = Failure(moment(), error.exit_code, str(error), over=False)
            found.append(Status(shop=shop.name, verdict="stale", failure=failure))
    return found


def worst(found: Iterable[Status]) -> int:
    """The exit code for several shops: that of the one that stands worst."""
    return max((status.code for status in found), default=Verdict.FRESH)


def _verdict(found: Status, shop: Shop, now: datetime, *, goes_on: bool) -> Verdict:
    longest = cadence.LONGEST if shop.cadence == "auto" else cadence.interval(shop.cadence, cadence.Recent())
    # A run that ended in the future did so while the clock was ahead: it says nothing of now.
    late = found.complete is None or abs(now - datetime.fromisoformat(found.complete)) > _MISSED * longest
    if late and not (goes_on and (found.loading or found.complete is None)):
        return Verdict.STALE  # a first load may take hours, and is not late
    return Verdict.REJECTS if found.rejects else Verdict.FRESH


def _was_at_work(row: Row, now: datetime) -> bool:
    """Whether a run was just asked to end while it wrote: a first load goes on at the shop's next turn."""
    if row.ended is None or row.code not in _ASKED_TO_END or not row.written:
        return False
    return now - datetime.fromisoformat(row.ended) < _MISSED * cadence.SHORTEST


def _is_held(places: Places) -> bool:
    with held(places.lock) as handle:
        return handle is None


def _so_far(shop: Shop, places: Places) -> Figures | None:
    """What the bookmarks say that the target has acknowledged; None where a list was not read to its end."""
    found = Figures()
    with suppress(TroubleError):  # the next tick tells of it
        about_state(bookmarks.remembered(places.state(shop.meltano_environment)), found)
    return found if found.true_to else None


def _load(row: Figures | None) -> tuple[int, int] | None:
    if row is None or row.load_done is None or row.load_total is None:
        return None
    return row.load_done, row.load_total


def _failure(failed: list[Row], complete: list[Row]) -> Failure | None:
    if not failed:
        return None
    row = failed[0]
    over = bool(complete) and complete[0].run > row.run
    return Failure(row.ended or row.started, row.code or 0, row.cause or "", over)


def _of_reconciling(history: History, month: str) -> int:
    rows = history.ask("SELECT sum(calls) AS calls FROM reconciliation WHERE ended LIKE ?", f"{month}%")
    return rows[0]["calls"] or 0 if rows else 0


def _reconciled(history: History) -> Reconciled | None:
    rows = history.ask("SELECT ended, differences, to_heal FROM reconciliation ORDER BY ended DESC LIMIT 1")
    return Reconciled(rows[0]["ended"], rows[0]["differences"], rows[0]["to_heal"]) if rows else None


def _days(history: History, now: datetime) -> list[Day]:
    wanted = [f"{now - timedelta(days=back):%Y-%m-%d}" for back in range(DAYS - 1, -1, -1)]
    known = {
        row["day"]: Day(row["day"], row["orders"] or 0, row["calls"] or 0, row["seconds"] or 0)
        for row in history.ask("SELECT day, orders, calls, seconds FROM days WHERE day >= ?", wanted[0])
    }
    return [known.get(day, Day(day)) for day in wanted]
