"""What the suites of the whole pipeline share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from support.meltano import NOT_INSTALLED, Meltano
from support.programs import ROOT
from support.sandbox import Sandbox


@pytest.fixture
def meltano(tmp_path: Path, sandbox: Sandbox) -> Meltano:
    """Meltano with its real plugins, between the two sides of a sandbox of the test's own."""
    assert (ROOT / ".meltano" / ".installed").exists(), NOT_INSTALLED
    return Meltano(tmp_path / "project", sandbox)


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[str], Path]:
    """Make folders by name."""

    def make(name: str) -> Path:
        made = tmp_path / name
        made.mkdir()
        return made

    return make
