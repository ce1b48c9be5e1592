"""All that must hold before a release, on this machine: `python -m scripts.release_check`.

One version everywhere, wheels and source archives that build and describe themselves well, and each wheel
alone in an empty environment on every Python that is here: it has to say its version and to do a little work.
The workflows are looked at where the programs for that can be had.

`--tag v1.2.3` asks for that version; `--python 3.12` for that Python alone; `--write-version 1.2.3` writes a
version into all packages.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.request import urlopen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT: Final = Path(__file__).resolve().parents[1]
BIN: Final = Path(sys.executable).parent
PYTHONS: Final = ("3.11", "3.12", "3.13", "3.14")
TWINE: Final = "twine==7.0.0"
ZIZMOR: Final = "zizmor==1.32.0"
CYCLONEDX: Final = "cyclonedx-bom==7.5.0"
VERSION_LINE: Final = re.compile(r'^version = "(.*)"$', re.MULTILINE)


class NotReadyError(Exception):
    """What stands in the way of a release, in one line."""


def packages() -> list[Path]:
    """The folders of all packages: each has a pyproject.toml of its own."""
    return sorted(file.parent for file in ROOT.glob("*/pyproject.toml"))


def version() -> str:
    """The version of everything: the one in the pyproject.toml of the whole."""
    return _said_version(ROOT / "pyproject.toml")


def write_version(new: str) -> None:
    """Give the whole and every package the version `new`."""
    for folder in [ROOT, *packages()]:
        file = folder / "pyproject.toml"
        file.write_text(VERSION_LINE.sub(f'version = "{new}"', file.read_text(), count=1))


def check_versions(tag: str | None = None) -> None:
    """Look whether all packages have one version, and the one that `tag` names.

    Raises:
        NotReadyError: A version differs.
    """
    wanted = tag.removeprefix("v") if tag else version()
    for folder in [ROOT, *packages()]:
        if (said := _said_version(folder / "pyproject.toml")) != wanted:
            raise NotReadyError(f"{folder.name}/pyproject.toml says version {said}, not {wanted}")


def build(place: Path) -> None:
    """Build the source archive of each package, and from that its wheel, into `place`."""
    for folder in packages():
        _run(BIN / "uv", "build", "--quiet", "--out-dir", place, folder)
    archives = sorted(file for file in place.iterdir() if file.name.endswith((".whl", ".tar.gz")))
    _run(BIN / "uv", "tool", "run", "--from", TWINE, "twine", "check", "--strict", *archives)


def find_python(wanted: str) -> Path | None:
    """A Python of that version which runs, or None."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    named = [*pyenv.glob(f"versions/{wanted}*/bin/python"), Path(f"/usr/bin/python{wanted}")]
    if on_path := shutil.which(f"python{wanted}"):
        named.insert(0, Path(on_path))
    for candidate in named:
        script = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
        if not candidate.exists():
            continue
        # A shim may be found and yet not run.
        done = subprocess.run([candidate, "-c", script], capture_output=True, text=True, check=False)
        if done.stdout.strip() == wanted:
            return candidate
    return None


def install_alone(package: Path, archives: Path, python: Path, place: Path) -> None:
    """Install the wheel of `package` into an empty environment, and let its programs do a little work.

    Args:
        package: Its folder.
        archives: Where the wheels are. A package that needs another one of ours finds it there.
        python: Whose environment it is to be.
        place: The environment's folder, made here.
    """
    _run(BIN / "uv", "venv", "--quiet", "--python", python, place)
    project = _project(package)
    wheel = next(archives.glob(f"{project['name'].replace('-', '_')}-{version()}-*.whl"))
    locked = ("--constraints", ROOT / "requirements.lock")
    ours = ("--find-links", archives)
    _run(BIN / "uv", "pip", "install", "--quiet", "--python", place / "bin/python", *locked, *ours, wheel)
    for program in project["scripts"]:
        smoke_test(place / "bin" / program, place)


def smoke_test(program: Path, scratch: Path) -> None:
    """Ask a program for its version and what it is, and for a small piece of work that needs no account.

    Raises:
        NotReadyError: It does not say its version, or does not do the work.
    """
    said = _run(program, "--version")
    if version() not in said:
        raise NotReadyError(f"{program.name} --version says {said.strip()!r}, not {version()}")
    _run(program, "--help")
    if work := WORK.get(program.name):
        work(program, scratch)


def _discover(tap: Path, scratch: Path) -> None:
    _run(tap, "--about", "--format=json")
    config = scratch / "tap.json"
    config.write_text(json.dumps({"api_key": "0" * 32, "api_secret": "0" * 32}))
    streams = json.loads(_run(tap, "--config", config, "--discover"))["streams"]
    if "orders" not in {stream["tap_stream_id"] for stream in streams}:
        raise NotReadyError(f"{tap} finds no stream orders")


def _status(target: Path, scratch: Path) -> None:
    _run(target, "--about", "--format=json")
    config = scratch / "target.json"
    config.write_text(json.dumps({"api_token": "none-is-asked", "state_dir": str(scratch / "state")}))
    _run(target, "--config", config, "status")


def _serve(sandbox: Path, scratch: Path) -> None:
    small = ("serve", "--port", "0", "--customers", "5", "--orders", "5", "--order-rows", "5")
    with subprocess.Popen([sandbox, *small], cwd=scratch, stdout=subprocess.PIPE, text=True) as serving:
        try:
            line = serving.stdout.readline() if serving.stdout else ""
            if " ready on " not in line:
                raise NotReadyError(f"{sandbox} does not start: {line!r}")
            page = f"http://127.0.0.1:{line.rpartition(':')[2].strip()}/"
            with urlopen(page, timeout=60) as answer:
                answer.read()
        finally:
            serving.terminate()


def _discover_optouts(tap: Path, scratch: Path) -> None:
    config = scratch / "optouts.json"
    config.write_text("{}")
    if "optouts" not in _run(tap, "--config", config, "--discover"):
        raise NotReadyError(f"{tap} finds no stream optouts")


def _check_list(fleet: Path, scratch: Path) -> None:
    (scratch / "shops.yml").write_text("shops:\n  alpha: {}\n")
    if "alpha: every 5m" not in (said := _run(fleet, "--home", scratch, "check")):
        raise NotReadyError(f"{fleet} reads no list of shops: {said}")


WORK: Final = {
    "seoshop-copernica": _check_list,
    "tap-seoshop": _discover,
    "target-copernica": _status,
    "sandbox": _serve,
    "tap-copernica-optouts": _discover_optouts,
}
"""The small piece of work of each program that has one; of the others only version and help are asked."""


def list_contents(place: Path, package: Path, out: Path) -> None:
    """Write what an environment with `package` in it is made of, as a CycloneDX document in `out`."""
    out.mkdir(parents=True, exist_ok=True)
    tool = (BIN / "uv", "tool", "run", "--from", CYCLONEDX, "cyclonedx-py", "environment")
    described = ("--pyproject", package / "pyproject.toml", "--output-reproducible")
    _run(*tool, *described, "--output-file", out / f"{package.name}.cdx.json", place / "bin/python")


def lint_workflows() -> Iterator[str]:
    """Look at the workflows with what can be had; yields a line for what cannot."""
    workflows = sorted((ROOT / ".github/workflows").glob("*.yml"))
    _run(BIN / "uv", "tool", "run", "--from", ZIZMOR, "zizmor", "--offline", "--quiet", *workflows)
    if actionlint := shutil.which("actionlint"):
        _run(actionlint, *workflows)
    else:
        yield "actionlint is not installed here: the workflows were looked at by zizmor alone."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all checks; the exit code."""
    parser = argparse.ArgumentParser(prog="release_check", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--tag", help="the tag that is to be released")
    parser.add_argument("--python", action="append", help="look at this version of Python alone (repeatable)")
    parser.add_argument("--out", type=Path, help="keep wheels and source archives in this folder")
    parser.add_argument("--sbom", type=Path, help="list in this folder what each package is made of")
    parser.add_argument(
        "--write-version", metavar="VERSION", help="only write this version into all packages"
    )
    asked = parser.parse_args(arguments)
    if asked.write_version:
        write_version(asked.write_version)
        return 0
    try:
        with tempfile.TemporaryDirectory() as made:
            _check(asked, Path(made))
    except NotReadyError as error:
        sys.stderr.write(f"release-check: {error}\n")
        return 1
    _tell(f"{len(packages())} packages of version {version()} are ready.")
    return 0


def _check(asked: argparse.Namespace, made: Path) -> None:
    check_versions(asked.tag)
    archives = asked.out or made / "dist"
    archives.mkdir(parents=True, exist_ok=True)
    build(archives)
    _tell(f"Built {len(packages())} packages of version {version()}: wheels and source archives.")
    unlisted = set(packages()) if asked.sbom else set()
    for wanted in asked.python or PYTHONS:
        python = find_python(wanted)
        if python is None:
            _tell(f"Python {wanted} is not installed here: nothing was installed on it.")
            continue
        for package in packages():
            place = made / f"{wanted}-{package.name}"
            install_alone(package, archives.resolve(), python, place)
            if package in unlisted:
                list_contents(place, package, asked.sbom.resolve())
                unlisted.remove(package)
        _tell(f"Python {wanted}: each package installs alone and works.")
    for line in lint_workflows():
        _tell(line)


def _project(package: Path) -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((package / "pyproject.toml").read_text())["project"]
    return project


def _said_version(file: Path) -> str:
    return str(tomllib.loads(file.read_text())["project"]["version"])


def _run(*command: str | Path) -> str:
    ours = ("PYTHON", "TAP_", "TARGET_", "MELTANO_", "SANDBOX_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(
        [str(part) for part in command],
        env=clean | {"PYTHON_DOTENV_DISABLED": "1"},
        cwd=tempfile.gettempdir(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        line = " ".join(str(part) for part in command)
        raise NotReadyError(f"{line}\nended with exit code {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
