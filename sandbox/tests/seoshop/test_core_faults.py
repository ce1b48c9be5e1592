"""What goes wrong on demand: answers, tokens, imports, and lists that change under the reader."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sandbox.seoshop.ratelimit import window_ends
from sandbox.settings import COPERNICA_TOKEN
from sandbox.shop.db import Shop
from sandbox.shop.plan import Plan

from .conftest import NOW, Served, served


@pytest.fixture
def api(make_shop: Callable[[Plan], Shop], tmp_path: Path) -> Served:
    """A small shop of the test's own, and an empty Copernica."""
    return served(make_shop(Plan(customers=40, orders=100, order_rows=250, now=NOW)), tmp_path)


def statuses(api: Served, path: str, times: int) -> list[int]:
    return [api.get(path).status_code for _ in range(times)]


def test_a_gateway_answers_in_html(api: Served) -> None:
    """Unless a rule brings a body of its own."""
    api.admin("faults", do="status", path="brands", times=2)
    answer = api.get("brands")
    assert (answer.status_code, answer.headers["content-type"][:9]) == (503, "text/html")
    assert "Loadbalancer Error" in answer.text
    api.http.delete("/admin/faults")
    api.admin("faults", do="status", status=500, body="{}")
    assert api.get("brands").text == "{}"


def test_a_seed_decides_which_requests_go_wrong(api: Served) -> None:
    """The same ones each time; others with another seed."""
    found = []
    for seed in (1, 1, 2):
        api.admin("faults", do="status", path="brands", times=None, chance=0.5, seed=seed)
        found.append(statuses(api, "brands", 40))
        (rule,) = api.http.get("/admin/faults").json()["faults"]
        assert (rule["seen"], rule["hits"]) == (40, found[-1].count(503))
        api.http.delete("/admin/faults")
    assert found[0] == found[1] != found[2]
    assert 10 < found[0].count(503) < 30


@pytest.mark.parametrize("do", ["half", "garbage", "empty"])
def test_a_body_that_is_no_json_comes_with_its_right_length(api: Served, do: str) -> None:
    whole = api.get("orders", limit=5)
    api.admin("faults", do=do, path="orders", query="limit=5$")
    assert api.get("orders", limit=6).status_code == 200
    broken = api.get("orders", limit=5)
    assert (broken.status_code, int(broken.headers["content-length"])) == (200, len(broken.content))
    with pytest.raises(json.JSONDecodeError):
        broken.json()
    if do == "half":
        assert whole.content.startswith(broken.content)
        assert len(broken.content) == len(whole.content) // 2
    assert api.get("orders", limit=5).content == whole.content


def test_a_record_is_missing_for_a_moment(api: Served) -> None:
    number = api.every("orders")[0]["id"]
    api.admin("faults", do="missing", path="products", times=2)
    real = api.get("orders/1/products").json()
    found = [api.get(f"orders/{number}/products") for _ in range(2)]
    assert [answer.status_code for answer in found] == [404, 200]
    assert found[0].json()["error"].keys() == real["error"].keys()
    assert found[0].json()["error"]["message"] == api.get("orders/1/products").json()["error"]["message"]


def test_a_missing_record_of_copernica_is_a_400(api: Served) -> None:
    api.admin("faults", do="missing", side="copernica")
    answer = api.http.get("/copernica/v4/database/1")
    assert (answer.status_code, answer.json()) == (400, {"error": {"message": "No entity with supplied ID"}})


def test_a_list_changes_between_two_pages(api: Served) -> None:
    """A record that is made after the first page moves all others down by one."""
    before = [one["id"] for one in api.records("orders", limit=50, page=1)]
    call = {"path": "/admin/shop/move", "body": {"seed": 1, "new_orders": 1}}
    api.admin("faults", do="call_after", path="orders", query="page=1$", call=call)
    first = [one["id"] for one in api.records("orders", limit=50, page=1)]
    second = [one["id"] for one in api.records("orders", limit=50, page=2)]
    assert first == before
    assert second[0] == first[-1]


def test_a_record_goes_before_the_second_page(api: Served) -> None:
    """And the first one of the second page is skipped."""
    orders = [one["id"] for one in api.records("orders", limit=250)]
    call = {"path": "/admin/shop/delete", "body": {"resource": "orders", "id": orders[0]}}
    api.admin("faults", do="call_before", path="orders", query="page=2$", call=call)
    met = [one["id"] for page in (1, 2) for one in api.records("orders", limit=50, page=page)]
    assert met == [*orders[:50], *orders[51:]]


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ({"do": "call_after"}, "admin call"),
        ({"do": "call_after", "call": {"path": "/seoshop/nl/orders.json"}}, "admin call"),
        ({"do": "status", "nth": True}, "nth"),
        ({"do": "status", "query": "("}, "query"),
        ({"do": "slow", "seconds": "1"}, "seconds"),
    ],
)
def test_a_rule_that_cannot_be_kept_is_refused(api: Served, rule: dict[str, Any], named: str) -> None:
    answer = api.http.post("/admin/faults", json=rule)
    assert answer.status_code == 400
    assert named in answer.json()["error"]


def logged_in(api: Served) -> dict[str, str]:
    token = api.http.post("/copernica/authenticate", data={"access_token": COPERNICA_TOKEN}).text
    return {"Authorization": f"Bearer {token}"}


def test_tokens_expire_in_the_middle(api: Served) -> None:
    """Those that were given out; a new one is good."""
    headers = logged_in(api)
    api.admin(
        "faults", do="call_before", side="copernica", nth=2, call={"path": "/admin/copernica/tokens/expire"}
    )
    asked = [api.http.get("/copernica/v4/databases", headers=headers).status_code for _ in range(3)]
    assert asked == [200, 401, 401]
    assert api.http.get("/copernica/v4/databases", headers=logged_in(api)).status_code == 200


@pytest.mark.parametrize(
    ("ends", "status", "lines", "there"),
    [("done", "finished", 4, 4), ("halfway", "failed", 2, 2), ("never", "running", 0, 0)],
)
def test_an_import_ends_as_it_is_told(api: Served, ends: str, status: str, lines: int, there: int) -> None:
    api.admin("settings", imports_end=ends, import_seconds=1)
    http, headers = api.http, logged_in(api)
    database = http.post("/copernica/v4/databases", json={"name": "People"}, headers=headers).headers[
        "X-Created"
    ]
    http.post(
        f"/copernica/v4/database/{database}/fields", json={"name": "key", "type": "text"}, headers=headers
    )
    rows = [{"key": str(number)} for number in range(4)]
    job = {"database": database, "action": "add", "keyFields": ["key"], "source": rows}
    number = http.post("/copernica/v4/imports", json=job, headers=headers).headers["X-Created"]
    api.admin("clock", advance=3600)
    found = http.get(f"/copernica/v4/import/{number}", headers=headers).json()
    assert (found["status"], found["processedLines"]) == (status, str(lines))
    assert bool(found["lasterror"]) == (ends == "halfway")
    assert (
        len(http.get(f"/copernica/v4/database/{database}/profiles", headers=headers).json()["data"]) == there
    )


@pytest.mark.parametrize("factor", [1, 60, 7.5])
def test_windows_are_shorter_by_a_factor(factor: float) -> None:
    """Each window that the clock is in ends within its length, and begins where the last one ended."""
    zone = ZoneInfo("Europe/Amsterdam")
    lengths = [timedelta(seconds=length / factor) for length in (300, 3600, 86_400)]
    now = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    for place, length in enumerate(lengths):
        end = window_ends(now, zone, factor)[place]
        assert now < end <= now + length + timedelta(hours=1 if factor == 1 else 0)
        assert window_ends(end - timedelta(microseconds=1), zone, factor)[place] == end
        assert window_ends(end, zone, factor)[place] > end


def test_a_short_window_tells_its_rest_in_real_seconds(api: Served) -> None:
    """300 requests in five seconds, with a factor of 60."""
    api.admin("settings", window_factor=60, rate_limits="3/3000/12000")
    found = [api.get("shop") for _ in range(4)]
    assert [answer.status_code for answer in found] == [200, 200, 200, 429]
    rest = [int(seconds) for seconds in found[-1].headers["x-ratelimit-reset"].split("/")]
    assert 1 <= rest[0] <= 5
    assert rest[1] <= 60
    api.context.clock.advance(rest[0])
    assert api.get("shop").status_code == 200
