"""`make mutants`: break the pure core in small ways, one at a time, and count what the tests notice.

tests/mutants.toml names the modules, the tests that must notice, and why a mutant may survive. The outcome
is written into docs/mutants.md. mutmut wants packages beside their tests, so each module is tried in a copy
below `.mutants/`; there `mutmut browse` shows what became of it.
"""

import argparse
import contextlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mutmut.mutation.diff_apply import get_diff_for_mutant

ROOT = Path(__file__).parents[1]
WORK = ROOT / ".mutants"
PAGE = ROOT / "docs" / "mutants.md"
NOTES = ROOT / "tests" / "mutants.toml"
LEAST = 0.9
"""Share of mutants that must be noticed, in each module."""
NOTICED = ("killed", "timeout", "segfault")
COPIED = {
    "target-copernica/target_copernica": "target_copernica",
    "tap-seoshop/tap_seoshop": "tap_seoshop",
    "tests": "tests",
    "conftest.py": "conftest.py",
}
CONFIG = """
[tool.mutmut]
source_paths = ["{module}"]
pytest_add_cli_args = ["--hypothesis-profile=mutants"]
pytest_add_cli_args_test_selection = [{tests}]
also_copy = ["conftest.py", "target_copernica", "tap_seoshop", "tests"]
timeout_multiplier = 5
timeout_constant = 5

[tool.pytest.ini_options]
addopts = ["--import-mode=importlib", "-p", "no:cacheprovider"]
pythonpath = [".", "tests"]
markers = ["slow: not here", "meltano: not here"]
"""
HEAD = """# Mutants

`make mutants` breaks the pure core in small ways, one at a time, and runs its tests: at least {least:.0%}
of the mutants of each module must be noticed, and each survivor has a reason (`tests/mutants.toml`). The run
writes this page.

| module | mutants | noticed | share |
|---|---|---|---|
{rows}
"""


@dataclass(frozen=True, order=True)
class Survivor:
    """A mutant that no test notices.

    Attributes:
        where: Module and function.
        line: The first line that the mutant has and the source has not.
    """

    where: str
    line: str


def main() -> int:
    """Try each module, write the page; the exit code."""
    notes = tomllib.loads(NOTES.read_text())
    names = [module["path"] for module in notes["module"]]
    parser = argparse.ArgumentParser(description="Break the pure core on purpose, count what tests notice.")
    parser.add_argument(
        "--module", choices=names, help="only this one; the page keeps what it says of others"
    )
    only = parser.parse_args().module
    reasons = {Survivor(one["where"], one["line"]): one["why"] for one in notes.get("survivor", ())}
    complete = True
    for module in notes["module"]:
        if only in (None, module["path"]):
            complete &= _try(module, reasons, names)
    return 0 if complete else 1


def _try(module: dict[str, Any], reasons: dict[Survivor, str], names: list[str]) -> bool:
    """Break one module, note the outcome on the page; whether all is as it should be."""
    path = module["path"]
    folder = WORK / path.removesuffix(".py").replace("/", ".")
    _copy(folder)
    tests = ", ".join(f'"{one}"' for one in module["tests"])
    (folder / "pyproject.toml").write_text(CONFIG.format(module=path, tests=tests))
    _mutmut(folder, "run", "--max-children", str(os.cpu_count() or 1))
    outcomes = dict(
        line.strip().rsplit(": ", 1) for line in _mutmut(folder, "results", "--all", "true").splitlines()
    )
    count = Counter(outcomes.values())
    survivors = sorted(
        _survivor(folder, path, one) for one, outcome in outcomes.items() if outcome not in NOTICED
    )
    noticed = sum(count[one] for one in NOTICED)
    share = noticed / count.total()
    row = f"| `{path}` | {count.total()} | {noticed} | {share:.0%} |"
    section = "".join(f"- {one.where}: `{one.line}`  \n  {reasons.get(one, '')}\n" for one in survivors)
    _note(path, row, section, names)
    sys.stdout.write(f"{path}: {noticed} of {count.total()} mutants noticed ({share:.0%})\n")
    unknown = [one for one in survivors if one not in reasons]
    for one in unknown:
        sys.stdout.write(f"survives without a reason in tests/mutants.toml: {one.where}: {one.line}\n")
    for one in sorted(one for one in reasons if one.where.startswith(f"{folder.name}.")):
        if one not in survivors:
            sys.stdout.write(f"does not survive any more, see tests/mutants.toml: {one.where}: {one.line}\n")
    if share < LEAST:
        sys.stdout.write(f"{path}: {LEAST:.0%} are wanted\n")
    return not unknown and share >= LEAST


def _copy(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for source, goal in COPIED.items():
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, folder / goal, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, folder / goal)


def _mutmut(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("mutmut")), *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"mutmut {words[0]} failed in {folder}:\n{done.stdout[-4000:]}")
    return done.stdout


def _survivor(folder: Path, path: str, name: str) -> Survivor:
    """What a mutant's difference to the source tells; its number means nothing to a reader."""
    function = re.sub(r"__mutmut_\d+$", "", name.removeprefix(f"{folder.name}.")).lstrip("x")
    function = function.removeprefix("_") if "ǁ" not in function else function.strip("ǁ").replace("ǁ", ".")
    with contextlib.chdir(folder):
        lines = get_diff_for_mutant(name, path=path).splitlines()
    changed = next(line[1:].strip() for line in lines if line.startswith("+") and not line.startswith("+++"))
    return Survivor(f"{folder.name}.{function}", changed)


def _note(path: str, row: str, section: str, names: list[str]) -> None:
    """Write what is new of one module; what the page says of the others stays."""
    text = PAGE.read_text() if PAGE.exists() else ""
    rows = {line.split("`")[1]: line for line in text.splitlines() if line.startswith("| `")}
    sections = {
        part.split("`")[1]: part.partition("\n\n")[2].strip() + "\n" for part in text.split("\n## ")[1:]
    }
    rows[path], sections[path] = row, section
    parts = [HEAD.format(least=LEAST, rows="\n".join(rows[name] for name in names if name in rows))]
    parts += [
        f"## Survivors in `{name}`\n\n{sections[name]}" for name in names if sections.get(name, "").strip()
    ]
    PAGE.write_text("\n".join(parts))


if __name__ == "__main__":
    sys.exit(main())
