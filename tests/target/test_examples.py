"""The worked examples of the target apply to the tree as it is, and their own tests pass there."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.programs import ROOT

EXAMPLES = ROOT / "docs" / "examples"
WITHOUT = shutil.ignore_patterns("__pycache__", "*.egg-info", ".*")


@pytest.mark.parametrize("name", ["add-transform", "add-command"])
def test_an_example_is_true(tmp_path: Path, name: str) -> None:
    for part in ("target-copernica", "tests", "scripts"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=WITHOUT)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    patch = EXAMPLES / f"{name}.patch"
    applied = subprocess.run(
        ["git", "apply", "-C1", patch], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert applied.returncode == 0, applied.stderr
    (own,) = re.findall(r"^\+\+\+ b/(tests/\S+)$", patch.read_text(), re.MULTILINE)
    environment = {
        "PYTHONPATH": str(tmp_path / "target-copernica"),
        "PATH": str(Path(sys.executable).parent),
    }
    for command in (
        ["-m", "pytest", "-q", "-p", "no:cacheprovider", own],
        ["scripts/target_tables.py", "--check"],
    ):
        ran = subprocess.run(
            [sys.executable, *command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
    assert (EXAMPLES / f"{name}.md").read_text().count(f"({name}.patch)") == 1
