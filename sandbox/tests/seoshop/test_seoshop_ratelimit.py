"""The three windows and the cap per second, on the sandbox's clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from httpx2 import Response
from hypothesis import given
from hypothesis import strategies as st

from sandbox.seoshop.ratelimit import window_ends

from .conftest import Served

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def left(answer: Response) -> list[int]:
    return [int(part) for part in answer.headers["X-RateLimit-Remaining"].split("/")]


def reset(answer: Response) -> list[int]:
    return [int(part) for part in answer.headers["X-RateLimit-Reset"].split("/")]


@pytest.fixture
def narrow(api: Served) -> Served:
    """The shop with windows of 3, 5 and 7 requests."""
    api.settings(rate_limits=(3, 5, 7))
    return api


def test_every_answer_tells_how_the_windows_stand(api: Served) -> None:
    api.settings(rate_limits=(300, 3000, 12000))
    first = api.get("shop")
    assert first.headers["X-RateLimit-Limit"] == "300/3000/12000"
    assert first.headers["X-RateLimit-Remaining"] == "299/2999/11999"
    assert first.headers["X-RateLimit-Reset"] == "300/3600/50400"
    assert left(api.get("orders/1")) == [298, 2998, 11998]
    assert left(api.raw("/seoshop/xx/orders.json")) == [297, 2997, 11997]


def test_a_wrong_key_uses_nothing_up(narrow: Served) -> None:
    assert left(narrow.http.get("/seoshop/nl/shop.json")) == [3, 5, 7]


def test_a_window_that_is_used_up_refuses_until_it_ends(narrow: Served) -> None:
    assert [left(narrow.get("shop"))[0] for _ in range(3)] == [2, 1, 0]
    refused = narrow.get("shop")
    assert refused.status_code == 429
    assert left(refused) == [-1, 1, 3]
    assert refused.json()["error"]["code"] == 429
    assert "retry-after" not in refused.headers
    narrow.context.clock.advance(reset(refused)[0])
    again = narrow.get("shop")
    assert (again.status_code, left(again)) == (200, [2, 0, 2])


def test_the_longer_windows_go_on_when_a_shorter_one_ends(narrow: Served) -> None:
    for _ in range(3):
        narrow.get("shop")
    narrow.context.clock.advance(300)
    for _ in range(2):
        assert narrow.get("shop").status_code == 200
    refused = narrow.get("shop")
    assert (refused.status_code, left(refused)) == (429, [0, -1, 1])


def test_a_refused_request_can_be_left_out_of_the_count(narrow: Served) -> None:
    narrow.admin("settings", switches={"seoshop.refused_count": "no"})
    for _ in range(6):
        refused = narrow.get("shop")
    assert (refused.status_code, left(refused)[0]) == (429, -1)
    narrow.context.clock.advance(300)
    assert left(narrow.get("shop")) == [2, 1, 3]


@pytest.mark.parametrize(("form", "value"), [("seconds", "300"), ("date", "Mon, 02 Nov 2026 09:05:00 GMT")])
def test_retry_after_can_be_sent(narrow: Served, form: str, value: str) -> None:
    narrow.admin("settings", switches={"seoshop.retry_after": form})
    for _ in range(4):
        refused = narrow.get("shop")
    assert refused.headers["Retry-After"] == value


def test_at_most_so_many_requests_pass_within_a_second(api: Served) -> None:
    api.settings(per_second=2)
    answers = [api.get("shop") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert min(left(answers[-1])) > 0
    api.context.clock.advance(0.99)
    assert api.get("shop").status_code == 429
    api.context.clock.advance(0.01)
    assert api.get("shop").status_code == 200


def test_the_admin_calls_use_nothing_up(narrow: Served) -> None:
    for _ in range(5):
        narrow.http.get("/admin/status")
    assert left(narrow.get("shop")) == [2, 4, 6]


def test_the_body_about_the_windows_agrees_with_the_headers(api: Served) -> None:
    answer = api.get("account/ratelimit")
    windows = list(answer.json()["accountRatelimit"].values())
    assert [window["remaining"] for window in windows] == left(answer)
    assert [window["reset"] for window in windows] == reset(answer)
    assert windows[2]["resetTime"] == "2026-11-03T00:00:00+01:00"


def test_the_day_can_end_at_midnight_utc(api: Served) -> None:
    api.admin("settings", switches={"seoshop.day_ends": "utc"})
    assert reset(api.get("shop"))[2] == 15 * 3600


@given(st.integers(1_577_836_800, 2_051_222_400))
def test_windows_are_fixed_and_aligned_to_the_clock(seconds: int) -> None:
    now = datetime.fromtimestamp(seconds, tz=UTC)
    five, hour, day = window_ends(now, AMSTERDAM)
    assert timedelta(0) < five - now <= timedelta(minutes=5)
    assert timedelta(0) < hour - now <= timedelta(hours=1)
    assert timedelta(0) < day - now <= timedelta(hours=25)
    assert (five.minute % 5, five.second, hour.minute, hour.second) == (0, 0, 0, 0)
    local = day.astimezone(AMSTERDAM)
    assert (local.hour, local.minute, local.second) == (0, 0, 0)
