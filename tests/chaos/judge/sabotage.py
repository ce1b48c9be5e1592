"""Programs broken on purpose, each with a realistic fault that the judge must notice."""

import itertools
import logging
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from chaos.judge import courses
from chaos.judge.courses import Course
from tap_seoshop.bookmarks.follower import Follower
from tap_seoshop.reading.incremental import IncrementalReader
from tap_seoshop.tap import TapSeoshop
from target_copernica.api.client import Client
from target_copernica.checkpoint import StateCheckpoint
from target_copernica.consent.rules import RULES, Case, Decision, decide
from target_copernica.memory.ledger import Ledger
from target_copernica.memory.recalled import Recalled
from target_copernica.memory.rejects import Origin
from target_copernica.run.event_sink import EventSink
from target_copernica.run.intake import Intake
from target_copernica.run.redeeming import Redeeming
from target_copernica.run.run import Run
from target_copernica.writing import consenting

__all__ = ["SABOTAGE", "Sabotage"]

TOO_FAR = timedelta(hours=1)
HOLD_OPT_OUTS = ("complaint", "opted out", "times in doubt", "set by others", "older than what stands there")
"""Rules of consent, each of which would hold an opt-out alone."""


@dataclass(frozen=True)
class Sabotage:
    """A way to break a program.

    Attributes:
        program: Which one.
        breaks: Does it, within the process of that program.
        course: What happens to a program that is broken in this way, so that it shows.
    """

    program: str
    breaks: Callable[[], None]
    course: Course


def skip_a_record() -> None:
    """The sink takes one record in nine for done, and does nothing with it."""
    take, counter = Intake.take, itertools.count(1)

    def takes(self: Intake, record: dict[str, Any], number: int) -> None:
        if next(counter) % 9:
            take(self, record, number)
        else:
            self._run.outcomes.unmapped(self._stream, number)

    Intake.take = takes  # type: ignore[method-assign]


def mix_up_two_fields() -> None:
    """The mapper gives everyone the last name as first name."""
    take = Intake.take

    def takes(self: Intake, record: dict[str, Any], number: int) -> None:
        mixed = record | {"firstname": record["lastname"]} if "lastname" in record else record
        take(self, mixed, number)

    Intake.take = takes  # type: ignore[method-assign]


def write_twice() -> None:
    """Every creation is sent twice."""
    post = Client.post

    def posts(self: Client, path: str, body: Any, kind: str = "write") -> int | None:
        if path.endswith("/profiles") or "/subprofiles/" in path:
            post(self, path, body, kind)
        return post(self, path, body, kind)

    Client.post = posts  # type: ignore[method-assign]


def tell_events_twice() -> None:
    """Copernica's events API is told of each act twice."""
    post = Client.post

    def posts(self: Client, path: str, body: Any, kind: str = "write") -> int | None:
        if path.startswith("events/"):
            post(self, path, body, kind)
        return post(self, path, body, kind)

    Client.post = posts  # type: ignore[method-assign]


def leave_lines_of_carts_open() -> None:
    """What says that a line of a cart is closed is taken for done."""
    take = Intake.take

    def takes(self: Intake, record: dict[str, Any], number: int) -> None:
        if self._stream == "cart_products" and record.get("closed"):
            self._run.outcomes.unmapped(self._stream, number)
        else:
            take(self, record, number)

    Intake.take = takes  # type: ignore[method-assign]


def tell_nothing_of_carts() -> None:
    """Copernica's events API is not told what came into a cart."""
    EventSink.take_line = lambda *_: None  # type: ignore[method-assign]


def redeem_nothing() -> None:
    """No coupon is marked redeemed."""
    Redeeming.take = lambda *_: None  # type: ignore[method-assign]


def overrule_opt_outs() -> None:
    """What stands in Copernica is read, and what the shop's list says counts for more."""
    left = [rule for rule in RULES if rule.name not in HOLD_OPT_OUTS]

    def decides(case: Case) -> Decision:
        return replace(decide(case, rules=left), needs_reading=case.there is None)

    consenting.decide = decides  # type: ignore[assignment, attr-defined]


def recall_no_one() -> None:
    """Where all that was known is lost, no one who was on the shop's list is missed there."""
    Recalled.miss = lambda *_: []  # type: ignore[method-assign]


def let_states_go_early() -> None:
    """A STATE leaves as soon as it comes."""

    def releases(self: StateCheckpoint) -> Any:
        state = self._waiting[-1][1] if self._waiting else None
        self._waiting.clear()
        return state

    hold = Run.hold

    def holds(self: Run, state: Any) -> None:
        hold(self, state)
        self._emit_state()

    StateCheckpoint.release = releases  # type: ignore[method-assign]
    Run.hold = holds  # type: ignore[method-assign]


def move_bookmarks_too_far() -> None:
    """The tap says that it has read the next hour, too."""
    reach, reached = Follower.reach, IncrementalReader.reached

    def reaches(self: Follower, since: datetime, read: datetime) -> None:
        reach(self, since + TOO_FAR, read)

    def has_reached(self: IncrementalReader, end: Any) -> None:
        reached(self, replace(end, since=end.since + TOO_FAR))

    Follower.reach = reaches  # type: ignore[method-assign]
    IncrementalReader.reached = has_reached  # type: ignore[method-assign]


def forget_write_ahead_entries() -> None:
    """Nothing is noted before a creation, and no run looks for what an earlier one made."""
    Ledger.write_ahead = lambda *_: None  # type: ignore[method-assign]
    Ledger.high_watermark = lambda *_: 10**9  # type: ignore[method-assign]


def close_newer_refusals() -> None:
    """An older version that was written well closes the refusal of a newer one."""
    Origin.is_older_than = lambda *_: False  # type: ignore[method-assign]


def log_an_address() -> None:
    """The target logs the e-mail address of each record, at the lowest level."""
    take = Intake.take

    def takes(self: Intake, record: dict[str, Any], number: int) -> None:
        self._run.work.log.debug("taking %s", record.get("email"))
        take(self, record, number)

    Intake.take = takes  # type: ignore[method-assign]


def log_credentials() -> None:
    """The tap logs how it signs in: key and secret in base64."""
    read = TapSeoshop.sync_all

    def reads(self: TapSeoshop) -> None:
        pair = f"{self.config['api_key']}:{self.config['api_secret']}"
        logging.getLogger(self.name).warning("Authorization: Basic %s", b64encode(pair.encode()).decode())
        read(self)

    TapSeoshop.sync_all = reads  # type: ignore[method-assign, misc]


def put_a_name_into_the_state() -> None:
    """A STATE carries a name of the record before it."""
    take, hold = Intake.take, Run.hold
    names: list[str] = []

    def takes(self: Intake, record: dict[str, Any], number: int) -> None:
        names[:] = [*filter(None, [record.get("lastname")])] or names
        take(self, record, number)

    Intake.take = takes  # type: ignore[method-assign]
    Run.hold = lambda self, state: hold(self, state | {"last": names})  # type: ignore[method-assign]


_tap, _target = partial(Sabotage, "tap-seoshop"), partial(Sabotage, "target-copernica")
SABOTAGE: Mapping[str, Sabotage] = {
    "the sink skips a record": _target(skip_a_record, courses.a_first_load),
    "the mapper mixes up two fields": _target(mix_up_two_fields, courses.a_first_load),
    "a creation is sent twice": _target(write_twice, courses.new_customers),
    "an event is told twice": _target(tell_events_twice, courses.new_customers_with_extras),
    "a line of a cart stays open": _target(leave_lines_of_carts_open, courses.a_cart_and_a_coupon),
    "nothing is told of carts": _target(tell_nothing_of_carts, courses.a_cart_and_a_coupon),
    "no coupon is redeemed": _target(redeem_nothing, courses.a_cart_and_a_coupon),
    "an opt-out is overruled": _target(overrule_opt_outs, courses.an_opt_out_in_copernica),
    "an opt-out is lost with the state": _target(recall_no_one, courses.an_opt_out_in_the_shop),
    "a STATE leaves too early": _target(let_states_go_early, courses.killed_before_a_write),
    "a bookmark is moved too far": _tap(move_bookmarks_too_far, courses.new_customers_of_yesterday),
    "write-ahead entries are forgotten": _target(forget_write_ahead_entries, courses.killed_after_a_creation),
    "a newer refusal is closed": _target(close_newer_refusals, courses.old_messages_after_a_refusal),
    "a log has an address": _target(log_an_address, courses.a_first_load),
    "a log has the credentials": _tap(log_credentials, courses.a_first_load),
    "a STATE has a name": _target(put_a_name_into_the_state, courses.a_first_load),
}
