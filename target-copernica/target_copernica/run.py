"""One run: its parts put together, its messages led to them, its end."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from singer_sdk.singerlib.json import serialize_json

from target_copernica.builder import Builder
from target_copernica.client import Client
from target_copernica.errors import ReaderGoneError, SettingsError
from target_copernica.gate import StateGate
from target_copernica.generic import generic_mapping
from target_copernica.imports import Imports
from target_copernica.ledger import Ledger
from target_copernica.liveness import Liveness
from target_copernica.lock import StateDirectory
from target_copernica.mapping import Fragment, StreamMap, emptied, key_of
from target_copernica.mapping_file import load_mapping
from target_copernica.outcomes import Outcomes
from target_copernica.parents import Parents
from target_copernica.readback import Readback
from target_copernica.rejects import Rejects
from target_copernica.report import Report
from target_copernica.shared_email import SharedEmails
from target_copernica.single import SingleWrites
from target_copernica.structure import Place, WantedDatabase, effective, fitted_stub, wanted_database
from target_copernica.values import parse_instant
from target_copernica.writer import Limits, Writer

if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping as MappingType
    from collections.abc import Sequence

    from target_copernica.interrupt import Interrupt

__all__ = ["Route", "Run"]

_TURN_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Route:
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

    Raises:
        SettingsError: A setting cannot work.
        LockedError: Another run is at work.
    """

    def __init__(self, settings: MappingType[str, Any], interrupt: Interrupt, log: logging.Logger) -> None:
        self._log = log
        self._settings = settings
        self._interrupt = interrupt
        self.zone = _zone(settings["timezone"])
        self._mapping = load_mapping(
            settings.get("preset"),
            settings.get("mapping"),
            {
                "database": settings["database"],
                "products_database": settings.get("products_database") or None,
            },
        )
        self._directory = StateDirectory(Path(settings["state_dir"]).expanduser())
        self._client = Client(settings["api_url"], settings["auth_url"], settings["api_token"], interrupt)
        self._ledger = Ledger(self._directory.path / "ledger.sqlite")
        self._readback = Readback(self._client, self._ledger, log)
        self._single = SingleWrites(
            self._client, self._ledger, self._readback, interrupt, settings["concurrency"]
        )
        self._builder = Builder(
            self._client,
            self._ledger,
            log,
            auto_create=settings["auto_create"],
            beside=settings.get("existing_people") == "beside",
        )
        self._rejects = Rejects(
            self._directory.path / "rejects.jsonl", settings["max_rejects"], self._client.now
        )
        self.report = Report()
        self._gate = StateGate()
        self._places: dict[tuple[str, str | None], Place] = {}
        self._ignored: set[str] = set()
        self._with_unknown: set[str] = set()  # streams of which a record came whose key is not known
        self._began = time.monotonic()
        self._last_turn = self._last_state = self._began
        self._run_number = 0

    # The course of a run ----------------------------------------------------------------------

    def start(self) -> None:
        """Reach Copernica and bring its structure to what the mapping needs, before the first message."""
        self._run_number = self._rejects.run = self._ledger.begin_run(
            self._client.now().isoformat(timespec="seconds")
        )
        if self._mapping is not None:
            for alias, database in self._mapping.databases.items():
                streams = [stream for stream in self._mapping.streams.values() if stream.database == alias]
                self._prepare(alias, wanted_database(database.name, streams, database.shared_email))
        else:
            self._client.get("identity")
        self._writer = self._make_writer()
        self._writer.know(self._places.values())

    def _make_writer(self) -> Writer:
        settings = self._settings
        imports = Imports(
            client=self._client,
            ledger=self._ledger,
            readback=self._readback,
            builder=self._builder,
            interrupt=self._interrupt,
            log=self._log,
            rows=settings["batch_size_rows"],
        )
        window = timedelta(seconds=settings["live_window"])
        return Writer(
            client=self._client,
            ledger=self._ledger,
            readback=self._readback,
            single=self._single,
            imports=imports,
            liveness=Liveness(
                self._ledger, self._client.now, window, parse_instant(settings.get("live_from"))
            ),
            parents=Parents(self._ledger),
            outcomes=Outcomes(self._ledger, self._rejects, self.report, self._gate.settle),
            report=self.report,
            shared=SharedEmails(self._ledger, self._shared_fields()),
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
        self._writer.tick()
        if now - self._last_state >= self._settings["state_interval"]:
            self._emit_state()
        self._last_turn = time.monotonic()

    def finish(self) -> None:
        """The input has ended: write everything, let the last state leave."""
        self._writer.finish()
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
        summary = self.report.as_json(self._client.calls, time.monotonic() - self._began)
        if self._run_number:
            self._ledger.end_run(
                self._run_number, self._client.now().isoformat(timespec="seconds"), exit_code, cause, summary
            )
            self._log.info("%s", self.report.for_people(self._client.calls))
            self._log.info("summary %s", json.dumps(summary))
        self._rejects.close()
        self._single.close()
        self._ledger.close()
        self._directory.release()

    # Messages ------------------------------------------------------------------------------

    def route(
        self, stream: str, schema: MappingType[str, Any], key_properties: Sequence[str]
    ) -> Route | None:
        """Where a stream goes; None where it is left out.

        Args:
            stream: Its name.
            schema: Its JSON schema.
            key_properties: Its key.

        Raises:
            SettingsError: It is not mapped, and `unmapped_streams` says `error`.
        """
        if self._mapping is not None and (declared := self._mapping.streams.get(stream)):
            place = self._places[declared.database, declared.collection]
            return Route(
                place, fitted_stub(effective(declared, place), self._places[declared.database, None])
            )
        policy = self._settings.get("unmapped_streams") or ("profile" if self._mapping is None else "ignore")
        if policy == "error":
            raise SettingsError(f"stream {stream} is not mapped (setting unmapped_streams: error)")
        if policy == "ignore":
            if stream not in self._ignored:
                self._ignored.add(stream)
                self._log.info("stream %s is not mapped: its records are counted and left out", stream)
            return None
        database, declared = generic_mapping(stream, schema, key_properties)
        self._prepare(stream, wanted_database(database.name, [declared]))
        place = self._places[stream, None]
        self._writer.know([place])
        return Route(place, effective(declared, place))

    def admit(self) -> int:
        """A record came in; its number."""
        return self._gate.admit()

    def hold(self, state: dict[str, Any]) -> None:
        """A STATE came in."""
        self._gate.hold(state)

    def hand_over(self, route: Route, fragment: Fragment, number: int) -> None:
        """A record was mapped."""
        if route.stream.empties_absent:
            self._ledger.seen(route.stream.stream, fragment.key)
        self._writer.add(route.place, fragment, number)

    def complete(self, route: Route) -> None:
        """The list of a stream was read completely: what it no longer has loses its fields."""
        stream = route.stream.stream
        if not route.stream.empties_absent:
            return
        if stream in self._with_unknown:
            self._log.warning(
                "stream %s: a record without a usable key was refused, so nobody can tell which others are "
                "gone; nothing is emptied in this run",
                stream,
            )
            return
        for key in self._ledger.unseen(route.place.code, stream):
            self._writer.add(route.place, emptied(route.stream, key), self._gate.admit())

    def leave_out(self, stream: str, number: int) -> None:
        """A record of a stream that is not mapped."""
        self.report.add(stream, "unmapped")
        self._gate.settle(number)

    def reject(self, route: Route, reason: str, record: dict[str, Any], number: int) -> None:
        """A record that cannot be mapped. It is there all the same: its key must not count as gone."""
        stream = route.stream.stream
        key = key_of(record, route.stream)
        if route.stream.empties_absent and key is not None:
            self._ledger.seen(stream, key)
        elif key is None:
            self._with_unknown.add(stream)
        self.report.add(stream, "rejected")
        self._rejects.record(stream, key, reason, record)
        self._gate.settle(number)

    def _shared_fields(self) -> dict[str, str]:
        """The field that marks a shared address, by database."""
        databases = self._mapping.databases.values() if self._mapping else ()
        return {
            self._places[database.alias, None].code: database.shared_email
            for database in databases
            if database.shared_email
        }

    # Inside --------------------------------------------------------------------------------

    def _prepare(self, alias: str, wanted: WantedDatabase) -> None:
        others = {place.database_id: other for (other, _), place in self._places.items() if other != alias}
        places = self._builder.prepare(wanted, others)
        self._places.update({(alias, collection): place for collection, place in places.items()})

    def _emit_state(self) -> None:
        state = self._gate.release()
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


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsError("setting timezone: expected a name such as Europe/Amsterdam") from None
