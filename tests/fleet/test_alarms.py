"""Alarms are sent once when a problem begins and once when it is over; each run sends pings."""

import json
import socketserver
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.standing import Past
from seoshop_copernica.alarms import ALARMS, causes, standing
from seoshop_copernica.errors import TroubleError
from seoshop_copernica.fleet import read
from seoshop_copernica.history import Figures, History
from seoshop_copernica.ping import Ping
from seoshop_copernica.places import Places
from seoshop_copernica.shops import Cause
from seoshop_copernica.status import Failure, Status
from seoshop_copernica.tell import by_apprise, tell
from seoshop_copernica.volume import too_quiet
from support.fleet import Fleet
from support.listening import Listener, listening
from support.sandbox import SECRETS, SEOSHOP_KEY, Sandbox
from tap_seoshop.api.client import _refusal
from target_copernica.api.auth import REFUSED

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)  # a Friday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


RECORD_OF_0_1 = """
CREATE TABLE run (run INTEGER PRIMARY KEY, runner TEXT, started TEXT, ended TEXT, code INTEGER, cause TEXT,
    records, written, orders, rejected, waiting, followups, requests, calls, true_to TEXT, load_done,
    load_total, load_eta TEXT, owed, quota TEXT, cpu REAL, memory INTEGER);
INSERT INTO run (runner, started, records) VALUES ('pipe', '2026-11-20T12:00:00Z', 3);
PRAGMA user_version = 1;
"""


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    with listening() as found:
        yield found


@pytest.fixture
def past(tmp_path: Path) -> Past:
    return Past(tmp_path / "home", NOW)


def every_hour_by_day(weeks: int) -> list[datetime]:
    """Orders of a shop that sleeps from ten at night to eight, up to nine on the morning of NOW."""
    begin = NOW.replace(hour=0) - weeks * 7 * DAY
    times = [begin + number * HOUR for number in range(weeks * 168 + 10)]
    return [time for time in times if 8 <= time.hour <= 22]


def test_each_alarm_can_be_silenced_by_its_name() -> None:
    assert get_args(Cause) == tuple(ALARMS)


@pytest.mark.parametrize(
    ("code", "cause", "alarm"),
    [
        (3, _refusal(401, "orders.json"), "key"),
        (3, REFUSED, "key"),
        (3, _refusal(403, "orders.json"), "right"),
        (3, "POST database/N/fields was refused: no (HTTP 400); has the token the right to it?", "right"),
        (2, "SEOshop.external_key, which holds the keys, is called NAME in Copernica now", "structure"),
        (2, "SEOshop.external_key was renamed or removed in Copernica", "structure"),
        (2, "SEOshop.Orders: the collection (id 34) was removed", "structure"),
        (2, "database SEOshop: it had the id 12, which is gone", "structure"),
        (2, "SEOshop.external_key must be a text of 64 characters", "structure"),
        (2, "database SEOshop is kept by another state_dir", "structure"),
        (2, "setting language: `xx` is not active in the shop", "settings"),
        (1, "unexpected KeyError at state.py:7; please report it", "fault"),
        (4, "the shop is away", None),
        (5, "more than 10 records were refused", "rejects"),
        (6, "the budget of 9 calls for a month is spent", "budget"),
        (7, "more writes may start follow-ups", "follow-ups"),
        (143, "ended by signal 15", None),
    ],
)
def test_a_failure_raises_the_alarm_that_says_what_to_do(code: int, cause: str, alarm: str | None) -> None:
    failing = Status(
        shop="a", verdict="fresh", failure=Failure("2026-11-20T12:00:00Z", code, cause, over=False)
    )
    assert list(standing(failing, None)) == ([alarm] if alarm else [])
    past = Status(shop="a", verdict="fresh", failure=Failure("2026-11-20T12:00:00Z", code, cause, over=True))
    assert standing(past, None) == {}


def test_an_alarm_states_its_figures() -> None:
    found = Status(shop="a", verdict="stale", rejects=3, reasons=[("no such field", 3)], calls=90, budget=100)
    told = standing(found, (30 * HOUR, 9 * HOUR))
    assert told == {
        "stale": "the last complete run: none yet",
        "rejects": "3 wait: 3 x no such field",
        "budget": "90 of 100 calls of this month",
        "volume": "no new order for 30 hours; 9 hours at most on a usual day",
    }


names = st.sampled_from(list(ALARMS))


@given(st.lists(st.tuples(st.sets(names), st.sets(names)), max_size=20))
def test_an_alarm_is_sent_once_until_its_cause_is_over(course: list[tuple[set[str], set[str]]]) -> None:
    told: set[str] = set()
    for held, unknown in course:
        new, over = causes(told, dict.fromkeys(held, ""), unknown)
        assert set(new) == held - told
        assert set(over) == told - held - unknown
        told = (told | set(new)) - set(over)
        assert causes(told, dict.fromkeys(held, ""), unknown) == ([], [])


def test_a_night_without_orders_is_usual_and_a_day_without_is_not() -> None:
    orders = every_hour_by_day(weeks=6)
    assert too_quiet(orders, NOW) is None
    assert too_quiet(orders, NOW + 5 * HOUR) is None
    assert too_quiet(orders, orders[-1] + 21 * HOUR) == (21 * HOUR, 10 * HOUR)
    assert too_quiet(every_hour_by_day(weeks=3), NOW + 2 * DAY) is None, (
        "too few weeks to call anything usual"
    )
    assert too_quiet([], NOW) is None


@given(st.lists(st.integers(0, 60 * 24), min_size=1, max_size=60, unique=True), st.integers(0, 72))
def test_a_gap_as_long_as_an_earlier_one_on_that_weekday_is_no_alarm(hours: list[int], more: int) -> None:
    orders = [NOW - 61 * DAY + hour * HOUR for hour in sorted(hours)]
    now = orders[-1] + more * HOUR
    found = too_quiet(orders, now)
    if found is not None:
        assert found[0] == more * HOUR > 2 * found[1]
        same_weekday = [now.date() - week * 7 * DAY for week in range(1, 9)]
        for earlier, later in pairwise(orders):
            if later.date() in same_weekday:
                assert later - earlier < found[0]


def test_orders_of_the_first_load_do_not_count_as_a_usual_day(tmp_path: Path) -> None:
    past = Past(tmp_path / "home", NOW)
    past.run("alpha", 90, orders=1200, load_done=0, load_total=1200)
    past.run("alpha", 80, orders=3, load_done=600, load_total=1200)
    past.run("alpha", 70, orders=2, load_done=1200, load_total=1200)
    past.run("alpha", 60, orders=0, load_done=1200, load_total=1200)
    assert History(Places(past.home, "alpha").history).orders() == [NOW - timedelta(minutes=70)]


def test_a_record_of_version_0_1_gets_what_is_new(tmp_path: Path) -> None:
    file = Places(tmp_path, "alpha").history
    file.parent.mkdir(parents=True)
    with closing(sqlite3.connect(file)) as db:
        db.executescript(RECORD_OF_0_1)
    history = History(file)
    history.end(1, 0, "done", Figures(records=4, target_run=9), NOW)
    history.alarm_begins("stale", "a line", NOW)
    assert history.alarms() == {"stale": "2026-11-20T15:00:00Z"}
    history.alarm_is_over("stale", NOW)
    assert history.alarms() == {}
    assert [(row.records, row.target_run) for row in history.last()] == [(4, 9)]
    assert [row["calls"] for row in history.ask("SELECT calls FROM months")] == [0]
    with closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(
        TroubleError, match=r"runs\.sqlite was written by a later version .*: update this one"
    ):
        history.last()


@pytest.mark.slow
def test_a_revoked_key_raises_one_alarm_and_one_message_when_it_is_over(
    fleet: Fleet, shop: Sandbox, listener: Listener
) -> None:
    """Through real ticks: alarms by Apprise, and the start and end of each run to a dead-man service."""
    port = listener.url.rpartition(":")[2]
    fleet.environ |= {"ALARMS": f"json://127.0.0.1:{port}/alarms", "CHECK": f"{listener.url}/check-7f3a/"}
    fleet.add("alpha", shop, ping_url="env:CHECK", alarms={"to": ["env:ALARMS"]})
    said = [fleet.tick("alpha")]
    fleet.environ["SHOP_KEY"] = "revoked"
    said += [fleet("tick", "alpha"), fleet("tick", "alpha")]
    assert [one.code for one in said] == [0, 3, 3]
    fleet.environ["SHOP_KEY"] = SEOSHOP_KEY
    listener.status = 500
    said.append(fleet.tick("alpha"))  # a service that is down costs a line and no run
    assert "ping_url answers HTTP 500" in said[-1].log
    assert "address 1 of `alarms: to` took no alarm; it is sent again" in said[-1].log
    listener.status = 200
    said.append(fleet.tick("alpha"))
    sent = [json.loads(one.body) for one in listener.got if one.path == "/alarms"]
    assert Counter(one["title"] for one in sent) == {"alpha: key": 1, "alpha: key is over": 2}
    assert "Next step: make a new one" in sent[0]["message"]
    rid = "?rid=00000000-0000-0000-0000-00000000000"
    runs = ((1, 0), (2, 3), (3, 3), (4, 0), (5, 0))
    assert listener.paths("/check-7f3a/") == [
        f"{what}{rid}{run}" for run, code in runs for what in ("start", code)
    ]
    assert all(not one.body for one in listener.got if one.path.startswith("/check"))
    for ended in said:
        for secret in (*SECRETS, "check-7f3a", "json://"):
            assert secret not in ended.log
    alarm = fleet.runs("alpha", "alarms")
    assert [(one["cause"], one["over"] is not None) for one in alarm] == [("key", True)]


def test_alarms_that_cannot_be_sent_do_not_fail_a_tick_but_fail_a_test_message(
    fleet: Fleet, shop: Sandbox, listener: Listener
) -> None:
    fleet.environ |= {"ALARMS": f"json://{listener.url.removeprefix('http://')}/tried"}
    fleet.add("alpha", shop, ping_url="env:NOT_SET", alarms={"to": ["env:ALARMS"]})
    fleet.add("beta", shop)
    assert "no ping: shop alpha: the variable NOT_SET is not set" in fleet.tick("alpha").log
    assert fleet("alarms", "--all", "--test").code == 0
    assert listener.paths("/tried") == [""]
    assert fleet("alarms", "alpha").code == 0
    assert listener.paths("/tried") == [""], "nothing is new"
    assert fleet("alarms", "beta").code == 2
    fleet.add("aaa", shop, alarms={"to": ["env:NOT_SET"]})
    tried = fleet("alarms", "--all", "--test")
    assert (tried.code, "NOT_SET is not set" in tried.log) == (2, True)
    assert listener.paths("/tried") == ["", ""], "the others are told all the same"
    listener.status = 500
    try:
        tried = fleet("alarms", "alpha", "--test")
    finally:
        listener.status = 200
    assert (tried.code, "took no alarm" in tried.log) == (4, True)


# Apprise is imported into the test's own process here, where warnings are errors.
@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_an_address_that_does_not_answer_does_not_repeat_the_alarm_to_the_others(
    past: Past, listener: Listener, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("LIVE", f"json://{listener.url.removeprefix('http://')}/live")
    monkeypatch.setenv("DEAD", "json://127.0.0.1:1/dead-4f1c")
    past.shop("alpha", alarms={"to": ["env:DEAD", "env:LIVE"]})
    past.run("alpha", 1, code=2, cause="the variable MY_SHOP_KEY is not set")
    past.run("alpha", 0, code=2, cause="the variable MY_SHOP_KEY is not set")
    shop = read(past.home / "shops.yml").shop("alpha")
    for _ in range(2):
        tell(shop, past.home, by_apprise, NOW)
    sent = [json.loads(one.body) for one in listener.got if one.path == "/live"]
    assert [one["title"] for one in sent] == ["alpha: stale", "alpha: settings"]
    assert "`seoshop-copernica status alpha`" in sent[0]["message"]
    assert "MY_SHOP_KEY" in sent[1]["message"], "a name that holds SHOP is told as it is"
    assert [one.getMessage() for one in caplog.records if one.name == "seoshop_copernica"] == [
        "[warning ] alpha: address 1 of `alarms: to` took no alarm"
    ] * 2
    assert "dead-4f1c" not in caplog.text


def test_a_ping_without_a_valid_http_answer_is_logged_and_fails_no_run(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), _Garbage) as server:
        answering = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        answering.start()
        try:
            ping = Ping(f"http://127.0.0.1:{server.server_address[1]}/check", "alpha")
            ping.begun(1)
            ping.ended(0)
        finally:
            server.shutdown()
            answering.join()
    assert [one.getMessage() for one in caplog.records] == [
        "[warning ] alpha: ping_url does not answer; the run goes on"
    ] * 2


class _Garbage(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.recv(10_000)
        self.request.sendall(b"nonsense\r\n\r\n")
