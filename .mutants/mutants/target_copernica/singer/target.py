"""The Singer target: its settings, and how messages flow from the SDK to the run."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any, ClassVar

from singer_sdk import Target
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers.capabilities import PluginCapabilities, TargetCapabilities
from singer_sdk.plugin_base import JSONSchemaValidator

from target_copernica.api.interrupt import Interrupt
from target_copernica.commands import with_commands
from target_copernica.commands.session import Session
from target_copernica.errors import InputError, NotAllowedError, RefusedError, SettingsError, TargetError
from target_copernica.run.run import Run
from target_copernica.settings import SETTINGS
from target_copernica.singer.reader import QueueReader
from target_copernica.singer.sink import CopernicaSink

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator, Mapping
    from types import FrameType

    import click
    from jsonschema import ValidationError
    from singer_sdk.helpers.capabilities import CapabilitiesEnum

__all__ = ["TargetCopernica"]

_MAY_BE_NULL = "products_database"


class TargetCopernica(Target):
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

    def __init__(self, *, config: Any = None, **arguments: Any) -> None:  # noqa: ANN401 - the SDK's
        self._interrupt = Interrupt()
        if isinstance(config, dict):  # null leaves a setting at its default; for this one it says "none"
            given = config.items()
            config = {name: value for name, value in given if value is not None or name == _MAY_BE_NULL}
        super().__init__(config=config, **arguments, message_reader=_ClosingReader(self))
        self._run: Run | None = None

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
        self._run = Run(self.config, self._interrupt, self.logger)
        self._run.start()

    def process_endofpipe(self) -> None:
        """The input has ended. Nothing of the SDK's draining takes part: the run owns all writing."""
        with self.closing():
            self.run.finish()
        self.close(None)

    @contextmanager
    def closing(self) -> Iterator[None]:
        """Whatever fails inside ends the run.

        Raises:
            NotAllowedError: Copernica refused a call that no record is to blame for.
        """
        try:
            yield
        except RefusedError as error:
            ended = NotAllowedError(f"{error}; has the token the right to it?")
            self.close(ended)
            raise ended from None
        except BaseException as error:
            self.close(error)
            raise

    def close(self, error: BaseException | None) -> None:
        """End the run and note why.

        Args:
            error: What ended it early; None when it is done.
        """
        run, self._run = self._run, None
        if run is None:
            return
        if error is None:
            run.end(0, "done")
        elif isinstance(error, TargetError):
            run.end(error.exit_code, str(error))
        else:
            run.end(1, type(error).__name__)

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
            record = stream_map.transform(dict(message_dict["record"]))
            if record is not None:
                self._assert_sink_exists(stream_map.stream_alias)
                sink = self._sinks_active[stream_map.stream_alias]
                assert isinstance(sink, CopernicaSink)  # noqa: S101 - the only class of sink
                sink.intake.take(record, self.run.admit())

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
        return with_commands(super().get_singer_command(), cls._session)

    @classmethod
    def _session(cls, config: Any) -> Session:  # noqa: ANN401 - a private class of the SDK
        try:
            target = cls(config=config.config, parse_env_config=config.parse_env, validate_config=True)
        except ConfigValidationError as error:
            raise SettingsError("; ".join(error.errors)) from None
        return Session(target.config, target._interrupt, target.logger)

    # Settings -------------------------------------------------------------------------------

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Check the settings. The SDK's own messages quote the value, which may be a secret."""
        schema = self.config_jsonschema
        self.append_builtin_config(schema)
        self._config.update(_numbers(self._config, schema["properties"]))
        errors = [_about(error) for error in JSONSchemaValidator(schema).iter_errors(self._config)]
        if errors and raise_errors:
            raise ConfigValidationError("Config validation failed", errors=errors, schema=schema)
        return errors

    @classmethod
    def invoke(  # type: ignore[override] # as the SDK's own Target does it
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: Any = None,  # noqa: ANN401 - a private class of the SDK
        file_input: IO[str] | None = None,
    ) -> None:
        """Run the target as the SDK does, with errors that say what to do.

        Raises:
            SettingsError: The settings are not valid.
            TargetError: Whatever ended the run.
        """
        try:
            super().invoke(about=about, about_format=about_format, config=config, file_input=file_input)
        except ConfigValidationError as error:
            raise SettingsError("; ".join(error.errors)) from None

    @classmethod
    def cb_config(cls, ctx: Any, param: Any, value: tuple[str, ...]) -> Any:  # noqa: ANN401 - the SDK's
        """Read the configuration files.

        Raises:
            SettingsError: One is not there, or no JSON object.
        """
        try:
            return super().cb_config(ctx, param, value)
        except OSError as error:
            raise SettingsError(f"configuration file {error.filename}: {error.strerror}") from None
        except (ValueError, TypeError):
            raise SettingsError(f"configuration file {', '.join(value)}: not a JSON object") from None


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


def _numbers(config: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, float]:
    """Numbers that came from the environment: the SDK leaves those with a fraction as texts."""
    found = {}
    for name, value in config.items():
        if isinstance(value, str) and "number" in properties.get(name, {}).get("type", ()):
            with suppress(ValueError):
                found[name] = float(value)
    return found


def _about(error: ValidationError) -> str:
    """What is wrong with a setting, without its value."""
    where = ".".join(str(step) for step in error.absolute_path)
    if error.validator == "required":
        return f"setting {error.message.split(' ')[0].strip(chr(39))} is missing"
    if error.validator == "enum" and isinstance(error.validator_value, list):
        return f"setting {where}: one of {', '.join(map(str, error.validator_value))}"
    if error.validator == "type":
        return f"setting {where}: must be of type {error.validator_value}"
    return f"setting {where}: does not fit ({error.validator}: {error.validator_value})"
