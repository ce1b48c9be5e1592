"""What a run says of its cost: one line for people, and the same as Singer metrics."""

import json
import logging
import re
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from support.sandbox import Sandbox
from tap.conftest import Read, Reader
from tap_seoshop.reading.progress import report

LINE = re.compile(
    r"(\d+) records with (\d+) requests \((.*)\); "
    r"(\d+) waits \((\d+) s\) for the quota, (\d+) refused; left: (.*)"
)


def told(err: str) -> tuple[re.Match[str], list[dict[str, Any]]]:
    """The closing line, of which there is one, and all metrics."""
    (line,) = LINE.finditer(err)
    return line, [json.loads(one) for one in re.findall(r"METRIC: (\{.*\})", err)]


def test_metrics_are_reported_at_debug_only(first: Read) -> None:
    assert "METRIC" not in first.ended.err


def test_the_line_and_the_metrics_tell_what_was_written_and_sent(shop: Sandbox, reader: Reader) -> None:
    first = reader(shop, env={"TAP_SEOSHOP_LOGLEVEL": "DEBUG"})
    line, metrics = told(first.ended.err)
    written = Counter(first.streams("RECORD"))
    assert int(line[1]) == written.total()
    records = {one["tags"]["stream"]: one["value"] for one in metrics if one["metric"] == "record_count"}
    assert {stream: count for stream, count in records.items() if count} == written
    by_path = {path: int(count) for path, count in (one.rsplit(" ", 1) for one in line[3].split(", "))}
    requests = {
        one["tags"]["endpoint"]: one["value"] for one in metrics if one["metric"] == "http_request_count"
    }
    assert requests == by_path
    assert sum(by_path.values()) == int(line[2])
    lines_of = {record["orderId"] for record in first.records("order_products")}
    assert by_path["orders/{id}/products"] == len(lines_of)  # by endpoint, whatever the order
    left = [one for one in metrics if one["metric"] == "quota_left"]
    assert line[7] == ", ".join(
        f"{one['value']}/{one['tags']['limit']} in {one['tags']['window']}" for one in left
    )
    assert len(left) == 3


def test_waits_and_refusals_are_reported(caplog: pytest.LogCaptureFixture) -> None:
    quota = SimpleNamespace(
        waits=2, waited=310.4, left=lambda: "30/300 in 5 minutes", seen=lambda: [(300, 30, 9)]
    )
    client: Any = SimpleNamespace(sent=Counter({"orders": 5}), refused=1, quota=quota)
    with caplog.at_level(logging.INFO), caplog.at_level(logging.DEBUG, "singer_sdk.metrics"):
        report(client, {"orders": 7}, logging.getLogger("tap-seoshop"))
    line = LINE.search(caplog.text)
    assert line
    assert line.groups() == ("7", "5", "orders 5", "2", "310", "1", "30/300 in 5 minutes")
    points = [record.args[0].to_dict() for record in caplog.records if record.name == "singer_sdk.metrics"]  # type: ignore[index,union-attr]  # the SDK's points
    assert {"type": "timer", "metric": "quota_wait_seconds", "value": 310.4, "tags": {"waits": 2}} in points
    assert {
        "type": "counter",
        "metric": "http_request_count",
        "value": 1,
        "tags": {"http_status_code": 429},
    } in points


def test_a_run_that_reached_nobody_has_no_cost_to_tell(caplog: pytest.LogCaptureFixture) -> None:
    client: Any = SimpleNamespace(sent=Counter(), refused=0, quota=None)
    with caplog.at_level(logging.INFO):
        report(client, {"orders": 0}, logging.getLogger("tap-seoshop"))
    assert caplog.text == ""
