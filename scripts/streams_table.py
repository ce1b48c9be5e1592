"""The tap's streams as a Markdown table, from their declarations."""

from tap_seoshop.streams import STREAMS
from tap_seoshop.streams.base import (
    AppendOnlyStream,
    DetailStream,
    EventStream,
    FullTableStream,
    IncrementalStream,
    SeoshopStream,
    SummaryStream,
)
from tap_seoshop.streams.carts import Carts


def streams_table() -> str:
    """A row for each stream: what it holds, its key, how it is read, what is not selected by default."""
    rows = ["| stream | what it holds | key, beside `shopId` | read |", "|---|---|---|---|"]
    for stream in sorted(STREAMS, key=lambda one: not one.selected_by_default):
        keys = ", ".join(f"`{name}`" for name in stream.primary_keys if name != "shopId")
        rows.append(f"| `{stream.name}`{_off(stream)} | {_what(stream)} | {keys} | {_how(stream)} |")
    return "\n".join(rows)


def _off(stream: type[SeoshopStream]) -> str:
    return "" if stream.selected_by_default else " (off)"


def _what(stream: type[SeoshopStream]) -> str:
    words = " ".join((stream.__doc__ or "").split("\n\n", maxsplit=1)[0].split())
    private = ", ".join(f"`{name}`" for name in stream.private)
    return f"{words} Not selected by default: {private}." if private else words


def _how(stream: type[SeoshopStream]) -> str:
    if issubclass(stream, DetailStream):
        return f"of `{stream.parent.name}` that changed: a request for each"
    if issubclass(stream, FullTableStream):
        return f"whole, every `{stream.interval_setting}`"
    if issubclass(stream, EventStream | Carts):
        return f"with {', '.join(f'`{source.name}`' for source in stream.sources)}"
    if issubclass(stream, IncrementalStream):
        return "what changed"
    if issubclass(stream, AppendOnlyStream):
        return "what is new"
    return "of customers who moved" if issubclass(stream, SummaryStream) else "every `full_table_interval`"
