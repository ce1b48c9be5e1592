"""The figures of `status`, for Prometheus and by OpenTelemetry: the same ones."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from prometheus_client.parser import text_string_to_metric_families

from fleet.standing import QUOTA, Past
from seoshop_copernica import metrics
from seoshop_copernica.errors import TroubleError
from support.listening import listening

Figure = tuple[str, tuple[tuple[str, str], ...], float]


@pytest.fixture
def past(tmp_path: Path) -> Past:
    made = Past(tmp_path / "home", datetime(2026, 11, 20, 12, 5, tzinfo=UTC))
    made.shop("alpha", target={"call_budget": {"month": 9000}})
    made.shop("beta")
    made.month("alpha")
    made.rejects("alpha", "a reason", "a reason")
    return made


def in_file(file: Path) -> set[Figure]:
    families = text_string_to_metric_families(file.read_text())
    return {
        (sample.name, tuple(sorted(sample.labels.items())), sample.value)
        for family in families
        for sample in family.samples
    }


def test_prometheus_and_opentelemetry_carry_the_figures_of_status(
    past: Past, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [past.status(name) for name in ("alpha", "beta")]
    file = tmp_path / "shops.prom"
    metrics.textfile(file, found)
    written = in_file(file)
    assert file.stat().st_mode & 0o777 == 0o644
    alpha = (("shop", "alpha"),)
    assert ("seoshop_copernica_verdict", alpha, 10) in written
    assert ("seoshop_copernica_verdict", (("shop", "beta"),), 12) in written
    assert ("seoshop_copernica_month_calls", alpha, found[0].calls) in written
    assert ("seoshop_copernica_month_call_budget", alpha, 9000) in written
    assert ("seoshop_copernica_rejects_by_reason", (("reason", "a reason"), *alpha), 2) in written
    windows = {
        labels: value for name, labels, value in written if name == "seoshop_copernica_quota_remaining"
    }
    assert sorted(windows.values()) == QUOTA["remaining"]
    with listening() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        metrics.push(found)
        asked = ExportMetricsServiceRequest.FromString(collector.got[0].body)
    sent = {
        (
            metric.name,
            tuple(sorted((one.key, one.value.string_value) for one in point.attributes)),
            point.as_double,
        )
        for resource in asked.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in metric.gauge.data_points
    }
    assert sent == written


def test_figures_that_are_not_taken_are_told(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    with listening() as collector:
        collector.status = 400
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        with pytest.raises(TroubleError, match="OTEL_EXPORTER_OTLP_ENDPOINT"):
            metrics.push([past.status("alpha")])
    with pytest.raises(TroubleError, match="No such file"):
        metrics.textfile(past.home / "none" / "shops.prom", [past.status("alpha")])
