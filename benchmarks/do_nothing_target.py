"""The SDK's own way of taking records, with a sink that does nothing: what every target pays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk import Target
from singer_sdk.sinks import RecordSink

if TYPE_CHECKING:
    from singer_sdk.helpers.types import Context, Record


class NothingSink(RecordSink):
    """Takes records and forgets them."""

    def process_record(self, record: Record, context: Context) -> None:
        """Nothing."""


class NothingTarget(Target):
    """A target with the SDK's defaults."""

    name = "target-nothing"
    default_sink_class = NothingSink


if __name__ == "__main__":
    NothingTarget.cli()
