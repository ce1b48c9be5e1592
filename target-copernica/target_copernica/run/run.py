"""One run: its parts put together, its messages led to them, its end."""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from singer_sdk.singerlib.json import serialize_json

from target_copernica.account.structure import Place, effective, fitted_stub, wanted_database
from target_copernica.checkpoint import StateGate
from target_copernica.errors import (
    NotAllowedError,
    ReaderGoneError,
    RefusedError,
    SettingsError,
    TargetError,
)
from target_copernica.mapping.apply import emptied, good_fields, key_of, version_of
from target_copernica.mapping.sources import SourceCheck
from target_copernica.mapping.values import parse_instant
from target_copernica.memory.rejects import Origin, Refusal, Refused, RejectLimit
from target_copernica.report import Report
from target_copernica.run.budget import Budget
from target_copernica.run.dry_run import DryWriter, Examples
from target_copernica.run.intake import Intake
from target_copernica.run.workspace import Workspace
from target_copernica.writing.adoption import Adoption
from target_copernica.writing.by_call import SingleWrites
from target_copernica.writing.by_import import Imports
from target_copernica.writing.deletions import Deletions, withdrawn
from target_copernica.writing.liveness import Liveness
from target_copernica.writing.outcomes import Outcomes
from target_copernica.writing.parents import Parents
from target_copernica.writing.route import Limits
from target_copernica.writing.shared_email import SharedEmails
from target_copernica.writing.writer import Writer

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator, Mapping, Sequence

    from target_copernica.api.interrupt import Interrupt
    from target_copernica.mapping.model import Fragment, StreamMap

__all__ = ["Destination", "Run"]

_TURN_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the records of a stream go.

    Attributes:
        place: The database or collection.
        stream: The mapping, with the fields as they really are.
    """

    place: Place
    stream: StreamMap


class Run:
    """Everything between the messages of a tap and Copernica.

    Args:
        settings: The target's configuration, valid and with defaults.
        interrupt: The signal flag.
        log: The target's logger.
        max_rejects: How many refused records it bears, instead of what the settings say.

    Raises:
        SettingsError: A setting cannot work.
        LockedError: Another run is at work.
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        interrupt: Interrupt,
        log: logging.Logger,
        max_rejects: float | None = None,
    ) -> None:
        self.log = log
        self.settings = settings
        self._interrupt = interrupt
        self.work = work = Workspace(settings, interrupt, log)
        self._client = work.client
        self._ledger = work.ledger
        self._rejects = work.rejects
        self._single = SingleWrites(
            work.client, work.ledger, work.readback, interrupt, settings["concurrency"]
        )
        self.zone = work.zone
        self.report = Report(lambda: work.client.billed, lambda: interrupt.waited)
        self._examples = Examples(self.report)
        self._dry = settings["dry_run"]
        self._limit = RejectLimit(
            settings["max_rejects"] if max_rejects is None else max_rejects, self.report, work.rejects.path
        )
        self._gate = StateGate()
        self._ignored: set[str] = set()
        self._with_unknown: set[str] = set()  # streams of which a record came whose key is not known
        self._last_turn = self._last_state = time.monotonic()
        self.sources = SourceCheck(work.mapping, settings["missing_sources"], log)
        self._budget = Budget(work.client, work.ledger, settings.get("call_budget") or {})
        self._run_number = 0
        self._writer: Writer | DryWriter | None = None  # None until the first SCHEMA

    # The course of a run ----------------------------------------------------------------------

    def start(self) -> None:
        """Reach Copernica; nothing is written there before the tap has sent its first SCHEMA."""
        self._client.sign_in()
        self._run_number = self._rejects.run = self._ledger.journal.begin_run(
            self._client.now().isoformat(timespec="seconds")
        )
        self._budget.begin()
        window = timedelta(seconds=self.settings["live_window"])
        live_from = parse_instant(self.settings.get("live_from"))
        self._liveness = Liveness(self._ledger, self._client.now, window, live_from)

    @property
    def writer(self) -> Writer | DryWriter:
        """Takes what is to be written, from the first SCHEMA on.

        Raises:
            RuntimeError: None came yet.
        """
        if self._writer is None:
            raise RuntimeError("no stream is known yet")
        return self._writer

    def _begin_writing(self) -> None:
        """Bring Copernica's structure to what the mapping needs, and make all ready to write."""
        self.work.prepare_mapping()
        removed = self.work.removed()
        if self.settings["on_removed"] == "recreate":
            removed.let_come_back(self.work.places.values())
        if self._dry:
            self._writer = DryWriter(self._ledger, self.work.readback, self._examples, self._gate.settle)
            self._deletions: Deletions | DryWriter = self._writer
        else:
            removed.look_if_due(self.work.places.values())
            self._writer = self._make_writer()
            self._deletions = Deletions(
                self._client, self._ledger, self.work.readback, self.settings["max_deletes"]
            )
        self.writer.know(self.work.places.values())

    def _make_writer(self) -> Writer:
        settings = self.settings
        imports = Imports(
            client=self._client,
            ledger=self._ledger,
            readback=self.work.readback,
            builder=self.work.builder,
            interrupt=self._interrupt,
            log=self.log,
            rows=settings["batch_size_rows"],
        )
        return Writer(
            client=self._client,
            ledger=self._ledger,
            readback=self.work.readback,
            single=self._single,
            imports=imports,
            liveness=self._liveness,
            parents=Parents(self._ledger),
            outcomes=Outcomes(
                self._ledger,
                self._rejects,
                self.report,
                self._limit,
                settled=self._gate.settle,
                recreate=settings["on_removed"] == "recreate",
            ),
            report=self.report,
            shared=SharedEmails(self._ledger, self._shared_fields()),
            adoption=Adoption(
                self._client,
                self._ledger,
                self.work.readback,
                self.log,
                wanted=settings.get("existing_people") == "adopt",
            ),
            limits=Limits(
                settings["batch_size_rows"],
                settings["batch_age"],
                settings["history_age"],
                settings["write_route"],
            ),
        )

    def turn(self) -> None:
        """Between messages, and while none come: write what is old enough, let states leave."""
        self._interrupt.check()
        now = time.monotonic()
        if now - self._last_turn < _TURN_SECONDS:
            return
        if self._writer is not None:
            self._writer.tick()
        self._budget.note()
        if now - self._last_state >= self.settings["state_interval"]:
            self._emit_state()
        self._last_turn = time.monotonic()

    def finish(self) -> None:
        """The input has ended: write everything, let the last state leave."""
        if self._writer is not None:
            self._writer.finish()
        self._limit.check(end=True)
        self._emit_state()
        if self._gate.unsettled:
            raise AssertionError(
                f"{self._gate.unsettled} records have found no place"
            )  # never: states would be held for ever

    def end(self, exit_code: int, cause: str) -> None:
        """The run is over, well or not: what is committed leaves, and the ledger keeps how it ended.

        Args:
            exit_code: Of the process.
            cause: Why, in one line.
        """
        self._emit_state()
        self._budget.note()
        summary = {"run": self._run_number, "exit_code": exit_code, **self.report.as_json(self._client.calls)}
        if self._run_number:
            self._ledger.journal.end_run(
                self._run_number, self._client.now().isoformat(timespec="seconds"), exit_code, cause, summary
            )
            if self._dry:
                for line in self._examples.lines():
                    self.log.info("%s", line)
                self.log.info("dry run, nothing was written; a real one would do this:")
            self.log.info("%s", self.report.for_people(self._client.calls))
            self.log.info("summary %s", json.dumps(summary))
        self._single.close()
        self.work.close()

    @contextmanager
    def ending(self) -> Iterator[None]:
        """Whatever happens inside, the run is ended by it.

        Raises:
            NotAllowedError: Copernica refused a call that no record is to blame for.
        """
        try:
            yield
        except RefusedError as error:
            ended = NotAllowedError(f"{error}; has the token the right to it?")
            self.end(ended.exit_code, str(ended))
            raise ended from None
        except TargetError as error:
            self.end(error.exit_code, str(error))
            raise
        except BaseException as error:
            self.end(1, type(error).__name__)
            raise
        self.end(0, "done")

    # Messages ------------------------------------------------------------------------------

    def intake(self, stream: str, schema: Mapping[str, Any], key_properties: Sequence[str]) -> Intake:
        """The way in for the records of a stream."""
        return Intake(self, stream, schema, key_properties)

    def destination(
        self, stream: str, schema: Mapping[str, Any], key_properties: Sequence[str]
    ) -> Destination | None:
        """Where a stream goes; None where it is left out.

        Args:
            stream: Its name.
            schema: Its JSON schema.
            key_properties: Its key.

        Raises:
            SettingsError: It is not mapped, and `unmapped_streams` says `error`.
        """
        if self._writer is None:
            self._begin_writing()
        mapping, places = self.work.mapping, self.work.places
        self.sources.see(stream, schema)
        if mapping is not None and (declared := mapping.streams.get(stream)):
            self._ledger.journal.know_schema(stream, schema, key_properties, is_mapped=True)
            place = places[declared.database, declared.collection]
            return Destination(
                place, fitted_stub(effective(declared, place), places[declared.database, None])
            )
        policy = self.settings.get("unmapped_streams") or ("profile" if mapping is None else "ignore")
        if policy == "error":
            raise SettingsError(f"stream {stream} is not mapped (setting unmapped_streams: error)")
        if policy == "ignore":
            if stream not in self._ignored:
                self._ignored.add(stream)
                self.log.info("stream %s is not mapped: its records are counted and left out", stream)
            return None
        self._ledger.journal.know_schema(stream, schema, key_properties, is_mapped=False)
        database, declared = self.work.unmapped(stream, schema, key_properties)
        self.work.prepare(database.alias, wanted_database(database.name, [declared]))
        place = places[database.alias, None]
        self.writer.know([place])
        return Destination(place, effective(declared, place))

    def admit(self) -> int:
        """A record came in; its number."""
        return self._gate.admit()

    def hold(self, state: dict[str, Any]) -> None:
        """A STATE came in."""
        self._gate.hold(state)

    def hand_over(self, to: Destination, fragment: Fragment, number: int) -> None:
        """A record was mapped."""
        if to.stream.empties_absent:
            self._ledger.seen(to.stream.stream, fragment.key)
        self.writer.add(to.place, fragment, number)

    def delete(self, to: Destination, fragment: Fragment, number: int) -> None:
        """A record says that it is gone at the source: what it made is deleted, what it added is emptied."""
        if not fragment.creates:
            self.writer.add(to.place, withdrawn(to.stream, fragment.key), number)
            return
        self.writer.drop(to.place, fragment.key)
        below = [
            place.code
            for place in self.work.places.values()
            if to.place.collection_id is None
            and place.collection_id is not None
            and place.database_code == to.place.code
        ]
        self.report.add(to.stream.stream, self._deletions.delete(to.place, fragment, below))
        self._gate.settle(number)

    def complete(self, to: Destination) -> None:
        """The list of a stream was read completely: what it no longer has loses its fields."""
        stream = to.stream.stream
        if not to.stream.empties_absent:
            return
        if stream in self._with_unknown:
            self.log.warning(
                "stream %s: a record without a usable key was refused, so nobody can tell which others are "
                "gone; nothing is emptied in this run",
                stream,
            )
            return
        for key in self._ledger.unseen(to.place.code, stream):
            self.writer.add(to.place, emptied(to.stream, key, self.zone), self._gate.admit())

    def leave_out(self, stream: str, number: int) -> None:
        """A record of a stream that is not mapped."""
        self.report.add(stream, "unmapped")
        self._gate.settle(number)

    def reject(self, to: Destination, reason: str, record: dict[str, Any], number: int) -> None:
        """A record that cannot be mapped. It is there all the same: its key must not count as gone."""
        stream = to.stream.stream
        key = key_of(record, to.stream, partial(self.work.ledger.knows, to.place.code))
        if to.stream.empties_absent and key is not None:
            self._ledger.seen(stream, key)
        elif key is None:
            self._with_unknown.add(stream)
        self._examples.keep(stream, "rejected", key, reason)
        self.report.add(stream, "rejected")
        origin = Origin(version_of(record, to.stream), number)
        filled = good_fields(record, to.stream, self.zone)
        self._rejects.record(stream, key, Refusal(reason), Refused(record, origin=origin, fields=filled))
        self._gate.settle(number)
        self._limit.check()

    def _shared_fields(self) -> dict[str, str]:
        """The field that marks a shared address, by database."""
        databases = self.work.mapping.databases.values() if self.work.mapping else ()
        return {
            self.work.places[database.alias, None].code: database.shared_email
            for database in databases
            if database.shared_email
        }

    # Inside --------------------------------------------------------------------------------

    def _emit_state(self) -> None:
        state = None if self._dry else self._gate.release()
        self._last_state = time.monotonic()
        if state is not None:
            self._rejects.flush()
            try:
                sys.stdout.write(serialize_json(state) + "\n")
                sys.stdout.flush()
            except BrokenPipeError:
                # Python flushes once more at its exit, and would complain.
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                raise ReaderGoneError from None
            except OSError as error:
                raise SettingsError(f"standard output cannot be written: {error.strerror}") from None
