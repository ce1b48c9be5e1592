"""A first load at a terminal: a bar with an estimate, beside the lines of the log."""

import re
import signal
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pexpect
import pytest
from rich.console import Console

from seoshop_copernica.progress import load_of, shown
from support.programs import BIN, clean_environment
from support.sandbox import running_sandbox

# The person at the terminal is a process that forks while a thread reads the sandbox's output; it then only
# runs a program, so that what Python 3.12 and later warn of cannot happen.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


def state(done: Any, total: Any, eta: Any = None) -> dict[str, Any]:
    return {"bookmarks": {"shop": {"progress": {"done": done, "total": total, "eta": eta}}}}


NOTHING: list[dict[str, Any]] = [{}, {"bookmarks": None}, {"bookmarks": {"shop": None}}]


@pytest.mark.parametrize("told", [*NOTHING, state(None, None), state(0, 0), state(9, 9)])
def test_no_load_is_under_way(told: dict[str, Any]) -> None:
    assert load_of(told) is None


def test_when_it_is_ready_is_said_in_local_time() -> None:
    now = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
    for eta, words in (
        ("2026-11-02T14:30:00+01:00", "ready about 13:30"),
        ("2026-11-05T01:00:00Z", "ready about 05 November"),
        ("soon", ""),
        (None, ""),
    ):
        load = load_of(state(420, 1200, eta))
        assert load is not None
        assert load.words(now) == words


def test_the_bar_shows_how_far_it_is_and_goes_when_it_is_done() -> None:
    out = StringIO()
    console = Console(file=out, force_terminal=True, width=100, no_color=True)
    with shown(console) as watch:
        watch(state(420, 1200))
        console.print("a line of the log")
        watch(state(1200, 1200))
        console.print("the last line")
    text = out.getvalue()
    assert "420/1200" in text
    assert text.index("420/1200") < text.index("the last line")
    assert "1200/1200" not in text


@pytest.mark.parametrize("no_color", [False, True])
def test_no_color_takes_the_colour_out(no_color: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    out = StringIO()
    with shown(Console(file=out, force_terminal=True)) as watch:
        watch(state(420, 1200))
    assert bool(re.search("\x1b\\[[0-9;]*[349][0-7]", out.getvalue())) is not no_color


def test_ctrl_c_gives_the_cursor_back_and_the_handler() -> None:
    out = StringIO()
    before = signal.getsignal(signal.SIGINT)

    def watched() -> None:
        with shown(Console(file=out, force_terminal=True)) as watch:
            watch(state(1, 2))
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        watched()
    assert out.getvalue().rindex("\x1b[?25h") > out.getvalue().rindex("\x1b[?25l")
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.slow
def test_a_person_sees_the_bar_of_a_load_that_takes_several_runs(tmp_path: Path) -> None:
    with running_sandbox(customers=10, orders=150, order_rows=300, rate_limits="120/1000/10000") as sandbox:
        more = {"TAP_SEOSHOP_MAX_WAIT": "0", "COLUMNS": "120", "TERM": "xterm"}
        environment = clean_environment() | sandbox.environment(tmp_path / "state") | more
        terminal = pexpect.spawn(
            str(BIN / "seoshop-copernica"),
            ["--home", str(tmp_path), "tick"],
            env=environment,
            encoding="utf-8",
            timeout=120,
            dimensions=(40, 120),
        )
        terminal.logfile_read = seen = StringIO()
        terminal.expect(pexpect.EOF)
        terminal.close()
    assert terminal.exitstatus == 0, seen.getvalue()
    assert "Rows of old orders" in seen.getvalue()
    assert "/150" in seen.getvalue()
    assert "records read" in seen.getvalue()
