"""The tap with targets of others: a full run, one after changes, and what then stands in files and tables."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from support.meltano import NOT_INSTALLED
from support.postgres import Postgres, install_target, running_postgres, server_programs
from support.programs import ROOT, run, written
from support.sandbox import Sandbox
from tap.compared import PRIVATE, RESOURCES, honest, is_link, link
from tap.conftest import Reader

pytestmark = pytest.mark.slow

JSONL = ROOT / ".meltano" / "loaders" / "target-jsonl" / "venv" / "bin" / "target-jsonl"
CHANGES = {"new_customers": 2, "address_changes": 2, "new_orders": 3, "payments": 2, "group_leaves": 2}
SELECT = (*RESOURCES, "customer_group_sets")


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    programs = server_programs()
    if programs is None:
        pytest.skip("the machine has no PostgreSQL server")
    if why := install_target():
        pytest.skip(f"target-postgres cannot be installed: {why}")
    with running_postgres(programs) as server:
        yield server


def folded(name: str) -> str:
    """A column's name and a field's, written alike: each target has its own way with capitals."""
    return name.replace("_", "").lower()


def by_folded(row: dict[str, Any]) -> dict[str, Any]:
    return {folded(name): value for name, value in row.items()}


def assert_same(stream: str, raw: dict[str, Any], got: dict[str, Any]) -> None:
    """A row holds what the shop's record holds; only what the shop leaves unset may be absent."""
    row = by_folded(got)
    assert row["shopid"] == 300001
    for name, value in raw.items():
        if name in PRIVATE.get(stream, ()):
            assert folded(name) not in row
        elif is_link(value):
            if value["resource"]["id"] is not False:
                assert row[folded(f"{name}Id")] == link(value), (stream, name)
        elif folded(f"{name}Id") in row:
            assert row[folded(f"{name}Id")] is None, (stream, name)
        elif folded(name) in row or not (value is False or value is None or value == []):
            here = row.get(folded(name))
            assert honest(value, here) or at_the_same_time(value, here), (stream, name, value, here)


def at_the_same_time(raw: Any, got: Any) -> bool:
    """Whether both are one instant; a table without zones holds UTC."""
    try:
        one, other = datetime.fromisoformat(raw), datetime.fromisoformat(got)
    except (TypeError, ValueError):
        return False
    return one == (other if other.tzinfo else other.replace(tzinfo=UTC))


def test_postgresql_holds_what_the_shop_holds_after_a_full_and_an_incremental_run(
    postgres: Postgres, moving: Sandbox, reader: Reader, tmp_path: Path
) -> None:
    state = None
    for changes in (None, CHANGES):
        if changes:
            moving.clock(advance=7200)
            moving.move(seed=3, **changes)
        read = reader(moving, select=SELECT, state=state)
        assert read.ended.code == 0, read.ended.log
        ended = postgres.write(tmp_path, read.ended.out)
        assert ended.code == 0, ended.log
        state = json.loads(ended.out.strip().split("\n")[-1])
        for stream, resource in RESOURCES.items():
            held = {one["id"]: one for one in moving.shop(resource)}
            rows = {row["id"]: row for row in postgres.rows(stream)}
            assert set(rows) == set(held), stream
            for number, raw in held.items():
                assert_same(stream, raw, rows[number])
    # Who left the last group is gone from the table: the ACTIVATE_VERSION message after the list says so.
    still = {link(one["customer"]) for one in moving.shop("groups_customers")}
    sets = [
        {folded(name): value for name, value in row.items()} for row in postgres.rows("customer_group_sets")
    ]
    assert {row["customerid"] for row in sets} == still


@pytest.mark.meltano
@pytest.mark.skipif(not JSONL.exists(), reason=NOT_INSTALLED)
def test_files_of_json_lines_hold_what_the_shop_holds(
    moving: Sandbox, reader: Reader, tmp_path: Path
) -> None:
    config = written(
        tmp_path / "jsonl.json", {"destination_path": str(tmp_path / "output"), "do_timestamp_file": False}
    )
    (tmp_path / "output").mkdir()
    state = None
    for changes in (None, CHANGES):
        if changes:
            moving.clock(advance=7200)
            moving.move(seed=3, **changes)
        read = reader(moving, select=SELECT, state=state)
        ended = run(JSONL, "--config", config, messages=read.ended.out)
        assert ended.code == 0, ended.log
        state = json.loads(ended.out.strip().split("\n")[-1])
    for stream, resource in RESOURCES.items():
        # The target appends, and knows no keys: the last line of a key counts, as for any log.
        file = tmp_path / "output" / f"{stream}.jsonl"
        lines = [json.loads(line, parse_float=Decimal) for line in file.read_bytes().split(b"\n") if line]
        last = {line["id"]: line for line in lines}
        held = {one["id"]: one for one in moving.shop(resource)}
        assert set(held) <= set(last), stream
        assert stream == "customer_group_memberships" or set(held) == set(last), stream
        for number, raw in held.items():
            assert_same(stream, raw, last[number])
