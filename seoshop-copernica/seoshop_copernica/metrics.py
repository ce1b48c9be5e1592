"""The figures of `status` for Prometheus (a textfile) and for OpenTelemetry; both are extras."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from seoshop_copernica.errors import TroubleError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from seoshop_copernica.status import Status

    Values = Iterator[tuple[dict[str, str], float]]
__all__ = ["figures", "push", "textfile"]


def _moment(time: str | None) -> float | None:
    return datetime.fromisoformat(time).timestamp() if time else None


_PLAIN: Final[Mapping[str, tuple[str, Callable[[Status], float | None]]]] = {
    "verdict": ("0 fresh, 10 rejects waiting, 11 stale, 12 never ran", lambda one: one.code),
    "true_to_timestamp_seconds": (
        "Copernica holds what the shop held then",
        lambda one: _moment(one.true_to),
    ),
    "last_complete_timestamp_seconds": ("end of the last complete run", lambda one: _moment(one.complete)),
    "at_work": ("1 while a run is at work", lambda one: one.at_work is not None),
    "load_orders_done": (
        "orders of the first load whose rows are read",
        lambda one: one.load and one.load[0],
    ),
    "load_orders": ("orders of the first load", lambda one: one.load and one.load[1]),
    "load_end_timestamp_seconds": ("end of the first load, at this pace", lambda one: _moment(one.load_end)),
    "owed_orders": ("changed orders whose rows are still to be read", lambda one: one.owed),
    "rejects": ("records that were refused and wait", lambda one: one.rejects),
    "month_calls": ("calls to Copernica in this month", lambda one: one.calls),
    "last_month_calls": ("calls to Copernica in the month before", lambda one: one.calls_before),
    "month_call_budget": ("calls that this month may have", lambda one: one.budget),
    "month_followups": ("writes of this month that may have started follow-ups", lambda one: one.followups),
    "failing": ("1 where the last run failed", lambda one: one.failure is not None and not one.failure.over),
    "last_failure_code": (
        "exit code of the last failure",
        lambda one: one.failure.code if one.failure else None,
    ),
    "reconciled_timestamp_seconds": (
        "when both sides were held against each other",
        lambda one: _moment(one.reconciled.at) if one.reconciled else None,
    ),
    "differing_records": (
        "records that differed then",
        lambda one: one.reconciled.differences if one.reconciled else None,
    ),
    "differing_records_to_heal": (
        "those of them for which there was no good reason",
        lambda one: one.reconciled.to_heal if one.reconciled else None,
    ),
    "day_orders": ("orders of today", lambda one: one.days[-1].orders if one.days else None),
    "day_calls": ("calls to Copernica of today", lambda one: one.days[-1].calls if one.days else None),
    "day_run_seconds": ("seconds of a run of today", lambda one: one.days[-1].seconds if one.days else None),
}
_PREFIX: Final = "seoshop_copernica_"
_WINDOWS: Final = ("5m", "1h", "1d")


def _labelled(found: Sequence[Status], of: Callable[[Status], float | None]) -> Values:
    for one in found:
        if (value := of(one)) is not None:
            yield {"shop": one.shop}, float(value)


def _windows(found: Sequence[Status], name: str) -> Values:
    for one in found:
        for window, value in zip(_WINDOWS, (one.quota or {}).get(name, ()), strict=False):
            yield {"shop": one.shop, "window": window}, float(value)


def _reasons(found: Sequence[Status]) -> Values:
    for one in found:
        for reason, number in one.reasons:
            yield {"shop": one.shop, "reason": reason}, float(number)


def figures(found: Sequence[Status]) -> Iterator[tuple[str, str, list[tuple[dict[str, str], float]]]]:
    """Name, meaning and values (with their labels) of each figure.

    Args:
        found: How each shop stands.
    """
    for name, (meaning, of) in _PLAIN.items():
        yield _PREFIX + name, meaning, list(_labelled(found, of))
    for name in ("limit", "remaining"):
        meaning = f"requests at the shop: {name}, as last seen"
        yield f"{_PREFIX}quota_{name}", meaning, list(_windows(found, name))
    yield f"{_PREFIX}rejects_by_reason", "the three commonest reasons", list(_reasons(found))


def textfile(file: Path, found: Sequence[Status]) -> None:
    """Replace a file for the textfile collector of Prometheus's node exporter.

    Args:
        file: Ends in `.prom`.
        found: How each shop stands.

    Raises:
        TroubleError: It cannot be written, or the extra is not installed.
    """
    try:
        from prometheus_client import CollectorRegistry, Gauge, write_to_textfile  # noqa: PLC0415  # an extra
    except ImportError:
        raise TroubleError("--prometheus needs the extra: pip install 'seoshop-copernica[metrics]'") from None
    registry = CollectorRegistry()
    for name, meaning, values in figures(found):
        if values:
            gauge = Gauge(name, meaning, list(values[0][0]), registry=registry)
            for labels, value in values:
                gauge.labels(**labels).set(value)
    try:
        write_to_textfile(str(file), registry)
        file.chmod(0o644)  # it is made to be read
    except OSError as error:
        raise TroubleError(f"{file}: {error.strerror}") from None


def push(found: Sequence[Status]) -> None:
    """Send the figures once by OpenTelemetry, to where `OTEL_EXPORTER_OTLP_ENDPOINT` and its like say.

    Args:
        found: How each shop stands.

    Raises:
        TroubleError: They were not taken, or the extra is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # noqa: PLC0415
        from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricExportResult  # noqa: PLC0415
    except ImportError:
        raise TroubleError("--otel needs the extra: pip install 'seoshop-copernica[otel]'") from None
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    meter = provider.get_meter("seoshop_copernica")
    for name, meaning, values in figures(found):
        gauge = meter.create_gauge(name, description=meaning)
        for labels, value in values:
            gauge.set(value, labels)
    exporter = OTLPMetricExporter()
    taken = MetricExportResult.SUCCESS
    if (data := reader.get_metrics_data()) is not None:
        taken = exporter.export(data)
    exporter.shutdown()
    provider.shutdown()
    if taken is not MetricExportResult.SUCCESS:
        raise TroubleError("the figures were not taken at OTEL_EXPORTER_OTLP_ENDPOINT")
