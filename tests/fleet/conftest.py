"""A sandbox that the tests of a module share, and a folder with a list of shops."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.fleet import Fleet
from support.sandbox import Sandbox, running_sandbox


@pytest.fixture(scope="module")
def shop() -> Iterator[Sandbox]:
    """A sandbox for tests that do not mind what others wrote."""
    with running_sandbox(customers=3, orders=3, order_rows=4, import_seconds=0) as sandbox:
        yield sandbox


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """A folder with an empty list."""
    return Fleet(tmp_path / "home")
