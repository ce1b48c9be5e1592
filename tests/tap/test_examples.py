"""The worked examples of `docs/examples` apply to the tree as it is, and their own tests pass there."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.programs import ROOT

EXAMPLES = ROOT / "docs" / "examples"
WITHOUT = shutil.ignore_patterns("__pycache__", "*.egg-info", ".*")


@pytest.mark.parametrize("name", ["add-stream", "add-derived-stream"])
def test_an_example_applies_and_its_test_passes(name: str, tmp_path: Path) -> None:
    for part in ("tap-seoshop", "tests"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=WITHOUT)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    patch = EXAMPLES / f"{name}.patch"
    applied = subprocess.run(
        ["git", "apply", "-C1", patch], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert applied.returncode == 0, applied.stderr
    (own,) = re.findall(r"^\+\+\+ b/(tests/\S+)$", patch.read_text(), re.MULTILINE)
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", own],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "tap-seoshop"), "PATH": str(Path(sys.executable).parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    assert (EXAMPLES / f"{name}.md").read_text().count(f"({name}.patch)") == 1
