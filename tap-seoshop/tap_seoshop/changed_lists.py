"""How a changed list is read: once, for all who follow it, from the earliest bookmark among them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from tap_seoshop.normalize import integer, link_id, moment
from tap_seoshop.pagination import Walk
from tap_seoshop.state import due, read_time, written_time

if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from tap_seoshop.client import Client
    from tap_seoshop.pagination import ListPlace
    from tap_seoshop.stream import SeoshopStream
    from tap_seoshop.titles import SmallLists

__all__ = ["ChangedLists", "Emitter", "ListFollower"]


class ListFollower(Protocol):
    """Somebody who wants to see what changed in a list."""

    @property
    def since(self) -> datetime | None:
        """From when on; None for all of it."""

    def take(self, raw: dict[str, Any], *, whole: bool) -> None:
        """A record; perhaps an older one too, since others follow. `whole`: all of the list is being read."""

    def reached(self, since: datetime, *, whole: bool) -> None:
        """The list was read to its end; the next run reads it from `since` on."""


class Emitter:
    """Writes the records of a changed list.

    Args:
        stream: Where to.
        mark: The stream's bookmark, in the form `LIVE`.
        small: Knows the titles that are added.
        places: Where the lists of titles are read, by stream.
        shop_id: Id of the shop.
        start: The bookmark of a first run; None for all records.
    """

    def __init__(  # noqa: PLR0913  # the parts of the run that it works with
        self,
        stream: SeoshopStream,
        mark: dict[str, Any],
        small: SmallLists,
        places: Mapping[str, ListPlace],
        *,
        shop_id: int,
        start: datetime | None,
    ) -> None:
        full = stream.replication_method == "FULL_TABLE"
        self.since = None if full else read_time(mark["replication_key_value"]) or start
        self._stream = stream
        self._mark = mark
        self._small = small
        self._places = places
        self._shop_id = shop_id
        stream.begin()

    def take(self, raw: dict[str, Any], *, whole: bool) -> None:
        """Write a record, unless it is older than the bookmark and only others asked for it."""
        del whole
        if self.since is not None:
            stamp = moment(raw.get("updatedAt"))
            if stamp is not None and stamp < written_time(self.since):
                return
        record = self._stream.normalizer(raw)
        for title in self._stream.wanted_titles:
            number = _id_of(raw, title.id_name, linked=title.id_name in self._stream.links)
            if number is None:
                record[title.name] = None
            elif (found := self._small.title(title.stream, self._places[title.stream], number)) is not None:
                record[title.name] = found
        self._stream.emit(record, self._shop_id)

    def reached(self, since: datetime, *, whole: bool) -> None:
        """Move the bookmark."""
        del whole
        self._mark["replication_key_value"] = written_time(since)


class ChangedLists:
    """Reads changed lists.

    Args:
        client: The shop.
        log: Where oddities are told.
        look_back: Seconds before the start of this read at which the next one begins.
        full_interval: Seconds between two reads of a list whose filter the shop ignores.
        sample: Read first pages only.
    """

    def __init__(
        self, client: Client, log: logging.Logger, *, look_back: float, full_interval: float, sample: bool
    ) -> None:
        self._client = client
        self._log = log
        self._look_back = look_back
        self._full_interval = full_interval
        self._sample = sample

    def read(
        self, name: str, place: ListPlace, mark: dict[str, Any], followers: Sequence[ListFollower]
    ) -> None:
        """Read one list.

        Args:
            name: Name of its stream.
            place: Where it is read.
            mark: The stream's bookmark, in the form `LIVE`.
            followers: Who wants to see it; at least one.
        """
        if mark["filter_ignored"] and not due(mark["read_at"], self._full_interval, self._client.now()):
            return
        wanted = [follower.since for follower in followers]
        known = [since for since in wanted if since is not None]
        since = min(known) if len(known) == len(wanted) else None
        walk = Walk(self._client, place, self._log, since=since, large=since is None, sample=self._sample)
        for raw in walk:
            for follower in followers:
                follower.take(raw, whole=since is None)
        if walk.started is None:
            return
        if walk.ignored and not mark["filter_ignored"]:
            self._log.warning("the shop ignores the time filter of %s: it is a full list from now on", name)
        mark["filter_ignored"] = mark["filter_ignored"] or walk.ignored
        mark["west"] = max(mark["west"], walk.west)
        mark["read_at"] = written_time(walk.started)
        reach = walk.started - timedelta(seconds=self._look_back + mark["west"])
        for follower in followers:
            follower.reached(reach, whole=since is None)


def _id_of(raw: Mapping[str, Any], name: str, *, linked: bool) -> int | None:
    return link_id(raw.get(name.removesuffix("Id"))) if linked else integer(raw.get(name))
