"""What the marketer has on the first day: segments, selections with their sizes, and a chart of one."""

import subprocess
from collections import Counter

from rich.bar import Bar
from rich.console import Console
from rich.table import Table

from demo import server
from demo.places import CHART, PROGRAMS, ROOT, environment

CHARTED = "win_back_180"
WIDTH = 30


def show(console: Console, url: str) -> None:
    """Make the selections, and show them with the segments.

    Raises:
        DemoError: the target or the sandbox refuses.
    """
    _target(url, "apply", "--yes")
    _segments(console, url)
    listed = _target(url, "selections", "list").rstrip()
    console.print(f"\nSelections (as Copernica built them last; it does so several times a day)\n{listed}\n")
    console.print(_target(url, "selections", "backtest", CHARTED, "--chart", str(CHART)).rstrip())


def _segments(console: Console, url: str) -> None:
    databases = server.status(url)["copernica"]["databases"]
    people = next(one["id"] for one in databases if one["name"] == "SEOshop")
    profiles = server.lines(url, f"/admin/copernica/databases/{people}/profiles")
    found = Counter(str(one["fields"]["segment"]) for one in profiles if one["fields"].get("segment"))
    table = Table(title="\nSegments", title_justify="left", box=None, pad_edge=False)
    table.add_column("segment")
    table.add_column("people", justify="right")
    table.add_column("")
    most = max(found.values(), default=1)
    for segment, number in found.most_common():
        table.add_row(segment, f"{number:,}", Bar(most, 0, number, width=WIDTH))
    console.print(table)
    if others := len(profiles) - found.total():
        console.print(f"{others:,} people have none: they never bought.")


def _target(url: str, *words: str) -> str:
    """What a command of the target says."""
    ended = subprocess.run(
        [PROGRAMS / "target-copernica", "--config=ENV", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd=ROOT,
        # A .env of the user is of another account.
        env=environment(url) | {"TARGET_COPERNICA_PRESET": "seoshop", "PYTHON_DOTENV_DISABLED": "1"},
        text=True,
        check=False,
    )
    if ended.returncode:
        raise server.DemoError((ended.stderr.strip().splitlines() or ["it said nothing"])[-1])
    return ended.stdout
