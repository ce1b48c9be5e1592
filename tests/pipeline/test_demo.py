"""`make demo`, right after a clone."""

import json
import os
import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest
from demo import calls, show
from rich.console import Console

from support.poison import Poison, poison
from support.programs import ROOT, Ended, run
from support.sandbox import Sandbox


@pytest.mark.parametrize(
    ("side", "method", "path", "kind"),
    [
        ("seoshop", "GET", "/seoshop/nl/orders.json", "seoshop read"),
        ("copernica_token", "POST", "/copernica/authenticate", "token"),
        ("copernica", "GET", "/copernica/v4/database/1/profiles", "copernica read"),
        ("copernica", "POST", "/copernica/v4/database/1/profiles", "copernica write"),
        ("copernica", "PUT", "/copernica/v4/profile/7/fields", "copernica write"),
        ("copernica", "POST", "/copernica/v4/profile/7/subprofiles/3", "copernica write"),
        ("copernica", "PUT", "/copernica/v4/subprofile/9/fields", "copernica write"),
        ("copernica", "POST", "/copernica/v4/imports", "copernica import"),
        ("copernica", "GET", "/copernica/v4/import/4", "copernica read"),
        ("copernica", "POST", "/copernica/v4/databases", "copernica structure"),
        ("copernica", "POST", "/copernica/v4/database/1/fields", "copernica structure"),
        ("copernica", "PUT", "/copernica/v4/database/1/intentions", "copernica structure"),
    ],
)
def test_calls_are_counted_by_kind(side: str, method: str, path: str, kind: str) -> None:
    assert calls.kind({"side": side, "method": method, "path": path}) == kind
    assert kind in calls.KINDS


def test_progress_in_a_log_counts_the_requests_of_this_run() -> None:
    shop = dict.fromkeys(("customers", "orders", "order_rows", "products", "variants"), 9)
    before = {"shop": shop, "copernica": {"databases": []}, "requests": {"seoshop": 1237}}
    console = Console(file=StringIO(), width=200)
    with show.progress(console, before) as look:
        for _ in range(show.LINES_EVERY_LOOKS):
            look(before | {"requests": {"seoshop": 1244}})
    assert isinstance(console.file, StringIO)
    assert console.file.getvalue().startswith("  7 requests to SEOshop so far; arrived: 0 of 9 customers")


@dataclass
class Clone:
    """A fresh clone in an empty folder, with a home of its own."""

    folder: Path
    home: Path

    def make(self, *targets: str, **more: str) -> Ended:
        """`make TARGETS` in it, with `more` in the environment."""
        # The cache of packages is the one thing that may be shared with the rest of the machine.
        caches = os.environ.get("UV_CACHE_DIR") or str(Path.home() / ".cache" / "uv")
        env = {"HOME": str(self.home), "UV_CACHE_DIR": caches, "TERM": "dumb", **more}
        return run("make", *targets, cwd=self.folder, env=env, timeout=600)

    def sandbox(self) -> Sandbox:
        """The sandbox of its demo."""
        return Sandbox.at(json.loads((self.folder / ".demo" / "sandbox.json").read_text())["url"])


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Clone]:
    made = Clone(tmp_path / "clone", tmp_path / "home")
    made.home.mkdir()
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(made.folder)], check=True)
    yield made
    made.make("demo-stop")
    shutil.rmtree(made.folder, ignore_errors=True)


@pytest.fixture
def guarded(clone: Clone, tmp_path: Path) -> Iterator[Poison]:
    """What a shop owner keeps in `.env`, set up so that it shows where something reads it."""
    with poison(tmp_path / "guard") as set_up:
        set_up.write(clone.folder / ".env")
        yield set_up


def marketer_sees(said: str, sandbox: Sandbox) -> None:
    """The end of the demo: segments, selections with their sizes, and a chart."""
    people = [one["fields"] for one in sandbox.profiles("SEOshop")]
    segments = Counter(one["segment"] for one in people if one["segment"])
    assert segments
    for segment, number in segments.items():
        assert re.search(rf"^{segment} +{number} +[█-▏]", said, re.MULTILINE), segment
    mailed = sum(one["newsletter"] == "yes" for one in people)
    assert re.search(rf"^May be mailed +there +{mailed} ", said, re.MULTILINE)
    assert "Win back after 180 days" in said
    chart = said.partition("Who would have been in win_back_180")[2]
    assert len(re.findall(r"^\d{4}-\d{2} .*[█-▏]", chart, re.MULTILINE)) >= 12


def says_why_it_failed(clone: Clone) -> None:
    """A demo whose tap is refused ends with the tap's line."""
    tap = clone.folder / ".meltano" / "extractors" / "tap-seoshop" / "venv" / "bin" / "tap-seoshop"
    tap.write_text('#!/bin/sh\necho "tap-seoshop: the key is refused; check api_key" >&2\nexit 3\n')
    ended = clone.make("demo")
    assert ended.code != 0
    assert "The demo stopped: the run failed: tap-seoshop: the key is refused; check api_key" in ended.out
    assert ".demo/meltano.log" in ended.out


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_demo_from_a_fresh_clone(clone: Clone, guarded: Poison) -> None:
    start = time.monotonic()
    first = clone.make("demo", PYTHON_DOTENV_DISABLED="")
    seconds = time.monotonic() - start
    assert first.code == 0, first.log
    assert run("git", "status", "--short", cwd=clone.folder).out == ""
    sandbox = clone.sandbox()
    status = sandbox.status()
    assert status["shop"]["customers"] == 500
    assert status["shop"]["orders"] == 1200
    assert status["shop"]["order_rows"] == 3000
    collections = {one["name"]: one["subprofiles"] for one in sandbox.databases()["SEOshop"]["collections"]}
    assert collections["Orders"] == 1200
    assert collections["OrderItems"] == 3000
    assert sandbox.followups(run=True) == []
    assert "3,000" in first.out
    assert "a larger quota" in first.out
    assert "order rows" in first.out
    assert f"{sandbox.url}/\n" in first.out  # the page
    marketer_sees(first.out, sandbox)

    # Once installed it asks no package index: here it could not.
    start = time.monotonic()
    second = clone.make("demo", UV_OFFLINE="1", PIP_NO_INDEX="1", HTTPS_PROXY="http://127.0.0.1:9")
    assert second.code == 0, second.log
    assert "Nothing was written" in second.out
    assert time.monotonic() - start < seconds / 2

    # From here on nothing but loopback is asked.
    moved = clone.make("demo-move", **guarded.environment)
    assert moved.code == 0, moved.log
    third = clone.make("demo", **guarded.environment)
    assert third.code == 0, third.log
    assert "Nothing was written" not in third.out
    marketer_sees(third.out, sandbox)

    # It starts again on the same data.
    content = sandbox.content()
    assert clone.make("demo-stop").code == 0
    fourth = clone.make("demo", **guarded.environment)
    assert fourth.code == 0, fourth.log
    assert "Nothing was written" in fourth.out
    assert clone.sandbox().content() == content
    guarded.assert_harmless()

    says_why_it_failed(clone)

    assert [path.name for path in clone.home.iterdir() if path.name not in {".cache", ".rustup"}] == []
    assert clone.make("clean").code == 0
    (clone.folder / ".env").unlink()  # it is the owner's
    left = subprocess.run(
        ["git", "status", "--short", "--ignored"],
        cwd=clone.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert left.stdout == ""
