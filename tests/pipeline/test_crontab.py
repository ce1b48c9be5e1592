"""The very line of the README that makes cron run this: run as cron would, with a real shop's settings."""

import configparser
import os
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.programs import ROOT
from support.sandbox import COPERNICA_TOKEN, SEOSHOP_KEY, SEOSHOP_SECRET, Sandbox

FOLDER = "/srv/seoshop-copernica"
BARE = {"PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"}
"""Cron gives no more than this."""


def line_of(text: str) -> tuple[str, str]:
    """The schedule and the command of the crontab line in `text`."""
    (found,) = re.findall(r"^(\*/5 \* \* \* \*) (.+)$", text, re.MULTILINE)
    return found[0], found[1]


def readme_line() -> tuple[str, str]:
    text = (ROOT / "README.md").read_text()
    return line_of(text[text.index("<!-- crontab:begin -->") : text.index("<!-- crontab:end -->")])


@dataclass
class Checkout:
    """A folder as a user has it: this project installed, and a .env with the keys of a shop."""

    folder: Path

    def command(self) -> str:
        """The crontab's command, with this folder in the place of the example's."""
        said = readme_line()[1]
        assert FOLDER in said
        return said.replace(FOLDER, str(self.folder))

    def tick(self) -> int:
        """What cron does every five minutes; the exit code."""
        home = {"HOME": str(self.folder / "home"), "XDG_STATE_HOME": str(self.folder / "xdg")}
        return subprocess.run(["/bin/sh", "-c", self.command()], env=BARE | home, check=False).returncode

    @property
    def log(self) -> str:
        return (self.folder / "state" / "prod.log").read_text()


@pytest.fixture
def checkout(tmp_path: Path, sandbox: Sandbox) -> Checkout:
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / ".venv").symlink_to(ROOT / ".venv")
    shutil.copy(ROOT / "meltano.yml", folder)
    (folder / ".meltano").mkdir()
    for kind in ("extractors", "loaders"):
        (folder / ".meltano" / kind).symlink_to(ROOT / ".meltano" / kind)
    # As .env.example asks, and where the two sides stand.
    filled = {
        "TAP_SEOSHOP_API_KEY": SEOSHOP_KEY,
        "TAP_SEOSHOP_API_SECRET": SEOSHOP_SECRET,
        "TARGET_COPERNICA_API_TOKEN": COPERNICA_TOKEN,
    }
    example = (ROOT / ".env.example").read_text()
    for name, value in filled.items():
        assert f"{name}=\n" in example
        example = example.replace(f"{name}=\n", f"{name}={value}\n")
    example += f"TAP_SEOSHOP_API_URL={sandbox.url}/seoshop\n"
    example += f"TARGET_COPERNICA_API_URL={sandbox.url}/copernica/v4\n"
    example += f"TARGET_COPERNICA_AUTH_URL={sandbox.url}/copernica/authenticate\n"
    (folder / ".env").write_text(example)
    return Checkout(folder)


@pytest.mark.meltano
def test_the_line_runs_the_pipeline_of_a_real_shop(checkout: Checkout, sandbox: Sandbox) -> None:
    assert checkout.tick() == 0, checkout.log
    shop = sandbox.status()["shop"]
    assert sandbox.databases()["SEOshop"]["profiles"] >= shop["customers"]
    assert "Environment 'prod' is active" in checkout.log
    assert (checkout.folder / "state" / "prod" / "bookmarks").is_dir()
    assert (checkout.folder / "state" / "prod" / "target-copernica").is_dir()
    for secret in (SEOSHOP_KEY, SEOSHOP_SECRET, COPERNICA_TOKEN):
        assert secret not in checkout.log

    content = sandbox.content()
    assert checkout.tick() == 0, checkout.log
    assert sandbox.content() == content


@pytest.mark.meltano
def test_a_tick_that_finds_the_last_one_busy_leaves_at_once_and_is_no_failure(
    checkout: Checkout, sandbox: Sandbox
) -> None:
    (checkout.folder / "state").mkdir()
    with subprocess.Popen(
        ["flock", str(checkout.folder / "state" / "prod.lock"), "cat"], stdin=subprocess.PIPE
    ) as busy:
        _until_locked(checkout.folder / "state" / "prod.lock")
        assert checkout.tick() == 0
        assert busy.poll() is None
        assert busy.stdin is not None
        busy.stdin.close()
    assert checkout.log == ""
    assert sandbox.last() == 0


@pytest.mark.meltano
def test_a_run_that_fails_says_so_by_its_exit_code(checkout: Checkout, sandbox: Sandbox) -> None:
    sandbox.stop()
    assert checkout.tick() == 1
    assert "tap-seoshop: the shop's API" in checkout.log


def test_the_example_file_and_the_readme_say_the_same() -> None:
    assert line_of((ROOT / "deploy" / "crontab.example").read_text()) == readme_line()


def test_cron_takes_the_line() -> None:
    command = readme_line()[1]
    assert "%" not in command, "cron would end the command there"
    assert len(command) < 998


def test_the_service_runs_what_cron_runs() -> None:
    unit = configparser.ConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # keys of units have capitals
    unit.read(ROOT / "deploy" / "seoshop-copernica.service")
    command = unit["Service"]["ExecStart"].removeprefix("/usr/bin/")
    assert command in readme_line()[1]
    assert unit["Service"]["WorkingDirectory"] == FOLDER
    assert unit["Service"]["Type"] == "oneshot"
    timer = (ROOT / "deploy" / "seoshop-copernica.timer").read_text()
    assert "OnCalendar=*:0/5" in timer


def _until_locked(file: Path) -> None:
    """Wait until somebody holds the lock on `file`."""
    for _ in range(500):
        if file.exists() and subprocess.run(["flock", "-n", file, "true"], check=False).returncode:
            return
        time.sleep(0.01)
    pytest.fail(f"nobody took {os.fspath(file)}")
