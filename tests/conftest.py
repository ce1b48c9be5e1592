"""What every suite may ask for: a sandbox of its own, as a program on loopback."""

import os
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from support.sandbox import Sandbox, running_sandbox


def pytest_configure() -> None:
    """Draw the seed of the judge in `tests/chaos`, once for all workers."""
    os.environ.setdefault("CHAOS_SEED", str(random.SystemRandom().randrange(1_000_000)))


def pytest_report_header() -> str:
    """Tell it: the same seed plays the same scenarios."""
    return f"random scenarios: CHAOS_SEED={os.environ['CHAOS_SEED']}"


@pytest.fixture
def start_sandbox() -> Iterator[Callable[..., Sandbox]]:
    """Start sandboxes with options of the test's own (`serve_arguments`); all are stopped at its end."""
    with ExitStack() as stack:

        def start(**options: Any) -> Sandbox:
            return stack.enter_context(running_sandbox(**options))

        yield start


@pytest.fixture
def sandbox(start_sandbox: Callable[..., Sandbox]) -> Sandbox:
    """A small shop beside an empty Copernica."""
    return start_sandbox()
