"""What a release stands on: one version, pinned workflows, packages that install alone, a fitting Python."""

import re
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from scripts import release_check

from support.programs import BIN, ROOT, run

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
PINNED = re.compile(r"[\w-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


def test_all_packages_have_one_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    release_check.check_versions()
    for package in [ROOT, *release_check.packages()]:
        copy = tmp_path / package.relative_to(ROOT) / "pyproject.toml"
        copy.parent.mkdir(exist_ok=True)
        copy.write_text((package / "pyproject.toml").read_text())
    monkeypatch.setattr(release_check, "ROOT", tmp_path)
    release_check.write_version("9.8.7")
    release_check.check_versions("v9.8.7")
    with pytest.raises(release_check.NotReadyError, match=r"says version 9\.8\.7, not 9\.8\.8"):
        release_check.check_versions("v9.8.8")


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda file: file.stem)
def test_a_workflow_pins_its_actions_and_asks_for_no_right_it_does_not_use(workflow: Path) -> None:
    text = workflow.read_text()
    used = re.findall(r"uses: (.+)", text)
    assert used
    assert [one for one in used if not PINNED.match(one)] == []
    said: dict[str, Any] = yaml.safe_load(text)
    assert said["permissions"] == {}
    assert all("timeout-minutes" in job and "permissions" in job for job in said["jobs"].values())
    assert "secrets." not in text


def test_only_the_job_that_publishes_may_publish() -> None:
    release: dict[str, Any] = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())
    may_sign = {name for name, job in release["jobs"].items() if "id-token" in job["permissions"]}
    assert may_sign == {"attest", "publish"}
    assert release["jobs"]["publish"]["environment"] == "publish"
    assert release["jobs"]["publish"]["needs"] == ["build", "attest"]


def test_a_python_that_is_too_old_is_named_in_one_line(tmp_path: Path) -> None:
    old = tmp_path / "python3.10"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.10.13 && exit 0\nexit 1\n')
    old.chmod(old.stat().st_mode | stat.S_IXUSR)
    ended = run("scripts/find_python.sh", env={"PYTHON": str(old)})
    assert ended.code == 1
    assert ended.err.startswith("No Python 3.11 or later with its venv module was found. ")
    assert f"{old} is Python 3.10.13, which is too old" in ended.err
    assert ended.err.count("\n") == 1
    assert run("scripts/find_python.sh", env={"PYTHON": sys.executable}).code == 0


@pytest.mark.slow
def test_each_package_installs_alone_and_works() -> None:
    this = f"{sys.version_info.major}.{sys.version_info.minor}"
    ended = run(BIN / "python", "-m", "scripts.release_check", "--python", this)
    assert ended.code == 0, ended.log
    assert f"Python {this}: each package installs alone and works." in ended.out


@pytest.mark.slow
def test_an_old_pip_is_told_which_python_a_package_needs() -> None:
    old = release_check.find_python("3.10")
    if old is None:
        pytest.skip("Python 3.10 is not installed here")
    ended = run(old, "-m", "pip", "install", "--no-deps", "--dry-run", ROOT / "tap-seoshop")
    assert ended.code != 0
    assert "requires a different Python: 3.10" in ended.log
