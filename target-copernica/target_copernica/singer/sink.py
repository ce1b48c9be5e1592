"""The SDK's sink of one stream: it only passes records on."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from singer_sdk import Target
from singer_sdk.sinks import Sink

from target_copernica.singer.flattening import with_untyped_properties

if TYPE_CHECKING:
    from target_copernica.run.run import Run

__all__ = ["CopernicaSink", "TargetWithRun"]


class TargetWithRun(Target):
    """A target whose records all go to one run."""

    @property
    @abstractmethod
    def run(self) -> Run:
        """The run."""


class CopernicaSink(Sink):
    """The records of one stream.

    The SDK's own batches and validation are not used: one writer for all streams keeps their order, and
    the SDK's validator costs most of a target's time and logs whole records.
    """

    def __init__(
        self,
        target: TargetWithRun,
        stream_name: str,
        schema: dict[str, Any],
        key_properties: list[str] | None,
    ) -> None:
        for stream_map in (each for maps in target.mapper.stream_maps.values() for each in maps):
            options = stream_map.flattening_options
            if stream_map.stream_alias == stream_name and options is not None and options.enabled:
                schema = with_untyped_properties(
                    schema, stream_map.raw_schema, options.separator, options.max_level
                )
        super().__init__(target, stream_name, schema, key_properties)
        self.intake = target.run.intake(stream_name, schema, key_properties or [])

    def get_validator(self) -> None:
        """No validator of the SDK."""

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:
        """Part of the SDK's interface; records come through `intake`."""
        raise NotImplementedError

    def process_batch(self, context: dict[str, Any]) -> None:
        """Part of the SDK's interface; the writer owns all batches."""
