"""One run: messages go to the writer, states are released, and the end is noted."""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Self

from singer_sdk.singerlib.json import serialize_json

from target_copernica.account.structure import effective, fitted_stub, wanted_database
from target_copernica.checkpoint import StateCheckpoint
from target_copernica.errors import ReaderGoneError, SettingsError, ending
from target_copernica.mapping.sources import SourceCheck
from target_copernica.memory.rejects import RejectLimit
from target_copernica.report import Report
from target_copernica.run.acts import Acts
from target_copernica.run.assembly import assembled
from target_copernica.run.budget import Budget
from target_copernica.run.dry_run import Announced
from target_copernica.run.event_sink import EventSink
from target_copernica.run.intake import Destination, Intake
from target_copernica.run.reconciliation import Reconciliation
from target_copernica.run.redeeming import Redeeming
from target_copernica.writing.brake import MOST, MailBrake, ordinary
from target_copernica.writing.by_call import SingleWrites
from target_copernica.writing.liveness import Liveness
from target_copernica.writing.outcomes import Outcomes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from target_copernica.mapping.model import StreamMap
    from target_copernica.run.workspace import Workspace
    from target_copernica.writing.writer import Writer

__all__ = ["Run"]

_TURN_SECONDS: Final = 0.2
_PASS_LASTS: Final = timedelta(days=1)
"""A pass for the mail brake that is not used is forgotten, so that it lets no later mistake through."""


class Run:
    """Everything between the messages of a tap and Copernica. As a context it notes how it ended.

    Args:
        work: An open workspace.
    """

    def __init__(self, work: Workspace) -> None:
        self.work = work
        self.report = Report(lambda: work.client.billed, lambda: work.interrupt.waited)
        self.with_unknown_keys: set[str] = set()  # streams with a record without a usable key
        self._checkpoint = StateCheckpoint()
        self._limit = RejectLimit(work.settings.max_rejects, self.report, work.rejects.path)
        parts = (work.ledger, work.rejects, self.report, self._limit, self._checkpoint.settle)
        self.outcomes = Outcomes(*parts)
        if work.is_dry and work.settings.reconcile is None:
            self.outcomes = Announced(*parts)
        self._budget = Budget(work.client, work.ledger, work.settings.call_budget)
        self._single = SingleWrites(
            work.client, work.ledger, work.readback, work.interrupt, work.settings.concurrency
        )
        self.acts = Acts(
            work.ledger,
            work.settings.checkout_counts,
            work.settings.max_optouts,
            work.client.now,
            self._checkpoint.settle,
        )
        self.coupons = Redeeming(work.ledger, work.client, work.settings.coupon_campaign)
        self.complete: list[Intake] = []  # of streams that were read as complete lists
        self._ignored: set[str] = set()
        self._last_turn = self._last_state = time.monotonic()
        self.sources = SourceCheck(work.mapping, work.settings.missing_sources, work.log)
        self._brake, self._passes = MailBrake(MOST), False
        self._number = 0  # 0 until it has reached Copernica
        self._writer: Writer | Reconciliation | None = None  # None until the first SCHEMA

    # The course of a run ----------------------------------------------------------------------

    def __enter__(self) -> Self:
        """Enter the run; nothing is done yet."""
        return self

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        """The run is over, well or not: what is committed leaves, and the ledger keeps how it ended."""
        try:
            self._emit_state()
            self._budget.note()
            if self._number:
                self._tell(*ending(error))
        finally:
            self._single.close()

    def start(self) -> None:
        """Reach Copernica; nothing is written there before the tap has sent its first SCHEMA.

        Raises:
            NotAllowedError: The token is refused.
            ApiAwayError: Copernica cannot be reached.
        """
        work = self.work
        work.client.sign_in()
        now = work.client.now().isoformat(timespec="seconds")
        self._number = work.rejects.run = work.ledger.journal.begin_run(now, work.settings.run_id)
        work.ledger.notes.begin(self._number, work.client.now)
        self._budget.begin()
        window = timedelta(seconds=work.settings.live_window)
        self._brake = self._mail_brake()
        self._liveness = Liveness(work.ledger, work.client.now, window, work.settings.live_from)
        self.events = EventSink(work, self._liveness)

    @property
    def writer(self) -> Writer | Reconciliation:
        """Takes what is to be written. When it is asked for first, Copernica gets what the mapping needs.

        Raises:
            SettingsError: The structure in Copernica cannot be used.
        """
        if self._writer is None:
            work = self.work
            work.prepare_mapping()
            if (as_of := work.settings.reconcile) is not None:
                self._writer = Reconciliation(work, as_of, self._checkpoint.settle)
                return self._writer
            work.builder.marks.leave()
            writer = assembled(work, self._single, self._liveness, self.outcomes, self._brake)
            removed = work.removed()
            removed.ask_again(work.places.values())
            writer.know(work.places.values())
            if work.settings.on_removed == "recreate":
                removed.let_come_back(work.places.values())
            removed.look_if_due(work.places.values())
            writer.begin_consent()
            self._writer = writer
        return self._writer

    def turn(self) -> None:
        """Between messages, and while none come: write what is old enough, let states leave."""
        self.work.interrupt.check()
        now = time.monotonic()
        if now - self._last_turn < _TURN_SECONDS:
            return
        if self._writer is not None:
            self._writer.tick()
        self._budget.note()
        if now - self._last_state >= self.work.settings.state_interval:
            self._emit_state()
        self._last_turn = time.monotonic()

    def finish(self) -> None:
        """The input has ended: write everything, let the last state leave.

        Raises:
            TooManyRejectsError: Too many records were refused.
            SettingsError: Copernica does not know the campaign of coupons, or no events.
            TooManyFollowUpsError: There are too many events.
            AssertionError: A record was not settled, so that its state would be held for ever: a bug.
        """
        if self._writer is not None:
            self.acts.flush()
            self._writer.flush_all()
            for intake in self.complete:  # with a lost ledger, the writes have found what is there
                intake.empty_vanished()
            self._writer.finish()
            self.events.settle(self._brake)  # first: an event grows too old, a code does not
            if not self.work.is_dry:
                self.coupons.settle()
        self._limit.check(end=True)
        self._emit_state()
        if self._checkpoint.unsettled:
            raise AssertionError(f"{self._checkpoint.unsettled} records are not settled")

    # Messages ------------------------------------------------------------------------------

    def intake(self, stream: str, schema: Mapping[str, Any], key_properties: Sequence[str]) -> Intake:
        """The way in for the records of a stream.

        Args:
            stream: Its name.
            schema: Its JSON schema.
            key_properties: Its key.

        Raises:
            SettingsError: It is not mapped, and `unmapped_streams` says `error`.
        """
        return Intake(self, stream, schema, self._destination(stream, schema, key_properties))

    def admit(self) -> int:
        """Number a record that came in."""
        return self._checkpoint.admit()

    def hold(self, state: dict[str, Any]) -> None:
        """Hold a STATE back until the records before it are settled."""
        self._checkpoint.hold(state)

    def ended_with(self, stream: str) -> list[Destination]:
        """Where that goes which records of a stream end."""
        mapped = self.work.mapping.streams.values() if self.work.mapping is not None else ()
        return [self._placed(one) for one in mapped if one.ends_with and one.ends_with.stream == stream]

    def _placed(self, declared: StreamMap) -> Destination:
        place = self.work.places[declared.place.database, declared.place.collection]
        profiles = self.work.places[declared.place.database, None]
        return Destination(place, fitted_stub(effective(declared, place), profiles))

    def _destination(
        self, stream: str, schema: Mapping[str, Any], key_properties: Sequence[str]
    ) -> Destination | None:
        """Where a stream goes; None where it is left out."""
        work = self.work
        self.sources.see(stream, schema)
        writer = self.writer
        if work.mapping is not None and (declared := work.mapping.streams.get(stream)):
            work.ledger.journal.know_schema(stream, schema, key_properties, is_mapped=True)
            found = self._placed(declared)
            if declared.cart_line is not None and work.settings.reconcile is None:
                self._liveness.begin(found.place.code)
            return found
        policy = work.settings.unmapped_streams or ("profile" if work.mapping is None else "ignore")
        if policy == "error":
            raise SettingsError(f"stream {stream} is not mapped (setting unmapped_streams: error)")
        if policy == "ignore":
            if stream not in self._ignored:
                self._ignored.add(stream)
                work.log.info("stream %s is not mapped: its records are counted and left out", stream)
            return None
        work.ledger.journal.know_schema(stream, schema, key_properties, is_mapped=False)
        database, declared = work.unmapped(stream, schema, key_properties)
        work.prepare(database.alias, wanted_database(database.name, [declared]))
        work.builder.marks.leave()
        place = work.places[database.alias, None]
        work.removed().ask_again([place])
        writer.know([place])
        return Destination(place, effective(declared, place))

    # Inside --------------------------------------------------------------------------------

    def _mail_brake(self) -> MailBrake:
        """What lets so many writes pass that may start follow-ups as are ordinary, or allowed once."""
        journal, now = self.work.ledger.journal, self.work.client.now()
        self._passes = journal.is_allowed_once((now - _PASS_LASTS).isoformat(timespec="seconds"))
        if self._passes:
            return MailBrake(sys.maxsize)
        most = self.work.settings.max_live
        return MailBrake(ordinary(journal.busiest_runs(now.date().isoformat())) if most is None else most)

    def _tell(self, exit_code: int, cause: str) -> None:
        """Note how the run ended, and say what it did."""
        work = self.work
        self.report.followups = (self._brake.people, self._brake.others)
        if self._passes and exit_code == 0 and not work.is_dry:
            work.ledger.journal.end_pass()
        summary = {"run": self._number, "exit_code": exit_code, **self.report.as_json(work.client.calls)}
        summary["month_calls"] = self._budget.spent  # with those of runs that were killed and said nothing
        now = work.client.now().isoformat(timespec="seconds")
        work.ledger.journal.end_run(self._number, now, exit_code, cause, summary)
        if isinstance(self.outcomes, Announced):
            for line in self.outcomes.lines():
                work.log.info("%s", line)
            work.log.info("dry run, nothing was written; a real one would do this:")
        work.log.info("%s", self.report.for_people(work.client.calls))
        work.log.info("summary %s", json.dumps(summary))

    def _emit_state(self) -> None:
        self.acts.flush()
        self.coupons.flush()
        self.work.ledger.notes.flush()
        state = None if self.work.is_dry else self._checkpoint.release()
        self._last_state = time.monotonic()
        if state is None:
            return
        self.work.rejects.flush()
        try:
            sys.stdout.write(serialize_json(state) + "\n")
            sys.stdout.flush()
        except BrokenPipeError:
            # Python flushes once more at its exit, and would complain.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise ReaderGoneError from None
        except OSError as error:
            raise SettingsError(f"standard output cannot be written: {error.strerror}") from None
