"""The very line of the docs that makes cron run this: run as cron would, with a real shop's settings."""

import configparser
import fcntl
import re
from pathlib import Path

import pytest

from support.checkout import KEYS, Checkout
from support.programs import ROOT
from support.sandbox import Sandbox

AWAY = 4
FOLDER = "/srv/seoshop-copernica"


def line_of(text: str) -> tuple[str, str]:
    """The schedule and the command of the crontab line in `text`."""
    (found,) = re.findall(r"^(\*/5 \* \* \* \*) (.+)$", text, re.MULTILINE)
    return found[0], found[1]


def documented_line() -> tuple[str, str]:
    text = (ROOT / "docs/index.md").read_text()
    return line_of(text[text.index("<!-- crontab:begin -->") : text.index("<!-- crontab:end -->")])


def command(checkout: Checkout) -> str:
    """The crontab's command, with this folder in the place of the example's."""
    said = documented_line()[1]
    assert FOLDER in said
    return said.replace(FOLDER, str(checkout.folder))


def log_of(checkout: Checkout) -> str:
    return (checkout.folder / "state" / "prod.log").read_text()


@pytest.fixture
def checkout(tmp_path: Path, sandbox: Sandbox) -> Checkout:
    made = Checkout.at(tmp_path / "checkout")
    made.fill_env(sandbox)
    return made


@pytest.mark.meltano
def test_the_line_runs_the_pipeline_of_a_real_shop(checkout: Checkout, sandbox: Sandbox) -> None:
    (checkout.folder / "state").mkdir()
    (checkout.folder / "state" / "prod.log").write_text("an old line\n" * 100_000)
    first = checkout.shell(command(checkout))
    assert (first.code, first.log) == (0, ""), log_of(checkout)
    shop = sandbox.status()["shop"]
    assert sandbox.databases()["SEOshop"]["profiles"] >= shop["customers"]
    assert (checkout.folder / "state" / "prod" / "bookmarks").is_dir()
    assert (checkout.folder / "state" / "prod" / "target-copernica").is_dir()
    # The log was full: it is kept beside the new one.
    assert "an old line" not in log_of(checkout)
    assert (checkout.folder / "state" / "prod.log.1").stat().st_size > 1_000_000
    told = len(log_of(checkout).splitlines())

    content = sandbox.content()
    assert checkout.shell(command(checkout)).code == 0, log_of(checkout)
    assert sandbox.content() == content
    assert len(log_of(checkout).splitlines()) - told <= 4, "a quiet run is a few lines"
    for secret in KEYS.values():
        assert secret not in log_of(checkout)


@pytest.mark.meltano
def test_a_tick_that_finds_the_last_one_busy_leaves_at_once_and_is_no_failure(
    checkout: Checkout, sandbox: Sandbox
) -> None:
    lock = checkout.folder / ".meltano" / "runs" / "prod--tap-seoshop--target-copernica" / "lock"
    lock.parent.mkdir(parents=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        ended = checkout.shell(command(checkout))
    assert (ended.code, ended.log) == (0, "")
    (line,) = log_of(checkout).splitlines()
    assert "still at work" in line
    assert sandbox.last() == 0


@pytest.mark.meltano
def test_a_run_that_fails_says_so_by_its_exit_code_and_its_last_line(
    checkout: Checkout, sandbox: Sandbox
) -> None:
    sandbox.stop()
    ended = checkout.shell(command(checkout))
    assert ended.code == AWAY
    last = log_of(checkout).splitlines()[-1]
    assert "[error   ] run: exit code 4: " in last
    assert re.search("the shop's API|Copernica cannot be reached", last)
    assert ended.err.strip() == last, "cron mails it"


def test_the_example_file_and_the_docs_say_the_same() -> None:
    assert line_of((ROOT / "deploy" / "crontab.example").read_text()) == documented_line()


def test_cron_takes_the_line() -> None:
    command = documented_line()[1]
    assert "%" not in command, "cron would end the command there"
    assert len(command) < 998


def test_the_service_runs_what_cron_runs() -> None:
    unit = configparser.ConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # keys of units have capitals
    unit.read(ROOT / "deploy" / "seoshop-copernica.service")
    assert unit["Service"]["WorkingDirectory"] == FOLDER
    assert unit["Service"]["ExecStart"].removeprefix(f"{FOLDER}/") == re.sub(
        r"^cd \S+ && | --log \S+", "", documented_line()[1]
    )
    assert unit["Service"]["Type"] == "oneshot"
    assert unit["Service"]["KillMode"] == "mixed"
    timer = (ROOT / "deploy" / "seoshop-copernica.timer").read_text()
    assert "OnCalendar=*:0/5" in timer
