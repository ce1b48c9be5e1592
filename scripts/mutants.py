"""`make mutants`: break the pure core in small ways, one at a time, and count what the tests notice.

mutmut wants packages beside their tests, so both are copied into `.mutants/` first. The table and the
survivors, each with the reason why it may live, are written into docs/mutants.md; the reasons are kept in
tests/mutants.toml.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from pathlib import Path

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
source_paths = [{modules}]
pytest_add_cli_args_test_selection = [{tests}]
also_copy = ["conftest.py", "target_copernica", "tap_seoshop", "tests"]

[tool.pytest.ini_options]
addopts = ["--import-mode=importlib", "-p", "no:cacheprovider"]
pythonpath = [".", "tests"]
markers = ["slow: not here", "meltano: not here"]
"""


def main() -> int:
    """Copy, mutate, test, write the page; the exit code."""
    notes = tomllib.loads(NOTES.read_text())
    _copy()
    quoted = {name: ", ".join(f'"{one}"' for one in notes[name]) for name in ("modules", "tests")}
    (WORK / "pyproject.toml").write_text(CONFIG.format(**quoted))
    _mutmut("run", "--max-children", str(os.cpu_count() or 1))
    counts, survivors = _read(_mutmut("results", "--all", "true"))
    unknown = sorted(survivors - notes["survivors"].keys())
    weak = [name for name, count in counts.items() if _share(count) < LEAST]
    PAGE.write_text(_page(counts, survivors, notes["survivors"]))
    for name in unknown:
        sys.stdout.write(f"survives without a reason in {NOTES.relative_to(ROOT)}: {name}\n")
    for name in weak:
        sys.stdout.write(f"{name}: only {_share(counts[name]):.0%} noticed, {LEAST:.0%} are wanted\n")
    return 1 if unknown or weak else 0


def _copy() -> None:
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir()
    for source, goal in COPIED.items():
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, WORK / goal, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, WORK / goal)


def _mutmut(*words: str) -> str:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("mutmut")), *words],
        cwd=WORK,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


def _read(results: str) -> tuple[dict[str, Counter[str]], set[str]]:
    """Outcomes by module, and the names of the survivors."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    survivors = set()
    for line in results.splitlines():
        name, _, outcome = line.strip().rpartition(": ")
        if ".x" not in name:
            continue
        counts[name.partition(".x")[0]][outcome] += 1
        if outcome not in NOTICED:
            survivors.add(name)
    return dict(counts), survivors


def _share(count: Counter[str]) -> float:
    return sum(count[outcome] for outcome in NOTICED) / count.total()


def _page(counts: dict[str, Counter[str]], survivors: set[str], reasons: dict[str, str]) -> str:
    rows = "\n".join(
        f"| `{name}` | {count.total()} | {sum(count[one] for one in NOTICED)} | {_share(count):.0%} |"
        for name, count in sorted(counts.items())
    )
    listed = "\n".join(f"| `{name}` | {reasons.get(name, '')} |" for name in sorted(survivors))
    return (
        "# Mutants\n\n`make mutants` breaks the pure core in small ways, one at a time, and runs its tests. "
        "Written by it.\n\n"
        f"| module | mutants | noticed | share |\n|---|---|---|---|\n{rows}\n\n"
        f"## Survivors\n\n| mutant | why it may live |\n|---|---|\n{listed}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
