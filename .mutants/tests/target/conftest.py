"""What the target's suites share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from support.account import Account
from support.sandbox import Sandbox


@pytest.fixture
def account(start_sandbox: Callable[..., Sandbox], tmp_path: Path) -> Account:
    """An empty account whose imports take next to no time."""
    return Account(
        start_sandbox(customers=0, orders=0, order_rows=0, more=("--import-seconds", "0.1", "--no-curated")),
        tmp_path,
    )
