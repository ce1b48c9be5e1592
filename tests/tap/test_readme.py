"""What the README promises: its arithmetic is the code's, and its recipes run as they stand."""

import csv
import json
import logging
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from support.postgres import PROGRAM, install_target, running_postgres, server_programs
from support.programs import BIN, ROOT, clean_environment, run, written
from support.sandbox import Sandbox
from tap.conftest import FAST
from tap_seoshop.api.quota import SECONDS, Pace, Quota, Reserved
from tap_seoshop.settings import SETTINGS
from tap_seoshop.streams import STREAMS
from tap_seoshop.streams.base import IncrementalStream

TEXT = (ROOT / "tap-seoshop" / "README.md").read_text()
LIVE = sum(stream.selected_by_default for stream in STREAMS if issubclass(stream, IncrementalStream))
DAY = 86_400
CSV_TARGET = "meltanolabs-target-csv==0.5.0"
CSV_VENV = ROOT / ".venv-target-csv"


def plain_key(full_cost: float) -> Quota:
    """The quota of a plain key at the begin of its day, with the default settings."""
    default = {name: schema.get("default") for name, schema in SETTINGS["properties"].items()}
    pace = Pace(
        per_second=default["requests_per_second"],
        reserve=default["quota_reserve"],
        max_wait=default["max_wait"],
        run_interval=default["run_interval"],
    )
    kept = Reserved(live_cost=LIVE, full_cost=full_cost)
    quota = Quota(pace, kept, sleep=lambda _: None, log=logging.getLogger("test"), clock=lambda: 0)
    limits = "300/3000/12000"
    resets = "/".join(map(str, SECONDS))
    quota.learn({"X-RateLimit-Limit": limits, "X-RateLimit-Remaining": limits, "X-RateLimit-Reset": resets})
    return quota


@pytest.mark.parametrize(
    ("orders", "full_cost", "left", "days"), [(10_000, 760, 8_024, 1.04), (100_000, 1_680, 7_104, 14.0)]
)
def test_the_first_load_takes_as_long_as_it_says(
    orders: int, full_cost: float, left: int, days: float
) -> None:
    quota = plain_key(full_cost)
    assert 12_000 - 1_200 - 288 * LIVE - full_cost == left
    seconds = quota.seconds_for(orders)
    assert seconds is not None
    assert seconds / DAY == pytest.approx(days, abs=0.05)
    # A day's part, and one order more, which has to wait for the next day.
    assert (quota.seconds_for(left) or DAY) < 3.5 * 3600
    assert (quota.seconds_for(left + 1) or 0) > DAY - 1
    for number in (1_200, 288 * LIVE, full_cost, orders):
        assert f"{number:,}" in TEXT
    assert f"each of {LIVE} incremental lists" in TEXT


def recipe(heading: str) -> str:
    """The commands below a heading, as a script."""
    section = TEXT.split(f"### {heading}\n")[1].split("\n## ")[0].split("\n### ")[0]
    return "\n".join(line[4:] for line in section.split("\n") if line.startswith("    "))


NEEDS_JQ = pytest.mark.skipif(shutil.which("jq") is None, reason="the recipes use jq, which is not installed")


def shell(script: str, folder: Path, *places: Path, **env: str) -> None:
    """Run a script as one would type it, in a folder, with the programs of some places."""
    path = os.pathsep.join(map(str, (BIN, *places, os.environ["PATH"])))
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        check=False,
        cwd=folder,
        env={**clean_environment(), "PATH": path, **env},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.fixture
def folder(shop: Sandbox, tmp_path: Path) -> Path:
    """Where a reader works: a folder with `config.json`."""
    written(tmp_path / "config.json", shop.tap_config(**FAST))
    return tmp_path


@NEEDS_JQ
@pytest.mark.slow
def test_one_stream_as_a_csv_file(folder: Path, shop: Sandbox) -> None:
    for command in (
        ("venv", "--quiet", "--allow-existing", str(CSV_VENV)),
        ("pip", "install", "--quiet", "--python", f"{CSV_VENV}/bin/python", CSV_TARGET),
    ):
        if run(BIN / "uv", *command).code:
            pytest.skip(f"{CSV_TARGET} cannot be installed")
    shell(recipe("One stream as a CSV file"), folder, CSV_VENV / "bin")
    with (folder / "customers.csv").open() as file:
        got = {int(row["id"]): row["email"] for row in csv.DictReader(file)}
    assert got == {one["id"]: one["email"] for one in shop.shop("customers")}
    lines = [json.loads(line) for line in (folder / "images.jsonl").read_text().split("\n") if line]
    images = {one["record"]["id"] for one in lines if one["type"] == "RECORD"}
    assert images == {one["id"] for one in shop.shop("product_images")}


@pytest.mark.slow
def test_postgresql_first_everything_and_then_what_changed(moving: Sandbox, tmp_path: Path) -> None:
    programs = server_programs()
    if programs is None or install_target():
        pytest.skip("no PostgreSQL server, or its target cannot be installed")
    written(tmp_path / "config.json", moving.tap_config(**FAST))
    script = recipe("PostgreSQL, first everything and then what changed")
    with running_postgres(programs) as server:
        url = f"postgresql+psycopg://postgres@/postgres?host={server.folder}"
        for step in range(2):
            mark = moving.last()
            shell(script, tmp_path, PROGRAM.parent, DATABASE_URL=url)
            query = "SELECT id FROM shop.orders"
            told = run(
                programs / "psql", "-h", server.folder, "-U", "postgres", "-AtX", "-c", query, "postgres"
            )
            assert {int(one) for one in told.out.split()} == {one["id"] for one in moving.shop("orders")}
            assert (len(moving.requests(mark)) < 20) == (step == 1)
            moving.clock(advance=600)
            moving.move(new_orders=2)


@NEEDS_JQ
@pytest.mark.slow
def test_a_range_without_touching_the_state(moving: Sandbox, tmp_path: Path) -> None:
    """Only what changed in October; orders of the day before and of the day after stand beside them."""
    written(tmp_path / "config.json", moving.tap_config(**FAST))
    chosen = [one["id"] for one in moving.shop("orders")[:4]]
    for number, day in zip(chosen, ("09-30", "10-02", "10-30", "11-01"), strict=True):
        moving.change("orders", number, updatedAt=f"2026-{day}T12:00:00+02:00")
    shell(recipe("A range once more, without touching the state"), tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "october.jsonl").read_text().split("\n") if line]
    got = {one["record"]["id"] for one in lines if one["type"] == "RECORD"}
    assert got & set(chosen) == set(chosen[1:3])
    held = {one["id"] for one in moving.shop("orders") if one["updatedAt"].startswith("2026-10-")}
    assert got <= held
