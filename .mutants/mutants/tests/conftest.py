"""What every suite may ask for: a sandbox of its own, as a program on loopback."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from support.sandbox import Sandbox, running_sandbox


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
