"""What a shop owner keeps in `.env` reaches neither tests nor benchmarks; no real API is asked.

Of the demo `test_demo.py` shows the same.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.poison import Poison, poison
from support.programs import ROOT, run


@dataclass
class Poisoned:
    """A copy of this checkout with a `.env` that leads elsewhere."""

    folder: Path
    poison: Poison

    def assert_harmless(self, *arguments: str) -> None:
        """A run of its Python ends well, and asks nothing of what `.env` names."""
        more = (self.folder / one for one in ("tap-seoshop", "target-copernica"))
        env = self.poison.environment
        env["PYTHONPATH"] = os.pathsep.join([env["PYTHONPATH"], *map(str, more)])
        ended = run(self.folder / ".venv/bin/python", *arguments, cwd=self.folder, env=env, timeout=500)
        assert ended.code == 0, ended.log[-3000:]
        self.poison.assert_harmless()


def own_programs(folder: Path, installed: Path) -> None:
    """The installed programs, but started from `folder`: from there on upwards a `.env` is looked for."""
    (folder / "bin").mkdir(parents=True)
    shutil.copy(installed / "pyvenv.cfg", folder)
    (folder / "lib").symlink_to(installed / "lib")
    for name in ("python", "python3"):
        shutil.copy(installed / "bin" / name, folder / "bin", follow_symlinks=False)
    for name in ("meltano", "sandbox", "tap-seoshop", "target-copernica"):
        text = (installed / "bin" / name).read_text()
        (folder / "bin" / name).write_text(text.replace(str(installed), str(folder)))
        (folder / "bin" / name).chmod(0o755)


@pytest.fixture
def poisoned(tmp_path: Path) -> Iterator[Poisoned]:
    folder = tmp_path / "checkout"
    said = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    for name in filter(None, said.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    own_programs(folder / ".venv", ROOT / ".venv")
    (folder / ".meltano").mkdir()
    for name in ("extractors", "loaders", ".installed"):
        (folder / ".meltano" / name).symlink_to(ROOT / ".meltano" / name)
    with poison(tmp_path / "guard") as set_up:
        set_up.write(folder / ".env")
        yield Poisoned(folder, set_up)


@pytest.mark.meltano
def test_tests_do_not_read_it(poisoned: Poisoned) -> None:
    chosen = [
        "tests/pipeline/test_meltano_run.py::test_the_small_edition_has_few_fields_and_a_place_of_its_own",
        "tests/tap/test_sdk.py",
    ]
    poisoned.assert_harmless("-m", "pytest", "-q", "-x", *chosen)


@pytest.mark.slow
@pytest.mark.meltano
@pytest.mark.timeout(600)
def test_benchmarks_do_not_read_it(poisoned: Poisoned) -> None:
    poisoned.assert_harmless("benchmarks/pipeline.py")
