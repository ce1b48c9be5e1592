"""Clock, settings, request log and status, as the admin calls show and change them."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sandbox.clock import Clock
from sandbox.requestlog import Asked, RequestLog

from .conftest import NOW, Served


def test_the_clock_runs_with_real_time() -> None:
    seconds = [1000.0]
    clock = Clock(NOW, real_time=lambda: seconds[0])
    seconds[0] += 90
    assert clock.now() == NOW + timedelta(seconds=90)
    clock.advance(10)
    assert clock.now() == NOW + timedelta(seconds=100)


def test_the_clock_goes_on_where_it_would_stand_after_a_restart(tmp_path: Path) -> None:
    Clock(NOW, path=tmp_path / "clock", real_time=lambda: 1000.0).advance(3600)
    again = Clock(NOW - timedelta(days=1), path=tmp_path / "clock", real_time=lambda: 1060.0)
    assert again.now() == NOW + timedelta(seconds=3660)


def test_the_clock_refuses_a_moment_without_a_zone(api: Served) -> None:
    with pytest.raises(ValueError, match="time zone"):
        Clock(datetime(2026, 1, 1))  # noqa: DTZ001  # what is refused
    assert api.http.post("/admin/clock", json={"set": "2026-01-01T00:00:00"}).status_code == 400


def test_the_log_numbers_requests_and_forgets_the_oldest() -> None:
    log = RequestLog(keep=2)
    for path in ("/a", "/b", "/c"):
        log.add(Asked("GET", path, ""), side="seoshop", at=NOW, status=200)
    assert [(entry["seq"], entry["path"]) for entry in log.since()] == [(2, "/b"), (3, "/c")]
    assert [entry["path"] for entry in log.since(2)] == ["/c"]
    assert log.counts() == {"seoshop": 3, "copernica": 0, "copernica_token": 0, "last": 3}


def test_api_requests_are_logged_and_admin_calls_are_not(api: Served) -> None:
    api.get("orders", limit=1, fields="id")
    api.http.get("/seoshop/nl/shop.json")
    api.http.post("/copernica/authenticate", json={})
    status = api.http.get("/admin/status").json()
    assert status["requests"] == {"seoshop": 2, "copernica": 0, "copernica_token": 1, "last": 3}
    first, second = api.http.get("/admin/requests", params={"side": "seoshop"}).json()["requests"]
    assert first == {
        "seq": 1,
        "side": "seoshop",
        "at": "2026-11-02T09:00:00.000000Z",
        "method": "GET",
        "path": "/seoshop/nl/orders.json",
        "query": "limit=1&fields=id",
        "status": 200,
        "cost": 1,
    }
    assert (second["status"], second["cost"]) == (401, 0)
    assert api.http.get("/admin/requests", params={"since": 3}).json() == {"requests": []}


def test_the_status_counts_both_sides(api: Served) -> None:
    status = api.http.get("/admin/status").json()
    assert status["now"] == "2026-11-02T09:00:00.000000Z"
    numbers = {name: status["shop"][name] for name in ("id", "customers", "orders", "order_rows")}
    assert numbers == {"id": 300001, "customers": 120, "orders": 300, "order_rows": 800}
    assert status["copernica"]["databases"] == []


def test_settings_are_changed_and_shown(api: Served) -> None:
    shown = api.admin("settings", rate_limits="1/2/3", per_second=4, switches={"seoshop.filter_zone": "shop"})
    assert (shown["rate_limits"], shown["per_second"]) == ("1/2/3", 4)
    assert shown["switches"]["seoshop.filter_zone"] == "shop"
    assert shown["switches"]["seoshop.filter_bound"] == "inclusive"
    assert api.http.get("/admin/settings").json() == shown


@pytest.mark.parametrize(
    "change",
    [
        {"rate_limits": "1/2"},
        {"rate_limits": "0/1/1"},
        {"per_second": 0},
        {"per_second": True},
        {"import_seconds": -1},
        {"switches": {"seoshop.nothing": "x"}},
        {"switches": {"seoshop.filter_zone": "mars"}},
        {"switches": []},
        {"nothing": 1},
    ],
)
def test_a_setting_that_does_not_fit_is_refused_and_changes_nothing(
    api: Served, change: dict[str, object]
) -> None:
    before = api.http.get("/admin/settings").json()
    answer = api.http.post("/admin/settings", json=change)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert api.http.get("/admin/settings").json() == before


@pytest.mark.parametrize("body", [b"{", b"[]", b"1"])
def test_a_body_that_is_no_object_is_refused(api: Served, body: bytes) -> None:
    assert api.http.post("/admin/clock", content=body).status_code == 400
