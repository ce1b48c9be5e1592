"""`status`: its exit codes, the lines it prints, and the board."""

import json
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import sync_playwright

from fleet.standing import Past
from seoshop_copernica.board import page
from seoshop_copernica.bookmarks import keep
from seoshop_copernica.figures import about_state
from seoshop_copernica.fleet import read
from seoshop_copernica.history import Figures, History
from seoshop_copernica.locks import held
from seoshop_copernica.places import Places
from seoshop_copernica.status import Status, of
from seoshop_copernica.told import lines
from support.fleet import PROGRAM
from support.programs import run

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
NOW = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)


@pytest.fixture
def past(tmp_path: Path) -> Past:
    return Past(tmp_path / "home", NOW)


def standing(past: Past, name: str) -> Status:
    return of(read(past.home / "shops.yml").shop(name), past.home, NOW)


def test_status_of_a_healthy_shop_shows_its_time_and_its_calls(past: Past) -> None:
    past.shop("alpha", target={"call_budget": {"month": 9000}})
    past.run("alpha", 50_000, calls=70, followups=5)  # last month
    past.run("alpha", 9, code=4, cause="the shop is away", calls=2)
    past.run("alpha", 4, calls=30, followups=2, true_to="2026-11-20T12:01:10Z", load_done=9, load_total=9)
    found = standing(past, "alpha")
    assert (found.verdict, found.code) == ("fresh", 0)
    assert found.failure is not None
    assert found.failure.over
    said = list(lines(found))
    assert "Copernica reflects the shop as of 2026-11-20 12:01:10 UTC." in said
    assert "Calls to Copernica this month: 32 of 9000; the month before: 70." in said
    assert "Writes of this month that may have started follow-ups: 2." in said
    assert said[-1].startswith("Last failure (now over): 2026-11-20 11:56")
    assert (found.days[-1].day, found.days[-1].calls, len(found.days)) == ("2026-11-20", 32, 30)


def test_calls_of_a_killed_run_are_reported_by_the_next_one(past: Past) -> None:
    past.shop("alpha")
    past.run("alpha", 14, calls=30, month_calls=30)
    past.run("alpha", 9, code=None)
    past.run("alpha", 4, calls=2, month_calls=74)
    assert standing(past, "alpha").calls == 74
    past.run("alpha", 3, calls=1, month_calls=1)  # the ledger was lost
    past.run("alpha", 2, calls=50, month_calls=51)
    assert standing(past, "alpha").calls == 83


def test_runs_that_get_no_further_since_the_quota_is_spent_make_no_shop_fresh(past: Past) -> None:
    past.shop("alpha")
    past.run("alpha", 20, true_to="2026-11-20T11:45:00Z")
    for ago in (15, 10, 5, 1):
        past.run(
            "alpha", ago, cause="stopped early: the requests are used up", true_to="2026-11-20T11:45:00Z"
        )
    found = standing(past, "alpha")
    assert (found.verdict, found.complete) == ("stale", "2026-11-20T11:45:04Z")
    assert "stopped early: the requests are used up" in "\n".join(lines(found))
    past.run("alpha", 0)
    assert standing(past, "alpha").verdict == "fresh"


def test_a_run_that_ended_while_the_clock_was_ahead_does_not_count_as_fresh(past: Past) -> None:
    past.shop("alpha")
    past.run("alpha", -60 * 24 * 365)
    past.run("alpha", 1, code=3, cause="the key is refused")
    assert standing(past, "alpha").verdict == "stale"


@pytest.mark.parametrize(
    ("backfill", "progress", "load"),
    [
        ({"open": True, "done": 0, "total": 60}, {"done": 0, "total": 0}, (0, 60)),
        ({"open": True, "done": 9, "total": 60}, {"done": 5, "total": 60}, (5, 60)),
        ({"open": False, "done": 60, "total": 60}, {"done": 5, "total": 60}, (60, 60)),
        ({}, {}, (None, None)),
    ],
)
def test_a_first_load_that_stopped_before_its_first_row_is_shown(
    backfill: dict[str, Any], progress: dict[str, int], load: tuple[int, int]
) -> None:
    marks = {"order_products": {"backfill": backfill}, "shop": {"progress": progress}}
    about_state({"bookmarks": marks}, figures := Figures())
    assert (figures.load_done, figures.load_total) == load


def test_bookmarks_of_streams_no_longer_read_do_not_hold_back_true_to() -> None:
    def mark(at: str) -> dict[str, str]:
        return {"replication_key": "updatedAt", "read_at": at}

    rows = {"pending": [[5, 0]], "backfill": {"open": True, "done": 5, "total": 60}}
    shop = {"progress": {"done": 5, "total": 60}, "reads": ["customers", "orders"]}
    lists = {"customers": mark("2026-11-20T12:04:00Z"), "orders": mark("2026-11-20T12:04:05Z")}
    marks = {**lists, "shipments": mark("2026-01-02T00:00:00Z"), "order_products": rows, "shop": shop}
    about_state({"bookmarks": marks}, figures := Figures())
    assert (figures.true_to, figures.load_total, figures.owed) == ("2026-11-20T12:04:00Z", None, 0)
    shop["reads"] = [*marks]
    about_state({"bookmarks": marks}, figures)
    assert (figures.true_to, figures.load_total, figures.owed) == ("2026-01-02T00:00:00Z", 60, 1)


def test_status_shows_what_reconcile_found_and_counts_its_calls(past: Past) -> None:
    past.shop("alpha")
    past.run("alpha", 4, calls=30)
    for calls, to_heal in ((7, 2), (8, 0)):
        now = NOW - timedelta(minutes=9 - calls)
        History(Places(past.home, "alpha").history).reconciled(5, calls, to_heal + 1, to_heal, now)
    found = standing(past, "alpha")
    assert found.calls == 45
    assert "1 records differ, 0 of them for no good reason" in "\n".join(lines(found))
    assert "1 records differ" in page([found], NOW)


def test_open_rejects_are_counted_with_their_most_common_reasons(past: Past) -> None:
    past.shop("alpha")
    past.run("alpha", 4)
    past.rejects("alpha", *"aaabbcdd", *"eeee", closed=(9, 10, 11, 12))
    found = standing(past, "alpha")
    assert (found.verdict, found.code, found.rejects) == ("rejects", 10, 8)
    assert found.reasons == [("a", 3), ("b", 2), ("d", 2)]


@pytest.mark.parametrize(
    ("cadence", "ago", "verdict"),
    [
        ("5m", 14, "fresh"),
        ("5m", 16, "stale"),
        ("auto", 89, "fresh"),
        ("auto", 91, "stale"),
        ("1d", 4000, "fresh"),
    ],
)
def test_a_shop_is_stale_when_three_runs_did_not_complete(
    past: Past, cadence: str, ago: float, verdict: str
) -> None:
    past.shop("alpha", cadence=cadence)
    past.run("alpha", ago)
    past.run("alpha", 1, code=3, cause="the key is refused")
    assert standing(past, "alpha").verdict == verdict


def test_a_running_first_load_is_not_stale_but_a_killed_run_is(past: Past) -> None:
    past.shop("alpha")
    past.run(
        "alpha",
        400,
        true_to="2026-11-20T05:00:00Z",
        load_done=5,
        load_total=90,
        load_eta="2026-11-20T20:00:00Z",
    )
    past.run("alpha", 390, code=None)
    assert standing(past, "alpha").verdict == "stale"
    with held(Places(past.home, "alpha").lock):
        found = standing(past, "alpha")
    assert (found.verdict, found.load, found.at_work) == ("fresh", (5, 90), "2026-11-20T05:35:00Z")
    assert "all of them by 2026-11-20 20:00:00 UTC" in "\n".join(lines(found))


def test_a_running_first_load_shows_its_progress(past: Past) -> None:
    past.shop("alpha")
    past.run("alpha", 400, code=None)
    marks = {
        "customers": {"replication_key": "updatedAt", "read_at": "2026-11-20T05:26:00Z"},
        "order_products": {"backfill": {"open": True, "done": 40, "total": 90}},
        "shop": {"progress": {"done": 40, "total": 90, "eta": "2026-11-20T20:00:00Z"}},
    }
    keep(Places(past.home, "alpha").state("alpha"), {"bookmarks": marks})
    with held(Places(past.home, "alpha").lock):
        found = standing(past, "alpha")
    assert (found.verdict, found.true_to, found.load) == ("fresh", "2026-11-20T05:26:00Z", (40, 90))
    assert "2026-11-20 20:00:00 UTC at this pace" in "\n".join(lines(found))


@pytest.mark.parametrize(
    ("code", "written", "ago", "verdict"),
    [
        (143, 900, 31, "fresh"),
        (8, 900, 31, "fresh"),
        (143, 0, 31, "stale"),
        (143, 900, 60, "stale"),
        (3, 900, 31, "stale"),
    ],
)
def test_a_first_load_in_several_runs_is_not_stale_while_each_makes_progress(
    past: Past, code: int, written: int, ago: float, verdict: str
) -> None:
    past.shop("alpha")
    past.run("alpha", ago, code=code, cause="it was asked to end", took=30 * 60, written=written)
    assert standing(past, "alpha").verdict == verdict
    past.shop("alpha")
    past.run("alpha", 1440, written=9, load_done=9, load_total=9, true_to="2026-11-19T12:05:00Z")
    past.run("alpha", ago, code=code, cause="it was asked to end", took=30 * 60, written=written)
    assert standing(past, "alpha").verdict == "stale", "the first load is over"


def test_the_command_shows_one_shop_or_all_and_ends_with_the_code_of_the_worst(tmp_path: Path) -> None:
    past = Past(tmp_path / "home", datetime.now(UTC))
    for name in ("alpha", "beta", "gamma"):
        past.shop(name)
    past.run("alpha", 4)
    past.run("beta", 4, calls=7)
    past.rejects("beta", "no such field")
    one = run(PROGRAM, "--home", past.home, "status", "beta")
    assert (one.code, "1 x no such field" in one.out) == (10, True)
    table = run(PROGRAM, "--home", past.home, "status", "--all")
    assert table.code == 12
    assert [line.split()[0] for line in table.out.splitlines()] == ["shop", "alpha", "beta", "gamma"]
    for machine in ("alpha", "--all"):
        asked = run(PROGRAM, "--home", past.home, "status", machine, "--json")
        found = json.loads(asked.out)
        assert "true_to" in (found[0] if machine == "--all" else found)
    html = past.home / "board.html"
    written = run(PROGRAM, "--home", past.home, "status", "--all", "--html", html, "--json")
    assert (written.code, len(json.loads(written.out))) == (12, 3)
    assert html.stat().st_mode & 0o777 == 0o644
    assert "gamma" in html.read_text()
    assert [file.name for file in (past.home / "state").iterdir() if file.name == "gamma"] == []


def test_the_board_is_one_page_without_scripts_or_other_files(past: Past) -> None:
    past.shop("alpha", target={"call_budget": {"month": 9000}})
    past.shop("beta")
    past.month("alpha")
    past.rejects("alpha", "<script>alert(1)</script>")
    found = page([standing(past, name) for name in ("alpha", "beta")], NOW)
    assert "&lt;script&gt;" in found
    assert "<script" not in found
    assert not re.search(r"(?:src|href)=|url\(|@import|https?://(?!www\.w3\.org/)", found)
    assert found.count("<svg") == 3
    assert "prefers-color-scheme: dark" in found
    assert "No run yet." in found
    assert len(found) < 60_000
    orders = [day.orders for day in standing(past, "alpha").days]
    drawn = re.findall(
        r'<rect [^>]*height="([\d.]+)"', re.findall(r'class="series[^"]*">(.*?)</g>', found)[0]
    )
    scale = max(map(float, drawn)) / max(orders)
    assert [round(float(height) / scale) for height in drawn] == orders


def test_in_a_new_month_the_calls_of_earlier_runs_count_as_last_months(past: Past) -> None:
    past.shop("alpha")
    past.run("alpha", 9 * 1440, calls=11)
    found = of(read(past.home / "shops.yml").shop("alpha"), past.home, NOW + timedelta(days=11))
    assert (found.calls, found.calls_before) == (0, 11)


@pytest.mark.slow
def test_the_board_fits_a_phone_by_day_and_by_night(past: Past) -> None:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"no browser on this machine: looked for {', '.join(BROWSERS)}")
    past.shop("alpha")
    past.month("alpha", code=3, cause="x" * 300)
    html = page([standing(past, "alpha")], NOW)
    grounds = set()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        schemes: list[Literal["light", "dark"]] = ["light", "dark"]
        for scheme in schemes:
            phone = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme=scheme)
            phone.set_content(html)
            assert phone.evaluate("document.documentElement.scrollWidth") <= 390
            assert phone.evaluate("document.querySelectorAll('.series rect').length") == 90
            ground, ink = phone.evaluate(
                "[document.body, document.querySelector('.series rect')].map("
                "(one, i) => getComputedStyle(one)[i ? 'fill' : 'backgroundColor'])"
            )
            assert ground != ink
            grounds.add(ground)
        browser.close()
    assert len(grounds) == 2
