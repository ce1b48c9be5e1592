"""What the repository itself promises: pins, no package index by name, commands that exist, whole wheels."""

import re
import subprocess
import tomllib
import zipfile
from pathlib import Path, PureWindowsPath

import pytest

from support.programs import BIN, ROOT, run

PACKAGES = sorted(file.parent.name for file in ROOT.glob("*/pyproject.toml"))
INDEX = re.compile(
    r"(?:pypi|pythonhosted)\.(?:org|io)|--(?:extra-)?index-url|/simple/|find-links[ =]", re.IGNORECASE
)


def tracked() -> list[Path]:
    said = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout
    return [ROOT / name for name in said.split("\0") if name and (ROOT / name).is_file()]


def test_no_file_names_a_package_index() -> None:
    named = [
        str(file.relative_to(ROOT))
        for file in tracked()
        if file != Path(__file__) and INDEX.search(file.read_text(errors="ignore"))
    ]
    assert named == []


WINDOWS_REFUSES = re.compile(r'[<>:"|?*]|[ .]$|^(con|prn|aux|nul|(com|lpt)\d)(\.|$)', re.IGNORECASE)


def test_a_clone_on_windows_has_every_file_and_scripts_that_its_linux_runs() -> None:
    names = [PureWindowsPath(file.relative_to(ROOT)) for file in tracked()]
    assert [name for name in names if any(WINDOWS_REFUSES.search(part) for part in name.parts)] == []
    assert len({str(name).casefold() for name in names}) == len(names), "two names differ in case alone"
    assert "* text=auto eol=lf" in (ROOT / ".gitattributes").read_text().splitlines(), "git there makes CRLF"


LOCKS = {
    "requirements.lock": PACKAGES,
    "deploy/requirements.lock": [name for name in PACKAGES if name != "sandbox"],
}
"""What each lock is compiled from."""


def pins(lock: str) -> set[str]:
    """What a lock pins, each as `name==version`."""
    return set(re.findall(r"^[a-z0-9._-]+(?:\[[a-z,]+\])?==[^ \n]+", lock, re.MULTILINE))


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_pins_everything_and_names_no_host(name: str) -> None:
    lock = (ROOT / name).read_text()
    lines = [line for line in lock.split("\n") if line and not line.lstrip().startswith("#")]
    assert lines
    assert [
        line for line in lines if not re.match(r"[a-z0-9._-]+(?:\[[a-z,]+\])?==[^ ]+(?: ; .+)?$", line)
    ] == []
    assert "://" not in lock


def test_a_server_runs_the_versions_that_the_tests_saw() -> None:
    everything = pins((ROOT / "requirements.lock").read_text())
    assert pins((ROOT / "deploy" / "requirements.lock").read_text()) < everything


@pytest.mark.slow
@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_resolves_from_scratch_to_itself(name: str, tmp_path: Path) -> None:
    said: list[str | Path] = [ROOT / package / "pyproject.toml" for package in LOCKS[name]]
    said += ["--group", "dev", ROOT / "pyproject.toml"] if name == "requirements.lock" else []
    said += ["--universal", "--all-extras", "--python-version", "3.11", "--no-annotate", "--no-header"]
    made = tmp_path / "made.lock"
    compiled = BIN / "uv", "pip", "compile", "--quiet", "--constraint", ROOT / name, "--output-file", made
    ended = run(*compiled, *said)
    assert ended.code == 0, ended.log
    assert pins(made.read_text()) == pins((ROOT / name).read_text())


def test_only_the_kept_fork_of_backoff_is_there() -> None:
    names = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    assert "python-backoff" in names
    assert "backoff" not in names
    for package in ("tap-seoshop", "target-copernica"):
        needs = tomllib.loads((ROOT / package / "pyproject.toml").read_text())["project"]["dependencies"]
        assert "backoff" not in {re.split(r"[<>=!~ \[]", need)[0] for need in needs}


@pytest.mark.parametrize(
    "file",
    [
        "README.md",
        "docs/index.md",
        "docs/inside.md",
        "meltano.yml",
        "demo/__main__.py",
        ".ci/run",
        "CHANGELOG.md",
    ],
)
def test_every_make_command_that_is_spoken_of_exists(file: str) -> None:
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = (ROOT / file).read_text()
    # In running text only what stands in code marks; `make` is also a word.
    spoken = set(re.findall(r"(?:`|^\s*)make ([a-z][a-z0-9-]*)", text, re.MULTILINE))
    assert spoken <= targets


def test_what_stands_in_readmes_and_meltano_yml_is_what_the_programs_say() -> None:
    ended = run(BIN / "python", "-m", "scripts.settings", "--check")
    assert ended.code == 0, ended.log


@pytest.mark.parametrize("package", PACKAGES)
def test_a_wheel_has_its_types_its_data_and_its_licence(package: str, tmp_path: Path) -> None:
    built = run(BIN / "uv", "build", "--wheel", "--quiet", "--out-dir", tmp_path, ROOT / package)
    assert built.code == 0, built.log
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    module = package.replace("-", "_")
    assert f"{module}/py.typed" in names
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    assert {name.split("/")[0] for name in names if not name.split("/")[0].endswith(".dist-info")} == {module}
    if package == "target-copernica":
        assert {
            f"{module}/mapping/presets/seoshop.yaml",
            f"{module}/mapping/presets/seoshop-lite.yaml",
            f"{module}/mapping/purposes.yaml",
        } <= set(names)
