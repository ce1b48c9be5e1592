"""The site builds without a dead link or anchor, every page is in its menu, and its commands are true."""

import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.checkout import Checkout
from support.programs import BIN, NO_ENV_FILE, ROOT, clean_environment, run
from support.sandbox import Sandbox

DOCS = ROOT / "docs"
TRANSLATED = ("nl", "de")
BLOCK = re.compile(
    r"(?:<!-- run by (?P<test>\S+) -->\n)?^```(?:sh|console|bash|shell)\n(?P<text>.*?)^```",
    re.MULTILINE | re.DOTALL,
)
MAKE = f"""#!/bin/sh
# What takes minutes only has to be there: the demo has tests of its own, and the others are the tests.
case $1 in setup | help | site | doctor) how= ;; *) how=--dry-run ;; esac
export SEOSHOP_COPERNICA_HOME="$PWD"
exec {shutil.which("make")} --no-print-directory $how --directory={ROOT} "$@" > /dev/null
"""
PIP = f"""#!/bin/sh
# `make release-check` installs the packages: here they only have to be there.
[ "$1" = install ] && [ -f "{ROOT}/$2/pyproject.toml" ]
"""
CURL = f"""#!/bin/sh
exec {shutil.which("curl")} --fail --silent --show-error "$@"
"""
PACKAGES = (
    "sandbox",
    "seoshop-copernica",
    "tap-copernica-optouts",
    "tap-seoshop",
    "target-copernica",
    "target-seoshop-optouts",
)


@dataclass(frozen=True)
class Block:
    """Commands of a page, and the test that runs them where this one does not."""

    page: Path
    text: str
    test: str | None


def pages() -> list[Path]:
    own = [page for page in DOCS.rglob("*.md") if page.relative_to(DOCS).parts[0] not in {"api", "examples"}]
    return [ROOT / "README.md", *(ROOT / package / "README.md" for package in PACKAGES), *sorted(own)]


def blocks(page: Path) -> list[Block]:
    return [Block(page, found["text"], found["test"]) for found in BLOCK.finditer(page.read_text())]


def with_commands() -> list[Path]:
    """Pages with commands that are run here; translations have those of the page that they translate."""
    own = [page for page in pages() if page.parent.name not in TRANSLATED]
    return [page for page in own if any(not block.test for block in blocks(page))]


def menu(entries: list[Any]) -> Iterator[str]:
    for entry in entries:
        for place in entry.values():
            if isinstance(place, str):
                yield place
            else:
                yield from menu(place)


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def test_the_site_builds_strictly(tmp_path: Path) -> None:
    for name in ("docs", "zensical.toml"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    built = run(BIN / "zensical", "build", "--strict", cwd=tmp_path)
    assert built.code == 0, built.log
    assert (tmp_path / "site" / "index.html").is_file()
    (tmp_path / "docs" / "privacy.md").write_text("# P\n\n[dead](nowhere.md) and [dead](index.md#nowhere)\n")
    assert run(BIN / "zensical", "build", "--strict", "--clean", cwd=tmp_path).code != 0


def test_every_page_is_in_the_menu_and_every_entry_is_a_page() -> None:
    entries = list(menu(tomllib.loads((ROOT / "zensical.toml").read_text())["project"]["nav"]))
    there = {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")}
    assert set(entries) == there
    assert len(entries) == len(there)


def test_links_out_of_the_readme_lead_somewhere() -> None:
    text = (ROOT / "README.md").read_text()
    links = [link for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_the_commands_of_the_page(language: str) -> None:
    page, original = DOCS / language / "index.md", DOCS / "index.md"
    said = [block.text for block in blocks(page)]
    assert said
    assert [text for text in said if text not in [block.text for block in blocks(original)]] == []
    crontab = re.compile(r"^```crontab\n.*?^```", re.MULTILINE | re.DOTALL)
    assert crontab.findall(page.read_text()) == crontab.findall(original.read_text())


@pytest.mark.parametrize(
    "block",
    [block for page in pages() for block in blocks(page) if block.test],
    ids=lambda block: block.page.name,
)
def test_commands_that_are_run_elsewhere_are_run_there(block: Block) -> None:
    text = (ROOT / str(block.test)).read_text()
    spoken = {word for word in re.findall(r"[a-z-]+", block.text) if len(word) > len("make")}
    assert [word for word in spoken if f'"{word}"' in text]


@pytest.fixture
def home(sandbox: Sandbox, tmp_path: Path) -> Path:
    """A folder as the pages take it: the project, a `.env`, and the configurations that they name."""
    folder = tmp_path / "home"
    checkout = Checkout.at(folder)
    checkout.fill_env(sandbox)
    shutil.copytree(ROOT / "deploy", folder / "deploy")
    (folder / "bin").mkdir()
    for name, script in {"make": MAKE, "pip": PIP, "curl": CURL}.items():
        (folder / "bin" / name).write_text(script)
        (folder / "bin" / name).chmod(0o755)
    return folder


BEFORE = {
    "docs/consent.md": "seoshop-copernica exec prod -- target-copernica --config=ENV apply --yes",
    "seoshop-copernica/README.md": "seoshop-copernica tick alpha",
}
"""What the page's reader has done already."""
LISTED = ("docs/fleet.md", "docs/operations.md", "seoshop-copernica/README.md")
"""Pages whose reader has a list with a shop in it."""


def typed_in(text: str) -> str:
    """What a person types: of a block with prompts the lines behind them, else all of it."""
    prompted = re.findall(r"^\$ (.*\n)", text, re.MULTILINE)
    return "".join(prompted) or text


def prepared(home: Path, sandbox: Sandbox, page: Path) -> str:
    """Put what the page's text has before its commands where it says; returns the commands."""
    (home / "tap.json").write_text(json.dumps(sandbox.tap_config(requests_per_second=1000)))
    (home / "seoshop.json").write_text((home / "tap.json").read_text())
    target = sandbox.target_config(home / "state" / "pipe")
    (home / "target.json").write_text(json.dumps(target))
    if name_of(page) in LISTED:
        shutil.copy(home / ".env", home / ".env.alpha")
        shop = {"database": "Alpha", "products_database": "Alpha_products"}
        (home / "shops.yml").write_text(json.dumps({"shops": {"alpha": shop}}))
    typed = (typed_in(block.text) for block in blocks(page) if not block.test)
    said = [f"SANDBOX={sandbox.url}", BEFORE.get(name_of(page), ""), *typed]
    own = {name: target[name] for name in ("api_token", "api_url", "auth_url")}
    shop = {name: sandbox.tap_config()[name] for name in ("api_key", "api_secret", "api_url")}
    script = "\n".join(said).replace("http://127.0.0.1:8321", sandbox.url)
    script = script.replace(
        '"api_key": "A KEY OF ITS OWN", "api_secret": "ITS SECRET"', json.dumps(shop).strip("{}")
    )
    return script.replace('"api_token": "THE TOKEN"', json.dumps(own).strip("{}"))


@pytest.mark.meltano
@pytest.mark.slow
@pytest.mark.parametrize("page", with_commands(), ids=name_of)
def test_the_commands_of_a_page_do_what_it_says(page: Path, home: Path, sandbox: Sandbox) -> None:
    script = prepared(home, sandbox, page)
    environment = clean_environment() | {"PATH": f"{home / 'bin'}:{BIN}:/usr/bin:/bin", "HOME": str(home)}
    environment |= {"MELTANO_PROJECT_ROOT": str(home), "XDG_STATE_HOME": str(home / "xdg")}
    for name in NO_ENV_FILE:
        del environment[name]
    done = subprocess.run(
        ["/bin/sh", "-e", "-c", script],
        cwd=home,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    sandbox.content()  # fails where a key is there twice
