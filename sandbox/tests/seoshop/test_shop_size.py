"""A large shop stays within the memory and the time that a small machine has."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[3] / "benchmarks/sandbox_size.py"
CUSTOMERS = 50_000
MOST_MEMORY_MB = 300
MOST_PAGE_MS = 50


@pytest.mark.slow
def test_a_large_shop_is_filled_in_little_memory_and_its_lists_open_at_once() -> None:
    """CPU time and resident memory, measured in a process of its own; `make bench-size` shows larger ones."""
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), "--one", str(CUSTOMERS)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=280,
    )
    measured = json.loads(done.stdout)
    assert (measured["customers"], measured["orders"]) == (CUSTOMERS, 60_000)
    assert measured["memory_mb"] < MOST_MEMORY_MB, measured
    assert measured["slowest_page_ms"] < MOST_PAGE_MS, measured
    # A page deep in a list costs a walk over narrow rows, not over all records.
    assert measured["last_page_ms"] < MOST_PAGE_MS, measured
    assert measured["slowest_look_ms"] < MOST_PAGE_MS, measured
    # At a million customers: below 4 GB.
    assert measured["disk_mb"] / CUSTOMERS < 4000 / 1_000_000, measured
