"""What `timers` writes: for systemd, which is asked whether it takes it, and for cron."""

import itertools
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from seoshop_copernica.fleet import read
from seoshop_copernica.timers import crontab, interval, offset, units
from support.fleet import PROGRAM
from support.programs import ROOT, run

ANALYZE = shutil.which("systemd-analyze")
CADENCES = {
    "a": "5m",
    "b": "auto",
    "c": "1m",
    "d": "7m",
    "e": "30m",
    "f": "2h",
    "g": "1d",
    "h": "5h",
    "i": "3d",
}
NAMES = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,10}[a-z0-9]", fullmatch=True)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    shops: dict[str, Any] = {name: {"cadence": cadence} for name, cadence in CADENCES.items()}
    (tmp_path / "shops.yml").write_text(yaml.safe_dump({"shops": shops}))
    return tmp_path


def analyzed(*arguments: str | Path) -> str:
    assert ANALYZE is not None
    done = subprocess.run(
        [ANALYZE, *arguments], capture_output=True, text=True, check=False, timeout=60, env={"TZ": "UTC"}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not on this machine")
def test_systemd_takes_the_units_and_strikes_each_shop_at_its_cadence(home: Path) -> None:
    out = home / "units"
    ended = run(PROGRAM, "--home", home, "timers", "systemd", "--out", out)
    assert ended.code == 0, ended.log
    assert "systemctl enable --now seoshop-copernica@a.timer" in ended.out
    found = analyzed("verify", "--man=no", "--recursive-errors=no", *out.glob("seoshop-copernica@.*"))
    assert "seoshop-copernica" not in found, found
    for name, cadence in CADENCES.items():
        (when,) = re.findall(
            r"OnCalendar=(.+)", (out / f"seoshop-copernica@{name}.timer.d/when.conf").read_text()
        )
        said = analyzed("calendar", "--iterations=3", "--base-time=2026-11-02 00:00:00 UTC", when)
        strikes = re.findall(r": \w+ 2026-11-\d+ (\d+):(\d+):(\d+) UTC", said)
        seconds = [(int(h) * 60 + int(m)) * 60 + int(s) for h, m, s in strikes]
        assert len(seconds) == 3, said
        assert (seconds[1] - seconds[0]) % 86400 == (interval(cadence) * 60) % 86400


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not on this machine")
def test_systemd_takes_a_folder_with_a_space_and_a_percent_sign(home: Path) -> None:
    folder = home / "my shops 100%"
    folder.mkdir()
    program = folder / "seoshop-copernica"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for name, text in units(read(home / "shops.yml"), folder, program, "root").items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    found = analyzed("verify", "--man=no", "--recursive-errors=no", *folder.glob("seoshop-copernica@.*"))
    assert "seoshop-copernica" not in found, found


def test_cron_takes_a_folder_with_a_space_and_a_percent_sign(home: Path) -> None:
    folder = Path("/srv/my shops 100%")
    line = next(iter(crontab(read(home / "shops.yml"), folder, folder / "p")))
    assert "%" not in line.replace(r"\%", "")  # cron takes it for the end of a line
    words = shlex.split(line.partition("; ")[2].replace(r"\%", "%"))
    assert words == [f"{folder}/p", "--home", str(folder), "tick", "a", "--if-due", "--own-log"]


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not on this machine")
def test_systemd_finds_both_services_little_exposed(home: Path) -> None:
    found = units(read(home / "shops.yml"), Path("/srv/x"), Path("/srv/x/p"), "seoshop")
    service = home / "seoshop-copernica@a.service"
    service.write_text(found["seoshop-copernica@.service"])
    for one in (service, ROOT / "deploy" / "seoshop-copernica.service"):
        analyzed("security", "--offline=true", "--no-pager", "--threshold=20", one)  # of 100


def test_a_shop_that_is_gone_is_told_of(home: Path) -> None:
    out = home / "units"
    (out / "seoshop-copernica@old.timer.d").mkdir(parents=True)
    said = run(PROGRAM, "--home", home, "timers", "systemd", "--out", out).out
    assert "systemctl disable --now seoshop-copernica@old.timer" in said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")
def test_what_root_makes_for_the_ticks_belongs_to_who_runs_them(home: Path) -> None:
    for user in ("no-such-user", "nobody"):
        shutil.rmtree(home / "state", ignore_errors=True)
        assert run(
            PROGRAM, "--home", home, "timers", "systemd", "--user", user, "--out", home / "units"
        ).code == 0  # fmt: skip
    made = [home / "state", *(home / "state").iterdir()]
    assert {one.owner() for one in made} == {"nobody"}
    assert {one.stat().st_mode & 0o077 for one in made} == {0}


def test_the_service_may_write_nothing_but_what_is_remembered(home: Path) -> None:
    service = units(read(home / "shops.yml"), Path("/srv/x"), Path("/srv/x/p"), "seoshop")[
        "seoshop-copernica@.service"
    ]
    for line in (
        "User=seoshop",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "ReadWritePaths=/srv/x/state -/srv/x/.meltano",
        "TimeoutStartSec=21900",
        "ExecStart=/srv/x/p --home /srv/x tick %i --if-due",
    ):
        assert f"{line}\n" in service


def test_cron_gets_a_line_for_each_shop_that_it_takes(home: Path) -> None:
    lines = list(crontab(read(home / "shops.yml"), Path("/srv/x"), Path("/srv/x/p")))
    assert len(lines) == len(CADENCES)
    for line, (name, cadence) in zip(lines, CADENCES.items(), strict=True):
        minute, hour, *rest, wait = re.fullmatch(  # type: ignore[union-attr]  # it fails if it does not match
            r"(\S+) (\S+) (\*) (\*) (\*) sleep (\d+); /srv/x/p --home /srv/x tick \S+ --if-due --own-log",
            line,
        ).groups()
        strikes = [h * 60 + m for h in span(hour, 24) for m in span(minute, 60)]
        assert rest == ["*"] * 3
        assert f" tick {name} " in line
        assert {later - one for one, later in itertools.pairwise(strikes)} <= {interval(cadence)}
        assert strikes[0] * 60 + int(wait) == offset(name, interval(cadence))
        assert "%" not in line


def span(field: str, end: int) -> list[int]:
    """The values of a field of a crontab."""
    if field == "*":
        return list(range(end))
    first, last, step = map(int, re.fullmatch(r"(\d+)(?:-(\d+)/(\d+))?", field).groups(default=str(end - 1)))  # type: ignore[union-attr]
    return list(range(first, last + 1, step))


@given(NAMES, st.sampled_from(list(CADENCES.values())))
def test_a_turn_lies_in_the_interval_and_an_interval_is_never_longer_than_the_cadence(
    name: str, cadence: str
) -> None:
    minutes = interval(cadence)
    assert 0 <= offset(name, minutes) < minutes * 60
    if cadence != "auto":
        assert minutes <= int(cadence[:-1]) * {"m": 1, "h": 60, "d": 1440}[cadence[-1]]


def test_turns_are_spread_over_the_interval() -> None:
    turns = sorted(offset(f"shop-{number}", 5) for number in range(200))
    assert max(turns[one + 10] - turns[one] for one in range(190)) < 60
    assert min(turns[one + 30] - turns[one] for one in range(170)) > 10
