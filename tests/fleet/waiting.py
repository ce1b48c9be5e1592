"""Waiting for something that another process does."""

import time
from collections.abc import Callable


def until(happened: Callable[[], object]) -> None:
    """Wait until it has happened."""
    end = time.monotonic() + 200
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.05)
