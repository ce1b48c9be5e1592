"""What all streams share: how a record of the API becomes a Singer message, at little cost."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, cast

from singer_sdk import Stream
from singer_sdk.exceptions import AbortedSyncPausedException
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.singerlib import RecordMessage
from singer_sdk.singerlib.catalog import Metadata

from tap_seoshop.records.normalize import Normalizer, carries, link_id
from tap_seoshop.stream_maps import named as named_in_maps
from tap_seoshop.streams.selection import selected_by_name

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
    from datetime import datetime

    from singer_sdk.helpers.types import Context
    from singer_sdk.singerlib.catalog import MetadataMapping, SelectionMask

    from tap_seoshop.streams.place import ListPlace
    from tap_seoshop.summaries.protocols import Collector, Summary

__all__ = [
    "AppendOnlyStream",
    "CollectedStream",
    "DetailStream",
    "EventStream",
    "FullTableStream",
    "IncrementalStream",
    "LookupStream",
    "Priority",
    "SeoshopStream",
    "SummaryStream",
    "Title",
]


class Priority(IntEnum):
    """When in a run a stream spends its requests: the lowest first."""

    SHOP = 0
    INCREMENTAL = 10
    MAIN_DETAIL = 20
    SUMMARY = 30
    APPEND_ONLY = 40
    FULL_TABLE = 50
    DETAIL = 60


@dataclass(frozen=True)
class Title:
    """A title that the tap adds beside an id.

    Attributes:
        name: The property that is added.
        id_name: The property that holds the id.
        lookup: The stream whose list has the title.
    """

    name: str
    id_name: str
    lookup: type[LookupStream]


class SeoshopStream(Stream):
    """A stream of one shop.

    Attributes:
        priority: When in a run it is read.
        place: Where its records are read; `{id}` stands for the id of a parent.
        parent: The stream of the list to which its parents belong, where `place` names one.
        links: Properties that hold the id behind a link of that name without `Id`.
        titles: Titles that are added.
        private: Properties that are not selected by default: personal data that few need.
        permission: Group of permissions that the key most likely needs (the vendor's pages that say it were
            not captured: `docs/api/seoshop.md`, section 1).
        optional: Whether a run goes on without it where the shop does not know the list.
    """

    name: str = ""
    priority: ClassVar[Priority]
    place: ClassVar[ListPlace]
    parent: ClassVar[type[IncrementalStream]]
    links: ClassVar[tuple[str, ...]] = ()
    titles: ClassVar[tuple[Title, ...]] = ()
    private: ClassVar[tuple[str, ...]] = ()
    permission: ClassVar[str]
    optional: ClassVar[bool] = False
    primary_keys: ClassVar[tuple[str, ...]] = ("shopId", "id")
    # The schema has already said how each value is made; the SDK need not look again.
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    emitted = 0
    """Records written in this run."""

    @classmethod
    def polled(cls) -> tuple[ListPlace, ...]:
        """The lists of which each run reads at least a page for this stream."""
        return ()

    @property
    def metadata(self) -> MetadataMapping:
        """The SDK's metadata, with private properties deselected unless they are selected by name."""
        fresh = self._metadata is None
        found = super().metadata
        if fresh:
            named = None if self._tap_input_catalog is None else selected_by_name(self.name)
            for name in self.private:
                entry = found.setdefault(
                    ("properties", name), Metadata(inclusion=Metadata.InclusionType.AVAILABLE)
                )
                entry.selected_by_default = False
                if named is not None and name not in named:
                    entry.selected = False
        return found

    @cached_property
    def normalizer(self) -> Normalizer:
        """Makes records with what is selected; and with what no schema names, where a setting says so."""
        return Normalizer(self._selected_schema, self.links, self._extra)

    def record(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """The record of one that is in the form of the API."""
        return self.normalizer(raw)

    @cached_property
    def _named(self) -> set[str]:
        """Names that the API's fields have in the schema, selected or not."""
        names = cast("dict[str, Any]", type(self).schema)["properties"]
        return {name.removesuffix("Id") if name in self.links else name for name in names}

    def _extra(self, name: str, value: object) -> dict[str, Any]:
        """What becomes of a field that the schema may not name; each is logged once."""
        if name in self._named or not carries(value):
            return {}
        passed = self.config["extra_fields"] == "pass"
        if name not in self._told:
            self._told.add(name)
            verb = "passed on" if passed else "left out"
            self.logger.info("%s: the field %r is new to this tap; it is %s", self.name, name, verb)
        if not passed:
            return {}
        number = link_id(value)
        return {name: value} if number is None else {f"{name}Id": number}

    @cached_property
    def _told(self) -> set[str]:
        return set()

    @cached_property
    def _selected_schema(self) -> dict[str, Any]:
        return _selected(self.effective_schema, self.mask)

    @cached_property
    def wanted_titles(self) -> tuple[Title, ...]:
        """Titles that are selected."""
        return tuple(title for title in self.titles if title.name in self._selected_schema["properties"])

    def chosen(self, record: dict[str, Any]) -> dict[str, Any]:
        """The part of a record made by the tap itself that is selected."""
        selected = self._selected_schema["properties"]
        return {name: value for name, value in record.items() if name in selected}

    def emit(self, record: dict[str, Any], shop_id: int) -> None:
        """Write a record.

        Raises:
            AbortedSyncPausedException: A test of the connection has seen enough.
        """
        if self.ABORT_AT_RECORD_COUNT is not None and self.emitted >= self.ABORT_AT_RECORD_COUNT:
            raise AbortedSyncPausedException
        record["shopId"] = shop_id
        self.emitted += 1
        self._write_record_message(record)

    def begin(self) -> None:
        """Write the schema."""
        self._write_schema_message()

    def sync(self, context: Context | None = None) -> None:  # type: ignore[misc]  # lists are read for several streams at once
        """Read this stream alone, as `--test` does."""
        del context
        read: Callable[[Iterable[Stream]], None] = self._tap.read  # type: ignore[attr-defined]  # of our tap
        read([self])

    def get_records(self, context: Context | None) -> Iterator[dict[str, Any]]:
        """Not used: see `reading/schedule.py`.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError

    def _generate_record_messages(self, record: dict[str, Any]) -> Generator[RecordMessage, None, None]:
        # Without the SDK's search for deselected properties: the normalizer makes none.
        at: datetime = self._tap.read_at  # type: ignore[attr-defined]  # of our tap
        for stream_map in self.stream_maps:
            try:
                mapped = stream_map.transform(record)
            except Exception as error:
                if (known := named_in_maps(error)) is None:
                    raise
                raise known from None
            if mapped is not None:
                yield RecordMessage(
                    stream=stream_map.stream_alias,
                    record=mapped,
                    version=self._stream_version,
                    time_extracted=at,
                )


class IncrementalStream(SeoshopStream):
    """A list that the API filters by `updatedAt`: read in every run, from the bookmark on."""

    priority = Priority.INCREMENTAL
    replication_key = "updatedAt"

    @classmethod
    def polled(cls) -> tuple[ListPlace, ...]:
        """The stream's own list."""
        return (cls.place,)


class FullTableStream(SeoshopStream):
    """A list without a filter: read whole when it is due.

    Attributes:
        interval_setting: The setting that says after how many seconds.
        large: Whether more than one page is to be expected, so that its count is asked for at once.
    """

    priority = Priority.FULL_TABLE
    optional = True
    interval_setting: ClassVar[str] = "full_table_interval"
    large: ClassVar[bool] = False

    def begin(self) -> None:
        """Write the schema; the records that follow have a version, larger in each run."""
        self._stream_version = self._tap.initialized_at
        super().begin()

    def completed(self) -> None:
        """Tell the target that every record without this version is gone."""
        self._write_activate_version_message(self._tap.initialized_at)


class LookupStream(FullTableStream):
    """A short list with titles that the tap adds to other records, beside the id."""


class CollectedStream(FullTableStream):
    """Records that are made of all records of one list; it is read once for this and for its own stream.

    Attributes:
        collector: Makes the records.
        titles_from: The stream with the titles that the collector is given.
    """

    collector: ClassVar[type[Collector]]
    titles_from: ClassVar[type[LookupStream]]


class AppendOnlyStream(SeoshopStream):
    """An append-only log without a filter: read from its newest record back to the bookmark.

    Not selected by default: the first read of it is long.
    """

    priority = Priority.APPEND_ONLY
    replication_key = "createdAt"
    selected_by_default = False
    optional = True

    @classmethod
    def polled(cls) -> tuple[ListPlace, ...]:
        """The stream's own list."""
        return (cls.place,)


class DetailStream(SeoshopStream):
    """Records that belong to one record of another list, and cost a request for each of those.

    Not selected by default.

    Attributes:
        parent_key: The key of one parent in an answer; with `Id`, the property that holds the parent's id.
        changed_by: Streams whose records name a parent (by `orderId`) that counts as changed with them.
        shows_progress: Whether the state tells how far its first load is (for status pages).
    """

    priority = Priority.DETAIL
    selected_by_default = False
    parent_key: ClassVar[str]
    changed_by: ClassVar[tuple[type[IncrementalStream], ...]] = ()
    shows_progress: ClassVar[bool] = False

    @classmethod
    def polled(cls) -> tuple[ListPlace, ...]:
        """The list of its parents."""
        return (cls.parent.place,)


class EventStream(SeoshopStream):
    """Events that single records of several incremental lists show; no request more than the lists.

    Attributes:
        sources: The streams of the lists.
    """

    priority = Priority.INCREMENTAL
    sources: ClassVar[tuple[type[IncrementalStream], ...]]

    @staticmethod
    def happened(name: str, raw: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """The events that a record shows, in the form of the API, of the list with this name.

        Raises:
            NotImplementedError: Each stream has its own.
        """
        raise NotImplementedError

    @classmethod
    def polled(cls) -> tuple[ListPlace, ...]:
        """The lists of its sources."""
        return tuple(source.place for source in cls.sources)


class SummaryStream(SeoshopStream):
    """What the records of a customer in several lists add up to: one record for each customer.

    Attributes:
        summary: Adds up.
        sources: The streams of the lists that are added up.
    """

    priority = Priority.SUMMARY
    primary_keys = ("shopId", "customerId")
    summary: ClassVar[type[Summary]]
    sources: ClassVar[tuple[type[IncrementalStream], ...]]

    @classmethod
    def polled(cls) -> tuple[ListPlace, ...]:
        """The lists of its sources."""
        return tuple(source.place for source in cls.sources)


def _selected(schema: Mapping[str, Any], mask: SelectionMask, place: tuple[str, ...] = ()) -> dict[str, Any]:
    """The schema without what is deselected; key properties and shop stay in any case."""
    kept = {}
    for name, inner in schema.get("properties", {}).items():
        here = (*place, "properties", name)
        if mask[here]:
            kept[name] = _selected(inner, mask, here) if inner.get("properties") else inner
    return {**schema, "properties": kept}
