"""The Singer target: its settings, and how messages flow from the SDK to the run."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import ExitStack, contextmanager
from typing import IO, TYPE_CHECKING, Any, ClassVar, Final

from singer_sdk import Target
from singer_sdk.helpers.capabilities import PluginCapabilities, TargetCapabilities

from target_copernica.api.interrupt import Interrupt
from target_copernica.commands import with_commands
from target_copernica.configuration import (
    complaints,
    completed,
    from_environment,
    misspelled,
    read_object,
    unknown,
)
from target_copernica.errors import InputError, SettingsError
from target_copernica.run.run import Run
from target_copernica.run.workspace import Workspace
from target_copernica.settings import SETTINGS
from target_copernica.singer.flattening import with_bare_properties
from target_copernica.singer.reader import QueueReader
from target_copernica.singer.sink import CopernicaSink, TargetWithRun
from target_copernica.stream_maps import named
from target_copernica.typed_settings import Settings

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator
    from types import FrameType

    import click
    from singer_sdk.helpers.capabilities import CapabilitiesEnum

__all__ = ["TargetCopernica"]

_MAY_BE_EMPTY: Final = frozenset({"products_database"})
"""Null, and a blank text, say that there is none."""


class TargetCopernica(TargetWithRun):
    """Singer target for Copernica: databases and collections of a marketing account."""

    name = "target-copernica"
    config_jsonschema = SETTINGS
    default_sink_class = CopernicaSink
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.ACTIVATE_VERSION,
        PluginCapabilities.STRUCTURED_LOGGING,
        TargetCapabilities.VALIDATE_RECORDS,
    ]

    def __init__(self, *, config: Any = None, parse_env_config: bool = False, **arguments: Any) -> None:  # noqa: ANN401 - the SDK's
        self._interrupt = Interrupt()
        given = dict(config or {})
        self._variables_count = parse_env_config or "MELTANO_PROJECT_ROOT" in os.environ
        if parse_env_config:
            self.append_builtin_config(self.config_jsonschema)
            given |= from_environment(self.config_jsonschema["properties"], self._env_var_prefix)
        # The SDK tells at each start that it does not read the environment itself.
        level = self.logger.level
        self.logger.setLevel(logging.WARNING)
        try:
            super().__init__(config=given, **arguments, message_reader=_ClosingReader(self))
        finally:
            self.logger.setLevel(level)
        self._run: Run | None = None
        self._opened = ExitStack()

    # The course of a run ------------------------------------------------------------------

    @property
    def run(self) -> Run:
        """The run, from the first line of input on: to be asked about takes no lock and no network.

        Raises:
            RuntimeError: No input was read yet.
        """
        if self._run is None:
            raise RuntimeError("the run begins with the input")
        return self._run

    def start(self) -> None:
        """Begin the run."""
        work = self._opened.enter_context(Workspace(Settings.of(self.config), self._interrupt, self.logger))
        self._run = self._opened.enter_context(Run(work))
        self._run.start()

    def process_endofpipe(self) -> None:
        """The input has ended. Nothing of the SDK's draining takes part: the run owns all writing."""
        with self.closing():
            self.run.finish()
            self.run.sources.finish()
        self._opened.close()

    @contextmanager
    def closing(self) -> Iterator[None]:
        """What fails inside ends the run."""
        with ExitStack() as on_error:
            on_error.push(self._opened)
            yield
            on_error.pop_all()

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """Only a flag: the SDK would drain inside a drain here, and exit 0."""
        self._interrupt.handle(signum, frame)

    # Messages -------------------------------------------------------------------------------

    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        self._assert_line_requires(message_dict, requires={"stream", "record"})
        stream = message_dict["stream"]
        if stream not in self.mapper.stream_maps:
            self._assert_sink_exists(stream)
        for stream_map in self.mapper.stream_maps[stream]:
            try:
                record = stream_map.transform(dict(message_dict["record"]))
            except Exception as error:
                if (known := named(error)) is None:
                    raise
                raise known from None
            if record is not None:
                self._assert_sink_exists(stream_map.stream_alias)
                sink = self._sinks_active[stream_map.stream_alias]
                assert isinstance(sink, CopernicaSink)  # noqa: S101 - the only class of sink
                sink.intake.take(record, self.run.admit())

    def _process_schema_message(self, message_dict: dict[str, Any]) -> None:
        if self.config.get("flattening_enabled"):
            message_dict["schema"] = with_bare_properties(message_dict.get("schema"))
        try:
            super()._process_schema_message(message_dict)
        except Exception as error:
            if (known := named(error)) is None:
                raise
            raise known from None

    def setup_mapper(self) -> None:
        """Read the stream maps.

        Raises:
            SettingsError: One is not right.
        """
        try:
            super().setup_mapper()
        except Exception as error:
            if (known := named(error)) is None:
                raise
            raise known from None

    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        self._assert_line_requires(message_dict, requires={"value"})
        self.run.hold(message_dict["value"])

    def _process_activate_version_message(self, message_dict: dict[str, Any]) -> None:
        self._assert_line_requires(message_dict, requires={"stream", "version"})
        for stream_map in self.mapper.stream_maps.get(message_dict["stream"], ()):
            sink = self._sinks_active[stream_map.stream_alias]
            assert isinstance(sink, CopernicaSink)  # noqa: S101 - the only class of sink
            sink.intake.complete()

    def _process_batch_message(self, message_dict: dict[str, Any]) -> None:
        self._assert_line_requires(message_dict, requires={"stream"})
        raise InputError(
            f"stream {message_dict['stream']} comes as BATCH files, which this target does not read: switch "
            f"`batch_config` off in the tap"
        )

    # Commands -----------------------------------------------------------------------------------

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """The executable: the target, and the commands beside it."""
        return with_commands(super().get_singer_command(), cls._workspace)

    @classmethod
    def _workspace(cls, config: Any) -> Workspace:  # noqa: ANN401 - a private class of the SDK
        target = cls(config=config.config, parse_env_config=config.parse_env, validate_config=True)
        return Workspace(Settings.of(target.config), target._interrupt, target.logger)

    # Settings -------------------------------------------------------------------------------

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """As the SDK, but with messages that name the setting and never show its value.

        Raises:
            SettingsError: A setting is missing or wrong.
        """
        schema = self.config_jsonschema
        self.append_builtin_config(schema)
        lines = unknown(self._config, schema["properties"])
        if self._variables_count:
            lines += misspelled(schema["properties"], self._env_var_prefix)
        for line in lines:
            self.logger.warning("%s", line)
        self._config = completed(self._config, schema["properties"], _MAY_BE_EMPTY)
        lines = complaints(self._config, schema, self._env_var_prefix)
        if lines and raise_errors:
            raise SettingsError("; ".join(lines))
        return lines

    @classmethod
    def invoke(  # type: ignore[override] # as the SDK's own Target does it
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: Any = None,  # noqa: ANN401 - a private class of the SDK
        file_input: IO[str] | None = None,
    ) -> None:
        """Run the target on a file, or on standard input.

        Raises:
            TargetError: Whatever ended the run.
        """
        super(Target, cls).invoke(about=about, about_format=about_format)
        target = cls(
            config=config.config if config else {}, parse_env_config=bool(config and config.parse_env)
        )
        if file_input is None and sys.stdin is None:
            raise InputError("standard input is closed: give messages there, or a file with --input")
        target.listen(file_input)

    @classmethod
    def cb_config(cls, ctx: Any, param: Any, value: tuple[str, ...]) -> Any:  # noqa: ANN401 - the SDK's
        """Read the configuration files.

        Raises:
            SettingsError: One is not there, or no JSON object.
        """
        found = super().cb_config(ctx, param, tuple(one for one in value if one == "ENV"))
        for path in value:
            if path != "ENV":
                found.config |= read_object(path, "configuration file")
        return found


class _ClosingReader(QueueReader):
    """Ends the run when reading or writing fails."""

    def __init__(self, target: TargetCopernica) -> None:
        super().__init__(target.start, self._turn)
        self._target = target

    def _turn(self) -> None:
        self._target.run.turn()

    def process_lines(
        self, file_input: IO[str] | None, callbacks: dict[str, Callable[[dict[str, Any]], None]]
    ) -> Counter[str]:
        with self._target.closing():
            counts = super().process_lines(file_input, callbacks)
            if not counts:
                raise InputError(
                    "the tap sent nothing, not even a SCHEMA or a STATE: see what it said before it ended"
                )
            return counts

    def on_cut_line(self) -> None:
        self._target.logger.warning(
            "the input ended in the middle of line %d: the tap was cut off; what came before is kept",
            self.line_number + 1,
        )
