"""How far the first load of order lines is and when it will be done; how the quota stands; a run's cost."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from singer_sdk import metrics

from tap_seoshop.api.quota import NAMES
from tap_seoshop.bookmarks.forms import LoadProgress
from tap_seoshop.bookmarks.times import written_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_seoshop.api.client import Client
    from tap_seoshop.bookmarks.forms import DetailMark
    from tap_seoshop.reading.context import Reading
    from tap_seoshop.streams.base import DetailStream

__all__ = ["Progress", "report"]

TELL_EVERY = 60.0
"""Least seconds between two lines about the progress."""


class QuotaMetric(StrEnum):
    """Metrics of the key's quota, which the SDK has no names for."""

    WAITED = "quota_wait_seconds"
    LEFT = "quota_left"


class Progress:
    """Shows how far the first load is, in the log and in the state.

    Args:
        reading: The run; the quota of its client says how fast it can go on.
        stream: The stream of the details.
        bookmark: Its bookmark.
    """

    def __init__(self, reading: Reading, stream: DetailStream, bookmark: DetailMark) -> None:
        self._client = reading.client
        self._bookmark = bookmark
        self._words = f"{stream.name} of %d of %d {stream.parent.place.key} read"
        self._shop = reading.state.shop if stream.shows_progress else None
        self._run_interval = reading.settings.run_interval
        self._log = reading.log
        self._began = time.monotonic()
        self._told = self._began

    def tell(self, count: int) -> None:
        """Say how far it is, `count` orders after this run began with it; now and then in the log."""
        now = time.monotonic()
        told = self._note(count, now - self._began)
        if now - self._told >= TELL_EVERY:
            self._told = now
            self._log.info("%s", told)

    def end(self, count: int) -> None:
        """Say what this run leaves."""
        elapsed = time.monotonic() - self._began
        # What is left goes on at the pace of the runs.
        told = self._note(count, max(elapsed, self._run_interval))
        if self._bookmark.backfill.open:
            self._log.info("%s; the next run goes on from there", told)

    def _note(self, count: int, seconds: float) -> str:
        backfill = self._bookmark.backfill
        done, total = backfill.done, max(backfill.total, backfill.done)
        eta = None
        by_quota = self._client.quota.seconds_for(total - done)
        if backfill.open and by_quota is not None and count:
            left = max(by_quota, (total - done) * seconds / count)
            eta = written_time(self._client.now() + timedelta(seconds=left))
        if self._shop is not None:
            self._shop.progress = LoadProgress(done, total, eta)
        words = self._words % (done, total)
        return f"{words}; at this rate all of them by {eta}" if eta else words


def report(client: Client, records: Mapping[str, int], log: logging.Logger) -> None:
    """Say what a run cost: one line for people, and Singer metrics at level DEBUG.

    Args:
        client: What was sent.
        records: Records written, by stream.
        log: Where to.
    """
    if not client.sent:
        return
    quota = client.quota
    log.info(
        "%d records with %d requests (%s); %d waits (%.0f s) for the quota, %d refused; left: %s",
        sum(records.values()),
        client.sent.total(),
        ", ".join(f"{path} {count}" for path, count in client.sent.most_common()),
        quota.waits,
        quota.waited,
        client.refused,
        quota.left() or "unknown",
    )
    for stream, count in records.items():
        _metric("counter", metrics.Metric.RECORD_COUNT, count, {metrics.Tag.STREAM.value: stream})
    for path, count in client.sent.items():
        _metric("counter", metrics.Metric.HTTP_REQUEST_COUNT, count, {metrics.Tag.ENDPOINT.value: path})
    if client.refused:
        refused = {metrics.Tag.HTTP_STATUS_CODE.value: 429}
        _metric("counter", metrics.Metric.HTTP_REQUEST_COUNT, client.refused, refused)
    _metric("timer", QuotaMetric.WAITED, round(quota.waited, 3), {"waits": quota.waits})
    for (limit, left, _), window in zip(quota.seen(), NAMES, strict=False):
        _metric("gauge", QuotaMetric.LEFT, left, {"window": window, "limit": limit})


def _metric(kind: str, metric: metrics.Metric | QuotaMetric, value: float, tags: dict[str, Any]) -> None:
    point = metrics.Point(kind, metric, value, tags)  # type: ignore[arg-type]  # the SDK reads the name alone
    logging.getLogger(metrics.METRICS_LOGGER_NAME).debug("METRIC: %s", point)
