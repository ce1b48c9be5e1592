"""The tap: its settings and streams, and how the SDK starts a run."""

from __future__ import annotations

import hashlib
import logging
import os
from copy import deepcopy
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any, ClassVar, cast

import click
from singer_sdk import Tap
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities
from singer_sdk.singerlib import Catalog
from singer_sdk.tap_base import CliTestOptionValue

from tap_seoshop.api.client import Access, Client
from tap_seoshop.api.interrupt import Interrupt
from tap_seoshop.api.parallel import Parallel
from tap_seoshop.api.quota import Pace, Quota, Reserved
from tap_seoshop.bookmarks.given import state_of
from tap_seoshop.bookmarks.state import State
from tap_seoshop.commands import with_commands
from tap_seoshop.configuration import (
    complaints,
    completed,
    from_environment,
    misspelled,
    parsed_object,
    read_object,
    unknown,
)
from tap_seoshop.errors import SettingsError
from tap_seoshop.reading.probe import probe
from tap_seoshop.reading.progress import report
from tap_seoshop.reading.schedule import Run, reserved
from tap_seoshop.records.messages import MessageWriter
from tap_seoshop.records.normalize import parse_moment
from tap_seoshop.settings import CLUSTERS, SETTINGS, Settings
from tap_seoshop.stream_maps import named
from tap_seoshop.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from types import FrameType

    from singer_sdk import Stream
    from singer_sdk.helpers.capabilities import CapabilitiesEnum

    from tap_seoshop.streams.base import SeoshopStream

__all__ = ["TapSeoshop"]


class TapSeoshop(Tap):
    """Singer tap for web shops on Lightspeed eCom C-Series, formerly SEOshop."""

    name = "tap-seoshop"
    message_writer_class = MessageWriter
    config_jsonschema: ClassVar[dict[str, Any]] = SETTINGS
    # Without BATCH: files of records are pointless for lists of this size, and a target may lose them.
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.ACTIVATE_VERSION,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    def __init__(self, *, config: Any = None, parse_env_config: bool = False, **options: Any) -> None:  # noqa: ANN401  # the SDK's own, handed on
        self._interrupt = Interrupt()
        self.read_at = datetime.now(UTC)
        """When what is written was read."""
        given = dict(config or {})
        self._variables_count = parse_env_config or "MELTANO_PROJECT_ROOT" in os.environ
        if parse_env_config:
            self.append_builtin_config(self.config_jsonschema)
            given |= from_environment(self.config_jsonschema["properties"], self._env_var_prefix)
        # The SDK logs at each start that it does not read the environment itself.
        level = self.logger.level
        self.logger.setLevel(logging.WARNING)
        try:
            super().__init__(config=given, **options)
        finally:
            self.logger.setLevel(level)

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

    def discover_streams(self) -> Sequence[SeoshopStream]:
        """All streams; they are the same for every shop."""
        return [stream(self) for stream in STREAMS]

    def sync_all(self) -> None:  # type: ignore[misc]  # the order of streams is ours (`reading/schedule.py`)
        """Read what is selected."""
        self.read(stream for stream in self.streams.values() if stream.selected)

    def read(self, streams: Iterable[Stream]) -> None:
        """One run over `streams`.

        Raises:
            TapError: Something ended the run.
        """
        chosen = [cast("SeoshopStream", stream) for stream in streams]
        sample = any(stream.ABORT_AT_RECORD_COUNT is not None for stream in chosen)
        settings = Settings.of(self.config)
        held = cast("dict[str, Any]", deepcopy(self.state) if sample else self.state)
        state = State(held, self._emit_state, account=self._account(), frozen=bool(settings.reread))
        client = self._client(reserved(chosen, state, settings))
        try:
            Run(client, chosen, state, settings, self.logger).execute()
        finally:
            client.close()
            report(client, {stream.name: stream.emitted for stream in chosen}, self.logger)

    def test(self) -> None:
        """Say in one line of each stream whether it can be read, and write no record.

        Raises:
            TapError: A stream that is selected cannot be read.
        """
        client = self._client(Reserved())
        try:
            probe(
                client,
                [cast("SeoshopStream", self.streams[stream.name]) for stream in self.discover_streams()],
                click.echo,
            )
        finally:
            client.close()

    @classmethod
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """`--test`: see `test`; `--test=schema` is the SDK's."""
        if value != CliTestOptionValue.All.value:
            super().cb_test(ctx, param, value)
            return
        given = ctx.params.get("config")
        options = {"config": given.config, "parse_env_config": given.parse_env} if given else {}
        cls(**options).test()
        ctx.exit()

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """The executable: the tap, and the commands beside it."""
        return with_commands(super().get_singer_command(), cls._connected)

    @classmethod
    def _connected(cls, config: Any) -> Client:  # noqa: ANN401  # a private class of the SDK
        tap = cls(config=config.config, parse_env_config=config.parse_env)
        return tap._client(Reserved())

    def _client(self, reserved: Reserved) -> Client:
        config = self.config
        pace = Pace(
            per_second=config["requests_per_second"],
            reserve=config["quota_reserve"],
            max_wait=config["max_wait"],
            run_interval=config["run_interval"],
        )
        quota = Quota(pace, reserved, sleep=self._interrupt.sleep, log=self.logger)
        access = Access(
            api_url=self._api_url,
            language=config["language"],
            auth=(config["api_key"], config["api_secret"]),
            user_agent=config.get("user_agent") or f"{self.name}/{self.plugin_version}",
        )
        parallel = Parallel(config["concurrency"], self._interrupt)
        return Client(access, quota, self._interrupt, parallel, self.logger)

    @property
    def _api_url(self) -> str:
        given: str | None = self.config.get("api_url")
        return given or CLUSTERS[self.config["cluster"]]

    def _account(self) -> str:
        """A digest of address and key, which shows that another shop may be meant and reveals neither."""
        return hashlib.sha256(f"{self._api_url} {self.config['api_key']}".encode()).hexdigest()[:8]

    def _emit_state(self) -> None:
        self.read_at = datetime.now(UTC)
        self.state_writer.write_state(self.state)

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        self._interrupt.handle(signum, frame)

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
        self._config = completed(self._config, schema["properties"])
        lines = complaints(self._config, schema, self._env_var_prefix) or _in_the_future(self._config)
        if lines and raise_errors:
            raise SettingsError("; ".join(lines))
        return lines

    @classmethod
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> Any:  # noqa: ANN401  # the SDK's
        """Read the files of settings.

        Raises:
            SettingsError: One is not there, or no JSON object.
        """
        found = super().cb_config(ctx, param, tuple(one for one in value if one == "ENV"))
        for path in value:
            if path != "ENV":
                found.config |= read_object(path, "configuration file")
        return found

    @classmethod
    def invoke(  # type: ignore[override]  # as the SDK's own Tap does it
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: Any = None,  # noqa: ANN401  # a private class of the SDK
        state: IO[str] | None = None,
        catalog: IO[str] | None = None,
    ) -> None:
        """Run the tap as the SDK does, with errors that name the file.

        Raises:
            TapError: Whatever ended the run.
        """
        super(Tap, cls).invoke(about=about, about_format=about_format)
        tap = cls(
            config=config.config if config else {},
            parse_env_config=bool(config and config.parse_env),
            state=None if state is None else state_of(_read(state, "state"), state.name),
            catalog=None if catalog is None else _catalog(_read(catalog, "catalog"), catalog.name),
        )
        tap.sync_all()


def _read(file: IO[str], what: str) -> str:
    try:
        return file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not valid JSON (not even UTF-8)"
        raise SettingsError(f"{what} file {file.name}: {reason}") from None


def _catalog(text: str, name: str) -> Catalog:
    """The catalog in a file.

    Raises:
        SettingsError: It is none.
    """
    found = parsed_object(text, f"catalog file {name}")
    try:
        _ = found["streams"]
        return Catalog.from_dict(found)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise SettingsError(f"catalog file {name}: not a Singer catalog (as --discover prints it)") from None


def _in_the_future(config: Mapping[str, Any]) -> list[str]:
    """Complaints of times before which nothing is read: in the future, they would ask for nothing at all."""
    now = datetime.now(UTC)
    return [
        f"the setting `{name}` lies in the future; it is now {now:%Y-%m-%dT%H:%M:%SZ}"
        for name in ("start_date", "backfill_since")
        if (given := config.get(name)) and (moment := parse_moment(given)) is not None and moment > now
    ]
