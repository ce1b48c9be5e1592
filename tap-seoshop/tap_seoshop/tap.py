"""The tap: its settings and streams, and how the SDK reaches a run."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, cast

import click
from jsonschema import Draft202012Validator
from singer_sdk import Tap
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities
from singer_sdk.tap_base import CliTestOptionValue

from tap_seoshop.api.client import Client
from tap_seoshop.api.interrupt import Interrupt
from tap_seoshop.api.quota import Quota
from tap_seoshop.errors import ReaderGoneError, SettingsError
from tap_seoshop.reading.probe import probe
from tap_seoshop.reading.progress import report
from tap_seoshop.reading.schedule import Run
from tap_seoshop.records.messages import MessageWriter
from tap_seoshop.settings import CLUSTERS, SETTINGS
from tap_seoshop.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
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
        TapCapabilities.ACTIVATE_VERSION,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    def __init__(self, **options: Any) -> None:  # noqa: ANN401  # the SDK's own, handed on
        self._interrupt = Interrupt()
        self.read_at = datetime.now(UTC)
        """When what is written was read."""
        super().__init__(**options)

    def discover_streams(self) -> Sequence[SeoshopStream]:
        """All streams; they are the same for every shop."""
        return [stream(self) for stream in STREAMS]

    def sync_all(self) -> None:  # type: ignore[misc]  # the order of streams is ours (see run.py)
        """Read what is selected."""
        self.read(stream for stream in self.streams.values() if stream.selected)

    def read(self, streams: Iterable[Stream]) -> None:
        """One run over `streams`.

        Raises:
            TapError: Something ended the run.
        """
        chosen: dict[str, Any] = {stream.name: stream for stream in streams}
        sample = any(stream.ABORT_AT_RECORD_COUNT is not None for stream in chosen.values())
        client = self._client()
        run = Run(
            client,
            chosen,
            cast("dict[str, Any]", self.state),
            self.config,
            account=self._account(),
            version=self.initialized_at,
            write_state=self._emit_state,
            log=self.logger,
            sample=sample,
        )
        try:
            run.execute()
        except BrokenPipeError:
            # Not left to click, which ends the process without a word.
            raise ReaderGoneError from None
        finally:
            client.close()
            report(client, {name: stream.emitted for name, stream in chosen.items()}, self.logger)

    def test(self) -> None:
        """Say in one line of each stream whether it can be read, and write no record.

        Raises:
            TapError: A stream that is selected cannot be read.
        """
        client = self._client()
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
        tap = cls(config=given.config, parse_env_config=given.parse_env) if given else cls()
        tap.test()
        ctx.exit()

    def _client(self) -> Client:
        config = self.config
        quota = Quota(
            per_second=config["requests_per_second"],
            reserve=config["quota_reserve"],
            max_wait=config["max_wait"],
            run_interval=config["run_interval"],
            sleep=self._interrupt.sleep,
            log=self.logger,
        )
        return Client(
            api_url=self._api_url,
            language=config["language"],
            auth=(config["api_key"], config["api_secret"]),
            user_agent=config.get("user_agent") or f"{self.name}/{self.plugin_version}",
            quota=quota,
            interrupt=self._interrupt,
            concurrency=config["concurrency"],
            log=self.logger,
        )

    @property
    def _api_url(self) -> str:
        given: str | None = self.config.get("api_url")
        return given or CLUSTERS[self.config["cluster"]]

    def _account(self) -> str:
        """A digest of address and key: says that another shop may be meant, and no more."""
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
        self.append_builtin_config(self.config_jsonschema)
        for name, schema in self.config_jsonschema["properties"].items():
            if "default" in schema:
                self._config.setdefault(name, schema["default"])
        found = list(Draft202012Validator(self.config_jsonschema).iter_errors(self._config))
        lines = sorted({_complaint(error) for error in found})
        if lines and raise_errors:
            raise SettingsError("; ".join(lines))
        return lines


def _complaint(error: Any) -> str:  # noqa: ANN401  # jsonschema's error, whose text would show the value
    if error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        return f"the setting {' and '.join(f'`{name}`' for name in missing)} is missing"
    name = error.absolute_path[0] if error.absolute_path else "config"
    wanted = {
        "enum": f"must be one of {_listed(error.validator_value)}",
        "type": f"must be of type {_listed(error.validator_value)}",
        "pattern": f"must look like {error.validator_value}",
    }.get(error.validator, f"must satisfy {error.validator} {error.validator_value}")
    return f"the setting `{name}` {wanted}"


def _listed(values: Any) -> str:  # noqa: ANN401  # one value or several
    return " or ".join(map(str, values)) if isinstance(values, list) else str(values)
